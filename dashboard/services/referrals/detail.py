"""What stands beside the flow map: pairs with their shares, balances, the way of patients, and what leaves the county."""

import math
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.analysis.referrals import balance, flow_matrix, shares, top_share
from dashboard.analysis.small_counts import Guard, Masked, People, open_order, stand_in
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN, TOTAL
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.overview.answer import Headline, headlines
from dashboard.services.referrals.flows import Places, Question, View, disease_groups, flows, group_flows, places
from dashboard.services.referrals.map import Selection, arc_ends, between, selected

REFERRAL_HEADLINES = ("B08", "B09", "B05", "B10")
CLAIM_HEADLINES = ("B01", "B02", "B03", "F01")
TOP_DISEASES = 10
TOWNS_SHOWN = 12
NO_COMMUNITY = "none"
OTHERS = "others"
LINKS = Guard((People("cases", within=(("source",), ("target",))),))
"""Links of the way of patients: what flows into and out of each node is shown too."""
_ENDS = ["origin", "destination"]


def flow_headlines(database: ReportingDatabase, question: Question, selection: Selection) -> tuple[Headline, ...]:
    """Return the headline numbers of both sources: of the county, of the filtered community, or of the community in focus."""
    community = question.community or focus_community(places(database), selection.focus)
    return headlines(database, question.period, community, question.scheme, REFERRAL_HEADLINES + CLAIM_HEADLINES)


def focus_community(where: Places, focus: str) -> str | None:
    """Return the community that a focused place belongs to; None for a flow, a place beyond the county, or no focus."""
    if not focus or arc_ends(focus) or focus not in where.table.index:
        return None
    return str(where.table["community"][focus]) or None


@cached(max_entries=128)
def pairs(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return every flow between two places of the level, largest first; its small counts are for ``PAIRS`` to hide.

    Columns: origin, destination (places), direction, cases, share_of_origin, share_of_destination (of the pair, all its
    directions together), before and growth (against the same months of last year), cost (yuan, NaN where unknown). Shares are of
    what is selected.
    """
    changed, _shown = _between(database, question, selection, selection.level)
    current = changed[changed["cases"] > 0]
    answer = current.merge(shares(current).drop(columns="cases"), on=_ENDS, how="left")
    return answer.sort_values(["cases", *_ENDS], ascending=[False, True, True], kind="stable", ignore_index=True)


@cached(max_entries=128)
def _between(
    database: ReportingDatabase, question: Question, selection: Selection, level: str, smallest: int = ON_SCREEN
) -> tuple[pd.DataFrame, Masked]:
    """Return the flows at ``level`` beside last year's, and what may be shown of them."""
    spans = (question, question.of(question.period.last_year()))
    now, then = (selected(flows(database, each), each.view, selection) for each in spans)
    return between(now, then, level, smallest)


def shown_totals(database: ReportingDatabase, question: Question, selection: Selection) -> dict[str, float]:
    """Return the cases of each direction, and ``total``, as the screen may show them; a direction without cases is missing."""
    _changed, shown = _between(database, question, selection, selection.level)
    found = shown.sums[("cases", ("direction",))]
    return {str(name): float(cases) for name, cases in found.items() if cases > 0} | {TOTAL: shown.totals["cases"]}


@dataclass(frozen=True)
class PairGuard:
    """Hides in a list of flows, or in any frame of sums of flows, what the flows themselves hide: list, matrix and map agree."""

    database: ReportingDatabase
    question: Question
    selection: Selection
    counts: tuple[People, ...] = (People("cases"),)

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return the list ``frame`` (columns of ``pairs``) as it may be shown."""
        changed, shown = _between(self.database, self.question, self.selection, self.selection.level, smallest)
        keys = [*_ENDS, "direction"]
        flags = shown.hidden.add_prefix("hidden_").assign(**{key: changed[key] for key in keys})
        flags["pair"] = flags.groupby(_ENDS)["hidden_cases"].transform("any")
        found = frame[keys].merge(flags, on=keys, how="left").set_axis(frame.index)
        hidden = found["hidden_cases"].astype(bool)
        told = frame.assign(
            cases=stand_in(frame["cases"], hidden, smallest),
            growth=frame["growth"].mask(hidden | found["hidden_before"].astype(bool)),
            cost=frame["cost"].mask(hidden),
            **{name: frame[name].mask(found["pair"].astype(bool)) for name in ("share_of_origin", "share_of_destination")},
        )
        return Masked(told, shown.totals, pd.DataFrame({"cases": hidden}), shown.sums)


@dataclass(frozen=True, eq=False)
class Matrix:
    """The origin–destination matrix: ``cases`` (rows origins, columns the destinations that receive most and ``others``), with totals.

    It is the guard of its own table too, whose columns are those of ``cases`` and ``total``, or ``share_<column>``.
    """

    guard: PairGuard
    cases: pd.DataFrame
    merged: tuple[str, ...]

    @property
    def counts(self) -> tuple[People, ...]:
        """Every column of cases, and the total."""
        return tuple(People(str(name)) for name in (*self.cases.columns, TOTAL))

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return ``frame`` (rows as ``cases``) with what the flows hide; a share goes with its cell and with its side's total."""
        asked = self.guard
        changed, shown = _between(asked.database, asked.question, asked.selection, asked.selection.level, smallest)
        column = changed["destination"].where(~changed["destination"].isin(self.merged), OTHERS)
        gone = shown.hidden["cases"].groupby([changed["origin"], column]).any().unstack(fill_value=False)
        cells = gone.reindex(index=self.cases.index, columns=self.cases.columns, fill_value=False).astype(bool)
        sums = {end: shown.sums[("cases", (end,))] for end in _ENDS}
        rows = sums["origin"].reindex(self.cases.index).ne(self.cases.sum(axis=1))
        columns = sums["destination"].reindex(self.cases.columns).ne(self.cases.sum()) & (self.cases.columns != OTHERS)
        told = frame.copy()
        for name in self.cases.columns:
            mask = cells[name].set_axis(frame.index)
            if name in told:
                told[name] = stand_in(told[name], mask, smallest)
            if f"share_{name}" in told:
                told[f"share_{name}"] = told[f"share_{name}"].mask(mask | rows.set_axis(frame.index) | bool(columns[name]))
        if TOTAL in told:
            told[TOTAL] = stand_in(told[TOTAL], rows.set_axis(frame.index), smallest)
        return Masked(told, shown.totals, cells.set_axis(frame.index).assign(**{TOTAL: rows.to_numpy()}), shown.sums)


def matrix(database: ReportingDatabase, question: Question, selection: Selection, destinations: int) -> Matrix:
    """Return the matrix with the ``destinations`` that receive most, the others together; most cases first, hidden sums last."""
    changed, shown = _between(database, question, selection, selection.level)
    _changed, exported = _between(database, question, selection, selection.level, ON_EXPORT)
    whole = flow_matrix(changed[changed["cases"] > 0][[*_ENDS, "cases"]], selection.level)
    sums = {"origin": whole.sum(axis=1), "destination": whole.sum()}
    hidden = {end: [each.sums[("cases", (end,))].reindex(sums[end].index).ne(sums[end]) for each in (shown, exported)] for end in _ENDS}
    order = open_order(sums["destination"], *hidden["destination"])
    cases = whole[order[:destinations]].copy()
    if len(order) > destinations:
        cases[OTHERS] = whole[order[destinations:]].sum(axis=1)
    cases = cases.loc[open_order(sums["origin"], *hidden["origin"])]
    return Matrix(PairGuard(database, question, selection), cases, tuple(order[destinations:]))


@cached(max_entries=128)
def balances(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return what each institution (referrals) or community (claims) sends, receives and nets, busiest first; index: place.

    Its small counts are for ``BalanceGuard`` to hide; places of which one is hidden stand last.
    """
    rows = selected(flows(database, question), question.view, selection)
    level = _balance_level(question)
    inside = rows.rename(columns={f"{end}_{level}": end for end in _ENDS})[[*_ENDS, "cases"]]
    answer = balance(inside)
    table = places(database).table
    home = answer[table["in_county"].reindex(answer.index).eq(True)]
    guard = BalanceGuard(database, question, selection)
    hidden = [guard.hide(home, smallest).hidden.any(axis=1) for smallest in (ON_SCREEN, ON_EXPORT)]
    return home.reindex(open_order(home["sent"] + home["received"], *hidden))


def _balance_level(question: Question) -> str:
    return "institution" if question.view is View.REFERRALS else "community"


@dataclass(frozen=True)
class BalanceGuard:
    """Hides in a frame of ``balances`` the sums that the flows hide, those beside a hidden flow to itself, and the net of either."""

    database: ReportingDatabase
    question: Question
    selection: Selection
    counts: tuple[People, ...] = (People("sent"), People("received"))

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return ``frame`` (sent, received, net; index or column ``place``) as it may be shown."""
        changed, shown = _between(self.database, self.question, self.selection, _balance_level(self.question), smallest)
        code = frame["place"] if "place" in frame else pd.Series(frame.index, index=frame.index)
        itself = changed["origin"] == changed["destination"]
        own = changed[itself & shown.hidden["cases"]]["origin"]
        told, hidden = frame.copy(), {}
        for name, end in (("sent", "origin"), ("received", "destination")):
            whole = changed.groupby(end)["cases"].sum()
            gone = shown.sums[("cases", (end,))].reindex(whole.index).ne(whole)
            told_less = code.map(gone).astype("boolean").fillna(False).astype(bool)
            mask = told_less | code.isin(own) | (frame[name] > 0) & (frame[name] < smallest)
            told[name], hidden[name] = stand_in(frame[name], mask, smallest), mask
        told["net"] = frame["net"].mask(hidden["sent"] | hidden["received"])
        return Masked(told, {}, pd.DataFrame(hidden), shown.sums)


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

    @cached_property
    def table(self) -> pd.DataFrame:
        """``groups`` in their order with each community's cases (``cases_<code>``) and share, 0–1, of cost or cases (``share_<code>``)."""
        total = self.by_community.sum(axis=1)
        shares = self.by_community.div(total.where(total > 0), axis=0)
        return pd.concat([self.groups, self.cases_by_community.add_prefix("cases_"), shares.add_prefix("share_")], axis=1)

    @cached_property
    def guard(self) -> Guard:
        """What ``table`` must hide: cases by group and community with both totals, and whatever stands beside them."""
        codes = [str(code) for code in self.cases_by_community.columns]
        parts = tuple(f"cases_{code}" for code in codes)
        follows: dict[str, tuple[str, ...]] = dict.fromkeys(("cost", "fund", "county_cost", "returnable"), ("cases",))
        shares = {f"share_{code}": ("cases", f"cases_{code}") for code in codes}
        whole = People("cases", total_of=parts, within=(("capable",),))
        return Guard((*(People(part) for part in parts), whole), follows | shares)

    @cached_property
    def _told(self) -> Masked:
        return self.guard.hide(self.table, ON_SCREEN)

    def shown(self, smallest: int = ON_SCREEN) -> Masked:
        """Return ``table`` as it may be shown; by cases, hidden groups stand last."""
        told = self._told if smallest == ON_SCREEN else self.guard.hide(self.table, smallest)
        if self.by_cost:
            return told
        return replace(told, frame=told.frame.sort_values(["cases", "name"], ascending=[False, True], kind="stable"))

    def capable(self) -> dict[str, float]:
        """Return cases, cost, county_cost and fund of what the county could treat itself; missing beside hidden cases."""
        told = self._told.sums[("cases", ("capable",))]
        own = self.groups[self.groups["capable"]]
        cases = float(told.get(True, 0.0))
        open_ = cases == float(own["cases"].sum())
        sums = {name: float(own[name].sum(min_count=1)) if open_ else math.nan for name in ("cost", "county_cost", "fund")}
        return {"cases": cases, **sums}


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
