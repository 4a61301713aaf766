"""What needs attention on the cockpit: as many matters as fit, small counts hidden."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.services.cockpit.answer import Overdue
from dashboard.services.monitoring import wording
from dashboard.services.monitoring.attention import Matter
from dashboard.states import SIGNS, State
from dashboard.ui.cockpit.html import Markup, joined, panel, short_name, tag, text_lines
from dashboard.ui.kit.i18n import _, language

_ROW_UNITS, _ROW_GAP = 32, 11


@dataclass(frozen=True)
class AlertRoom:
    """The room of a list of alerts, in units."""

    width: float
    height: float


WIDE_ROOM = AlertRoom(640, 630)
"""The room of the county's list on a cockpit twice as wide (cockpit.css)."""

SCENE_ROOM = AlertRoom(750, 860)
"""The room of one column of the scene of alerts, of which words that break leave a tenth free."""
_SCENE_TEXT, _SCENE_LINE, _SCENE_GAP, _MOST_ROWS = (31, 27), 38, 8, 7


def alert_title(item: Matter) -> str:
    """Return what happened, small counts hidden as on the cockpit."""
    return wording.matter_title(item, language(), ON_EXPORT)


def _short(item: Matter) -> Matter:
    alerts = tuple(replace(each, place=replace(each.place, name=short_name(each.place.name))) for each in item.alerts)
    return replace(item, alerts=alerts)


def _detail(item: Matter) -> str:
    return wording.matter_detail(item, language(), ON_EXPORT)


def alert(item: Matter, kind: str = "") -> Markup:
    """Return one thing that needs attention, and by which rule."""
    words = tag("div", tag("b", alert_title(item)), tag("small", _detail(item)))
    return tag("li", tag("i", SIGNS[item.state], class_=f"sign {item.state}"), words, class_=kind or None)


def attention_count(items: Sequence[Matter]) -> str:
    """Return how much needs attention."""
    return _("需要关注 {count} 项", count=len(items)) if items else _("没有需要关注的事项")


def _fitting(items: Sequence[Matter], room: AlertRoom, *, detailed: bool) -> int:
    """Return how many of ``items`` fit, one line set aside for telling of the others."""
    used = 0.0
    for number, item in enumerate(items):
        lines = text_lines(alert_title(item), room.width)
        lines += text_lines(_detail(item), room.width) if detailed else 0
        used += _ROW_UNITS * lines + (_ROW_GAP if number else 0)
        if used > room.height - (0 if number == len(items) - 1 else _ROW_UNITS):
            return number
    return len(items)


def overdue_words(overdue: Sequence[Overdue]) -> str:
    """Return how many decisions and actions are past their date; empty for none."""
    return _("逾期督办 {count} 项", count=len(overdue)) if overdue else ""


def _overdue_texts(overdue: Sequence[Overdue]) -> tuple[str, str]:
    first = max(overdue, key=lambda each: each.days)
    detail = " · ".join(filter(None, [first.responsible, _("逾期 {days} 天", days=first.days)]))
    return f"{overdue_words(overdue)}{_('：')}{first.what}", detail


def overdue_line(overdue: Sequence[Overdue]) -> tuple[Markup, ...]:
    """Return the one that is past its date for longest, by its number of days and whoever is responsible; nothing for none."""
    if not overdue:
        return ()
    title, detail = _overdue_texts(overdue)
    words = tag("div", tag("b", title), tag("small", detail))
    return (tag("li", tag("i", SIGNS[State.BAD], class_=f"sign {State.BAD}"), words),)


def alert_rows(items: Sequence[Matter], overdue: Sequence[Overdue]) -> int:
    """Return how many rows the scene of alerts has, so that the one with the most lines is not cut."""
    texts = [(alert_title(item), _detail(item)) for item in items] + ([_overdue_texts(overdue)] if overdue else [])
    lines = [sum(text_lines(text, SCENE_ROOM.width, size) for text, size in zip(pair, _SCENE_TEXT, strict=True)) for pair in texts]
    return max(1, min(_MOST_ROWS, int(SCENE_ROOM.height // (_SCENE_LINE * max(lines, default=1) + _SCENE_GAP))))


def alerts_panel(items: Sequence[Matter], room: AlertRoom, overdue: Sequence[Overdue] = ()) -> Markup:
    """Return what needs attention, the gravest first: as many as fit, with details where all of them fit, and where the others are."""
    title = attention_count(items)
    short = [_short(item) for item in items]
    detailed = _fitting(short, room, detailed=True) == len(items)
    fitting = _fitting(short, room, detailed=detailed)
    wide = max(_fitting(short, WIDE_ROOM, detailed=True), fitting)
    rows = [alert(item, "" if number < fitting else "beyond") for number, item in enumerate(short[:wide])]
    more = [
        tag("p", _("另外 {count} 项见“监测”画面", count=len(items) - shown), class_=f"more {kind}")
        for shown, kind in ((fitting, "narrow"), (wide, "wide"))
        if shown < len(items)
    ]
    return panel(
        "alerts",
        title,
        " · ".join(filter(None, [overdue_words(overdue), _("阈值待核实")])),
        tag("ul", *rows, class_="detailed" if detailed else "titles"),
        joined(more),
    )
