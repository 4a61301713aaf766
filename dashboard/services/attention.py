"""What needs attention: the rules of ``alerts.yaml`` applied to the database."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis import alerts
from dashboard.analysis.periods import Period, shift_months
from dashboard.catalogue.overview import AlertRule, alert_rules
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.directory import directory
from dashboard.services.fund import fund_progress
from dashboard.services.indicators import indicator_values
from dashboard.store.query import run_query

STREAK_WINDOW_MONTHS = 24
_SEVERITIES = ("high", "medium")


@dataclass(frozen=True)
class Attention:
    """One thing that needs attention. Shares and changes are ratios, ``impact`` is in ``rule.impact_unit``; NaN where it does not apply."""

    rule_id: str
    rule: AlertRule
    unit: str
    unit_name: str
    community: str
    value: float
    reference: float
    change: float
    months: int
    impact: float
    low: float = math.nan
    high: float = math.nan


@cached()
def attention(database: ReportingDatabase, period: Period, community: str | None = None) -> tuple[Attention, ...]:
    """Return what needs attention in ``period``, severe rules first, then by the amount affected.

    A rule whose data the county does not supply finds nothing. ``community`` keeps what concerns that community.
    """
    found = [
        item
        for rule_id, rule in alert_rules().items()
        for item in _RULES[rule.kind](database, period, rule_id, rule)[: rule.worst]
        if community in (None, item.community)
    ]
    money_first = sorted(found, key=lambda item: (_SEVERITIES.index(item.rule.severity), item.rule.impact_unit != "yuan", -item.impact))
    return tuple(money_first)


def _items(
    frame: pd.DataFrame, rule_id: str, rule: AlertRule, names: "pd.Series[str]", communities: "pd.Series[str] | None" = None
) -> list[Attention]:
    return [
        Attention(
            rule_id=rule_id,
            rule=rule,
            unit=str(unit),
            unit_name=str(names.get(unit, unit)),
            community=str(unit if communities is None else communities.get(unit, "")),
            value=float(row["value"]),
            reference=float(row["reference"]),
            change=float(row["change"]),
            months=0 if math.isnan(row["months"]) else int(row["months"]),
            impact=float(row["impact"]),
        )
        for unit, row in frame.iterrows()
    ]


def _overspend(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    rows = [
        row for row in fund_progress(database, period).communities if row.year_end and row.projected_overspend > rule.limit * row.budget
    ]
    return [
        Attention(
            rule_id=rule_id,
            rule=rule,
            unit=row.community,
            unit_name=row.name,
            community=row.community,
            value=row.year_end.total / row.budget,
            reference=1.0,
            change=math.nan,
            months=0,
            impact=row.projected_overspend,
            low=row.year_end.low / row.budget,
            high=row.year_end.high / row.budget,
        )
        for row in sorted(rows, key=lambda row: -row.projected_overspend)
        if row.year_end
    ]


def _by_community(database: ReportingDatabase, period: Period, indicator: str) -> pd.DataFrame:
    return indicator_values(database, level="community", period=period, indicators=(indicator,)).set_index("unit")


def _growth(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    indicator = str(rule.indicator)
    current, last_year = _by_community(database, period, indicator), _by_community(database, period.last_year(), indicator)
    comparable = current["status"].eq("ok") & last_year["status"].eq("ok").reindex(current.index, fill_value=False)
    volume = current["denominator"] if rule.component == "value" else None
    broken = alerts.growth(current[rule.component].where(comparable), last_year[rule.component], rule.limit, volume=volume)
    return _items(broken, rule_id, rule, directory(database).communities["short_name"])


def _gap(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    current = _by_community(database, period, str(rule.indicator))
    broken = alerts.gap(current["numerator"], current["denominator"], rule.limit)
    return _items(broken, rule_id, rule, directory(database).communities["short_name"])


def _streak(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    first = shift_months(period.last, 1 - STREAK_WINDOW_MONTHS)
    rows = run_query(database.engine, "overview/bed_use", first_month=first, last_month=period.last)
    opened = rows.pivot(index="month", columns="institution_code", values="open_bed_days")
    opened = opened.where(opened > 0)
    occupied = rows.pivot(index="month", columns="institution_code", values="occupied_bed_days")
    broken = alerts.streak(occupied / opened, opened, rule.limit, months=rule.months, side=rule.side)
    return _named_institutions(database, broken, rule_id, rule)


def _named_institutions(database: ReportingDatabase, broken: pd.DataFrame, rule_id: str, rule: AlertRule) -> list[Attention]:
    institutions = directory(database).institutions
    return _items(broken, rule_id, rule, institutions["short_name"], institutions["community_code"])


def _reference(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    year = {"first_month": shift_months(period.last, -11), "last_month": period.last}
    rows = run_query(database.engine, "overview/equipment_positive", **year).set_index("equipment_code")
    broken = alerts.below_reference(rows["positives"], rows["examinations"], rows["reference"])
    institutions = directory(database).institutions
    names = rows["institution_code"].map(institutions["short_name"]) + " " + rows["equipment_name"]
    return _items(broken, rule_id, rule, names, rows["institution_code"].map(institutions["community_code"]))


def _silence(database: ReportingDatabase, period: Period, rule_id: str, rule: AlertRule) -> list[Attention]:
    # Three months more than the window: a unit must have reported before it can fall silent.
    first = shift_months(period.last, -rule.months - 2)
    rows = run_query(database.engine, "overview/reported_months", first_month=first, last_month=period.last)
    returns = rows.rename(columns={"institution_code": "unit"})
    gaps = [alerts.silent(part, last=pd.Timestamp(period.last)) for _, part in returns.groupby("table_name")]
    if not gaps:
        return []
    worst = pd.concat(gaps).groupby(level=0).max().sort_values("impact", ascending=False, kind="stable")
    return _named_institutions(database, worst, rule_id, rule)


_RULES: dict[str, Callable[[ReportingDatabase, Period, str, AlertRule], list[Attention]]] = {
    "overspend": _overspend,
    "growth": _growth,
    "gap": _gap,
    "streak": _streak,
    "reference": _reference,
    "silence": _silence,
}
