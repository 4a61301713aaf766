"""What the flow map draws: arcs between places with what hovering tells, and what is left out and why."""

import datetime
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.referrals import Drawn, at_level, differences, largest, leading_groups, shares
from dashboard.analysis.small_counts import Guard, Masked, People
from dashboard.analysis.suppression import COVERED, ON_SCREEN
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.referrals.flows import Places, Question, View, disease_groups, flows, group_flows, monthly_flows, places

ARC_LIMIT = 10_000
DETAILED_ARCS = 1_500
"""Up to this many arcs carry their leading disease groups."""
PLAYER_MONTHS = 48
ARC = "arc:"
_JOINT = ">"
_KEEP = ["direction"]
_ENDS = ["origin", "destination"]
_KNOWN = (("origin",), ("destination",), ("direction",))
PAIRS = Guard(
    (People("cases", within=_KNOWN), People("before", within=_KNOWN)),
    {
        "share_of_origin": ("cases",),
        "share_of_destination": ("cases",),
        "change": ("cases", "before"),
        "growth": ("cases", "before"),
        "cost": ("cases",),
    },
)
"""The counts of flows between places: what each place sends and receives, and each direction, is shown somewhere on the page."""


@dataclass(frozen=True)
class Selection:
    """How the page looks at a question's flows.

    ``level`` is one of ``analysis.referrals.LEVELS``; ``directions`` which directions count (empty: all of them); ``focus`` a
    place or ``arc:<origin>><destination>`` that everything is filtered to, empty for none.
    """

    level: str = "institution"
    directions: tuple[str, ...] = ()
    focus: str = ""


@dataclass(frozen=True, eq=False)
class FlowMap:
    """What one map shows.

    ``arcs``: origin, destination (places), direction, cases, cost, share_of_origin, before, change, growth (against the months
    compared with; NaN beside a hidden count), top (names of the leading disease groups), and the coordinates of both ends; largest first;
    none whose cases must be hidden below ``smallest``. ``totals``: cases by direction of everything selected. Left out, each as (flows,
    cases): ``small`` hidden, ``beyond`` more than the map can show, ``unplaced`` with an end without coordinates (``lost`` names these
    places), ``within`` from a place to itself. Hidden figures are what ``analysis.suppression`` puts in their place.
    """

    arcs: pd.DataFrame
    totals: dict[str, float]
    smallest: int
    small: tuple[int, float]
    beyond: tuple[int, float]
    unplaced: tuple[int, float]
    within: tuple[int, float]
    lost: tuple[str, ...]
    active: frozenset[str]


def arc_focus(origin: str, destination: str) -> str:
    """Return the focus on the flow between two places."""
    return f"{ARC}{origin}{_JOINT}{destination}"


def arc_ends(focus: str) -> tuple[str, str] | None:
    """Return the two places of a focus on a flow, None when it is not one."""
    origin, joint, destination = focus.removeprefix(ARC).partition(_JOINT)
    return (origin, destination) if focus.startswith(ARC) and joint else None


def _at(rows: pd.DataFrame, side: str, place: str) -> pd.Series:
    """Return which rows begin (or end) at ``place``, whatever its level."""
    kind = place.partition(":")[0]
    column = {"site": "institution", "town": "town", "community": "community", "county": "county", "outside": "drawn"}.get(kind)
    if column is None:
        return pd.Series(False, index=rows.index)
    return rows[f"{side}_{column}"] == place


def focused(rows: pd.DataFrame, view: View, focus: str) -> pd.DataFrame:
    """Return the rows of the flows that touch ``focus``, with their columns and in their order.

    A place keeps what begins or ends there; a town or community of the claims view what its insured do, wherever.
    """
    if not focus:
        return rows
    pair = arc_ends(focus)
    if pair:
        return rows[_at(rows, "origin", pair[0]) & _at(rows, "destination", pair[1])]
    begins = _at(rows, "origin", focus)
    if view is View.CLAIMS and focus.startswith(("town:", "community:")):
        return rows[begins]
    return rows[begins | _at(rows, "destination", focus)]


def selected(rows: pd.DataFrame, view: View, selection: Selection) -> pd.DataFrame:
    """Return the rows of the flows that ``selection`` counts, with their columns and in their order."""
    chosen = focused(rows, view, selection.focus)
    return chosen[chosen["direction"].isin(selection.directions)] if selection.directions else chosen


def drawn_level(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    """Return ``rows`` with the ends drawn at ``level`` in origin_institution and destination_institution: outside by direction."""
    if level != "institution":
        return rows
    return rows.assign(origin_institution=rows["origin_drawn"], destination_institution=rows["destination_drawn"])


def _summed(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    ends = ["origin", "destination"]
    narrow = drawn_level(rows, level)[[*(f"{end}_{level}" for end in ends), *_KEEP, "cases", "cost"]]
    return at_level(narrow, level, _KEEP)


def _months(rows: pd.DataFrame, month: datetime.date) -> pd.DataFrame:
    return rows[rows["month"] == pd.Timestamp(month)]


def _compared(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the flows of either period with cases, before, change, growth and the cost of now."""
    changed = differences(now, then, _KEEP)
    return changed.merge(now.drop(columns="cases"), on=["origin", "destination", *_KEEP], how="left")


def _with_shares(arcs: pd.DataFrame) -> pd.DataFrame:
    """Return ``arcs`` with each pair's share of what its origin sends (both directions of a pair are rows of their own)."""
    share = shares(arcs)[["origin", "destination", "share_of_origin"]]
    return arcs.merge(share, on=["origin", "destination"], how="left")


def _leading(database: ReportingDatabase, question: Question, selection: Selection, arcs: pd.DataFrame) -> pd.Series:
    """Return the names of the three leading disease groups of each arc, in one text."""
    rows = selected(group_flows(database, question), question.view, selection)
    ends = [f"{end}_{selection.level}" for end in ("origin", "destination")]
    narrow = drawn_level(rows, selection.level).rename(columns=dict(zip(ends, ("origin", "destination"), strict=True)))
    keys = ["origin", "destination", *_KEEP]
    top = leading_groups(narrow[[*keys, "disease_group_code", "cases"]], keys)
    named = top.assign(name=top["disease_group_code"].map(disease_groups(database)["name"]).fillna(top["disease_group_code"]))
    joined = named.groupby(keys, observed=True)["name"].agg("、".join).rename("top").reset_index()
    return arcs[keys].merge(joined, on=keys, how="left")["top"].fillna("").set_axis(arcs.index)


def _placed(arcs: pd.DataFrame, where: Places) -> pd.DataFrame:
    points = where.table[["longitude", "latitude"]]
    placed = arcs
    for end in ("origin", "destination"):
        found = points.reindex(arcs[end])
        placed = placed.assign(**{f"{end}_longitude": found["longitude"].to_numpy(), f"{end}_latitude": found["latitude"].to_numpy()})
    return placed


def _count(rows: pd.DataFrame) -> tuple[int, float]:
    """Return how many flows there are and their cases; hidden where some of them are, for the sum would tell of these."""
    return len(rows), COVERED if rows["hidden"].any() else float(rows["cases"].sum())


def between(now: pd.DataFrame, then: pd.DataFrame, level: str, smallest: int = ON_SCREEN) -> tuple[pd.DataFrame, Masked]:
    """Return the flows of either period at ``level``, hospitals outside one by one, and what may be shown of them.

    The frame has origin, destination, direction, cases, before, change, growth and cost. List, matrix and map hide the same flows.
    """
    current = _narrow(now, level)
    changed = differences(current, _narrow(then, level), _KEEP)
    changed = changed.merge(current.drop(columns="cases"), on=[*_ENDS, *_KEEP], how="left")
    return changed, PAIRS.hide(changed, smallest)


def _narrow(rows: pd.DataFrame, level: str) -> pd.DataFrame:
    return at_level(rows[[*(f"{end}_{level}" for end in _ENDS), *_KEEP, "cases", "cost"]], level, _KEEP)


def _hidden(now: pd.DataFrame, then: pd.DataFrame, level: str, smallest: int) -> tuple[pd.DataFrame, Masked]:
    """Return which flows as the map draws them have a hidden count (``hidden``) or one before (``hidden_before``), by ends and direction.

    A line to a direction of the compass stands for several hospitals: it is hidden where one of its flows is.
    """
    changed, shown = between(now, then, level, smallest)
    flags = changed[[*_ENDS, *_KEEP]].assign(hidden=shown.hidden["cases"], hidden_before=shown.hidden["before"])
    if level == "institution":
        for end in _ENDS:
            drawn = {
                site: place for rows in (now, then) for site, place in zip(rows[f"{end}_institution"], rows[f"{end}_drawn"], strict=True)
            }
            flags[end] = flags[end].map(drawn)
    return flags.groupby([*_ENDS, *_KEEP], observed=True)[["hidden", "hidden_before"]].any().reset_index(), shown


@dataclass(frozen=True, eq=False)
class _Every:
    """Every flow of a question, before anything is left out: the arcs, what cannot be drawn, and the totals by direction."""

    movable: pd.DataFrame
    lost: pd.DataFrame
    together: pd.DataFrame
    totals: dict[str, float]


@cached(max_entries=64)
def _every(
    database: ReportingDatabase, question: Question, selection: Selection, comparison: str, month: datetime.date | None, smallest: int
) -> _Every:
    """Return all flows with shares, change and coordinates: what does not depend on how many of them are drawn, and by which measure."""
    where = places(database)
    other = question.of(question.period.previous() if comparison == "previous" else question.period.last_year())
    if month is None:
        rows, earlier = flows(database, question), flows(database, other)
    else:
        every = monthly_flows(database, question, PLAYER_MONTHS)
        rows, earlier = _months(every, month), _months(every, (pd.Timestamp(month) - pd.DateOffset(years=1)).date())
    chosen = [selected(each, question.view, selection) for each in (rows, earlier)]
    now, then = (_summed(each, selection.level) for each in chosen)
    flags, shown = _hidden(chosen[0], chosen[1], selection.level, smallest)
    every = _with_shares(_compared(now, then))
    keys = [*_ENDS, *_KEEP]
    every = every.merge(flags, on=keys, how="left") if len(every) else every.assign(hidden=False, hidden_before=False)
    every["share_of_origin"] = every["share_of_origin"].mask(every.groupby(_ENDS)["hidden"].transform("any"))
    every["cost"] = every["cost"].mask(every["hidden"])
    told = ~(every["hidden"] | every["hidden_before"])
    arcs = _placed(every.assign(change=every["change"].where(told), growth=every["growth"].where(told)), where)
    counted = arcs if comparison else arcs[arcs["cases"] > 0]
    together = _same_place(counted)
    lost = counted[["origin_longitude", "origin_latitude", "destination_longitude", "destination_latitude"]].isna().any(axis=1) & ~together
    by_direction = shown.sums.get(("cases", ("direction",)), pd.Series(dtype="float64"))
    totals = {str(name): float(cases) for name, cases in by_direction.items() if cases > 0}
    return _Every(counted[~together & ~lost], counted[lost], counted[together], totals)


@cached(max_entries=256)
def flow_map(
    database: ReportingDatabase,
    question: Question,
    selection: Selection,
    measure: str = "cases",
    comparison: str = "",
    month: datetime.date | None = None,
    limit: int = ARC_LIMIT,
    smallest: int = ON_SCREEN,
) -> FlowMap:
    """Return what the map shows of ``question`` seen through ``selection``.

    Args:
        database: the reporting database.
        question: source, period and filters.
        selection: level, directions and focus.
        measure: ``"cases"`` or ``"cost"``: what decides which arcs are the largest.
        comparison: ``"last_year"`` or ``"previous"``: the months that change and growth are told against, and, when given, the
            arcs drawn are the largest changes; empty draws the flows (growth is then told against last year).
        month: one month of the player instead of the period; without leading disease groups.
        limit: how many arcs are drawn at most, never more than ``ARC_LIMIT``; the rest is summed in ``beyond``.
        smallest: what is hidden stands on fewer cases: ``ON_SCREEN``, or ``ON_EXPORT`` for reports and the cockpit.
    """
    every = _every(database, question, selection, comparison, month, smallest)
    drawn = _drawn(every.movable, measure, bool(comparison), min(limit, ARC_LIMIT), smallest)
    shown = drawn.flows
    hidden = every.movable["hidden"] | every.movable["hidden_before"] if comparison else every.movable["hidden"]
    small = every.movable[hidden]
    others_open = not (every.lost["hidden"].any() or every.together["hidden"].any() or comparison)
    if month is None and 0 < len(shown) <= DETAILED_ARCS:
        shown = shown.assign(top=_leading(database, question, selection, shown) if question.group is None else "")
    else:
        shown = shown.assign(top="")
    return FlowMap(
        arcs=shown,
        totals=every.totals,
        smallest=smallest,
        # Where only these are hidden, their sum is what the total leaves, and says nothing new.
        small=(len(small), float(small["cases"].sum()) if others_open else COVERED),
        beyond=(drawn.hidden_pairs, drawn.hidden_cases),
        unplaced=_count(every.lost),
        within=_count(every.together),
        lost=tuple(sorted(_without_place(every.lost, places(database)))),
        active=frozenset(shown["origin"]) | frozenset(shown["destination"]),
    )


def _drawn(movable: pd.DataFrame, measure: str, compare: bool, limit: int, smallest: int) -> Drawn:
    if not compare:
        open_ones = movable[~movable["hidden"]]
        return largest(open_ones.assign(cost=open_ones["cost"].fillna(0.0)), limit, 0, measure)
    movable = movable[~(movable["hidden"] | movable["hidden_before"])]
    changed = movable.assign(size=movable["change"].abs())
    notable = changed[changed["size"] >= smallest].sort_values(
        ["size", "origin", "destination"], ascending=[False, True, True], kind="stable"
    )
    shown = notable.head(limit).drop(columns="size").reset_index(drop=True)
    return Drawn(shown, len(movable) - len(shown), float(movable["cases"].sum() - shown["cases"].sum()))


def _same_place(arcs: pd.DataFrame) -> pd.Series:
    """Return which flows need no line: both ends are one place, or stand on one spot."""
    near = (arcs["origin_longitude"] - arcs["destination_longitude"]).abs() + (arcs["origin_latitude"] - arcs["destination_latitude"]).abs()
    return (arcs["origin"] == arcs["destination"]) | (near < 5e-4)


def _without_place(arcs: pd.DataFrame, where: Places) -> set[str]:
    ends = set(arcs["origin"]) | set(arcs["destination"])
    missing = where.table["longitude"].isna()
    return {where.name(place) for place in ends if bool(missing.get(place, True))}


@cached(max_entries=64)
def month_totals(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return cases by month (rows, oldest first) and direction (columns) of the player's months; a month without data has no row.

    Small counts are hidden; the sums of the question's own months are shown beside them.
    """
    rows = selected(monthly_flows(database, question, PLAYER_MONTHS), question.view, selection)
    if rows.empty:
        return pd.DataFrame()
    table = rows.pivot_table(index="month", columns="direction", values="cases", aggfunc="sum", fill_value=0.0)
    table = table.sort_index().replace(np.nan, 0.0)
    whole = table.assign(period=table.index.isin([pd.Timestamp(month) for month in question.period.months]))
    guard = Guard(tuple(People(str(name), within=(("period",),), totalled=False) for name in table.columns))
    return guard.hide(whole, ON_SCREEN).frame[table.columns]
