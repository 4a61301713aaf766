"""What the Overview shows: ``overview.yaml``."""

from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, IndicatorId, Named


class Dimension(Named):
    """One column of the heat strip: an indicator under a short name."""

    indicator: IndicatorId


class OverviewPlan(Entry):
    """The indicators of the headline cards and of the heat strip."""

    headlines: tuple[IndicatorId, ...] = Field(min_length=1, max_length=6)
    dimensions: tuple[Dimension, ...] = Field(min_length=1, max_length=10)
    near_share: float = Field(gt=0, lt=1)


@cache
def overview_plan(folder: Path = CATALOGUE_FOLDER) -> OverviewPlan:
    """Return ``overview.yaml``. Raises ``CatalogueError``."""
    return read_entry(OverviewPlan, folder / "overview.yaml")
