"""Settings of the page 签约与公卫: ``contracts.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Text


class ContractSettings(Entry):
    """Lines and assumptions that are ours, not a ministry's. Shares from 0 to 1, pace as an index (1 is on pace)."""

    shown_months: int = Field(ge=13, le=60)
    curve: tuple[float, ...] = Field(max_length=12)
    on_pace: float = Field(gt=0, le=2)
    off_pace: float = Field(gt=0, le=2)
    from_month: int = Field(ge=1, le=12)
    least_contracts: int = Field(ge=1)
    months_in_row: int = Field(ge=1, le=12)
    jump: float = Field(gt=0)
    equal_months: int = Field(ge=2)
    december: float = Field(gt=0, lt=1)
    least_people: int = Field(ge=5)
    adult_share: float = Field(gt=0, le=1)
    prevalence: Mapping[str, float]
    trained_categories: tuple[Text, ...] = Field(min_length=1)
    programmes: tuple[Text, ...]
    grade: Grade


@cache
def contract_settings(folder: Path = CATALOGUE_FOLDER) -> ContractSettings:
    """Return ``contracts.yaml``. Raises ``CatalogueError``."""
    return read_entry(ContractSettings, folder / "contracts.yaml")
