"""The one formatter: numbers, money, changes, dates and periods in Chinese and English.

Every function takes a number (int, float, Decimal, numpy) or None and returns a text. Missing is "—", a negative number
carries a true minus (−), rounding is half away from zero on the decimal digits a reader would see.
"""

import datetime
import math
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import SupportsFloat

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import COVERED, ON_SCREEN
from dashboard.language import marked, translate

MISSING = "—"
HIDDEN = marked("已隐藏")
"""Stands for a count that is hidden only because another could be computed from it."""
MINUS = "−"
_LAST_NARROW = 0x2E7F
"""Letters beyond it (Chinese) are as wide as they are high."""
_CHINESE_STEPS = ((Decimal(100_000_000), "亿"), (Decimal(10_000), "万"))
_ENGLISH_STEPS = ((Decimal(1_000_000_000), "B"), (Decimal(1_000_000), "M"), (Decimal(1_000), "K"))
_ENGLISH_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CHINESE_QUARTERS = ("一", "二", "三", "四")

COUNTY_TIME = datetime.timezone(datetime.timedelta(hours=8))
"""The one time zone of everything that a reader sees: China has one. Moments are stored in UTC."""

Number = SupportsFloat | Decimal | int | float | None


def _decimal(value: Number) -> Decimal | None:
    """Return ``value`` exactly as it reads, or None when it is missing or not finite."""
    if value is None:
        return None
    if isinstance(value, (int, Decimal)):
        number = Decimal(value)
        return number if number.is_finite() else None
    as_float = float(value)
    return Decimal(repr(as_float)) if math.isfinite(as_float) else None


def _digits(number: Decimal, decimals: int, *, signed: bool = False) -> str:
    rounded = number.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    text = f"{abs(rounded):,.{decimals}f}"
    if rounded < 0:
        return MINUS + text
    return f"+{text}" if signed and rounded > 0 else text


def number(value: Number, decimals: int = 0, *, signed: bool = False) -> str:
    """Return ``value`` with thousands separators and ``decimals`` digits; ``signed`` puts a + before gains."""
    exact = _decimal(value)
    try:
        return MISSING if exact is None else _digits(exact, decimals, signed=signed)
    except InvalidOperation:
        return MISSING


def percent(ratio: Number, decimals: int = 1, *, signed: bool = False) -> str:
    """Return a ratio (0.913) as per cent ("91.3%")."""
    exact = _decimal(ratio)
    text = number(None if exact is None else exact * 100, decimals, signed=signed)
    return text if text == MISSING else f"{text}%"


def points(difference: Number, decimals: int = 1) -> str:
    """Return the difference of two ratios (0.008) as percentage points ("+0.8 pt")."""
    exact = _decimal(difference)
    text = number(None if exact is None else exact * 100, decimals, signed=True)
    return text if text == MISSING else f"{text} pt"


def _fitting_decimals(scaled: Decimal) -> int:
    """Return how many decimals leave about three digits: 1.00, 12.3, 1,120."""
    size = abs(scaled)
    if size < Decimal("9.995"):
        return 2
    return 1 if size < Decimal("99.95") else 0


def _step_of(exact: Decimal, sizes: tuple[Decimal, ...]) -> int | None:
    """Return the index of the largest step that ``exact`` reaches once rounded, None below the smallest.

    999,999.6 in 万 would read "100万", so it stays; 99,999,999 would read "10,000万", so it is 1.00亿.
    """
    rounded = abs(exact).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    for index, size in enumerate(sizes):
        smaller = sizes[index + 1] if index + 1 < len(sizes) else Decimal(1)
        if (rounded / smaller).quantize(Decimal(1), rounding=ROUND_HALF_UP) * smaller >= size:
            return index
    return None


def compact(value: Number, language: str = "zh", decimals: int | None = None, *, signed: bool = False) -> str:
    """Return a large quantity short: 万 and 亿 in Chinese ("1.00万"), K, M and B in English ("10.0K").

    Below the first step the number is shown whole; a number that rounds up to a step is shown in that step. Without
    ``decimals`` about three digits are shown, and two decimals of 亿 (a hundredth of 亿 is a million yuan).
    """
    exact = _decimal(value)
    if exact is None:
        return MISSING
    steps = _CHINESE_STEPS if language == "zh" else _ENGLISH_STEPS
    index = _step_of(exact, tuple(size for size, _unit in steps))
    if index is None:
        return _digits(exact, 0, signed=signed)
    size, unit = steps[index]
    scaled = exact / size
    fitting = 2 if unit == "亿" else _fitting_decimals(scaled)
    return f"{_digits(scaled, fitting if decimals is None else decimals, signed=signed)}{unit}"


def money(amount: Number, language: str = "zh", decimals: int | None = None, *, signed: bool = False) -> str:
    """Return yuan short with its unit: "1.84亿元", "1,120万元", "860元"; English "¥184M"."""
    text = compact(amount, language, decimals, signed=signed)
    if text == MISSING:
        return text
    if language == "zh":
        return f"{text}元"
    return f"{text[0]}¥{text[1:]}" if text[0] in f"+{MINUS}" else f"¥{text}"


def yuan(value: Number, decimals: int = 2) -> str:
    """Return yuan in full for tables ("1,234.50")."""
    return number(value, decimals)


def count(value: Number, *, smallest: int = 0) -> str:
    """Return a whole count; from 1 to ``smallest`` − 1 as "<smallest" (5 in the app, 10 on exports and the cockpit)."""
    exact = _decimal(value)
    if exact is not None and 0 < exact < smallest:
        return f"<{smallest}"
    return number(value)


def people(value: Number, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return a count of people or cases as it may be shown: from 1 to ``smallest`` − 1 as "<smallest", "已隐藏" where it protects another.

    ``value`` is a count, or what ``analysis.suppression.Guard`` put in its place; ``smallest`` is ``ON_SCREEN`` or ``ON_EXPORT``.
    """
    return translate(HIDDEN, language) if value == COVERED else count(value, smallest=smallest)


def day(date: datetime.date | None, language: str = "zh") -> str:
    """Return a day: "2025年10月31日", English "31 Oct 2025"."""
    if date is None:
        return MISSING
    if language == "zh":
        return f"{date.year}年{date.month}月{date.day}日"
    return f"{date.day} {_ENGLISH_MONTHS[date.month - 1]} {date.year}"


def local_time(moment: datetime.datetime) -> datetime.datetime:
    """Return ``moment`` as the county's clock shows it, wherever the server stands; one without a zone is in UTC, as stored."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=datetime.UTC)).astimezone(COUNTY_TIME)


def moment(when: datetime.datetime, *, seconds: bool = False) -> str:
    """Return a moment by the county's clock, with its year: "2025-10-31 08:05"."""
    return f"{local_time(when):%Y-%m-%d %H:%M:%S}" if seconds else f"{local_time(when):%Y-%m-%d %H:%M}"


def month(date: datetime.date | None, language: str = "zh") -> str:
    """Return a month: "2025年10月", English "Oct 2025"."""
    if date is None:
        return MISSING
    return f"{date.year}年{date.month}月" if language == "zh" else f"{_ENGLISH_MONTHS[date.month - 1]} {date.year}"


def _span(first: datetime.date, last: datetime.date, language: str) -> str:
    if first == last:
        return month(last, language)
    if first.year != last.year:
        return f"{month(first, language)}–{month(last, language)}"
    if language == "zh":
        return f"{last.year}年{first.month}–{last.month}月"
    return f"{_ENGLISH_MONTHS[first.month - 1]}–{_ENGLISH_MONTHS[last.month - 1]} {last.year}"


def period(span: Period, language: str = "zh") -> str:
    """Return a period as people say it.

    "2025年10月", "2025年三季度" (a quarter that is not over: "2025年10–11月"), "2025年1–10月", "2024年11月–2025年10月".
    """
    if span.grain is Grain.QUARTER and len(span.months) == 3:
        quarter = (span.last.month - 1) // 3
        return f"{span.last.year}年{_CHINESE_QUARTERS[quarter]}季度" if language == "zh" else f"Q{quarter + 1} {span.last.year}"
    return _span(span.first, span.last, language)


def line_width(text: str, chinese: float, latin: float) -> float:
    """Return about how wide ``text`` runs on one line: ``chinese`` for each Chinese letter, ``latin`` for every other."""
    return sum(chinese if ord(letter) > _LAST_NARROW else latin for letter in text)


def shortened(text: str, room: float, chinese: float, latin: float) -> str:
    """Return ``text``, cut with "…" where it would run wider than ``room`` (widths as in ``line_width``)."""
    if line_width(text, chinese, latin) <= room:
        return text
    kept = text
    while kept and line_width(kept, chinese, latin) + chinese > room:
        kept = kept[:-1]
    return f"{kept.rstrip()}…"
