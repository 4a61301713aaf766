"""A bulletin in the format of party and government documents, and in a county's own Word template.

Page and type follow GB/T 9704—2012 as it is generally known; grade OWN until the text is seen: A4, margins 37 (top), 35 (bottom),
28 (left) and 26 mm (right), 仿宋 三号, 22 lines of 28 characters, title 小标宋 二号, levels 黑体 一、, 楷体 （一）, 仿宋 1.,
page number "— 1 —". The fonts are named and not shipped: a computer without them shows others.
"""

import io
import re
import zipfile
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table as WordTable
from docx.text.paragraph import Paragraph as WordParagraph
from docx.text.run import Run

from dashboard.documents.content import Bullets, Chart, Figures, Paragraph, Report, Section, Table, plain_rows
from dashboard.documents.look import clean
from dashboard.documents.pdf import DocumentError
from dashboard.language import marked

BODY, TITLE, LEVEL_1, LEVEL_2 = "仿宋", "小标宋", "黑体", "楷体"
"""The fonts by their general names; 小标宋 is 方正小标宋简体 on most computers, and what is lacking is replaced by the computer."""
_FONTS = {BODY: "仿宋_GB2312", TITLE: "方正小标宋简体", LEVEL_1: "黑体", LEVEL_2: "楷体_GB2312"}
_SIZE, _TITLE_SIZE, _TABLE_SIZE, _PAGE_SIZE = Pt(16), Pt(22), Pt(10.5), Pt(14)
"""三号, 二号, 五号, 四号."""
_LINES, _CHARACTERS = 22, 28
_HEIGHT, _WIDTH = 297 - 37 - 35, 210 - 28 - 26
_TWIPS = 1440 / 25.4
_LINE = Pt(_HEIGHT / 25.4 * 72 / _LINES)
_WIDE = 2.4
"""A column of long texts takes so many times the room of another."""
_CHARACTER_UNITS = 4096
"""A character's extra room is given in 4096ths of a point."""
_DIGITS = "一二三四五六七八九十"
_LARGEST_TEMPLATE, _LARGEST_UNPACKED = 5_000_000, 60_000_000
_PLACE = re.compile(r"\{\{\s*([^{}]+?)\s*\}\}")


def write_official(report: Report) -> bytes:
    """Return ``report`` as a DOCX in the format of official documents. Charts are left out: such a document has none."""
    document = Document()
    _page(document)
    _style(document)
    _paragraph(document, report.title, TITLE, _TITLE_SIZE, centred=True)
    _paragraph(document, report.subtitle, LEVEL_2, _SIZE, centred=True)
    if report.provenance.demonstration:
        _paragraph(document, report.provenance.demonstration, LEVEL_1, _SIZE, centred=True, colour="C00000")
    first, second = 0, 0
    for section in report.sections:
        first, second = (first + 1, 0) if section.level == 1 else (first, second + 1)
        _section(document, section, first if section.level == 1 else second, report.language)
    _paragraph(document, report.provenance.line, BODY, _TABLE_SIZE)
    document.core_properties.title, document.core_properties.author = clean(report.title), ""
    return _saved(document)


def chinese_number(number: int) -> str:
    """Return 1 to 99 as it numbers the parts of a document: 一, 十, 十二, 二十三. Raises ValueError for others."""
    if not 1 <= number <= 99:
        raise ValueError("numbers of parts run from 1 to 99")
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{_DIGITS[tens - 1]}十"
    return head + (_DIGITS[ones - 1] if ones else "")


def _page(document: DocumentType) -> None:
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin, section.left_margin, section.right_margin = Mm(37), Mm(35), Mm(28), Mm(26)
    section.footer_distance = Mm(28)  # the page number stands 7 mm below the text
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    extra = (_WIDTH / 25.4 * 72 / _CHARACTERS - _SIZE.pt) * _CHARACTER_UNITS
    grid.set(qn("w:type"), "linesAndChars")
    grid.set(qn("w:linePitch"), str(round(_HEIGHT * _TWIPS / _LINES)))
    grid.set(qn("w:charSpace"), str(round(extra)))
    footer = section.footer.paragraphs[0]
    footer.alignment = WD_ALIGN_PARAGRAPH.CENTER
    _run(footer, "— ", "宋体", _PAGE_SIZE)
    _field(footer, "PAGE")
    _run(footer, " —", "宋体", _PAGE_SIZE)


def _field(paragraph: WordParagraph, code: str) -> None:
    run = _run(paragraph, "", "宋体", _PAGE_SIZE)
    for kind in ("begin", None, "end"):
        element = OxmlElement("w:instrText" if kind is None else "w:fldChar")
        if kind is None:
            element.text = code
        else:
            element.set(qn("w:fldCharType"), kind)
        run._r.append(element)


def _style(document: DocumentType) -> None:
    normal: Any = document.styles["Normal"]
    normal.font.size = _SIZE
    _name(normal.element.get_or_add_rPr(), _FONTS[BODY])
    normal.paragraph_format.space_before = normal.paragraph_format.space_after = Pt(0)
    normal.paragraph_format.line_spacing_rule, normal.paragraph_format.line_spacing = WD_LINE_SPACING.EXACTLY, _LINE


def _name(properties: Any, font: str) -> None:
    fonts = properties.find(qn("w:rFonts"))
    if fonts is None:
        fonts = OxmlElement("w:rFonts")
        properties.insert(0, fonts)
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)
    for theme in ("asciiTheme", "hAnsiTheme", "eastAsiaTheme", "cstheme"):
        fonts.attrib.pop(qn(f"w:{theme}"), None)


def _run(paragraph: WordParagraph, text: str, font: str, size: Any, colour: str = "000000") -> Any:
    run = paragraph.add_run(clean(text))
    run.font.size, run.font.color.rgb = size, RGBColor.from_string(colour)
    _name(run._r.get_or_add_rPr(), _FONTS.get(font, font))
    return run


def _paragraph(document: DocumentType, text: str, font: str, size: Any, *, centred: bool = False, colour: str = "000000") -> WordParagraph:
    paragraph = document.add_paragraph()
    if centred:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
    else:
        paragraph.paragraph_format.first_line_indent = 2 * size
    if size > _SIZE:
        paragraph.paragraph_format.line_spacing = Pt(size.pt * 1.5)
    _run(paragraph, text, font, size, colour)
    return paragraph


def _section(document: DocumentType, section: Section, number: int, language: str) -> None:
    head = f"{chinese_number(number)}、{section.heading}" if section.level == 1 else f"（{chinese_number(number)}）{section.heading}"
    _paragraph(document, head, LEVEL_1 if section.level == 1 else LEVEL_2, _SIZE).paragraph_format.keep_with_next = True
    if section.message and section.message != section.heading:
        _paragraph(document, section.message, BODY, _SIZE)
    for block in section.blocks:
        if isinstance(block, Paragraph):
            for line in block.text.splitlines():
                _paragraph(document, line, BODY, _SIZE)
        elif isinstance(block, Bullets):
            for place, item in enumerate(block.items, start=1):
                _paragraph(document, f"{place}.{item}", BODY, _SIZE)
        elif isinstance(block, Figures):
            for figure in block.items:
                _paragraph(document, " ".join(filter(None, (figure.name, figure.value, figure.detail))), BODY, _SIZE)
        elif not isinstance(block, Chart):
            caption = _paragraph(document, block.title, LEVEL_1, _PAGE_SIZE, centred=True)
            caption.paragraph_format.keep_with_next = True
            _table(document, block, language)
            if block.note:
                _paragraph(document, block.note, BODY, _TABLE_SIZE)


def _table(document: DocumentType, table: Table, language: str) -> WordTable:
    rows = [[column.label for column in table.columns], *plain_rows(table, language)]
    grid = document.add_table(rows=len(rows), cols=len(table.columns), style="Table Grid")
    for place, row in enumerate(rows):
        for cell, text in zip(grid.rows[place].cells, row, strict=True):
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.line_spacing_rule, paragraph.paragraph_format.line_spacing = WD_LINE_SPACING.SINGLE, 1.0
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            _off_grid(paragraph)
            _run(paragraph, text, LEVEL_1 if place == 0 else BODY, _TABLE_SIZE)
        _row_rule(grid, place, "w:cantSplit")
    _row_rule(grid, 0, "w:tblHeader")
    shares = [_WIDE if column.wide else 1 for column in table.columns]
    for cells, share in zip(grid.columns, shares, strict=True):
        for cell in cells.cells:
            cell.width = Mm(_WIDTH * share / sum(shares))
    return grid


def _off_grid(paragraph: WordParagraph) -> None:
    """Let a table's lines follow their type: on the page's grid of 22 lines and 28 characters its small type would stand far apart."""
    snap = OxmlElement("w:snapToGrid")
    snap.set(qn("w:val"), "0")
    paragraph._p.get_or_add_pPr().insert_element_before(snap, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr", "w:sectPr")


def _row_rule(grid: WordTable, place: int, rule: str) -> None:
    element = OxmlElement(rule)
    element.set(qn("w:val"), "true")
    grid.rows[place]._tr.get_or_add_trPr().append(element)


def _saved(document: DocumentType) -> bytes:
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


# A county's own template -----------------------------------------------------------------------------------------------------


def places_of(report: Report) -> dict[str, str | Table]:
    """Return what a template may name: 标题, 副标题, 来源, 提示, 正文 (all sentences), and every table by its title."""
    sentences = [
        line
        for section in report.sections
        for line in (
            f"{section.heading}：{section.message}" if section.message else section.heading,
            *(item for block in section.blocks if isinstance(block, Bullets) for item in block.items),
            *(block.text for block in section.blocks if isinstance(block, Paragraph)),
        )
    ]
    texts: dict[str, str | Table] = {
        "标题": report.title,
        "副标题": report.subtitle,
        "来源": report.provenance.line,
        "提示": report.provenance.demonstration,
        "正文": "\n".join(sentences),
    }
    return texts | {table.title: table for table in report.tables}


def fill_template(template: bytes, report: Report) -> bytes:
    """Return the county's ``template`` (.docx) with its places, written {{标题}}, filled from ``report``.

    A place may stand anywhere in paragraphs, links, tables, headers and footers (those of first and even pages too); a table's place has
    a paragraph of its own. Everything else of the template stays as it is.

    Raises:
        DocumentError: no Word document, too large, with macros, no place in it, or a place that the report does not have.
    """
    document = _opened(template)
    known = places_of(report)
    found = list(_paragraphs(document))
    named = {name for paragraph in found for name in _PLACE.findall(paragraph.text)}
    unknown = sorted(named - set(known))
    if unknown or not named:
        raise DocumentError(
            marked("模板里的位置对不上：{names}"),
            marked("可用的位置：{known}"),
            names="、".join(unknown) or "—",
            known="、".join(f"{{{{{name}}}}}" for name in known),
        )
    for paragraph in found:
        names = _PLACE.findall(paragraph.text)
        if len(names) == 1 and isinstance(known[names[0]], Table):
            _put_table(document, paragraph, known[names[0]], report.language)  # type: ignore[arg-type]
        elif names:
            _put_text(paragraph, known)
    return _saved(document)


def _opened(template: bytes) -> DocumentType:
    refused = DocumentError(marked("模板不是可用的 Word 文件（.docx）"), marked("请用 5 MB 以内、不含宏的 .docx"))
    if len(template) > _LARGEST_TEMPLATE:
        raise refused
    try:
        with zipfile.ZipFile(io.BytesIO(template)) as packed:
            if sum(each.file_size for each in packed.infolist()) > _LARGEST_UNPACKED:
                raise refused
            if any(name.lower().endswith("vbaproject.bin") for name in packed.namelist()):
                raise refused
        return Document(io.BytesIO(template))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise refused from error


def _paragraphs(document: DocumentType) -> Iterator[WordParagraph]:
    parts: list[Any] = [document]
    for section in document.sections:
        edges = (
            section.header, section.footer, section.first_page_header, section.first_page_footer, section.even_page_header,
            section.even_page_footer,
        )  # fmt: skip
        # One that is linked shows that of the section before, which is filled; asking for its paragraphs would make an empty one.
        parts += [edge for edge in edges if not edge.is_linked_to_previous]
    for part in parts:
        yield from part.paragraphs
        for table in part.tables:
            yield from _in_table(table)


def _in_table(table: WordTable) -> Iterator[WordParagraph]:
    seen = set()
    for row in table.rows:
        for cell in row.cells:
            if cell._tc in seen:  # a merged cell is met once for every column it spans
                continue
            seen.add(cell._tc)
            yield from cell.paragraphs
            for inner in cell.tables:
                yield from _in_table(inner)


def _runs(paragraph: WordParagraph) -> list[Run]:
    """Return the runs of a paragraph in order, those of its links too."""
    return [Run(element, paragraph) for element in paragraph._p.xpath("./w:r | ./w:hyperlink/w:r")]


def _put_text(paragraph: WordParagraph, known: Mapping[str, str | Table]) -> None:
    """Fill the places of a paragraph, each in the run in which it begins; Word may have cut a place into several runs."""
    runs = _runs(paragraph)
    texts = [run.text for run in runs]
    ends = list(accumulate(map(len, texts)))
    written: dict[int, str] = {}
    for match in reversed(list(_PLACE.finditer("".join(texts)))):
        content = known[match.group(1)]
        told = clean(content.title if isinstance(content, Table) else content)
        first, last = bisect_right(ends, match.start()), bisect_right(ends, match.end() - 1)
        for place in range(first, last + 1):
            begun = ends[place] - len(texts[place])
            text = written.get(place, texts[place])
            before = text[: max(match.start() - begun, 0)]
            after = text[match.end() - begun :] if place == last else ""
            written[place] = f"{before}{told}{after}" if place == first else after
    for place, text in written.items():
        runs[place].text = text


def _put_table(document: DocumentType, paragraph: WordParagraph, table: Table, language: str) -> None:
    grid = _table(document, table, language)
    paragraph._p.addnext(grid._tbl)
    for run in _runs(paragraph):
        run.text = ""
