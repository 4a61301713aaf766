"""Computing the expressions of the catalogue on arrays of units."""

from collections.abc import Callable

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
    match tree:
        case Number(value):
            return np.float64(value)  # type: ignore[return-value]
        case Name(name):
            return lookup(name, years_back)
        case Negative(operand):
            return -evaluate(operand, lookup, years_back)
        case Operation(sign, left, right):
            return _operation(sign, evaluate(left, lookup, years_back), evaluate(right, lookup, years_back))
        case Call("last_year", arguments):
            return evaluate(arguments[0], lookup, years_back + 1)
        case Call(function, arguments):
            return _function(function, [evaluate(argument, lookup, years_back) for argument in arguments])


def _operation(sign: str, left: FloatArray, right: FloatArray) -> FloatArray:
    if sign == "+":
        return left + right
    if sign == "-":
        return left - right
    return left * right if sign == "*" else divide(left, right)


def _function(function: str, values: list[FloatArray]) -> FloatArray:
    if function == "share":
        return divide(values[0], values[0] + values[1])
    if function == "ratio":
        return divide(values[0], values[1])
    result = values[0]
    operation = {"min": np.minimum, "max": np.maximum, "sum": np.add}[function]
    for value in values[1:]:
        result = operation(result, value)
    return result
