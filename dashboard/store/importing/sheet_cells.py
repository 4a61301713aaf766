"""The cells of a workbook's sheet as its XML has them, in blocks of whole rows: bounded memory whatever its size.

Blocks are cut at the ends of rows. A block written as Excel, WPS and LibreOffice write (attributes in one order, no formula, no rich text)
is taken apart by arrays; any other goes through the XML parser, about ten times as slow. What a cell means is ``xlsx_reading.py``'s.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from openpyxl.utils.cell import column_index_from_string

BLOCK = 8 * 1024**2
"""How much of a sheet is taken apart at once; also the longest row and the longest head of a sheet that are read."""
_HEAD = re.compile(rb"<((?:[\w.-]+:)?)sheetData\s*(/?)>")
_ROOT = re.compile(rb"<(?:[\w.-]+:)?worksheet\b[^>]*>")
_TAIL = re.compile(r'"(?: s="(\d{1,6})")?(?: t="(n|s|str|b|e|inlineStr)")?/?$')
_NUMBER = "n"
_DIGITS = "0123456789"


class EndlessRowError(Exception):
    """A row, or what stands before the first, is longer than any that Excel can make of a county's table."""


@dataclass(frozen=True)
class Cells:
    """Cells in the order of the sheet, all of whole rows.

    ``lines`` count from 1, ``positions`` (columns) from 0. ``kinds`` and ``values`` are the type (``n`` number, ``s`` shared string,
    ``str`` and ``inlineStr`` text, ``b``, ``e``, ``d``) and the text of the value (null: none), ``styles`` the number of the style.
    ``formulas`` has the text of those that are formulas, by place in the arrays.
    """

    lines: NDArray[np.int64]
    positions: NDArray[np.int64]
    kinds: pa.Array
    styles: NDArray[np.int64]
    values: pa.Array
    formulas: Mapping[int, str] = field(default_factory=dict)
    fraction: float = 1.0


def read_cells(source: IO[bytes], size: int) -> Iterator[Cells]:
    """Yield the cells of the sheet whose XML ``source`` reads, ``size`` bytes long.

    Raises ``EndlessRowError``; ``ValueError`` or ``ParseError`` for what is no sheet: cells out of their order too, which would be lost.
    """
    head, rest = _head(source)
    if head is None:
        return
    opening, prefix = head
    ending = b"</" + prefix + b"row>"
    read, last = len(opening) + len(rest), (0, -1)
    while True:
        more = source.read(BLOCK)
        read += len(more)
        block = rest + more
        cut = block.rfind(ending) + len(ending) if ending in block else 0
        if more and not cut:
            if len(block) > BLOCK:
                raise EndlessRowError
            rest = block
            continue
        if cut:
            cells = _regular(block[:cut], prefix) or _any(block[:cut], opening, prefix, last[0])
            last = _in_order(cells, last)
            yield Cells(
                cells.lines, cells.positions, cells.kinds, cells.styles, cells.values, cells.formulas, min(read / max(size, 1), 1.0)
            )
        rest = block[cut:]
        if not more:
            return


def _head(source: IO[bytes]) -> tuple[tuple[bytes, bytes] | None, bytes]:
    """Read up to the rows: the opening tag of the sheet with the prefix of its names, and what was read beyond; None without rows."""
    read = b""
    while (found := _HEAD.search(read)) is None:
        more = source.read(BLOCK // 8)
        if not more:
            raise ValueError("no sheet data")
        read += more
        if len(read) > BLOCK:
            raise EndlessRowError
    root = _ROOT.search(read)
    if root is None:
        raise ValueError("no worksheet")
    return (None if found[2] else (root[0], found[1])), read[found.end() :]


def _in_order(cells: Cells, last: tuple[int, int]) -> tuple[int, int]:
    """Return the place of the last cell; two cells in one place, or one that goes back, would silently take another's."""
    if not len(cells.lines):
        return last
    lines, positions = np.concatenate(([last[0]], cells.lines)), np.concatenate(([last[1]], cells.positions))
    forward = (np.diff(lines) > 0) | ((np.diff(lines) == 0) & (np.diff(positions) > 0))
    if not forward.all():
        raise ValueError("cells out of order")
    return int(lines[-1]), int(positions[-1])


def _key(first: str) -> int:
    return ord(first[0]) | ord(first[1]) << 8


_C, _ROW, _T = _key("c "), _key("ro"), _key("t ")
_V, _IS, _PLAIN_T, _END_V, _END_C, _END_T, _END_IS, _END_ROW = (_key(each) for each in ("v>", "is", "t>", "/v", "/c", "/t", "/i", "/r"))
_ANY_LENGTH = 255
_LENGTHS = np.zeros(2**16, dtype=np.uint8)
"""How long a tag is that begins with two bytes; those two and the length tell it from all others."""
_LENGTHS[[_V, _IS, _PLAIN_T, _END_V, _END_C, _END_T, _END_IS, _END_ROW]] = (2, 3, 2, 3, 3, 3, 4, 5)
_LENGTHS[[_C, _ROW, _T]] = _ANY_LENGTH


def _regular(block: bytes, prefix: bytes) -> Cells | None:
    """Return the cells of a block that is written in the usual way, None of any other."""
    if prefix or b"&" in block:
        return None
    letters = np.frombuffer(block, dtype=np.uint8)
    starts, ends = np.flatnonzero(letters == ord("<")), np.flatnonzero(letters == ord(">"))
    if len(starts) != len(ends) or not ((starts < ends).all() and (ends[:-1] < starts[1:]).all()):
        return None
    keys = letters[starts + 1].astype(np.uint16) | letters[starts + 2].astype(np.uint16) << 8
    lengths = _LENGTHS[keys]
    plain = (lengths == _ANY_LENGTH) | (lengths == ends - starts)
    opened = np.flatnonzero(keys == _C)
    if not plain.all() or not len(opened):
        return None
    # A cell's value lies behind its v, or behind the t in its is; what follows must be as it always is.
    after = [np.where(opened + step < len(keys), keys[np.minimum(opened + step, len(keys) - 1)], 0) for step in range(1, 6)]
    closed = letters[ends[opened] - 1] == ord("/")
    empty = ~closed & (after[0] == _END_C)
    number = ~closed & (after[0] == _V) & (after[1] == _END_V) & (after[2] == _END_C)
    words = (
        ~closed & (after[0] == _IS) & np.isin(after[1], (_PLAIN_T, _T)) & (after[2] == _END_T) & (after[3] == _END_IS)
        & (after[4] == _END_C)
    )  # fmt: skip
    place = _places(letters, starts[opened] + 1)
    if place is None or not (closed | empty | number | words).all():
        return None
    lines, positions, behind = place
    tails = _spans(block, behind, ends[opened]).dictionary_encode()
    known = [_TAIL.match(tail) for tail in tails.dictionary.to_pylist()]
    if not all(known):
        return None
    codes = tails.indices.to_numpy()
    within = opened + np.where(words, 2, 1)
    begun = np.where(number | words, ends[np.minimum(within, len(ends) - 1)] + 1, 0)
    ended = np.where(number | words, starts[np.minimum(within + 1, len(starts) - 1)], 0)
    values = _spans(block, begun, ended)
    return Cells(
        lines, positions, pa.array([each[2] or _NUMBER for each in known if each]).take(tails.indices),
        np.array([int(each[1] or 0) for each in known if each], dtype=np.int64)[codes],
        pc.if_else(pc.equal(pc.binary_length(values), 0), pa.scalar(None, pa.string()), values),
    )  # fmt: skip


def _places(letters: NDArray[np.uint8], begun: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]] | None:
    """Return line, position and end of the place of cells whose tags begin at ``begun`` with ``c r="AB12"``; None when one does not."""
    padded = np.concatenate([letters, np.zeros(16, dtype=np.uint8)])
    if not all((padded[begun + step] == ord(letter)).all() for step, letter in enumerate('c r="')):
        return None
    at = begun + 5
    positions, lines = np.zeros(len(begun), dtype=np.int64), np.zeros(len(begun), dtype=np.int64)
    for found, first, base, most in ((positions, ord("A") - 1, 26, 3), (lines, ord("0"), 10, 7)):
        for _ in range(most):
            digit = padded[at].astype(np.int64) - first
            more = (digit >= int(base == 26)) & (digit < base + int(base == 26))
            found[:] = np.where(more, found * base + digit, found)
            at = at + more
    if not ((positions > 0) & (lines > 0) & (padded[at] == ord('"'))).all():
        return None
    return lines, positions - 1, at


def _spans(block: bytes, begun: NDArray[np.int64], ended: NDArray[np.int64]) -> pa.Array:
    """Return the texts of ``block`` from ``begun`` to ``ended``, which go forward; an empty span may lie anywhere."""
    empty = begun >= ended
    last = np.maximum.accumulate(np.where(empty, 0, ended))
    begun, ended = np.where(empty, last, begun), np.where(empty, last, ended)
    offsets = np.column_stack([begun, ended]).ravel().astype(np.int32)
    texts = pa.StringArray.from_buffers(len(offsets) - 1, pa.py_buffer(offsets), pa.py_buffer(block))
    taken = texts.take(pa.array(np.arange(0, len(offsets) - 1, 2)))
    taken.validate(full=True)
    return taken


def _any(block: bytes, opening: bytes, prefix: bytes, line: int) -> Cells:
    """Return the cells of any block; rows and cells without a place stand after the one before."""
    name = opening.split(None, 1)[0].lstrip(b"<").rstrip(b">")
    root = ElementTree.fromstring(opening.rstrip(b"/>") + b">" + block + b"</" + name + b">")  # noqa: S314 no document type gets here
    space = root.tag.rpartition("}")[0]
    space = f"{space}}}" if space else ""
    lines: list[int] = []
    positions: list[int] = []
    kinds: list[str] = []
    styles: list[int] = []
    values: list[str | None] = []
    formulas: dict[int, str] = {}
    for row in root.iter(f"{space}row"):
        line = int(row.get("r") or line + 1)
        position = -1
        for cell in row.iter(f"{space}c"):
            place = cell.get("r")
            position = column_index_from_string(place.rstrip(_DIGITS)) - 1 if place else position + 1
            kind = cell.get("t") or _NUMBER
            inline = cell.find(f"{space}is")
            value = cell.findtext(f"{space}v")
            if kind == "inlineStr":
                value = None if inline is None else _words(inline, space)
            formula = cell.find(f"{space}f")
            if formula is not None:
                formulas[len(lines)] = formula.text or ""
            lines.append(line)
            positions.append(position)
            kinds.append(kind)
            styles.append(int(cell.get("s") or 0))
            values.append(value or None)
    return Cells(
        np.array(lines, dtype=np.int64), np.array(positions, dtype=np.int64), pa.array(kinds, pa.string()),
        np.array(styles, dtype=np.int64), pa.array(values, pa.string()), formulas,
    )  # fmt: skip


def _words(inline: ElementTree.Element, space: str) -> str:
    """Return the text of a cell, its differently formatted parts together, without the reading aids that stand beside them."""
    parts = [inline.find(f"{space}t"), *(run.find(f"{space}t") for run in inline.findall(f"{space}r"))]
    return "".join(part.text or "" for part in parts if part is not None)
