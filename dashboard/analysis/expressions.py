"""Computing the expressions of the catalogue on arrays of units."""

from collections.abc import Callable, Mapping
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from dashboard.catalogue.expression import Call, Expression, Name, Negative, Number, Operation

FloatArray = NDArray[np.float64]
Lookup = Callable[[str, int], FloatArray]


def divide(numerator: FloatArray, denominator: FloatArray) -> FloatArray:
    """Return the quotient, missing where the denominator is 0: it is charted, so neither 0 nor infinity will do."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(denominator == 0, np.nan, numerator / denominator)


def evaluate(tree: Expression, lookup: Lookup, years_back: int = 0) -> FloatArray:
    """Return the value of ``tree`` per unit.

    Args:
        tree: a parsed expression.
        lookup: gives the array of a measure so many years back; NaN where missing.
        years_back: 0 for the period itself.

    Returns:
        One value per unit. What is missing stays missing through every operation.
    """
    if isinstance(tree, Number):
        return np.array(tree.value)
    if isinstance(tree, Name):
        return lookup(tree.name, years_back)
    if isinstance(tree, Negative):
        return -evaluate(tree.operand, lookup, years_back)
    if isinstance(tree, Operation):
        return _operation(tree.sign, evaluate(tree.left, lookup, years_back), evaluate(tree.right, lookup, years_back))
    back = years_back + (tree.function == "last_year")
    return _function(tree, [evaluate(argument, lookup, back) for argument in tree.arguments])


def _operation(sign: str, left: FloatArray, right: FloatArray) -> FloatArray:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    return left * right if sign == "*" else divide(left, right)


def _function(call: Call, values: list[FloatArray]) -> FloatArray:
    if call.function == "last_year":
        return values[0]
    if call.function == "share":
        return divide(values[0], values[0] + values[1])
    if call.function == "ratio":
        return divide(values[0], values[1])
    return reduce(_FOLDED[call.function], values)


_FOLDED: Mapping[str, Callable[[FloatArray, FloatArray], FloatArray]] = {"min": np.minimum, "max": np.maximum, "sum": np.add}
