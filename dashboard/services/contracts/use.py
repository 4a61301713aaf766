"""Where people with and without a contract go: first contact, continuity, admissions, the lead hospitals' share of chronic visits."""

import datetime
from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from dashboard.analysis.control_charts import byar_interval, wilson_interval
from dashboard.analysis.periods import shift_months
from dashboard.analysis.sequences import ratio
from dashboard.analysis.small_counts import Guard, People
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.codes import CONTRACT_GROUP
from dashboard.store.query import run_query

MONTHS = 12


class Rate(NamedTuple):
    """One rate of the comparison: what is counted over what, and whether it is a part of it."""

    numerator: str
    denominator: str
    part: bool


RATES = {
    "first_contact": Rate("primary_first_visits", "first_visits", part=True),
    "continuity": Rate("own_visits", "visits", part=True),
    "lead_chronic": Rate("lead_chronic_visits", "chronic_visits", part=True),
    "admissions": Rate("admissions", "person_years", part=False),
}
"""In the order shown; admissions are per person and year, the others shares of visits."""
USE = Guard(
    (People("denominator", totalled=False), People("numerator", part_of="denominator", totalled=False)),
    dict.fromkeys(("value", "per_hundred", "lower", "upper"), ("numerator", "denominator")),
)
"""Groups overlap and rates are of different things: no sum is shown."""


@dataclass(frozen=True, eq=False)
class ContractUse:
    """The comparison over the twelve months to ``month``.

    Attributes:
        rates: one row per group (order of the code list), rate (order of ``RATES``) and status (signed, unsigned): numerator (visits,
            admissions), denominator (visits; for admissions person-years), value, lower, upper (0–1, admissions per person and year; 95 %,
            Wilson for shares, Byar for admissions). A rate whose columns nobody reported has no rows.
        centres: institutions that reported both sides of a group.
        left_out: institutions that reported one side only: they are in no row.
    """

    rates: pd.DataFrame
    centres: int
    left_out: int

    @property
    def groups(self) -> list[str]:
        """Return the groups that can be compared, in the order of the code list."""
        return list(dict.fromkeys(self.rates["group"]))


@cached()
def contract_use(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> ContractUse | None:
    """Return the comparison for the county or one community; None when nobody reported it."""
    rows = run_query(database, "contracts/use", first_month=shift_months(month, 1 - MONTHS), last_month=month)
    if community is not None:
        rows = rows[rows["institution_code"].map(directory(database).institutions["community_code"]) == community]
    if rows.empty:
        return None
    rows = rows.astype(dict.fromkeys(rows.columns[3:], "float64"))
    # One side alone, or sides of different months, would compare centres or seasons and not people.
    both = rows.groupby(["institution_code", "population_group"])["months"].transform(
        lambda months: len(months) == 2 and months.nunique() == 1
    )
    kept = rows[both.astype(bool)].assign(person_years=lambda table: table["people"] * table["months"] / MONTHS)
    frames = [_rate(kept, name) for name in RATES]
    known = [frame for frame in frames if len(frame)]
    order = {code: place for place, code in enumerate(CONTRACT_GROUP)}
    table = pd.concat(known, ignore_index=True) if known else _rate(kept.iloc[:0], "continuity")
    table = table.sort_values("group", key=lambda group: group.map(order), kind="stable", ignore_index=True)
    centres = kept["institution_code"].nunique()
    return ContractUse(table, centres, rows["institution_code"].nunique() - centres)


def _rate(kept: pd.DataFrame, name: str) -> pd.DataFrame:
    rate = RATES[name]
    told = kept.dropna(subset=[rate.numerator, rate.denominator])
    if rate.part:  # the import refuses a part above its whole; a server that others write to may hold one
        told = told[told[rate.numerator] <= told[rate.denominator]]
    sums = told.groupby(["population_group", "contract_status"])[[rate.numerator, rate.denominator]].sum().reset_index()
    sums.columns = pd.Index(["group", "status", "numerator", "denominator"])
    interval = (wilson_interval if rate.part else byar_interval)(sums["numerator"], sums["denominator"])
    return sums.assign(rate=name, value=ratio(sums["numerator"], sums["denominator"]), lower=interval["lower"], upper=interval["upper"])
