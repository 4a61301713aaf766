"""Every workbook of the product goes through one kit: what begins like a formula stays a text in each of them."""

import datetime
import io
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook
from openpyxl.cell.cell import Cell

from dashboard.documents.content import Column, Table
from dashboard.documents.sheets import LONGEST_TEXT, Book
from dashboard.documents.workbook import write_workbook
from dashboard.store.importing.findings import Finding, write_findings
from dashboard.store.importing.rules import RULES
from tests.unit.report_sample import sample

PROJECT = Path(__file__).resolve().parents[3]
FORMULAS = ['=HYPERLINK("http://evil.example","x")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "=cmd|' /C calc'!A0"]
PLAIN = ["一院", "http://county.example", "2025-10", "0012", "<10", "—", ""]


def cells(content: bytes) -> Iterator[Cell]:
    for sheet in load_workbook(io.BytesIO(content)):
        for row in sheet.iter_rows():
            yield from row


def write(*values: object) -> list[Cell]:
    with Book() as book:
        book.put_row(book.sheet("数据"), 0, values)  # type: ignore[arg-type]
    return list(cells(book.content()))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_like_a_formula_is_a_text_and_marked_as_one(text: str) -> None:
    (cell,) = write(text)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert cell.value.replace("_x000D_", "\r") == text
    assert cell.hyperlink is None


@pytest.mark.parametrize("text", [each for each in PLAIN if each])
def test_other_texts_are_left_as_they_are(text: str) -> None:
    (cell,) = write(text)
    assert (cell.data_type, cell.value, bool(cell.quotePrefix), cell.hyperlink) == ("s", text, False, None)


def test_numbers_days_and_what_is_missing() -> None:
    number, day, missing, nan, infinite, last = write(1.5, datetime.date(2025, 10, 1), None, math.nan, math.inf, -7)
    assert (number.value, day.data_type, last.value) == (1.5, "n", -7)
    assert [missing.value, nan.value, infinite.value] == [None, None, None]


def test_a_text_too_long_for_a_cell_is_cut_and_says_so_instead_of_vanishing() -> None:
    whole, cut = write("一" * LONGEST_TEXT, "二" * (LONGEST_TEXT + 1))
    assert len(whole.value) == LONGEST_TEXT
    assert len(cut.value) == LONGEST_TEXT
    assert cut.value.endswith("二…")


def test_a_cell_beyond_the_sheet_is_an_error_not_silence() -> None:
    with Book() as book:
        sheet = book.sheet("数据")
        with pytest.raises(ValueError, match="1048577"):
            book.put(sheet, 1_048_576, 0, "x")


def test_names_of_sheets_hold_what_excel_allows_and_none_twice() -> None:
    with Book() as book:
        names = [book.sheet(name).get_name() for name in ["床位/月报", "床位:月报", "'", "=1+1", "很" * 40, "很" * 40, "A", "a"]]
    assert names == ["床位 月报", "床位 月报 2", "Sheet", "=1+1", "很" * 31, f"{'很' * 29} 2", "A", "a 2"]


def test_our_own_formula_stays_one_with_its_value_of_now() -> None:
    with Book() as book:
        book.formula(book.sheet("数据"), 0, 0, "=1+1", 2)
    assert next(cells(book.content())).data_type == "f"


def test_a_report_writes_no_formula_whatever_its_texts_say() -> None:
    report = sample()
    table = Table("t", "=1+1", (Column("=A1", "text"), Column("+数", "number")), (("@x", 1.0), ("-y", None)), note="=2")
    section = replace(report.sections[0], heading="=3", message="+4", blocks=(*report.sections[0].blocks, table))
    charts = [block for each in report.sections for block in each.blocks if hasattr(block, "categories")]
    assert charts, "the sample has a chart"
    retitled = replace(
        report,
        title="=5",
        sections=tuple(
            replace(each, blocks=tuple(replace(block, title="=SUM(A1)") if block in charts else block for block in each.blocks))
            for each in (section, *report.sections[1:])
        ),
    )
    content = write_workbook(retitled)
    assert {cell.data_type for cell in cells(content)} == {"s", "n"}
    values = {cell.value for cell in cells(content)}
    assert {"=5", "=3", "+4", "@x", "-y", "=2", "=A1", "+数"} <= values
    with ZipFile(io.BytesIO(content)) as package:
        parts = [package.read(name).decode() for name in package.namelist() if name.startswith("xl/charts/chart")]
    assert parts
    assert not any("<c:f>SUM(A1)</c:f>" in part for part in parts)


def test_findings_write_no_formula_whatever_the_file_said(tmp_path: Path) -> None:
    rule = next(iter(RULES))
    kept = [Finding(rule, f"{text}.csv", line, None, text) for line, text in enumerate(FORMULAS, start=2)]
    write_findings(tmp_path / "findings.xlsx", kept, {("=1.csv", rule): 3})
    found = list(cells((tmp_path / "findings.xlsx").read_bytes()))
    assert {cell.data_type for cell in found} == {"s", "n"}
    assert {'=HYPERLINK("http://evil.example","x")', "+1+1", "=1.csv"} <= {cell.value for cell in found if cell.quotePrefix}


def test_no_other_place_makes_a_workbook_or_writes_a_cell() -> None:
    sources = [path for path in (PROJECT / "dashboard").rglob("*.py") if path.name != "sheets.py"]
    assert len(sources) > 300
    told = [
        str(path.relative_to(PROJECT))
        for path in sources
        for word in ("xlsxwriter.Workbook(", ".write_string(", ".write_number(", ".write_formula(", ".write_row(", "sheet.write(")
        if word in path.read_text(encoding="utf-8")
    ]
    assert told == []
