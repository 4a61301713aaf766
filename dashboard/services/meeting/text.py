"""Free text of agendas in a small Markdown: headings, lists, tables, quotes, bold, italic, code and links inside the product.

Read into blocks once; the screen and the documents each draw the blocks. Everything that is not understood stays plain text: HTML,
images, formulas and links to other hosts have no meaning here, so nothing of them can act.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from dashboard.services.common.addresses import AddressError, PageAddress, parse_address

BlockKind = Literal["heading", "paragraph", "bullet", "number", "quote", "table", "rule"]

_INLINE = re.compile(
    r"\*\*(?P<bold>[^*\n]+)\*\*|\*(?P<italic>[^*\n]+)\*|`(?P<code>[^`\n]+)`|(?<!!)\[(?P<label>[^\[\]\n]+)\]\((?P<link>[^()\s]+)\)"
)
_HEADING = re.compile(r"(#{1,3})\s+(.+)")
_BULLET = re.compile(r"(\s*)[-*+]\s+(.+)")
_NUMBER = re.compile(r"(\s*)\d{1,3}[.、)]\s*(.+)")
_QUOTE = re.compile(r">\s?(.*)")
_RULE = re.compile(r"\s*(-{3,}|\*{3,}|_{3,})\s*")
_TABLE_LINE = re.compile(r"\s*\|(.+)\|\s*")
_TABLE_RULE = re.compile(r"[\s|:-]+")
_DEEPEST = 3


@dataclass(frozen=True)
class Run:
    """A piece of text of one look; ``link`` is a page of this product."""

    text: str
    bold: bool = False
    italic: bool = False
    code: bool = False
    link: PageAddress | None = None


@dataclass(frozen=True)
class Block:
    """A heading (``level`` 1–3), paragraph, list entry (``level`` from 0), quote or rule of ``runs``; a table of ``rows`` of cells."""

    kind: BlockKind
    runs: tuple[Run, ...] = ()
    level: int = 0
    rows: tuple[tuple[tuple[Run, ...], ...], ...] = ()


def runs(text: str) -> tuple[Run, ...]:
    """Return a line as runs. A link to anything but a page of this product stays text, address and all."""
    found, end = [], 0
    for match in _INLINE.finditer(text):
        if match.start() > end:
            found.append(Run(text[end : match.start()]))
        found.append(_run(match))
        end = match.end()
    if end < len(text):
        found.append(Run(text[end:]))
    return tuple(found)


def _run(match: re.Match[str]) -> Run:
    groups = match.groupdict()
    if groups["bold"] is not None:
        return Run(groups["bold"], bold=True)
    if groups["italic"] is not None:
        return Run(groups["italic"], italic=True)
    if groups["code"] is not None:
        return Run(groups["code"], code=True)
    try:
        if not groups["link"].startswith("/") or groups["link"].startswith("//"):
            return Run(match.group())
        return Run(groups["label"], link=parse_address(groups["link"]))
    except AddressError:
        return Run(match.group())


def blocks(text: str) -> tuple[Block, ...]:
    """Return ``text`` as blocks, in reading order. Lines of one paragraph stay lines."""
    return tuple(_grouped(text.replace("\r\n", "\n").replace("\t", "    ").split("\n")))


def _grouped(lines: list[str]) -> Iterator[Block]:
    rows: list[tuple[tuple[Run, ...], ...]] = []
    for line in lines:
        table = _TABLE_LINE.fullmatch(line)
        if table:
            if not _TABLE_RULE.fullmatch(table.group(1)):
                rows.append(tuple(runs(cell.strip()) for cell in table.group(1).split("|")))
            continue
        if rows:
            yield Block("table", rows=_even(rows))
            rows = []
        if line.strip():
            yield _block(line)
    if rows:
        yield Block("table", rows=_even(rows))


def _even(rows: list[tuple[tuple[Run, ...], ...]]) -> tuple[tuple[tuple[Run, ...], ...], ...]:
    """Return rows of one length: short ones get empty cells."""
    width = max(len(row) for row in rows)
    return tuple(row + ((),) * (width - len(row)) for row in rows)


def _block(line: str) -> Block:
    heading, bullet, number, quote = (pattern.fullmatch(line) for pattern in (_HEADING, _BULLET, _NUMBER, _QUOTE))
    if _RULE.fullmatch(line):
        return Block("rule")
    if heading:
        return Block("heading", runs(heading.group(2)), len(heading.group(1)))
    if bullet or number:
        match = bullet or number
        assert match is not None
        return Block("bullet" if bullet else "number", runs(match.group(2)), min(len(match.group(1)) // 2, _DEEPEST))
    if quote:
        return Block("quote", runs(quote.group(1)))
    return Block("paragraph", runs(line.strip()))
