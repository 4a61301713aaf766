"""What needs attention on the wall: as many matters as fit, small counts hidden."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.services import wording
from dashboard.services.attention import Attention
from dashboard.ui.i18n import _, language
from dashboard.ui.kiosk_html import Markup, joined, panel, short_name, tag, text_lines
from dashboard.ui.theme import STATE_SIGN, State

_ROW_UNITS, _ROW_GAP = 32, 11


@dataclass(frozen=True)
class AlertRoom:
    """The room of a list of alerts, in units."""

    width: float
    height: float


WIDE_ROOM = AlertRoom(640, 630)
"""The room of the county's list on a wall twice as wide (kiosk.css)."""


def alert_title(item: Attention) -> str:
    """Return what happened, small counts hidden as on the wall."""
    return wording.attention_title(item, language(), ON_EXPORT)


def _short(item: Attention) -> Attention:
    return replace(item, unit_name=short_name(item.unit_name))


def _detail(item: Attention) -> str:
    return wording.attention_detail(item, language(), ON_EXPORT)


def alert(item: Attention, kind: str = "") -> Markup:
    """Return one thing that needs attention, and by which rule."""
    state = State.BAD if item.rule.severity == "high" else State.WARNING
    words = tag("div", tag("b", alert_title(item)), tag("small", _detail(item)))
    return tag("li", tag("i", STATE_SIGN[state], class_=f"sign {state}"), words, class_=kind or None)


def attention_count(items: Sequence[Attention]) -> str:
    """Return how much needs attention."""
    return _("需要关注 {count} 项", count=len(items)) if items else _("没有需要关注的事项")


def _fitting(items: Sequence[Attention], room: AlertRoom, *, detailed: bool) -> int:
    """Return how many of ``items`` fit, one line set aside for telling of the others."""
    used = 0.0
    for number, item in enumerate(items):
        lines = text_lines(alert_title(item), room.width)
        lines += text_lines(_detail(item), room.width) if detailed else 0
        used += _ROW_UNITS * lines + _ROW_GAP
        if used > room.height - (0 if number == len(items) - 1 else _ROW_UNITS):
            return number
    return len(items)


def alerts_panel(items: Sequence[Attention], room: AlertRoom) -> Markup:
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
    return panel("alerts", title, _("阈值待核实"), tag("ul", *rows, class_="detailed" if detailed else "titles"), joined(more))
