"""The old address of ``dashboard.services.common.indicators``, kept for scripts of others."""

from dashboard.services.common.indicators import (
    CATEGORIES,
    IndicatorDefinition,
    indicator_changes,
    indicator_definition,
    indicator_series,
    indicator_values,
    target_text,
    uncached_values,
    values_of,
)

__all__ = [
    "CATEGORIES",
    "IndicatorDefinition",
    "indicator_changes",
    "indicator_definition",
    "indicator_series",
    "indicator_values",
    "target_text",
    "uncached_values",
    "values_of",
]
