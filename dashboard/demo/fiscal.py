"""What the fiscal what-if may have beside the books: the budget as approved, the items of one price round, purchases and what they save."""

import numpy as np
import pandas as pd

from dashboard.demo.activity import Activity
from dashboard.demo.encounters import World

_TRACK_ACCOUNTS = {"guarantee": ("F1", "F2", "F3", "F4", "F5", "F6"), "purchase": ("F7",)}
_CLASS_ACCOUNTS = {"drug": "E2", "herbal": "E3", "consumable": "E4"}
_MOST_SAVED = {"drug": 0.12, "herbal": 0.0, "consumable": 0.06}
_ROUNDED_TO = 100_000
"""Cents: approved amounts are whole thousands of yuan."""


def fiscal_plan_table(world: World, accounts: dict[str, np.ndarray], contracts: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_fiscal_plan`` of the centres in cents: what was approved lies a little beside what was paid, as it does."""
    centres, years = world.network.of("centre"), world.timeline.months.year
    fees = contracts[contracts["population_group"] == "all"]["fee_fiscal"].to_numpy().reshape(len(centres), -1)
    paid = {track: np.sum([accounts[name][centres] for name in names], axis=0) for track, names in _TRACK_ACCOUNTS.items()}
    frames = []
    for track, amounts in (paid | {"contract": fees}).items():
        drift = world.rng(f"fiscal plan {track}").normal(1.02, 0.04, (len(centres), len(set(years))))
        for place, year in enumerate(sorted(set(years))):
            chosen = years == year
            whole = amounts[:, chosen].sum(axis=1) * 12 / chosen.sum()
            approved = np.rint(whole * drift[:, place] / _ROUNDED_TO).astype(np.int64) * _ROUNDED_TO
            frames.append(
                pd.DataFrame({"institution_code": world.network.codes[centres], "track": track, "year": year, "approved": approved})
            )
    return pd.concat(frames, ignore_index=True)


def price_item_table(world: World, done: Activity) -> pd.DataFrame:
    """Return ``fact_price_item`` of the hospitals, prices in cents: one round in the month of the story, volumes of the year before."""
    month = pd.Timestamp(world.parameters.stories["price_round"]["month"])
    before = (world.timeline.months < month) & (world.timeline.months >= month - pd.DateOffset(years=1))
    hospitals = world.network.of("hospital")
    frames = []
    for item in world.parameters.price_items.to_dict("records"):
        volume = done.visits[hospitals][:, before].sum(axis=1) * item["per_visit"]
        volume = volume + done.discharges[hospitals][:, before].sum(axis=1) * item["per_discharge"]
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": world.network.codes[hospitals],
                    "item_code": item["item_code"],
                    "month": month,
                    "name": item["name"],
                    "old_price": round(item["old_price"] * 100),
                    "new_price": round(item["new_price"] * 100),
                    "volume": np.rint(volume),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return table[table["volume"] > 0].reset_index(drop=True)


def purchase_table(world: World, accounts: dict[str, np.ndarray]) -> pd.DataFrame:
    """Return ``fact_purchase`` of hospitals and centres in cents: what drugs and materials cost, and what cheaper purchase spared."""
    buyers = np.concatenate([world.network.of("hospital"), world.network.of("centre")])
    months = world.timeline.months
    frames = []
    for name, account in _CLASS_ACCOUNTS.items():
        amount = accounts[account][buyers]
        cut = _MOST_SAVED[name] * np.linspace(0.4, 1.0, len(months))[None, :]
        saved = np.rint(amount * cut / (1 - cut)).astype(np.int64)
        place, month = np.divmod(np.arange(amount.size), len(months))
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": world.network.codes[buyers][place],
                    "purchase_class": name,
                    "month": months[month],
                    "amount": amount.ravel(),
                    "saved": saved.ravel(),
                }
            )
        )
    table = pd.concat(frames, ignore_index=True)
    return table[table["amount"] > 0].reset_index(drop=True)
