"""What a reader of a part of the county still sees of the whole: ``release.yaml``."""

from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry


class ReleaseRules(Entry):
    """When a county value gives nobody away, and whether other communities appear by name; ``largest_share`` is 0 to 1."""

    least_communities: int = Field(ge=2, le=100)
    least_others: int = Field(ge=2, le=100)
    largest_share: float = Field(gt=0, lt=1)
    ranking_published: bool


@cache
def release_rules(folder: Path = CATALOGUE_FOLDER) -> ReleaseRules:
    """Return ``release.yaml``. Raises ``CatalogueError``."""
    return read_entry(ReleaseRules, folder / "release.yaml")
