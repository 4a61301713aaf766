"""What stands on a slide beside charts: texts that fit their box, headline cards, native tables."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.enum.text import MSO_ANCHOR, PP_ALIGN
from pptx.util import Emu, Inches, Pt

from dashboard.documents.content import Figures, Table, plain_rows
from dashboard.documents.look import BAND_FILL, HEAD_FILL, MUTED, STATE_COLOURS, TEXT, clean, width
from dashboard.documents.word_tables import column_widths

_POINT = 12_700
_LINE = 1.35
"""Line height ÷ letter size, space between paragraphs included."""
_SIZES = (18, 16, 15, 14, 13, 12, 11, 10, 9)
_TABLE_SIZES = (14, 13, 12, 11, 10, 9, 8, 7)


@dataclass(frozen=True)
class Box:
    """A place on a slide, EMU."""

    left: int
    top: int
    width: int
    height: int

    def above(self, height: int, gap: int) -> tuple["Box", "Box"]:
        """Return the upper part of ``height`` and what is left below it."""
        rest = self.height - height - gap
        return Box(self.left, self.top, self.width, height), Box(self.left, self.top + height + gap, self.width, rest)

    def beside(self, share: float, gap: int) -> tuple["Box", "Box"]:
        """Return the left part with its share of the width, and the right part."""
        left = int(self.width * share)
        return Box(self.left, self.top, left, self.height), Box(self.left + left + gap, self.top, self.width - left - gap, self.height)

    def grid(self, across: int, down: int, gap: int) -> Iterator["Box"]:
        """Yield the cells of a grid, row by row."""
        wide, high = (self.width - gap * (across - 1)) // across, (self.height - gap * (down - 1)) // down
        for row in range(down):
            for column in range(across):
                yield Box(self.left + column * (wide + gap), self.top + row * (high + gap), wide, high)


def fitting_size(texts: Sequence[str], box: Box) -> int:
    """Return the largest letter size (points) in which ``texts`` fit into ``box``, the smallest one when none does."""
    for size in _SIZES:
        across = (box.width / _POINT - 24) / (size * 0.5)  # a Latin letter is half as wide as it is high
        lines = sum(max(1, -(-width(text) // int(across))) for text in texts)
        if (lines * _LINE + 0.5 * len(texts)) * size * _POINT <= box.height:
            return size
    return _SIZES[-1]


def add_texts(slide: Any, texts: Sequence[str], box: Box) -> None:
    """Put ``texts`` into ``box``, one paragraph each, several of them with bullets."""
    frame = slide.shapes.add_textbox(Emu(box.left), Emu(box.top), Emu(box.width), Emu(box.height)).text_frame
    frame.word_wrap = True
    size = fitting_size(texts, box)
    for number, text in enumerate(texts):
        paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
        paragraph.text = text
        paragraph.font.size = Pt(size)
        paragraph.font.color.rgb = RGBColor.from_string(TEXT)
        paragraph.space_after = Pt(size * 0.5)
        if len(texts) > 1:
            _bullet(paragraph)


def _bullet(paragraph: Any) -> None:
    properties = paragraph._p.get_or_add_pPr()
    properties.set("marL", "228600")
    properties.set("indent", "-228600")
    font = properties.makeelement("{http://schemas.openxmlformats.org/drawingml/2006/main}buFont", {"typeface": "Arial"})
    sign = properties.makeelement("{http://schemas.openxmlformats.org/drawingml/2006/main}buChar", {"char": "•"})
    properties.append(font)
    properties.append(sign)


def add_cards(slide: Any, figures: Figures, box: Box) -> None:
    """Put headline figures side by side into ``box``."""
    for item, place in zip(figures.items, box.grid(len(figures.items), 1, Inches(0.12)), strict=True):
        card = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Emu(place.left), Emu(place.top), Emu(place.width), Emu(place.height))
        card.fill.solid()
        card.fill.fore_color.rgb = RGBColor.from_string(BAND_FILL)
        card.line.fill.background()
        card.shadow.inherit = False
        frame = card.text_frame
        frame.word_wrap = True
        frame.margin_left = frame.margin_right = Inches(0.08)
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE
        lines = ((item.name, 12, MUTED, False), (item.value, 22, TEXT, True), (item.detail, 10, STATE_COLOURS[item.state], False))
        for number, (text, size, colour, bold) in enumerate(lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            paragraph.text, paragraph.alignment = clean(text), PP_ALIGN.LEFT
            paragraph.font.size, paragraph.font.bold = Pt(size), bold
            paragraph.font.color.rgb = RGBColor.from_string(colour)


def add_table(slide: Any, table: Table, language: str, box: Box) -> None:
    """Put a native table into ``box``: heading row filled, numbers to the right, letters as large as the rows allow."""
    rows = [[column.label for column in table.columns], *plain_rows(table, language)]
    widths = column_widths(table.columns, rows[1:], box.width)
    size, heights = _fitting_rows(rows, widths, box)
    frame = slide.shapes.add_table(len(rows), len(widths), Emu(box.left), Emu(box.top), Emu(box.width), Emu(sum(heights)))
    native = frame.table
    native.first_row, native.horz_banding = True, False
    for column, wide in zip(native.columns, widths, strict=True):
        column.width = Emu(wide)
    for number, (row, texts, height) in enumerate(zip(native.rows, rows, heights, strict=True)):
        row.height = Emu(height)
        for cell, text, column in zip(row.cells, texts, table.columns, strict=True):
            _fill(cell, clean(text), size, right=column.kind != "text", head=number == 0, band=number % 2 == 0)


def _fitting_rows(rows: Sequence[Sequence[str]], widths: Sequence[int], box: Box) -> tuple[int, list[int]]:
    """Return the largest letter size (points) in which the rows, wrapped as they must be, stay inside ``box``, and their heights (EMU)."""
    for size in _TABLE_SIZES:
        heights = [int((_lines(row, widths, size) * 1.25 + 0.75) * size * _POINT) for row in rows]
        if sum(heights) <= box.height:
            break
    return size, heights


def _lines(row: Sequence[str], widths: Sequence[int], size: int) -> int:
    """Return how many lines the fullest cell of a row takes."""
    across = [max(1, int((wide / _POINT - 10) / (size * 0.52))) for wide in widths]
    return max(-(-width(text) // letters) if text else 1 for text, letters in zip(row, across, strict=True))


def _fill(cell: Any, text: str, size: float, *, right: bool, head: bool, band: bool) -> None:
    cell.text = text
    cell.margin_left = cell.margin_right = Inches(0.06)
    cell.margin_top = cell.margin_bottom = Inches(0.03)
    cell.vertical_anchor = MSO_ANCHOR.MIDDLE
    cell.fill.solid()
    cell.fill.fore_color.rgb = RGBColor.from_string(HEAD_FILL if head else BAND_FILL if band else "FFFFFF")
    paragraph = cell.text_frame.paragraphs[0]
    paragraph.alignment = PP_ALIGN.RIGHT if right else PP_ALIGN.LEFT
    paragraph.font.size, paragraph.font.bold = Pt(size), head
    paragraph.font.color.rgb = RGBColor.from_string(TEXT)
