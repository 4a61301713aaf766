"""Where the next beds, posts or devices should go: least unmet need under a budget.

A linear programme of ours [INFER]; solved by HiGHS through scipy.
"""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from dashboard.analysis.sequences import Numbers, aligned_counts, counts, on_index

_NO_PRICE = 1e-12  # a dual value below it is rounding


@dataclass(frozen=True)
class Binding:
    """A limit that holds the result back: without it, unmet need would be less (or, for a lower bound, money freer).

    ``kind`` is ``"budget"``, ``"upper"`` or ``"lower"``; ``place`` the place whose bound it is, None for the budget. ``price`` is the
    change of unmet need per unit by which the limit is loosened, as a positive number.
    """

    kind: Literal["budget", "upper", "lower"]
    place: Any
    price: float


@dataclass(frozen=True)
class Allocation:
    """The allocation that leaves the least unmet need.

    Attributes:
        allocation: units added per place (missing for a place with missing figures).
        unmet_need: need − supply − allocation where that is positive, else 0.
        total_unmet: its sum.
        unmet_before: the sum without any allocation.
        spent: cost of the allocation.
        binding: the limits that hold it back, the dearest first; empty when all need is met.
        budget_price: unmet need that one more unit of money would remove (shadow price), 0 when money is not what is short.
    """

    allocation: pd.Series
    unmet_need: pd.Series
    total_unmet: float
    unmet_before: float
    spent: float
    binding: tuple[Binding, ...]
    budget_price: float
    feasible: Literal[True] = True


@dataclass(frozen=True)
class Infeasible:
    """No allocation fits the limits.

    ``reason`` is ``"bounds"`` (a lower bound above the upper one; ``places`` names them) or ``"budget"`` (the lower bounds alone cost
    more than the budget; ``shortfall`` is the money lacking).
    """

    reason: Literal["bounds", "budget"]
    places: tuple[Any, ...] = ()
    shortfall: float = 0.0
    feasible: Literal[False] = False


def minimise_unmet_need(
    need: Numbers,
    supply: Numbers,
    unit_cost: Numbers | float,
    budget: float,
    bounds: Any = None,
) -> Allocation | Infeasible:
    """Return how to spend ``budget`` so that the least need stays unmet.

    ``min Σ max(need_i − supply_i − x_i, 0)  s.t.  Σ c_i x_i ≤ budget, lower_i ≤ x_i ≤ upper_i``. Nothing is added beyond the need but
    what a lower bound asks for, so money that cannot help stays unspent. x is not rounded to whole units: at most one place gets a
    fraction, and rounding down keeps the budget. Between places of equal cost the split is arbitrary but always the same.

    Args:
        need: units needed by place (beds by the norm, GPs …).
        supply: units there are.
        unit_cost: yuan per added unit: one number for all, or by place.
        budget: yuan, 0 or more.
        bounds: fewest and most units to add: None (0 to no limit), one pair for all, or one pair per place (a frame with the columns
            ``lower`` and ``upper``, or a list of pairs). A missing lower bound is 0, a missing upper one no limit; none may be negative.

    Returns:
        ``Allocation``, or ``Infeasible`` with the reason. A place with a missing figure is left out and gets missing results.

    Raises:
        ValueError: negative figures, differing lengths or labels.
    """
    if not budget >= 0:
        raise ValueError("budget: must be 0 or more")
    costs = [unit_cost] * len(need) if isinstance(unit_cost, int | float) else unit_cost
    places = aligned_counts(need=need, supply=supply, unit_cost=costs)
    limits = _limits(bounds, places.index)
    known = places.notna().all(axis=1).to_numpy()
    lower, upper, cost = limits["lower"].to_numpy()[known], limits["upper"].to_numpy()[known], places["unit_cost"].to_numpy()[known]
    if (lower > upper).any():
        return Infeasible("bounds", places=tuple(places.index[known][lower > upper]))
    least = float(lower @ cost)
    if least > budget:
        return Infeasible("budget", shortfall=least - budget)
    gap = (places["need"] - places["supply"]).clip(lower=0.0)
    added, binding = _best(gap.to_numpy()[known], cost, float(budget), lower, upper, places.index[known])
    allocation = pd.Series(np.nan, index=places.index, name="allocation")
    allocation[known] = added + 0.0  # no minus zero
    unmet = (gap - allocation).clip(lower=0.0).rename("unmet_need")
    return Allocation(
        allocation=allocation,
        unmet_need=unmet,
        total_unmet=float(unmet.sum()),
        unmet_before=float(gap[known].sum()),
        spent=float(added @ cost),
        binding=binding,
        budget_price=sum((limit.price for limit in binding if limit.kind == "budget"), start=0.0),
    )


def _best(
    gap: np.ndarray, cost: np.ndarray, budget: float, lower: np.ndarray, upper: np.ndarray, labels: pd.Index
) -> tuple[np.ndarray, tuple[Binding, ...]]:
    """Return the units added per place and the limits that bind. The limits are known to leave a solution."""
    if len(gap) == 0:
        return np.zeros(0), ()
    most = np.maximum(lower, np.minimum(upper, gap))
    # A unit helps only where need is open beyond what the lower bound already brings.
    helps = (gap > lower).astype("float64")
    result = linprog(-helps, A_ub=cost[None, :], b_ub=[budget], bounds=np.column_stack([lower, most]), method="highs")
    candidates = [Binding("budget", None, -float(result.ineqlin.marginals[0]))]
    for place, label in enumerate(labels):
        if upper[place] < gap[place]:
            candidates.append(Binding("upper", label, -float(result.upper.marginals[place])))
        if lower[place] > 0:
            candidates.append(Binding("lower", label, float(result.lower.marginals[place])))
    binding = sorted((limit for limit in candidates if limit.price > _NO_PRICE), key=lambda limit: -limit.price)
    return np.asarray(result.x), tuple(binding)


def _limits(bounds: Any, index: pd.Index) -> pd.DataFrame:
    if isinstance(bounds, pd.DataFrame):
        table = pd.DataFrame({side: on_index(counts(bounds[side], f"bounds {side}"), index, "bounds") for side in ("lower", "upper")})
    else:
        pairs: Any = (0.0, None) if bounds is None else bounds
        if len(pairs) == 2 and all(end is None or np.isscalar(end) for end in pairs):
            pairs = [pairs] * len(index)
        if len(pairs) != len(index):
            raise ValueError(f"bounds: {len(pairs)} pairs for {len(index)} places")
        lower, upper = ([pair[side] for pair in pairs] for side in (0, 1))
        table = aligned_counts(lower=lower, upper=upper).set_axis(index)
    return pd.DataFrame({"lower": table["lower"].fillna(0.0), "upper": table["upper"].fillna(np.inf)})
