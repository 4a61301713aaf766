"""Settings of the page 床位与设备: ``utilisation.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Text


class UtilisationSettings(Entry):
    """Lines and choices that are ours, not a ministry's. Occupancies in per cent, shares from 0 to 1."""

    idle_occupancy: float = Field(gt=0, lt=100)
    overfull_occupancy: float = Field(gt=0, le=200)
    planning_occupancy: float = Field(gt=0, le=100)
    calendar_months: int = Field(ge=1, le=48)
    trend_months: int = Field(ge=12, le=120)
    minimum_peers: int = Field(ge=2)
    peer_classes: Mapping[str, tuple[Text, ...]]
    technical_staff: tuple[Text, ...] = Field(min_length=1)
    efficiency_years: int = Field(ge=2, le=10)
    idle_use: float = Field(gt=0, lt=1)
    busy_use: float = Field(gt=0, le=1)
    neighbour_kilometres: float = Field(gt=0)
    service_life_years: float = Field(gt=0)
    missing_share: float = Field(ge=0, lt=1)
    forecast_confidence: float = Field(gt=0, lt=1)
    grade: Grade

    def peer_class(self, kind: str) -> str:
        """Return the class that institutions of ``kind`` belong to; a kind of no class is its own."""
        return next((name for name, kinds in self.peer_classes.items() if kind in kinds), kind)


@cache
def utilisation_settings(folder: Path = CATALOGUE_FOLDER) -> UtilisationSettings:
    """Return ``utilisation.yaml``. Raises ``CatalogueError``."""
    return read_entry(UtilisationSettings, folder / "utilisation.yaml")
