"""What the figures say: three findings of each source, each with its numbers and the place or direction it leads to."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import pandas as pd

from dashboard.analysis.control_charts import funnel_limits
from dashboard.analysis.referrals import down_up_ratio
from dashboard.analysis.suppression import ON_SCREEN, TOTAL
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.referrals.detail import TOP_DISEASES, focus_community, outside, shown_totals
from dashboard.services.referrals.flows import Question, View, flows, places
from dashboard.services.referrals.map import Selection, selected
from dashboard.services.referrals.quality import TWO_WAY, kept_in_county, two_way

NOTABLE_SIGMA = 3.0


@dataclass(frozen=True)
class Sentence:
    """One finding: ``kind`` names its wording, ``numbers`` fill it, ``place`` (or ``direction``) is where it leads, "" for nowhere.

    ``beyond_chance`` is None where the finding is no comparison.
    """

    kind: str
    numbers: Mapping[str, float] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)
    place: str = ""
    direction: str = ""
    beyond_chance: bool | None = None


@cached(max_entries=128)
def reading(database: ReportingDatabase, question: Question, selection: Selection) -> tuple[Sentence, ...]:
    """Return up to three findings about what ``selection`` (without its directions) shows; fewer where data is missing."""
    whole = Selection(selection.level, (), selection.focus)
    if question.view is View.REFERRALS:
        found = [_balance(database, question, whole), _lowest_community(database, question, whole), _outflow(database, question, whole)]
    else:
        found = [_leaving(database, question, whole), _lowest_town(database, question, whole), _treatable(database, question, whole)]
    return tuple(sentence for sentence in found if sentence is not None)


def _rows(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    return selected(flows(database, question), question.view, selection)


def _cases(rows: pd.DataFrame, direction: str) -> float:
    return float(rows.loc[rows["direction"] == direction, "cases"].sum())


def _small(cases: float) -> bool:
    """Tell whether ``cases`` is shown as "<5": a ratio or share beside its other half would give it away."""
    return 0 < cases < ON_SCREEN


def _sent(database: ReportingDatabase, question: Question, selection: Selection) -> pd.DataFrame:
    """Return the referrals that the community asked for sent, as the catalogue's B08 counts them; all of what is selected without one."""
    rows = _rows(database, question, selection)
    community = question.community
    if community is None and selection.focus.startswith("community:"):
        community = focus_community(places(database), selection.focus)
    return rows if community is None else rows[rows["origin_belongs"] == community]


def _balance(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    rows = _sent(database, question, selection)
    up, down = _cases(rows, "up"), _cases(rows, "down")
    if up == 0 and down == 0:
        return None
    shown, whole = shown_totals(database, question, selection), _rows(database, question, selection)
    if any(shown.get(direction, 0.0) != _cases(whole, direction) for direction in ("up", "down")):
        return Sentence("few", {"up": shown.get("up", 0.0), "down": shown.get("down", 0.0)}, direction="down")
    if _small(up) or _small(down):
        return Sentence("few", {"up": up, "down": down}, direction="down")
    earlier = _sent(database, question.of(question.period.last_year()), selection)
    told = not any(_small(_cases(earlier, direction)) for direction in ("up", "down"))
    ratio, before = down_up_ratio(rows), down_up_ratio(earlier) if told else math.nan
    return Sentence("balance", {"up": up, "down": down, "ratio": ratio, "change": ratio - before}, direction="down")


def _lowest_community(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    """Return the community that sends down least; chance is judged on down ÷ (up + down), a proportion."""
    table = two_way(database, question, selection)
    table = table[TWO_WAY.hide(table).frame["ratio"].notna()] if len(table) else table
    if len(table) < 2:
        return None
    ratio = table["ratio"]
    lowest = str(ratio.idxmin())
    whole = down_up_ratio(_rows(database, question, selection))
    county = float(table["down"].sum() / table["up"].sum())  # those compared, for the test of chance
    cases = float(table["up"][lowest] + table["down"][lowest])
    limits = funnel_limits([cases], county / (1 + county), NOTABLE_SIGMA)
    beyond = bool(float(table["down"][lowest]) / cases < float(limits["lower"].iloc[0]))
    return Sentence("lowest_community", {"ratio": float(ratio[lowest]), "county": whole}, place=lowest, beyond_chance=beyond)


def _largest_outside(database: ReportingDatabase, question: Question, selection: Selection) -> str:
    rows = _rows(database, question, selection)
    received = rows[rows["direction"] == "out"].groupby("destination_drawn")["cases"].sum()
    return str(received.idxmax()) if len(received) else ""


def _outflow(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    answer = outside(database, question, selection)
    if answer.groups.empty:
        return None
    numbers = {
        "cases": shown_totals(database, question, selection).get("out", 0.0),
        "cost": float(answer.groups["cost"].sum(min_count=1)),
        "share": answer.top_share,
        "top": float(min(TOP_DISEASES, len(answer.groups))),
        "returnable": float(answer.groups["returnable"].sum(min_count=1)),
    }
    if numbers["cases"] != float(answer.groups["cases"].sum()):
        numbers |= dict.fromkeys(("cost", "share", "returnable"), math.nan)
    return Sentence("outflow", numbers, place=_largest_outside(database, question, selection))


def _leaving(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    rows, earlier = (_rows(database, each, selection) for each in (question, question.of(question.period.last_year())))
    total, before = float(rows["cases"].sum()), float(earlier["cases"].sum())
    if total == 0:
        return None
    away = rows[rows["direction"] == "out"]
    cases = float(away["cases"].sum())
    told = shown_totals(database, question, selection)
    hidden = told.get("out", 0.0) != cases
    share = math.nan if hidden else cases / total
    change = share - _cases(earlier, "out") / before if before else math.nan
    numbers = {
        "total": told[TOTAL],
        "cases": told.get("out", 0.0),
        "cost": math.nan if hidden else float(away["cost"].sum()),
        "share": share,
        "change": change,
    }
    return Sentence("leaving", numbers, direction="out")


def _lowest_town(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    kept = kept_in_county(database, question, selection)
    kept = kept.shown() if kept is not None else None
    if kept is None or len(kept.units) < 2:
        return None
    row = kept.units.iloc[0]
    numbers = {"share": float(row["share"]), "county": kept.mean}
    return Sentence("lowest_town", numbers, place=str(kept.units.index[0]), beyond_chance=str(row["outlier"]) == "low")


def _treatable(database: ReportingDatabase, question: Question, selection: Selection) -> Sentence | None:
    answer = outside(database, question, selection)
    capable = answer.groups[answer.groups["capable"]]
    if capable.empty:
        return None
    numbers = answer.capable()
    names = {"first": str(capable["name"].iloc[0])}
    return Sentence("treatable", numbers, names, place=_largest_outside(database, question, selection))
