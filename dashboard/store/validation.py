"""Validation of one chunk of rows with pandera; the schemas are made from the SQLAlchemy tables, the row rules from ``rules.py``."""

import datetime
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd
import pandera.pandas as pandera
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pandera.errors import SchemaErrors
from sqlalchemy import Table

from dashboard.store.columns import Field, Kind, different_columns, fields
from dashboard.store.conversion import Converted, convert, default_cells, trimmed
from dashboard.store.findings import Finding, Findings, visible
from dashboard.store.reading import Chunk, Header
from dashboard.store.rules import ROW_RULES, RowRule

_PERIODS = (Kind.MONTH, Kind.QUARTER)
_NUMBERS = (Kind.INTEGER, Kind.YEAR, Kind.DECIMAL, Kind.FLOAT, Kind.BOOLEAN)
# Annual results are dated to the December of their year, which may still be ahead.
_MAY_BE_AHEAD = ("fact_assessment",)
_PLANNED_AHEAD = ("fact_fund_budget",)


@dataclass(frozen=True)
class ChunkResult:
    """The typed columns of a chunk, by column name, in the order of the table."""

    values: dict[str, pa.Array]
    lines: NDArray[np.int64]


# Schemas ---------------------------------------------------------------------------------------------------------------


def _check(rule: str, holds: Callable[[pd.Series], pd.Series]) -> pandera.Check:
    return pandera.Check(holds, name=rule, ignore_na=False)


def _category_check(rule: str, holds: Callable[[str], bool]) -> pandera.Check:
    """A check of a text column: asked once per distinct value."""

    def rows(values: pd.Series) -> pd.Series:
        good = np.array([holds(category) for category in values.cat.categories] + [True], dtype=bool)
        return pd.Series(good[values.cat.codes.to_numpy()], index=values.index)

    return _check(rule, rows)


def _range_checks(item: Field) -> Iterable[pandera.Check]:
    low, high = item.limits.minimum, item.limits.maximum
    if low is None:
        return
    rule = "negative" if low == 0 and high is None and not item.limits.exclusive else "out_of_range"
    if item.limits.exclusive:
        yield _check(rule, lambda values: ~(values <= low))
    elif high is None:
        yield _check(rule, lambda values: ~(values < low))
    else:
        yield _check(rule, lambda values: ~((values < low) | (values > high)))


def _column_checks(item: Field, table: Table, today: datetime.date) -> Iterable[pandera.Check]:
    if item.kind is Kind.CODE:
        known = frozenset(item.codes.values())
        yield _category_check("unknown_code", lambda text: text in known)
    elif item.length is not None:
        limit = item.length
        yield _category_check("too_long", lambda text: len(text) <= limit)
    elif item.kind in _PERIODS and table.name not in _MAY_BE_AHEAD:
        yield _check("future", lambda values: ~(values > pd.Timestamp(today)))
    elif item.kind is Kind.YEAR:
        latest = today.year + (table.name in _PLANNED_AHEAD)
        yield _check("future", lambda values: ~(values > latest))
    yield from _range_checks(item)


def _to_itself(first: str, second: str) -> RowRule:
    def same(frame: pd.DataFrame) -> pd.Series:
        # The two columns have categories of their own, so they are compared as text.
        return frame[first].astype(object) == frame[second].astype(object)

    return RowRule("to_itself", second, (first, second), same, shown=(second,))


def _check_name(rule: RowRule) -> str:
    return ":".join((rule.code, rule.column, *rule.needs))


@cache
def row_rules(table: Table) -> dict[str, RowRule]:
    """Return the row rules of ``table`` by the name of their check."""
    different = (_to_itself(first, second) for first, second in different_columns(table))
    return {_check_name(rule): rule for rule in (*different, *ROW_RULES.get(table.name, ()))}


@cache
def frame_schema(table: Table, today: datetime.date) -> pandera.DataFrameSchema:
    """Return the pandera schema of typed rows of ``table``; periods after ``today`` are in the future."""
    columns = {
        name: pandera.Column(
            checks=list(_column_checks(item, table, today)), nullable=item.nullable, required=item.required or item.default is not None
        )
        for name, item in fields(table).items()
    }
    checks = [
        pandera.Check(lambda frame, rule=rule: ~rule.broken(frame).fillna(False).astype(bool), name=name, ignore_na=False)
        for name, rule in row_rules(table).items()
    ]
    return pandera.DataFrameSchema(columns, checks=checks)


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
        self._schema = frame_schema(table, today)

    def validate(self, chunk: Chunk) -> ChunkResult:
        """Return the typed rows of ``chunk``; every breach goes into the findings."""
        size = len(chunk.lines)
        raw: dict[str, pa.Array] = {}
        converted: dict[str, Converted] = {}
        for name, item in fields(self._table).items():
            if name in self._header.positions:
                raw[name] = trimmed(chunk.cells[self._header.positions[name]])
                converted[name] = convert(raw[name], item)
            else:
                converted[name] = default_cells(item, size)
        self._report_unnamed(chunk)
        for name, result in converted.items():
            for rule, rows in result.faults.items():
                self._report(rule, name, np.flatnonzero(rows), chunk.lines, raw)
        self._check(converted, raw, chunk.lines)
        return ChunkResult({name: result.values for name, result in converted.items()}, chunk.lines)

    def _report_unnamed(self, chunk: Chunk) -> None:
        for position in self._header.unnamed:
            cells = trimmed(chunk.cells[position])
            rows = np.flatnonzero(pc.is_valid(cells).to_numpy(zero_copy_only=False))
            if rows.size:
                self._report("unknown_column", "", rows, chunk.lines, {"": cells})

    def _check(self, converted: dict[str, Converted], raw: dict[str, pa.Array], lines: NDArray[np.int64]) -> None:
        items = fields(self._table)
        frame = pd.DataFrame({name: _series(result.values, items[name]) for name, result in converted.items()})
        try:
            self._schema.validate(frame, lazy=True)
        except SchemaErrors as error:
            self._report_failures(error.failure_cases, converted, raw, lines)

    def _report_failures(
        self,
        cases: pd.DataFrame,
        converted: dict[str, Converted],
        raw: dict[str, pa.Array],
        lines: NDArray[np.int64],
    ) -> None:
        # A cell that could not be converted has its own finding; that it is now empty is not another,
        # and a row rule says nothing where one of its own cells is wrong.
        wrong = {name: result.wrong(len(lines)) for name, result in converted.items()}
        rules = row_rules(self._table)
        across = cases["check"].isin(list(rules))
        for places, group in cases[~across].groupby(["check", "column"], sort=False):
            check, column = map(str, places)
            rows = np.unique(group["index"].to_numpy(dtype=np.int64))
            self._report("missing" if check == "not_nullable" else check, column, rows[~wrong[column][rows]], lines, raw)
            if check != "not_nullable":
                wrong[column][rows] = True
        # A broken row rule lists every column of the row; it is one finding all the same.
        for name, group in cases[across].groupby("check", sort=False):
            rule = rules[str(name)]
            rows = np.unique(group["index"].to_numpy(dtype=np.int64))
            spoiled = np.logical_or.reduce([wrong[name] for name in rule.needs])
            self._report_rows(rule, rows[~spoiled[rows]], converted, lines)

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
