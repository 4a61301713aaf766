"""The table of contents: a field that Word fills, with its entries already there, each a link to its heading."""

from collections.abc import Sequence
from typing import Any

from docx.document import Document as DocumentType
from docx.enum.text import WD_TAB_ALIGNMENT, WD_TAB_LEADER
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Emu
from docx.text.paragraph import Paragraph

from dashboard.documents.word_fields import field_runs

_INSTRUCTION = r'TOC \o "1-2" \h \z \u'


def bookmark(paragraph: Paragraph, name: str, number: int) -> None:
    """Give a heading the name that contents and links point to."""
    start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
    start.set(qn("w:id"), str(number))
    start.set(qn("w:name"), name)
    end.set(qn("w:id"), str(number))
    first = paragraph._p.find(qn("w:r"))
    assert first is not None  # a heading has text
    first.addprevious(start)
    paragraph._p.append(end)


def add_contents(document: DocumentType, entries: Sequence[tuple[str, str, int]], width: int, *, as_field: bool = True) -> None:
    """Append the contents: (bookmark, heading, level 1 or 2) each. The page of an entry is a field of its own.

    ``as_field`` puts a field around them that Word fills anew; LibreOffice numbers the entries only without it.
    """
    opening = field_runs(_INSTRUCTION)
    begin, closing = opening[:3], opening[4]
    for place, (name, heading, level) in enumerate(entries):
        paragraph = document.add_paragraph(style=f"TOC {level}")
        paragraph.paragraph_format.tab_stops.add_tab_stop(Emu(width), WD_TAB_ALIGNMENT.RIGHT, WD_TAB_LEADER.DOTS)
        if place == 0 and as_field:
            for run in begin:
                paragraph._p.append(run)
        paragraph._p.append(_link(name, heading))
        if place == len(entries) - 1 and as_field:
            paragraph._p.append(closing)


def _link(name: str, heading: str) -> Any:
    link = OxmlElement("w:hyperlink")
    link.set(qn("w:anchor"), name)
    link.set(qn("w:history"), "1")
    for kind, text in (("w:t", heading), ("w:tab", "")):
        run, part = OxmlElement("w:r"), OxmlElement(kind)
        part.text = text
        if text:
            part.set(qn("xml:space"), "preserve")
        run.append(part)
        link.append(run)
    for run in field_runs(rf"PAGEREF {name} \h", dirty=True):
        link.append(run)
    return link
