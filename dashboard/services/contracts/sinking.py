"""The eight ways of sinking resources, centre by centre, and what else the lead hospitals do for them."""

import datetime
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.contracts import WAYS, sinking_grid
from dashboard.analysis.periods import shift_months
from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.contracts import contract_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.codes import CENTRE_KINDS
from dashboard.store.query import run_query

RECEIVED = Guard((People("cases", within=(("community",),)),))
"""Patients referred down to a centre are few in small towns."""
_EIGHT = {way.kind for way in WAYS}
SOURCES = {way.kind: "fact_support" for way in WAYS[1:]} | {"training_up": "fact_posting", "referral_down": "fact_referral"}
"""The table that tells of each way; the first, help plans, stands in the workspace."""


@dataclass(frozen=True, eq=False)
class Sinking:
    """The last twelve months of help for the centres.

    Attributes:
        grid: one row per centre and way as ``analysis.contracts.sinking_grid`` gives it, with name and community of the centre; centres in
            the order of the communities, also those that got nothing. A count of patients below 5 is hidden (``RECEIVED``).
        others: sessions of other support by kind.
        training_base: whether the people trained for three months and the staff to be trained are known.
        missing: the tables of ``SOURCES`` of which nothing came in the twelve months. What they would say is unknown: the value is
            missing and the state ``unknown``.
    """

    grid: pd.DataFrame
    others: pd.Series
    training_base: bool
    missing: tuple[str, ...]

    @property
    def reported(self) -> bool:
        """Whether the county reports support, training or referrals at all."""
        return set(self.missing) < set(SOURCES.values())


def _staff(database: ReportingDatabase, first: datetime.date, month: datetime.date) -> pd.Series:
    """Return clinicians and nurses by institution in its newest quarter."""
    rows = run_query(database, "contracts/clinical_staff", first_month=first, last_month=month)
    rows = rows[rows["category"].isin(contract_settings().trained_categories)]
    sums = rows.groupby(["institution_code", "quarter"])["headcount"].sum().astype("float64").reset_index()
    return sums.sort_values("quarter").groupby("institution_code")["headcount"].last()


@cached(max_entries=16)
def sinking(database: ReportingDatabase, month: datetime.date, community: str | None = None, planned: tuple[str, ...] = ()) -> Sinking:
    """Return the grid of the twelve months that end with ``month``; ``planned`` are the centres with a help plan in force."""
    first = shift_months(month, -11)
    span = {"first_month": first, "last_month": month}
    months = list(pd.date_range(first, month, freq="MS"))
    support, training, received = (run_query(database, f"contracts/{name}", **span) for name in ("support", "training", "received"))
    about = directory(database)
    inside = about.inside[about.inside["kind"].isin(CENTRE_KINDS)]
    centres = inside if community is None else inside[inside["community_code"] == community]
    staff = _staff(database, shift_months(month, -14), month)
    training = training.assign(staff=training["from_code"].map(staff))
    known = bool(training["people_3_months"].notna().any()) and bool(training["staff"].notna().any())
    plans = pd.DataFrame({"member_code": list(planned), "kind": "help_plan", "month": pd.Timestamp(month), "sessions": 1})
    # Every centre of the area gets its row: one that nobody helps must not be missing from the picture.
    named = pd.DataFrame({"member_code": centres.index, "kind": "help_plan", "month": pd.Timestamp(month), "sessions": 0})
    given = pd.concat([support, named, *([plans] if len(plans) else [])], ignore_index=True)
    columns = ["from_code", "kind", "month", "people", "people_3_months", "staff"]
    sent = training[columns].astype({"people": "float64", "people_3_months": "float64"})
    grid = sinking_grid(given, sent if known else sent[columns[:4]], received, months)
    grid = grid[grid["centre"].isin(centres.index)].assign(
        name=lambda rows: rows["centre"].map(centres["short_name"]), community=lambda rows: rows["centre"].map(centres["community_code"])
    )
    order = {code: place for place, code in enumerate(about.communities.index)}
    place = grid["community"].map(order).fillna(len(order))
    grid = grid.assign(place=place).sort_values(["place", "centre", "way"], kind="stable").drop(columns="place").reset_index(drop=True)
    came = {"fact_support": len(support), "fact_posting": len(training), "fact_referral": len(received)}
    missing = tuple(table for table, count in came.items() if not count)
    unknown = grid["kind"].map(SOURCES).isin(missing)
    grid = grid.assign(value=grid["value"].mask(unknown), state=grid["state"].mask(unknown, "unknown"))
    down = grid["kind"] == "referral_down"
    shown = RECEIVED.hide(grid.loc[down, ["community", "value"]].rename(columns={"value": "cases"})).frame["cases"]
    grid.loc[down, "value"] = shown
    helped = support[support["member_code"].isin(centres.index) & ~support["kind"].isin(_EIGHT)]
    others = helped.groupby("kind")["sessions"].sum().astype("float64").sort_values(ascending=False)
    return Sinking(grid, others, known, missing)


def met(grid: pd.DataFrame) -> pd.DataFrame:
    """Return by way (1–8): ``met`` and ``some`` (centres in that state), ``known`` (those judged) and ``centres`` (all of them)."""
    counted = pd.crosstab(grid["way"], grid["state"]).reindex(columns=["met", "some", "unknown"], fill_value=0)
    centres = grid.groupby("way").size()
    return pd.DataFrame({"met": counted["met"], "some": counted["some"], "known": centres - counted["unknown"], "centres": centres})
