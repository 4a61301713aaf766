"""The rows of every scenario table, and scenarios side by side: against each other and against a chosen reference."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from dashboard.services.common.scenarios import Column, PresetColumn
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, Grid
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.theme import State

CURRENT = "current"


@dataclass(frozen=True)
class Line:
    """One row of a scenario table: how a value is read from an outcome, written, and compared."""

    label: str
    read: Callable[[Any], float | None]
    write: Callable[[float | None], str]
    compare: Callable[[float], str]
    negative_is_bad: bool = False


def short_money(amount: float, *, signed: bool = False) -> str:
    """Return yuan without the word 元, for figures that stand close together: "+2,310万"."""
    return formatting.money(amount, language(), signed=signed).removesuffix("元")


def signed_money(amount: float) -> str:
    """Return yuan with its sign: "+2,310万元"."""
    return formatting.money(amount, language(), signed=True)


def money_line(label: str, read: Callable[[Any], float | None], *, signed: bool = False) -> Line:
    """Return a row of yuan."""
    return Line(
        label,
        read,
        lambda value: formatting.MISSING if value is None else short_money(value, signed=signed),
        lambda change: short_money(change, signed=True),
        negative_is_bad=signed,
    )


def share_line(label: str, read: Callable[[Any], float | None], *, signed: bool = False) -> Line:
    """Return a row of shares; differences are percentage points."""
    return Line(label, read, lambda value: formatting.percent(value, signed=signed), formatting.points)


def count_line(label: str, read: Callable[[Any], float | None]) -> Line:
    """Return a row of whole numbers."""
    return Line(label, read, formatting.number, lambda change: formatting.number(change, signed=True))


def compared_cell(line: Line, outcome: Any, reference: Any | None) -> BoardCell:
    """Return a value; against another outcome with its difference below."""
    value = line.read(outcome)
    before = None if reference is None or reference is outcome else line.read(reference)
    note = "" if value is None or before is None else line.compare(value - before)
    bad = line.negative_is_bad and value is not None and value < 0
    return BoardCell(line.write(value), State.BAD if bad else State.NEUTRAL, note=note)


def scenario_grid(lines: Sequence[Line], presets: Sequence[PresetColumn], outcome: Any, chosen: str) -> Grid:
    """Return the presets and the plan side by side; against the column ``chosen`` each cell says its difference below."""
    zh = language() == "zh"
    names = [each.name if zh else each.name_en for each in presets] + [_("当前")]
    found = [*(each.column for each in presets), Column(CURRENT, outcome)]
    base = next((each.outcome for each in found if each.name == chosen), None)
    rows = [[BoardCell(line.label), *(_cell(line, each, base) for each in found)] for line in lines]
    choices = {place: each.name for place, each in enumerate(found, start=1)}
    return Grid([_("指标"), *names], rows, _("方案对比"), current=len(found), choices=choices, chosen=chosen)


def _cell(line: Line, column: Column, base: Any | None) -> BoardCell:
    if column.outcome is None:
        return BoardCell(formatting.MISSING, title=column.problem.what(language()) if column.problem else "")
    return compared_cell(line, column.outcome, base)
