"""Settings of the page 全市各县: ``prefecture.yaml``."""

from functools import cache
from pathlib import Path

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, IndicatorId


class PrefectureSettings(Entry):
    """What is compared between counties and how."""

    indicators: tuple[IndicatorId, ...] = Field(min_length=1, max_length=5)
    first: IndicatorId
    sizes: tuple[int, ...] = Field(min_length=1, max_length=3)
    least_counties: int = Field(ge=3)
    months: int = Field(ge=13, le=60)
    fund_months: int = Field(ge=1, le=60)
    draws: int = Field(ge=500, le=50_000)
    pictured: int = Field(ge=4, le=24)
    grade: Grade

    @model_validator(mode="after")
    def _fits(self) -> "PrefectureSettings":
        if self.first not in self.indicators:
            raise ValueError("first")
        if list(self.sizes) != sorted(set(self.sizes)):
            raise ValueError("sizes")
        return self


@cache
def prefecture_settings(folder: Path = CATALOGUE_FOLDER) -> PrefectureSettings:
    """Return ``prefecture.yaml``. Raises ``CatalogueError``."""
    return read_entry(PrefectureSettings, folder / "prefecture.yaml")
