"""The one formatter, under the name that pages know; it lives below ``services`` because documents use it too."""

from dashboard.formatting import (
    MINUS,
    MISSING,
    SMALLEST_SHOWN,
    Number,
    compact,
    count,
    day,
    line_width,
    money,
    month,
    number,
    percent,
    period,
    points,
    shortened,
    yuan,
)

__all__ = [
    "MINUS",
    "MISSING",
    "SMALLEST_SHOWN",
    "Number",
    "compact",
    "count",
    "day",
    "line_width",
    "money",
    "month",
    "number",
    "percent",
    "period",
    "points",
    "shortened",
    "yuan",
]
