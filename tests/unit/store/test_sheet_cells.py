"""The fast way of taking a sheet apart finds what the XML parser finds; what is written otherwise goes to the parser; nothing is lost."""

import io
import re
import zipfile

import numpy as np
import pytest
import xlsxwriter

from dashboard.store.importing import sheet_cells
from dashboard.store.importing.sheet_cells import Cells, EndlessRowError, read_cells

SPACE = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def sheet(rows: str, opening: str = f"<worksheet {SPACE}>") -> bytes:
    return f'<?xml version="1.0"?>{opening}<dimension ref="A1"/><sheetData>{rows}</sheetData></worksheet>'.encode()


def found(content: bytes) -> list[tuple]:
    cells = list(read_cells(io.BytesIO(content), len(content)))
    return [row for each in cells for row in told(each)]


def told(cells: Cells) -> list[tuple]:
    parts = (cells.lines.tolist(), cells.positions.tolist(), cells.kinds.to_pylist(), cells.styles.tolist(), cells.values.to_pylist())
    return list(zip(*parts, strict=True))


def _written() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"constant_memory": True})
    page, bold = book.add_worksheet(), book.add_format({"bold": True})
    for line in range(200):
        if line % 7:
            page.write(line, 0, f"机构{line}")
            page.write(line, 2 + line % 30, line * 1.1, bold if line % 2 else None)
            page.write_boolean(line, 40, line % 3 == 0)
            page.write_blank(line, 700, None, bold)
            page.write(line, 701, "  blank  ")
    book.close()
    return zipfile.ZipFile(buffer).read("xl/worksheets/sheet1.xml")


@pytest.mark.parametrize("block", [700, 4096, 8 * 1024**2])
def test_the_fast_way_finds_what_the_parser_finds(block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cells, "BLOCK", block)
    content = _written()
    asked: list[Cells | None] = []
    fast = sheet_cells._regular

    def watched(part: bytes, prefix: bytes) -> Cells | None:
        asked.append(fast(part, prefix))
        return asked[-1]

    monkeypatch.setattr(sheet_cells, "_regular", watched)
    first = found(content)
    assert asked
    assert None not in asked
    monkeypatch.setattr(sheet_cells, "_regular", lambda *_: None)
    assert found(content) == first
    assert len(first) == 5 * sum(line % 7 > 0 for line in range(200))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ('<row><c><v>1</v></c><c t="s"><v>0</v></c></row>', [(1, 0, "n", 0, "1"), (1, 1, "s", 0, "0")]),
        ('<row r="3"><c r="B3"><f>1+1</f><v>2</v></c></row>', [(3, 1, "n", 0, "2")]),
        ('<row r="1"><c t="inlineStr" r="A1"><is><r><t>甲</t></r><r><t>&lt;乙</t></r></is></c></row>', [(1, 0, "inlineStr", 0, "甲<乙")]),
        ('<row r="1"><c r="A1" s="2"/><c r="C1"><v/></c><!-- <c r="D1"> --></row>', [(1, 0, "n", 2, None), (1, 2, "n", 0, None)]),
        ('<row r="1"><c r="A1" t="str"><v>a>b</v></c></row>', [(1, 0, "str", 0, "a>b")]),
        ('<row r="1"/><row r="2"><c r="A2" t="b"><v>1</v></c></row><row r="9"></row>', [(2, 0, "b", 0, "1")]),
    ],
)
def test_what_is_written_otherwise_is_read_all_the_same(rows: str, expected: list[tuple]) -> None:
    assert found(sheet(rows)) == expected
    prefixed = re.sub(r"<(/?)(\w)", r"<\1x:\2", sheet(rows).decode()).replace("xmlns=", "xmlns:x=").encode()
    assert found(prefixed) == expected


def test_formulas_are_told_with_their_text() -> None:
    content = sheet('<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>A1*2</f><v>2</v></c></row>')
    assert next(iter(read_cells(io.BytesIO(content), len(content)))).formulas == {1: "A1*2"}


@pytest.mark.parametrize(
    "rows",
    [
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>',
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="1"><c r="A1"><v>2</v></c></row>',
        '<row r="1"><c r="B1"><v>1</v></c><c r="A1"><v>2</v></c></row>',
    ],
)
def test_cells_that_would_take_the_place_of_others_are_refused(rows: str) -> None:
    with pytest.raises(ValueError, match="order"):
        found(sheet(rows))


def test_a_row_without_end_is_refused_before_it_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_cells, "BLOCK", 1000)
    with pytest.raises(EndlessRowError):
        found(sheet("<row>" + "<c><v>1</v></c>" * 500 + "</row>"))


def test_an_empty_sheet_has_no_cells_and_what_is_no_sheet_is_no_sheet() -> None:
    assert found(f"<worksheet {SPACE}><sheetData/></worksheet>".encode()) == []
    assert found(sheet("")) == []
    with pytest.raises(ValueError, match="sheet"):
        found(b"<html></html>")


def test_far_columns_are_placed() -> None:
    cells = next(
        iter(read_cells(io.BytesIO(sheet('<row r="1"><c r="Z1"><v>1</v></c><c r="AA1"><v>2</v></c><c r="XFD1"><v>3</v></c></row>')), 1))
    )
    assert np.array_equal(cells.positions, [25, 26, 16_383])
