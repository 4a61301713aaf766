"""Distribute the year's growth between communities: a linear programme (HiGHS) with its binding constraint named and priced.

    budget_u = fund base_u · k_u,   lowest_u ≤ k_u ≤ highest_u
    Σ_{u of a scheme} budget_u ≤ available · (1 − reserve)              the county's fund, one constraint per scheme
    Σ_u primary share_u · budget_u ≥ floor · Σ_u budget_u               primary care's share of all budgets
    smallest_deficit: min z,  spending_u − budget_u ≤ z, z ≥ 0
    attainment:       max Σ_u weight_u · min(budget_u ÷ spending_u, 1), weights by insured people

A price is what one more unit of what the reader typed is worth in the objective (yuan of largest deficit saved, or share of attainment
gained): a yuan of the county's fund, of which the reserve keeps its part, or a percentage point of a bound on growth or of the primary
floor.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from scipy.optimize import OptimizeResult, linprog

from dashboard.language import marked
from dashboard.whatif.baseline import PRIMARY, Baseline, BaselineArrays
from dashboard.whatif.chain import ChainRuns, evaluate
from dashboard.whatif.document import Checked, Scenario, checked
from dashboard.whatif.errors import ScenarioError

Objective = Literal["smallest_deficit", "attainment"]
NO_PRICE = 1e-9


@dataclass(frozen=True)
class Binding:
    """A constraint that holds the optimum back: ``kind`` county_fund, primary_floor, growth_floor or growth_cap.

    ``name`` is the scheme or "community·scheme" it belongs to; ``price`` the gain of the objective per yuan: of the fund as it was given
    (the reserve keeps its part of it), of that budget for a bound on growth, of all budgets for the primary floor. ``point_price`` is the
    gain per percentage point of the bound or floor that was given; None for a fund, which is given in yuan.
    """

    kind: Literal["county_fund", "primary_floor", "growth_floor", "growth_cap"]
    name: str
    price: float
    point_price: float | None = None


@dataclass(frozen=True, eq=False)
class Optimum:
    """The best distribution found, or why there is none.

    When feasible: ``units`` by community × scheme with growth, budget, spending, balance (yuan); ``objective`` in yuan of largest
    deficit or as attained share; ``binding`` with the dearest constraint first. Else ``reason`` (a message id with ``details``)
    says which demands contradict each other and by how much.
    """

    feasible: bool
    objective: float | None
    units: pd.DataFrame
    binding: tuple[Binding, ...]
    reason: str = ""
    details: Mapping[str, float | str] = field(default_factory=dict)


def optimise(
    scenario: Scenario | Checked,
    baseline: Baseline,
    *,
    objective: Objective = "smallest_deficit",
    bounds: Mapping[str, tuple[float, float]] | None = None,
    primary_floor: float = 0.0,
) -> Optimum:
    """Return growth per community and scheme that serves ``objective`` best under the county's fund.

    Args:
        scenario: gives spending, fund base and the default bounds k_min, k_max.
        baseline: the baseline; schemes without ``available`` have no fund constraint.
        objective: see the module.
        bounds: lowest and highest k by community, where they differ from the scenario's.
        primary_floor: least share of all budgets that goes where primary care is used, 0–1.

    Raises:
        ScenarioError: bounds that contradict each other or name unknown communities, floor outside 0–1, and as ``scenario.run``.
    """
    ready = checked(scenario, baseline)
    scenario, values = ready.scenario, ready.values
    arrays = baseline.arrays
    runs = evaluate(arrays, values, recapture_groups=scenario.recapture_groups)
    if not 0 <= primary_floor <= 1:
        raise ScenarioError(marked("基层保底比例 {floor} 超出 0 到 1"), marked("请填写 0 到 1 之间的比例"), floor=primary_floor)
    problem = _Problem(arrays, runs, *_limits(arrays, values["k_min"], values["k_max"], bounds or {}), primary_floor, objective)
    contradiction = _contradiction(problem)
    if contradiction is not None:
        return contradiction
    solution = problem.solve()
    budget = np.asarray(solution.x[: problem.count])
    units = pd.DataFrame(
        {
            "community": [arrays.communities[position] for position in arrays.community_of],
            "scheme": [arrays.schemes[position] for position in arrays.scheme_of],
            "growth": budget / problem.base,
            "budget": np.round(budget, 2),
            "spending": np.round(problem.spending, 2),
            "balance": np.round(np.round(budget, 2) - np.round(problem.spending, 2), 2),
        }
    )
    value = float(solution.fun) if objective == "smallest_deficit" else float(-solution.fun)
    return Optimum(True, value, units, problem.binding(solution))


def _limits(arrays: BaselineArrays, floor: object, cap: object, bounds: Mapping[str, tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    unknown = sorted(set(bounds) - set(arrays.communities))
    crossed = [name for name, (low, high) in bounds.items() if not 0 <= low <= high < np.inf]
    if unknown or crossed:
        raise ScenarioError(
            marked("增速范围无效：{names}"), marked("请只给已有的医共体，且下限不高于上限"), names="、".join([*unknown, *crossed])
        )
    pairs = [bounds.get(arrays.communities[position], (floor, cap)) for position in arrays.community_of]
    low, high = np.array(pairs, dtype=float).T
    return low, high


@dataclass(frozen=True, eq=False)
class _Problem:
    """The linear programme. Variables: budget by unit in yuan, then z (smallest deficit) or the attained share by unit."""

    arrays: BaselineArrays
    runs: ChainRuns
    low: np.ndarray
    high: np.ndarray
    primary_floor: float
    objective: Objective

    @property
    def count(self) -> int:
        return len(self.low)

    @property
    def base(self) -> np.ndarray:
        base: np.ndarray = self.runs.levels[0][0]
        return base

    @property
    def spending(self) -> np.ndarray:
        spending: np.ndarray = self.runs.spending[0]
        return spending

    @property
    def primary_share(self) -> np.ndarray:
        """Where the unit's fund money is spent: share of primary institutions."""
        share: np.ndarray = self.runs.fund[0][:, :, PRIMARY].sum(axis=1) / self.spending
        return share

    @property
    def funds(self) -> tuple[int, ...]:
        """The schemes with a county fund."""
        return tuple(int(position) for position in np.flatnonzero(np.isfinite(self.runs.limit[0])))

    def _shared_rows(self, width: int) -> tuple[list[np.ndarray], list[float]]:
        rows, limits = [], []
        for scheme in self.funds:
            row = np.zeros(width)
            row[self.arrays.scheme_members[scheme]] = 1.0
            rows.append(row)
            limits.append(float(self.runs.limit[0, scheme]))
        if self.primary_floor > 0:
            row = np.zeros(width)
            row[: self.count] = self.primary_floor - self.primary_share
            rows.append(row)
            limits.append(0.0)
        return rows, limits

    def solve(self) -> OptimizeResult:
        budget_bounds = list(zip(self.base * self.low, self.base * self.high, strict=True))
        own = np.arange(self.count)
        if self.objective == "smallest_deficit":
            rows, limits = self._shared_rows(self.count + 1)
            cost = np.concatenate([np.zeros(self.count), [1.0]])
            for unit in own:
                row = np.zeros(self.count + 1)
                row[unit], row[-1] = -1.0, -1.0
                rows.append(row)
                limits.append(-float(self.spending[unit]))
            variable_bounds = [*budget_bounds, (0.0, None)]
        else:
            rows, limits = self._shared_rows(2 * self.count)
            cost = np.concatenate([np.zeros(self.count), -self.arrays.insured / self.arrays.insured.sum()])
            for unit in own:
                row = np.zeros(2 * self.count)
                row[unit], row[self.count + unit] = -1.0 / self.spending[unit], 1.0
                rows.append(row)
                limits.append(0.0)
            variable_bounds = [*budget_bounds, *[(0.0, 1.0)] * self.count]
        matrix = np.array(rows)
        return linprog(cost, A_ub=matrix, b_ub=np.array(limits), bounds=variable_bounds, method="highs")

    def binding(self, solution: OptimizeResult) -> tuple[Binding, ...]:
        """Return the constraints with a price, the dearest first. Marginals are d objective ÷ d right-hand side: gains are negative."""
        prices = -np.asarray(solution.ineqlin.marginals)
        # The programme is held by what the reserve leaves; the reader gave the fund.
        left = self.runs.limit[0] / self.arrays.available
        found = [
            Binding("county_fund", self.arrays.schemes[scheme], float(prices[row] * left[scheme])) for row, scheme in enumerate(self.funds)
        ]
        if self.primary_floor > 0:
            price = float(prices[len(self.funds)])
            found.append(Binding("primary_floor", "", price, price * float(np.sum(solution.x[: self.count])) / 100))
        floors, caps = np.asarray(solution.lower.marginals)[: self.count], -np.asarray(solution.upper.marginals)[: self.count]
        for unit in range(self.count):
            name = f"{self.arrays.communities[self.arrays.community_of[unit]]}·{self.arrays.schemes[self.arrays.scheme_of[unit]]}"
            point = float(self.base[unit]) / 100
            low, high = float(floors[unit]), float(caps[unit])
            found += [Binding("growth_floor", name, low, low * point), Binding("growth_cap", name, high, high * point)]
        # An average attained share per yuan is a tiny number: the threshold follows the objective's size.
        least = NO_PRICE if self.objective == "smallest_deficit" else NO_PRICE / float(self.spending.sum())
        return tuple(sorted((item for item in found if item.price > least), key=lambda item: -item.price))


def _contradiction(problem: _Problem) -> Optimum | None:
    """Return why no distribution can meet the demands, or None. Checked in the order a reader can act on."""
    arrays, least = problem.arrays, problem.base * problem.low
    for scheme in problem.funds:
        needed, limit = float(least[arrays.scheme_members[scheme]].sum()), float(problem.runs.limit[0, scheme])
        if needed > limit:
            return _none(
                marked("增速下限合计 {needed:,.2f} 元，超出 {scheme} 可用基金 {limit:,.2f} 元，相差 {missing:,.2f} 元"),
                scheme=arrays.schemes[scheme],
                needed=needed,
                limit=limit,
                missing=needed - limit,
            )
    if problem.primary_floor > 0:
        reachable = _most_primary(problem)
        if reachable < problem.primary_floor:
            return _none(
                marked("基层保底比例 {floor:.1%} 达不到：在增速上下限与可用基金内最高为 {reachable:.1%}"),
                floor=problem.primary_floor,
                reachable=reachable,
            )
    return None


def _none(reason: str, **details: float | str) -> Optimum:
    return Optimum(False, None, pd.DataFrame(), (), reason, details)


def _most_primary(problem: _Problem) -> float:
    """Return the highest share of primary care any allowed distribution reaches.

    A share is a ratio of two linear sums; with budgets scaled by t = 1 ÷ Σ budget it is linear (Charnes–Cooper).
    """
    count, share = problem.count, problem.primary_share
    cost = np.concatenate([-share, [0.0]])
    identity = np.eye(count)
    rows = [
        np.hstack([identity, -(problem.base * problem.high)[:, None]]),
        np.hstack([-identity, (problem.base * problem.low)[:, None]]),
    ]
    for scheme in problem.funds:
        row = np.zeros((1, count + 1))
        row[0, problem.arrays.scheme_members[scheme]] = 1.0
        row[0, -1] = -problem.runs.limit[0, scheme]
        rows.append(row)
    matrix = np.vstack(rows)
    total = np.concatenate([np.ones(count), [0.0]])[None, :]
    solution = linprog(cost, A_ub=matrix, b_ub=np.zeros(len(matrix)), A_eq=total, b_eq=[1.0], bounds=(0, None), method="highs")
    return float(-solution.fun)
