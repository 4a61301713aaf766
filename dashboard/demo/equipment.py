"""Equipment: what stands where, and how much it was used."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World
from dashboard.demo.inpatient import open_beds

_STATION_ECG_SHARE = 0.72
_CENTRE_SCALE = 0.62


def _places(world: World, row: pd.Series) -> list[int]:
    """Return the institution of each piece of one equipment type."""
    net, towns = world.network, world.parameters.towns["town_code"].tolist()
    per_bed = row["hospital_per_100_beds"] / 100
    hospitals = [
        place for place, beds in zip(net.of("hospital"), open_beds(world)[:, 0], strict=True) for _ in range(max(1, round(beds * per_bed)))
    ]
    named = row["centres"] if isinstance(row["centres"], str) else ""
    centres = net.of("centre") if named == "all" else [net.of("centre")[towns.index(code)] for code in named.split()]
    stations = []
    if row["name"] == "心电图机":
        chosen = world.rng("station ecg").random(len(net.of("station"))) < _STATION_ECG_SHARE
        stations = list(net.of("station")[chosen])
    return [*hospitals, *centres, *stations]


def equipment_table(world: World) -> pd.DataFrame:
    """Return ``dim_equipment`` with the positions ``institution`` and ``type`` beside its columns."""
    frames = []
    for number, row in world.parameters.equipment_types.iterrows():
        places = np.array(_places(world, row))
        rng = world.rng(f"equipment {row['equipment_type_code']}")
        bought = pd.to_datetime("2013-01-15") + pd.to_timedelta(rng.integers(0, 3100, len(places)), unit="D")
        order = pd.Series(places).groupby(places).cumcount() + 1
        frames.append(
            pd.DataFrame(
                {
                    "equipment_code": [
                        f"{row['equipment_type_code']}-{code}-{item}" for code, item in zip(world.network.codes[places], order, strict=True)
                    ],
                    "name": [
                        f"{name}{row['name']}{item}号"
                        for name, item in zip(world.network.table["short_name"].to_numpy()[places], order, strict=True)
                    ],
                    "equipment_type_code": row["equipment_type_code"],
                    "institution_code": world.network.codes[places],
                    "purchase_value": np.rint(row["value"] * rng.uniform(0.75, 1.25, len(places)) / 1000).astype("int64") * 100_000,
                    "purchased_on": bought,
                    "institution": places,
                    "type": number,
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def _rates(world: World, equipment: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the utilisation and the positive share aimed at for each piece, the low-positive story included."""
    types, rng = world.parameters.equipment_types, world.rng("equipment rates")
    level = world.network.table["level"].to_numpy()[equipment["institution"]]
    use = types["use"].to_numpy()[equipment["type"]] * np.where(level == "hospital", 1.0, np.where(level == "centre", _CENTRE_SCALE, 0.25))
    use = np.clip(use * rng.normal(1, 0.12, len(equipment)), 0.05, 0.97)
    positive = np.clip(types["positive"].to_numpy()[equipment["type"]] + rng.normal(0, 0.03, len(equipment)), 0.05, 0.95)
    story = world.parameters.stories["low_positive_rate"]
    town = world.network.table["town_code"].to_numpy()[equipment["institution"]]
    told = (town == story["town"]) & (level == "centre") & (equipment["equipment_type_code"] == story["equipment_type"]).to_numpy()
    return np.where(told, story["use"], use), np.where(told, story["positive"], positive)


def equipment_use_table(world: World, equipment: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_equipment_use``; positives are missing for equipment that has no positive finding (analysers, dialysis)."""
    rng, types, line = world.rng("equipment use"), world.parameters.equipment_types, world.timeline
    use, positive = _rates(world, equipment)
    kind = equipment["type"].to_numpy()
    shape = (len(equipment), len(line.months))
    available = types["hours"].to_numpy(dtype=float)[kind][:, None] * line.days * 0.98
    season = line.activity("steady", "outpatient") / line.days * 30.4
    working = available * np.clip(use[:, None] * season * line.growth(0.025) * rng.normal(1, 0.04, shape), 0.01, 0.99)
    examinations = np.floor(working * 60 / types["minutes"].to_numpy()[kind][:, None])
    share = np.broadcast_to(np.nan_to_num(positive)[:, None], shape)
    positives = rng.binomial(examinations.astype(int), share).astype(float)
    positives[np.isnan(types["positive"].to_numpy()[kind])] = np.nan
    piece, month = np.divmod(np.arange(available.size), shape[1])
    checkups, inpatients = (np.floor(examinations * part) for part in (0.06, 0.27))
    return pd.DataFrame(
        {
            "equipment_code": equipment["equipment_code"].to_numpy()[piece],
            "month": line.months[month],
            "available_hours": available.round(2).ravel(),
            "working_hours": working.round(2).ravel(),
            "examinations": examinations.ravel().astype("int64"),
            "positives": pd.array(positives.ravel(), dtype="Int64"),
            "downtime_hours": (line.days * rng.gamma(1.2, 0.12, shape)).round(2).ravel(),
            "outpatient_examinations": (examinations - checkups - inpatients).ravel().astype("int64"),
            "inpatient_examinations": inpatients.ravel().astype("int64"),
            "checkup_examinations": checkups.ravel().astype("int64"),
        }
    )
