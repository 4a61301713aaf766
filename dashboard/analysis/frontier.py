"""The production frontier behind DEA: linear programmes over a growing set of reference units.

One programme per unit over all units costs units² columns. Nearly all of those columns are never used: only units on the frontier
can be peers. So each programme starts from the reference units met so far, and its dual prices are then tried on *all* units: a unit that
would improve the programme joins the set and the programme is solved again (column generation). When no unit would improve it, the
solution is that of the full programme. The set is kept from unit to unit, so nearly every unit needs one small programme; and since such
a programme is solved faster than it is set up, those of a batch of units are handed to HiGHS as one, block by block.
"""

from typing import Literal, NamedTuple

import numpy as np
from scipy import sparse
from scipy.optimize import OptimizeResult, linprog

BATCH = 50  # units solved as one programme; larger gains little and makes progress coarse
_PRICE_TOLERANCE = 1e-9  # on data scaled to column means
_ROUNDING = 1e-9  # differences below it are noise of the solver
_FEASIBILITY = 1e-7  # feasibility tolerance of HiGHS: it takes up the rounding of theta; smaller weights and slacks mean nothing
_OPTIMAL = 0  # scipy's status


class _Programmes(NamedTuple):
    """Programmes min cost·λ (or θ) under columns·λ + shrinking·θ ≤ bounds, one row of ``bounds`` and ``shrinking`` per unit."""

    cost: np.ndarray
    bounds: np.ndarray
    shrinking: np.ndarray | None

    def of(self, units: np.ndarray) -> "_Programmes":
        return _Programmes(self.cost, self.bounds[units], None if self.shrinking is None else self.shrinking[units])


class Frontier:
    """Reference units of one period under constant or variable returns to scale."""

    def __init__(self, inputs: np.ndarray, outputs: np.ndarray, returns: Literal["constant", "variable"]) -> None:
        """Take units × inputs and units × outputs, all ≥ 0, each unit with some positive input and some positive output."""
        self._input_scale, self._output_scale = _scale(inputs), _scale(outputs)
        self._columns = np.concatenate([(inputs / self._input_scale).T, -(outputs / self._output_scale).T])
        self._variable = returns == "variable"
        self._members = _starting(inputs, outputs)

    def efficiency(self, used: np.ndarray, made: np.ndarray) -> np.ndarray:
        """Return θ of some units (rows of inputs and outputs, also of another period) against this frontier.

        At most 1 for a unit of this frontier; a unit of another period may exceed 1. NaN when no mix of reference units
        produces ``made`` from a multiple of ``used``.
        """
        x, y = used / self._input_scale, made / self._output_scale
        shrinking = np.concatenate([-x, np.zeros(y.shape)], axis=1)
        bounds = np.concatenate([np.zeros(x.shape), -y], axis=1)
        theta, _ = self._solve(_Programmes(np.zeros(self._columns.shape[1]), bounds, shrinking))
        return np.where(np.abs(theta - 1.0) < _ROUNDING, 1.0, theta)

    def target(self, used: np.ndarray, made: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the peers' weights (units × reference units) and the slacks (units × inputs, then outputs).

        The sum of slacks, each in the mean of its column, is the greatest there is. ``theta`` holds the units' efficiencies
        against this frontier, so peers exist.
        """
        bounds = np.concatenate([theta[:, None] * used / self._input_scale, -made / self._output_scale], axis=1)
        # Σ slacks = Σ bounds − Σ columns·λ: the greatest sum of slacks is the least sum of columns.
        _, weights = self._solve(_Programmes(self._columns.sum(axis=0), bounds, None))
        weights[weights < _FEASIBILITY] = 0.0
        slacks = bounds - weights @ self._columns.T
        slacks[slacks < _FEASIBILITY] = 0.0
        return weights, slacks * np.concatenate([self._input_scale, self._output_scale])

    def _solve(self, programmes: _Programmes) -> tuple[np.ndarray, np.ndarray]:
        """Return θ (NaN where there is no solution) and the weights λ over all reference units, a row per programme."""
        units, everything = len(programmes.bounds), np.arange(self._columns.shape[1])
        theta, weights = np.full(units, np.nan), np.zeros((units, len(everything)))
        waiting, members = np.arange(units), self._members
        while len(waiting):
            result = self._solved(programmes.of(waiting), members)
            if result.status == _OPTIMAL:
                values = result.x.reshape(len(waiting), -1)
                entering = self._entering(result, programmes.cost, members)
                settled = waiting[entering < 0]
                theta[settled] = values[entering < 0, 0]
                weights[settled[:, None], members] = values[entering < 0, -len(members) :]
                waiting = waiting[entering >= 0]
                members = self._members = np.union1d(self._members, entering[entering >= 0])
            elif len(waiting) > 1:  # one programme without solution spoils its batch
                for unit in waiting:
                    theta[[unit]], weights[[unit]] = self._solve(programmes.of(np.array([unit])))
                break
            elif len(members) < len(everything):  # the members are too few, perhaps, for a unit with a zero input
                members = everything
            else:
                break
        return theta, weights

    def _solved(self, programmes: _Programmes, members: np.ndarray) -> OptimizeResult:
        """Solve the programmes over ``members`` as one: a block each, of θ (if there is one) and the weights."""
        units = len(programmes.bounds)
        table, cost, sum_of_weights = self._columns[:, members], programmes.cost[members], np.ones((1, len(members)))
        if programmes.shrinking is not None:
            table = np.concatenate([np.zeros((len(table), 1)), table], axis=1)
            cost, sum_of_weights = np.insert(cost, 0, 1.0), np.insert(sum_of_weights, 0, 0.0, axis=1)
        blocks = sparse.kron(sparse.eye_array(units), table)
        if programmes.shrinking is not None:
            rows, first = np.arange(programmes.shrinking.size), np.repeat(np.arange(units) * len(cost), len(table))
            blocks = blocks + sparse.coo_array((programmes.shrinking.ravel(), (rows, first)), shape=blocks.shape)
        equality = (sparse.kron(sparse.eye_array(units), sum_of_weights), np.ones(units)) if self._variable else (None, None)
        return linprog(np.tile(cost, units), blocks.tocsc(), programmes.bounds.ravel(), *equality, method="highs")

    def _entering(self, result: OptimizeResult, cost: np.ndarray, members: np.ndarray) -> np.ndarray:
        """Return for each programme the reference unit of most negative reduced cost, which would improve it; −1 if none would."""
        prices = result.ineqlin.marginals.reshape(-1, len(self._columns))
        reduced = cost - prices @ self._columns
        if self._variable:
            reduced -= result.eqlin.marginals[:, None]
        reduced[:, members] = 0.0  # at their best already, up to rounding
        best = np.argmin(reduced, axis=1)
        return np.where(reduced[np.arange(len(best)), best] < -_PRICE_TOLERANCE, best, -1)


def _starting(inputs: np.ndarray, outputs: np.ndarray) -> np.ndarray:
    """Return the units to start from: with them every unit of this frontier can be produced, so that no batch is without solution.

    A unit that uses none of some inputs can be made only of units that use none of them either: hence the greatest of each such group.
    """
    unused = inputs == 0
    kept = [
        np.flatnonzero(among)[_greatest(outputs[among])] for among in ((unused >= row).all(axis=1) for row in np.unique(unused, axis=0))
    ]
    return np.unique(np.concatenate([np.empty(0, dtype="int64"), *kept]))


def _greatest(outputs: np.ndarray) -> np.ndarray:
    """Return the units whose outputs no other unit surpasses: with them, every unit's outputs can be produced."""
    kept: list[int] = []
    for unit in np.argsort(-outputs.sum(axis=1), kind="stable"):
        if not any((outputs[other] >= outputs[unit]).all() for other in kept):
            kept.append(int(unit))
    return np.array(sorted(kept), dtype="int64")


def _scale(table: np.ndarray) -> np.ndarray:
    """Return the mean of each column, 1 for a column of zeros."""
    means = table.sum(axis=0) / max(len(table), 1)
    return np.where(means > 0, means, 1.0)
