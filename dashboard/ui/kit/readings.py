"""Indicator readings in words: value with its unit, change, target, and the definition that opens behind the number."""

import datetime
import math
from dataclasses import replace

from dashboard.catalogue.models import Target
from dashboard.services.common.database import DataVersion
from dashboard.services.overview import wording
from dashboard.services.overview.answer import Headline, Reading
from dashboard.services.overview.fund import FundProgress
from dashboard.services.overview.wording import change_text
from dashboard.states import State
from dashboard.ui.kit import formatting
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.headlines import HeadlineCard
from dashboard.ui.kit.i18n import _, language

__all__ = [
    "USED_INDICATOR", "bound_text", "change_text", "every_scheme_text", "headline_content", "own_date_text", "reading_definition",
    "target_chip", "trouble_text", "value_text", "with_time_mark",
]  # fmt: skip
USED_INDICATOR = "F04a"
"""The used share of the fund: it is read against how much of the year its money has run, not against a target."""


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


def own_date_text(reading: Reading) -> str:
    """Return "数据到 2025年8月" for a value whose data end before its period does; empty otherwise."""
    return wording.own_date_text(reading, language())


def every_scheme_text(reading: Reading) -> str:
    """Return "不随“险种”筛选" for a value that counts all schemes although one was asked for; empty otherwise."""
    return wording.every_scheme_text(reading, language())


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
        state=reading.state,
        incomplete=f"{reading.marks} {wording.incomplete_text(reading, language())}".strip(),
        dated=" · ".join(filter(None, (every_scheme_text(reading), own_date_text(reading)))),
        indicator=reading.indicator.id,
        target=target_chip(reading.target) or _("无公布目标"),
        previous_change=change_text(reading.change_previous, reading.change_unit),
        last_year_change=change_text(reading.change_last_year, reading.change_unit),
        share=None if math.isnan(reading.value) else reading.value / scale,
        target_share=None if bound is None else bound / scale,
        trend=[None if math.isnan(value) else value for _month, value in headline.series],
    )


def with_time_mark(content: HeadlineCard, row: FundProgress | None, month: datetime.date) -> HeadlineCard:
    """Return the card of ``USED_INDICATOR`` with a tick where the fund ``row`` would be by the usual pace of the year.

    The card stays as it is where the money of ``row`` does not reach ``month``.
    """
    if row is None or row.through != month or math.isnan(row.time_progress) or not content.share:
        return content
    words = _("时序 {share}", share=formatting.percent(row.time_progress))
    return replace(content, target=words, state=State.NEUTRAL, target_share=content.share * row.time_progress / row.execution)


def _scale(reading: Reading) -> float:
    """Return the value at the right end of the progress bar: 100 for a share, a little beyond value and target otherwise."""
    bounds = [bound for bound in (reading.target.low, reading.target.high) if bound is not None] if reading.target else []
    largest = max([abs(value) for value in (reading.value, *bounds) if not math.isnan(value)], default=0.0)
    return 100.0 if reading.indicator.unit == "%" and largest <= 100 else 1.1 * largest or 1.0
