"""What encounters cost and who pays: ``fact_claim`` in whole cents, so that fund and patient always add up to the total."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import KINDS, World
from dashboard.demo.parameters import LEVELS, SCHEMES

_CASE_SPREAD = 0.20
_VISIT_SPREAD = 0.10


def _levels(world: World) -> np.ndarray:
    return pd.Index(LEVELS).get_indexer(pd.Index(world.network.table["level"]))


def _institution_factor(world: World) -> np.ndarray:
    """Return what a case costs in each institution against a lead hospital's average, before time (institution)."""
    factor = np.ones(len(world.network.table))
    factor[world.network.of("hospital")] = world.parameters.hospitals["cost"]
    factor[world.network.of("outside")] = world.parameters.outside["cost"]
    factor[world.network.of("centre")] = world.parameters.values["inpatient"]["centre_cost"]
    return factor


def _story_factor(world: World, cells: pd.DataFrame) -> np.ndarray:
    """Return the cost factor of the planted stories for each inpatient cell."""
    stories, months = world.parameters.stories, world.timeline.months
    factor = np.ones(len(cells))
    growth, outside = stories["cost_growth"], stories["outside_spending"]
    late = cells["month"].to_numpy() >= months.get_loc(pd.Timestamp(growth["from"]))
    community = world.network.table["community"].to_numpy()[cells["institution"]]
    factor[late & (community == world.parameters.position(growth["community"]))] = growth["factor"]
    late = cells["month"].to_numpy() >= months.get_loc(pd.Timestamp(outside["from"]))
    town = (world.parameters.towns["community_code"] == outside["community"]).to_numpy()[cells["town"]]
    away = _levels(world)[cells["institution"]] == LEVELS.index("outside")
    told = world.parameters.inpatient_groups["trait"].isin(outside["traits"]).to_numpy()[cells["group"]]
    factor[late & town & away & told] = outside["cost_factor"]
    return factor


def _inpatient_cost(world: World, cells: pd.DataFrame) -> np.ndarray:
    rule = world.parameters.values["inpatient"]
    base = world.parameters.inpatient_groups["cost"].to_numpy()[cells["group"]]
    time = world.timeline.growth(rule["cost_growth"])[cells["month"]]
    return base * _institution_factor(world)[cells["institution"]] * time * _story_factor(world, cells)


def _visit_cost(world: World, cells: pd.DataFrame) -> np.ndarray:
    groups, rule = world.parameters.outpatient_groups, world.parameters.values["outpatient"]
    table = groups[["cost_station", "cost_primary", "cost_hospital", "cost_outside"]].to_numpy(dtype=float)
    price = table[cells["group"] - world.inpatient_count, _levels(world)[cells["institution"]]]
    factor = np.ones(len(world.network.table))
    factor[world.network.of("hospital")] = np.sqrt(world.parameters.hospitals["cost"])
    return price * factor[cells["institution"]] * world.timeline.growth(rule["cost_growth"])[cells["month"]]


def _unit_cost(world: World, cells: pd.DataFrame) -> np.ndarray:
    """Return the expected cost of one encounter of each cell, yuan."""
    kind = cells["kind"].to_numpy()
    cost = np.zeros(len(cells))
    cost[kind == 0] = _inpatient_cost(world, cells[kind == 0])
    visit = (kind == 1) | (kind == 2)
    cost[visit] = _visit_cost(world, cells[visit])
    pharmacy = world.parameters.values["outpatient"]["pharmacy_cost"]
    price = np.array([pharmacy[scheme] for scheme in SCHEMES])
    cost[kind == 3] = price[cells["scheme"][kind == 3]]
    return cost


def _share_table(world: World, name: str) -> np.ndarray:
    """Return a share of ``fund`` as kind × scheme × level; pharmacies follow the outpatient rule."""
    rule = world.parameters.values["fund"][name]
    table = np.zeros((len(KINDS), len(SCHEMES), len(LEVELS)))
    for place, kind in enumerate(KINDS):
        for scheme_place, scheme in enumerate(SCHEMES):
            entry = rule.get("outpatient" if kind == "pharmacy" else kind, rule["outpatient"])
            entry = entry.get(scheme, entry)
            table[place, scheme_place] = [entry.get(level, 0.0) for level in LEVELS]
    return table


def claim_table(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Return ``cells`` with total_cost, eligible_cost, fund_paid, patient_paid in cents and drg_points."""
    rng = world.rng("cost")
    count = cells["encounters"].to_numpy()
    spread = np.where(cells["kind"] == 0, _CASE_SPREAD, _VISIT_SPREAD) / np.sqrt(count)
    total = np.rint(_unit_cost(world, cells) * count * np.exp(rng.normal(0, spread) - spread**2 / 2) * 100).astype(np.int64)
    level = _levels(world)[cells["institution"]]
    place = (cells["kind"], cells["scheme"], level)
    eligible = np.rint(total * np.clip(_share_table(world, "eligible")[place] + rng.normal(0, 0.008, len(cells)), 0, 1)).astype(np.int64)
    fund = np.rint(eligible * np.clip(_share_table(world, "paid")[place] + rng.normal(0, 0.010, len(cells)), 0, 1)).astype(np.int64)
    points = world.groups["base_points"].to_numpy()[cells["group"]] * count
    inside = (cells["kind"] == 0) & (level != LEVELS.index("outside"))
    return cells.assign(
        total_cost=total,
        eligible_cost=eligible,
        fund_paid=fund,
        patient_paid=total - fund,
        drg_points=np.where(inside, np.round(points, 4), np.nan),
    )
