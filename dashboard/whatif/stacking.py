"""Reforms stacked on each other: named, dated sets of changes over a baseline, across both what-if models.

Conflicts [INFER, after OpenFisca's chained reforms and what PolicyEngine's users asked for]: two reforms that set one parameter to
different values in the year that is counted are a **hard** conflict, and somebody has to say which value holds; reforms that act on the
same money are a **soft** one and are named with the amount. Shares of the total come from ``analysis.reform``: first in, last in and
Shapley, so that the total never depends on the order in which reforms are shown.
"""

import datetime
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import pandas as pd

from dashboard.analysis.reform import first_and_last_in, shapley
from dashboard.catalogue.coefficients import CoefficientCatalogue
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed

MOST_STACKED = 6
"""Every subset is run once: 64 runs for six."""
_HALF_A_CENT = 0.005


@dataclass(frozen=True)
class Reform:
    """A named set of changes over a baseline, and when it holds.

    ``key`` tells reforms apart; ``model`` is the what-if that it belongs to and ``base`` the data version that it was made on. ``changes``:
    parameter → value. ``first`` and ``last`` are its first and last day; without ``last`` it goes on.
    """

    key: str
    name: str
    model: str
    base: str
    changes: Mapping[str, Hashable]
    first: datetime.date
    last: datetime.date | None = None

    def months_in(self, year: int) -> int:
        """Return in how many months of ``year`` it is in force."""
        months = (datetime.date(year, month, 1) for month in range(1, 13))
        begin = self.first.replace(day=1)
        return sum(begin <= month and (self.last is None or month <= self.last) for month in months)


@dataclass(frozen=True)
class HardConflict:
    """One parameter that reforms set to different values in the same year: ``values`` are (value, keys of the reforms that want it)."""

    model: str
    parameter: str
    values: tuple[tuple[Hashable, tuple[str, ...]], ...]

    @property
    def key(self) -> str:
        """What a decision about it is kept under."""
        return f"{self.model}.{self.parameter}"


@dataclass(frozen=True)
class DateProblem:
    """Something about the dates that the reader must know.

    ``kind``: ``outside`` (not in force in the year that is counted: it adds nothing), ``part`` (in force in ``months`` of it: counted
    as a whole year), ``gap`` (``months`` between two reforms of one parameter in which neither holds), ``rule`` (the reform begins before
    the rule of ``parameter`` does, which is on ``since``). ``names`` are the reforms.
    """

    kind: Literal["outside", "part", "gap", "rule"]
    names: tuple[str, ...]
    parameter: str = ""
    months: int = 0
    since: datetime.date | None = None


def in_force(reforms: Iterable[Reform], years: Mapping[str, int]) -> tuple[Reform, ...]:
    """Return the reforms that hold in some month of the year counted by their model (``years``), in order of their keys."""
    return tuple(sorted((each for each in reforms if each.months_in(years[each.model])), key=lambda each: each.key))


def refuse_other_bases(reforms: Iterable[Reform], bases: Mapping[str, str]) -> None:
    """Raise ``ScenarioError`` when a reform was made on other data than ``bases`` (by model): their difference would be counted too."""
    foreign = [each.name for each in reforms if each.base != bases[each.model]]
    if foreign:
        raise ScenarioError(
            marked("{names}建立在别的数据版本或年份上，不能叠加：差异会混入数据变化"),
            marked("请打开这个方案，改换到当前数据后另存，或从叠加中去掉"),
            names=listed(foreign),
        )


def hard_conflicts(reforms: Iterable[Reform], years: Mapping[str, int]) -> tuple[HardConflict, ...]:
    """Return the parameters that reforms in force set to different values; the same value twice is no conflict."""
    wanted: dict[tuple[str, str], dict[Hashable, list[str]]] = {}
    for reform in in_force(reforms, years):
        for parameter, value in reform.changes.items():
            wanted.setdefault((reform.model, parameter), {}).setdefault(value, []).append(reform.key)
    return tuple(
        HardConflict(model, parameter, tuple((value, tuple(keys)) for value, keys in values.items()))
        for (model, parameter), values in sorted(wanted.items())
        if len(values) > 1
    )


def date_problems(
    reforms: Sequence[Reform], years: Mapping[str, int], catalogues: Mapping[str, CoefficientCatalogue]
) -> tuple[DateProblem, ...]:
    """Return what is to be known of the dates of ``reforms``, by what the models count: whole years."""
    found = []
    for reform in reforms:
        months = reform.months_in(years[reform.model])
        if not months:
            found.append(DateProblem("outside", (reform.name,)))
        elif months < 12:
            found.append(DateProblem("part", (reform.name,), months=months))
        known = catalogues[reform.model].coefficients
        for parameter in reform.changes:
            since = known[parameter].values[0].effective_from if parameter in known else reform.first
            if since > reform.first:
                found.append(DateProblem("rule", (reform.name,), parameter, since=since))
    return (*found, *_gaps(reforms))


def _gaps(reforms: Sequence[Reform]) -> list[DateProblem]:
    found = []
    for earlier, later in combinations(sorted(reforms, key=lambda each: (each.first, each.key)), 2):
        shared = sorted(set(earlier.changes) & set(later.changes)) if earlier.model == later.model else []
        if not shared or earlier.last is None:
            continue
        months = (later.first.year - earlier.last.year) * 12 + later.first.month - earlier.last.month - 1
        found += [DateProblem("gap", (earlier.name, later.name), parameter, months) for parameter in shared if months > 0]
    return found


def merged(reforms: Iterable[Reform], settled: Mapping[str, Hashable]) -> dict[str, dict[str, Hashable]]:
    """Return the changes of these reforms together, by model.

    Args:
        reforms: those that are in force, in any order.
        settled: by ``HardConflict.key`` the value that holds whenever reforms that disagree meet.

    Raises:
        ScenarioError: a hard conflict that nobody has settled.
    """
    wanted: dict[str, dict[str, set[Hashable]]] = {}
    for reform in reforms:
        for parameter, value in reform.changes.items():
            wanted.setdefault(reform.model, {}).setdefault(parameter, set()).add(value)
    return {
        model: {parameter: _one(f"{model}.{parameter}", values, settled) for parameter, values in parameters.items()}
        for model, parameters in wanted.items()
    }


def _one(key: str, values: set[Hashable], settled: Mapping[str, Hashable]) -> Hashable:
    if len(values) == 1:
        return next(iter(values))
    if key not in settled:
        raise ScenarioError(marked("有冲突还没有处理：{parameter}"), marked("请先选定用哪一个值"), parameter=key)
    return settled[key]


@dataclass(frozen=True, eq=False)
class Stack:
    """What stacked reforms do together and who adds what, all in the unit of the results (yuan).

    ``totals``: by result, all reforms against none. ``shares``: by result a frame by reform: first (alone), last (on top of all others),
    share (Shapley; the column sums to the total). ``together``: by pair of reforms and result what both do more than each by itself; only
    pairs with at least a cent.
    """

    totals: Mapping[str, float]
    shares: Mapping[str, pd.DataFrame]
    together: pd.DataFrame


def stacked(keys: Sequence[str], run: Callable[[frozenset[str]], Mapping[str, float]]) -> Stack:
    """Return the total of stacked reforms and the part of each.

    Args:
        keys: the reforms, at most ``MOST_STACKED``, in any order: the answer is the same for all.
        run: the results by name with exactly the reforms given in force; called once for each subset.

    Raises:
        ScenarioError: too many reforms, or what ``run`` raises.
    """
    if len(keys) > MOST_STACKED:
        raise ScenarioError(marked("一次最多叠加 {most} 项改革"), marked("请去掉一些"), most=MOST_STACKED)
    order = sorted(keys)
    kept = {frozenset(chosen): run(frozenset(chosen)) for size in range(len(order) + 1) for chosen in combinations(order, size)}
    nothing, everything = kept[frozenset()], kept[frozenset(order)]
    shares = {}
    for result in nothing:
        parts = {chosen: found[result] for chosen, found in kept.items()}
        shares[result] = first_and_last_in(order, parts.__getitem__).assign(share=pd.Series(shapley(order, parts.__getitem__), dtype=float))
    rows = {}
    for left, right in combinations(order, 2):
        both, one, other = kept[frozenset((left, right))], kept[frozenset((left,))], kept[frozenset((right,))]
        rows[left, right] = {result: both[result] - one[result] - other[result] + nothing[result] for result in nothing}
    together = pd.DataFrame.from_dict(rows, orient="index", columns=list(nothing))
    return Stack(
        {result: everything[result] - nothing[result] for result in nothing},
        shares,
        together[(together.abs() >= _HALF_A_CENT).any(axis=1)],
    )
