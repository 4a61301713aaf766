"""Which coefficient matters most: one at a time (tornado), and all together (Sobol indices).

The tornado moves each coefficient by its own usual step from the catalogue, the others staying where the scenario has them. The global
analysis moves all chosen ones over a range around the scenario and shares the variance out (Sobol).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dashboard.catalogue.coefficients import Coefficient
from dashboard.language import marked
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.chain import ChainRuns, Values, evaluate
from dashboard.whatif.document import Checked, Scenario, checked
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.uncertainty import blocks

Measure = Callable[[ChainRuns], np.ndarray]


def county_balance(runs: ChainRuns) -> np.ndarray:
    """Return budget − spending of the county by run, yuan."""
    total: np.ndarray = runs.balance.sum(axis=1)
    return total


def community_part(runs: ChainRuns) -> np.ndarray:
    """Return what the communities keep (+) or bear (−) together by run, yuan."""
    total: np.ndarray = runs.community.sum(axis=1)
    return total


def county_budget(runs: ChainRuns) -> np.ndarray:
    """Return the county's budget by run, yuan."""
    total: np.ndarray = runs.budget.sum(axis=1)
    return total


MEASURES: Mapping[str, Measure] = {"balance": county_balance, "community": community_part, "budget": county_budget}


@dataclass(frozen=True)
class TornadoBar:
    """What one coefficient does: the two values tried and the change of the measure each brings, yuan."""

    coefficient: str
    low_value: float
    high_value: float
    low_change: float
    high_change: float

    @property
    def reach(self) -> float:
        """The larger of the two changes, unsigned."""
        return max(abs(self.low_change), abs(self.high_change))


def movable(baseline: Baseline, values: Values) -> dict[str, Coefficient]:
    """Return the coefficients that move by steps: no lists, switches or fixed ones, nor those that only share money among hospitals."""
    not_in_balance = ("prepay_rate", "primary_floor", "same_price_groups", "coefficient_strength", "bed_day_adjustment")
    return {
        name: coefficient
        for name, coefficient in baseline.coefficients.of_model("budget_chain").items()
        if not coefficient.is_list and coefficient.unit != "switch" and not coefficient.fixed and name not in not_in_balance
    }


def _bounds(name: str, coefficient: Coefficient, values: Values) -> tuple[float, float]:
    """Return the range of a coefficient; floor and cap do not pass each other."""
    lower = max(coefficient.lower, values["k_min"]) if name == "k_max" else coefficient.lower
    upper = min(coefficient.upper, values["k_max"]) if name == "k_min" else coefficient.upper
    return lower, upper


def tornado(scenario: Scenario | Checked, baseline: Baseline, *, measure: str = "balance") -> tuple[TornadoBar, ...]:
    """Return the effect of one step down and one step up of every coefficient, the largest first.

    Args:
        scenario: the point to move from.
        baseline: the baseline.
        measure: ``balance``, ``community`` or ``budget`` of the county (``MEASURES``).

    Raises:
        ScenarioError: as ``scenario.run``.
    """
    ready = checked(scenario, baseline)
    scenario, values = ready.scenario, ready.values
    coefficients = movable(baseline, values)
    rows: list[dict[str, float]] = [{}]
    tried: list[tuple[str, float, float]] = []
    for name, coefficient in coefficients.items():
        lower, upper = _bounds(name, coefficient, values)
        centre = float(values[name])  # type: ignore[arg-type]
        low, high = max(lower, centre - coefficient.step), min(upper, centre + coefficient.step)
        tried.append((name, low, high))
        rows += [{name: low}, {name: high}]
    results = _measured(scenario, baseline, values, rows, list(coefficients), MEASURES[measure])
    changes = np.round(results - results[0], 2)
    pairs = changes[1:].reshape(-1, 2).tolist()
    bars = [TornadoBar(*attempt, *pair) for attempt, pair in zip(tried, pairs, strict=True)]
    return tuple(sorted(bars, key=lambda bar: -bar.reach))


def _measured(
    scenario: Scenario, baseline: Baseline, values: Values, rows: Sequence[Mapping[str, float]], names: Sequence[str], measure: Measure
) -> np.ndarray:
    """Return the measure for every row of changed values, in blocks of runs."""
    columns = {name: np.array([[row.get(name, values[name])] for row in rows], dtype=float) for name in names}
    results = np.empty(len(rows))
    for block in blocks(baseline.arrays, len(rows)):
        varied: dict[str, Any] = {**values, **{name: column[block] for name, column in columns.items()}}
        results[block] = measure(evaluate(baseline.arrays, varied, recapture_groups=scenario.recapture_groups))
    return results


@dataclass(frozen=True)
class GlobalIndex:
    """Share of the variance a coefficient explains alone (first order) and with all its interactions (total)."""

    coefficient: str
    first_order: float
    total: float


def global_sensitivity(
    scenario: Scenario | Checked,
    baseline: Baseline,
    names: Sequence[str],
    *,
    spread: float = 5.0,
    samples: int = 256,
    measure: str = "balance",
    progress: Callable[[float], None] | None = None,
) -> tuple[GlobalIndex, ...]:
    """Return Sobol indices of the named coefficients, the largest total first.

    Args:
        scenario: the point the ranges are laid around; its seed scrambles the Sobol sequence.
        baseline: the baseline.
        names: two or more movable coefficients.
        spread: half width of each range in steps of the coefficient, cut at its allowed range.
        samples: a power of two from 8 to 4096; the chain runs samples · (names + 2) times.
        measure: see ``tornado``.
        progress: called with the share done.

    Raises:
        ScenarioError: unknown coefficients, samples that are no power of two, and as ``scenario.run``.
    """
    ready = checked(scenario, baseline)
    scenario, values = ready.scenario, ready.values
    known = movable(baseline, values)
    unknown = [name for name in names if name not in known]
    if unknown or len(set(names)) != len(names) or len(names) < 2:
        raise ScenarioError(
            marked("不能用于全局敏感性的系数：{names}"), marked("请选择两个以上可移动的系数"), names=listed(unknown or names) or "—"
        )
    if samples not in (2**power for power in range(3, 13)):
        raise ScenarioError(marked("抽样数 {samples} 无效"), marked("请用 8 到 4096 之间的 2 的幂"), samples=samples)
    ranges = [_range(name, known[name], values, spread) for name in names]

    def outcome(matrix: np.ndarray) -> np.ndarray:
        rows = [dict(zip(names, row, strict=True)) for row in matrix.tolist()]
        return _measured(scenario, baseline, values, rows, names, MEASURES[measure])

    pairs = sobol_indices(outcome, ranges, samples, scenario.seed, progress)
    return tuple(sorted((GlobalIndex(name, *pair) for name, pair in zip(names, pairs, strict=True)), key=lambda index: -index.total))


def sobol_indices(
    outcome: Callable[[np.ndarray], np.ndarray],
    ranges: Sequence[tuple[float, float]],
    samples: int,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> list[tuple[float, float]]:
    """Return (first order, total) of every input by ``scipy.stats.sobol_indices``: Saltelli's design over a scrambled Sobol sequence.

    Args:
        outcome: the model, rows of inputs → one number each.
        ranges: lower and upper end of each input, varied evenly and independently.
        samples: a power of two; the model is asked for samples · (inputs + 2) rows.
        seed: scrambles the sequence: the same seed, the same indices.
        progress: called with the share done.

    An outcome that nothing moves has no variance to share: all indices are 0 then. Checked against the analytic indices of the Ishigami
    function.
    """
    # On request only: the import takes longer than a slider may.
    from scipy import stats

    # Between 0 and 1 an input without width is one that explains nothing; a distribution without width would be refused.
    lower, upper = np.array(ranges, dtype=float).T
    parts, answers = len(ranges) + 2, []

    def asked(columns: np.ndarray) -> np.ndarray:
        for block in np.split(columns.T, columns.shape[1] // samples):
            answers.append(outcome(lower + block * (upper - lower)))
            if progress is not None:
                progress(len(answers) / parts)
        return np.concatenate(answers[-(columns.shape[1] // samples) :])[None, :]

    with np.errstate(invalid="ignore"):
        found = stats.sobol_indices(func=asked, n=samples, dists=[stats.uniform()] * len(ranges), rng=np.random.default_rng(seed))
    if np.ptp(np.concatenate(answers)) == 0:
        return [(0.0, 0.0)] * len(ranges)
    return list(zip(found.first_order.ravel().tolist(), found.total_order.ravel().tolist(), strict=True))


def _range(name: str, coefficient: Coefficient, values: Values, spread: float) -> tuple[float, float]:
    lower, upper = coefficient.lower, coefficient.upper
    if name in ("k_min", "k_max"):
        # Floor and cap vary at once: each keeps to its own side of the middle, so they never cross.
        middle = (values["k_min"] + values["k_max"]) / 2
        lower, upper = (lower, middle) if name == "k_min" else (middle, upper)
    centre = float(values[name])
    return max(lower, centre - spread * coefficient.step), min(upper, centre + spread * coefficient.step)
