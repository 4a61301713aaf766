"""Native Word tables: heading row repeated on every page, rows never cut, numbers to the right, widths by what the cells hold."""

from collections.abc import Sequence
from xml.sax.saxutils import escape

from docx.document import Document as DocumentType
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from dashboard.documents.content import Column, Table, plain_rows
from dashboard.documents.look import BAND_FILL, BORDER, HEAD_FILL, MUTED, PRIMARY, clean, width
from dashboard.documents.word_styles import TABLE_TEXT

_TWIPS = 635
"""EMU in a twentieth of a point, the unit of Word's tables."""
_KEPT_TOGETHER = 12
"""Tables up to so many rows stay on one page."""
_LONGEST_NARROW, _LONGEST_WIDE, _PADDING = 30, 44, 3
_LETTERS_ACROSS = 100
"""Latin letters of the table's size that fit across a page."""


def _paragraph(
    text: str,
    *,
    right: bool = False,
    bold: bool = False,
    size: float | None = None,
    colour: str = "",
    style: str = TABLE_TEXT,
    keep: bool = False,
) -> str:
    look = ("<w:b/>" if bold else "") + (f'<w:color w:val="{colour}"/>' if colour else "")
    look += f'<w:sz w:val="{round(2 * size)}"/><w:szCs w:val="{round(2 * size)}"/>' if size else ""
    side = '<w:jc w:val="right"/>' if right else ""
    together = "<w:keepNext/>" if keep else ""
    identifier = style.replace(" ", "")
    return (
        f'<w:p><w:pPr><w:pStyle w:val="{identifier}"/>{together}{side}</w:pPr>'
        f'<w:r><w:rPr>{look}</w:rPr><w:t xml:space="preserve">{escape(clean(text))}</w:t></w:r></w:p>'
    )


def _cell(content: str, twips: int, fill: str = "") -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{fill}"/>' if fill else ""
    return f'<w:tc><w:tcPr><w:tcW w:w="{twips}" w:type="dxa"/>{shade}<w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'


def _frame(widths: Sequence[int], borders: str) -> str:
    grid = "".join(f'<w:gridCol w:w="{twips}"/>' for twips in widths)
    return (
        f'<w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="70" w:type="dxa"/><w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f"<w:tblGrid>{grid}</w:tblGrid>"
    )


def _line(side: str, size: int = 4, colour: str = BORDER) -> str:
    return f'<w:{side} w:val="single" w:sz="{size}" w:space="0" w:color="{colour}"/>'


def column_widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], total: int) -> list[int]:
    """Return widths that add up to ``total``, in its unit: numbers and words of headings stay whole, long texts take the rest."""
    wanted = [
        _PADDING + (_wide(column, texts) if column.wide else _narrow(column, texts))
        for column, texts in zip(columns, zip(*rows, strict=True) if rows else ((),) * len(columns), strict=True)
    ]
    fixed = sum(letters for column, letters in zip(columns, wanted, strict=True) if not column.wide)
    flexible = sum(wanted) - fixed
    if flexible and fixed + flexible > _LETTERS_ACROSS:
        left = max(_LETTERS_ACROSS - fixed, flexible / 2)
        wanted = [letters * left / flexible if column.wide else letters for column, letters in zip(columns, wanted, strict=True)]
    shares = [round(total * each / sum(wanted)) for each in wanted]
    shares[-1] += total - sum(shares)
    return shares


def _narrow(column: Column, texts: Sequence[str]) -> float:
    """Return how many letters a column of numbers or short texts needs: its longest text whole, its heading by the word."""
    longest = max([width(text) for text in texts], default=0)
    return min(max(longest, _heading(column.label), 4), _LONGEST_NARROW)


def _wide(column: Column, texts: Sequence[str]) -> float:
    longest = max([width(text) for text in texts], default=0)
    return min(max(longest, _heading(column.label), 8), _LONGEST_WIDE)


def _heading(label: str) -> float:
    """Return the room of a bold heading: Latin words stay whole, a Chinese heading may take two lines."""
    words = [width(word) if word.isascii() else -(-width(word) // 2) for word in label.split()]
    return 1.15 * max(words, default=0)


def add_table(document: DocumentType, table: Table, language: str, total: int) -> None:
    """Append ``table`` at the end of ``document``, ``total`` EMU wide."""
    rows = plain_rows(table, language)
    widths = column_widths(table.columns, rows, total // _TWIPS)
    short = len(rows) <= _KEPT_TOGETHER
    right = [column.kind != "text" for column in table.columns]
    head = "".join(
        _cell(_paragraph(column.label, right=side, bold=True, keep=True), twips, HEAD_FILL)
        for column, side, twips in zip(table.columns, right, widths, strict=True)
    )
    body = "".join(
        "<w:tr><w:trPr><w:cantSplit/></w:trPr>"
        + "".join(
            _cell(_paragraph(text, right=side, keep=short and number < len(rows) - 1), twips, BAND_FILL if number % 2 else "")
            for text, side, twips in zip(row, right, widths, strict=True)
        )
        + "</w:tr>"
        for number, row in enumerate(rows)
    )
    borders = _line("top", 8, PRIMARY) + _line("bottom", 6, MUTED) + _line("insideH")
    _append(
        document,
        f"<w:tbl {nsdecls('w')}>{_frame(widths, borders)}<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{head}</w:tr>{body}</w:tbl>",
    )


def add_grid(document: DocumentType, cells: Sequence[tuple[str, str, str, str]], across: int, total: int, *, small: bool) -> None:
    """Append headline figures side by side: (name, value, detail, colour of the detail) each."""
    twips = total // _TWIPS // across
    sizes = (8, 13, 7) if small else (9, 18, 8.5)
    content = "".join(
        _cell(
            _paragraph(name, size=sizes[0], colour=MUTED)
            + _paragraph(value, bold=True, size=sizes[1])
            + _paragraph(detail, size=sizes[2], colour=colour),
            twips,
            BAND_FILL,
        )
        for name, value, detail, colour in cells
    )
    borders = _line("bottom", 24, "FFFFFF") + _line("insideV", 24, "FFFFFF")
    frame = _frame([twips] * len(cells), borders)
    _append(document, f"<w:tbl {nsdecls('w')}>{frame}<w:tr><w:trPr><w:cantSplit/></w:trPr>{content}</w:tr></w:tbl>")


def _append(document: DocumentType, xml: str) -> None:
    document.element.body.insert_element_before(parse_xml(xml), "w:sectPr")
