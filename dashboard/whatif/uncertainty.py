"""Monte Carlo of the budget chain: bands and probability of overspending, repeatable by the scenario's seed.

Uncertain [INFER]: volume (a county-wide shock shared by all, one of each community and scheme), cost per case, and how much of the flow
levers is delivered (uniform from ``lever_delivery`` to 1, in ``DELIVERY_STEPS`` equal steps). Budgets do not vary with them except through
returned care.

Volume and cost multiply all money of a unit alike, so the flows are computed once for every delivery that can be drawn and then multiplied;
only outpatient points (APG), which share money between the units, need the whole chain for every run.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.projection import PERCENTILES, RUNS, shock_factors
from dashboard.language import marked
from dashboard.whatif.baseline import Baseline, BaselineArrays
from dashboard.whatif.chain import Shocks, Values, budget_levels, evaluate, gates, spending_flows
from dashboard.whatif.document import Checked, Scenario, checked
from dashboard.whatif.errors import ScenarioError

MOST_RUNS = 50_000
# Doubles in one block of run × unit × kind × place: some 50 MB each, whatever the number of communities.
BLOCK_CELLS = 600_000
DELIVERY_STEPS = 65


@dataclass(frozen=True, eq=False)
class Uncertainty:
    """Distribution of the balance (budget − spending, yuan): low, median, high (5th, 50th, 95th percentile), mean, overspend_probability.

    ``units`` by community × scheme comes first, because schemes do not pay for each other. ``communities`` adds a community's schemes up;
    its probability is that at least one of them overspends. ``county`` adds everything up, probability included. ``balances`` holds
    every run by community, for charts. What is recorded of the year is the same in every run.
    """

    runs: int
    seed: int
    units: pd.DataFrame
    communities: pd.DataFrame
    county: pd.Series
    balances: np.ndarray


def draw_shocks(arrays: BaselineArrays, values: Values, runs: int, seed: int) -> Shocks:
    """Return the shocks of all runs: drawn in one fixed order, so that a seed means the same numbers in any block size."""
    generator = np.random.Generator(np.random.PCG64(seed))
    deviations = {name: np.asarray(values[f"sd_{name}"]) for name in ("county", "volume", "cost")}
    volume, cost = shock_factors(generator, runs, len(arrays.insured), **deviations)
    delivered = np.floor(generator.random((runs, 1)) * DELIVERY_STEPS) / (DELIVERY_STEPS - 1)
    return Shocks(volume, cost, values["lever_delivery"] + (1 - np.asarray(values["lever_delivery"])) * delivered)


def blocks(arrays: BaselineArrays, runs: int) -> Iterator[slice]:
    """Yield slices of the runs that keep a block within ``BLOCK_CELLS``."""
    size = max(1, BLOCK_CELLS // arrays.fund.size)
    for start in range(0, runs, size):
        yield slice(start, min(start + size, runs))


def part(shocks: Shocks, rows: slice) -> Shocks:
    """Return the shocks of some runs."""
    return Shocks(*(np.asarray(values)[rows] for values in (shocks.volume, shocks.cost, shocks.delivery)))


def by_community(arrays: BaselineArrays, amounts: np.ndarray) -> np.ndarray:
    """Return run × community from run × unit."""
    return np.stack([amounts[:, arrays.community_of == position].sum(axis=1) for position in range(len(arrays.communities))], axis=1)


def monte_carlo(
    scenario: Scenario | Checked, baseline: Baseline, *, runs: int = RUNS, progress: Callable[[float], None] | None = None
) -> Uncertainty:
    """Run the chain ``runs`` times under random volume, cost and delivery of levers.

    Args:
        scenario: its seed decides the draws.
        baseline: the baseline.
        runs: 1 to 50,000.
        progress: called with the share done after each block.

    Raises:
        ScenarioError: as ``scenario.run``; runs out of range.
    """
    if not 1 <= runs <= MOST_RUNS:
        raise ScenarioError(marked("模拟次数 {runs} 超出 1 至 {most}"), marked("请改为允许范围内的次数"), runs=runs, most=MOST_RUNS)
    ready = checked(scenario, baseline)
    scenario, values = ready.scenario, ready.values
    arrays = baseline.arrays
    shocks = draw_shocks(arrays, values, runs, scenario.seed)
    balance_of = _whole_chain if values["apg"] else _multiplied
    by_unit = np.empty((runs, len(arrays.insured)))
    for rows, balance in balance_of(arrays, values, shocks, scenario.recapture_groups):
        by_unit[rows] = balance
        if progress is not None:
            progress(rows.stop / runs)
    # Whole cents: what the last bits of a machine's exp() could differ in is not shown to anybody.
    by_unit = np.round(by_unit, 2)
    balances = np.round(by_community(arrays, by_unit), 2)
    names = [np.array(labels)[places] for labels, places in ((arrays.communities, arrays.community_of), (arrays.schemes, arrays.scheme_of))]
    units = _described(by_unit).set_axis(pd.MultiIndex.from_arrays(names, names=["community", "scheme"]))
    communities = _described(balances).set_axis(pd.Index(arrays.communities, name="community"))
    communities["overspend_probability"] = (by_community(arrays, by_unit < 0) > 0).mean(axis=0)
    county = _described(balances.sum(axis=1, keepdims=True)).iloc[0]
    return Uncertainty(runs, scenario.seed, units, communities, county, balances)


def _whole_chain(
    arrays: BaselineArrays, values: Values, shocks: Shocks, groups: tuple[str, ...] | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield rows and their balance by run × unit, every run through the whole chain."""
    for rows in blocks(arrays, len(shocks.delivery)):  # type: ignore[arg-type]
        yield rows, evaluate(arrays, values, shocks=part(shocks, rows), recapture_groups=groups).balance


def _multiplied(
    arrays: BaselineArrays, values: Values, shocks: Shocks, groups: tuple[str, ...] | None
) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield the same as ``_whole_chain`` where units share no money: flows by delivery, times the shocks of volume and cost."""
    gates(arrays, values)  # refuses what the chain would refuse
    deliveries, which = np.unique(np.asarray(shocks.delivery)[:, 0], return_inverse=True)
    _encounters, _cost, fund, returned = spending_flows(arrays, values, Shocks(delivery=deliveries[:, None]), groups)
    # Without a lever that is in use the flows are those of one run.
    spending, returned = (np.broadcast_to(amounts, (len(deliveries), amounts.shape[1])) for amounts in (fund.sum(axis=(2, 3)), returned))
    recorded = arrays.known[2].sum(axis=(1, 2))
    for rows in blocks(arrays, len(which)):
        shock = np.asarray(shocks.volume)[rows] * np.asarray(shocks.cost)[rows]
        levels, _limit = budget_levels(arrays, values, returned[which[rows]] * shock)
        yield rows, levels[-1] - recorded - spending[which[rows]] * shock


def _described(balances: np.ndarray) -> pd.DataFrame:
    low, median, high = np.percentile(balances, PERCENTILES, axis=0)
    described = {"low": low, "median": median, "high": high, "mean": balances.mean(axis=0)}
    frame = pd.DataFrame({name: np.round(amounts, 2) for name, amounts in described.items()})
    return frame.assign(overspend_probability=(balances < 0).mean(axis=0))
