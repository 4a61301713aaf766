"""Validation of one chunk of rows: what a column may hold is read from the SQLAlchemy tables, the row rules from ``rules.py``."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Table

from dashboard.store.importing.columns import Field, Kind, different_columns, fields
from dashboard.store.importing.conversion import Converted, convert, convert_codes, default_cells, trimmed
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.importing.reading import Chunk, Header
from dashboard.store.importing.rules import ROW_RULES, RowRule

_PERIODS = (Kind.MONTH, Kind.QUARTER)
_NUMBERS = (Kind.INTEGER, Kind.YEAR, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN)
# Annual results are dated to the December of their year, which may still be ahead.
_MAY_BE_AHEAD = ("fact_assessment",)
_PLANNED_AHEAD = ("fact_fund_budget", "fact_fiscal_plan")
# Money that is paid back later comes as negative rows (冲红); budgets, shares and ranks need net figures.
_REVERSED = ("fact_claim",)
# Older periods are slips of the keyboard (0025-10), and every period becomes a choice of the month filter.
FIRST_YEAR = 2000


@dataclass(frozen=True)
class ChunkResult:
    """The typed columns of a chunk, by column name, in the order of the table."""

    values: dict[str, pa.Array]
    lines: NDArray[np.int64]


# Checks ----------------------------------------------------------------------------------------------------------------

Mask = NDArray[np.bool_]


def _outside(values: pd.Series, item: Field) -> Mask:
    """Return which numbers break the limits of ``item``; a missing number breaks none."""
    low, high = item.limits.minimum, item.limits.maximum
    if low is None:
        return np.zeros(len(values), dtype=bool)
    below = values <= low if item.limits.exclusive else values < low
    return (below if high is None else below | (values > high)).to_numpy(dtype=bool)


def _wrong_texts(values: pd.Series, holds: Callable[[str], bool]) -> Mask:
    """Return which texts do not hold, asked once per distinct text; a missing text holds."""
    good = np.array([holds(category) for category in values.cat.categories] + [True], dtype=bool)
    return ~good[values.cat.codes.to_numpy()]


def _column_faults(values: pd.Series, item: Field, table: Table, today: datetime.date) -> Iterable[tuple[str, Mask]]:
    """Yield each rule about one column with the rows that break it."""
    if not item.nullable:
        yield "missing", values.isna().to_numpy(dtype=bool)
    if item.kind is Kind.CODE:
        known = frozenset(item.codes.values())
        yield "unknown_code", _wrong_texts(values, lambda text: text in known)
    elif item.length is not None:
        limit = item.length
        yield "too_long", _wrong_texts(values, lambda text: len(text) <= limit)
    elif item.kind in _PERIODS and table.name not in _MAY_BE_AHEAD:
        yield "future", (values > pd.Timestamp(today)).to_numpy(dtype=bool)
    elif item.kind is Kind.YEAR:
        yield "future", (values > today.year + (table.name in _PLANNED_AHEAD)).to_numpy(dtype=bool)
    if item.kind in _PERIODS:
        yield "before_limit", (values < pd.Timestamp(FIRST_YEAR, 1, 1)).to_numpy(dtype=bool)
    elif item.kind in _NUMBERS:
        plain = item.limits.minimum == 0 and item.limits.maximum is None and not item.limits.exclusive
        yield "negative" if plain else "out_of_range", _outside(values, item)


def _to_itself(first: str, second: str) -> RowRule:
    def same(frame: pd.DataFrame) -> pd.Series:
        # The two columns have categories of their own, so they are compared as text.
        return frame[first].astype(object) == frame[second].astype(object)

    return RowRule("to_itself", second, (first, second), same, shown=(second,))


@cache
def row_rules(table: Table) -> tuple[RowRule, ...]:
    """Return the row rules of ``table``."""
    different = (_to_itself(first, second) for first, second in different_columns(table))
    return (*different, *ROW_RULES.get(table.name, ()))


# One chunk -------------------------------------------------------------------------------------------------------------


def _series(values: pa.Array, item: Field) -> pd.Series:
    """Return typed values as pandas sees them: numbers as float64, dates as datetime64, text as categories."""
    if item.kind in _NUMBERS:
        return pd.Series(pc.cast(values, pa.float64()).to_numpy(zero_copy_only=False))
    if item.kind in (*_PERIODS, Kind.DATE):
        return pd.Series(pc.cast(values, pa.timestamp("s")).to_numpy(zero_copy_only=False))
    encoded = values.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False)
    return pd.Series(pd.Categorical.from_codes(codes, categories=pd.Index(encoded.dictionary.to_pylist(), dtype=object)))


class ChunkValidator:
    """Validates the chunks of one file and reports what they break."""

    def __init__(self, file: str, table: Table, header: Header, findings: Findings, today: datetime.date) -> None:
        self._file = file
        self._table = table
        self._header = header
        self._findings = findings
        self._today = today

    def validate(self, chunk: Chunk) -> ChunkResult:
        """Return the typed rows of ``chunk``; every breach goes into the findings."""
        size = len(chunk.lines)
        raw: dict[str, pa.Array] = {}
        converted: dict[str, Converted] = {}
        for name, item in fields(self._table).items():
            if name in self._header.positions:
                raw[name] = chunk.cells[self._header.positions[name]]
                converted[name] = convert(trimmed(raw[name]), item) if not item.is_key else convert_codes(raw[name])
            else:
                converted[name] = default_cells(item, size)
        self._report_unnamed(chunk)
        for name, result in converted.items():
            for rule, rows in (*result.faults.items(), *result.notes.items()):
                self._report(rule, name, np.flatnonzero(rows), chunk.lines, raw)
        self._check(converted, raw, chunk)
        return ChunkResult({name: result.values for name, result in converted.items()}, chunk.lines)

    def _report_unnamed(self, chunk: Chunk) -> None:
        for position in self._header.unnamed:
            cells = trimmed(chunk.cells[position])
            rows = np.flatnonzero(pc.is_valid(cells).to_numpy(zero_copy_only=False))
            if rows.size:
                self._report("unknown_column", "", rows, chunk.lines, {"": cells})

    def _check(self, converted: dict[str, Converted], raw: dict[str, pa.Array], chunk: Chunk) -> None:
        items, lines = fields(self._table), chunk.lines
        frame = pd.DataFrame({name: _series(result.values, items[name]) for name, result in converted.items()})
        # A cell that could not be converted has its own finding; that it is now empty is not another,
        # and a row rule says nothing where one of its own cells is wrong.
        wrong = {name: result.wrong(len(lines)) for name, result in converted.items()}
        for name, position in self._header.positions.items():
            if position in chunk.broken:
                wrong[name] = wrong[name] | chunk.broken[position]
        reversed_rows = np.zeros(len(lines), dtype=bool)
        for name, item in items.items():
            for rule, rows in _column_faults(frame[name], item, self._table, self._today):
                broken = rows & ~wrong[name]
                if rule == "negative" and self._table.name in _REVERSED:
                    # A reversal is one thing wrong with the row, not one in each of its amounts.
                    rule, broken = "reversal", broken & ~reversed_rows
                    reversed_rows |= broken
                self._report(rule, name, np.flatnonzero(broken), lines, raw)
                if rule != "missing":
                    wrong[name] = wrong[name] | broken
        for row_rule in row_rules(self._table):
            spoiled = np.logical_or.reduce([wrong[name] for name in row_rule.needs])
            broken = row_rule.broken(frame).fillna(False).to_numpy(dtype=bool)
            self._report_rows(row_rule, np.flatnonzero(broken & ~spoiled & ~reversed_rows), converted, lines)

    def _report_rows(self, rule: RowRule, rows: NDArray[np.int64], converted: dict[str, Converted], lines: NDArray[np.int64]) -> None:
        columns = self._table.columns
        details: dict[str, object] = {}
        if rule.code == "part_over_whole":
            details = {"part": columns[rule.needs[0]], "whole": columns[rule.needs[1]]}
        elif rule.code == "to_itself":
            details = {"first": columns[rule.needs[0]], "second": columns[rule.needs[1]]}
        kept = rows[: self._findings.room(self._file)]

        def value(row: int) -> str:
            return " / ".join(visible(converted[name].values[row].as_py()) for name in rule.shown)

        self._findings.add_counted(
            self._file,
            rule.code,
            len(rows),
            (Finding(rule.code, self._file, int(lines[row]), rule.column, value(int(row)), self._table, details) for row in kept),
        )

    def _report(self, rule: str, column: str, rows: NDArray[np.int64], lines: NDArray[np.int64], raw: dict[str, pa.Array]) -> None:
        if not rows.size:
            return
        kept = rows[: self._findings.room(self._file)]
        details = self._details(rule, column)
        cells = raw.get(column)
        self._findings.add_counted(
            self._file,
            rule,
            len(rows),
            (
                Finding(
                    rule,
                    self._file,
                    int(lines[row]),
                    column or None,
                    visible(cells[int(row)].as_py()) if cells is not None else "",
                    self._table,
                    details,
                )
                for row in kept
            ),
        )

    def _details(self, rule: str, column: str) -> dict[str, object]:
        if not column:
            return {}
        item = fields(self._table)[column]
        if rule == "unknown_code":
            return {"known": "、".join(f"{code}({names.zh})" for code, names in item.column.info["codes"].items())}
        if rule == "out_of_range":
            low, high = item.limits.minimum, item.limits.maximum
            return {"range": f"{low:g}–{high:g}" if high is not None else f"> {low:g}"}
        if rule == "decimal_places":
            return {"scale": item.column.type.scale}  # type: ignore[attr-defined]
        return {"length": item.length} if rule == "too_long" else {}
