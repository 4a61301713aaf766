"""What stands beside the flow map: pairs with their shares, balances, the way of patients, and what leaves the county."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.referrals import at_level, balance, differences, shares, top_share
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.overview import Headline, headlines
from dashboard.services.referrals import EVERYTHING, Places, Question, View, disease_groups, flows, group_flows, places
from dashboard.services.referrals_map import Selection, arc_ends, selected

REFERRAL_HEADLINES = ("B08", "B09", "B05", "B10")
CLAIM_HEADLINES = ("B01", "B02", "B03", "F01")
TOP_DISEASES = 10
TOWNS_SHOWN = 12
NO_COMMUNITY = "none"
_ENDS = ["origin", "destination"]


def flow_headlines(database: ReportingDatabase, question: Question, selection: Selection) -> tuple[Headline, ...]:
    """Return the headline numbers of both sources: of the county, of the filtered community, or of the community in focus."""
    scheme = None if question.scheme == EVERYTHING else question.scheme
    community = question.community or focus_community(places(database), selection.focus)
    return headlines(database, question.period, community, scheme, REFERRAL_HEADLINES + CLAIM_HEADLINES)


def focus_community(where: Places, focus: str) -> str | None:
    """Return the community that a focused place belongs to; None for a flow, a place beyond the county, or no focus."""
    if not focus or arc_ends(focus) or focus not in where.table.index:
        return None
    return str(where.table["community"][focus]) or None


@cached(max_entries=128)
def pairs(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return every flow between two places of the level, largest first.

    Columns: origin, destination (places), direction, cases, share_of_origin, share_of_destination (of the pair, all its
    directions together), before and growth (against the same months of last year), cost (yuan, NaN where unknown). Shares are of
    what is selected.
    """
    spans = (question, question.of(question.period.last_year()))
    spans = (question, question.of(question.period.last_year()))
    now, then = (_at_level(selected(flows(database, each), each.view, selection), selection.level) for each in spans)
    changed = differences(now, then, ["direction"]).merge(now.drop(columns="cases"), on=[*_ENDS, "direction"], how="left")
    current = changed[changed["cases"] > 0]
    answer = current.merge(shares(current).drop(columns="cases"), on=_ENDS, how="left")
    return answer.sort_values(["cases", *_ENDS], ascending=[False, True, True], kind="stable", ignore_index=True)


def _at_level(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    return at_level(rows[[*(f"{end}_{level}" for end in _ENDS), "direction", "cases", "cost"]], level, ["direction"])


@cached(max_entries=128)
def balances(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return what each institution (referrals) or community (claims) sends, receives and nets, busiest first; index: place."""
    level = "institution" if question.view is View.REFERRALS else "community"
    rows = selected(flows(database, question), question.view, selection)
    inside = rows.rename(columns={f"{end}_{level}": end for end in _ENDS})[[*_ENDS, "cases"]]
    answer = balance(inside)
    table = places(database).table
    home = answer[table["in_county"].reindex(answer.index).eq(True)]
    order = (home["sent"] + home["received"]).sort_values(ascending=False, kind="stable").index
    return home.reindex(order)


# The way of patients ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Way:
    """Nodes and links of the way of patients.

    ``links``: source, target (positions in ``nodes``), cases, position (community colour, −1 none).

    ``nodes``: key, column (0 towns, 1 communities, 2 where they are treated or sent, 3 beyond the county), place (or ""), count (how many
    towns a grouped node stands for, 0 otherwise), position (community colour).
    """

    nodes: pd.DataFrame
    links: pd.DataFrame


@cached(max_entries=128)
def way(database: ReportingDatabase, question: Question, selection: Selection) -> Way:
    """Return town → community → hospital → outside for referrals up and out, or where the insured of the towns were treated."""
    where = places(database)
    rows = selected(flows(database, question), question.view, Selection(selection.level, (), selection.focus))
    steps = _referral_steps(rows, where) if question.view is View.REFERRALS else _claim_steps(rows, where)
    links = pd.concat(steps, ignore_index=True)
    links = links[links["cases"] > 0]
    return _way(links.groupby(["source", "target"], sort=False)["cases"].sum().reset_index(), where)


def _link(source: pd.Series, target: pd.Series, cases: pd.Series) -> pd.DataFrame:
    return pd.DataFrame({"source": source.to_numpy(), "target": target.to_numpy(), "cases": cases.to_numpy()})


def _towns(rows: pd.DataFrame) -> pd.Series:
    """Return the node of each row's town: the town itself, or all towns of its community together where there are many."""
    if rows["origin_town"].nunique() <= TOWNS_SHOWN:
        return "0|" + rows["origin_town"].astype(str)
    return "0|" + _community(rows)


def _community(rows: pd.DataFrame) -> pd.Series:
    """Return the community of each row's origin; those that belong to none are one node."""
    return rows["origin_community"].astype(str).where(rows["origin_belongs"] != "", NO_COMMUNITY)


def _referral_steps(rows: pd.DataFrame, where: Places) -> list[pd.DataFrame]:
    up, out = rows[rows["direction"] == "up"], rows[rows["direction"] == "out"]
    community = "1|" + _community(up)
    return [
        _link(_towns(up), community, up["cases"]),
        _link(community, "2|" + up["destination_institution"].astype(str), up["cases"]),
        _link("2|" + out["origin_institution"].astype(str), "3|" + out["destination_drawn"].astype(str), out["cases"]),
    ]


def _claim_steps(rows: pd.DataFrame, where: Places) -> list[pd.DataFrame]:
    community = "1|" + _community(rows)
    roles = where.table["role"].reindex(rows["destination_institution"]).fillna("").to_numpy()
    inside = rows["destination_in_county"].astype(bool).to_numpy()
    own = (rows["direction"] == "own").to_numpy()
    target = np.where(
        ~inside,
        "3|" + rows["destination_drawn"].astype(str),
        np.where(
            roles == "lead",
            "2|" + rows["destination_institution"].astype(str),
            np.where(own & rows["destination_primary"].astype(bool).to_numpy(), "2|primary", "2|other"),
        ),
    )
    return [_link(_towns(rows), community, rows["cases"]), _link(community, pd.Series(target), rows["cases"])]


def _way(links: pd.DataFrame, where: Places) -> Way:
    keys = list(dict.fromkeys([*links["source"], *links["target"]]))
    place = [key.partition("|")[2] for key in keys]
    column = [int(key.partition("|")[0]) for key in keys]
    counts = where.table[where.table["kind"] == "town"].groupby("community").size()
    nodes = pd.DataFrame(
        {"key": pd.Series(keys, dtype="str"), "column": pd.Series(column, dtype="int64"), "place": pd.Series(place, dtype="str")}
    )
    grouped = (nodes["column"] == 0) & (nodes["place"].str.startswith("community:") | (nodes["place"] == NO_COMMUNITY))
    community = nodes["place"].str.removeprefix("community:").replace(NO_COMMUNITY, "")
    nodes["count"] = np.where(grouped, community.map(counts).fillna(0), 0).astype(int)
    nodes["position"] = nodes["place"].map(where.table["position"]).fillna(-1).astype(int)
    order = nodes.sort_values(["column", "position", "key"], kind="stable").reset_index(drop=True)
    number = {key: index for index, key in enumerate(order["key"])}
    colour = links["source"].map(dict(zip(nodes["key"], nodes["position"], strict=True)))
    numbered = links.assign(source=links["source"].map(number), target=links["target"].map(number), position=colour)
    return Way(order, numbered.sort_values(["source", "target"], kind="stable", ignore_index=True))


# What leaves the county ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Outside:
    """What leaves the county, by disease group, the costliest first (most cases first where no cost is known).

    ``groups``: index disease_group_code; name, capable (the county can treat it), cases, cost, fund (NaN for referrals),
    county_cost (what the cases would cost at the county's mean of the group; NaN for referrals or without cases inside), returnable
    (cost if capable, else 0). ``by_community``: cost (or cases) by group and community code, ``cases_by_community`` the cases.
    ``top_share`` of all that leaves; ``by_cost`` tells which of the two orders and shares it is.
    """

    groups: pd.DataFrame
    by_community: pd.DataFrame
    cases_by_community: pd.DataFrame
    top_share: float
    by_cost: bool


@cached(max_entries=128)
def outside(database: ReportingDatabase, question: Question, selection: Selection, by_cost: bool = True) -> Outside:
    """Return what leaves the county within ``selection`` (its directions are not applied)."""
    rows = selected(group_flows(database, question), question.view, Selection(selection.level, (), selection.focus))
    away = rows[rows["direction"] == "out"]
    known = disease_groups(database)
    has_cost = by_cost and bool(away["cost"].notna().any())
    sums = away.groupby("disease_group_code", observed=True)[[name for name in ("cases", "cost", "fund_paid") if name in away]].sum(
        min_count=1
    )
    groups = pd.DataFrame(
        {
            "name": known["name"].reindex(sums.index).fillna(sums.index.to_series()),
            "capable": known["county_capable"].reindex(sums.index).eq(True),
            "cases": sums["cases"],
            "cost": sums["cost"],
            "fund": sums.get("fund_paid", np.nan),
        }
    )
    groups["county_cost"] = groups["cases"] * _county_mean(database, question, sums.index)
    groups["returnable"] = groups["cost"].where(groups["capable"], 0.0)
    order = "cost" if has_cost else "cases"
    groups = groups[groups["cases"] > 0].sort_values([order, "cases"], ascending=False, kind="stable")
    spread, counted = (
        away.pivot_table(index="disease_group_code", columns="origin_belongs", values=each, aggfunc="sum", fill_value=0.0).reindex(
            groups.index
        )
        for each in (order, "cases")
    )
    return Outside(groups, spread, counted, top_share(groups[order], TOP_DISEASES), has_cost)


def _county_mean(database: ReportingDatabase, question: Question, groups: pd.Index) -> pd.Series:
    """Return the mean cost of a case of each group in the whole county's institutions; NaN for referrals, whose cost is not the case's."""
    if question.view is View.REFERRALS:
        return pd.Series(np.nan, index=groups)
    county = Question(question.view, question.period, None, question.scheme, question.group, question.care)
    rows = group_flows(database, county)
    sums = rows[rows["destination_in_county"].astype(bool)].groupby("disease_group_code", observed=True)[["cases", "cost"]].sum()
    return (sums["cost"] / sums["cases"].where(sums["cases"] > 0)).reindex(groups)
