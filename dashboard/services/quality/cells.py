"""The rows that 费用与质量 is made of, and whom it compares: inpatients by institution, disease group and month, and the wards behind them.

Only like is compared with like: hospitals with hospitals, township wards with township wards, as the same disease costs half there.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from dashboard.analysis.case_mix import relative_spread
from dashboard.analysis.naming import distinct
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.reporting import table_months
from dashboard.store.codes import CENTRE_KINDS
from dashboard.store.query import run_query

HISTORY_MONTHS = 36
HOSPITAL_KINDS = ("general_hospital", "tcm_hospital", "specialist_hospital", "maternal_child")
CLAIMS, DISCHARGES, QUALITY, FINANCE = "fact_claim", "fact_discharge_group", "fact_inpatient_quality", "fact_finance"


class Peers(StrEnum):
    """Which institutions are compared with each other."""

    HOSPITAL = "hospital"
    CENTRE = "centre"


@dataclass(frozen=True)
class Scope:
    """What the page is asked for: a period, institutions of one community or of all, one scheme or both, and their peers.

    ``community`` keeps the institutions shown; they are always held against their peers in the whole county.
    """

    period: Period
    community: str | None = None
    scheme: str | None = None
    peers: Peers = Peers.HOSPITAL


def offered(database: ReportingDatabase) -> frozenset[str]:
    """Return the tables that hold any period."""
    return frozenset(table_months(database))


@cached(max_entries=4)
def peers(database: ReportingDatabase, which: Peers) -> pd.DataFrame:
    """Return the institutions in the county of one class: index institution_code; short_name, kind, community_code, position."""
    known = directory(database)
    rows = known.inside[known.inside["kind"].isin(HOSPITAL_KINDS if which is Peers.HOSPITAL else CENTRE_KINDS)]
    return rows.assign(position=rows["community_code"].map(known.communities["position"]).fillna(-1).astype("int64"))


@cached()
def shown_units(database: ReportingDatabase, scope: Scope) -> pd.DataFrame:
    """Return those of ``peers`` that the community filter keeps and the reader may see."""
    rows, holds = peers(database, scope.peers), database.scope.holds_institution
    rows = rows if scope.community is None else rows[rows["community_code"].eq(scope.community)]
    return rows[[holds(str(code), home) for code, home in zip(rows.index, rows["community_code"], strict=True)]]


@cached(max_entries=4)
def disease_groups(database: ReportingDatabase) -> pd.DataFrame:
    """Return the inpatient groups: index group; name (distinct), mdc, core (itself without a core group), weight, flags (bool)."""
    rows = run_query(database, "quality/groups").set_index("group")
    flags = dict.fromkeys(("primary_capable", "county_capable", "low_risk"), bool)
    core = rows["core_group"].where(rows["core_group"].notna(), pd.Series(rows.index, index=rows.index))
    return rows.assign(name=distinct(rows["name"]), core=core).astype({**flags, "weight": "float64"})


@cached(max_entries=8)
def claim_rows(database: ReportingDatabase, last: datetime.date, scheme: str | None = None) -> pd.DataFrame:
    """Return inpatient claims of the county's institutions: unit, group, month, cases, cost (yuan), points."""
    first = shift_months(last, 1 - HISTORY_MONTHS)
    rows = run_query(database, "quality/claim_groups", first_month=first, last_month=last, scheme=scheme)
    return rows.astype(dict.fromkeys(("cases", "cost", "points"), "float64"))


@cached(max_entries=16)
def outside_rows(database: ReportingDatabase, period: Period, scheme: str | None = None) -> pd.DataFrame:
    """Return inpatient claims of the county's insured outside the county: index group; cases, cost (yuan)."""
    rows = run_query(database, "quality/outside_groups", first_month=period.first, last_month=period.last, scheme=scheme)
    return rows.set_index("group").astype({"cases": "float64", "cost": "float64"})


@cached(max_entries=16)
def cost_spread(database: ReportingDatabase, last: datetime.date, scheme: str | None, which: Peers) -> float:
    """Return by how much the cost of one case varies within an institution's group (``relative_spread``), over the year to ``last``."""
    year = Period(Grain.ROLLING_12, last)
    return relative_spread(within(claim_rows(database, last, scheme), year, peers(database, which).index))


@cached(max_entries=4)
def discharge_rows(database: ReportingDatabase, last: datetime.date) -> pd.DataFrame:
    """Return discharges by ward: unit, department, group, month, cases, bed_days, cost (yuan), events; missing where not counted."""
    first = shift_months(last, 1 - HISTORY_MONTHS)
    rows = run_query(database, "quality/discharges", first_month=first, last_month=last)
    rows = rows.rename(columns={"institution_code": "unit", "department_code": "department", "total_cost": "cost"})
    return rows.astype(dict.fromkeys(rows.columns.drop(["unit", "department", "group", "month"]), "float64"))


@cached(max_entries=4)
def department_names(database: ReportingDatabase) -> pd.Series:
    """Return department_code → name."""
    return run_query(database, "quality/departments").set_index("department_code")["name"]


@cached(max_entries=4)
def item_rows(database: ReportingDatabase, last: datetime.date) -> pd.DataFrame:
    """Return medical income by unit, setting, item and month, yuan."""
    first = shift_months(last, 1 - HISTORY_MONTHS)
    return run_query(database, "quality/items", first_month=first, last_month=last).astype({"amount": "float64"})


@cached(max_entries=16)
def _claims_in(database: ReportingDatabase, last: datetime.date, scheme: str | None, period: Period) -> pd.DataFrame:
    return within(claim_rows(database, last, scheme), period)


@cached(max_entries=16)
def _discharges_in(database: ReportingDatabase, last: datetime.date, period: Period) -> pd.DataFrame:
    return within(discharge_rows(database, last), period)


def claims_in(database: ReportingDatabase, scope: Scope, units: pd.Index | None = None, period: Period | None = None) -> pd.DataFrame:
    """Return the rows of ``claim_rows`` in the scheme and the period of ``scope``, or in another ``period``, of ``units`` or of all."""
    rows = _claims_in(database, scope.period.last, scope.scheme, period or scope.period)
    return rows if units is None else rows[rows["unit"].isin(units)]


def discharges_in(database: ReportingDatabase, scope: Scope, units: pd.Index, period: Period | None = None) -> pd.DataFrame:
    """Return the rows of ``discharge_rows`` in the period of ``scope``, or in another ``period``, of ``units``."""
    rows = _discharges_in(database, scope.period.last, period or scope.period)
    return rows[rows["unit"].isin(units)]


def with_weights(database: ReportingDatabase, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of known disease groups with weight, low_risk and core group."""
    groups = disease_groups(database)
    known = rows[rows["group"].isin(groups.index)]
    return known.assign(**{name: known["group"].map(groups[name]) for name in ("weight", "low_risk", "core")})


def within(rows: pd.DataFrame, period: Period, units: pd.Index | None = None) -> pd.DataFrame:
    """Return the rows of the months of ``period`` and of ``units`` (None for all)."""
    kept = rows["month"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))
    return rows[kept] if units is None else rows[kept & rows["unit"].isin(units)]


def same_months(now: pd.DataFrame, before: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both periods with only those months of a unit that it reported in both years."""
    earlier = (before["unit"], before["month"] + pd.DateOffset(years=1))
    keys_now, keys_before = (pd.MultiIndex.from_arrays(list(pair)) for pair in ((now["unit"], now["month"]), earlier))
    return now[keys_now.isin(keys_before)], before[keys_before.isin(keys_now)]
