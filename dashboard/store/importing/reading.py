"""Reading a file of a package in blocks of text cells with their physical line numbers; bounded memory whatever its size."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Table

from dashboard.store.importing.columns import fields, header_names, normal_name
from dashboard.store.importing.conversion import trimmed
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.importing.package import PackageFile

HEADER_ROWS = 10


@dataclass(frozen=True)
class Chunk:
    """Some rows of a file: text columns by their position in the header (an empty cell is null) and the line of each row.

    ``broken`` tells, by position, which rows are empty there because the cell has a finding of its own.
    """

    cells: list[pa.Array]
    lines: NDArray[np.int64]
    fraction: float
    broken: Mapping[int, NDArray[np.bool_]] = field(default_factory=dict)


@dataclass
class Header:
    """What the header of a file or sheet means: the position of each known column, and of columns without a name.

    ``source`` is what findings call it: the file, with the sheet where a workbook has several; ``sheet`` is its name.
    """

    positions: dict[str, int] = field(default_factory=dict)
    unnamed: list[int] = field(default_factory=list)
    width: int = 0
    source: str = ""
    sheet: str = ""


def known_columns(table: Table, cells: Sequence[str]) -> int:
    """Return how many of ``cells`` are headers of ``table``."""
    known = header_names(table)
    return len({known[name] for text in cells if (name := normal_name(text)) in known})


def find_header(table: Table, records: Sequence[Sequence[str]]) -> int | None:
    """Return which of the first ``records`` is the header: the first with the most known columns, otherwise the first that is not blank.

    Titles, notes and blank rows may stand above it; None when all are blank.
    """
    filled = [position for position, cells in enumerate(records) if any(text.strip() for text in cells)]
    if not filled:
        return None
    return max(filled, key=lambda position: (known_columns(table, records[position]), -position))


def _goes_on(table: Table, header: Sequence[str], beside: Sequence[str]) -> bool:
    """Return whether the row ``beside`` the header names columns where the header names none: cells merged over a group of columns."""
    known = header_names(table)
    columns = [known.get(normal_name(text)) for text in header]
    others = [known.get(normal_name(text)) for text in beside]
    free = [position >= len(columns) or columns[position] is None for position in range(len(others))]
    return any(name is not None and name not in columns and free[position] for position, name in enumerate(others))


def open_header(file: PackageFile, records: Sequence[Sequence[str]], place: int, line: int, findings: Findings) -> Header | None:
    """Return the meaning of the header that ``find_header`` found at ``place`` of ``records``, in ``line`` of the file.

    None after findings when the file cannot be used: a header of two rows, or without any column of the table, is one finding.
    """
    if any(_goes_on(file.table, records[place], records[beside]) for beside in (place - 1, place + 1) if 0 <= beside < len(records)):
        findings.add(Finding("header_in_two_rows", file.name, line, table=file.table))
        return None
    if not known_columns(file.table, records[place]):
        needed = "、".join(item.label for item in fields(file.table).values() if item.required)
        shown = visible(" ".join(text for text in records[place] if text.strip()))
        findings.add(Finding("no_header", file.name, line, value=shown, table=file.table, details={"columns": needed, "rows": HEADER_ROWS}))
        return None
    header = _read_header(file, records[place], line, findings)
    if header is not None:
        _note_skipped(file, records[:place], line, findings)
    return header


def _note_skipped(file: PackageFile, records: Sequence[Sequence[str]], line: int, findings: Findings) -> None:
    """Say what stands above the header in ``line`` and was not read."""
    skipped = "；".join(" ".join(text for text in cells if text.strip()) for cells in records if any(text.strip() for text in cells))
    if skipped:
        findings.add(Finding("header_below", file.name, line, value=visible(skipped), table=file.table))


def _read_header(file: PackageFile, cells: Sequence[str], line: int, findings: Findings) -> Header | None:
    """Return the meaning of the header ``cells``, or None after findings when the file cannot be used."""
    known = header_names(file.table)
    header = Header(width=len(cells), source=file.name)
    broken = False
    for position, text in enumerate(cells):
        name = known.get(normal_name(text))
        if not text.strip():
            header.unnamed.append(position)
        elif name is None:
            findings.add(Finding("unknown_column", file.name, line, visible(text), table=file.table))
            broken = True
        elif name in header.positions:
            findings.add(Finding("doubled_column", file.name, line, name, visible(text), table=file.table))
            broken = True
        else:
            header.positions[name] = position
    for name, item in fields(file.table).items():
        if item.required and name not in header.positions:
            findings.add(Finding("missing_column", file.name, line, name, table=file.table))
            broken = True
    return None if broken else header


def without_blank_rows(chunk: Chunk) -> Chunk:
    """Return ``chunk`` without rows in which nothing is written: Excel keeps them below a table whose cells were once filled."""
    written = np.zeros(len(chunk.lines), dtype=np.bool_)
    for cells in chunk.cells:
        if written.all():
            return chunk
        written |= pc.is_valid(trimmed(cells)).to_numpy(zero_copy_only=False)
    for rows in chunk.broken.values():
        written |= rows
    if written.all():
        return chunk
    broken = {position: rows[written] for position, rows in chunk.broken.items()}
    return Chunk([cells.filter(pa.array(written)) for cells in chunk.cells], chunk.lines[written], chunk.fraction, broken)


def text_array(values: Sequence[str | None]) -> pa.Array:
    """Return ``values`` as an Arrow text array."""
    return pa.array(values, pa.string())


def chunk_of_rows(rows: list[Sequence[str | None]], lines: list[int], width: int, fraction: float) -> Chunk:
    """Return rows of equal width as a chunk."""
    columns = zip(*rows, strict=True) if rows else ([] for _ in range(width))
    return Chunk([text_array(list(column)) for column in columns], np.array(lines, dtype=np.int64), fraction)
