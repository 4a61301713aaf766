"""What the demonstration county is made from: ``data/demo`` and ``data/geo``, read once into one object."""

import zlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from dashboard.settings import PROJECT

DEMO_FOLDER = PROJECT / "data" / "demo"
GEO_FOLDER = PROJECT / "data" / "geo"
SCHEMES = ("employee", "resident")
LEVELS = ("station", "centre", "hospital", "outside", "pharmacy")


@dataclass(frozen=True, eq=False)
class Parameters:
    """The invented county: ``values`` is ``county.yaml``, ``stories`` is ``stories.yaml``, the rest are the tables."""

    values: dict[str, Any]
    stories: dict[str, Any]
    communities: pd.DataFrame
    towns: pd.DataFrame
    hospitals: pd.DataFrame
    outside: pd.DataFrame
    departments: pd.DataFrame
    inpatient_groups: pd.DataFrame
    outpatient_groups: pd.DataFrame
    equipment_types: pd.DataFrame
    accounts: pd.DataFrame
    service_items: pd.DataFrame
    price_items: pd.DataFrame
    events: pd.DataFrame
    assessments: pd.DataFrame

    def position(self, community_code: str) -> int:
        """Return the place of a community in ``communities``."""
        return int(self.communities["community_code"].tolist().index(community_code))


def _table(path: Path) -> pd.DataFrame:
    return pd.read_csv(path, comment="#", encoding="utf-8", skipinitialspace=True)


def _yaml(name: str) -> dict[str, Any]:
    return yaml.safe_load((DEMO_FOLDER / name).read_text(encoding="utf-8"))


def _towns() -> pd.DataFrame:
    centres = _table(GEO_FOLDER / "yuhang_town_centres.csv")
    return _table(DEMO_FOLDER / "towns.csv").merge(centres, on="town_code", validate="one_to_one")


@cache
def parameters() -> Parameters:
    """Return the parameters of the demonstration county."""
    tables = {
        name: _table(DEMO_FOLDER / f"{name}.csv") for name in Parameters.__dataclass_fields__ if name not in ("values", "stories", "towns")
    }
    return Parameters(values=_yaml("county.yaml"), stories=_yaml("stories.yaml"), towns=_towns(), **tables)


def generator(seed: int, topic: str) -> np.random.Generator:
    """Return the random numbers of one topic, so that a change in one topic leaves the others as they were."""
    return np.random.default_rng([seed, zlib.crc32(topic.encode())])
