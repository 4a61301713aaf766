"""The alerts of a month: states replayed from the history, what would be found by chance, and both questions about each finding."""

import datetime
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dashboard.analysis.alerts import STATES, AlertState, benjamini_hochberg, latest_modified_z, modified_z, modified_z_chance, replay_table
from dashboard.analysis.control_charts import seasons_of
from dashboard.catalogue.monitoring import EffectUnit, MonitoringPlan, MonitoringRule, monitoring_plan, monitoring_rules
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.monitoring.counted import among_peers, peers_of
from dashboard.services.monitoring.handling import NOTHING, Handled, Said
from dashboard.services.monitoring.signals import Place, Signals, projections, signals
from dashboard.states import State

EFFECTS: Sequence[EffectUnit] = ("yuan", "people", "cases", "examinations", "bed_days", "reports", "communities", "points", "incidents")
"""Money first, then people; amounts of different units are not compared."""
_ALERTING = 2
"""From this place in ``STATES`` on a state is shown as an alert."""


class Step(StrEnum):
    """What became of an alert this month. ``BACK``: it begins again within the cool-down after its end, which is no news."""

    NEW = "new"
    BACK = "back"
    OPEN = "open"
    RECOVERING = "recovering"
    CLOSED = "closed"


@dataclass(frozen=True, eq=False)
class Alert:
    """One rule at one unit that is an alert this month or was one last month, and could be judged of late.

    ``since`` is the month in which it began, ``months`` for how many it has stood. ``value`` is this month's, in the unit of the rule's
    limits, missing where the month cannot be judged: the alert then stands as it did. ``own`` and ``peers`` are the modified z against the
    unit's own history and against others like it, positive on the bad side, missing where the question cannot be asked. ``stands_on``: the
    fewest people or cases that the month stands on, where it counts any. ``low``, ``high``: the interval of a projection. ``told``: what
    readers are told where ``value`` is a judgement about it. ``said``: what
    people said about it; the state knows nothing of it.
    """

    rule_id: str
    rule: MonitoringRule
    unit: str
    place: Place
    step: Step
    since: datetime.date
    months: int
    value: float
    effect: float
    own: float
    peers: float
    outlier: float
    stands_on: float = math.nan
    low: float = math.nan
    high: float = math.nan
    told: float = math.nan
    said: Said | None = None

    @property
    def put_away(self) -> bool:
        """Whether people put it off or closed it: it is counted, and not listed."""
        return self.said is not None and not self.said.lapsed and self.said.answer in ("snoozed", "closed")

    @property
    def acknowledged(self) -> bool:
        """Whether somebody has seen to it: it is no news any more."""
        return self.said is not None and self.said.answer == "acknowledged"

    @property
    def unit_name(self) -> str:
        """What the unit is called."""
        return self.place.name

    @property
    def community(self) -> str:
        """Whose it is; "" for nobody's."""
        return self.place.community

    @property
    def both(self) -> bool:
        """Whether both questions say so."""
        return self.own > self.outlier and self.peers > self.outlier

    @property
    def state(self) -> State:
        """Red where both questions agree or the limit is a hard one that is surely passed; amber otherwise; green once it is closed."""
        if self.step is Step.CLOSED:
            return State.GOOD
        sure = self.rule.hard and not self.low <= self.rule.on
        return State.BAD if self.both or sure else State.WARNING


@dataclass(frozen=True, eq=False)
class Watched:
    """The month of the whole county.

    Attributes:
        alerts: those of this month, new ones first, then by effect (money, then people, …); closed ones last.
        tests: one row per check made against a unit's own history: rule, unit, unit_name, community, value, months (known ones behind it),
            own, peers (modified z on the bad side), p (one-sided), adjusted, held (after Benjamini-Hochberg), outlier ("both", "own",
            "peers" or "").
        expected: how many checks would be found by chance.
        found: checks beyond chance before, ``held``: after the correction for their number.
        unjudged: rule × unit pairs that had figures before and cannot be judged this month.
        states: rule, unit, unit_name, community, scheme ("" for all), and one column a month shown (timestamps) with the state's word;
            missing where not judged.
    """

    month: datetime.date
    alerts: tuple[Alert, ...]
    tests: pd.DataFrame
    expected: float
    found: int
    held: int
    unjudged: int
    states: pd.DataFrame

    def of(self, community: str | None, step: Step | None = None) -> tuple[Alert, ...]:
        """Return the alerts of a community (None for all), and of one step."""
        return tuple(each for each in self.alerts if community in (None, each.community) and step in (None, each.step))


def within_budget(alerts: Sequence[Alert], limit: int) -> tuple[tuple[Alert, ...], int]:
    """Return ``alerts`` with no more than ``limit`` new ones, those with the largest effect, and how many were left out.

    Nobody needs to be told twice: one that somebody acknowledged takes no place of the budget.
    """
    new = [each for each in alerts if each.step is Step.NEW and not each.acknowledged]
    left = new[limit:]
    return tuple(each for each in alerts if each not in left), len(left)


def told(answer: Watched, handled: Handled = NOTHING, community: str | None = None) -> tuple[Alert, ...]:
    """Return the alerts of the month with what people said about each; closed ones too."""
    found = answer.of(community)
    return tuple(replace(each, said=handled.about(each.rule_id, each.unit, each.since, answer.month)) for each in found)


def standing(
    answer: Watched, community: str | None = None, scheme: str | None = None, handled: Handled = NOTHING
) -> tuple[tuple[Alert, ...], int]:
    """Return the alerts that stand in the month, new ones within the budget, and how many new ones were left out.

    What the Overview, the wall, reports and the page name. ``scheme`` leaves out what is known to be of another one, ``handled`` what
    people put off or closed.
    """
    found = [
        each
        for each in told(answer, handled, community)
        if each.step is not Step.CLOSED and not each.put_away and scheme in (None, each.place.scheme or scheme)
    ]
    return within_budget(found, monitoring_plan().new_a_month)


@dataclass(frozen=True, eq=False)
class _Replayed:
    """One rule over the whole history: its series, and the states of its units (places in ``STATES``)."""

    rule_id: str
    rule: MonitoringRule
    series: Signals
    codes: pd.DataFrame

    def until(self, month: pd.Timestamp, months: int | None = None) -> pd.DataFrame:
        """Return the values up to ``month``, the newest ``months`` of them."""
        values = self.series.values.loc[:month]
        return values if months is None else values.iloc[-months:]


@cached(max_entries=4)
def _history(database: ReportingDatabase, last: datetime.date) -> tuple[_Replayed, ...]:
    """Return every rule replayed over the history that ends with ``last``; one for all months shown of a data version."""
    return _replayed(signals(database, last))


def _projected(database: ReportingDatabase, month: datetime.date) -> tuple[_Replayed, ...]:
    return _replayed(projections(database, month))


def _replayed(found: Mapping[str, Signals]) -> tuple[_Replayed, ...]:
    rules = monitoring_rules()
    return tuple(_Replayed(name, rules[name], series, _codes(rules[name], series.values)) for name, series in found.items())


def _codes(rule: MonitoringRule, values: pd.DataFrame) -> pd.DataFrame:
    return replay_table(values, on=rule.on, off=rule.off, need_on=rule.need_on, need_off=rule.need_off, side=rule.side)


@cached(max_entries=24)
def watched(database: ReportingDatabase, month: datetime.date) -> Watched:
    """Return what the rules find in ``month``, replayed from their history; the whole county, so that all checks are counted.

    Raises:
        QueryError: the database cannot answer.
    """
    plan, now = monitoring_plan(), pd.Timestamp(month)
    newest = database.version.data_through
    # What is projected is projected anew for every month asked for; everything else is one history for all of them.
    history = [*_history(database, max(month, newest) if newest else month), *_projected(database, month)]
    groups = peers_of(database)
    months = pd.date_range(end=now, periods=plan.shown_months, freq="MS", unit="us")
    alerts: list[Alert] = []
    tests: list[tuple[object, ...]] = []
    watches: list[tuple[object, ...]] = []
    words, unjudged = [np.empty((len(months), 0), dtype=object)], 0
    for each in history:
        values = each.until(now)
        if values.empty or values.shape[1] == 0:
            continue
        known = values.notna().to_numpy()
        unjudged += int((~known[-1] & known[:-1].any(axis=0)).sum())
        shown = values if each.series.told is None else each.series.told.loc[:now]
        own, peers = _own(each.rule, shown, plan), _peers(each, values, groups, plan)
        stands = known[-plan.own_months :].sum(axis=0)[values.columns.get_indexer(own.index)]
        tests += zip(*_about(each, own.index), shown.iloc[-1][own.index], stands, own, peers[own.index], strict=True)
        watches += zip(*_about(each, values.columns), (_place(each, unit).scheme for unit in values.columns), strict=True)
        words.append(_words(each, months))
        alerts += [_alert(each, unit, now, own, peers, plan) for unit in _alerting(each, now, plan)]
    checks = _judged(pd.DataFrame(tests, columns=[*_ABOUT, "value", "months", "own", "peers"]).astype(_MEASURED), plan)
    states = pd.DataFrame(watches, columns=[*_ABOUT, "scheme"])
    return Watched(
        month=month,
        alerts=tuple(sorted(alerts, key=_order)),
        tests=checks,
        expected=plan.chance * len(checks),
        found=int((checks["p"] < plan.chance).sum()),
        held=int(checks["held"].sum()),
        unjudged=unjudged,
        states=pd.concat([states, pd.DataFrame(np.concatenate(words, axis=1).T, columns=months)], axis=1),
    )


def courses(
    database: ReportingDatabase, month: datetime.date, pairs: Sequence[tuple[str, str]], months: int, *, as_told: bool = False
) -> "list[pd.Series[float]]":
    """Return what the rules saw of the units over the ``months`` that end with ``month``: for each pair of rule and unit one value a month.

    ``as_told`` asks for what readers are told where that is something else. Missing throughout for a rule or a unit that is no longer
    watched. Raises ``QueryError``.
    """
    newest = database.version.data_through
    history = [*_history(database, max(month, newest) if newest else month), *_projected(database, month)]
    known = {each.rule_id: each.series.told if as_told and each.series.told is not None else each.series.values for each in history}
    index = pd.date_range(end=pd.Timestamp(month), periods=months, freq="MS", unit="us")
    nothing = pd.DataFrame(index=index)
    return [known.get(rule, nothing).reindex(index=index, columns=[unit])[unit].astype("float64") for rule, unit in pairs]


_ABOUT = ("rule", "unit", "unit_name", "community")
_MEASURED = {"value": "float64", "months": "int64", "own": "float64", "peers": "float64"}


def _about(replayed: _Replayed, units: pd.Index) -> tuple[Sequence[str], ...]:
    """Return the columns ``_ABOUT`` of ``units``."""
    codes = [str(unit) for unit in units]
    places = [_place(replayed, code) for code in codes]
    return [replayed.rule_id] * len(codes), codes, [place.name for place in places], [place.community for place in places]


def _place(replayed: _Replayed, unit: str) -> Place:
    return replayed.series.places.get(unit) or Place(unit, "")


def _sign(rule: MonitoringRule) -> int:
    return 1 if rule.side == "above" else -1


def _own(rule: MonitoringRule, values: pd.DataFrame, plan: MonitoringPlan) -> "pd.Series[float]":
    """Return the modified z of the last month by unit against its own history, its season taken out; only units that can be asked."""
    if rule.kind in ("silence", "survey", "incidents"):  # a few quarters, or hardly ever anything, are no history
        return pd.Series(dtype="float64")
    recent = values.iloc[-plan.own_months :]
    known = recent.notna().to_numpy()
    recent = recent.loc[:, known[-1] & (known.sum(axis=0) >= plan.least_history)]
    if rule.kind in ("level", "unusual", "dear") and recent.shape[1]:
        recent = recent - seasons_of(recent).fillna(0.0)
    return (_sign(rule) * latest_modified_z(recent)).dropna()


def _peers(replayed: _Replayed, values: pd.DataFrame, groups: pd.DataFrame, plan: MonitoringPlan) -> "pd.Series[float]":
    """Return where the last month of each unit lies among others like it; missing where too few of them are known.

    In the funnel of counts where the rule has them, scaled so that its limit is that of the modified z which all others are held against.
    """
    rule, latest = replayed.rule, values.iloc[-1]
    if replayed.series.peers is not None:
        return replayed.series.peers.loc[values.index[-1]] * (plan.outlier / plan.funnel)
    if rule.kind in ("silence", "overspend", "reference", "incidents"):
        return pd.Series(np.nan, index=latest.index)
    if rule.level == "community":
        enough = latest.notna().sum() >= plan.least_peers
        return _sign(rule) * (modified_z(latest) if enough else latest * np.nan)
    now = values.iloc[-1:]
    scores = among_peers(now, groups, lambda places: modified_z(latest.iloc[places]).to_numpy()[None, :])
    return _sign(rule) * scores.iloc[0]


def _judged(checks: pd.DataFrame, plan: MonitoringPlan) -> pd.DataFrame:
    chance = modified_z_chance(checks["own"], checks["months"])
    corrected = benjamini_hochberg(chance, plan.false_share)
    own, peers = checks["own"] > plan.outlier, checks["peers"] > plan.outlier
    question = np.select([own & peers, own, peers], ["both", "own", "peers"], default="")
    return checks.assign(p=chance, adjusted=corrected["adjusted"], held=corrected["rejected"], outlier=question)


def _words(replayed: _Replayed, months: pd.DatetimeIndex) -> NDArray[np.object_]:
    """Return the state's word of each unit (columns) in each of the ``months`` shown, missing where it was not judged."""
    codes, values = (frame.reindex(months).to_numpy() for frame in (replayed.codes, replayed.series.values))
    words = np.full(values.shape, None, dtype=object)
    known = ~np.isnan(values)
    words[known] = np.array([state.value for state in STATES], dtype=object)[codes[known].astype(int)]
    return words


def _alerting(replayed: _Replayed, now: pd.Timestamp, plan: MonitoringPlan) -> list[str]:
    """Return the units that are an alert in the month or were one in the month before, and could be judged of late."""
    recent = replayed.codes.loc[:now].to_numpy()[-2:] >= _ALERTING
    judged = replayed.until(now, plan.stale_months).notna().to_numpy()
    return [str(unit) for unit in replayed.codes.columns[np.flatnonzero(recent.any(axis=0) & judged.any(axis=0))]]


def _alert(
    replayed: _Replayed, unit: str, month: pd.Timestamp, own: "pd.Series[float]", peers: "pd.Series[float]", plan: MonitoringPlan
) -> Alert:
    codes = replayed.codes.loc[:month, unit].to_numpy()
    alerting = codes >= _ALERTING
    now = bool(alerting[-1])
    before = bool(alerting[-2]) if len(alerting) > 1 else False
    end = len(alerting) if now else len(alerting) - 1
    quiet = np.flatnonzero(~alerting[:end])
    begin = int(quiet[-1]) + 1 if len(quiet) else 0
    recovering = STATES[codes[-1]] is AlertState.RECOVERING
    cool_down = plan.cool_down if replayed.rule.cool_down is None else replayed.rule.cool_down
    back = bool(alerting[max(begin - cool_down, 0) : begin].any())
    begun = Step.BACK if back else Step.NEW
    step = Step.CLOSED if not now else begun if not before else Step.RECOVERING if recovering else Step.OPEN
    series = replayed.series
    return Alert(
        rule_id=replayed.rule_id,
        rule=replayed.rule,
        unit=unit,
        place=_place(replayed, unit),
        step=step,
        since=series.values.index[begin].date(),
        months=end - begin,
        value=_at(series.values, month, unit),
        effect=_at(series.effect, month, unit),
        own=float(own.get(unit, math.nan)),
        peers=float(peers.get(unit, math.nan)),
        outlier=plan.outlier,
        stands_on=_at(series.fewest, month, unit),
        low=_at(series.low, month, unit),
        high=_at(series.high, month, unit),
        told=_at(series.told, month, unit),
    )


def _at(frame: pd.DataFrame | None, month: pd.Timestamp, unit: str) -> float:
    return math.nan if frame is None else float(frame.loc[month, unit])  # type: ignore[arg-type]


def _order(alert: Alert) -> tuple[int, int, float, str, str]:
    effect = 0.0 if math.isnan(alert.effect) else alert.effect
    return list(Step).index(alert.step), EFFECTS.index(alert.rule.effect), -effect, alert.rule_id, alert.unit
