"""How well patients are kept and passed on: retention and loyalty with chance told apart, attraction, reasons, rehabilitation."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.analysis.control_charts import funnel_limits, overdispersion_factor, wilson_interval
from dashboard.analysis.referrals import retention
from dashboard.analysis.small_counts import Guard, People
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.referrals.flows import Question, View, disease_groups, flows, group_flows, places
from dashboard.services.referrals.map import Selection, selected
from dashboard.store.query import run_query

FUNNEL_SIGMA = 3.0
KEPT = Guard(
    (People("cases"), People("kept", part_of="cases")),
    dict.fromkeys(("share", "lower", "upper", "low", "high"), ("cases", "kept")),
)
LOYALTY = Guard(
    (
        People("insured_cases"),
        People("own_cases", part_of="insured_cases"),
        People("treated_cases", total_of=("own_cases", "foreign_cases")),
        People("foreign_cases"),
    ),
    {"loyalty": ("insured_cases", "own_cases"), "attraction": ("treated_cases", "foreign_cases")},
)
TWO_WAY = Guard((People("up"), People("down")), {"ratio": ("up", "down")})
REHABILITATION = Guard((People("down"), People("sent", part_of="down"), People("discharges")), {"share": ("sent", "discharges")})
CURVE_POINTS = 40


@dataclass(frozen=True, eq=False)
class Kept:
    """Units with a share, and what chance allows.

    ``units``: index place; cases, kept, share, lower and upper (Wilson 95 %), low and high (funnel limits at its size, 3 σ), outlier
    ("", "low" or "high"), position (community colour). ``curve``: cases, low, high for drawing. ``mean`` is the share of all units
    together, ``overdispersion`` the variance factor (1 = chance alone) that widens the limits.
    """

    units: pd.DataFrame
    curve: pd.DataFrame
    mean: float
    overdispersion: float

    def shown(self) -> "Kept":
        """Return the units whose counts may be shown on screen; beside a hidden count neither its share nor its size is drawn."""
        told = KEPT.hide(self.units).frame
        units = told[told["share"].notna()]
        return replace(self, units=units, curve=_curve(units["cases"], self.mean, self.overdispersion))


def _kept(units: pd.DataFrame, positions: pd.Series) -> Kept | None:
    """Return ``units`` (cases, kept) with their intervals; None when there is not one case."""
    known = units[units["cases"] > 0]
    if known.empty:
        return None
    mean = float(known["kept"].sum() / known["cases"].sum())
    factor = overdispersion_factor(known["kept"], known["cases"], mean) if 0 < mean < 1 else 1.0
    interval = wilson_interval(known["kept"], known["cases"])
    limits = funnel_limits(known["cases"], mean, FUNNEL_SIGMA, "normal", factor)
    share = known["kept"] / known["cases"]
    table = pd.DataFrame(
        {
            "cases": known["cases"],
            "kept": known["kept"],
            "share": share,
            "lower": interval["lower"],
            "upper": interval["upper"],
            "low": limits["lower"],
            "high": limits["upper"],
            "outlier": np.where(share < limits["lower"], "low", np.where(share > limits["upper"], "high", "")),
            "position": positions.reindex(known.index).fillna(-1).astype(int),
        }
    )
    return Kept(table.sort_values("share", kind="stable"), _curve(known["cases"], mean, factor), mean, factor)


def _curve(cases: pd.Series, mean: float, factor: float) -> pd.DataFrame:
    """Return the limits over the sizes of units with ``cases``; none without units."""
    if cases.empty:
        return pd.DataFrame(columns=["cases", "lower", "upper"], dtype="float64")
    sizes = pd.Series(np.geomspace(max(cases.min() * 0.8, 1.0), cases.max() * 1.15, CURVE_POINTS))
    return funnel_limits(sizes, mean, FUNNEL_SIGMA, "normal", factor).assign(cases=sizes)


@cached(max_entries=128)
def kept_in_county(database: ReportingDatabase, question: Question, selection: Selection) -> Kept | None:
    """Return the share of each town's cases treated in the county (claims), or of each sender's referrals that arrived (referrals).

    None without cases, or for referrals whose arrival nobody reports.
    """
    rows = selected(flows(database, question), question.view, Selection(selection.level, (), selection.focus))
    positions = places(database).table["position"]
    if question.view is View.CLAIMS:
        ends = rows.rename(columns={"origin_town": "origin", "destination_town": "destination"})[["origin", "destination", "cases"]]
        return _kept(retention(ends, rows["destination_in_county"].astype(bool))[["cases", "kept"]], positions)
    reported = rows.dropna(subset=["closed_cases"])
    sums = reported.groupby("origin_institution")[["cases", "closed_cases"]].sum().rename(columns={"closed_cases": "kept"})
    return _kept(sums.assign(kept=sums[["kept", "cases"]].min(axis=1)), positions)


@cached(max_entries=128)
def communities(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return loyalty and attraction by community, in display order; index community code.

    Columns: name, position, insured_cases (of its people, inside the county), own_cases (of these at its own institutions), loyalty;
    treated_cases (at its institutions, people of the county), foreign_cases (of these of other communities), attraction. For claims only:
    an empty frame for referrals.
    """
    who = directory(database).ordered
    if question.view is View.REFERRALS:
        return pd.DataFrame()
    everybody = Question(question.view, question.period, None, question.scheme, question.group, question.care)
    rows = flows(database, everybody)
    inside = rows[rows["destination_in_county"].astype(bool)]
    own = inside["origin_belongs"] == inside["destination_belongs"]
    by_people, by_house = inside.groupby("origin_belongs")["cases"].sum(), inside.groupby("destination_belongs")["cases"].sum()
    stays = inside[own].groupby("origin_belongs")["cases"].sum()
    codes = [each.code for each in who]
    table = pd.DataFrame({"name": [each.short_name for each in who], "position": [each.position for each in who]}, index=codes)
    table["insured_cases"], table["own_cases"] = by_people.reindex(codes).fillna(0.0), stays.reindex(codes).fillna(0.0)
    table["treated_cases"] = by_house.reindex(codes).fillna(0.0)
    table["foreign_cases"] = table["treated_cases"] - table["own_cases"]
    table["loyalty"] = table["own_cases"] / table["insured_cases"].where(table["insured_cases"] > 0)
    table["attraction"] = table["foreign_cases"] / table["treated_cases"].where(table["treated_cases"] > 0)
    return table


@cached(max_entries=128)
def two_way(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return up- and down-referrals by community, in display order; index place: name, position, up, down, ratio (NaN without any up).

    Every referral counts for the community that sends it, as in the catalogue's B08 and on every other page. Empty without either.
    """
    rows = selected(flows(database, question), question.view, Selection(selection.level, (), selection.focus))
    both = rows[rows["direction"].isin(["up", "down"])]
    table = both.assign(community=both["origin_community"]).pivot_table(
        index="community", columns="direction", values="cases", aggfunc="sum", fill_value=0.0
    )
    table = table.reindex(columns=["up", "down"], fill_value=0.0)
    table = table[table.index.astype(str).str.startswith("community:")]
    where = places(database).table
    named = table.assign(
        name=where["name"].reindex(table.index),
        position=where["position"].reindex(table.index),
        ratio=table["down"] / table["up"].where(table["up"] > 0),
    )
    return named.sort_values("position", kind="stable")


def from_outside(database: ReportingDatabase, question: Question) -> float:
    """Return the referrals that institutions outside the county sent in; 0 without any (claims never know people from elsewhere)."""
    rows = flows(database, question)
    return float(rows.loc[~rows["origin_in_county"].astype(bool), "cases"].sum())


@cached(max_entries=128)
def reasons(database: ReportingDatabase, question: Question, selection: Selection, attribute: str) -> pd.DataFrame:
    """Return cases by ``mdc`` or ``kind`` of disease group (rows, most cases first) and direction (columns); an unknown one is empty.

    Outpatient groups are left out: they have no diagnostic category of their own and outnumber everything else.
    """
    rows = selected(group_flows(database, question), question.view, selection)
    known = disease_groups(database)
    rows = rows[~rows["disease_group_code"].isin(known.index[known["kind"] == "outpatient"])]
    named = rows.assign(reason=rows["disease_group_code"].map(known[attribute]).fillna(""))
    table = named.pivot_table(index="reason", columns="direction", values="cases", aggfunc="sum", fill_value=0.0)
    return table.loc[table.sum(axis=1).sort_values(ascending=False, kind="stable").index]


def reason_guard(columns: Sequence[str]) -> Guard:
    """Return what a frame of ``reasons`` must hide: every direction of ``columns`` counts people."""
    return Guard(tuple(People(name) for name in columns))


@cached(max_entries=64)
def rehabilitation(database: ReportingDatabase, question: Question) -> pd.DataFrame:
    """Return rehabilitation and nursing patients that each lead hospital sent down, against its discharges.

    Index: place; name, position, down (cases), sent (rehabilitation and nursing cases; NaN where not reported), discharges (NaN where not
    reported), share. Empty without referrals. Grade of the formula: OWN.
    """
    everything = Question(View.REFERRALS, question.period, question.community)
    rows = flows(database, everything)
    table = places(database).table
    leads = table.index[table["role"] == "lead"]
    down = rows[(rows["direction"] == "down") & rows["origin_institution"].isin(leads)]
    if down.empty:
        return pd.DataFrame()
    sums = down.groupby("origin_institution")[["cases", "rehabilitation_cases"]].sum(min_count=1)
    left = run_query(database, "referrals/lead_discharges", first_month=question.period.first, last_month=question.period.last)
    discharges = pd.Series(left["discharges"].to_numpy(dtype=float), index="site:" + left["institution_code"].astype(str))
    known = discharges.reindex(sums.index)
    answer = pd.DataFrame(
        {
            "name": table["name"].reindex(sums.index),
            "position": table["position"].reindex(sums.index),
            "down": sums["cases"],
            "sent": sums["rehabilitation_cases"],
            "discharges": known,
            "share": sums["rehabilitation_cases"] / known.where(known > 0),
        }
    )
    return answer.sort_values("position", kind="stable")
