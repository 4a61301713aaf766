"""Who sees a doctor where: insured outpatient and chronic encounters by level, and purchases in pharmacies."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import KINDS, World, draw, hospital_traits, outside_traits, seasons, shares_of, town_tilt


def _visits(world: World) -> np.ndarray:
    rule = world.parameters.values["outpatient"]
    rate = np.array([rule["visits_per_insured"]["employee"], rule["visits_per_insured"]["resident"]])
    return world.insured * (rate[:, None] / 12) * world.timeline.growth(rule["yearly_growth"])


def _shares(world: World) -> dict[str, np.ndarray]:
    """Return the share of visits by level as town × month: outside, hospital, centre, station."""
    rule, towns, line = world.parameters.values["outpatient"], world.parameters.towns, world.timeline
    people = towns["residents"].to_numpy(dtype=float)
    outflow = town_tilt(towns["outflow"].to_numpy(), people)
    outside = outflow[:, None] * line.between(**rule["outside_share"])
    rural = town_tilt(1 + 0.5 * (towns["station_share"].to_numpy() - 0.29), people)
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
    choice = shares_of(weight) * (1 - rule["own_lead_share"])
    choice[np.arange(len(own)), own] = rule["own_lead_share"]
    return choice


def outpatient_cells(world: World) -> pd.DataFrame:
    """Return the insured outpatient and chronic encounters."""
    visits, shares, net = _visits(world), _shares(world), world.network
    groups = world.parameters.outpatient_groups
    season = seasons(world, groups, "outpatient")
    places = np.arange(len(groups)) + world.inpatient_count
    scheme, month = np.arange(2), np.arange(len(world.timeline.months))

    def part(topic: str, level: str, town: np.ndarray, institution: np.ndarray, share: np.ndarray, mix: np.ndarray) -> pd.DataFrame:
        used = np.flatnonzero(mix.max(axis=0) > 0)
        base = visits[town] * shares[level][town][:, None, :] * share[:, None, None]
        expected = base[:, :, None, :] * (mix[:, None, used, None] * season[used])
        cells = draw(world, topic, expected, {"pair": np.arange(len(town)), "scheme": scheme, "group": places[used], "month": month})
        pair = cells.pop("pair").to_numpy()
        return cells.assign(town=town[pair], institution=institution[pair])

    stations = net.of("station")
    station = net.table.iloc[stations]
    pairs = net.centre_pairs(world.parameters.values["outpatient"]["own_centre_share"])
    choice = _hospital_choice(world)
    towns, hospitals = np.divmod(np.arange(choice.size), choice.shape[1])
    outer = world.parameters.outside["weight"].to_numpy()
    outer_towns, outers = np.divmod(np.arange(len(net.towns) * len(outer)), len(outer))
    hospital_mix = shares_of(groups["hospital"].to_numpy() * hospital_traits(world, groups))
    outside_mix = groups["outside"].to_numpy() * outside_traits(world, groups)
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
    return np.tile(shares_of(groups[level].to_numpy(dtype=float)), (rows, 1))


def pharmacy_cells(world: World) -> pd.DataFrame:
    """Return the purchases in contracted pharmacies, counted as one institution."""
    rule = world.parameters.values["outpatient"]["pharmacy_purchases"]
    rate = np.array([rule["employee"], rule["resident"]]) / 12
    expected = world.insured * rate[:, None] * world.timeline.activity("steady", "outpatient")
    axes = {"town": np.arange(len(world.network.towns)), "scheme": np.arange(2), "month": np.arange(len(world.timeline.months))}
    cells = draw(world, "pharmacy", expected, axes)
    return cells.assign(institution=world.network.of("pharmacy")[0], group=len(world.groups) - 1, kind=KINDS.index("pharmacy"))
