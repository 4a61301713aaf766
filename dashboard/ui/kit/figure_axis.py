"""The axes of a figure that the kit draws itself (``figure_drawing.py``): spans, places, ticks and their texts, as Plotly sets them."""

import datetime
import html
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.chart_geometry import month_ticks, round_ticks

_DAY_SECONDS = 86_400
BASELINE = 0.35
"""How far below its middle a letter stands, as a share of its height."""
_EDGE = 0.06
"""What is left free beside the outermost mark where a figure gives no span, as a share of the span."""
_DATE = re.compile(r"\d{4}-\d{2}(-\d{2}.*)?$")
_TAG = re.compile(r"</?(?:b|extra)>")


def plain_lines(text: object) -> list[str]:
    """Return the lines of a text that was written for Plotly, without its tags."""
    return [html.unescape(_TAG.sub("", line)) for line in str(text).split("<br>")]


def written(value: float, form: str) -> str:
    """Return a number in one of d3's forms that our figures use (``,``, ``.2f``, ``,.1f``, ``.0%``, ``02d``), with our minus."""
    if form.endswith("d"):
        text = format(round(value), form)
    elif form == ",":
        text = f"{value:,.6f}".rstrip("0").rstrip(".")
    else:
        text = format(value, form)
    return text.replace("-", "−")


def day_number(value: object) -> float:
    """Return a date, or a moment, as days since 1970; NaN for none."""
    moment = pd.Timestamp(value)  # type: ignore[arg-type]
    return math.nan if pd.isna(moment) else moment.timestamp() / _DAY_SECONDS


def is_date(value: object) -> bool:
    """Tell whether a value of a trace is a date; a name is none, and so is a number."""
    return isinstance(value, datetime.date | np.datetime64) or (isinstance(value, str) and _DATE.match(value) is not None)


@dataclass(frozen=True)
class Axis:
    """One axis: ``low`` stands at its beginning (left, bottom) and ``high`` at its end, whichever is larger; ``form`` of its values.

    ``given`` is what the figure says about it, ``names`` are the places of an axis of names.
    """

    form: str
    low: float
    high: float
    given: Mapping[str, Any]
    names: Sequence[str] = ()
    start: float = 0.0
    end: float = 1.0

    def number(self, value: object) -> float:
        """Return a value of a trace as the number that its place is reckoned from; NaN for none."""
        if value is None:
            return math.nan
        if self.form == "date":
            return day_number(value)
        if self.form == "category" and isinstance(value, str):
            return float(self.names.index(value))
        number = float(value)  # type: ignore[arg-type]
        if self.form != "log":
            return number
        return math.log10(number) if number > 0 else math.nan

    def share(self, value: object) -> float:
        """Return where ``value`` stands on the axis: 0 at the beginning of the plot, 1 at its end."""
        return self.place(self.number(value))

    def place(self, number: float) -> float:
        """Return where a value stands whose ``number`` is known."""
        return self.start + (self.end - self.start) * (number - self.low) / (self.high - self.low)

    @property
    def shown(self) -> bool:
        """Whether the axis has texts at all."""
        return bool(self.given.get("visible", True))

    def ticks(self, most: float) -> list[tuple[float, str]]:
        """Return (share, text) of the ticks, about ``most`` where the figure names none."""
        if not self.shown:
            return []
        values = self.given.get("tickvals")
        if values is not None:
            texts = self.given.get("ticktext")
            found = list(zip(values, self._plain(values) if texts is None else texts, strict=True))
        elif self.form == "category":
            found = list(enumerate(self.names))
        elif self.form == "date":
            found = self._months(most)
        else:
            found = self._numbers(most)
        places = [(self.share(value), str(text)) for value, text in found]
        return [(place, text) for place, text in places if self.start - 0.01 <= place <= self.end + 0.01]

    def _months(self, most: float) -> list[tuple[Any, str]]:
        first, last = (pd.Timestamp(days, unit="D") for days in sorted((self.low, self.high)))
        counted = month_ticks(first.year * 12 + first.month, last.year * 12 + last.month - 1, most)
        months = [datetime.date(month // 12, month % 12 + 1, 1) for month in counted]
        return [(month, f"{month:{self.given.get('tickformat') or '%Y-%m'}}") for month in months]

    def _plain(self, values: Sequence[Any]) -> list[str]:
        """Return the texts of ticks that a figure sets without saying what is written there."""
        form, end = self.given.get("tickformat"), self.given.get("ticksuffix", "")
        return [written(value, form or ",") + end if isinstance(value, int | float) else str(value) for value in values]

    def _numbers(self, most: float) -> list[tuple[Any, str]]:
        low, high = min(self.low, self.high), max(self.low, self.high)
        step = self.given.get("dtick")
        values = round_ticks(low, high, most)
        if step:
            values = [step * place for place in range(math.ceil(low / step), math.floor(high / step) + 1)]
        step = values[1] - values[0] if len(values) > 1 else 1.0
        form = self.given.get("tickformat") or f",.{max(0, -math.floor(math.log10(step) + 1e-9))}f"
        return [(value, written(value, form) + self.given.get("ticksuffix", "")) for value in values]


def axis_of(given: Mapping[str, Any], values: Sequence[object], roomy: Sequence[object], *, zero: bool, half: float = 0.0) -> Axis:
    """Return the axis that shows ``values``, and ``roomy`` ones with room beyond them, within the span that the figure gives, if it does.

    ``zero``: bars begin there; an axis may ask for it itself (``rangemode``). ``half`` is half of the room of a bar that stands on it.
    """
    known = [value for value in (*values, *roomy) if value is not None]
    zero = zero or given.get("rangemode") == "tozero"
    form = given.get("type") or _form(known)
    names = list(dict.fromkeys(str(value) for value in known)) if form == "category" else []
    start, end = given.get("domain") or (0.0, 1.0)
    free = Axis(form, 0.0, 1.0, given, names, start, end)
    span = given.get("range")
    if span is not None and given.get("autorange") not in (True, "reversed"):
        # The span of a logarithmic axis is given in powers of ten.
        low, high = (float(end) for end in span) if form == "log" else (free.number(end) for end in span)
    elif form == "category":
        low, high = -0.5, max(len(names), 1) - 0.5
    else:
        inner = [free.number(value) + way for value in values for way in ((-half, half) if half else (0.0,))]
        low, high = _around(inner, [free.number(value) for value in roomy], zero=zero)
    if low == high:  # a bridge of no change asks for such a span
        low, high = low - 1, high + 1
    low, high = (high, low) if given.get("autorange") == "reversed" else (low, high)
    return Axis(form, low, high, given, names, start, end)


def _form(known: Sequence[object]) -> str:
    if known and all(is_date(value) for value in known):
        return "date"
    return "category" if any(isinstance(value, str) for value in known) else "linear"


def _around(plain: Sequence[float], roomy: Sequence[float], *, zero: bool) -> tuple[float, float]:
    inner, outer = ([number for number in numbers if math.isfinite(number)] for numbers in (plain, roomy))
    inner = [*inner, *([0.0] if zero else [])]
    known = [*inner, *outer]
    if not known:
        return 0.0, 1.0
    low, high = min(known), max(known)
    room = (high - low) * _EDGE
    first, last = min([*inner, *(number - room for number in outer)]), max([*inner, *(number + room for number in outer)])
    # Bars stand on the edge of the plot, with no room below them.
    return (0.0 if zero and low == 0 else first), (0.0 if zero and high == 0 else last)
