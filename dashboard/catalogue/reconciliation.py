"""Which tables are held against each other: ``reconciliation.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Grade, Named, Text

Side = Literal["visits", "claim_visits", "discharges", "bed_days", "claim_cases", "income", "claim_cost"]


class ReconciliationRule(Named):
    """One ratio: the columns of its sides, the tables they come from, and which side counts people."""

    numerator: Side
    denominator: Side
    tables: tuple[Text, ...] = Field(min_length=2)
    people: tuple[Literal["numerator", "denominator"], ...] = ()


class DriftEntry(Entry):
    """What counts as drift (``analysis/reconciliation.py``)."""

    baseline_months: int = Field(ge=6, le=60)
    run_months: int = Field(ge=1, le=12)
    least_months: int = Field(ge=3, le=60)
    width: float = Field(gt=0)
    floor: float = Field(ge=0, lt=1)


class Reconciliation(Entry):
    """All rules and what counts as drift."""

    rules: Mapping[str, ReconciliationRule] = Field(min_length=1)
    drift: DriftEntry
    grade: Grade


@cache
def reconciliation(folder: Path = CATALOGUE_FOLDER) -> Reconciliation:
    """Return ``reconciliation.yaml``. Raises ``CatalogueError``."""
    return read_entry(Reconciliation, folder / "reconciliation.yaml")
