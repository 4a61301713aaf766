"""CSV files in blocks: UTF-8 or GB18030, quoted fields over several lines, physical line numbers.

The bytes of quote, comma and newline never occur inside a character of either encoding, so blocks are cut on bytes. A regular block
goes through Arrow (about ten times as fast); a block with blank or uneven lines goes through Python's reader, which names each line.
"""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from dashboard.store.findings import Finding, Findings
from dashboard.store.package import PackageFile
from dashboard.store.reading import Chunk, Header, chunk_of_rows, read_header

_BLOCK = 16 * 1024**2
_OPEN_QUOTE_LIMIT = 2 * _BLOCK
_FIELD_LIMIT = 131_072
_HEADER_LIMIT = 65_536
_SUBSTANTIAL_UTF8 = 6
_BLANK_LINES = (b"\n\n", b"\n\r\n")
_UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class UnreadableFileError(Exception):
    """The rest of the file cannot be read; carries the finding that says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.rule)
        self.finding = finding


def _first_fault(file: PackageFile, encoding: str) -> tuple[int, int] | None:
    """Return (line, non-ASCII bytes before it) of the first byte that is not ``encoding``, or None when all are."""
    decoder = codecs.getincrementaldecoder(encoding)()
    line = 1
    foreign = 0
    with file.path.open("rb") as source:
        while True:
            block = source.read(_BLOCK)
            try:
                decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                good = block[: error.start]
                return line + good.count(b"\n"), foreign + _foreign(good)
            if not block:
                return None
            line += block.count(b"\n")
            foreign += _foreign(block)


def _foreign(block: bytes) -> int:
    return 0 if block.isascii() else int(np.count_nonzero(np.frombuffer(block, dtype=np.uint8) > 0x7F))


def detect_encoding(file: PackageFile) -> str:
    """Return the encoding of a file: UTF-8 when all of it is, otherwise GB18030.

    A file that begins as good UTF-8 text and then breaks is a damaged UTF-8 file, not GB18030.
    Raises ``UnreadableFileError`` naming the first wrong line.
    """
    with file.path.open("rb") as source:
        start = source.read(3)
    if start.startswith(_UTF16):
        raise UnreadableFileError(Finding("encoding", file.name, 1, table=file.table))
    fault = _first_fault(file, "utf-8")
    if fault is None:
        return "utf-8-sig" if start == codecs.BOM_UTF8 else "utf-8"
    line, foreign = fault
    if start == codecs.BOM_UTF8 or foreign >= _SUBSTANTIAL_UTF8:
        raise UnreadableFileError(Finding("encoding", file.name, line, table=file.table))
    fault = _first_fault(file, "gb18030")
    if fault is not None:
        raise UnreadableFileError(Finding("encoding", file.name, fault[0], table=file.table))
    return "gb18030"


def _header_line(source: BinaryIO, file: PackageFile, encoding: str) -> tuple[list[str], int]:
    """Read the header record; return its cells and how many physical lines it takes."""
    raw = b""
    lines = 0
    while True:
        line = source.readline(_HEADER_LIMIT)
        raw += line
        lines += 1
        if not line or raw.count(b'"') % 2 == 0:
            break
        if len(raw) > _HEADER_LIMIT:
            raise UnreadableFileError(Finding("quotes", file.name, 1, table=file.table))
    text = raw.decode(encoding)
    if not text.strip():
        raise UnreadableFileError(Finding("empty_file", file.name, 1, table=file.table))
    if "\x00" in text:
        raise UnreadableFileError(Finding("not_csv", file.name, 1, table=file.table))
    cells = next(csv.reader(io.StringIO(text, newline="")))
    if len(cells) == 1 and any(mark in text for mark in ("\t", ";", "，", "|")):
        raise UnreadableFileError(Finding("not_csv", file.name, 1, table=file.table))
    return cells, lines


def _blocks(source: BinaryIO, file: PackageFile, line: int) -> Iterator[tuple[bytes, int]]:
    """Yield blocks of whole records with the physical line of their first byte."""
    rest = b""
    while True:
        read = source.read(_BLOCK)
        block = rest + read
        if not read:
            if block:
                yield block, line
            return
        cut = _cut(block)
        if cut == 0:
            if len(block) > _OPEN_QUOTE_LIMIT:
                raise UnreadableFileError(Finding("quotes", file.name, line, table=file.table))
            rest = block
            continue
        yield block[:cut], line
        line += block.count(b"\n", 0, cut)
        rest = block[cut:]


def _cut(block: bytes) -> int:
    """Return the length of the longest part of ``block`` that ends with a record: after a newline outside quotes."""
    end = block.rfind(b"\n") + 1
    open_quotes = block.count(b'"', 0, end) % 2
    while end and open_quotes:
        shorter = block.rfind(b"\n", 0, end - 1) + 1
        open_quotes ^= block.count(b'"', shorter, end) % 2
        end = shorter
    return end


def _fast(block: bytes, width: int, line: int) -> tuple[list[pa.Array], np.ndarray] | None:
    """Return the cells and lines of a regular block, or None when Python's reader has to look at it."""
    quoted = b'"' in block
    if b"\x00" in block or block.startswith((b"\n", b"\r")) or any(lines in block for lines in _BLANK_LINES):
        return None
    if block.count(b"\r") != block.count(b"\r\n"):
        return None
    names = [str(position) for position in range(width)]
    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            read_options=pyarrow.csv.ReadOptions(column_names=names, block_size=max(len(block), 1)),
            parse_options=pyarrow.csv.ParseOptions(newlines_in_values=quoted),
            convert_options=pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=True, quoted_strings_can_be_null=True, null_values=[""]
            ),
        )
    except pa.ArrowInvalid:
        return None
    cells = [column.combine_chunks() if column.num_chunks != 1 else column.chunk(0) for column in table.columns]
    steps = np.ones(table.num_rows, dtype=np.int64)
    if quoted:
        for column in cells:
            steps += pc.fill_null(pc.count_substring(column, "\n"), 0).to_numpy(zero_copy_only=False)
    return cells, line + np.concatenate(([0], np.cumsum(steps)[:-1])).astype(np.int64)[: table.num_rows]


def _slow(text: str, width: int, line: int, file: PackageFile, findings: Findings, fraction: float) -> Chunk:
    """Return the regular rows of a block; blank lines are skipped, uneven ones become findings."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    rows: list[list[str | None]] = []
    lines: list[int] = []
    start = line
    try:
        for record in reader:
            if len(record) == width:
                rows.append([cell or None for cell in record])
                lines.append(start)
            elif any(cell.strip() for cell in record):
                findings.add(Finding("field_count", file.name, start, table=file.table, details={"found": len(record), "expected": width}))
            start = line + reader.line_num
    except csv.Error:
        findings.add(Finding("huge_field", file.name, start, table=file.table))
    return chunk_of_rows(rows, lines, width, fraction)  # type: ignore[arg-type]


def read_csv(file: PackageFile, findings: Findings) -> Iterator[tuple[Header, Chunk]]:
    """Yield the rows of ``file`` in chunks, each with the header. Raises ``UnreadableFileError``."""
    encoding = detect_encoding(file)
    csv.field_size_limit(_FIELD_LIMIT)
    size = max(file.path.stat().st_size, 1)
    with file.path.open("rb") as source:
        cells, line_count = _header_line(source, file, encoding)
        header = read_header(file, cells, 1, findings)
        if header is None:
            return
        for block, line in _blocks(source, file, line_count + 1):
            fraction = min(source.tell() / size, 1.0)
            utf8 = block.decode("gb18030").encode("utf-8") if encoding == "gb18030" else block
            fast = _fast(utf8, header.width, line)
            chunk = Chunk(*fast, fraction) if fast else _slow(utf8.decode("utf-8"), header.width, line, file, findings, fraction)
            yield header, chunk
