"""What a package breaks, row by row: one finding per place, in Chinese and English, bounded in memory, exact in number."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xlsxwriter
from sqlalchemy import Table

from dashboard.language import marked, translate
from dashboard.store.rules import ERROR, RULES
from dashboard.store.schema import label

FILE_LIMIT = 10_000
TOTAL_LIMIT = 50_000
VALUE_LENGTH = 200
_INVISIBLE = re.compile(r"[\x00-\x1f\x7f]")

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
    """Return ``value`` as a finding shows it: control characters replaced, shortened."""
    text = "" if value is None else _INVISIBLE.sub("�", str(value))
    return text if len(text) <= VALUE_LENGTH else text[: VALUE_LENGTH - 1] + "…"


class Findings:
    """The findings of one package: at most ``FILE_LIMIT`` kept per file, all of them counted by file and rule."""

    def __init__(self) -> None:
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
            self._kept.append(finding)
            self._kept_per_file[finding.file] += 1

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

    def sorted(self) -> tuple[Finding, ...]:
        """Return the kept findings: errors first, then by file and line."""
        return tuple(sorted(self._kept, key=lambda item: (item.severity != ERROR, item.file, item.line or 0, item.rule)))


def write_findings(path: Path, findings: Iterable[Finding], counts: Mapping[tuple[str, str], int], language: str = "zh") -> None:
    """Write ``findings`` as a workbook: one sheet with every kept finding, one with the exact number per file and rule.

    Every cell is text, so a value such as ``=1+1`` stays what the county's file said. Raises OSError when ``path`` cannot be written.
    """
    with xlsxwriter.Workbook(
        str(path), {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    ) as book:
        heading = book.add_format({"bold": True, "bg_color": "#E8EEF7", "border": 1})
        plain = book.add_format({"quote_prefix": True})
        _write_details(book, heading, plain, findings, language)
        _write_counts(book, heading, plain, counts, language)


def _write_details(
    book: xlsxwriter.Workbook,
    heading: xlsxwriter.format.Format,
    plain: xlsxwriter.format.Format,
    findings: Iterable[Finding],
    language: str,
) -> None:
    sheet = book.add_worksheet(translate(marked("明细"), language))
    sheet.freeze_panes(1, 0)
    for position, (title, width) in enumerate(zip(_HEADERS, (8, 32, 8, 24, 24, 32, 24, 64), strict=True)):
        sheet.set_column(position, position, width)
        sheet.write_string(0, position, translate(title, language), heading)
    severities = {"error": marked("错误"), "warning": marked("提示")}
    for row, item in enumerate(findings, start=1):
        sheet.write_string(row, 0, translate(severities[item.severity], language), plain)
        sheet.write_string(row, 1, visible(item.file), plain)
        if item.line is not None:
            sheet.write_number(row, 2, item.line)
        texts = (item.column_label(language), item.column or "", item.value, item.rule, item.message(language))
        for position, text in enumerate(texts, start=3):
            sheet.write_string(row, position, visible(text) if position < 7 else text, plain)


def _write_counts(
    book: xlsxwriter.Workbook,
    heading: xlsxwriter.format.Format,
    plain: xlsxwriter.format.Format,
    counts: Mapping[tuple[str, str], int],
    language: str,
) -> None:
    sheet = book.add_worksheet(translate(marked("合计"), language))
    sheet.set_column(0, 1, 32)
    for position, title in enumerate((marked("文件"), marked("规则"), marked("条数"))):
        sheet.write_string(0, position, translate(title, language), heading)
    for row, ((file, rule), count) in enumerate(sorted(counts.items()), start=1):
        sheet.write_string(row, 0, visible(file), plain)
        sheet.write_string(row, 1, rule, plain)
        sheet.write_number(row, 2, count)
