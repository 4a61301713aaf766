"""Money between yuan (what readers and front doors use) and whole cents (what is allocated)."""

import math
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import numpy as np

from dashboard.analysis.rounding import largest_remainder
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError

# Half a trillion yuan: far above any county, and well inside what a float holds to the cent.
LARGEST_AMOUNT = 5e11


# A repaint rounds some thousand amounts: where no half cent is near, the binary fraction says the same as the decimal text.
_PLAIN, _NEAR_HALF = 1e12, 1e-3


def cents(yuan: float) -> int:
    """Return ``yuan`` as whole cents, a half cent rounded away from zero (the decimal text decides, not the binary fraction)."""
    scaled = float(yuan) * 100
    if -_PLAIN < scaled < _PLAIN:
        nearest = round(scaled)
        if abs(abs(scaled - nearest) - 0.5) > _NEAR_HALF:
            return nearest
    return int((Decimal(repr(float(yuan))) * 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def cents_within(yuan: float) -> int:
    """Return the whole cents that fit into ``yuan`` ≥ 0; a binary fraction below a millionth of a cent does not cost one."""
    return math.floor(yuan * 100 + 1e-6)


def yuan(amount_in_cents: int) -> float:
    """Return whole cents as yuan."""
    return amount_in_cents / 100


def number(value: Any, name: str) -> float:
    """Return ``value`` (int, float, Decimal, a number of numpy …) as a float; it may be infinite or not a number.

    Raises:
        ScenarioError: something that is no number at all.
    """
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise ScenarioError(marked("{name}不是数字：{value}"), marked("请填写数字"), name=name, value=str(value)[:40]) from error


def checked_amount(value: Any, name: str, *, signed: bool = False) -> float:
    """Return ``value`` (yuan) as a float.

    Raises:
        ScenarioError: not a number, infinite, beyond ``LARGEST_AMOUNT``, or negative where it must not be.
    """
    amount = number(value, name)
    if not math.isfinite(amount) or abs(amount) > LARGEST_AMOUNT:
        raise ScenarioError(marked("{name}不是有效金额：{value}"), marked("请填写有限的数字，单位为元"), name=name, value=value)
    if amount < 0 and not signed:
        raise ScenarioError(marked("{name}为负数：{value}"), marked("请填写不小于 0 的金额，单位为元"), name=name, value=value)
    return amount


def shared_out(total_in_cents: int, weights: Sequence[float], name: str) -> list[int]:
    """Return ``total_in_cents`` (≥ 0) split in proportion to ``weights`` by the largest-remainder rule; the parts sum to the total.

    Raises:
        ScenarioError: a weight is negative or not finite, or all are zero while there is money to split.
    """
    checked = np.asarray(weights, dtype=float)
    if not (np.isfinite(checked) & (checked >= 0)).all():
        raise ScenarioError(marked("{name}的分配权重有负数或缺失"), marked("请检查各单位的点数、人数或金额"), name=name)
    values: list[float] = checked.tolist()
    if total_in_cents == 0:
        return [0] * len(values)
    if sum(values) == 0:
        raise ScenarioError(marked("{name}没有可用的分配权重：全部为 0"), marked("请检查各单位的点数、人数或金额"), name=name)
    return largest_remainder(total_in_cents, values)
