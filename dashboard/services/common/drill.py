"""What is behind a number: the institutions (or towns) and months that its numerator and denominator are made of."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import COVERED, ON_SCREEN, few, suppressed_list
from dashboard.catalogue.expression import names
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Level as Institutions
from dashboard.services.common.filters import of_level
from dashboard.services.common.indicators import values_of
from dashboard.services.common.reporting import reports_due
from dashboard.store.schema import label, metadata

MONTHS = 13
Side = Literal["numerator", "denominator"]
SIDES: tuple[Side, ...] = ("numerator", "denominator")
_Frames = tuple[pd.DataFrame, pd.DataFrame]
_SHOWN_SUMS = (("unit", "inside"), ("month",), ("community", "month"), ("inside",), ("community", "inside"))
"""The sums of a count that the panels of the county and its communities show."""
_LEVELS: tuple[Level, ...] = ("institution", "town", "community")


@dataclass(frozen=True, eq=False)
class Behind:
    """The parts of one number.

    Attributes:
        indicator: of the catalogue.
        level: what the parts are: institutions; towns or communities where the data know no institution.
        meant: whether the indicator is meant for such a part, so that a part has a value of its own; otherwise parts only contribute.
        with_denominator: False where the denominator is not known by part (a community's budget).
        parts: index unit; unit_name, numerator, denominator, value, share_numerator, share_denominator (of the sums, 0 to 1), came and due
            (reports). NaN where unknown or hidden.
        months: unit, month, numerator, denominator, value; the last ``MONTHS`` months of every part.
        hidden: how many figures were hidden because they are small or would give small ones away.
        among: the institutions that the parts were narrowed to; ALL where they were not, or cannot be.
    """

    indicator: Indicator
    level: Level
    meant: bool
    with_denominator: bool
    parts: pd.DataFrame
    months: pd.DataFrame
    hidden: int
    among: Institutions = Institutions.ALL


def _cube_levels(trees: Sequence[object]) -> set[str]:
    """Return the levels that every cube behind the expressions knows."""
    catalogue = load_catalogue()
    levels: set[str] = set(_LEVELS)
    for tree in trees:
        for each, _years in names(tree):  # type: ignore[arg-type]
            measure = catalogue.measures[each.name]
            if measure.time != "calendar":
                levels &= set(catalogue.cubes[measure.cube].levels)
    return levels


def _finest(indicator: Indicator) -> tuple[Level, bool]:
    """Return the finest level that both sides are known at, or the numerator alone where only that one goes below the community."""
    trees = [tree for tree in (indicator.numerator_tree, indicator.denominator_tree) if tree is not None]
    both, above = _cube_levels(trees), _cube_levels(trees[:1])
    level: Level = next((each for each in _LEVELS if each in both), "community")
    if level == "community" and "town" in above:
        return next(each for each in _LEVELS if each in above), False
    return level, True


def _entry(indicator: Indicator, *, with_denominator: bool) -> Indicator:
    """Return ``indicator`` as it is computed for parts that it is not meant for; of its numerator alone where only that is known."""
    if with_denominator:
        return indicator.model_copy(update={"levels": _LEVELS, "applies_to": {}})
    alone: dict[str, object] = {"levels": _LEVELS, "denominator": None, "denominator_label": None, "applies_to": {}}
    return Indicator.model_validate(indicator.model_dump() | alone)


@cached(max_entries=32)
def _frames(database: ReportingDatabase, name: str, period: Period, community: str | None, scheme: str | None) -> _Frames:
    """Return the parts (index unit) and the last months (unit, month) of an indicator, with both sides; nothing hidden yet.

    Asked twice for the county, for what is shown and for what must be hidden in it; whoever changes a frame changes a copy.
    """
    indicator = load_catalogue().indicator(name)
    level, with_denominator = _finest(indicator)
    entry = _entry(indicator, with_denominator=with_denominator)
    monthly = tuple(Period(Grain.MONTH, shift_months(period.last, -step)) for step in range(MONTHS - 1, -1, -1))
    frames = values_of(database, level, (period, *monthly), (entry,), community=community, insurance=scheme)
    columns = ["unit", "unit_name", *SIDES, "value"]
    months = pd.concat([frames[each][columns].assign(month=pd.Timestamp(each.last)) for each in monthly], ignore_index=True)
    parts = frames[period][columns].set_index("unit").astype(dict.fromkeys(SIDES, "float64"))
    known = parts.index[parts[list(SIDES)].fillna(0.0).ne(0.0).any(axis=1)]
    return parts.loc[known], months[months["unit"].isin(known)].reset_index(drop=True)


@cached(max_entries=64)
def behind(
    database: ReportingDatabase,
    name: str,
    period: Period,
    community: str | None = None,
    scheme: str | None = None,
    among: Institutions = Institutions.ALL,
) -> Behind:
    """Return what the indicator ``name`` of the county, or of one community, is made of in ``period`` and month by month.

    The parts add up to the number's numerator and denominator (but for hidden ones). ``among`` keeps the institutions of one level,
    where the parts are institutions. Counts of people below five, and what would give them away, are hidden: the same ones whichever part
    of the county is asked for.

    Raises:
        CatalogueError: an unknown indicator. QueryError: the database cannot answer.
    """
    indicator = load_catalogue().indicator(name)
    level, with_denominator = _finest(indicator)
    parts, months = (frame.copy() for frame in _frames(database, name, period, community, scheme))
    meant = level in indicator.levels and with_denominator
    if not meant:
        parts["value"] = np.nan
    due = reports_due(database, period.first, period.last)
    parts = parts.join(_reports(due, level, indicator), how="left")
    for side in SIDES:
        parts[f"share_{side}"] = parts[side] / parts[side].sum() if parts[side].sum() else np.nan
    among = among if level == "institution" else Institutions.ALL
    if among is not Institutions.ALL:
        kept = of_level(directory(database).inside, among).index
        parts, months = parts[parts.index.isin(kept)], months[months["unit"].isin(kept)].reset_index(drop=True)
    hidden = 0
    for side, (units, cells) in _small(database, name, period, scheme).items():
        gone, taken = parts.index.isin(units), pd.MultiIndex.from_frame(months[["unit", "month"]]).isin(cells)
        hidden += int(gone.sum()) + int(taken.sum())
        parts.loc[gone, [side, f"share_{side}", "value"]] = np.nan
        months.loc[taken, [side, "value"]] = np.nan
    main = "denominator" if parts["denominator"].notna().any() else "numerator"
    parts = parts.sort_values(main, ascending=False, kind="stable", na_position="last")
    return Behind(indicator, level, meant, with_denominator, parts, months, hidden, among)


def _reports(due: pd.DataFrame, level: Level, indicator: Indicator) -> pd.DataFrame:
    """Return by unit how many reports came and were due in the tables of ``indicator``."""
    catalogue = load_catalogue()
    tables = {table for name, _years in indicator.measures for table in catalogue.cubes[catalogue.measures[name].cube].tables}
    column = {"institution": "reporter", "town": "town_code"}.get(level, "community_code")
    rows = due[due["table_name"].isin(tables)]
    counted = rows.groupby(column)["came"]
    return pd.DataFrame({"came": counted.sum(), "due": counted.size()})


@cached(max_entries=64)
def _small(database: ReportingDatabase, name: str, period: Period, scheme: str | None) -> dict[Side, tuple[pd.Index, pd.MultiIndex]]:
    """Return by side that counts people which units of the period and which (unit, month) must be hidden.

    They are small, or follow from what is shown: the others, and the sums of every month, of the period, of each community and of the
    county. Worked out for the whole county, so that the panels of two communities do not give away what one of them hides.
    """
    indicator = load_catalogue().indicator(name)
    parts, months = _frames(database, name, period, None, scheme)
    who = directory(database)
    whose = pd.concat([who.institutions["community_code"], who.towns["community_code"]]).fillna("").astype(str)
    inside = months["month"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))
    rows = months.assign(inside=inside, community=months["unit"].map(whose.to_dict()).fillna(""))
    found: dict[Side, tuple[pd.Index, pd.MultiIndex]] = {}
    for side in SIDES:
        known = months[side].astype("float64").fillna(0.0)
        if not indicator.counts_people(side, load_catalogue().measures) or not known.any() or (known < 0).any():
            continue
        masked = Guard((People(side, within=_SHOWN_SUMS),)).hide(rows.assign(**{side: known}))
        added = known[inside].groupby(months.loc[inside, "unit"]).sum().reindex(parts.index)
        if np.allclose(added, parts[side].fillna(0.0)):
            sums = masked.sums[(side, _SHOWN_SUMS[0])].rename_axis(list(_SHOWN_SUMS[0]))
            of_period = sums[sums.index.get_level_values("inside")].droplevel("inside")
            units = of_period.index[of_period.isin([few(ON_SCREEN), COVERED])]
        else:  # not a sum of months: a list of its own
            alone, _total = suppressed_list(parts[side].fillna(0.0), ON_SCREEN)
            units = alone.index[alone]
        found[side] = (units, pd.MultiIndex.from_frame(months.loc[masked.hidden[side], ["unit", "month"]]))
    return found


@cached(max_entries=16)
def reports_behind(database: ReportingDatabase, last: datetime.date, community: str | None = None) -> pd.DataFrame:
    """Return who did not report what in the ``MONTHS`` months to ``last``, most silent months first.

    Returns:
        unit (code), name, table (its label), came, due (reports of the table), missing (the silent months, newest first, as a tuple of
        timestamps) and now (whether ``last`` is one of them). A table of which nothing came in a month is missing as a whole: its
        reporters are not called silent. The county without ``community``.

    Raises:
        QueryError: the database cannot answer.
    """
    rows = reports_due(database, shift_months(last, 1 - MONTHS), last)
    rows = rows[rows.groupby(["table_name", "month"])["came"].transform("any")] if len(rows) else rows
    if community:
        rows = rows[rows["community_code"].eq(community)]
    columns = ["unit", "name", "table", "came", "due", "missing", "now"]
    found = []
    for (table, unit), part in rows.groupby(["table_name", "reporter"], sort=False):
        silent = part.loc[~part["came"], "month"].sort_values(ascending=False)
        if len(silent):
            now = silent.iloc[0] == pd.Timestamp(last)
            about = (str(unit), str(part["name"].iloc[0]), label(metadata.tables[str(table)]))
            found.append((*about, int(part["came"].sum()), len(part), tuple(silent), bool(now)))
    answer = pd.DataFrame(found, columns=columns)
    return answer.iloc[(-answer["missing"].map(len)).argsort(kind="stable")].reset_index(drop=True) if found else answer


def months_of(found: Behind, unit: str = "") -> pd.DataFrame:
    """Return month, numerator, denominator and value (in the indicator's unit) by month: one part, or all where each is known."""
    rows = found.months[found.months["unit"].eq(unit)] if unit else found.months
    if unit:
        return rows[["month", *SIDES, "value"]].reset_index(drop=True)
    whole = rows.groupby("month")[list(SIDES)]
    sums = whole.sum().where(whole.count().eq(whole.size(), axis=0))
    value = sums["numerator"] / sums["denominator"].where(sums["denominator"] != 0) * found.indicator.multiplier
    return sums.assign(value=value).reset_index()
