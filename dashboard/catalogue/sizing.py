"""Defaults of the sizing calculator with their grades: ``sizing.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Named, Text

Parameter = Literal[
    "growth", "index", "copies", "fill", "working_days", "peak_hour_share", "operations_per_visit", "seconds_per_operation",
    "users", "active_share", "think_seconds", "rate",
]  # fmt: skip


class Noted(Named):
    """Anything with a grade and a word on where its default comes from."""

    grade: Grade
    note: Text
    note_en: Text

    def why(self, language: str = "zh") -> str:
        """Return where the default comes from."""
        return self.note if language == "zh" else self.note_en


class StoredKind(Noted):
    """One kind of content: records in the first year, bytes of one, years kept on line; ``years_grade`` is that of the years."""

    volume: int = Field(ge=0)
    bytes: int = Field(ge=0)
    years: int = Field(ge=1, le=100)
    years_grade: Grade


class SizingParameter(Noted):
    """One assumption: its default and bounds, in its unit (% as a whole number)."""

    unit: Text
    default: int
    low: int
    high: int
    step: int = Field(ge=1)

    @property
    def scale(self) -> float:
        """What a number on the page is multiplied by to become what the formulas take."""
        return 0.01 if self.unit == "%" else 1.0


class SizingDefaults(Entry):
    """What is stored, and everything else that is assumed."""

    kinds: Mapping[str, StoredKind] = Field(min_length=1)
    parameters: Mapping[Parameter, SizingParameter]


@cache
def sizing_defaults(folder: Path = CATALOGUE_FOLDER) -> SizingDefaults:
    """Return ``sizing.yaml``. Raises ``CatalogueError``."""
    return read_entry(SizingDefaults, folder / "sizing.yaml")
