"""A foreign file becomes a package: what a profile (``profiles.py``) says, done on the rows of CSV and XLSX files.

Nothing is guessed: a column that the profile needs and the file lacks, or that the file has and the profile does not know, is told by
name and nothing is made. Each row of the package remembers the file and line that it came from, so findings name those.
"""

import csv
import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path, PurePosixPath

import pandas as pd
import yaml
from openpyxl.utils.cell import column_index_from_string, coordinate_from_string

from dashboard.errors import PackageError
from dashboard.language import marked
from dashboard.store.importing.columns import fields, normal_name
from dashboard.store.importing.csv_reading import UnreadableFileError, closed_quotes, detect_encoding
from dashboard.store.importing.findings import visible
from dashboard.store.importing.gathering import FILE, LINE, together
from dashboard.store.importing.package import MANIFEST, PackageFile, package_members
from dashboard.store.importing.profiles import Condition, Mapped, Part, PeriodRule, Profile, Unpivot
from dashboard.store.importing.xlsx_reading import FAULTS, Values, cell_text, open_workbook, text_rows
from dashboard.store.schema import metadata

HEADER_ROWS = 20
Lookup = Callable[[str], Mapping[str, str]]
"""Gives the codes of a dimension by normal name."""


@dataclass(frozen=True)
class Misfit:
    """What of a profile no longer fits a file: columns that are gone, columns that are new; ``file`` may be a pattern nobody meets."""

    file: str
    missing: tuple[str, ...] = ()
    new: tuple[str, ...] = ()


class MisfitError(PackageError):
    """A profile does not fit; ``misfits`` say what changed."""

    def __init__(self, misfits: Sequence[Misfit], where: str) -> None:
        told = "；".join(
            " ".join(
                [
                    each.file,
                    *((f"− {'、'.join(each.missing)}",) if each.missing else ()),
                    *((f"+ {'、'.join(each.new)}",) if each.new else ()),
                ]
            )
            for each in misfits
        )
        super().__init__(
            marked("映射方案与文件不再相符(− 不见了，+ 是新的)：{changes}"),
            marked("请在“数据与口径 · 对列”里存为新的一版，或把不要的列写进 ignored"),
            where=where, changes=told,
        )  # fmt: skip
        self.misfits = tuple(misfits)


@dataclass(frozen=True)
class Conversion:
    """What became of files: ``folder`` is the package; ``places`` is where each of its rows came from; ``left_out`` counts rows by file."""

    folder: Path
    rows: Mapping[str, int]
    places: Mapping[str, Sequence[tuple[str, int]]]
    left_out: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Grid:
    """A sheet as text: ``rows`` from the first line on; an empty cell is ''. ``lines`` are the physical lines of the rows."""

    file: str
    sheet: str
    rows: list[list[str]]
    lines: list[int]


# Reading ---------------------------------------------------------------------------------------------------------------


def read_grids(name: str, path: Path) -> Iterator[Grid]:
    """Yield each visible sheet of a workbook, or the one of a CSV file. Raises ``PackageError`` when it cannot be read."""
    suffix = PurePosixPath(name).suffix.lower()
    file = PackageFile(visible(name), path, metadata.tables["dim_county"], "csv", "")
    if suffix == ".csv":
        yield _csv_grid(file)
    elif suffix == ".xlsx":
        yield from _xlsx_grids(file)
    else:
        raise PackageError(marked("文件类型不支持：只接受 CSV 和 XLSX"), marked("请另存为 XLSX 或 CSV"), where=visible(name))


def _csv_grid(file: PackageFile) -> Grid:
    try:
        encoding = detect_encoding(file)
        rows, lines = [], []
        with file.path.open(encoding=encoding, newline="") as source:
            read: list[str] = []
            reader = csv.reader(_remembered(source, read))
            begun = 1
            for record in reader:
                if len(read) > 1 and not closed_quotes("".join(read)):
                    raise PackageError(marked("第 {line} 行的引号不成对"), marked("请删去或补上这一行的引号"), where=file.name, line=begun)
                read.clear()
                rows.append(record)
                lines.append(begun)
                begun = reader.line_num + 1
    except (UnreadableFileError, UnicodeDecodeError, csv.Error) as error:
        raise PackageError(marked("文件读不出来"), marked("请另存为“CSV UTF-8”后再试"), where=file.name) from error
    return Grid(file.name, "", rows, lines)


def _remembered(source: Iterable[str], read: list[str]) -> Iterator[str]:
    """Yield the lines of ``source``, each added to ``read`` on the way."""
    for line in source:
        read.append(line)
        yield line


def _xlsx_grids(file: PackageFile) -> Iterator[Grid]:
    try:
        with open_workbook(file) as book:
            values = Values(book)
            for sheet in book.worksheets:
                if sheet.sheet_state == "visible":
                    rows = text_rows(book, values, sheet)
                    yield Grid(file.name, sheet.title, rows, list(range(1, len(rows) + 1)))
    except FAULTS as error:
        raise PackageError(marked("工作簿读不出来"), marked("请另存为 XLSX 后再试；旧的 XLS 也请另存"), where=file.name) from error


def find_header(grid: Grid, needed: Sequence[str]) -> int | None:
    """Return the place of the row that names most of ``needed``; None when no row names any."""
    wanted = {normal_name(name) for name in needed}
    counts = [len({normal_name(cell) for cell in row} & wanted) for row in grid.rows[:HEADER_ROWS]]
    best = max(counts, default=0)
    return counts.index(best) if best else None


def header_of(grid: Grid, place: int) -> list[str]:
    """Return the names of the columns in the row at ``place``."""
    return [cell.strip() for cell in grid.rows[place]]


# One part on one sheet -------------------------------------------------------------------------------------------------


def fit(part: Part, grid: Grid) -> tuple[int | None, Misfit | None]:
    """Return where the header of ``grid`` stands and what of ``part`` does not fit it."""
    place = find_header(grid, (*part.needed, *part.ignored)) if part.needed or part.ignored else 0
    if place is None:
        return None, Misfit(grid.file, missing=part.needed)
    there = {normal_name(name): name for name in header_of(grid, place) if name}
    missing = tuple(name for name in part.needed if normal_name(name) not in there)
    known = {normal_name(name) for name in (*part.needed, *part.ignored)}
    months = re.compile(part.unpivot.months) if part.unpivot and part.unpivot.months else None
    new = tuple(name for key, name in there.items() if key not in known and not (months and months.fullmatch(name)))
    return place, Misfit(grid.file, missing, new) if missing or new else None


def _frame(grid: Grid, place: int) -> pd.DataFrame:
    names = [normal_name(name) for name in header_of(grid, place)]
    width = len(names)
    body = [[cell.strip() for cell in row[:width]] + [""] * (width - len(row)) for row in grid.rows[place + 1 :]]
    frame = pd.DataFrame(body, columns=range(width), dtype=object).replace("", None)
    lines = pd.Series(grid.lines[place + 1 :], dtype="int64")
    filled = frame.notna().any(axis=1)
    positions = {name: position for position, name in reversed(list(enumerate(names))) if name}
    found = pd.DataFrame({name: frame[position] for name, position in positions.items()}, dtype=object)
    found[LINE] = lines
    found[FILE] = grid.file
    return found[filled].reset_index(drop=True)


def _meets(frame: pd.DataFrame, condition: Condition) -> pd.Series:
    values = frame[normal_name(condition.column)]
    met = values.isin(list(condition.equals))
    if condition.matches is not None:
        met |= values.fillna("").astype(str).str.fullmatch(condition.matches)
    return met | values.isna() if condition.blank else met


def _number(text: object, unit: float | None) -> object:
    """Return a number's text times ``unit``, exactly; what is no number stays, and the checks will name it."""
    if unit is None or not isinstance(text, str):
        return text
    try:
        value = Decimal(text.replace(",", "").replace("，", "")) * Decimal(repr(unit))
    except InvalidOperation:
        return text
    return f"{value.normalize():f}"


def _translated(values: pd.Series, mapped: Mapped, column: str, part: Part, lookup: Lookup) -> pd.Series:
    codes = {normal_name(name): code for name, code in mapped.codes.items()}
    if mapped.names:
        target = next(iter(metadata.tables[part.table].columns[column].foreign_keys), None)
        table = target.column.table.name if target else part.table
        codes = {**lookup(table), **codes}
    if not codes:
        return values
    return values.map(lambda text: codes.get(normal_name(str(text)), text), na_action="ignore")


def _period_text(rule: PeriodRule, text: str | None) -> tuple[str | None, int | None]:
    """Return the period that ``text`` holds as the import reads it, and its year."""
    if text is None:
        return None, None
    if rule.pattern is None:
        digits = re.search(r"\d{4}", text)
        return text, int(digits[0]) if digits else None
    match = re.search(rule.pattern, text)
    if match is None:
        return None, None
    found = match.groupdict()
    year = int(found["year"]) if found.get("year") else None
    if found.get("quarter"):
        return f"{year}Q{found['quarter']}", year
    return (f"{year}-{int(found['month']):02d}" if found.get("month") else str(year)), year


def _period_of_file(part: Part, grid: Grid) -> tuple[str | None, int | None]:
    rule = part.period
    if rule is None or rule.source == "column":
        return None, None
    text: str | None = PurePosixPath(grid.file).stem
    if rule.source == "cell":
        letters, row = coordinate_from_string(rule.place or "A1")
        column = column_index_from_string(letters) - 1
        place = grid.lines.index(row) if row in grid.lines else None
        text = grid.rows[place][column] if place is not None and column < len(grid.rows[place]) else None
    found = _period_text(rule, text)
    if found[0] is None:
        raise PackageError(
            marked("没有找到期间：{place}里是“{text}”"), marked("请检查文件名或单元格，或改正映射方案的 period"),
            where=grid.file, place=rule.place or marked("文件名"), text=visible(text or ""),
        )  # fmt: skip
    return found


def _long(frame: pd.DataFrame, unpivot: Unpivot, names: Sequence[str], year: int | None) -> pd.DataFrame:
    """Return ``frame`` with a row for each of the columns that hold values; an empty cell gives no row."""
    wanted = dict(unpivot.columns)
    if unpivot.months is not None:
        for name in names:
            if match := re.fullmatch(unpivot.months, name):
                wanted[name] = f"{year}-{int(match[1]):02d}"
    pieces = []
    for name, value in wanted.items():
        numbers = frame[normal_name(name)]
        for part in unpivot.minus.get(name, ()):
            numbers = pd.Series([_minus(a, b) for a, b in zip(numbers, frame[normal_name(part)], strict=True)], dtype=object)
        piece = frame.copy()
        piece["unpivoted into"] = value
        piece["unpivoted value"] = pd.Series([_number(text, unpivot.unit) for text in numbers], index=piece.index, dtype=object)
        pieces.append(piece[piece["unpivoted value"].notna()])
    return pd.concat(pieces, ignore_index=True) if pieces else frame.iloc[:0]


def _minus(whole: object, part: object) -> object:
    if whole is None:
        return None
    try:
        return str(Decimal(str(whole).replace(",", "")) - Decimal(str(part or "0").replace(",", "")))
    except InvalidOperation:
        return whole


def apply_part(part: Part, grid: Grid, place: int, lookup: Lookup) -> tuple[pd.DataFrame, int]:
    """Return the rows of the contract that ``part`` makes of a sheet, with ``FILE`` and ``LINE``, and how many rows it left out."""
    frame = _frame(grid, place)
    before = len(frame)
    for condition in part.skip:
        frame = frame[~_meets(frame, condition)]
    for condition in part.keep:
        frame = frame[_meets(frame, condition)]
    frame = frame.reset_index(drop=True)
    left_out = before - len(frame)
    period, year = _period_of_file(part, grid)
    if part.unpivot is not None:
        frame = _long(frame, part.unpivot, header_of(grid, place), year)
    made = pd.DataFrame({FILE: frame[FILE], LINE: frame[LINE]})
    for column, mapped in part.columns.items():
        values = frame[normal_name(mapped.source)]
        if mapped.otherwise is not None:
            values = values.fillna(frame[normal_name(mapped.otherwise)])
        values = values.map(lambda text, unit=mapped.unit: _number(text, unit), na_action="ignore")
        made[column] = _translated(values, mapped, column, part, lookup)
    if part.unpivot is not None:
        made[part.unpivot.into] = frame["unpivoted into"]
        made[part.unpivot.values] = frame["unpivoted value"]
    _put_period(made, part, frame, period)
    for column, constant in part.constants.items():
        made[column] = cell_text(constant)
    return made, left_out


def _put_period(made: pd.DataFrame, part: Part, frame: pd.DataFrame, period: str | None) -> None:
    target, rule = metadata.tables[part.table].info.get("period"), part.period
    if rule is None or not target or target in made:
        return
    if rule.source == "column":
        made[target] = frame[normal_name(rule.place or "")].map(lambda text: _period_text(rule, text)[0], na_action="ignore")
    else:
        made[target] = period


# The whole profile -----------------------------------------------------------------------------------------------------


def _matching(pattern: str, names: Sequence[str]) -> list[str]:
    return [name for name in names if fnmatch.fnmatch(PurePosixPath(name).name.lower(), pattern.lower())]


def _sheets(part: Part, name: str, path: Path) -> list[Grid]:
    grids = [grid for grid in read_grids(name, path) if part.sheet is None or fnmatch.fnmatch(grid.sheet, part.sheet)]
    if part.sheet is not None or len(grids) < 2:
        return grids
    # Of several sheets those count that look like it; a note beside the figures is none.
    return [grid for grid in grids if part.needed and fit(part, grid)[0] is not None] or grids[:1]


def apply_profile(profile: Profile, source: Path, folder: Path, scratch: Path, lookup: Lookup = lambda _: {}) -> Conversion:
    """Write the package that ``profile`` makes of ``source`` (a file, a folder or a zip) into ``folder``.

    ``scratch`` is an empty folder for what is unpacked. Raises ``MisfitError`` when the profile does not fit, ``PackageError`` when a
    file cannot be read; nothing usable is written then.
    """
    members = package_members(source, scratch)
    made: dict[str, list[tuple[Part, pd.DataFrame]]] = {}
    misfits: list[Misfit] = []
    left_out: dict[str, int] = {}
    for part in profile.parts:
        names = _matching(part.file, sorted(members))
        if not names and not part.optional:
            misfits.append(Misfit(part.file, missing=(part.file,)))
        for grid in (grid for name in names for grid in _sheets(part, name, members[name])):
            place, misfit = fit(part, grid)
            if misfit is not None or place is None:
                misfits.append(misfit or Misfit(grid.file, missing=part.needed))
                continue
            frame, gone = apply_part(part, grid, place, lookup)
            left_out[grid.file] = max(left_out.get(grid.file, 0), gone)
            made.setdefault(part.table, []).append((part, frame))
    if misfits:
        raise MisfitError(list(dict.fromkeys(misfits)), profile.title)
    tables = {table: together(table, pieces) for table, pieces in made.items()}
    for table, rows in profile.rows.items():
        fixed = pd.DataFrame([{name: cell_text(value) for name, value in row.items()} for row in rows], dtype=object)
        tables[table] = pd.concat([tables[table], fixed], ignore_index=True) if table in tables else fixed
    places = {}
    for table, frame in tables.items():
        name = f"{table}.csv"
        columns = [column for column in fields(metadata.tables[table]) if column in frame]
        frame[columns].to_csv(folder / name, index=False)
        if FILE in frame:
            places[name] = list(zip(frame[FILE].fillna(""), frame[LINE].fillna(0).astype(int), strict=True))
    _write_manifest(profile, folder)
    return Conversion(folder, {table: len(frame) for table, frame in tables.items()}, places, left_out)


def _write_manifest(profile: Profile, folder: Path) -> None:
    said = {
        "name": profile.package or profile.title,
        "data_kind": profile.data_kind,
        "coordinate_system": profile.coordinate_system,
        "scope": profile.scope,
    }
    content = {key: value for key, value in said.items() if value is not None}
    (folder / MANIFEST).write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
