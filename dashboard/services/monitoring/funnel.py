"""The second question as a picture: the institutions of one kind in their funnel, and each beside its own history."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.alerts import ExamRates, cost_funnel, exam_rates, funnel_limits_of, latest_modified_z
from dashboard.analysis.control_charts import wilson_interval
from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan, monitoring_rules
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.reporting import indicator_tables
from dashboard.services.monitoring.counted import Counted, costs, counted, counting_query, dearer, history_of, peer_scores, peers_of
from dashboard.services.monitoring.history import grids_of
from dashboard.store.codes import INSTITUTION_KIND
from dashboard.store.scoping import scoped_query

_CURVE_POINTS = 40
VISITS, DISCHARGES = "visit_examinations", "discharge_examinations"
EXAMINED = Guard(
    tuple(People(name, totalled=False) for name in ("outpatient", "visits", "inpatient", "discharges")),
    {
        "per_visits": ("outpatient", "visits"),
        "per_discharges": ("inpatient", "discharges"),
        "pooled": ("outpatient", "visits", "inpatient", "discharges"),
    },
)
"""Examinations may be more than the visits; institutions are not added up anywhere."""
SURVEYED = Guard(
    (People("part", part_of="whole", totalled=False), People("whole", totalled=False)),
    dict.fromkeys(("value", "lower", "upper", "z", "own"), ("part", "whole")),
)
SPENT = Guard((People("whole", totalled=False),), dict.fromkeys(("part", "value", "own", "z"), ("whole",)))
"""Costs and the cases behind them."""


@dataclass(frozen=True, eq=False)
class Funnel:
    """The institutions of one kind (or class) in one month.

    ``units``: index institution; name, community, part, whole, value (per 100, or the yuan of a case), lower and upper
    (Wilson 95 %, of a proportion), z (standard deviations from the others, positive on the
    bad side), own (modified z against its own months, positive on the bad side; missing where it cannot be asked). ``curve``: whole, and
    in the unit of value low_95, high_95, low_998, high_998. ``mean``: their peers together. ``history``: values, months × institutions.
    """

    rule_id: str
    group: str
    units: pd.DataFrame
    mean: float
    curve: pd.DataFrame
    history: pd.DataFrame


@dataclass(frozen=True)
class Examined:
    """Large-equipment examinations of one institution, check-ups excluded; ``rates`` are NaN where a side is not known."""

    institution: str
    name: str
    outpatient: float
    visits: float
    inpatient: float
    discharges: float
    rates: ExamRates


def funnel_rules() -> Mapping[str, MonitoringRule]:
    """Return the rules whose peers are asked by a funnel."""
    return {name: rule for name, rule in monitoring_rules().items() if rule.with_funnel}


def funnel_tables(rule: MonitoringRule) -> tuple[str, ...]:
    """Return the reports that the funnel of ``rule`` is made from, in order of their names."""
    if rule.indicator is None:
        used = scoped_query(counting_query(rule)).tables
    else:
        used = frozenset(indicator_tables(load_catalogue().indicator(rule.indicator)))
    return tuple(sorted(table for table in used if table.startswith("fact_")))


def _months(month: datetime.date) -> pd.DatetimeIndex:
    return pd.date_range(end=pd.Timestamp(month), periods=monitoring_plan().own_months, freq="MS", unit="us")


@cached()
def funnels(database: ReportingDatabase, month: datetime.date, rule_id: str) -> tuple[Funnel, ...]:
    """Return the funnel of each group of institutions that is large enough, the one with the farthest unit first.

    Raises:
        QueryError: the database cannot answer.
    """
    rule, peers, plan = monitoring_rules()[rule_id], peers_of(database), monitoring_plan()
    read = _read(database, rule, history_of(_months(month)))
    if read is None:
        return ()
    now = read.part.columns[read.part.iloc[-1].notna()]
    scores = (dearer(read, peers)[0] if rule.kind == "dear" else peer_scores(rule, read, peers)).iloc[-1]
    sign = 1 if rule.worse == "above" else -1
    recent = read.told.iloc[-plan.own_months :]
    own = sign * latest_modified_z(recent).where(recent.notna().sum() >= plan.least_history)
    groups, taken = [], pd.Index([])
    for name in ("narrow", "wide"):
        whose = peers[name].reindex(now)
        for group, codes in whose.groupby(whose).groups.items():
            if len(codes) >= plan.least_peers and not codes.isin(taken).all():
                members = read.part.columns[peers[name].reindex(read.part.columns).eq(str(group))]
                groups.append(_funnel(database, rule_id, str(group), read, members, codes, scores, own))
                taken = taken.union(codes)
    return tuple(sorted(groups, key=lambda each: -float(each.units["z"].max())))


def _read(database: ReportingDatabase, rule: MonitoringRule, months: pd.DatetimeIndex) -> Counted | None:
    if rule.kind != "dear":
        return counted(database, rule, months)
    assert rule.indicator is not None
    found = grids_of(database, rule.indicator, months)
    return None if found is None else costs(rule, found)


def _funnel(
    database: ReportingDatabase,
    rule_id: str,
    group: str,
    read: Counted,
    members: pd.Index,
    codes: pd.Index,
    scores: "pd.Series[float]",
    own: "pd.Series[float]",
) -> Funnel:
    rule, inside = monitoring_rules()[rule_id], directory(database).inside
    part, whole = read.part.iloc[-1][codes], read.whole.iloc[-1][codes]
    interval = (
        100 * wilson_interval(part, whole)
        if rule.proportion and rule.source
        else pd.DataFrame(np.nan, index=codes, columns=["lower", "upper"])
    )
    units = pd.DataFrame(
        {
            "name": inside["short_name"].reindex(codes),
            "community": inside["community_code"].reindex(codes).fillna(""),
            "part": part,
            "whole": whole,
            "value": read.told.iloc[-1][codes],
            "lower": interval["lower"],
            "upper": interval["upper"],
            "z": scores[codes],
            "own": np.nan if rule.kind == "survey" else own[codes],
        }
    )
    sizes = np.geomspace(max(float(whole.min()) * 0.8, 1.0), float(whole.max()) * 1.15, _CURVE_POINTS)
    wide = monitoring_plan().funnel
    if rule.kind == "dear":  # among all that are like them, also those without figures now: so they were judged
        together = cost_funnel(read.part[members], read.whole[members])
        mean, curve = float(together.mean.iloc[-1]), together.limits(sizes, wide)
    else:
        mean, curve = (
            100 * float(part.sum() / whole.sum()),
            100 * funnel_limits_of(part, whole, sizes, wide, proportion=rule.proportion),
        )
    history = read.told[codes].loc[_months(read.part.index[-1].date())]
    return Funnel(rule_id, group, units, mean, curve.assign(whole=sizes), history)


def group_words(group: str, language: str = "zh") -> str:
    """Return what a group of peers is called: its kind, or the kinds of its class."""
    kinds = utilisation_settings().peer_classes.get(group, (group.split("/")[0],))
    return translate(marked("、"), language).join(INSTITUTION_KIND[kind][0 if language == "zh" else 1] for kind in kinds)


@cached()
def examined(database: ReportingDatabase, month: datetime.date) -> tuple[Examined, ...]:
    """Return the examinations of large equipment per 100 visits, per 100 discharges and pooled of every institution that has any.

    Raises:
        QueryError: the database cannot answer.
    """
    months, rules = _months(month)[-1:], monitoring_rules()
    outside, inside = (counted(database, rules[name], months, judged=False) for name in (VISITS, DISCHARGES))
    names = directory(database).inside["short_name"]
    found = []
    for code in sorted({*outside.part.columns, *inside.part.columns} & set(names.index)):
        figures = [_latest(frame, code) for frame in (outside.part, outside.whole, inside.part, inside.whole)]
        if not all(np.isnan(figures)):
            outpatient, visits, inpatient, discharges = figures
            rates = exam_rates((outpatient, inpatient), visits, discharges)
            found.append(Examined(code, str(names[code]), outpatient, visits, inpatient, discharges, rates))
    return tuple(found)


def _latest(frame: pd.DataFrame, code: str) -> float:
    return float(frame[code].iloc[-1]) if code in frame else float("nan")
