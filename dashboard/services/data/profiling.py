"""Making a mapping profile by looking at a file: what it shows of itself, what the mapping makes of it, what the checks say of that."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pandas as pd
import pyarrow as pa

from dashboard.services.common.clock import today
from dashboard.services.data.inbox import Inbox
from dashboard.services.data.profiles import names_of_register
from dashboard.store.importing.columns import fields, header_names, normal_name
from dashboard.store.importing.findings import Finding, Findings
from dashboard.store.importing.gathering import FILE, LINE, together
from dashboard.store.importing.mapping import Grid, Misfit, apply_part, find_header, fit, header_of, read_grids
from dashboard.store.importing.package import package_members
from dashboard.store.importing.profiles import Condition, Mapped, Part, PeriodRule, Profile, Unpivot
from dashboard.store.importing.reading import Chunk, Header
from dashboard.store.importing.validation import ChunkValidator
from dashboard.store.schema import metadata

UNUSED, AS_ROW = "", "→"
"""What a source column may become beside a column of the contract: nothing, or rows of its own (wide to long)."""
DRAFT = ("source", "sample", "target", "code", "unit", "names", "minus")
PATTERNS: Mapping[str, str | None] = {
    "plain": None,
    "chinese": r"(?P<year>\d{4})年(?P<month>\d{1,2})月",
    "dashed": r"(?P<year>\d{4})[-./](?P<month>\d{1,2})",
    "digits": r"(?P<year>20\d{2})(?P<month>\d{2})",
    "quarter": r"(?P<year>\d{4})年?\s*[Q第]?(?P<quarter>[1-4])",
    "year": r"(?P<year>\d{4})",
}
"""Ways in which a period is written, by what the page calls them."""
_SHOWN = 12


@dataclass(frozen=True)
class Choices:
    """What a person has chosen beside the columns: see ``Part``."""

    table: str
    file: str
    period_from: str = ""
    period_place: str = ""
    period_pattern: str = "plain"
    into: str = ""
    values: str = ""
    skip_column: str = ""
    skip_matches: str = ""
    constants: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, eq=False)
class Trial:
    """What a part makes of a sheet: its rows, how many were left out, what no longer fits, what the checks of single rows say."""

    rows: pd.DataFrame
    left_out: int
    misfit: Misfit | None
    findings: tuple[Finding, ...]
    errors: int


def grids(inbox: Inbox) -> list[Grid]:
    """Return the sheets of all uploaded files. Raises ``PackageError`` for what cannot be read."""
    members = package_members(inbox.source(), inbox.scratch())
    return [grid for name, path in sorted(members.items()) if _is_table(path, name) for grid in read_grids(name, path)]


def _is_table(_path: Path, name: str) -> bool:
    return PurePosixPath(name).suffix.lower() in (".csv", ".xlsx")


def first_rows(grid: Grid) -> pd.DataFrame:
    """Return the first rows as they stand, columns called A, B, C …, indexed by their line."""
    rows = grid.rows[:_SHOWN]
    width = max((len(row) for row in rows), default=0)
    letters = [chr(65 + place) if place < 26 else f"A{chr(65 + place % 26)}" for place in range(width)]
    return pd.DataFrame([row + [""] * (width - len(row)) for row in rows], columns=letters, index=grid.lines[: len(rows)])


def header_place(grid: Grid, part: Part | None) -> int:
    """Return where the header most likely stands: what ``part`` needs, else the first row that is mostly filled with text."""
    if part is not None and (found := find_header(grid, part.needed)) is not None:
        return found
    counts = [sum(bool(cell.strip()) and not re.fullmatch(r"[\d.,%-]+", cell.strip()) for cell in row) for row in grid.rows[:20]]
    return counts.index(max(counts)) if counts else 0


def pattern_of(file: str) -> str:
    """Return a pattern that next month's file meets too: its digits may be others."""
    return re.sub(r"\d+", "*", PurePosixPath(file).name)


def draft_of(part: Part | None, grid: Grid, table: str) -> pd.DataFrame:
    """Return the frame of ``DRAFT``, a row for each column of the sheet: what ``part`` makes of it, or what its name suggests."""
    place = header_place(grid, part)
    body = grid.rows[place + 1 :]
    known = header_names(metadata.tables[table])
    rows = []
    for position, name in enumerate(header_of(grid, place)):
        if name:
            sample = next((row[position] for row in body if position < len(row) and row[position].strip()), "")
            row = _row_of(part, name) if part is not None else {"target": known.get(normal_name(name), UNUSED)}
            empty = {"code": "", "unit": None, "names": False, "minus": ""}
            rows.append({"source": name, "sample": sample[:40], **empty, **row})
    return pd.DataFrame(rows, columns=list(DRAFT)).astype({"unit": "float64", "names": bool})


def _row_of(part: Part, name: str) -> dict[str, object]:
    key = normal_name(name)
    for target, mapped in part.columns.items():
        if normal_name(mapped.source) == key:
            return {"target": target, "unit": mapped.unit, "names": mapped.names}
    if part.unpivot is not None:
        for source, code in part.unpivot.columns.items():
            if normal_name(source) == key:
                minus = "、".join(part.unpivot.minus.get(source, ()))
                return {"target": AS_ROW, "code": code, "unit": part.unpivot.unit, "minus": minus}
    return {"target": UNUSED}


def choices_of(part: Part) -> Choices:
    """Return what ``part`` says beside its columns."""
    period, skip = part.period, next((each for each in part.skip if each.matches), None)
    pattern = next((name for name, text in PATTERNS.items() if period and text == period.pattern), "plain")
    return Choices(
        table=part.table,
        file=part.file,
        period_from=period.source if period else "",
        period_place=(period.place or "") if period else "",
        period_pattern=pattern,
        into=part.unpivot.into if part.unpivot else "",
        values=part.unpivot.values if part.unpivot else "",
        skip_column=skip.column if skip else "",
        skip_matches=(skip.matches or "") if skip else "",
        constants=tuple((name, str(value)) for name, value in part.constants.items()),
    )


def part_of(draft: pd.DataFrame, choices: Choices, over: Part | None = None) -> Part:
    """Return the part that the draft and choices say; what the page does not show (codes, other conditions) is kept from ``over``."""
    columns, rows, minus, ignored = {}, {}, {}, []
    unit: float | None = None
    for row in draft.to_dict("records"):
        source, target = str(row["source"]), str(row["target"] or UNUSED)
        factor = None if pd.isna(row["unit"]) else float(row["unit"])
        if target == AS_ROW:
            rows[source] = str(row["code"] or "").strip() or source
            unit = factor if factor is not None else unit
            parts = tuple(name.strip() for name in re.split(r"[、,，]", str(row["minus"] or "")) if name.strip())
            if parts:
                minus[source] = parts
        elif target != UNUSED:
            before = over.columns.get(target) if over else None
            kept = {"codes": dict(before.codes), "otherwise": before.otherwise} if before else {}
            columns[target] = Mapped.model_validate({"from": source, "unit": factor, "names": bool(row["names"]), **kept})
        else:
            ignored.append(source)
    included = {name for names in minus.values() for name in names}
    skip = [each for each in (over.skip if over else ()) if each.matches is None]
    if choices.skip_column and choices.skip_matches:
        skip.append(Condition(column=choices.skip_column, matches=choices.skip_matches))
    period = None
    if choices.period_from:
        period = PeriodRule.model_validate(
            {"from": choices.period_from, "place": choices.period_place or None, "pattern": PATTERNS[choices.period_pattern]}
        )
    changed: dict[str, object] = {
        "file": choices.file,
        "table": choices.table,
        "columns": columns,
        "constants": dict(choices.constants),
        "period": period,
        "unpivot": Unpivot(into=choices.into, values=choices.values, columns=rows, minus=minus, unit=unit)
        if rows and choices.into and choices.values
        else None,
        "skip": tuple(skip),
        "ignored": tuple(name for name in ignored if name not in included and name != choices.skip_column),
    }
    return over.model_copy(update=changed) if over else Part.model_validate({**changed, "period": period})


def tried(part: Part, grid: Grid) -> Trial:
    """Return what ``part`` makes of a sheet now. Raises ``PackageError`` where the period is not found."""
    place, misfit = fit(part, grid)
    if misfit is not None or place is None:
        return Trial(pd.DataFrame(), 0, misfit or Misfit(grid.file, missing=part.needed), (), 0)
    frame, left_out = apply_part(part, grid, place, names_of_register())
    rows = together(part.table, [(part.model_copy(update={"adds": False}), frame)])
    findings = _row_findings(part.table, rows, grid.file)
    return Trial(rows.drop(columns=[FILE, LINE]), left_out, None, findings.sorted(), findings.errors)


def _row_findings(table: str, rows: pd.DataFrame, file: str) -> Findings:
    """Return what the checks of single rows say; those across rows and tables come with the check of the whole."""
    target = metadata.tables[table]
    names = [name for name in fields(target) if name in rows]
    found = Findings()
    missing = [name for name, item in fields(target).items() if item.required and name not in names]
    found.add(*(Finding("missing_column", file, None, name, table=target) for name in missing))
    header = Header(positions={name: place for place, name in enumerate(names)}, width=len(names), source=file)
    cells = [pa.array([None if pd.isna(value) else str(value) for value in rows[name]], pa.string()) for name in names]
    if not missing and len(rows):
        chunk = Chunk(cells, np.asarray(rows[LINE].fillna(0), dtype=np.int64), 1.0)
        ChunkValidator(file, target, header, found, today()).validate(chunk)
    return found


def with_part(profile: Profile | None, number: int, part: Part, title: str) -> Profile:
    """Return ``profile`` with its part ``number`` replaced, or a new one of this one part."""
    if profile is None:
        return Profile(title=title, scope="reporter", parts=(part,))
    parts: Sequence[Part] = [part if place == number else each for place, each in enumerate(profile.parts)]
    return profile.model_copy(update={"title": title, "parts": tuple(parts)})
