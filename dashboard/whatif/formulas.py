"""The formulas of budget and settlement, each written once in the catalogue's small grammar.

The chain computes them on arrays (``value``), the front doors on single numbers, and the workbook writes them as Excel formulas
(``excel``): whoever changes one here changes all three. Sources and grades: ``docs/whatif.md``.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np

from dashboard.analysis.expressions import evaluate
from dashboard.catalogue.expression import Call, Expression, Name, Negative, Number, Operation, parse

# What each step adds to the growth of the fund base; score and both growths are the unit's own.
PARTS: Mapping[str, str] = {
    "volume": "a_volume * (volume_growth + volume_adjustment)",
    "quality": "a_quality * (score - quality_reference) / 100",
    "price": "a_price * price_index",
    "case_mix": "a_case_mix * case_mix_growth",
    "extra": "extra_growth",
}
# Of a surplus only what lies between lower and upper times the budget is shared, and likewise of overspending.
KEPT = "max(0, budget * upper - max(spending, budget * lower))"
BORNE = "max(0, min(spending, budget * upper) - budget * lower)"
BORNE_BEYOND = "max(0, spending - budget * lower)"
FORMULAS: Mapping[str, str] = {
    **PARTS,
    # The switch is 0 or 1. A part that is 0 leaves the growth as it is: so the growth after each step is this with the later parts 0.
    "unclipped": "multiplicative * ((1 + volume) * (1 + quality) * (1 + price) * (1 + case_mix) * (1 + extra))"
    " + (1 - multiplicative) * (1 + volume + quality + price + case_mix + extra)",
    "growth": "min(max(unclipped, k_min), k_max)",
    "by_growth": "fund_base * growth",
    "budget": "by_growth + other",
    "balance": "budget - spending",
    "community_share": "gate * surplus_share * kept - deficit_share * borne - beyond",
    "fund_share": "balance - community_share",
    "final": "spending + community_share",
    "prepaid": "budget * prepay_rate",
    "clearing": "final - prepaid",
    "budget_change": "budget - budget_before",
    "balance_change": "balance - balance_before",
}


@cache
def tree(text: str) -> Expression:
    """Return the parsed formula."""
    return parse(text)


def substituted(formula: Expression, parts: Mapping[str, Expression]) -> Expression:
    """Return ``formula`` with some names replaced by formulas."""
    if isinstance(formula, Name):
        return parts.get(formula.name, formula)
    if isinstance(formula, Negative):
        return Negative(substituted(formula.operand, parts))
    if isinstance(formula, Operation):
        return Operation(formula.sign, substituted(formula.left, parts), substituted(formula.right, parts))
    if isinstance(formula, Call):
        return Call(formula.function, tuple(substituted(argument, parts) for argument in formula.arguments))
    return formula


@cache
def described(name: str) -> Expression:
    """Return the formula of a column; the community's share with its three bands written out."""
    formula = tree(FORMULAS[name])
    if name != "community_share":
        return formula
    bands = {"kept": (KEPT, "1 - band", "1"), "borne": (BORNE, "1", "1 + band"), "beyond": (BORNE_BEYOND, "1 + band", "1")}
    return substituted(
        formula, {part: substituted(tree(text), {"lower": tree(low), "upper": tree(high)}) for part, (text, low, high) in bands.items()}
    )


def value(formula: Expression | str, names: Mapping[str, Any]) -> np.ndarray:
    """Return the value of a formula (its name in ``FORMULAS``, or a tree) for numbers or arrays by name."""
    chosen = described(formula) if isinstance(formula, str) else formula
    return np.asarray(evaluate(chosen, lambda name, _years: np.asarray(names[name], dtype=float)), dtype=float)


def growth_levels(parts: Mapping[str, Any], multiplicative: Any) -> list[np.ndarray]:
    """Return the growth (1.05 = +5 %) before any part and after each of ``PARTS`` in order, before floor and cap."""
    levels: list[np.ndarray] = []
    known = dict.fromkeys(PARTS, 0.0) | {"multiplicative": multiplicative}
    for name in ("", *PARTS):
        if name:
            known[name] = parts[name]
        levels.append(value("unclipped", known))
    return levels


def excel(formula: Expression, cells: Mapping[str, str]) -> str:
    """Return a formula as Excel writes it, without its equals sign; ``cells`` is where each name stands."""
    if isinstance(formula, Number):
        return f"{formula.value:g}"
    if isinstance(formula, Name):
        return cells[formula.name]
    if isinstance(formula, Negative):
        return f"(-{excel(formula.operand, cells)})"
    if isinstance(formula, Call):
        return f"{formula.function.upper()}({','.join(excel(argument, cells) for argument in formula.arguments)})"
    left, right = excel(formula.left, cells), excel(formula.right, cells)
    weak = formula.sign in "*/"
    if isinstance(formula.left, Operation) and weak and formula.left.sign in "+-":
        left = f"({left})"
    if isinstance(formula.right, Operation) and (formula.sign in "-/" or (weak and formula.right.sign in "+-")):
        right = f"({right})"
    return f"{left}{formula.sign}{right}"
