"""Who is there: towns, institutions, departments, equipment; distances between them."""

import json
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.demo.parameters import GEO_FOLDER, Parameters, generator

_RESIDENTS_PER_STATION = 6200
_KILOMETRES_PER_DEGREE = 111.32
_NEIGHBOURS = 2
PHARMACY = "P00"


@dataclass(frozen=True, eq=False)
class Network:
    """The institutions in one order that every array of the generator uses.

    ``table`` holds the columns of ``dim_institution`` and, beside them, ``level`` (one of ``LEVELS``), ``town`` and ``community``
    (positions, -1 for none) and ``share`` (of the town's station visits, stations only).
    """

    table: pd.DataFrame
    towns: pd.DataFrame

    def of(self, level: str) -> np.ndarray:
        """Return the positions of the institutions of a level."""
        return np.flatnonzero(self.table["level"].to_numpy() == level)

    @property
    def codes(self) -> np.ndarray:
        """The institution codes by position."""
        return self.table["institution_code"].to_numpy()

    @property
    def inside(self) -> np.ndarray:
        """The positions of the institutions of the county that treat patients: stations, centres, hospitals."""
        return np.flatnonzero(self.table["level"].isin(["station", "centre", "hospital"]).to_numpy())

    @property
    def leads(self) -> np.ndarray:
        """The positions of the lead hospitals in the order of the communities."""
        return self.of("hospital")[:5]

    def distances(self, positions: np.ndarray) -> np.ndarray:
        """Return kilometres in a straight line from each town (row) to each institution of ``positions`` (column)."""
        place = self.table.iloc[positions]
        scale = np.cos(np.radians(self.towns["latitude"].mean()))
        east = (self.towns["longitude"].to_numpy()[:, None] - place["longitude"].to_numpy()) * scale
        north = self.towns["latitude"].to_numpy()[:, None] - place["latitude"].to_numpy()
        return np.hypot(east, north) * _KILOMETRES_PER_DEGREE

    def centre_pairs(self, own_share: float) -> pd.DataFrame:
        """Return which towns use which centres: columns town, institution, share. The rest goes to the nearest neighbours."""
        centres = self.of("centre")
        nearest = np.argsort(self.distances(centres), axis=1, kind="stable")
        rows = []
        for town in range(len(self.towns)):
            neighbours = [place for place in nearest[town] if place != town][:_NEIGHBOURS]
            rows.append((town, centres[town], own_share))
            rows += [(town, centres[place], (1 - own_share) / _NEIGHBOURS) for place in neighbours]
        return pd.DataFrame(rows, columns=["town", "institution", "share"])


def _centres(towns: pd.DataFrame) -> pd.DataFrame:
    rural = towns["name"].str.endswith("镇")
    return pd.DataFrame(
        {
            "institution_code": towns["town_code"].str.replace("T", "C"),
            "name": np.where(rural, towns["name"] + "卫生院", towns["name"] + "社区卫生服务中心"),
            "short_name": towns["short_name"] + "分院",
            "kind": np.where(rural, "township_centre", "community_centre"),
            "tier": "primary",
            "role": "member",
            "community_code": towns["community_code"],
            "town_code": towns["town_code"],
            "in_county": True,
            "capability_level": np.where(towns["residents"] >= 66, "recommended", np.where(towns["residents"] >= 30, "basic", "none")),
            "longitude": towns["longitude"],
            "latitude": towns["latitude"],
            "level": "centre",
        }
    )


def _stations(towns: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    frames = []
    for _, town in towns.iterrows():
        count = max(2, round(town["residents"] * 1000 / _RESIDENTS_PER_STATION))
        weight = rng.uniform(0.6, 1.4, count)
        angle, radius = rng.uniform(0, 2 * np.pi, count), rng.uniform(0.006, 0.026, count)
        number = np.arange(1, count + 1)
        label = "村卫生室" if town["name"].endswith("镇") else "社区卫生服务站"
        centre = town["town_code"].replace("T", "C")
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": [f"{centre.replace('C', 'S')}{item:02d}" for item in number],
                    "name": [f"{town['name']}第{item}{label}" for item in number],
                    "short_name": [f"{town['short_name']}{item}站" for item in number],
                    "kind": "station",
                    "role": "member",
                    "community_code": town["community_code"],
                    "town_code": town["town_code"],
                    "parent_institution_code": centre,
                    "in_county": True,
                    "longitude": np.round(town["longitude"] + radius * np.cos(angle), 4),
                    "latitude": np.round(town["latitude"] + radius * np.sin(angle), 4),
                    "level": "station",
                    "share": weight / weight.sum(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def network(parameters: Parameters, seed: int) -> Network:
    """Return the institutions of the demonstration county and those outside that its people use."""
    hospitals = parameters.hospitals.assign(in_county=True, level="hospital")
    outside = parameters.outside.assign(in_county=False, level="outside", role="none")
    pharmacy = pd.DataFrame(
        [
            {
                "institution_code": PHARMACY,
                "name": "定点药店(合计)",
                "short_name": "药店",
                "kind": "pharmacy",
                "in_county": True,
                "level": "pharmacy",
            }
        ]
    )
    stations = _stations(parameters.towns, generator(seed, "stations"))
    table = pd.concat([hospitals, _centres(parameters.towns), stations, outside, pharmacy], ignore_index=True)
    defaults = {"tier": "ungraded", "grade": "none", "role": "none", "capability_level": "none", "in_province": True, "in_alliance": False}
    table = table.fillna(defaults)
    for name in ("in_county", "in_province", "in_alliance"):
        table[name] = table[name].astype(bool)
    table["town"] = pd.Index(parameters.towns["town_code"]).get_indexer(table["town_code"])
    table["community"] = pd.Index(parameters.communities["community_code"]).get_indexer(table["community_code"])
    return Network(table=table, towns=parameters.towns)


def town_table(parameters: Parameters) -> pd.DataFrame:
    """Return ``dim_town``; the area is that of the schematic cell, so that density and map agree."""
    cells = json.loads((GEO_FOLDER / "yuhang_towns.geojson").read_text(encoding="utf-8"))["features"]
    area = {cell["properties"]["town_code"]: cell["properties"]["area_km2"] for cell in cells}
    return parameters.towns.assign(area_km2=parameters.towns["town_code"].map(area))


def disease_group_table(parameters: Parameters) -> pd.DataFrame:
    """Return ``dim_disease_group``: inpatient groups first, then outpatient groups and the pharmacy purchase."""
    inpatient = parameters.inpatient_groups.rename(columns={"weight": "case_weight"})
    inpatient = inpatient.assign(base_points=(inpatient["case_weight"] * 100).round(4))
    outpatient = parameters.outpatient_groups.assign(kind="outpatient", mdc="门诊", county_capable=True, low_risk=False)
    pharmacy = pd.DataFrame(
        [
            {
                "disease_group_code": "YP-01",
                "name": "药店购药",
                "mdc": "门诊",
                "kind": "outpatient",
                "primary_capable": True,
                "county_capable": True,
                "low_risk": False,
            }
        ]
    )
    return pd.concat([inpatient, outpatient, pharmacy], ignore_index=True)
