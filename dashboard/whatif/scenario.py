"""The front door of the what-if: the scenario document, its run on a baseline, and the comparison of two."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.catalogue.coefficients import Value
from dashboard.language import marked
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.chain import Values, evaluate
from dashboard.whatif.document import (
    LARGEST_DOCUMENT,
    SCHEMA_VERSION,
    Checked,
    Ground,
    Scenario,
    checked,
    checked_values,
    coefficient_values,
    load_scenario,
    scenario_schema,
)
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.outcome import INDICATORS, Outcome, build


def run(scenario: Scenario | Checked, baseline: Baseline) -> Outcome:
    """Run the whole chain for one scenario; one that is already ``checked`` is not checked again.

    Raises:
        ScenarioError: another data version, coefficients that are unknown, out of range or contradictory, or a baseline that
            cannot be computed with (zero population, no claims for a scheme, missing score …). Nothing is half-computed.
    """
    ready = checked(scenario, baseline)
    runs = evaluate(baseline.arrays, ready.values, recapture_groups=ready.scenario.recapture_groups)
    return build(ready.scenario, baseline, ready.values, runs)


def rebase(scenario: Scenario, baseline: Ground) -> Scenario:
    """Return the same scenario on the data version of ``baseline``. Raises ``ScenarioError`` when its coefficients do not fit there."""
    moved = scenario.model_copy(update={"data_version": baseline.data_version})
    coefficient_values(moved, baseline)
    return moved


def adapted(scenario: Scenario, baseline: Ground) -> tuple[Scenario, tuple[str, ...]]:
    """Return a scenario of another program version with only what this version can compute, and the coefficients left out.

    Left out are coefficients that this version does not know, that have become fixed, or whose value it does not allow any more;
    everything else stays. The data version is not changed (``rebase``). Nothing is left out silently: the caller names it.
    """
    known = baseline.coefficients.coefficients
    kept = {
        name: value
        for name, value in scenario.coefficients.items()
        if name in known and not known[name].fixed and not known[name].problem(value)
    }
    rationale = {name: text for name, text in scenario.rationale.items() if name in kept}
    dropped = tuple(name for name in scenario.coefficients if name not in kept)
    return scenario.model_copy(update={"coefficients": kept, "rationale": rationale}), dropped


@dataclass(frozen=True)
class Difference:
    """One coefficient in which two scenarios differ; None where a scenario leaves the default."""

    coefficient: str
    first: Value | None
    second: Value | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs from a to b (b − a).

    ``communities``, ``indicators`` and the county's totals are filled when outcomes were compared, else None.
    """

    differences: tuple[Difference, ...]
    communities: pd.DataFrame | None = None
    indicators: Mapping[str, float | None] | None = None
    county: Mapping[str, float] | None = None


def compare(a: Outcome | Scenario, b: Outcome | Scenario) -> Comparison:
    """Compare two outcomes (money, indicators and coefficients) or two documents (coefficients only).

    Raises:
        ScenarioError: they stand on different data versions or budget years; the numbers would differ for that reason alone.
    """
    first, second = (side.scenario if isinstance(side, Outcome) else side for side in (a, b))
    if first.data_version != second.data_version:
        raise ScenarioError(
            marked("两个方案的数据版本不同（{first} 与 {second}），不能直接比较：差异会混入数据变化"),
            marked("请先把其中一个方案改换到同一数据版本"),
            first=first.data_version,
            second=second.data_version,
        )
    names = sorted(set(first.coefficients) | set(second.coefficients))
    pairs = [Difference(name, first.coefficients.get(name), second.coefficients.get(name)) for name in names]
    differences = tuple(pair for pair in pairs if pair.first != pair.second)
    if not (isinstance(a, Outcome) and isinstance(b, Outcome)):
        return Comparison(differences)
    if a.year != b.year:
        raise ScenarioError(
            marked("两个方案的预算年度不同（{first} 与 {second}），不能比较"), marked("请选择同一年度的方案"), first=a.year, second=b.year
        )
    money = ["budget", "spending", "balance", "community_share", "fund_share", "final"]
    return Comparison(
        differences=differences,
        communities=(b.communities[money] - a.communities[money]).round(2),
        indicators={name: _change(a.indicators[name].value, b.indicators[name].value) for name in INDICATORS},
        county={name: round(getattr(b, name) - getattr(a, name), 2) for name in ("budget", "spending", "balance")},
    )


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


__all__ = [
    "LARGEST_DOCUMENT",
    "SCHEMA_VERSION",
    "Checked",
    "Outcome",
    "Scenario",
    "Values",
    "adapted",
    "checked",
    "checked_values",
    "coefficient_values",
    "compare",
    "load_scenario",
    "rebase",
    "run",
    "scenario_schema",
]
