"""What the Overview shows and when something needs attention: ``overview.yaml`` and ``alerts.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entries, read_entry
from dashboard.catalogue.models import Entry, Grade, IndicatorId, Named, Text

RuleKind = Literal["overspend", "growth", "gap", "streak", "reference", "silence"]
ImpactUnit = Literal["yuan", "cases", "bed_days", "examinations", "months"]


class AlertRule(Entry):
    """One rule of ``alerts.yaml``; ``kind`` names the function of ``dashboard.analysis.alerts`` that applies it.

    Limits are shares (0.05 = 5 %). ``worst`` bounds how many units one rule may name. The four texts are templates whose
    fields (unit, value, reference, change, months, impact, limit, low, high) arrive formatted.
    """

    kind: RuleKind
    indicator: IndicatorId | None = None
    component: Literal["value", "numerator"] = "value"
    side: Literal["below", "above"] = "below"
    severity: Literal["high", "medium"]
    limit: float = Field(ge=0)
    months: int = Field(default=1, ge=1, le=48)
    worst: int = Field(default=20, ge=1)
    impact_unit: ImpactUnit
    title: Text
    title_en: Text
    detail: Text
    detail_en: Text
    grade: Grade


class Dimension(Named):
    """One column of the heat strip: an indicator under a short name."""

    indicator: IndicatorId


class OverviewPlan(Entry):
    """The indicators of the headline cards and of the heat strip."""

    headlines: tuple[IndicatorId, ...] = Field(min_length=1, max_length=6)
    dimensions: tuple[Dimension, ...] = Field(min_length=1, max_length=10)
    near_share: float = Field(gt=0, lt=1)


@cache
def alert_rules(folder: Path = CATALOGUE_FOLDER) -> Mapping[str, AlertRule]:
    """Return the rules of ``alerts.yaml`` by id. Raises ``CatalogueError``."""
    return read_entries(AlertRule, folder / "alerts.yaml")


@cache
def overview_plan(folder: Path = CATALOGUE_FOLDER) -> OverviewPlan:
    """Return ``overview.yaml``. Raises ``CatalogueError``."""
    return read_entry(OverviewPlan, folder / "overview.yaml")
