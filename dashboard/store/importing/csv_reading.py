"""CSV files in blocks: UTF-8 or GB18030, quoted fields over several lines, physical line numbers.

The bytes of quote, comma and newline never occur inside a character of either encoding, so blocks are cut on bytes. A regular block
goes through Arrow (about ten times as fast); a block with blank or uneven lines goes through Python's reader, which names each line.
"""

import codecs
import csv
import io
import itertools
from collections.abc import Iterator
from typing import BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv

from dashboard.store.importing.findings import Finding, Findings
from dashboard.store.importing.package import PackageFile
from dashboard.store.importing.reading import HEADER_ROWS, Chunk, Header, chunk_of_rows, find_header, open_header

_BLOCK = 16 * 1024**2
_OPEN_QUOTE_LIMIT = 2 * _BLOCK
_FIELD_LIMIT = 131_072
_HEADER_LIMIT = 1024**2
_PAIRS = 64
_SUBSTANTIAL_UTF8 = 6
_BLANK_LINE = b"\n\n"
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
    with file.path.open("rb") as binary:
        source = _Lines(binary)
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


class _Lines:
    """A file whose line ends, of Windows and of the old Macintosh too, are single newlines; no character of either encoding holds them."""

    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def read(self, size: int) -> bytes:
        block = self._source.read(size)
        # A pair must not be cut in two; a file of nothing but carriage returns is read on in blocks all the same.
        for _ in range(_PAIRS):
            if not block.endswith(b"\r"):
                break
            block += self._source.read(1)
        return block.replace(b"\r\n", b"\n").replace(b"\r", b"\n") if b"\r" in block else block

    def tell(self) -> int:
        return self._source.tell()


def _header(source: _Lines, file: PackageFile, encoding: str, findings: Findings) -> tuple[Header | None, bytes, int]:
    """Find the header in the first records; return it (None after findings), the bytes read beyond it and the line they begin with."""
    head = source.read(_HEADER_LIMIT)
    end = len(head) if len(head) < _HEADER_LIMIT else _cut(head)
    if head and not end:
        raise UnreadableFileError(Finding("header_too_long", file.name, 1, table=file.table))
    reader = csv.reader(io.StringIO(head[:end].decode(encoding), newline=""))
    records: list[list[str]] = []
    ends: list[int] = []
    try:
        for record in itertools.islice(reader, HEADER_ROWS):
            records.append(record)
            ends.append(reader.line_num)
    except csv.Error as error:
        # A row below the header is named when the rows are read.
        if not records:
            raise UnreadableFileError(Finding("huge_field", file.name, reader.line_num, table=file.table)) from error
    found = find_header(file.table, records)
    if found is None:
        raise UnreadableFileError(Finding("empty_file", file.name, 1, table=file.table))
    cells, line = records[found], 1 + (ends[found - 1] if found else 0)
    text = "".join(cells)
    if "\x00" in text or (len(cells) == 1 and any(mark in text for mark in ("\t", ";", "，", "|"))):
        raise UnreadableFileError(Finding("not_csv", file.name, line, table=file.table))
    header = open_header(file, records, found, line, findings)
    offset = 0
    for _ in range(ends[found]):
        offset = head.find(b"\n", offset) + 1 or len(head)
    return header, head[offset:], ends[found] + 1


def _blocks(source: _Lines, file: PackageFile, rest: bytes, line: int) -> Iterator[tuple[bytes, int]]:
    """Yield blocks of whole records with the physical line of their first byte."""
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


def closed_quotes(record: str) -> bool:
    """Return whether the quotes of a ``record`` that runs over several lines are well formed: one left open swallows the rows below."""
    try:
        return len(list(csv.reader(io.StringIO(record, newline=""), strict=True))) == 1
    except csv.Error:
        return False


def _fast(block: bytes, width: int, line: int) -> tuple[list[pa.Array], np.ndarray] | None:
    """Return the cells and lines of a regular block, or None when Python's reader has to look at it."""
    quoted = b'"' in block
    if b"\x00" in block or block.startswith(b"\n") or _BLANK_LINE in block:
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
    if quoted and any(pc.any(pc.match_substring(column, "\n")).as_py() for column in cells):
        return None
    return cells, line + np.arange(table.num_rows, dtype=np.int64)


def _slow(text: str, width: int, line: int, file: PackageFile, findings: Findings, fraction: float) -> Chunk:
    """Return the regular rows of a block; blank lines are skipped, uneven ones and those with open quotes become findings."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=False)
    written = text.split("\n")
    rows: list[list[str | None]] = []
    lines: list[int] = []
    start = line
    try:
        for record in reader:
            first, last = start - line, reader.line_num
            if last - first > 1 and not closed_quotes("\n".join(written[first:last])):
                findings.add(Finding("quotes", file.name, start, table=file.table))
            elif len(record) == width:
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
    with file.path.open("rb") as binary:
        source = _Lines(binary)
        header, rest, first = _header(source, file, encoding, findings)
        if header is None:
            return
        for block, line in _blocks(source, file, rest, first):
            fraction = min(source.tell() / size, 1.0)
            utf8 = block.decode("gb18030").encode("utf-8") if encoding == "gb18030" else block
            fast = _fast(utf8, header.width, line)
            chunk = Chunk(*fast, fraction) if fast else _slow(utf8.decode("utf-8"), header.width, line, file, findings, fraction)
            yield header, chunk
