"""Who goes where for what: insured encounters by town, scheme, institution, disease group and month.

Expected numbers are products of a few margins (people, use per head, where they go, with what, when); the counts are Poisson draws.
In-county admissions start from the beds (what occupancy and length of stay allow), everything else from the people.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.demo.institutions import Network
from dashboard.demo.parameters import Parameters, generator
from dashboard.demo.timeline import Timeline

KINDS = ("inpatient", "outpatient", "chronic", "pharmacy")
_AXES = ("town", "scheme", "institution", "group", "month")
_MIDDLE = 30.4


@dataclass(frozen=True, eq=False)
class World:
    """What every part of the generator needs."""

    parameters: Parameters
    timeline: Timeline
    network: Network
    population: pd.DataFrame
    insured: np.ndarray
    groups: pd.DataFrame
    seed: int

    @property
    def inpatient_count(self) -> int:
        """How many of ``groups`` are inpatient; they come first."""
        return len(self.parameters.inpatient_groups)

    def rng(self, topic: str) -> np.random.Generator:
        """Return the random numbers of one topic."""
        return generator(self.seed, topic)


def _cells(world: World, topic: str, expected: np.ndarray, axes: dict[str, np.ndarray]) -> pd.DataFrame:
    """Draw Poisson counts and return the cells that are not empty; ``axes`` gives each dimension's positions, in order.

    The first axis may be ``pair`` (a frame's positions of town and institution).
    """
    drawn = world.rng(topic).poisson(expected)
    places = np.nonzero(drawn)
    columns = {name: values[place] for (name, values), place in zip(axes.items(), places, strict=True)}
    return pd.DataFrame({**columns, "encounters": drawn[places].astype(np.int64)})


def _seasons(world: World, groups: pd.DataFrame, service: str) -> np.ndarray:
    return np.stack([world.timeline.activity(season, service) for season in groups["season"]])


def hospital_traits(world: World, groups: pd.DataFrame) -> np.ndarray:
    """Return the tendency of each hospital (row) to treat each group (column)."""
    hospitals = world.parameters.hospitals
    alias = {"plain": None, "oncology": "surgery", "child": "obstetric"}
    columns = []
    for trait in groups["trait"]:
        name = alias.get(trait, trait)
        columns.append(np.ones(len(hospitals)) if name is None else hospitals[name].to_numpy(dtype=float))
    plain = np.where(
        hospitals["kind"].to_numpy() == "maternal_child", 0.06, np.where(hospitals["kind"].to_numpy() == "specialist_hospital", 0.03, 1.0)
    )
    traits = np.stack(columns, axis=1)
    return np.where((groups["trait"] == "plain").to_numpy(), plain[:, None], traits)


def _outside_traits(world: World, groups: pd.DataFrame) -> np.ndarray:
    outside = world.parameters.outside
    alias = {"oncology": "oncology", "child": "child", "obstetric": "child"}
    tendency = [outside[alias[trait]].to_numpy(dtype=float) if trait in alias else np.ones(len(outside)) for trait in groups["trait"]]
    return np.stack(tendency, axis=1)


def _normal(weights: np.ndarray, axis: int = -1) -> np.ndarray:
    return weights / weights.sum(axis=axis, keepdims=True)


def _fitted(start: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return ``start`` scaled to the row and column totals (iterative proportional fitting), each row then summing to 1."""
    table = start.copy()
    for _ in range(60):
        table *= (columns / table.sum(axis=0))[None, :]
        table *= (rows / table.sum(axis=1))[:, None]
    return _normal(table)


# Outpatient ------------------------------------------------------------------------------------------------------------


def _visits(world: World) -> np.ndarray:
    rule = world.parameters.values["outpatient"]
    rate = np.array([rule["visits_per_insured"]["employee"], rule["visits_per_insured"]["resident"]])
    return world.insured * (rate[:, None] / 12) * world.timeline.growth(rule["yearly_growth"])


def _town_tilt(values: np.ndarray, population: np.ndarray) -> np.ndarray:
    return values / (values * population).sum() * population.sum()


def _shares(world: World) -> dict[str, np.ndarray]:
    """Return the share of visits by level as town × month: outside, hospital, centre, station."""
    rule, towns, line = world.parameters.values["outpatient"], world.parameters.towns, world.timeline
    people = towns["residents"].to_numpy(dtype=float)
    outflow = _town_tilt(towns["outflow"].to_numpy(), people)
    outside = outflow[:, None] * line.between(**rule["outside_share"])
    rural = _town_tilt(1 + 0.5 * (towns["station_share"].to_numpy() - 0.29), people)
    primary = (1 - outside) * rural[:, None] * line.between(**rule["primary_share"])
    station = primary * towns["station_share"].to_numpy()[:, None]
    return {"outside": outside, "station": station, "centre": primary - station, "hospital": 1 - outside - primary}


def _hospital_choice(world: World) -> np.ndarray:
    """Return the share of each hospital in the hospital visits of each town (town × hospital)."""
    rule, net = world.parameters.values["outpatient"], world.network
    hospitals = net.of("hospital")
    weight = world.parameters.hospitals["visits"].to_numpy() * np.exp(-net.distances(hospitals) / 10)
    own = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    weight[np.arange(len(own)), own] = 0
    choice = _normal(weight) * (1 - rule["own_lead_share"])
    choice[np.arange(len(own)), own] = rule["own_lead_share"]
    return choice


def outpatient_cells(world: World) -> pd.DataFrame:
    """Return the insured outpatient and chronic encounters."""
    visits, shares, net = _visits(world), _shares(world), world.network
    groups = world.parameters.outpatient_groups
    season = _seasons(world, groups, "outpatient")
    places = np.arange(len(groups)) + world.inpatient_count
    scheme, month = np.arange(2), np.arange(len(world.timeline.months))

    def part(topic: str, level: str, town: np.ndarray, institution: np.ndarray, share: np.ndarray, mix: np.ndarray) -> pd.DataFrame:
        used = np.flatnonzero(mix.max(axis=0) > 0)
        base = visits[town] * shares[level][town][:, None, :] * share[:, None, None]
        expected = base[:, :, None, :] * (mix[:, None, used, None] * season[used])
        cells = _cells(world, topic, expected, {"pair": np.arange(len(town)), "scheme": scheme, "group": places[used], "month": month})
        pair = cells.pop("pair").to_numpy()
        return cells.assign(town=town[pair], institution=institution[pair])

    stations = net.of("station")
    station = net.table.iloc[stations]
    pairs = net.centre_pairs(world.parameters.values["outpatient"]["own_centre_share"])
    choice = _hospital_choice(world)
    towns, hospitals = np.divmod(np.arange(choice.size), choice.shape[1])
    outer = world.parameters.outside["weight"].to_numpy()
    outer_towns, outers = np.divmod(np.arange(len(net.towns) * len(outer)), len(outer))
    hospital_mix = _normal(groups["hospital"].to_numpy() * hospital_traits(world, groups))
    outside_mix = groups["outside"].to_numpy() * _outside_traits(world, groups)
    outside_mix /= (outside_mix * outer[:, None]).sum() / outer.sum()
    frames = [
        part(
            "station visits",
            "station",
            station["town"].to_numpy(),
            stations,
            station["share"].to_numpy(),
            _mix(groups, "station", len(stations)),
        ),
        part(
            "centre visits",
            "centre",
            pairs["town"].to_numpy(),
            pairs["institution"].to_numpy(),
            pairs["share"].to_numpy(),
            _mix(groups, "centre", len(pairs)),
        ),
        part("hospital visits", "hospital", towns, net.of("hospital")[hospitals], choice.ravel(), hospital_mix[hospitals]),
        part("outside visits", "outside", outer_towns, net.of("outside")[outers], outer[outers] / outer.sum(), outside_mix[outers]),
    ]
    cells = pd.concat(frames, ignore_index=True)
    chronic = (groups["service_kind"] == "chronic").to_numpy()
    return cells.assign(
        kind=np.where(chronic[cells["group"].to_numpy() - world.inpatient_count], KINDS.index("chronic"), KINDS.index("outpatient"))
    )


def _mix(groups: pd.DataFrame, level: str, rows: int) -> np.ndarray:
    return np.tile(_normal(groups[level].to_numpy(dtype=float)), (rows, 1))


def pharmacy_cells(world: World) -> pd.DataFrame:
    """Return the purchases in contracted pharmacies, counted as one institution."""
    rule = world.parameters.values["outpatient"]["pharmacy_purchases"]
    rate = np.array([rule["employee"], rule["resident"]]) / 12
    expected = world.insured * rate[:, None] * world.timeline.activity("steady", "outpatient")
    axes = {"town": np.arange(len(world.network.towns)), "scheme": np.arange(2), "month": np.arange(len(world.timeline.months))}
    cells = _cells(world, "pharmacy", expected, axes)
    return cells.assign(institution=world.network.of("pharmacy")[0], group=len(world.groups) - 1, kind=KINDS.index("pharmacy"))


# Inpatient -------------------------------------------------------------------------------------------------------------


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
    return _normal(weight)


def hospital_mix(world: World) -> np.ndarray:
    """Return the case mix of each hospital: the share of each inpatient group (hospital × group)."""
    groups = world.parameters.inpatient_groups
    return _normal(groups["county"].to_numpy() * hospital_traits(world, groups))


def hospital_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges of the county's hospitals, as many as their beds allow at the occupancy aimed at."""
    groups, hospitals, net = world.parameters.inpatient_groups, world.parameters.hospitals, world.network
    mix = hospital_mix(world)
    stay = (mix * groups["days"].to_numpy()).sum(axis=1)
    growth = world.timeline.growth(world.parameters.values["inpatient"]["yearly_growth"])
    level = hospitals["beds"] * hospitals["occupancy"] * _MIDDLE / stay / (1 + hospitals["outside"])
    level = level.to_numpy()[:, None] * growth
    affinity = np.exp(-net.distances(net.of("hospital")) / world.parameters.values["inpatient"]["distance_km"])
    own = pd.Index(world.parameters.communities["community_code"]).get_indexer(world.parameters.towns["community_code"])
    affinity = affinity + 0.02
    affinity[np.arange(len(own)), own] += 1.2
    rows = level.mean(axis=1)
    need = _need(world)
    choice = _fitted(affinity.T, rows, need / need.sum() * rows.sum())
    who = choice[:, :, None] * _scheme_share(world)[None]
    expected = (
        who[..., None, None] * mix[:, None, None, :, None] * (level[:, None, :] * _seasons(world, groups, "inpatient"))[:, None, None]
    )
    axes = {
        "institution": net.of("hospital"),
        "town": np.arange(len(net.towns)),
        "scheme": np.arange(2),
        "group": np.arange(len(groups)),
        "month": np.arange(len(growth)),
    }
    return _cells(world, "hospital admissions", expected, axes).assign(kind=0)


def centre_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges of the township wards."""
    groups, towns, net = world.parameters.inpatient_groups, world.parameters.towns, world.network
    rule = world.parameters.values["inpatient"]
    mix = _normal(groups["centre"].to_numpy(dtype=float))
    stay = (mix * groups["days"].to_numpy()).sum() * rule["centre_stay"]
    level = (towns["centre_beds"] * towns["centre_occupancy"] * _MIDDLE / stay / (1 + rule["outside_per_insured_centre"])).to_numpy()
    pairs = net.centre_pairs(0.90)
    centre_town = net.table["town"].to_numpy()[pairs["institution"]]
    received = pairs.groupby("institution")["share"].transform("sum").to_numpy()
    share = level[centre_town] * pairs["share"].to_numpy() / received
    scheme = _scheme_share(world)[pairs["town"]] * np.array([0.75, 1.25])
    used = np.flatnonzero(mix)
    growth = world.timeline.growth(rule["yearly_growth"])
    time = _seasons(world, groups.iloc[used], "inpatient") * growth
    expected = (share[:, None] * _normal(scheme))[..., None, None] * (mix[used][:, None] * time)
    cells = _cells(
        world,
        "centre admissions",
        expected,
        {"pair": np.arange(len(pairs)), "scheme": np.arange(2), "group": used, "month": np.arange(len(growth))},
    )
    pair = cells.pop("pair").to_numpy()
    return cells.assign(town=pairs["town"].to_numpy()[pair], institution=pairs["institution"].to_numpy()[pair], kind=0)


def outside_story(world: World) -> np.ndarray:
    """Return the factor on out-of-county admissions of each town and month that the planted story asks for."""
    story = world.parameters.stories["outside_spending"]
    factor = np.ones((len(world.network.towns), len(world.timeline.months)))
    town = (world.parameters.towns["community_code"] == story["community"]).to_numpy()
    factor[np.ix_(town, world.timeline.months >= pd.Timestamp(story["from"]))] = story["volume_factor"]
    return factor


def outside_admissions(world: World) -> pd.DataFrame:
    """Return the insured discharges outside the county."""
    groups, net, rule = world.parameters.inpatient_groups, world.network, world.parameters.values["inpatient"]
    rate = np.array([rule["admissions_outside_per_insured"]["employee"], rule["admissions_outside_per_insured"]["resident"]]) / 12
    time = world.timeline.growth(rule["outside_yearly"]) * (1 + rule["outside_reform"] * world.timeline.ramp)
    outflow = _town_tilt(world.parameters.towns["outflow"].to_numpy(), world.parameters.towns["residents"].to_numpy(dtype=float))
    people = world.insured * rate[:, None] * time * outflow[:, None, None] * outside_story(world)[:, None, :]
    weight = world.parameters.outside["inpatient_weight"].to_numpy()
    mix = groups["outside"].to_numpy() * _outside_traits(world, groups)
    mix = mix * weight[:, None] / (mix * weight[:, None]).sum()
    expected = people[:, :, None, None, :] * mix[None, None, :, :, None] * _seasons(world, groups, "inpatient")
    axes = {
        "town": np.arange(len(net.towns)),
        "scheme": np.arange(2),
        "institution": net.of("outside"),
        "group": np.arange(len(groups)),
        "month": np.arange(len(time)),
    }
    return _cells(world, "outside admissions", expected, axes).assign(kind=0)


def all_cells(world: World) -> pd.DataFrame:
    """Return every insured encounter, one row for each key of ``fact_claim``, in a fixed order."""
    parts = [
        hospital_admissions(world),
        centre_admissions(world),
        outside_admissions(world),
        outpatient_cells(world),
        pharmacy_cells(world),
    ]
    cells = pd.concat(parts, ignore_index=True)
    cells = cells.astype({name: "int32" for name in (*_AXES, "kind")})
    return cells.sort_values(["month", "institution", "kind", "group", "town", "scheme"], kind="stable", ignore_index=True)
