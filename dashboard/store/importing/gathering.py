"""What the parts of a profile made, put together table by table: rows of one key added up, columns joined, quarters spread over months."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from dashboard.store.importing.columns import primary_key
from dashboard.store.importing.profiles import Part
from dashboard.store.schema import metadata

FILE, LINE = "source file", "source line"
"""Columns of a frame on its way, beside those of the contract: no name of a column has a blank."""
_MONTHS_OF_A_QUARTER = 3


def together(table: str, pieces: Sequence[tuple[Part, pd.DataFrame]]) -> pd.DataFrame:
    """Return the rows of all parts of one table: those that add columns joined by key, quarters spread when they say so."""
    keys = list(primary_key(metadata.tables[table]))
    base = pd.concat([_one_per_key(part, frame, keys) for part, frame in pieces if not part.adds], ignore_index=True)
    for part, frame in pieces:
        if part.adds:
            more = _one_per_key(part, frame, keys).drop(columns=[FILE, LINE])
            base = base.merge(more, how="left", on=[key for key in keys if key in more], suffixes=("", " again"))
    return spread_quarters(base, table) if any(part.spread for part, _frame in pieces) else base


def _measures(frame: pd.DataFrame, table: str) -> list[str]:
    columns = metadata.tables[table].columns
    return [str(name) for name in frame if str(name) in columns and columns[str(name)].info.get("measure")]


def _one_per_key(part: Part, frame: pd.DataFrame, keys: Sequence[str]) -> pd.DataFrame:
    there = [key for key in keys if key in frame]
    if part.distinct:
        return frame.groupby(there, as_index=False, sort=True, dropna=False).first()
    if not part.add_up:
        return frame
    how: dict[str, Any] = {str(name): "first" for name in frame if name not in there}
    how |= dict.fromkeys((name for name in _measures(frame, part.table) if name not in there), _sum_of_texts)
    return frame.groupby(there, as_index=False, sort=True, dropna=False).agg(how)


def _sum_of_texts(values: pd.Series) -> object:
    """Return the exact sum as text; nothing at all stays nothing, and what is no number stays for the checks to name."""
    there = [str(value) for value in values if value is not None and not pd.isna(value)]
    try:
        return f"{sum((Decimal(text.replace(',', '')) for text in there), Decimal(0)):f}" if there else None
    except InvalidOperation:
        return there[0]


def spread_quarters(frame: pd.DataFrame, table: str) -> pd.DataFrame:
    """Return three monthly rows for each quarterly one: whole numbers spread by calendar days, adding up to the quarter exactly."""
    period = str(metadata.tables[table].info["period"])
    measures = _measures(frame, table)
    starts = pd.PeriodIndex(frame[period], freq="Q").to_timestamp()
    days = (starts + pd.DateOffset(months=_MONTHS_OF_A_QUARTER) - starts).days
    numbers = frame[measures].apply(pd.to_numeric)
    passed = pd.Series(0, index=frame.index)
    before = pd.DataFrame(0, index=frame.index, columns=measures, dtype="Int64")
    pieces = []
    for step in range(_MONTHS_OF_A_QUARTER):
        month = starts + pd.DateOffset(months=step)
        passed = passed + month.days_in_month
        until = numbers.mul(passed / days, axis=0).round().astype("Int64")
        pieces.append(frame.assign(**{period: [f"{day:%Y-%m-%d}" for day in month]}, **(until - before)))
        before = until
    return pd.concat(pieces, ignore_index=True)
