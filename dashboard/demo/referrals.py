"""Referrals: up from the centres, down from the lead hospitals, sideways, and out of the county."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World

_UP_TRAITS = {"winter": 1.2, "steady": 1.0, "elective": 0.8}


def _normal(weights: np.ndarray) -> np.ndarray:
    return weights / weights.sum()


def _table(world: World, topic: str, expected: np.ndarray, origin: np.ndarray, target: np.ndarray, direction: str) -> pd.DataFrame:
    """Draw cases of pair × group × month and return the rows that are not empty."""
    drawn = world.rng(topic).poisson(expected)
    pair, group, month = np.nonzero(drawn)
    columns = {"origin": origin[pair], "target": target[pair], "direction": direction, "group": group, "month": month}
    return pd.DataFrame({**columns, "cases": drawn[pair, group, month]})


def _season(world: World) -> np.ndarray:
    return np.stack([world.timeline.activity(season, "inpatient") for season in world.parameters.inpatient_groups["season"]])


def _up(world: World) -> pd.DataFrame:
    """Centres refer to their own lead hospital, a few to the largest hospital of the county."""
    rule, net, groups = world.parameters.values["referrals"], world.network, world.parameters.inpatient_groups
    centres, community = net.of("centre"), net.table["community"].to_numpy()
    level = np.array(list(rule["up_per_month"].values()))
    people = world.parameters.towns["residents"].to_numpy(dtype=float)
    towns = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    share = people / np.bincount(towns, weights=people)[towns]
    crossing = np.where(community[centres] == 0, 0, rule["cross_community"])
    own = level[towns] * share * (1 - crossing)
    cross = level[towns] * share * crossing
    origin, target = np.tile(centres, 2), np.concatenate([net.leads[community[centres]], np.full(len(centres), net.leads[0])])
    mix = _normal(groups["county"].to_numpy() * groups["season"].map(_UP_TRAITS).to_numpy() * (groups["kind"] != "bed_day").to_numpy())
    time = _season(world) * world.timeline.growth(rule["up_growth"])
    return _table(world, "up", np.concatenate([own, cross])[:, None, None] * mix[:, None] * time, origin, target, "up")


def _down(world: World, up: pd.DataFrame) -> pd.DataFrame:
    """Lead hospitals send back a share of what their community refers up, most of it to rehabilitation and nursing."""
    rule, net, groups = world.parameters.values["referrals"], world.network, world.parameters.inpatient_groups
    community = net.table["community"].to_numpy()
    ratio = np.stack([world.timeline.between(*rule["down_per_up"][code]) for code in world.parameters.communities["community_code"]])
    sent = np.zeros((len(net.table), len(world.timeline.months)))
    np.add.at(sent, (up["origin"].to_numpy(), up["month"].to_numpy()), up["cases"].to_numpy())
    centres = net.of("centre")
    mean = (
        sent[centres].mean(axis=1, keepdims=True)
        * world.timeline.growth(rule["up_growth"])
        * world.timeline.activity("steady", "inpatient")
    )
    mix = _normal(
        groups["county"].to_numpy() * np.where(groups["primary_capable"], 1.0, 0.25) * np.where(groups["kind"] == "bed_day", 9.0, 1.0)
    )
    level = mean * ratio[community[centres]]
    return _table(world, "down", level[:, None, :] * mix[:, None], net.leads[community[centres]], centres, "down")


def _lateral(world: World) -> pd.DataFrame:
    """Lead hospitals exchange patients."""
    rule, groups, leads = world.parameters.values["referrals"], world.parameters.inpatient_groups, world.network.leads
    origin, target = np.repeat(leads, len(leads)), np.tile(leads, len(leads))
    different = origin != target
    level = sum(rule["up_per_month"].values()) * rule["lateral_share"] / different.sum()
    mix = _normal(groups["county"].to_numpy(dtype=float) * groups["weight"].to_numpy())
    expected = np.full(different.sum(), level)[:, None, None] * mix[:, None] * _season(world)
    return _table(world, "lateral", expected, origin[different], target[different], "lateral")


def _out(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """A part of the out-of-county admissions carries a referral of the community's lead hospital, likelier to alliance hospitals."""
    rule, net = world.parameters.values["referrals"], world.network
    away = cells[(cells["kind"] == 0) & ~net.table["in_county"].to_numpy()[cells["institution"]]]
    town_community = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    frame = away.assign(origin=net.leads[town_community[away["town"]]], target=away["institution"])
    summed = frame.groupby(["origin", "target", "group", "month"], as_index=False)["encounters"].sum()
    alliance = net.table["in_alliance"].to_numpy()[summed["target"]]
    tilt = world.timeline.between(*rule["alliance_tilt"])[summed["month"]]
    chance = rule["outside_share"] * np.where(alliance, 2 * tilt, 2 * (1 - tilt))
    cases = world.rng("out").binomial(summed["encounters"], np.clip(chance, 0, 0.9))
    return summed.assign(direction="out", cases=cases).drop(columns="encounters")[cases > 0]


def referral_cells(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Return all referrals with positions: origin, target, direction, group, month, cases."""
    up = _up(world)
    return pd.concat([up, _down(world, up), _lateral(world), _out(world, cells)], ignore_index=True)


def arrivals(world: World, referrals: pd.DataFrame) -> np.ndarray:
    """Return the referrals that arrive, institution × month."""
    arrived = np.zeros((len(world.network.table), len(world.timeline.months)), dtype=np.int64)
    np.add.at(arrived, (referrals["target"].to_numpy(), referrals["month"].to_numpy()), referrals["cases"].to_numpy())
    return arrived


def referral_table(world: World, referrals: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_referral``. Referrals that arrive stay below the visits and discharges of both ends by construction of the levels."""
    rule, rng, groups = world.parameters.values["referrals"], world.rng("referral detail"), world.parameters.inpatient_groups
    cases, month, group = (referrals[name].to_numpy() for name in ("cases", "month", "group"))
    down = (referrals["direction"] == "down").to_numpy()
    nursing = (groups["kind"] == "bed_day").to_numpy()[group]
    price = groups["cost"].to_numpy()[group] * np.where(down, world.parameters.values["inpatient"]["centre_cost"], 1.0)
    price = (
        price
        * np.where(referrals["direction"] == "out", 1.4, 1.0)
        * world.timeline.growth(world.parameters.values["inpatient"]["cost_growth"])[month]
    )
    closed = rng.binomial(cases, world.timeline.between(*rule["closed"])[month])
    return pd.DataFrame(
        {
            "from_code": world.network.codes[referrals["origin"]],
            "to_code": world.network.codes[referrals["target"]],
            "direction": referrals["direction"],
            "disease_group_code": world.groups["disease_group_code"].to_numpy()[group],
            "month": world.timeline.months[month],
            "cases": cases,
            "platform_cases": rng.binomial(cases, world.timeline.between(*rule["platform"])[month]),
            "closed_cases": closed,
            "rehabilitation_cases": np.where(down, np.where(nursing, cases, rng.binomial(cases, rule["rehabilitation"] * 0.6)), 0),
            "cost": np.rint(price * cases * rng.normal(1, 0.06, len(cases)).clip(0.8, 1.2) * 100).astype("int64"),
        }
    )
