"""Two people edited one agenda: what each changed since the version both began with is put together; what both changed is named."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from dashboard.services.meeting.agendas import Agenda, AgendaItem, agenda_of

Value = TypeVar("Value")


@dataclass(frozen=True)
class Merged:
    """The agenda put together. ``clashes`` are the titles of items that both changed: there ``mine`` is kept, never dropped in silence."""

    agenda: Agenda
    clashes: tuple[str, ...]


def _one(base: Value, mine: Value, theirs: Value) -> Value:
    """Return what was changed; mine where both did."""
    return theirs if mine == base else mine


def _item(base: AgendaItem | None, mine: AgendaItem | None, theirs: AgendaItem | None) -> tuple[AgendaItem | None, bool]:
    """Return what becomes of one item (None: it goes) and whether both changed it in different ways."""
    if mine == theirs or theirs == base:
        return mine, False
    if mine == base:
        return theirs, False
    return mine or theirs, True


def _with_additions(leading: Sequence[str], other: Sequence[str]) -> list[str]:
    """Return ``leading`` with what only ``other`` has, each behind the neighbour that it follows there."""
    order = list(leading)
    for index, name in enumerate(other):
        if name not in order:
            before = next((each for each in reversed(other[:index]) if each in order), None)
            order.insert(0 if before is None else order.index(before) + 1, name)
    return order


def _moved(base: Sequence[str], now: Sequence[str]) -> bool:
    """Tell whether the items of both stand in another order."""
    return [name for name in base if name in now] != [name for name in now if name in base]


def merge_agendas(base: Agenda, mine: Agenda, theirs: Agenda) -> Merged:
    """Return ``mine`` and ``theirs``, both made from ``base``, put together.

    Title, date, items and order are taken from whoever changed them; from ``mine`` where both did. An item that one deleted and the other
    changed stays. Raises ``MeetingError`` when the result has too many items.
    """
    before, my, their = ({item.item_id: item for item in agenda.items} for agenda in (base, mine, theirs))
    order = _with_additions(list(my), list(their)) if _moved(list(before), list(my)) else _with_additions(list(their), list(my))
    items, clashes = [], []
    for name in order:
        item, clash = _item(before.get(name), my.get(name), their.get(name))
        if item is not None:
            items.append(item)
            clashes += [item.title] if clash else []
    title, date = _one(base.title, mine.title, theirs.title), _one(base.date, mine.date, theirs.date)
    return Merged(agenda_of(title, date, items), tuple(clashes))
