"""人力结构: who the staff are, posts against staff, income parity, and who goes down, comes up or gives support."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.sequences import ratio
from dashboard.catalogue.models import Level
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import indicator_values
from dashboard.services.resources.supply import in_community
from dashboard.store.codes import CENTRE_KINDS, POSTING_KIND, SUPPORT_KIND
from dashboard.store.query import run_query

_PARITY = ["unit", "unit_name", "value", "numerator", "denominator"]
DIMENSIONS = ("title", "education", "age_band", "sex", "category")


@dataclass(frozen=True, eq=False)
class Structure:
    """The staff of the newest quarter up to the chosen month.

    ``staff`` has a row per tier (lead, primary, other), category, title, education, age band and sex with ``headcount``. ``posts`` is
    indexed by institution: name, community, kind, headcount, establishment_posts, difference (staff − posts), use (staff ÷ posts).
    """

    quarter: datetime.date
    staff: pd.DataFrame
    posts: pd.DataFrame

    def shares(self, dimension: str) -> pd.DataFrame:
        """Return tier, code (of ``dimension``), headcount and share (0–1 within the tier), by tier and code."""
        sums = self.staff.groupby(["tier", dimension])["headcount"].sum().reset_index()
        sums["share"] = sums["headcount"] / sums.groupby("tier")["headcount"].transform("sum")
        return sums.rename(columns={dimension: "code"})


@dataclass(frozen=True)
class Parity:
    """Income parity of one unit: mean wage income of primary staff ÷ that of lead-hospital staff, in per cent."""

    unit: str
    name: str
    value: float
    primary: float
    lead: float


@dataclass(frozen=True, eq=False)
class Sinking:
    """Who went where in the period, by town of the primary institution.

    ``towns`` is indexed by town_code: name, community, qualified (posted down, intermediate title or above and 183 days; most of any
    month), short_support and training_up (people, most of any month), one column per kind of support with its sessions, and sessions (all).
    ``flows`` has a row per sender, receiver and kind. ``reported`` is False when the county returns neither postings nor support.
    """

    towns: pd.DataFrame
    flows: pd.DataFrame
    reported: bool


@cached(max_entries=16)
def structure(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> Structure | None:
    """Return the staff of the newest quarter up to ``month``; None when nobody returned any."""
    newest = run_query(database, "resources/last_quarter", last=month)["quarter"].iloc[0]
    if pd.isna(newest):
        return None
    quarter, last_day = pd.Timestamp(newest).date(), Period(Grain.MONTH, month).end
    staff = run_query(database, "resources/structure", quarter=quarter, community=community, last_day=last_day)
    if staff.empty:
        return None
    rows = run_query(database, "resources/establishment", quarter=quarter, last_day=last_day).set_index("institution_code")
    about = directory(database).institutions
    posts = pd.DataFrame(
        {
            "name": about["short_name"].reindex(rows.index),
            "community": about["community_code"].reindex(rows.index),
            "kind": about["kind"].reindex(rows.index),
            "headcount": rows["headcount"].astype("float64"),
            "establishment_posts": rows["establishment_posts"].astype("float64"),
        }
    )
    posts["difference"] = posts["headcount"] - posts["establishment_posts"]
    posts["use"] = ratio(posts["headcount"], posts["establishment_posts"])
    return Structure(quarter, staff, in_community(posts, community))


@cached(max_entries=16)
def income_parity(database: ReportingDatabase, period: Period) -> tuple[Parity, ...]:
    """Return the catalogue's D14 for the county and every community; units without it are left out."""
    answers: list[Parity] = []
    levels: tuple[Level, ...] = ("county", "community")
    for level in levels:
        values = indicator_values(database, level=level, period=period, indicators=("D14",))
        answers += [
            Parity(str(unit), str(name), float(value), float(primary), float(lead))
            for unit, name, value, primary, lead in values[_PARITY].dropna(subset=["value"]).itertuples(index=False, name=None)
        ]
    names = directory(database).communities["short_name"]
    return tuple(Parity(each.unit, str(names.get(each.unit, each.name)), each.value, each.primary, each.lead) for each in answers)


@cached(max_entries=32)
def sinking(database: ReportingDatabase, period: Period, community: str | None = None) -> Sinking:
    """Return postings down, training up and support of ``period`` by town."""
    span = {"first_month": period.first, "last_month": period.last}
    postings = run_query(database, "common/postings", **span)
    support = run_query(database, "resources/support", **span)
    about = directory(database)
    town_of = about.institutions["town_code"]
    towns = about.towns[["name", "community_code"]].rename(columns={"community_code": "community"})
    columns = {
        "qualified": _by_town(postings[postings["kind"] == "posting_down"], "to_code", "qualified_people", town_of),
        "posted": _by_town(postings[postings["kind"] == "posting_down"], "to_code", "people", town_of),
        "short_support": _by_town(postings[postings["kind"] == "short_support"], "to_code", "people", town_of),
        "training_up": _by_town(postings[postings["kind"] == "training_up"], "from_code", "people", town_of),
    }
    for kind in SUPPORT_KIND:
        columns[kind] = _by_town(support[support["kind"] == kind], "member_code", "sessions", town_of)
    # A town that no row names got nothing; a row without its figure is unknown and stays so.
    told = pd.DataFrame({name: column.reindex(towns.index, fill_value=0.0) for name, column in columns.items()})
    told["sessions"] = told[list(SUPPORT_KIND)].sum(axis=1, skipna=False)
    served = about.inside.loc[about.inside["kind"].isin(CENTRE_KINDS), "town_code"].unique()
    kept = pd.concat([towns, told], axis=1)
    return Sinking(
        towns=in_community(kept[kept.index.isin(served)], community),
        flows=_flows(postings, support, about.institutions["short_name"]),
        reported=len(postings) + len(support) > 0,
    )


def _by_town(rows: pd.DataFrame, place: str, measure: str, town_of: pd.Series) -> pd.Series:
    return rows[measure].astype("float64").groupby(rows[place].map(town_of)).sum(min_count=1)


def _flows(postings: pd.DataFrame, support: pd.DataFrame, names: pd.Series) -> pd.DataFrame:
    """Return postings and support in one table: sender, receiver, kind (code), people, person_days, qualified_people, sessions."""
    told = postings.assign(sessions=float("nan"))
    given = support.rename(columns={"lead_code": "from_code", "member_code": "to_code"})
    rows = pd.concat([told, given], ignore_index=True)
    rows = rows[(rows["people"].fillna(0) > 0) | (rows["sessions"].fillna(0) > 0)]
    return rows.assign(sender=rows["from_code"].map(names), receiver=rows["to_code"].map(names))


KINDS = {**POSTING_KIND, **SUPPORT_KIND}
