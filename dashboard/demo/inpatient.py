"""Who lies where: insured discharges of the county's hospitals, of the township wards and outside the county.

In-county cases start from the beds (what the occupancy aimed at and the length of stay allow), cases outside from the people.
"""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World, draw, fitted, hospital_traits, outside_traits, seasons, shares_of, town_tilt

_MIDDLE = 30.4


def stay_factor(world: World) -> np.ndarray:
    """Return the length of stay of each month against that of the parameters."""
    rule = world.parameters.values["inpatient"]
    return world.timeline.growth(rule["stay_trend"]) * (1 + rule["stay_reform"] * (world.timeline.ramp - 0.6))


def open_beds(world: World) -> np.ndarray:
    """Return the open beds of each hospital (row) and month (column)."""
    hospitals, months = world.parameters.hospitals, world.timeline.months
    added = (months >= pd.Timestamp("2025-01-01")).astype(int)
    return hospitals["beds"].to_numpy()[:, None] + hospitals["added_beds"].to_numpy()[:, None] * added


def _need(world: World) -> np.ndarray:
    """Return how much each town needs hospital care (town): its insured, older towns more."""
    return world.insured.sum(axis=1).mean(axis=1) * (0.7 + 2.1 * world.parameters.towns["aged"].to_numpy())


def _scheme_share(world: World) -> np.ndarray:
    weight = world.insured.mean(axis=2) * np.array([0.92, 1.08])
    return shares_of(weight)


def hospital_mix(world: World) -> np.ndarray:
    """Return the case mix of each hospital: the share of each inpatient group (hospital × group)."""
    groups = world.parameters.inpatient_groups
    return shares_of(groups["county"].to_numpy() * hospital_traits(world, groups))


def _level(world: World, bed_days: np.ndarray, mix: np.ndarray, stay: float) -> np.ndarray:
    """Return cases a month so that the last twelve months use ``bed_days`` a month on average (row × month).

    ``mix`` is the case mix (row × group); seasons, growth and shorter stays are taken into account, full wards are not.
    """
    groups = world.parameters.inpatient_groups
    days = mix * groups["days"].to_numpy() * stay
    growth = world.timeline.growth(world.parameters.values["inpatient"]["yearly_growth"])
    used = (days @ seasons(world, groups, "inpatient")) * growth * stay_factor(world)
    return (bed_days / used[:, -12:].mean(axis=1))[:, None] * growth


def hospital_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges of the county's hospitals, as many as their beds allow at the occupancy aimed at."""
    groups, hospitals, net = world.parameters.inpatient_groups, world.parameters.hospitals, world.network
    mix = hospital_mix(world)
    aimed = open_beds(world)[:, -12:].mean(axis=1) * hospitals["occupancy"].to_numpy() * _MIDDLE
    level = _level(world, aimed, mix, 1.0) / (1 + hospitals["outside"].to_numpy())[:, None]
    affinity = np.exp(-net.distances(net.of("hospital")) / world.parameters.values["inpatient"]["distance_km"])
    own = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    affinity = affinity + 0.02
    affinity[np.arange(len(own)), own] += 1.2
    rows = level.mean(axis=1)
    need = _need(world)
    choice = fitted(affinity.T, rows, need / need.sum() * rows.sum())
    who = choice[:, :, None] * _scheme_share(world)[None]
    expected = who[..., None, None] * mix[:, None, None, :, None] * (level[:, None, :] * seasons(world, groups, "inpatient"))[:, None, None]
    axes = {
        "institution": net.of("hospital"),
        "town": np.arange(len(net.towns)),
        "scheme": np.arange(2),
        "group": np.arange(len(groups)),
        "month": np.arange(level.shape[1]),
    }
    return draw(world, "hospital admissions", expected, axes).assign(kind=0)


def centre_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges of the township wards."""
    groups, towns, net = world.parameters.inpatient_groups, world.parameters.towns, world.network
    rule = world.parameters.values["inpatient"]
    mix = shares_of(groups["centre"].to_numpy(dtype=float))
    aimed = (towns["centre_beds"] * towns["centre_occupancy"]).to_numpy() * _MIDDLE
    level = _level(world, aimed, mix[None, :], rule["centre_stay"]) / (1 + rule["outside_per_insured_centre"])
    pairs = net.centre_pairs(0.90)
    centre_town = net.table["town"].to_numpy()[pairs["institution"]]
    received = pairs.groupby("institution")["share"].transform("sum").to_numpy()
    share = level[centre_town] * (pairs["share"].to_numpy() / received)[:, None]
    scheme = _scheme_share(world)[pairs["town"]] * np.array([0.75, 1.25])
    used = np.flatnonzero(mix)
    time = mix[used][:, None] * seasons(world, groups.iloc[used], "inpatient")
    expected = shares_of(scheme)[:, :, None, None] * share[:, None, None, :] * time
    cells = draw(
        world,
        "centre admissions",
        expected,
        {"pair": np.arange(len(pairs)), "scheme": np.arange(2), "group": used, "month": np.arange(level.shape[1])},
    )
    pair = cells.pop("pair").to_numpy()
    return cells.assign(town=pairs["town"].to_numpy()[pair], institution=pairs["institution"].to_numpy()[pair], kind=0)


def outside_story(world: World) -> np.ndarray:
    """Return the factor on out-of-county admissions that the planted story asks for (town × group × month)."""
    story = world.parameters.stories["outside_spending"]
    town = (world.parameters.towns["community_code"] == story["community"]).to_numpy()
    group = world.parameters.inpatient_groups["trait"].isin(story["traits"]).to_numpy()
    late = np.asarray(world.timeline.months >= pd.Timestamp(story["from"]))
    return np.where(town[:, None, None] & group[:, None] & late, story["volume_factor"], 1.0)


def outside_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges outside the county."""
    groups, net, rule = world.parameters.inpatient_groups, world.network, world.parameters.values["inpatient"]
    rate = np.array([rule["admissions_outside_per_insured"]["employee"], rule["admissions_outside_per_insured"]["resident"]]) / 12
    time = world.timeline.growth(rule["outside_yearly"]) * (1 + rule["outside_reform"] * world.timeline.ramp)
    outflow = town_tilt(world.parameters.towns["outflow"].to_numpy(), world.parameters.towns["residents"].to_numpy(dtype=float))
    people = world.insured * rate[:, None] * time * outflow[:, None, None]
    weight = world.parameters.outside["inpatient_weight"].to_numpy()
    mix = groups["outside"].to_numpy() * outside_traits(world, groups)
    mix = mix * weight[:, None] / (mix * weight[:, None]).sum()
    expected = (
        people[:, :, None, None, :]
        * mix[None, None, :, :, None]
        * (seasons(world, groups, "inpatient") * outside_story(world))[:, None, None]
    )
    axes = {
        "town": np.arange(len(net.towns)),
        "scheme": np.arange(2),
        "institution": net.of("outside"),
        "group": np.arange(len(groups)),
        "month": np.arange(len(time)),
    }
    return draw(world, "outside admissions", expected, axes).assign(kind=0)
