"""The writers, read back with the libraries that others use: numbers, styles, fonts, contents, page numbers, native charts."""

import io
import re
import zipfile

import pytest
from docx import Document
from docx.document import Document as DocumentType
from docx.oxml.ns import qn
from lxml import etree
from openpyxl import load_workbook
from pptx import Presentation

from dashboard.documents import look
from dashboard.documents.content import Column, Quantity, Table, shown
from dashboard.documents.slide_parts import Box, fitting_size
from dashboard.documents.slides import write_slides
from dashboard.documents.word import write_word
from dashboard.documents.word_tables import column_widths
from dashboard.documents.workbook import write_workbook
from dashboard.ui.kit.theme import LIGHT
from tests.unit.report_sample import BARS, DEMONSTRATION, TABLE, sample

CHART_NAMES = {"c": "http://schemas.openxmlformats.org/drawingml/2006/chart"}


@pytest.fixture(scope="module")
def word() -> bytes:
    return write_word(sample(rows=40))


@pytest.fixture(scope="module")
def document(word: bytes) -> DocumentType:
    return Document(io.BytesIO(word))


def _parts(content: bytes, pattern: str) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist() if re.fullmatch(pattern, name)}


def _chart_values(xml: bytes) -> list[list[str]]:
    root = etree.fromstring(xml)
    return [[point.text for point in series.iterfind("c:val//c:v", CHART_NAMES)] for series in root.iterfind(".//c:ser", CHART_NAMES)]


# Content ---------------------------------------------------------------------------------------------------------------


def test_cells_are_shown_by_the_one_formatter() -> None:
    assert shown(12_345_678.9, Column("", "money"), "zh") == "1,235万元"
    assert shown(0.8273, Column("", "percent"), "zh") == "82.7%"
    assert shown(None, Column("", "count"), "zh") == "—"
    assert shown(Quantity(0.9, "90% ✓"), Column("", "number"), "zh") == "90% ✓"
    assert shown(Quantity(float("nan"), "90% ✓"), Column("", "number"), "zh") == "—"
    assert shown("<10", Column("", "count"), "zh") == "<10"


def test_the_colours_are_those_of_the_light_screen() -> None:
    assert [f"#{colour}" for colour in look.SERIES] == list(LIGHT.communities)
    assert {name: f"#{colour}" for name, colour in look.STATE_COLOURS.items()} == {
        "good": LIGHT.good, "warning": LIGHT.warning, "bad": LIGHT.bad, "unknown": LIGHT.muted, "neutral": LIGHT.muted,
    }  # fmt: skip
    named = (look.PRIMARY, look.TEXT, look.BORDER)
    assert [f"#{colour}" for colour in named] == [LIGHT.primary, LIGHT.text, LIGHT.border]


def test_column_widths_add_up_and_give_long_texts_room() -> None:
    columns = (Column("名称", wide=True), Column("数", "number"))
    widths = column_widths(columns, [["很长很长很长很长的名称", "1"]], 10_001)
    assert sum(widths) == 10_001
    assert widths[0] > 2 * widths[1]


# Word ------------------------------------------------------------------------------------------------------------------


def test_word_holds_every_section_as_a_heading(document: DocumentType) -> None:
    styled = {(paragraph.style.name, paragraph.text) for paragraph in document.paragraphs if paragraph.style is not None}
    assert {("Title", "月度考核"), ("Heading 1", "要点"), ("Heading 2", "走势"), ("Heading 1", "数据字典"), ("Heading 1", "来源")} <= styled


def test_word_contents_are_a_field_filled_beforehand_and_when_opened(document: DocumentType) -> None:
    body = document.element.body
    instructions = [text.text.strip() for text in body.iter(qn("w:instrText"))]
    assert instructions[0].startswith("TOC ")
    entries = [
        paragraph.text
        for paragraph in document.paragraphs
        if paragraph.style is not None and paragraph.style.name.lower().startswith("toc")
    ]
    assert [entry.strip() for entry in entries] == ["要点", "基金", "走势", "数据字典", "来源"]
    anchors = {link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))}
    assert anchors == {mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))}
    assert {f"PAGEREF {name} \\h" for name in anchors} <= set(instructions)
    kinds = [mark.get(qn("w:fldCharType")) for mark in body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("end") == kinds.count("separate")
    assert document.settings.element.find(qn("w:updateFields")).get(qn("w:val")) == "true"


def test_word_names_the_chinese_font_on_every_style_and_no_theme_font(document: DocumentType) -> None:
    used = {paragraph.style.name for paragraph in document.paragraphs if paragraph.style is not None} | {
        "Report Table Text",
        "Header",
        "Footer",
    }
    for name in used:
        fonts = document.styles[name].element.find(f"{qn('w:rPr')}/{qn('w:rFonts')}")
        assert fonts is not None, name
        assert {fonts.get(qn(f"w:{script}")) for script in ("ascii", "hAnsi", "eastAsia")} == {look.FONT}, name
        assert not any("Theme" in key or "theme" in key for key in fonts.attrib), name
    defaults = document.styles.element.find(f"{qn('w:docDefaults')}/{qn('w:rPrDefault')}/{qn('w:rPr')}/{qn('w:rFonts')}")
    assert defaults.get(qn("w:eastAsia")) == look.FONT


def test_word_page_numbers_source_and_demonstration_run_along(document: DocumentType) -> None:
    page = document.sections[0]
    fields = [text.text.strip() for text in page.footer._element.iter(qn("w:instrText"))]
    assert fields == ["PAGE", "NUMPAGES"]
    assert "数据版本 1" in page.footer.paragraphs[0].text
    assert DEMONSTRATION in page.header.paragraphs[0].text


def test_word_table_is_native_with_a_repeated_heading_row(document: DocumentType) -> None:
    table = next(table for table in document.tables if table.rows[0].cells[0].text == "医共体")
    assert [cell.text for cell in table.rows[1].cells] == ["=1+1", "1,235万元", "82.7%", "284", "91.4% ✓"]
    assert [cell.text for cell in table.rows[2].cells] == ["二院<script>", "—", "—", "<10", "● +0.7 pt"]
    assert len(table.rows) == 1 + 3 + 40
    assert table.rows[0]._tr.find(f"{qn('w:trPr')}/{qn('w:tblHeader')}") is not None
    assert all(row._tr.find(f"{qn('w:trPr')}/{qn('w:cantSplit')}") is not None for row in table.rows)


def test_word_charts_are_native_with_their_workbook(word: bytes, document: DocumentType) -> None:
    charts, books = _parts(word, r"word/charts/chart\d+\.xml"), _parts(word, r"word/embeddings/chart\d+\.xlsx")
    assert len(charts) == len(books) == 4
    bars = charts["word/charts/chart1.xml"]
    assert _chart_values(bars) == [["0.82", "0.5"], ["0.83", "0.83", "0.83"]]  # a gap stays a gap
    assert look.FONT in {
        face.get("typeface") for face in etree.fromstring(bars).iter("{http://schemas.openxmlformats.org/drawingml/2006/main}ea")
    }
    sheet = load_workbook(io.BytesIO(books["word/embeddings/chart1.xlsx"])).active
    assert sheet is not None
    assert [sheet.cell(row, 1).value for row in (2, 3, 4)] == list(BARS.categories)
    described = [part.get("descr") for part in document.element.iter(qn("wp:docPr"))]
    assert described[0] == "占全年预算：一院最高"
    identifiers = [part.get("id") for part in document.element.iter(qn("wp:docPr"))]
    assert len(set(identifiers)) == len(identifiers)


def test_word_one_pager_has_no_contents_and_no_dictionary() -> None:
    document = Document(io.BytesIO(write_word(sample(compact=True))))
    assert not any(text.text.strip().startswith("TOC") for text in document.element.body.iter(qn("w:instrText")))
    assert "数据字典" not in {paragraph.text for paragraph in document.paragraphs}


def test_word_for_print_has_contents_without_a_field_around_them() -> None:
    document = Document(io.BytesIO(write_word(sample(), for_print=True)))
    instructions = [text.text.strip() for text in document.element.body.iter(qn("w:instrText"))]
    assert instructions
    assert all(each.startswith("PAGEREF") for each in instructions)


# Slides ----------------------------------------------------------------------------------------------------------------


def test_slides_have_a_message_a_number_a_source_and_notes() -> None:
    deck = Presentation(io.BytesIO(write_slides(sample(rows=40))))
    slides = list(deck.slides)
    titles = [slide.shapes.title.text for slide in slides]
    assert titles[0] == "月度考核"
    assert {"全县要点", "基金已用 83.7%", "基金已用 83.7%（续）", "三项走势", "来源"} <= set(titles)
    for slide in slides[1:]:
        fields = [field.get("type") for field in slide._element.iter("{http://schemas.openxmlformats.org/drawingml/2006/main}fld")]
        assert "slidenum" in fields
        assert any(DEMONSTRATION in shape.text_frame.text for shape in slide.shapes if shape.has_text_frame)
        assert "数据版本：1" in slide.notes_slide.notes_text_frame.text
    assert "fact_claim" in slides[titles.index("基金已用 83.7%")].notes_slide.notes_text_frame.text


def test_slides_charts_and_tables_are_native_and_inside_the_slide() -> None:
    deck = Presentation(io.BytesIO(write_slides(sample(rows=40))))
    charts, rows = [], []
    for slide in deck.slides:
        for shape in slide.shapes:
            assert shape.left >= 0
            assert shape.left + shape.width <= deck.slide_width
            assert shape.top + shape.height <= deck.slide_height
            if shape.has_chart:
                charts.append(shape.chart)
            if shape.has_table:
                rows += [[cell.text for cell in row.cells] for row in list(shape.table.rows)[1:]]
    assert [len(chart.plots[0].categories) for chart in charts] == [3, 3, 3, 3]
    assert list(charts[0].plots[0].series[0].values) == [0.82, None, 0.5]
    assert len(rows) == 43
    assert rows[0] == ["=1+1", "1,235万元", "82.7%", "284", "91.4% ✓"]


def test_slide_theme_names_the_chinese_font() -> None:
    theme = _parts(write_slides(sample()), r"ppt/theme/theme1\.xml")["ppt/theme/theme1.xml"].decode()
    assert re.findall(r'<a:ea typeface="([^"]*)"', theme)[:2] == [look.FONT, look.FONT]


def test_letters_shrink_until_they_fit() -> None:
    box = Box(0, 0, 4_000_000, 2_000_000)
    assert fitting_size(["短"], box) > fitting_size(["很长的一句话" * 20], box) >= 9


# Workbook --------------------------------------------------------------------------------------------------------------


def test_workbook_holds_numbers_formats_and_plain_texts() -> None:
    book = load_workbook(io.BytesIO(write_workbook(sample())))
    sheet = book["医保总额 预算"]  # a slash is no part of a sheet's name
    assert sheet.freeze_panes == "B2"
    row = {cell.column_letter: cell for cell in sheet[2]}
    assert (row["A"].value, row["A"].data_type) == ("=1+1", "s")
    assert (row["B"].value, row["B"].number_format) == (12_345_678.9, "#,##0.00")
    assert (row["C"].value, row["C"].number_format) == (0.8273, "0.0%")
    assert (row["D"].value, row["D"].number_format) == (284, "#,##0")
    assert (row["E"].value, row["E"].number_format) == (0.914, "0.0%")
    assert sheet["B3"].value is None
    assert sheet["D3"].value == "<10"
    assert sheet["E3"].number_format == '+0.0" pt"'


def test_workbook_has_native_charts_a_dictionary_and_the_source() -> None:
    content = write_workbook(sample())
    assert len(_parts(content, r"xl/charts/chart\d+\.xml")) == 4
    book = load_workbook(io.BytesIO(content))
    assert [cell.value for cell in book["数据字典"][2]][:2] == ["B01 就诊率", "[a] ÷ [b]"]
    assert ("数据版本", "1") in [(row[0].value, row[1].value) for row in book["来源"].iter_rows()]
    words = [str(cell.value) for row in book["月度考核"].iter_rows() for cell in row if cell.value]
    assert "县域内就诊率 91.4%（699,671/765,229）" in words
    assert DEMONSTRATION in words


def test_two_tables_of_one_name_get_two_sheets() -> None:
    report = sample()
    twice = report.__class__(**{**report.__dict__, "sections": (*report.sections, *report.sections)})
    names = load_workbook(io.BytesIO(write_workbook(twice))).sheetnames
    assert {"医保总额 预算", "医保总额 预算 2"} <= set(names)


def test_an_empty_table_is_no_error() -> None:
    report = sample()
    section = report.sections[1].__class__("空", "没有数据", (Table("empty", "空表", TABLE.columns, ()),))
    empty = report.__class__(**{**report.__dict__, "sections": (section,), "dictionary": ()})
    for write in (write_word, write_slides, write_workbook):
        assert write(empty)[:2] == b"PK"
