"""The production frontier behind DEA: linear programmes over a growing set of reference units.

One programme per unit over all units costs units² columns. Nearly all of those columns are never used: only units on the frontier can
be peers. So each programme starts from the frontier units met so far, and its dual prices are then tried on *all* units: a unit that
would improve the programme joins the set and the programme is solved again (column generation). When no unit would improve it, the
solution is that of the full programme. The set is kept from unit to unit, so most units need one small programme.
"""

from typing import Literal

import numpy as np
from scipy.optimize import OptimizeResult, linprog

_PRICE_TOLERANCE = 1e-9  # on data scaled to column means
_ROUNDING = 1e-9  # differences below it are noise of the solver
_FEASIBILITY = 1e-7  # feasibility tolerance of HiGHS: it takes up the rounding of theta, and smaller weights and slacks mean nothing
_OPTIMAL = 0  # scipy's status


class Frontier:
    """Reference units of one period under constant or variable returns to scale."""

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray, returns: Literal["constant", "variable"]) -> None:
        """Take units × inputs and units × outputs, all ≥ 0, each unit with some positive input and some positive output."""
        self._input_scale, self._output_scale = _scale(inputs), _scale(outputs)
        self._columns = np.concatenate([(inputs / self._input_scale).T, -(outputs / self._output_scale).T])
        self._variable = returns == "variable"
        self._members: list[int] = []

    def efficiency(self, used: np.ndarray, made: np.ndarray) -> float:
        """Return θ of one unit (its inputs and outputs, also of another period) against this frontier.

        At most 1 for a unit of this frontier; a unit of another period may exceed 1. NaN when no mix of reference units
        produces ``made`` from a multiple of ``used``.
        """
        x, y = used / self._input_scale, made / self._output_scale
        shrinking = np.concatenate([-x, np.zeros(len(y))])
        solution = self._solve(np.zeros(self._columns.shape[1]), np.concatenate([np.zeros(len(x)), -y]), shrinking)
        if solution is None:
            return float("nan")
        theta = float(solution[0][0])
        return 1.0 if abs(theta - 1.0) < _ROUNDING else theta

    def target(self, used: np.ndarray, made: np.ndarray, theta: float) -> tuple[np.ndarray, np.ndarray]:
        """Return the peers' weights (one per reference unit) and the slacks (inputs, then outputs) of a unit of efficiency ``theta``.

        The sum of slacks, each in the mean of its column, is the greatest there is. ``theta`` is that of this frontier, so peers exist.
        """
        bounds = np.concatenate([theta * used / self._input_scale, -made / self._output_scale])
        # Σ slacks = Σ bounds − Σ columns·λ: the greatest sum of slacks is the least sum of columns.
        solution = self._solve(self._columns.sum(axis=0), bounds)
        assert solution is not None, "theta is not the efficiency of this unit against this frontier"
        weights = np.zeros(self._columns.shape[1])
        weights[solution[1]] = np.where(solution[0] > _FEASIBILITY, solution[0], 0.0)
        slacks = bounds - self._columns @ weights
        slacks[slacks < _FEASIBILITY] = 0.0
        return weights, slacks * np.concatenate([self._input_scale, self._output_scale])

    def _solve(self, cost: np.ndarray, bounds: np.ndarray, shrinking: np.ndarray | None = None) -> tuple[np.ndarray, list[int]] | None:
        """Minimise cost·λ (or, with the column ``shrinking``, its variable θ) under columns·λ + shrinking·θ ≤ bounds.

        Returns the values (θ first, if there is one) and the members they belong to; None when there is no solution at all.
        """
        everything = list(range(self._columns.shape[1]))
        members = self._members or everything
        while True:
            result = self._programme(members, cost, bounds, shrinking)
            if result.status == _OPTIMAL:
                entering = [] if members is everything else self._improving(result, cost)
                if not entering:
                    break
                self._members = members = sorted({*members, *entering})
            elif members is everything:
                return None
            else:
                members = everything
        values = result.x if shrinking is None else result.x[1:]
        self._members = sorted({*self._members, *(member for member, value in zip(members, values, strict=True) if value > _ROUNDING)})
        return result.x, members

    def _programme(self, members: list[int], cost: np.ndarray, bounds: np.ndarray, shrinking: np.ndarray | None) -> OptimizeResult:
        table, weighed = self._columns[:, members], cost[members]
        sum_of_weights = np.ones((1, len(members)))
        if shrinking is not None:
            table, weighed = np.column_stack([shrinking, table]), np.concatenate([[1.0], weighed])
            sum_of_weights = np.concatenate([[[0.0]], sum_of_weights], axis=1)
        equality = (sum_of_weights, np.ones(1)) if self._variable else (None, None)
        return linprog(weighed, table, bounds, *equality, method="highs")

    def _improving(self, result: OptimizeResult, cost: np.ndarray) -> list[int]:
        """Return the unit with the most negative reduced cost, if there is one: it would improve the solution."""
        reduced = cost - result.ineqlin.marginals @ self._columns
        if self._variable:
            reduced = reduced - result.eqlin.marginals[0]
        best = int(np.argmin(reduced))
        return [best] if reduced[best] < -_PRICE_TOLERANCE and best not in self._members else []


def _scale(table: np.ndarray) -> np.ndarray:
    """Return the mean of each column, 1 for a column of zeros."""
    means = table.sum(axis=0) / max(len(table), 1)
    return np.where(means > 0, means, 1.0)
