"""The file formats and the one call that writes a report in any of them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dashboard.documents.content import Report


@dataclass(frozen=True)
class Format:
    """A file format: its media type and what makes its bytes."""

    mime: str
    write: Callable[[Report], bytes]


def _docx(report: Report) -> bytes:
    from dashboard.documents.word import write_word

    return write_word(report)


def _pptx(report: Report) -> bytes:
    from dashboard.documents.slides import write_slides

    return write_slides(report)


def _xlsx(report: Report) -> bytes:
    from dashboard.documents.workbook import write_workbook

    return write_workbook(report)


def _pdf(report: Report) -> bytes:
    from dashboard.documents.pdf import as_pdf
    from dashboard.documents.word import write_word

    return as_pdf(write_word(report, for_print=True))


# Each writer is imported when it is first used: together they take a second that no page should wait for.
FORMATS: Mapping[str, Format] = {
    "docx": Format("application/vnd.openxmlformats-officedocument.wordprocessingml.document", _docx),
    "pptx": Format("application/vnd.openxmlformats-officedocument.presentationml.presentation", _pptx),
    "xlsx": Format("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", _xlsx),
    "pdf": Format("application/pdf", _pdf),
}


def write_document(report: Report, name: str) -> bytes:
    """Return ``report`` as a file of the format ``name`` (a key of ``FORMATS``). Raises ``DocumentError`` when it cannot be made here."""
    return FORMATS[name].write(report)
