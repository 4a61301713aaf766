"""Who has to report which table by when: ``reporting.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import Field, field_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Text

WHOLE_COUNTY = "county"


class TableRule(Entry):
    """Kinds of reporters of one table (None: every kind) and the day of the following month by which a report is in time.

    The kind ``county`` stands alone: one report a month for everybody.
    """

    kinds: tuple[Text, ...] | None = None
    due_day: int = Field(default=10, ge=1, le=28)

    @field_validator("kinds")
    @classmethod
    def _county_alone(cls, kinds: tuple[str, ...] | None) -> tuple[str, ...] | None:
        if kinds is not None and WHOLE_COUNTY in kinds and len(kinds) > 1:
            raise ValueError(f"{WHOLE_COUNTY} stands alone: one report a month for the whole county")
        return kinds

    @property
    def of_county(self) -> bool:
        """Whether the county reports this table as one."""
        return self.kinds == (WHOLE_COUNTY,)


class TableGroup(Entry):
    """Tables that are looked at together."""

    name: Text
    name_en: Text
    tables: tuple[Text, ...] = Field(min_length=1)


class ApprovalRules(Entry):
    """How months are signed.

    ``acceptance``: who is above must accept an approval before approving. ``four_eyes``: nobody approves what they loaded.
    """

    acceptance: bool = False
    four_eyes: bool = False


class ReportingRules(Entry):
    """The calendar of reports.

    ``lines`` are, by dimension, the shares that are met and near; ``rules`` by dimension the import's rules with the tables they speak of.
    """

    tables: Mapping[str, TableRule]
    groups: Mapping[str, TableGroup]
    lines: Mapping[str, tuple[float, float]]
    shown_months: int = Field(ge=3, le=36)
    rules: Mapping[str, Mapping[str, tuple[Text, ...]]]
    grade: Grade
    approval: ApprovalRules = ApprovalRules()


@cache
def reporting_rules(folder: Path = CATALOGUE_FOLDER) -> ReportingRules:
    """Return ``reporting.yaml``. Raises ``CatalogueError``."""
    return read_entry(ReportingRules, folder / "reporting.yaml")
