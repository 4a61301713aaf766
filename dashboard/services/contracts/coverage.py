"""Contracts: who is covered, how far the year's services have come, who signs without serving, renewal and fees."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.contracts import expected_share, pace
from dashboard.analysis.control_charts import wilson_interval
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.sequences import ratio
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.targets import standing
from dashboard.catalogue.contracts import ContractSettings, contract_settings
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.overview import overview_plan
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.overview.answer import headlines
from dashboard.states import State, state_of
from dashboard.store.codes import CENTRE_KINDS, CONTRACT_GROUP
from dashboard.store.query import run_query

FEES = ("fee_fiscal", "fee_fund", "fee_person")
_MEASURES = ["population", "contracted", "fulfilled", "due", "renewed", *FEES, "paid_people", "teams"]
COVERED = Guard(
    (People("population", totalled=False), People("contracted", part_of="population", totalled=False)),
    dict.fromkeys(("share", "lower", "upper", "state"), ("contracted", "population")),
)
"""Groups overlap: their sum is shown nowhere."""
SERVED = Guard(
    (People("contracted", within=(("community",),)), People("fulfilled", part_of="contracted", within=(("community",),))),
    dict.fromkeys(("share", "pace", "short"), ("contracted", "fulfilled")),
)
"""Centres inside their communities."""
RENEWAL = Guard(
    (
        People("due", total_of=("renewed", "lost"), totalled=False),
        People("renewed", totalled=False),
        People("lost", totalled=False),
    ),
    {"share": ("due", "renewed", "lost")},
)
"""Contracts that ran out: renewed or lost."""
_CATALOGUED = {"all": "G01", "key": "G02"}
HEADLINES = ("G01", "G02", "G03", "G04", "G07")
"""The catalogue's numbers at the head of the page; the ladder says the same as the first two."""


@dataclass(frozen=True, eq=False)
class Renewal:
    """Contracts that ran out in the last twelve months and were renewed: people, and the share (0–1, missing when nobody was due)."""

    due: float
    renewed: float
    share: float

    def told(self) -> pd.Series:
        """Return due, renewed, lost and share as they may be shown (``Guard.hide``): each of the three is told by the other two."""
        row = {"due": self.due, "renewed": self.renewed, "lost": self.due - self.renewed, "share": self.share}
        return RENEWAL.hide(pd.DataFrame([row])).frame.iloc[0]


@dataclass(frozen=True, eq=False)
class Fee:
    """Contract fee from January to the month: yuan by payer (fiscal, fund, person), and yuan per person whose package is complete."""

    by_payer: pd.Series
    people: float
    per_person: pd.Series


@dataclass(frozen=True, eq=False)
class Contracts:
    """Contracts of the county or of one community in a month.

    Attributes:
        groups: by group code in the order of the code list: population, contracted (people), share, lower, upper (0–1, Wilson 95 %),
            target (0–1, missing without one), state (``State``).
        months: by month, the newest ``shown_months``: contracted, fulfilled (people), share (0–1), expected (0–1), pace (1 = on pace).
        communities: by community code: name, contracted, fulfilled, share, pace, short (people behind pace, not rounded).
        centres: by institution code: name, community, contracted, fulfilled, share, pace, short, signed_share (of its own population).
        unserved: the centres that sign and do not serve, those with most people short first; columns of ``centres``.
        unjudged: how many centres the rule could neither find nor clear: no figures, or not yet the month that it begins with.
        expected: share of the year's services that should be done by the month.
        year_end: share expected in December if the rest of the year goes as last year's, missing without last year.
        paid_people, teams: people with a paid package, family-doctor teams; missing where the county does not report them.
        reported_fulfilment: whether any centre reports fulfilment.
    """

    groups: pd.DataFrame
    months: pd.DataFrame
    communities: pd.DataFrame
    centres: pd.DataFrame
    unserved: pd.DataFrame
    unjudged: int
    expected: float
    year_end: float
    renewal: Renewal
    fee: Fee
    paid_people: float
    teams: float
    reported_fulfilment: bool


def curve() -> tuple[float, ...] | None:
    """Return the county's curve of the year, None where months count alike."""
    return contract_settings().curve or None


def shown_months(database: ReportingDatabase, query: str, month: datetime.date, measures: list[str]) -> pd.DataFrame:
    """Return a query's rows of the months shown: ``measures`` as floats, with community and name of the institution."""
    rows = run_query(database, query, first_month=shift_months(month, 1 - contract_settings().shown_months), last_month=month)
    rows[measures] = rows[measures].astype("float64")
    about = directory(database).institutions
    return rows.assign(
        community=rows["institution_code"].map(about["community_code"]), name=rows["institution_code"].map(about["short_name"])
    )


@cached(max_entries=8)
def contract_rows(database: ReportingDatabase, month: datetime.date) -> pd.DataFrame:
    """Return ``fact_contract`` as ``shown_months`` does."""
    return shown_months(database, "contracts/contracts", month, _MEASURES)


@cached()
def contracts(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> Contracts | None:
    """Return the contracts of ``month``; None when nobody reported any in it."""
    rows = contract_rows(database, month)
    if community is not None:
        rows = rows[rows["community"] == community]
    here = rows[rows["month"] == pd.Timestamp(month)]
    if here.empty:
        return None
    whole = rows[rows["population_group"] == "all"]
    lines = contract_settings()
    months = _by_month(whole)
    centres = _centres(database, whole, month)
    unserved, unjudged = _unserved(whole, centres, month, lines)
    return Contracts(
        groups=_groups(database, here, month, community),
        months=months,
        communities=_paced(_communities(database, centres), month),
        centres=centres,
        unserved=unserved,
        unjudged=unjudged,
        expected=expected_share(month.month, curve()),
        year_end=_year_end(months, month),
        renewal=_renewal(whole, month),
        fee=_fee(whole, month),
        paid_people=float(here.loc[here["population_group"] == "all", "paid_people"].sum(min_count=1)),
        teams=float(here.loc[here["population_group"] == "all", "teams"].sum(min_count=1)),
        reported_fulfilment=bool(whole["fulfilled"].notna().any()),
    )


def _groups(database: ReportingDatabase, here: pd.DataFrame, month: datetime.date, community: str | None) -> pd.DataFrame:
    table = here.groupby("population_group")[["population", "contracted"]].sum(min_count=1)
    heads = headlines(database, Period(Grain.MONTH, month), community, None, HEADLINES)
    readings = {each.reading.indicator.id: each.reading for each in heads}
    for group, indicator in _CATALOGUED.items():  # one number: the ladder says what the headline card says, with its denominator
        reading = readings[indicator]
        if group in table.index and not np.isnan(reading.value):
            table.loc[group] = [reading.denominator, reading.numerator]
    table = table.reindex([group for group in CONTRACT_GROUP if group in table.index])
    known = table[(table["contracted"] <= table["population"]) & (table["population"] > 0)]
    interval = wilson_interval(known["contracted"], known["population"]).reindex(table.index)
    catalogue, near = load_catalogue(), overview_plan().near_share
    targets = {group: catalogue.targets[name] for group, name in _group_targets(list(table.index)).items()}
    table["share"] = ratio(table["contracted"], table["population"])
    table["lower"], table["upper"] = interval["lower"], interval["upper"]
    table["target"] = [float(targets[group].low or np.nan) / 100 if group in targets else np.nan for group in table.index]
    table["state"] = [
        state_of(standing(100 * share, targets.get(group), near), known=not np.isnan(share))
        for group, share in zip(table.index, table["share"], strict=True)
    ]
    return table


def _group_targets(groups: list[str]) -> dict[str, str]:
    """Return the target of each group: that of all residents, and that of the key groups for every one of them."""
    catalogue = load_catalogue()
    named = {group: catalogue.indicator(_CATALOGUED.get(group, "G02")).target for group in groups}
    return {group: target for group, target in named.items() if target}


def _by_month(whole: pd.DataFrame) -> pd.DataFrame:
    sums = whole.groupby("month")[["contracted", "fulfilled"]].sum(min_count=1)
    sums["share"] = ratio(sums["fulfilled"], sums["contracted"])
    numbers = pd.DatetimeIndex(sums.index).month
    sums["expected"] = [expected_share(month, curve()) for month in numbers]
    sides = zip(sums["fulfilled"], sums["contracted"], numbers, strict=True)
    sums["pace"] = [pace(fulfilled, contracted, month, curve()) for fulfilled, contracted, month in sides]
    return sums


def _paced(table: pd.DataFrame, month: datetime.date) -> pd.DataFrame:
    return table.assign(
        share=ratio(table["fulfilled"], table["contracted"]),
        pace=pace(table["fulfilled"], table["contracted"], month.month, curve()),
        short=(expected_share(month.month, curve()) * table["contracted"] - table["fulfilled"]).clip(lower=0.0),
    )


def _centres(database: ReportingDatabase, whole: pd.DataFrame, month: datetime.date) -> pd.DataFrame:
    here = whole[whole["month"] == pd.Timestamp(month)].set_index("institution_code")
    kinds = directory(database).institutions["kind"].reindex(here.index)
    table = here.loc[kinds.isin(CENTRE_KINDS).to_numpy(), ["name", "community", "population", "contracted", "fulfilled"]]
    return _paced(table, month).assign(signed_share=ratio(table["contracted"], table["population"]))


def _communities(database: ReportingDatabase, centres: pd.DataFrame) -> pd.DataFrame:
    known = directory(database).communities
    sums = centres.groupby("community")[["contracted", "fulfilled"]].sum(min_count=1)
    sums = sums.reindex([code for code in known.index if code in sums.index])
    return sums.assign(name=known["short_name"].reindex(sums.index))


def _unserved(whole: pd.DataFrame, centres: pd.DataFrame, month: datetime.date, lines: ContractSettings) -> tuple[pd.DataFrame, int]:
    """Return the centres whose pace has been lost for long enough, late enough in the year, and how many could not be judged."""
    if month.month < lines.from_month:
        return centres.iloc[:0], len(centres)
    paces = {}
    for back in range(min(lines.months_in_row, month.month)):
        asked = shift_months(month, -back)
        then = whole[whole["month"] == pd.Timestamp(asked)].set_index("institution_code")[["contracted", "fulfilled"]]
        paces[back] = _paced(then, asked)["pace"].reindex(centres.index)
    table = pd.DataFrame(paces)
    slow, kept = (table < lines.off_pace).all(axis=1), (table >= lines.off_pace).any(axis=1)
    found = centres[slow & (centres["contracted"] >= lines.least_contracts)]
    return found.sort_values("short", ascending=False, kind="stable"), int((~slow & ~kept).sum())


def _year_end(months: pd.DataFrame, month: datetime.date) -> float:
    """Return this month's share times how much last year's grew from the same month to December."""
    then, december = (pd.Timestamp(month.year - 1, number, 1) for number in (month.month, 12))
    if pd.Timestamp(month) not in months.index or then not in months.index or december not in months.index:
        return float("nan")
    before = float(months["share"][then])
    grown = float(months["share"][pd.Timestamp(month)]) * float(months["share"][december]) / before if before > 0 else np.nan
    return min(grown, 1.0) if not np.isnan(grown) else float("nan")


def _renewal(whole: pd.DataFrame, month: datetime.date) -> Renewal:
    year = whole[whole["month"] > pd.Timestamp(shift_months(month, -12))]
    known = year.dropna(subset=["due", "renewed"])
    due, renewed = (float(known[name].sum(min_count=1)) for name in ("due", "renewed"))
    return Renewal(due, renewed, renewed / due if due > 0 else float("nan"))


def _fee(whole: pd.DataFrame, month: datetime.date) -> Fee:
    year = whole[(whole["month"] >= pd.Timestamp(month.year, 1, 1)) & (whole["month"] <= pd.Timestamp(month))]
    by_payer = year[list(FEES)].sum(min_count=1)
    people = float(year.loc[year["month"] == pd.Timestamp(month), "fulfilled"].sum(min_count=1))
    return Fee(by_payer, people, by_payer / people if people > 0 else by_payer * np.nan)


def counts_of_states(groups: pd.DataFrame) -> dict[State, int]:
    """Return how many groups stand in each state."""
    return {state: int((groups["state"] == state).sum()) for state in State}
