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
AXES = ("town", "scheme", "institution", "group", "month")


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


def draw(world: World, topic: str, expected: np.ndarray, axes: dict[str, np.ndarray]) -> pd.DataFrame:
    """Draw Poisson counts and return the cells that are not empty; ``axes`` gives each dimension's positions, in order.

    The first axis may be ``pair`` (a frame's positions of town and institution).
    """
    drawn = world.rng(topic).poisson(expected)
    places = np.nonzero(drawn)
    columns = {name: values[place] for (name, values), place in zip(axes.items(), places, strict=True)}
    return pd.DataFrame({**columns, "encounters": drawn[places].astype(np.int64)})


def seasons(world: World, groups: pd.DataFrame, service: str) -> np.ndarray:
    """Return the relative activity of each group (row) and month (column)."""
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


def outside_traits(world: World, groups: pd.DataFrame) -> np.ndarray:
    """Return the tendency of each hospital outside the county (row) to treat each group (column)."""
    outside = world.parameters.outside
    alias = {"oncology": "oncology", "child": "child", "obstetric": "child"}
    tendency = [outside[alias[trait]].to_numpy(dtype=float) if trait in alias else np.ones(len(outside)) for trait in groups["trait"]]
    return np.stack(tendency, axis=1)


def shares_of(weights: np.ndarray, axis: int = -1) -> np.ndarray:
    """Return ``weights`` scaled to add up to 1 along ``axis``."""
    return weights / weights.sum(axis=axis, keepdims=True)


def fitted(start: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Return ``start`` scaled to the row and column totals (iterative proportional fitting), each row then summing to 1."""
    table = start.copy()
    for _ in range(60):
        table *= (columns / table.sum(axis=0))[None, :]
        table *= (rows / table.sum(axis=1))[:, None]
    return shares_of(table)


def town_tilt(values: np.ndarray, population: np.ndarray) -> np.ndarray:
    """Return a tendency of the towns scaled so that its mean over the people is 1."""
    return values / (values * population).sum() * population.sum()
