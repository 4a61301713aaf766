"""Goal seek: the value of one coefficient at which a goal is just met, with the interval that uncertainty leaves.

Goals: ``nobody_overspends`` (no scheme of any community over its budget: schemes do not pay for each other), ``county_balance`` (all
budgets of the county together cover all spending) and
``within_fund`` (budgets before the county cap within the county's fund, so that nothing is scaled down).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from dashboard.language import marked
from dashboard.whatif.baseline import Baseline, BaselineArrays
from dashboard.whatif.chain import NO_SHOCKS, ChainRuns, Shocks, Values, evaluate
from dashboard.whatif.document import Checked, Scenario, checked
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.sensitivity import movable
from dashboard.whatif.uncertainty import blocks, draw_shocks, part

Goal = Literal["nobody_overspends", "county_balance", "within_fund"]
GRID = 65
HALVINGS = 40
DRAWS = 400


def _nobody_overspends(arrays: BaselineArrays, runs: ChainRuns) -> np.ndarray:
    worst: np.ndarray = runs.balance.min(axis=1)
    return worst


def _county_balance(arrays: BaselineArrays, runs: ChainRuns) -> np.ndarray:
    total: np.ndarray = runs.balance.sum(axis=1)
    return total


def _within_fund(arrays: BaselineArrays, runs: ChainRuns) -> np.ndarray:
    budgets = np.stack([runs.uncapped[:, members].sum(axis=1) for members in arrays.scheme_members], axis=1)
    room: np.ndarray = (runs.limit - budgets).min(axis=1)
    return room


GOALS: Mapping[Goal, Callable[[BaselineArrays, ChainRuns], np.ndarray]] = {
    "nobody_overspends": _nobody_overspends,
    "county_balance": _county_balance,
    "within_fund": _within_fund,
}


@dataclass(frozen=True)
class GoalResult:
    """Where the goal is just met.

    ``value`` is None when no value of the range meets the goal (``status`` unreachable; ``best_value`` comes closest and misses by
    ``shortfall`` yuan). ``status`` always_met: every value of the range meets it; ``value`` is then the end of the range that asks least.
    ``low``, ``high``: the 5th and 95th percentile of the value under uncertainty, None when not asked for or beyond the range;
    ``reached``: in which share of the draws the goal could be met at all.
    """

    coefficient: str
    goal: str
    status: Literal["found", "always_met", "unreachable"]
    value: float | None
    best_value: float
    shortfall: float
    low: float | None = None
    high: float | None = None
    reached: float | None = None


def goal_seek(scenario: Scenario | Checked, baseline: Baseline, coefficient: str, goal: Goal, *, interval: bool = False) -> GoalResult:
    """Return the value of ``coefficient`` at which ``goal`` is just met, everything else staying as in the scenario.

    A goal is met where its margin (yuan) is not negative. When it is met on both sides of a gap, the boundary nearest to the scenario's
    present value is returned.

    Args:
        scenario: the scenario.
        baseline: the baseline.
        coefficient: a movable coefficient, e.g. ``extra_growth`` or ``k_max``.
        goal: see the module.
        interval: whether to repeat the search under the scenario's random draws.

    Raises:
        ScenarioError: a coefficient that cannot move, no county fund for ``within_fund``, and as ``scenario.run``.
    """
    ready = checked(scenario, baseline)
    scenario, values = ready.scenario, ready.values
    arrays = baseline.arrays
    known = movable(baseline, values)
    if coefficient not in known:
        raise ScenarioError(marked("不能对该系数求解：{name}"), marked("请选择可移动的系数"), name=coefficient)
    if goal == "within_fund" and not np.isfinite(arrays.available).any():
        raise ScenarioError(marked("没有全县可用基金，无法判断是否超出"), marked("请先填写本年可用基金"))
    lower, upper = known[coefficient].lower, known[coefficient].upper
    if coefficient == "k_min":
        upper = min(upper, float(values["k_max"]))  # type: ignore[arg-type]
    if coefficient == "k_max":
        lower = max(lower, float(values["k_min"]))  # type: ignore[arg-type]
    search = _Search(arrays, values, scenario.recapture_groups, coefficient, GOALS[goal])
    now = float(values[coefficient])  # type: ignore[arg-type]
    found, met_above = boundary(lambda tried: search.margins(tried, NO_SHOCKS), coefficient, goal, (lower, upper), now)
    if found.status != "found" or not interval:
        return found
    low, high, reached = _interval(search, values, scenario.seed, (lower, upper), met_above)
    return replace(found, low=low, high=high, reached=reached)


def boundary(
    margins: Callable[[np.ndarray], np.ndarray], coefficient: str, goal: str, bounds: tuple[float, float], now: float
) -> tuple[GoalResult, bool]:
    """Return where a goal is just met within ``bounds``, nearest to ``now``, and whether it is met above that value.

    ``margins`` returns for values tried how much of the goal is left over (negative: missed), in the unit that ``shortfall`` then has.
    """
    grid = np.linspace(*bounds, GRID)
    found = margins(grid)
    best = float(grid[np.argmax(found)])
    if not (found >= 0).any():
        return GoalResult(coefficient, goal, "unreachable", None, best, round(float(-found.max()), 2)), False
    if (found >= 0).all():
        lazy = float(grid[np.argmin(found)])
        return GoalResult(coefficient, goal, "always_met", lazy, best, 0.0), False
    edges = np.flatnonzero((found[:-1] >= 0) != (found[1:] >= 0))
    edge = int(edges[np.argmin(np.abs(grid[edges] - now))])
    met_above = bool(found[edge + 1] >= 0)
    value = float(halved(margins, grid[[edge]], grid[[edge + 1]], met_above)[0])
    return GoalResult(coefficient, goal, "found", value, best, 0.0), met_above


def halved(margins: Callable[[np.ndarray], np.ndarray], low: np.ndarray, high: np.ndarray, met_above: bool) -> np.ndarray:
    """Halve every bracket; return its end on the side where the goal is met."""
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        to_upper = (margins(middle) >= 0) == met_above
        low, high = np.where(to_upper, low, middle), np.where(to_upper, middle, high)
    return high if met_above else low


@dataclass(frozen=True, eq=False)
class _Search:
    arrays: BaselineArrays
    values: Values
    groups: tuple[str, ...] | None
    coefficient: str
    margin: Callable[[BaselineArrays, ChainRuns], np.ndarray]

    def margins(self, tried: np.ndarray, shocks: Shocks) -> np.ndarray:
        """Return the margin of every value tried; with shocks, value and draw belong together row by row."""
        results = np.empty(len(tried))
        for rows in blocks(self.arrays, len(tried)):
            varied: dict[str, Any] = {**self.values, self.coefficient: tried[rows, None]}
            drawn = shocks if shocks is NO_SHOCKS else part(shocks, rows)
            runs = evaluate(self.arrays, varied, shocks=drawn, recapture_groups=self.groups)
            results[rows] = self.margin(self.arrays, runs)
        return results


def _interval(
    search: _Search, values: Values, seed: int, bounds: tuple[float, float], met_above: bool
) -> tuple[float | None, float | None, float]:
    """Return 5th and 95th percentile of the value over random draws, and the share of draws in which the goal can be met."""
    shocks = draw_shocks(search.arrays, values, DRAWS, seed)
    low, high = np.full(DRAWS, bounds[0]), np.full(DRAWS, bounds[1])
    reachable = search.margins(high if met_above else low, shocks) >= 0
    found = halved(lambda tried: search.margins(tried, shocks), low, high, met_above)
    # A draw out of reach lies beyond the end of the range: it counts, but its value is not invented.
    found = np.where(reachable, found, np.inf if met_above else -np.inf)
    first, last = np.percentile(found, [5, 95], method="inverted_cdf").tolist()
    return first if np.isfinite(first) else None, last if np.isfinite(last) else None, float(reachable.mean())
