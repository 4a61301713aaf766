"""Frames with counts of people: which columns count them, what would give a count away, and the frame as it may leave the server.

A topic declares a ``Guard`` once beside the frame that its service returns; tables, charts, maps and sentences are made from what the guard
lets through, on screen from 5, in exports and on the cockpit from 10 (``analysis.suppression``). What stands for a hidden count is a number
that no shown count can be, so that a frame still sorts and draws, and carries nothing of what it hides.
"""

import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import pandas as pd

from dashboard.analysis.suppression import COVERED, ON_SCREEN, TOLERANCE, Figures, few
from dashboard.newest import keep_newest


@dataclass(frozen=True)
class People:
    """A column of a frame that counts people or cases, and what else is known about its counts.

    Args:
        name: the column.
        part_of: another such column of which each row's count is a part; the rest counts people too, and is protected as well.
        total_of: such columns that add up to this one in each row.
        within: sets of columns by whose values the sums of this column are shown somewhere; the sum of all rows always is.
        totalled: False where the column's total is shown nowhere, because its rows overlap or are of different things.
    """

    name: str
    part_of: str = ""
    total_of: tuple[str, ...] = ()
    within: tuple[tuple[str, ...], ...] = ()
    totalled: bool = True


@dataclass(frozen=True, eq=False)
class Masked:
    """A frame that may leave the server, and the totals of its counts of people.

    In ``frame`` and ``totals`` a small count is ``few(smallest)`` and one that protects another ``COVERED``, whatever they were;
    ``hidden`` says which they are. What is derived from a hidden count is missing. ``sums`` are the sums of a column within each set of
    columns that its ``People`` names, indexed by their values.
    """

    frame: pd.DataFrame
    totals: Mapping[str, float]
    hidden: pd.DataFrame
    sums: Mapping[tuple[str, tuple[str, ...]], pd.Series]


@dataclass(frozen=True)
class Guard:
    """Which columns of a frame count people, and which others would give a count away; declared once beside the frame.

    Args:
        counts: the columns that count people or cases: numbers from 0, missing where unknown.
        gives_away: other columns (shares, differences, costs) and the counts that each would give away.
    """

    counts: tuple[People, ...] = ()
    gives_away: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return ``frame`` with its small counts hidden, and whatever they could be computed from.

        ``smallest`` is ``ON_SCREEN`` or ``ON_EXPORT``. What stands for a hidden count says nothing but that it is hidden; what would give
        one away is missing. Raises ValueError for ``smallest`` below 1. The answer is the caller's own: the same frame is worked out once.
        """
        key = self._contents(frame, smallest)
        with _lock:
            known = _hidden_before.get(key)
        if known is None:
            known = self._work_out(frame, smallest)
            if key:
                with _lock:
                    keep_newest(_hidden_before, key, known, _MOST_HIDDEN)
        return Masked(known.frame.copy(), known.totals, known.hidden.copy(), known.sums)

    def _contents(self, frame: pd.DataFrame, smallest: int) -> bytes:
        """Return a digest of all that decides how ``frame`` is shown; empty where cells are no plain values, and it is worked out anew."""
        try:
            rows = pd.util.hash_pandas_object(frame).to_numpy().tobytes()
        except TypeError:
            return b""
        asked = (self.counts, sorted(self.gives_away.items()), smallest, list(frame.columns), list(frame.dtypes), frame.index.names)
        return hashlib.blake2b(repr(asked).encode() + rows).digest()

    def _work_out(self, frame: pd.DataFrame, smallest: int) -> Masked:
        keys = list(dict.fromkeys(name for each in self.counts for by in each.within for name in by))
        if keys:  # what is hidden beside a small count must not depend on how the rows are sorted
            order = frame.reset_index(drop=True).sort_values(keys, kind="stable").index.to_numpy()
            frame, back = frame.iloc[order], np.argsort(order)
        figures = Figures(smallest)
        cells: dict[str, np.ndarray] = {}
        totals: dict[str, int] = {}
        groups: dict[tuple[str, tuple[str, ...]], tuple[pd.Series, list[np.ndarray]]] = {}
        for each in self.counts:
            cells[each.name] = figures.add(frame[each.name].to_numpy(dtype=float).clip(min=0.0))
            if each.totalled:
                totals[each.name] = figures.add_total(cells[each.name])
            for by in each.within:
                found = frame.groupby(list(by) if len(by) > 1 else by[0], sort=False, observed=True, dropna=False).indices
                sums = pd.Series({key: figures.add_total(cells[each.name][rows]) for key, rows in found.items()}, dtype="int64")
                groups[(each.name, by)] = sums, [np.asarray(rows) for rows in found.values()]
                if each.totalled:
                    figures.add_sum(sums.to_numpy(), totals[each.name])
        for each in self.counts:
            _relate(figures, each, cells, totals, groups)
        gone = figures.protect()
        hidden = pd.DataFrame({name: gone[where] for name, where in cells.items()}, index=frame.index, dtype=bool)
        shown = frame.copy()
        for name in cells:
            bare = pd.Series(figures.unlabelled[cells[name]], index=frame.index)
            shown[name] = stand_in(frame[name], hidden[name], smallest, bare)
        for name, sources in self.gives_away.items():
            if name in shown:
                shown[name] = shown[name].mask(hidden[list(sources)].any(axis=1))
        if keys:
            shown, hidden = shown.iloc[back], hidden.iloc[back]
        whole = self._stand_ins(pd.Series(totals, dtype="int64"), figures, gone)
        within = {key: self._stand_ins(where, figures, gone) for key, (where, _rows) in groups.items()}
        return Masked(shown, {str(name): float(value) for name, value in whole.items()}, hidden, within)

    @staticmethod
    def _stand_ins(where: pd.Series, figures: Figures, gone: np.ndarray) -> pd.Series:
        """Return the figures at the positions ``where`` as they may be shown."""
        values = pd.Series(np.asarray(figures.values, dtype=float)[where.to_numpy(dtype=int)], index=where.index)
        hidden, bare = (pd.Series(flags[where.to_numpy(dtype=int)], index=where.index) for flags in (gone, figures.unlabelled))
        return stand_in(values, hidden, figures.smallest, bare)


# A page draws the same frames at every run, and to find what protects a count is costly.
_MOST_HIDDEN = 512
_lock = threading.Lock()
_hidden_before: dict[bytes, Masked] = {}


UNGUARDED = Guard()
"""Protects nothing by itself: columns of kind ``people`` are then lists with a total that is known."""


class Hides(Protocol):
    """What can say how a frame may be shown: a ``Guard``, or what works the same out from the rows behind the frame."""

    @property
    def counts(self) -> tuple[People, ...]:
        """The columns that count people or cases."""

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return ``frame`` as it may be shown; see ``Guard.hide``."""


def shown_order(shown: pd.DataFrame, raw: pd.DataFrame, names: Sequence[str], labels: Sequence[str]) -> pd.DataFrame:
    """Return ``shown`` in an order that tells nothing of a hidden count: where its rows went by one of ``names``, hidden ones stand last.

    ``raw`` are the same rows before they were masked, ``labels`` the columns by which hidden rows are then sorted.
    """
    for name in names:
        values = raw[name].astype("float64").fillna(-1.0)
        hidden = values.ne(shown[name].astype("float64").fillna(-1.0))
        if hidden.any() and values.nunique() > 1 and (values.is_monotonic_decreasing or values.is_monotonic_increasing):
            return pd.concat([shown[~hidden], shown[hidden].sort_values(list(labels), kind="stable")])
    return shown


def open_order(values: pd.Series, *hidden: pd.Series) -> pd.Index:
    """Return the labels of ``values``, largest first; those that one of ``hidden`` hides stand last by their label, whatever they are."""
    gone = pd.concat(hidden, axis=1).reindex(values.index).astype("boolean").fillna(False).any(axis=1).to_numpy(dtype=bool)
    known = values[~gone].sort_index(kind="stable").sort_values(ascending=False, kind="stable").index
    return known.append(values[gone].sort_index(kind="stable").index)


_Groups = Mapping[tuple[str, tuple[str, ...]], "tuple[pd.Series, list[np.ndarray]]"]
"""For a column and the columns that its sums are shown by: the position of each sum, and the rows that it sums."""


def _relate(figures: Figures, each: People, cells: Mapping[str, np.ndarray], totals: Mapping[str, int], groups: _Groups) -> None:
    """Add the sums that hold between columns: a part and the rest of its whole, columns and their total."""
    if each.part_of:
        _relate_part(figures, each, cells, totals, groups)
    if each.total_of:
        for row, total in enumerate(cells[each.name]):
            figures.add_sum(np.array([cells[name][row] for name in each.total_of]), int(total))
        if each.name in totals and all(name in totals for name in each.total_of):
            figures.add_sum(np.array([totals[name] for name in each.total_of]), totals[each.name])


def _relate_part(figures: Figures, each: People, cells: Mapping[str, np.ndarray], totals: Mapping[str, int], groups: _Groups) -> None:
    """Add that a part and the rest make the whole: in each row, in each group whose sums of both are shown, and in all rows together."""

    def rest_of(parts: np.ndarray, wholes: np.ndarray) -> np.ndarray:
        """Add the rests, which nobody prints, and the sums that they stand in; a part larger than its whole is no part of it."""
        values = np.asarray(figures.values)
        left = figures.add((values[wholes] - values[parts]).clip(min=0.0), printed=False)
        for part, rest, whole in zip(parts, left, wholes, strict=True):
            if abs(figures.values[part] + figures.values[rest] - figures.values[whole]) < TOLERANCE:
                figures.add_sum(np.array([part, rest]), int(whole))
        return left

    def together(rests: np.ndarray, sum_of_rests: int) -> None:
        if abs(sum(figures.values[rest] for rest in rests) - figures.values[sum_of_rests]) < TOLERANCE:
            figures.add_sum(rests, sum_of_rests)

    rest = rest_of(cells[each.name], cells[each.part_of])
    for by in each.within:
        if (each.part_of, by) in groups:
            (part, rows), (whole, _rows) = groups[(each.name, by)], groups[(each.part_of, by)]
            of_groups = rest_of(part.to_numpy(dtype=int), whole.reindex(part.index).to_numpy(dtype=int))
            for place, members in enumerate(rows):
                together(rest[members], int(of_groups[place]))
    if each.name in totals and each.part_of in totals:
        together(rest, int(rest_of(np.array([totals[each.name]]), np.array([totals[each.part_of]]))[0]))


def stand_in(values: pd.Series, hidden: pd.Series, smallest: int, unlabelled: "pd.Series | bool" = False) -> pd.Series:
    """Return counts with the ``hidden`` ones replaced by what stands for them: ``few`` for a small one, ``COVERED`` for another.

    ``unlabelled`` are small ones that must not say so.
    """
    values = values.astype("float64")
    tiny = (values > 0) & (values < smallest)
    covered = (hidden & ~tiny & values.notna()) | (tiny & unlabelled)
    return values.mask(tiny, few(smallest)).mask(covered, COVERED)
