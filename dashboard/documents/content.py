"""What a report holds: sections of sentences, figures, tables and charts, with where the numbers come from. Plain data, no layout.

Every text is in the report's language and already formatted; every number of a table or a chart is the number itself, so that a
writer can put it into a native table, chart or cell. A writer formats numbers with ``shown``, as the screen does.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dashboard import formatting
from dashboard.states import State

Kind = Literal["text", "count", "number", "percent", "money"]
"""What a column holds: ``percent`` is a ratio (0.913), ``money`` is yuan."""
Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Quantity:
    """A number that brings its own unit: ``text`` is what a reader sees, ``format`` the Excel format of ``value``."""

    value: float
    text: str
    format: str = "0.0"


Cell = str | float | int | Quantity | None


@dataclass(frozen=True)
class Column:
    """One column of a table; ``decimals`` counts for ``number`` and ``percent``."""

    label: str
    kind: Kind = "text"
    decimals: int = 1
    wide: bool = False
    """Whether the column carries long texts and takes the room that the others leave."""


@dataclass(frozen=True)
class Table:
    """A table: cells by row, None where missing, a text among numbers where a count is suppressed ("<10")."""

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


@dataclass(frozen=True)
class Series:
    """One series of a chart; None leaves a gap. ``position`` is the community's place, which fixes its colour."""

    name: str
    values: tuple[float | None, ...]
    position: int | None = None


@dataclass(frozen=True)
class Chart:
    """A chart: ``bar`` lies, ``column`` stands, ``line`` runs over time. ``title`` says what it shows, ``alternative`` says it in words.

    ``format`` is the Excel number format of axis and labels. Bars start at 0.
    """

    key: str
    kind: Literal["bar", "column", "line"]
    title: str
    categories: tuple[str, ...]
    series: tuple[Series, ...]
    format: str = "0.0"
    alternative: str = ""
    half: bool = False
    """Whether two of them stand side by side."""


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text."""

    text: str


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]
    numbered: bool = False


@dataclass(frozen=True)
class Figure:
    """A headline figure: its short name, the value as text, what stands below it, and how it stands."""

    name: str
    value: str
    detail: str = ""
    state: State = State.NEUTRAL


@dataclass(frozen=True)
class Figures:
    """Headline figures side by side."""

    items: tuple[Figure, ...]


Block = Paragraph | Bullets | Figures | Table | Chart


@dataclass(frozen=True)
class Section:
    """One part of a report: ``heading`` names it, ``message`` is what it says in one sentence (the title of its slide)."""

    heading: str
    message: str = ""
    blocks: tuple[Block, ...] = ()
    level: Literal[1, 2] = 1
    new_page: bool = False
    note: str = ""
    """Where the numbers are from; the speaker's notes of the slide."""

    def only(self, kind: type) -> tuple[Block, ...]:
        """Return the blocks of one kind."""
        return tuple(block for block in self.blocks if isinstance(block, kind))


@dataclass(frozen=True)
class Entry:
    """One line of the dictionary: what a figure means."""

    name: str
    formula: str = ""
    numerator: str = ""
    denominator: str = ""
    source: str = ""
    target: str = ""
    grade: str = ""


@dataclass(frozen=True)
class Provenance:
    """Where a report's numbers come from. ``rows`` are (label, text); ``line`` is the same on one line for a footer."""

    rows: tuple[tuple[str, str], ...]
    line: str
    demonstration: str = ""
    """The sentence that marks made-up figures; empty for a county's own data."""


@dataclass(frozen=True)
class Labels:
    """The words that writers add, in the report's language."""

    contents: str
    source: str
    dictionary: str
    charts: str
    page: str
    """The template "第 {page} 页，共 {pages} 页"."""
    continued: str
    heads: tuple[str, ...]
    """Headings of the dictionary: name, formula, numerator, denominator, source, target, grade."""
    item: str
    content: str
    update: str
    """What a reader does to fill the page numbers of the table of contents."""


@dataclass(frozen=True)
class Report:
    """A whole report. ``name`` is the file's name without its ending: kind, whom it is about, period and version."""

    name: str
    title: str
    subtitle: str
    language: Language
    sections: tuple[Section, ...]
    provenance: Provenance
    dictionary: tuple[Entry, ...]
    labels: Labels
    compact: bool = False
    """One page: no cover, no table of contents, small type."""

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every table in order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Table))

    @property
    def charts(self) -> tuple[Chart, ...]:
        """Every chart in order."""
        return tuple(block for section in self.sections for block in section.blocks if isinstance(block, Chart))


def missing(value: Cell) -> bool:
    """Return whether a cell holds nothing."""
    number = value.value if isinstance(value, Quantity) else value
    return number is None or (isinstance(number, float) and math.isnan(number))


def shown(value: Cell, column: Column, language: str) -> str:
    """Return a cell as a reader sees it, by the one formatter."""
    if missing(value):
        return formatting.MISSING
    if isinstance(value, Quantity):
        return value.text
    if value is None or isinstance(value, str):
        return value or ""
    if column.kind == "percent":
        return formatting.percent(value, column.decimals)
    if column.kind == "money":
        return formatting.money(value, language)
    if column.kind == "count":
        return formatting.count(value)
    return formatting.number(value, column.decimals)


def excel_format(column: Column) -> str:
    """Return the Excel number format of a column; whole yuan and cents are kept in the cell."""
    decimals = "." + "0" * column.decimals if column.decimals else ""
    return {"text": "@", "count": "#,##0", "number": f"#,##0{decimals}", "percent": f"0{decimals}%", "money": "#,##0.00"}[column.kind]


def plain_rows(table: Table, language: str) -> Sequence[Sequence[str]]:
    """Return the rows of a table as texts."""
    return [[shown(cell, column, language) for cell, column in zip(row, table.columns, strict=True)] for row in table.rows]
