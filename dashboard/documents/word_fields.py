"""Fields of Word: page numbers, and the wish that fields are filled when the document is opened."""

from typing import Any

from docx.document import Document as DocumentType
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph


def field_runs(instruction: str, result: str = "", *, dirty: bool = False) -> list[Any]:
    """Return the runs of a field with the text shown until Word fills it; ``dirty`` asks Word to fill it at once."""
    runs = []
    for kind in ("begin", "instruction", "separate", "result", "end"):
        run = OxmlElement("w:r")
        if kind == "instruction":
            text = OxmlElement("w:instrText")
            text.set(qn("xml:space"), "preserve")
            text.text = f" {instruction} "
            run.append(text)
        elif kind == "result":
            text = OxmlElement("w:t")
            text.text = result
            run.append(text)
        else:
            mark = OxmlElement("w:fldChar")
            mark.set(qn("w:fldCharType"), kind)
            if dirty and kind == "begin":
                mark.set(qn("w:dirty"), "true")
            run.append(mark)
        runs.append(run)
    return runs


def add_field(paragraph: Paragraph, instruction: str, result: str = "") -> None:
    """Append a field to ``paragraph``."""
    for run in field_runs(instruction, result):
        paragraph._p.append(run)


def page_numbers(paragraph: Paragraph, template: str) -> None:
    """Append "page X of Y" with fields in the places of ``{page}`` and ``{pages}``."""
    before, _, rest = template.partition("{page}")
    between, _, after = rest.partition("{pages}")
    paragraph.add_run(before)
    add_field(paragraph, "PAGE", "1")
    paragraph.add_run(between)
    add_field(paragraph, "NUMPAGES", "1")
    paragraph.add_run(after)


def update_when_opened(document: DocumentType) -> None:
    """Ask Word to fill all fields (the page numbers of the contents) when it opens the document."""
    settings = document.settings.element
    update = OxmlElement("w:updateFields")
    update.set(qn("w:val"), "true")
    # The schema fixes an order; after the last of the elements that may stand before it.
    following = ("w:hdrShapeDefaults", "w:footnotePr", "w:endnotePr", "w:compat")
    place = next((found for name in following if (found := settings.find(qn(name))) is not None), None)
    if place is None:
        settings.append(update)
    else:
        place.addprevious(update)
