"""Books of every institution: ``fact_finance`` in whole cents.

The identity that ties money to work: medical income of a setting in a month = total cost of that institution's claims of the
setting × all patients ÷ insured patients (people without county insurance are charged the same average). It holds to the cent
because the accounts are cut from the total by cumulative rounding.
"""

import numpy as np
import pandas as pd

from dashboard.demo.activity import Activity
from dashboard.demo.encounters import World
from dashboard.demo.workforce import Staffing

_ITEMS = ("drug", "herbal", "consumable", "examination", "laboratory", "service", "other")
_GUARANTEE = {"F1": 0.14, "F2": 0.06, "F3": 0.16, "F4": 0.03, "F5": 0.06, "F6": 0.55}
_CENTRE_GUARANTEE_PER_WAGE = 0.30
_STATION_GUARANTEE_PER_WAGE = 0.45
_REMOTE_RESIDENTS = 40


def _cut(total: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """Return whole cents along a new last axis that add up to ``total`` exactly; ``shares`` add up to 1."""
    upper = np.rint(np.cumsum(shares, axis=-1) * total[..., None]).astype(np.int64)
    upper[..., -1] = total
    return np.diff(upper, axis=-1, prepend=0)


def medical_income(world: World, claims: pd.DataFrame, done: Activity) -> dict[str, np.ndarray]:
    """Return income in cents by institution × month for each setting."""
    shape = done.visits.shape
    income = {}
    for setting, kinds, everyone, insured in (
        ("outpatient", [1, 2], done.visits, done.insured_visits),
        ("inpatient", [0], done.discharges, done.insured_discharges),
    ):
        part = claims[claims["kind"].isin(kinds)]
        cost = np.zeros(shape, dtype=np.int64)
        np.add.at(cost, (part["institution"].to_numpy(), part["month"].to_numpy()), part["total_cost"].to_numpy())
        income[setting] = np.rint(np.divide(cost.astype(float) * everyone, insured, out=np.zeros(shape), where=insured > 0)).astype(
            np.int64
        )
    return income


def _income_shares(world: World, setting: str) -> np.ndarray:
    """Return the shares of the income accounts by institution × month × item; the reform moves drugs to services."""
    rule, table = world.parameters.values["income"], world.network.table
    profile = np.where(table["kind"] == "tcm_hospital", "tcm", table["level"].where(table["level"].isin(["station", "centre"]), "hospital"))
    base = np.array([rule[name][setting] for name in profile])
    base = base * world.rng(f"income {setting}").normal(1, 0.05, base.shape).clip(0.85, 1.15)
    base /= base.sum(axis=1, keepdims=True)
    shares = np.repeat(base[:, None, :], len(world.timeline.months), axis=1)
    moved = rule["reform_drug"] * world.timeline.ramp
    shares[..., _ITEMS.index("drug")] += moved
    shares[..., _ITEMS.index("service")] -= moved
    return shares


def _with_examinations(world: World, shares: np.ndarray) -> np.ndarray:
    """Return inpatient ``shares`` with what the cost growth adds in one hospital gone to examinations (planted story)."""
    growth, story = world.parameters.stories["cost_growth"], world.parameters.stories["examinations"]
    added = np.zeros(len(_ITEMS))
    for item, share in story["shares"].items():
        added[_ITEMS.index(item)] = share
    here = list(world.network.codes).index(story["institution"])
    late = np.asarray(world.timeline.months >= pd.Timestamp(story["from"]))
    told = shares.copy()
    told[here, late] = shares[here, late] / growth["factor"] + (1 - 1 / growth["factor"]) * added
    return told


def _staff_cost(world: World, staff: Staffing) -> np.ndarray:
    """Return staff cost in cents by institution × month: a third of the quarter's wages with on-costs, more in bonus months."""
    rule, line = world.parameters.values["finance"], world.timeline
    quarter = np.clip(line.quarters.searchsorted(line.months, side="right") - 1, 0, len(line.quarters) - 1)
    bonus = np.array([rule["bonus_months"].get(month, 1.0) for month in line.months.month])
    return np.rint(staff.wages[:, quarter] / 3 * rule["on_cost"] * bonus).astype(np.int64)


def _fiscal(world: World, staff_cost: np.ndarray, income: np.ndarray, purchase: np.ndarray) -> dict[str, np.ndarray]:
    """Return the fiscal inputs in cents by account: guarantee items and purchase by standard equivalents."""
    net, rng = world.network, world.rng("fiscal")
    total = np.zeros(income.shape)
    smooth = income.mean(axis=1, keepdims=True)
    total[net.of("hospital")] = smooth[net.of("hospital")] * world.parameters.values["finance"]["fiscal_hospital"]
    total[net.of("centre")] = staff_cost[net.of("centre")] * _CENTRE_GUARANTEE_PER_WAGE
    total[net.of("station")] = staff_cost[net.of("station")] * _STATION_GUARANTEE_PER_WAGE
    total = np.rint(total * world.timeline.growth(0.03) * rng.normal(1, 0.03, income.shape))
    shares = np.tile(np.array(list(_GUARANTEE.values())), (len(net.table), 1))
    remote = (
        np.isin(net.table["town"], np.flatnonzero(world.parameters.towns["residents"] < _REMOTE_RESIDENTS))
        & (net.table["level"] != "hospital").to_numpy()
    )
    shares[:, 3] = np.where(remote, shares[:, 3] * 2.5, 0)
    shares /= shares.sum(axis=1, keepdims=True)
    cut = _cut(total.astype(np.int64), shares[:, None, :])
    accounts = {account: cut[..., place] for place, account in enumerate(_GUARANTEE)}
    accounts["F7"] = np.zeros(income.shape, dtype=np.int64)
    accounts["F7"][net.of("centre")] = purchase
    return accounts


def _expenses(world: World, income: dict[str, np.ndarray], staff_cost: np.ndarray, revenue: np.ndarray) -> dict[str, np.ndarray]:
    """Return the expenses in cents by account: drugs and materials cost what they bring in (no markup), the rest by margin."""
    rule, level = world.parameters.values["finance"], world.network.table["level"]
    margin = level.map(rule["margin"]).fillna(0).to_numpy()[:, None]
    accounts = {
        "E1": staff_cost,
        "E2": income["I11"] + income["I21"],
        "E3": income["I12"] + income["I22"],
        "E4": income["I13"] + income["I23"],
    }
    accounts["E5"] = np.rint(revenue * rule["energy"]).astype(np.int64)
    spent = sum(accounts.values())
    rest = np.maximum(np.rint(revenue * (1 - margin)).astype(np.int64) - spent, np.rint(revenue * 0.015).astype(np.int64))
    accounts["E6"] = np.rint(rest * rule["administration"]).astype(np.int64)
    accounts["E7"] = rest - accounts["E6"]
    return accounts


def _balance(world: World, revenue: np.ndarray) -> dict[str, np.ndarray]:
    rule, level = world.parameters.values["finance"], world.network.table["level"]
    rng = world.rng("balance")
    yearly = revenue.mean(axis=1, keepdims=True) * 12
    assets = yearly * level.map(rule["assets_per_income"]).fillna(0).to_numpy()[:, None] * world.timeline.growth(0.03)
    assets = np.rint(assets * rng.normal(1, 0.01, revenue.shape)).astype(np.int64)
    owed = level.map(rule["liabilities"]).fillna(0).to_numpy()[:, None] * rng.normal(1, 0.06, (len(level), 1))
    shares = {"B1": 1.0, "B2": 0.44, "B3": 0.035, "B4": owed, "B5": owed * 0.74}
    return {account: np.rint(assets * share).astype(np.int64) for account, share in shares.items()}


def books(
    world: World, claims: pd.DataFrame, done: Activity, staff: Staffing, purchase: np.ndarray, contract_fees: np.ndarray
) -> dict[str, np.ndarray]:
    """Return every account in cents by institution × month. ``purchase`` and ``contract_fees`` are centre × month."""
    settings = medical_income(world, claims, done)
    accounts: dict[str, np.ndarray] = {}
    for prefix, setting in (("I1", "outpatient"), ("I2", "inpatient")):
        shares = _income_shares(world, setting)
        cut = _cut(settings[setting], _with_examinations(world, shares) if setting == "inpatient" else shares)
        accounts |= {f"{prefix}{place + 1}": cut[..., place] for place in range(len(_ITEMS))}
    medical = settings["outpatient"] + settings["inpatient"]
    accounts["I31"] = np.zeros(medical.shape, dtype=np.int64)
    accounts["I31"][world.network.of("centre")] = contract_fees
    staff_cost = _staff_cost(world, staff)
    fiscal = _fiscal(world, staff_cost, medical, purchase)
    revenue = medical + accounts["I31"] + np.sum(list(fiscal.values()), axis=0)
    return {**accounts, **_expenses(world, accounts, staff_cost, revenue), **fiscal, **_balance(world, revenue)}


def finance_table(world: World, accounts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return ``fact_finance`` of the county's institutions; accounts that an institution never uses are left out."""
    inside, months = world.network.inside, world.timeline.months
    frames = []
    for account, amounts in accounts.items():
        used = inside[np.abs(amounts[inside]).sum(axis=1) > 0]
        place, month = np.divmod(np.arange(len(used) * len(months)), len(months))
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": world.network.codes[used][place],
                    "account_code": account,
                    "month": months[month],
                    "amount": amounts[used].ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
