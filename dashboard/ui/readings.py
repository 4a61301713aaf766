"""Indicator readings in words: value with its unit, change, target, and the definition that opens behind the number."""

import math

from dashboard.analysis.targets import Standing
from dashboard.catalogue.models import Target
from dashboard.services import wording
from dashboard.services.database import DataVersion
from dashboard.services.overview import Headline, Reading
from dashboard.services.wording import change_text
from dashboard.ui.cards import HeadlineCard
from dashboard.ui.definition import Definition, catalogue_definition
from dashboard.ui.i18n import _, language
from dashboard.ui.theme import State

__all__ = [
    "bound_text", "change_text", "headline_content", "reading_definition", "state", "target_chip", "trouble_text", "value_text",
]  # fmt: skip
_STATES = {Standing.MET: State.GOOD, Standing.NEAR: State.WARNING, Standing.OFF: State.WARNING, Standing.NONE: State.NEUTRAL}


def state(standing: Standing) -> State:
    """Return the state that cards show for a standing."""
    return _STATES[standing]


def value_text(reading: Reading) -> str:
    """Return the value with its unit, e.g. "91.3%", "8,240 元"."""
    return wording.value_text(reading, language())


def bound_text(target: Target) -> str:
    """Return the bound alone: "≥90%", "80–93%"."""
    return wording.bound_text(target, language())


def target_chip(target: Target | None) -> str:
    """Return "目标 ≥90%" for a target, "参考 80–93%" for a reference value; empty without either."""
    return wording.target_chip(target, language())


def trouble_text(reading: Reading) -> str:
    """Return why the value is missing or incomplete, the missing tables by their names; empty when all is well."""
    return wording.trouble_text(reading, language())


def reading_definition(reading: Reading, version: DataVersion) -> Definition:
    """Return what opens behind the number: the catalogue's definition with this reading's numerator and denominator."""
    return catalogue_definition(
        reading.indicator.id, version, numerator=reading.numerator, denominator=reading.denominator, note=trouble_text(reading)
    )


def headline_content(headline: Headline, version: DataVersion) -> HeadlineCard:
    """Return the headline card of ``headline``."""
    reading = headline.reading
    scale = _scale(reading)
    bound = None if reading.target is None else reading.target.low if reading.target.low is not None else reading.target.high
    return HeadlineCard(
        key=reading.indicator.id,
        definition=reading_definition(reading, version),
        value=value_text(reading),
        label=reading.indicator.short_label(language()),
        note=trouble_text(reading),
        state=state(reading.standing),
        target=target_chip(reading.target) or _("无公布目标"),
        previous_change=change_text(reading.change_previous, reading.change_unit),
        last_year_change=change_text(reading.change_last_year, reading.change_unit),
        share=None if math.isnan(reading.value) else reading.value / scale,
        target_share=None if bound is None else bound / scale,
        trend=[None if math.isnan(value) else value for _month, value in headline.series],
    )


def _scale(reading: Reading) -> float:
    """Return the value at the right end of the progress bar: 100 for a share, a little beyond value and target otherwise."""
    bounds = [bound for bound in (reading.target.low, reading.target.high) if bound is not None] if reading.target else []
    largest = max([abs(value) for value in (reading.value, *bounds) if not math.isnan(value)], default=0.0)
    return 100.0 if reading.indicator.unit == "%" and largest <= 100 else 1.1 * largest or 1.0
