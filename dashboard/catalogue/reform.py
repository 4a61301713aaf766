"""Settings of the page 改革效果: ``reform.yaml``."""

from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Text


class ReformSettings(Entry):
    """What may be asked and how it is told."""

    outcomes: tuple[Text, ...] = Field(min_length=1)
    months: int = Field(ge=24, le=120)
    confidence: float = Field(gt=0, lt=1)
    false_alarms: tuple[float, float]
    false_discovery: float = Field(gt=0, lt=1)
    phase_in: tuple[int, ...] = Field(min_length=1)
    told_after: tuple[int, ...] = Field(min_length=1)
    draws: int = Field(ge=19, le=9999)
    grade: Grade


@cache
def reform_settings(folder: Path = CATALOGUE_FOLDER) -> ReformSettings:
    """Return ``reform.yaml``. Raises ``CatalogueError``."""
    return read_entry(ReformSettings, folder / "reform.yaml")
