"""Reports as DOCX: editable, with styles, a table of contents, native tables and charts, and page numbers."""

import io
from collections.abc import Sequence

from docx import Document
from docx.document import Document as DocumentType
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_TAB_ALIGNMENT
from docx.shared import Cm, Emu, RGBColor
from docx.text.paragraph import Paragraph as WordParagraph

from dashboard.documents.content import Block, Bullets, Chart, Column, Figures, Paragraph, Report, Section, Table
from dashboard.documents.look import STATE_COLOURS, WARNING, clean
from dashboard.documents.word_charts import add_chart
from dashboard.documents.word_contents import add_contents, bookmark
from dashboard.documents.word_fields import page_numbers, update_when_opened
from dashboard.documents.word_styles import CAPTION, CONTENTS_TITLE, NOTE, prepare_styles
from dashboard.documents.word_tables import add_grid, add_table

_PAGE = (Cm(21), Cm(29.7))
_MARGIN, _COMPACT_MARGIN = Cm(2.2), Cm(1.6)
_CHART_HEIGHT, _HALF_HEIGHT = Cm(7), Cm(5.2)
_FIGURES_ACROSS = 3
_SAID_BY_FORMULA = (2, 3)
"""Numerator and denominator: on paper the formula in words says both."""


def write_word(report: Report, *, for_print: bool = False) -> bytes:
    """Return ``report`` as a DOCX file; ``for_print`` writes contents that LibreOffice can number for a PDF."""
    document = Document()
    prepare_styles(document, compact=report.compact)
    _page(document, report)
    update_when_opened(document)
    properties = document.core_properties
    properties.title, properties.author, properties.subject = clean(report.title), "", clean(report.subtitle)
    properties.comments = clean(report.provenance.line)
    properties.language = "zh-CN" if report.language == "zh" else "en-US"
    writer = _Writer(document, report, for_print=for_print)
    writer.front()
    for number, section in enumerate(report.sections, start=1):
        writer.section(section, number)
    writer.back()
    buffer = io.BytesIO()
    document.save(buffer)
    return buffer.getvalue()


def _page(document: DocumentType, report: Report) -> None:
    """Set A4, margins, and the running header and footer."""
    section = document.sections[0]
    section.page_width, section.page_height = _PAGE
    margin = _COMPACT_MARGIN if report.compact else _MARGIN
    section.left_margin = section.right_margin = margin
    section.top_margin, section.bottom_margin = (Cm(1.5), Cm(1.4)) if report.compact else (Cm(2.4), Cm(2.0))
    section.header_distance = section.footer_distance = Cm(0.8)
    inner = _PAGE[0] - 2 * margin
    header = section.header.paragraphs[0]
    _tab(header, inner)
    header.add_run(clean(f"{report.title} · {report.subtitle}"))
    if report.provenance.demonstration:
        mark = header.add_run(f"\t{clean(report.provenance.demonstration)}")
        mark.font.color.rgb = RGBColor.from_string(WARNING)
    footer = section.footer.paragraphs[0]
    _tab(footer, inner)
    footer.add_run(clean(report.provenance.line) + "\t")
    page_numbers(footer, report.labels.page)


def _tab(paragraph: WordParagraph, place: int) -> None:
    """Give a running line one stop at the right margin instead of the two of the default style."""
    assert paragraph.style is not None
    paragraph.style.paragraph_format.tab_stops.clear_all()
    paragraph.paragraph_format.tab_stops.add_tab_stop(Emu(place), WD_TAB_ALIGNMENT.RIGHT)


class _Writer:
    """Writes the parts of one report into one document."""

    def __init__(self, document: DocumentType, report: Report, *, for_print: bool) -> None:
        self.document = document
        self.for_print = for_print
        self.report = report
        margins = _COMPACT_MARGIN if report.compact else _MARGIN
        self.width = _PAGE[0] - 2 * margins
        self._half_open: WordParagraph | None = None

    def front(self) -> None:
        """Write title and subtitle, and on its own page the table of contents."""
        self.document.add_paragraph(clean(self.report.title), style="Title")
        self.document.add_paragraph(clean(self.report.subtitle), style="Subtitle")
        if self.report.compact:
            return
        if self.report.provenance.demonstration:
            mark = self.document.add_paragraph(style=NOTE)
            run = mark.add_run(f"⚠ {clean(self.report.provenance.demonstration)}")
            run.bold, run.font.color.rgb = True, RGBColor.from_string(WARNING)
        self.document.add_paragraph(clean(self.report.provenance.line), style=NOTE)
        self.document.add_paragraph(self.report.labels.contents, style=CONTENTS_TITLE)
        entries = [(number, section) for number, section in enumerate(self.report.sections, start=1)]
        add_contents(
            self.document,
            [
                *((f"section_{number}", clean(section.heading), section.level) for number, section in entries),
                ("dictionary", self.report.labels.dictionary, 1),
                ("source", self.report.labels.source, 1),
            ],
            self.width,
            as_field=not self.for_print,
        )
        if not self.for_print:
            self.document.add_paragraph(self.report.labels.update, style=NOTE)

    def section(self, section: Section, number: int) -> None:
        """Write one section: heading, message, blocks."""
        self._half_open = None
        heading = self.document.add_paragraph(clean(section.heading), style=f"Heading {section.level}")
        bookmark(heading, f"section_{number}", number)
        first = number == 1 and not self.report.compact
        heading.paragraph_format.page_break_before = first or (section.new_page and not self.report.compact)
        if section.message and section.message != section.heading:
            message = self.document.add_paragraph(style="Normal")
            message.add_run(clean(section.message)).bold = True
            message.paragraph_format.keep_with_next = True
        for block in section.blocks:
            self._block(block)

    def _block(self, block: Block) -> None:
        if not (isinstance(block, Chart) and block.half):
            self._half_open = None
        if isinstance(block, Paragraph):
            for line in clean(block.text).splitlines():
                self.document.add_paragraph(line, style="Normal")
        elif isinstance(block, Bullets):
            style = "List Number" if block.numbered else "List Bullet"
            for item in block.items:
                self.document.add_paragraph(clean(item), style=style)
        elif isinstance(block, Figures):
            self._figures(block)
        elif isinstance(block, Chart):
            self._chart(block)
        else:
            self.table(block)

    def _chart(self, chart: Chart) -> None:
        if not chart.half:
            paragraph = self.document.add_paragraph(style="Normal")
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
            add_chart(paragraph, chart, self.width, self._height(chart))
            return
        if self._half_open is None:
            self._half_open = self.document.add_paragraph(style="Normal")
            add_chart(self._half_open, chart, self.width // 2 - 20_000, _HALF_HEIGHT)
        else:
            add_chart(self._half_open, chart, self.width // 2 - 20_000, _HALF_HEIGHT)
            self._half_open = None

    def _height(self, chart: Chart) -> int:
        """Return a height that gives every lying bar its room."""
        if chart.kind != "bar":
            return _CHART_HEIGHT
        bars = len(chart.categories) * len(chart.series)
        return Cm(min(12.0, 2.4 + 0.55 * bars))

    def _figures(self, figures: Figures) -> None:
        across = len(figures.items) if self.report.compact else _FIGURES_ACROSS
        for start in range(0, len(figures.items), across):
            row = figures.items[start : start + across]
            add_grid(
                self.document,
                [(clean(item.name), clean(item.value), clean(item.detail), STATE_COLOURS[item.state]) for item in row],
                across,
                self.width,
                small=self.report.compact,
            )
        self.document.add_paragraph(style=NOTE)

    def table(self, table: Table) -> None:
        """Write a native table under its caption."""
        if not self.report.compact:
            caption = self.document.add_paragraph(clean(table.title), style=CAPTION)
            caption.paragraph_format.keep_with_next = True
        add_table(self.document, table, self.report.language, self.width)
        self.document.add_paragraph(clean(table.note), style=NOTE)

    def back(self) -> None:
        """Write the dictionary and where the numbers come from; on a one-pager only the latter, on one line (it is in the footer)."""
        if self.report.compact:
            return
        labels = self.report.labels
        if self.report.dictionary:
            self._appendix(labels.dictionary, "dictionary", 9001)
            heads = tuple(head for place, head in enumerate(labels.heads) if place not in _SAID_BY_FORMULA)
            rows = tuple((entry.name, entry.formula, entry.source, entry.target, entry.grade) for entry in self.report.dictionary)
            self._plain_table(heads, rows)
        self._appendix(labels.source, "source", 9002)
        self._plain_table((labels.item, labels.content), self.report.provenance.rows)

    def _appendix(self, title: str, name: str, number: int) -> None:
        heading = self.document.add_paragraph(title, style="Heading 1")
        heading.paragraph_format.page_break_before = name == "dictionary"
        bookmark(heading, name, number)

    def _plain_table(self, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        columns = tuple(Column(head, wide=True) for head in heads)
        add_table(self.document, Table("", "", columns, tuple(tuple(row) for row in rows)), self.report.language, self.width)
        self.document.add_paragraph(style=NOTE)
