"""What a package breaks, row by row: one finding per place, in Chinese and English, bounded in memory, exact in number."""

import datetime
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from sqlalchemy import Table

from dashboard.documents.sheets import Book
from dashboard.language import marked, translate
from dashboard.store.importing.columns import INVISIBLE
from dashboard.store.importing.rules import ERROR, RULES
from dashboard.store.schema import label, metadata

FILE_LIMIT = 10_000
TOTAL_LIMIT = 50_000
_FIRST_ROW = 2
VALUE_LENGTH = 200
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_UNSEEN = re.compile(rf"[{INVISIBLE}\ud800-\udfff]")

_HEADING = {"bold": True, "bg_color": "#E8EEF7", "border": 1}
_HEADERS = (marked("程度"), marked("文件"), marked("行"), marked("列"), marked("列名"), marked("值"), marked("规则"), marked("说明"))


@dataclass(frozen=True)
class Finding:
    """One rule broken in one place. ``line`` is the physical line of the file; None when it is about the whole file."""

    rule: str
    file: str
    line: int | None = None
    column: str | None = None
    value: str = ""
    table: Table | None = None
    details: Mapping[str, object] = field(default_factory=dict)

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return RULES[self.rule].severity

    def message(self, language: str = "zh") -> str:
        """Return what is wrong, in ``language``."""
        details = {name: shown_item(value, language) for name, value in self.details.items()}
        return translate(RULES[self.rule].message, language, **details)

    def column_label(self, language: str = "zh") -> str:
        """Return the column as a reader knows it: its Chinese label, or its name in English."""
        if self.table is None or self.column is None or self.column not in self.table.columns:
            return self.column or ""
        return shown_item(self.table.columns[self.column], language)

    def text(self, language: str = "zh") -> str:
        """Return the finding on one line for a terminal."""
        place = self.file if self.line is None else translate(marked("{file} 第 {line} 行"), language, file=self.file, line=self.line)
        value = f"“{self.value}”" if self.value else ""
        return " · ".join(part for part in (place, self.column_label(language), value, f"{self.message(language)} [{self.rule}]") if part)


def shown_item(item: object, language: str) -> str:
    """Return a detail of a message as a reader sees it: schema items by their label (Chinese) or name (English)."""
    if hasattr(item, "comment") and hasattr(item, "name"):
        return label(item) if language == "zh" else str(item.name)  # type: ignore[arg-type]
    return str(item)


def visible(value: object) -> str:
    """Return ``value`` as a finding shows it: control characters replaced, invisible ones named (``<U+200B>``), shortened."""
    text = "" if value is None else _CONTROL.sub("�", str(value))
    text = _UNSEEN.sub(lambda match: f"<U+{ord(match[0]):04X}>", text)
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


_READ_HEADERS = (
    marked("文件"),
    marked("工作表或行"),
    marked("表"),
    marked("行数"),
    marked("最早期间"),
    marked("最晚期间"),
    marked("替换原有行数"),
    marked("没有读取的原因"),
)
NOT_A_TABLE = "not_a_table"
_LEFT_OUT_RULES = ("sheet_not_read", "header_below")
_LEFT_OUT_WORDS = {NOT_A_TABLE: marked("不是数据表")}


@dataclass(frozen=True)
class LeftOut:
    """What a load did not read: a file, or ``part`` of one (a sheet, the rows above a header), and by which rule."""

    file: str
    part: str = ""
    reason: str = NOT_A_TABLE

    def why(self, language: str = "zh") -> str:
        """Return the reason in ``language``."""
        return translate(_LEFT_OUT_WORDS.get(self.reason) or RULES[self.reason].message, language)


@dataclass(frozen=True)
class FileReport:
    """One loaded file (or sheet of a workbook): its table, rows, how many rows it replaced, and the periods it covers."""

    file: str
    table: str
    rows: int
    checksum: str
    replaced: int = 0
    first_period: datetime.date | None = None
    last_period: datetime.date | None = None
    sheet: str = ""


class Findings:
    """The findings of one package: at most ``FILE_LIMIT`` kept per file, all of them counted by file and rule.

    ``places``, for a file that was made of others: the file and line that each of its rows (from the second line on) came from.
    """

    def __init__(self, places: Mapping[str, Sequence[tuple[str, int]]] | None = None) -> None:
        self._places = places or {}
        self._kept: list[Finding] = []
        self._kept_per_file: Counter[str] = Counter()
        self.counts: Counter[tuple[str, str]] = Counter()

    def room(self, file: str) -> int:
        """Return how many more findings of ``file`` will be kept."""
        return max(0, min(FILE_LIMIT - self._kept_per_file[file], TOTAL_LIMIT - len(self._kept)))

    def add(self, *findings: Finding) -> None:
        """Count ``findings`` and keep those for which there is room."""
        for finding in findings:
            self.counts[finding.file, finding.rule] += 1
            self._keep(finding)

    def add_counted(self, file: str, rule: str, total: int, findings: Iterable[Finding]) -> None:
        """Count ``total`` breaches of ``rule`` in ``file`` of which ``findings`` are the first."""
        if not total:
            return
        self.counts[file, rule] += total
        for finding in findings:
            self._keep(finding)

    def _keep(self, finding: Finding) -> None:
        if self.room(finding.file):
            self._kept.append(self._where_it_came_from(finding))
            self._kept_per_file[finding.file] += 1

    def _where_it_came_from(self, finding: Finding) -> Finding:
        rows = self._places.get(finding.file, ())
        if finding.line is None or not 0 <= finding.line - _FIRST_ROW < len(rows):
            return finding
        file, line = rows[finding.line - _FIRST_ROW]
        return replace(finding, file=file, line=line) if file else finding

    def _total(self, *, errors: bool) -> int:
        return sum(count for (_, rule), count in self.counts.items() if (RULES[rule].severity == ERROR) == errors)

    @property
    def errors(self) -> int:
        """How many errors there are, kept or not."""
        return self._total(errors=True)

    @property
    def warnings(self) -> int:
        """How many warnings there are, kept or not."""
        return self._total(errors=False)

    def left_out(self) -> tuple[LeftOut, ...]:
        """Return what was not read of files that were."""
        return tuple(LeftOut(item.file, item.value, item.rule) for item in self.sorted() if item.rule in _LEFT_OUT_RULES)

    def sorted(self) -> tuple[Finding, ...]:
        """Return the kept findings: errors first, then by file and line."""
        return tuple(sorted(self._kept, key=lambda item: (item.severity != ERROR, item.file, item.line or 0, item.rule)))


def write_findings(
    path: Path,
    findings: Iterable[Finding],
    counts: Mapping[tuple[str, str], int],
    language: str = "zh",
    *,
    files: Iterable[FileReport] = (),
    left_out: Iterable[LeftOut] = (),
) -> None:
    """Write ``findings`` as a workbook: every kept finding, the exact number per file and rule, what was read, and what was not and why.

    Every cell is text, so a value such as ``=1+1`` stays what the county's file said. Raises OSError when ``path`` cannot be written.
    """
    with Book(path, constant_memory=True) as book:
        _write_details(book, findings, language)
        _write_counts(book, counts, language)
        _write_read(book, files, left_out, language)


def _write_details(book: Book, findings: Iterable[Finding], language: str) -> None:
    sheet = book.sheet(translate(marked("明细"), language))
    sheet.freeze_panes(1, 0)
    for position, (title, width) in enumerate(zip(_HEADERS, (8, 32, 8, 24, 24, 32, 24, 64), strict=True)):
        sheet.set_column(position, position, width)
        book.put(sheet, 0, position, translate(title, language), _HEADING)
    severities = {"error": marked("错误"), "warning": marked("提示")}
    for row, item in enumerate(findings, start=1):
        place = (translate(severities[item.severity], language), visible(item.file), item.line)
        texts = (visible(item.column_label(language)), visible(item.column or ""), visible(item.value), visible(item.rule))
        book.put_row(sheet, row, (*place, *texts, item.message(language)))


def _write_counts(book: Book, counts: Mapping[tuple[str, str], int], language: str) -> None:
    sheet = book.sheet(translate(marked("合计"), language))
    sheet.set_column(0, 1, 32)
    book.put_row(sheet, 0, [translate(title, language) for title in (marked("文件"), marked("规则"), marked("条数"))], _HEADING)
    for row, ((file, rule), count) in enumerate(sorted(counts.items()), start=1):
        book.put_row(sheet, row, (visible(file), rule, count))


def _write_read(book: Book, files: Iterable[FileReport], left_out: Iterable[LeftOut], language: str) -> None:
    """Write a row for every file or sheet that was read, then one for everything that was not."""
    sheet = book.sheet(translate(marked("读了什么"), language))
    for position, (title, width) in enumerate(zip(_READ_HEADERS, (32, 24, 24, 12, 12, 12, 14, 56), strict=True)):
        sheet.set_column(position, position, width)
        book.put(sheet, 0, position, translate(title, language), _HEADING)
    read: list[tuple[str | int | None, ...]] = [
        (
            visible(file.file),
            visible(file.sheet),
            shown_item(metadata.tables[file.table], language),
            file.rows,
            *(day.isoformat()[:7] if day else "" for day in (file.first_period, file.last_period)),
            file.replaced,
        )
        for file in files
    ]
    reasons = ((item, translate(marked("没有读取：{why}"), language, why=item.why(language))) for item in left_out)
    skipped: list[tuple[str | int | None, ...]] = [
        (visible(item.file), visible(item.part), "", None, "", "", None, reason) for item, reason in reasons
    ]
    for row, line in enumerate([*read, *skipped], start=1):
        book.put_row(sheet, row, line)
