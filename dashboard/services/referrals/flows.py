"""Who sends whom where: the flows of one question, brought to places. Two sources that are never mixed.

``View.REFERRALS`` reads ``fact_referral`` (institution to institution), ``View.CLAIMS`` reads ``fact_claim`` (insured town to
institution, pharmacies left out). Places are named by kind and code: ``site:H1``, ``town:T05``, ``community:M1``,
``outside:0`` (a direction of the compass with the hospitals beyond the county there), ``outside:none`` (hospitals outside without
coordinates), ``county:``.
"""

import datetime
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.flow_geometry import bearing_degrees, distance_km, edge_point, sectors
from dashboard.analysis.naming import distinct
from dashboard.analysis.periods import Period
from dashboard.language import marked
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import Directory, directory
from dashboard.services.referrals.frames import Frame, county_frame
from dashboard.store.query import run_query

NO_COORDINATES = "outside:none"
COUNTY = "county:"


class View(StrEnum):
    """Which source a page reads."""

    REFERRALS = "referrals"
    CLAIMS = "claims"


DIRECTIONS = {
    View.REFERRALS: {"up": marked("上转"), "down": marked("下转"), "lateral": marked("同级"), "out": marked("县域外")},
    View.CLAIMS: {"own": marked("本医共体"), "other": marked("县域内其他"), "out": marked("县域外")},
}


@dataclass(frozen=True)
class Question:
    """What is asked: source, period, community (either end of a referral, the insured of a claim), scheme, disease group, kind of care.

    ``scheme`` and ``care`` only mean something for claims. None leaves a filter open.
    """

    view: View
    period: Period
    community: str | None = None
    scheme: str | None = None
    group: str | None = None
    care: str | None = None

    def of(self, period: Period) -> "Question":
        """Return the same question for another period."""
        return Question(self.view, period, self.community, self.scheme, self.group, self.care)


@dataclass(frozen=True)
class Span:
    """The first and the last month that a source covers."""

    first: datetime.date
    last: datetime.date


@cached(max_entries=4)
def sources(database: ReportingDatabase) -> dict[View, Span]:
    """Return the months that each source covers; a source without any row is left out."""
    rows = run_query(database, "referrals/reported")
    return {
        View(source): Span(first.date(), last.date())
        for source, first, last in rows[["source", "first_month", "last_month"]].itertuples(index=False)
    }


@cached(max_entries=4)
def disease_groups(database: ReportingDatabase) -> pd.DataFrame:
    """Return the disease groups, indexed by code: name, mdc, kind, primary_capable, county_capable."""
    rows = run_query(database, "referrals/disease_groups").astype({"primary_capable": bool, "county_capable": bool})
    groups = rows.set_index("disease_group_code")
    return groups.assign(name=distinct(groups["name"]))


# Places ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Places:
    """Every place that a flow may begin or end at, and how institutions and towns belong to them. Read, never edit.

    ``table`` is indexed by place: name, kind (site, town, community, outside, county), longitude, latitude (NaN when unknown), position
    (the community's colour, −1 for none), community (code or ""), in_county, members (how many hospitals an outside place
    stands for), nearest and farthest (kilometres from the middle of the county; NaN inside). ``ends`` is indexed by
    institution code: the place it belongs to at each level; ``towns`` the same by town code. ``frame`` is the map's outline.
    """

    table: pd.DataFrame
    ends: pd.DataFrame
    towns: pd.DataFrame
    frame: Frame | None

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The rows of ``table`` by place, for pages that look up many names."""
        return {str(place): dict(zip(self.table.columns, row, strict=True)) for place, *row in self.table.itertuples(name=None)}

    def name(self, place: str) -> str:
        """Return what ``place`` is called, or the code when it is unknown."""
        return str(self.table["name"].get(place, place.partition(":")[2]))


def _rows(codes: list[str], **columns: object) -> pd.DataFrame:
    defaults: dict[str, object] = {
        "community": "",
        "in_county": True,
        "members": 1,
        "nearest": np.nan,
        "farthest": np.nan,
        "role": "",
        "site_kind": "",
    }
    return pd.DataFrame({**defaults, **columns}, index=pd.Index(codes, name="place"))


def _sites(who: Directory, positions: pd.Series) -> pd.DataFrame:
    rows = who.institutions
    community = rows["community_code"].fillna("").astype(str)
    return _rows(
        [f"site:{code}" for code in rows.index],
        name=rows["short_name"].astype(str).to_numpy(),
        kind="site",
        longitude=rows["longitude"].astype(float).to_numpy(),
        latitude=rows["latitude"].astype(float).to_numpy(),
        position=community.map(positions).fillna(-1).astype(int).to_numpy(),
        community=community.to_numpy(),
        in_county=rows["in_county"].to_numpy(),
        role=rows["role"].astype(str).to_numpy(),
        site_kind=rows["kind"].astype(str).to_numpy(),
    )


def _towns(who: Directory, positions: pd.Series, frame: Frame | None) -> pd.DataFrame:
    rows = who.towns
    community = rows["community_code"].fillna("").astype(str)
    anchors = frame.anchors if frame else {}
    longitude = [value if pd.notna(value) else anchors.get(str(code), (np.nan, np.nan))[0] for code, value in rows["longitude"].items()]
    latitude = [value if pd.notna(value) else anchors.get(str(code), (np.nan, np.nan))[1] for code, value in rows["latitude"].items()]
    return _rows(
        [f"town:{code}" for code in rows.index],
        name=rows["name"].astype(str).to_numpy(),
        kind="town",
        longitude=np.array(longitude, dtype=float),
        latitude=np.array(latitude, dtype=float),
        position=community.map(positions).fillna(-1).astype(int).to_numpy(),
        community=community.to_numpy(),
    )


def _communities(who: Directory, sites: pd.DataFrame, towns: pd.DataFrame) -> pd.DataFrame:
    """Return the communities; each stands at its lead hospital, without one in the middle of its towns."""
    points = []
    for each in who.ordered:
        leads = sites[(sites["community"] == each.code) & (sites["role"] == "lead") & sites["longitude"].notna()]
        around = leads if len(leads) else towns[towns["community"] == each.code]
        points.append((around["longitude"].mean(), around["latitude"].mean()))
    return _rows(
        [f"community:{each.code}" for each in who.ordered],
        name=[each.short_name for each in who.ordered],
        kind="community",
        longitude=[point[0] for point in points],
        latitude=[point[1] for point in points],
        position=[each.position for each in who.ordered],
        community=[each.code for each in who.ordered],
    )


def _outside(sites: pd.DataFrame, frame: Frame | None) -> tuple[pd.DataFrame, pd.Series]:
    """Return the places beyond the county, one per direction of the compass, and the place of each outside hospital."""
    beyond = sites[~sites["in_county"]]
    placed = beyond.dropna(subset=["longitude", "latitude"]) if frame else beyond.iloc[:0]
    belongs = pd.Series(NO_COORDINATES, index=beyond.index)
    rows = []
    if frame and len(placed):
        middle = frame.middle
        bearings = bearing_degrees(placed["longitude"].to_numpy(), placed["latitude"].to_numpy(), *middle)
        distance = distance_km(placed["longitude"].to_numpy(), placed["latitude"].to_numpy(), *middle)
        belongs.loc[placed.index] = pd.Series([f"outside:{group}" for group in sectors(bearings.tolist())], index=placed.index)
        for place in sorted(set(belongs[placed.index])):
            chosen = (belongs[placed.index] == place).to_numpy()
            longitude, latitude = edge_point(_mean_bearing(bearings[chosen]), frame.bounds)
            first = str(placed["name"][chosen].iloc[0])
            rows.append(
                _rows(
                    [place], name=[first], kind="outside", longitude=[longitude], latitude=[latitude], position=[-1], in_county=False,
                    members=int(chosen.sum()), nearest=float(distance[chosen].min()), farthest=float(distance[chosen].max()),
                )
            )  # fmt: skip
    lost = int((belongs == NO_COORDINATES).sum())
    if lost:
        name = str(beyond["name"][belongs == NO_COORDINATES].iloc[0])
        rows.append(
            _rows(
                [NO_COORDINATES],
                name=[name],
                kind="outside",
                longitude=np.nan,
                latitude=np.nan,
                position=[-1],
                in_county=False,
                members=lost,
            )
        )
    return (pd.concat(rows) if rows else sites.iloc[:0]), belongs


def _mean_bearing(bearings: np.ndarray) -> float:
    angles = np.radians(bearings)
    return float(np.degrees(np.arctan2(np.sin(angles).mean(), np.cos(angles).mean())) % 360)


def _belonging(who: Directory, belongs: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the place of every institution, and of every town, at each level."""
    rows = who.institutions
    site = pd.Series([f"site:{code}" for code in rows.index], index=rows.index)
    outside = site.map(belongs).astype("object")

    def place(column: str, prefix: str) -> pd.Series:
        inside = (prefix + rows[column].astype("string")).fillna(site)
        return outside.where(outside.notna(), inside).astype(str)

    ends = pd.DataFrame(
        {
            "institution": site,
            "town": place("town_code", "town:"),
            "community": place("community_code", "community:"),
            "county": outside.fillna(COUNTY),
            "drawn": outside.fillna(site),
            "belongs": rows["community_code"].fillna("").astype(str),
            "in_county": rows["in_county"],
            "primary": rows["tier"].eq("primary") | rows["kind"].eq("station"),
        }
    )
    own = pd.Series([f"town:{code}" for code in who.towns.index], index=who.towns.index)
    towns = pd.DataFrame(
        {
            "institution": own,
            "town": own,
            "community": ("community:" + who.towns["community_code"].astype("string")).fillna(own).astype(str),
            "county": COUNTY,
            "drawn": own,
            "belongs": who.towns["community_code"].fillna("").astype(str),
            "in_county": True,
            "primary": False,
        }
    )
    return ends, towns


@cached(max_entries=4)
def places(database: ReportingDatabase) -> Places:
    """Return every place of the flows. Raises ``BoundaryError`` when the county's boundary file cannot be used."""
    who = directory(database)
    frame = county_frame(town_boundaries(database), who.institutions)
    positions = who.communities["position"]
    sites, towns = _sites(who, positions), _towns(who, positions, frame)
    outside, belongs = _outside(sites, frame)
    county = _rows([COUNTY], name=[who.county_name], kind="county", longitude=np.nan, latitude=np.nan, position=[-1])
    if frame:
        county = county.assign(longitude=frame.middle[0], latitude=frame.middle[1])
    table = pd.concat([part for part in (sites, towns, _communities(who, sites, towns), outside, county) if len(part)])
    ends, town_ends = _belonging(who, belongs)
    return Places(table, ends, town_ends, frame)


# Flows -----------------------------------------------------------------------------------------------------------------


def _with_ends(rows: pd.DataFrame, view: View, where: Places) -> pd.DataFrame:
    """Return ``rows`` with both ends at every level, and the direction of claims."""
    origins = where.ends if view is View.REFERRALS else where.towns
    first, second = origins.reindex(rows["from_code"]), where.ends.reindex(rows["to_code"])
    answer = rows.drop(columns=["from_code", "to_code"])
    for level in ("institution", "town", "community", "county", "drawn"):
        answer[f"origin_{level}"] = first[level].to_numpy()
        answer[f"destination_{level}"] = second[level].to_numpy()
    answer["origin_belongs"], answer["destination_belongs"] = first["belongs"].to_numpy(), second["belongs"].to_numpy()
    answer["origin_in_county"], answer["destination_in_county"] = first["in_county"].to_numpy(), second["in_county"].to_numpy()
    answer["destination_primary"] = second["primary"].to_numpy()
    if view is View.CLAIMS:
        own = (answer["origin_belongs"] == answer["destination_belongs"]) & (answer["origin_belongs"] != "")
        answer["direction"] = np.where(~answer["destination_in_county"].astype(bool), "out", np.where(own, "own", "other"))
    return answer


def _of_community(flows: pd.DataFrame, question: Question) -> pd.DataFrame:
    if question.community is None:
        return flows
    chosen = flows["origin_belongs"] == question.community
    if question.view is View.REFERRALS:
        chosen |= flows["destination_belongs"] == question.community
    return flows[chosen].reset_index(drop=True)


def _parameters(question: Question) -> tuple[str, dict[str, object]]:
    """Return which kind of query answers, and its filters."""
    if question.view is View.REFERRALS:
        return "", {"disease_group": question.group}
    filters: dict[str, object] = {"scheme": question.scheme, "service_kind": question.care}
    if question.group is None:
        return "", filters
    return "_of_group", filters | {"disease_group": question.group}


def _prefix(view: View) -> str:
    return "referral" if view is View.REFERRALS else "claim"


@cached(max_entries=128)
def flows(database: ReportingDatabase, question: Question) -> pd.DataFrame:
    """Return the flows of ``question``: one row per pair and direction.

    Columns: ``origin_<level>`` and ``destination_<level>`` (also ``_drawn``: hospitals outside stand for their direction),
    ``_belongs`` (community code or ""), ``_in_county``; ``direction`` (``DIRECTIONS``); cases, cost (NaN where unknown) and for
    referrals closed_cases, platform_cases, rehabilitation_cases, for claims fund_paid. Money in yuan.
    """
    variant, filters = _parameters(question)
    span = {"first_month": question.period.first, "last_month": question.period.last}
    rows = run_query(database, f"referrals/{_prefix(question.view)}_flows{variant}", **span, **filters)
    return _of_community(_numbers(_with_ends(rows, question.view, places(database))), question)


@cached(max_entries=16)
def monthly_flows(database: ReportingDatabase, question: Question, months: int) -> pd.DataFrame:
    """Return ``flows`` month by month for the ``months`` months that end with the question's last: columns as there and ``month``."""
    variant, filters = _parameters(question)
    last = question.period.last
    first = (pd.Timestamp(last) - pd.DateOffset(months=months - 1)).date()
    rows = run_query(database, f"referrals/{_prefix(question.view)}_months{variant}", first_month=first, last_month=last, **filters)
    return _of_community(_numbers(_with_ends(rows, question.view, places(database))), question)


@cached(max_entries=32)
def group_flows(database: ReportingDatabase, question: Question) -> pd.DataFrame:
    """Return ``flows`` by disease group (``disease_group_code``); the question's own group filter is applied."""
    filters = {} if question.view is View.REFERRALS else {"scheme": question.scheme, "service_kind": question.care}
    span = {"first_month": question.period.first, "last_month": question.period.last}
    rows = run_query(database, f"referrals/{_prefix(question.view)}_groups", **span, **filters)
    if question.group is not None:
        rows = rows[rows["disease_group_code"] == question.group].reset_index(drop=True)
    return _of_community(_numbers(_with_ends(rows, question.view, places(database))), question)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    """Return ``frame`` with its measures as floats: a column that a county never fills comes back as objects."""
    measures = [
        name for name in frame.columns if name in ("cases", "cost", "fund_paid", "closed_cases", "platform_cases", "rehabilitation_cases")
    ]
    return frame.astype(dict.fromkeys(measures, "float64"))
