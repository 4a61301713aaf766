"""Coefficients in words: the same on the sliders, in the scenario's exports and in the meeting pack."""

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.language import marked, translate

_FROM_ONE = ("k_min", "k_max", "contract_weight")
_SUFFIXES = {"multiple": "×", "score": marked("分"), "points": marked("点"), "yuan": marked("元"), "count": marked("组")}


def display(coefficient: Coefficient, language: str = "zh") -> tuple[float, float, str, int]:
    """Return (offset, scale, suffix, decimals) that turn a value into what a reader sees: (value − offset) · scale with suffix."""
    if coefficient.unit == "ratio":
        return 0.0, 100.0, "%", 1
    if coefficient.id in _FROM_ONE:
        return 1.0, 100.0, "%", 1
    suffix = _SUFFIXES.get(coefficient.unit, "")
    return 0.0, 1.0, translate(suffix, language) if suffix else "", 0 if coefficient.unit in ("count", "score") else 2


def value_words(coefficient: Coefficient, value: Value, language: str = "zh") -> str:
    """Return a coefficient's value as a reader sees it."""
    offset, scale, suffix, decimals = display(coefficient, language)
    if isinstance(value, tuple):
        return " : ".join(f"{(part - offset) * scale:g}{suffix}" for part in value)
    if coefficient.unit == "switch":
        return translate(marked("开") if value else marked("关"), language)
    number = (value - offset) * scale
    return f"{'−' if number < 0 and round(number, decimals) else ''}{abs(number):.{decimals}f}{suffix}"


def label(coefficient: Coefficient, language: str = "zh") -> str:
    """Return the name of a coefficient in the reader's language."""
    return coefficient.name if language == "zh" else coefficient.name_en
