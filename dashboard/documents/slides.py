"""Reports as PPTX: one message a slide as its title, native charts and tables, page numbers, and the source in the notes."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pptx import Presentation
from pptx.dml.color import RGBColor
from pptx.enum.shapes import MSO_SHAPE
from pptx.util import Inches, Pt

from dashboard.documents.content import Bullets, Chart, Figures, Paragraph, Report, Section, Table
from dashboard.documents.look import PRIMARY, clean, width
from dashboard.documents.office_charts import add_chart
from dashboard.documents.slide_design import BLANK_TITLE, TITLE, prepare_design, running_texts
from dashboard.documents.slide_parts import Box, add_cards, add_table, add_texts

_BODY = Box(Inches(0.6), Inches(1.45), Inches(12.13), Inches(5.25))
_GAP = Inches(0.25)
_CARDS_HEIGHT = Inches(1.25)
_ROWS_A_SLIDE = 13
_ROWS_BESIDE = 8
"""Tables up to so many rows share their slide with figures or one or two sentences."""
_LETTERS_A_SLIDE = 900
_GRID = 6


def write_slides(report: Report) -> bytes:
    """Return ``report`` as a PPTX file."""
    deck = Presentation()
    prepare_design(deck)
    properties = deck.core_properties
    properties.title, properties.author, properties.subject = clean(report.title), "", clean(report.subtitle)
    properties.comments = clean(report.provenance.line)
    _title_slide(deck, report)
    for section in report.sections:
        for content in _slides(section, report):
            _slide(deck, report, content)
    source = tuple(report.provenance.rows)
    _slide(deck, report, _Content(report.labels.source, texts=tuple(f"{name}：{text}" for name, text in source)))
    buffer = io.BytesIO()
    deck.save(buffer)
    return buffer.getvalue()


@dataclass(frozen=True)
class _Content:
    """What one slide holds."""

    title: str
    kicker: str = ""
    texts: tuple[str, ...] = ()
    figures: Figures | None = None
    charts: tuple[Chart, ...] = ()
    table: Table | None = None
    note: str = ""


def _chunks(items: Sequence[str], letters: int) -> Iterator[tuple[str, ...]]:
    """Yield ``items`` in groups that fit on a slide."""
    group: list[str] = []
    for item in items:
        if group and sum(width(each) for each in group) + width(item) > letters:
            yield tuple(group)
            group = []
        group.append(item)
    if group:
        yield tuple(group)


def _slides(section: Section, report: Report) -> Iterator[_Content]:
    """Yield the slides of a section: figures, sentences and the first chart together, then more charts, then its tables."""
    title = section.message or section.heading
    kicker = section.heading if section.message else ""
    texts = tuple(
        line
        for block in section.blocks
        if isinstance(block, Paragraph | Bullets)
        for line in ((block.text,) if isinstance(block, Paragraph) else block.items)
        if line.rstrip("。.") != section.message.rstrip("。.")
    )
    figures = next((block for block in section.blocks if isinstance(block, Figures)), None)
    charts = tuple(block for block in section.blocks if isinstance(block, Chart))
    small = tuple(chart for chart in charts if chart.half)
    large = tuple(chart for chart in charts if not chart.half)
    tables = tuple(block for block in section.blocks if isinstance(block, Table))
    room = _LETTERS_A_SLIDE // (2 if large or figures else 1)
    pages = list(_chunks(texts, room))
    continued = report.labels.continued
    below = _below(tables, pages, figures, large + small)
    if pages or figures or large:
        yield _Content(title, kicker, pages[0] if pages else (), figures, large[:1], below, section.note)
    for page in pages[1:]:
        yield _Content(f"{title}{continued}", kicker, page, note=section.note)
    for chart in large[1:]:
        yield _Content(title, kicker, charts=(chart,), note=section.note)
    for start in range(0, len(small), _GRID):
        yield _Content(title if not start else f"{title}{continued}", kicker, charts=small[start : start + _GRID], note=section.note)
    for table in tables:
        if table is below:
            continue
        parts = max(1, -(-len(table.rows) // _ROWS_A_SLIDE))
        rows = max(1, -(-len(table.rows) // parts))
        name = title if len(tables) == 1 else table.title
        for number in range(parts):
            part = replace(table, rows=table.rows[number * rows : (number + 1) * rows])
            yield _Content(name if number == 0 else f"{name}{continued}", kicker or section.heading, table=part, note=section.note)


def _below(tables: Sequence[Table], pages: Sequence[Sequence[str]], figures: Figures | None, charts: Sequence[Chart]) -> Table | None:
    """Return the table that finds room under the section's figures or its one or two sentences, None when there is none."""
    if charts or len(tables) != 1 or len(tables[0].rows) > _ROWS_BESIDE:
        return None
    if figures is not None:
        return tables[0] if not pages else None
    return tables[0] if len(pages) == 1 and len(pages[0]) <= 2 else None


def _title_slide(deck: Any, report: Report) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[TITLE])
    bar = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, Inches(0.9), Inches(2.05), Inches(1.6), Inches(0.1))
    bar.fill.solid()
    bar.fill.fore_color.rgb = RGBColor.from_string(PRIMARY)
    bar.line.fill.background()
    bar.shadow.inherit = False
    slide.shapes.title.text = clean(report.title)
    slide.placeholders[1].text = clean("\n".join(filter(None, (report.subtitle, report.provenance.line, report.provenance.demonstration))))
    _notes(slide, report, "")


def _slide(deck: Any, report: Report, content: _Content) -> None:
    slide = deck.slides.add_slide(deck.slide_layouts[BLANK_TITLE])
    slide.shapes.title.text = clean(content.title)
    running_texts(slide, clean(content.kicker), clean(report.provenance.line), clean(report.provenance.demonstration))
    body = _BODY
    if content.figures is not None:
        top, body = body.above(_CARDS_HEIGHT, _GAP)
        add_cards(slide, content.figures, top)
    texts = [clean(text) for text in content.texts]
    if len(content.charts) > 1:
        for chart, place in zip(content.charts, body.grid(3 if len(content.charts) > 2 else 2, 2, _GAP), strict=False):
            _chart(slide, chart, place, 10)
    elif content.charts and texts:
        left, right = body.beside(0.42, _GAP)
        add_texts(slide, texts, left)
        _chart(slide, content.charts[0], right, 12)
    elif content.charts:
        _chart(slide, content.charts[0], body, 13)
    elif content.table is not None and texts:
        top, below = body.above(Inches(1.2), _GAP)
        add_texts(slide, texts, top)
        add_table(slide, content.table, report.language, below)
    elif content.table is not None:
        add_table(slide, content.table, report.language, body)
    elif texts:
        add_texts(slide, texts, body)
    _notes(slide, report, content.note if content.table is None else " ".join(filter(None, (content.note, content.table.note))))


def _chart(slide: Any, chart: Chart, box: Box, size: int) -> None:
    add_chart(slide.shapes, chart, box.left, box.top, box.width, box.height, size)


def _notes(slide: Any, report: Report, note: str) -> None:
    """Write the source into the notes: tables, period and filters, data and scheme versions."""
    lines = [note, *(f"{name}：{text}" for name, text in report.provenance.rows)]
    frame = slide.notes_slide.notes_text_frame
    frame.text = clean("\n".join(filter(None, lines)))
    for paragraph in frame.paragraphs:
        paragraph.font.size = Pt(11)
