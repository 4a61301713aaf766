"""When data are complete and when they are old: ``completeness.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Text

FIRST_PAGE = "overview"


class CompletenessRules(Entry):
    """The limits of ``completeness.yaml``; shares are 0 to 1."""

    lookback_months: int = Field(ge=1, le=36)
    normal_share: float = Field(gt=0, le=1)
    complete_share: float = Field(gt=0, le=1)
    tolerated_missing: float = Field(ge=0, lt=1)
    lapsed_months: int = Field(ge=1, le=36)
    stale_months: int = Field(ge=0, le=60)
    pages: Mapping[Text, tuple[Text, ...]]

    def tables(self, page: str) -> tuple[str, ...]:
        """Return the tables that must be complete in the first month of ``page``."""
        return self.pages.get(page, self.pages.get(FIRST_PAGE, ()))


@cache
def completeness_rules(folder: Path = CATALOGUE_FOLDER) -> CompletenessRules:
    """Return ``completeness.yaml``. Raises ``CatalogueError``."""
    return read_entry(CompletenessRules, folder / "completeness.yaml")
