"""The coefficient catalogue as one county starts from it: delivered values, calibrated where the county's own data say more."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.catalogue.coefficients import Coefficient, CoefficientCatalogue, CoefficientSet, DatedValue, Value

# A default that replaces all dated ones must also hold for the first of them.
_ALWAYS = datetime.date(2019, 1, 1)


@dataclass(frozen=True)
class Calibrated:
    """A county's own default: its value, where it comes from (Chinese, as all sources of the catalogue), and a new upper end and step."""

    value: Value
    source: str
    upper: float | None = None
    step: float | None = None


def calibrated_catalogue(catalogue: CoefficientCatalogue, changes: Mapping[str, Calibrated]) -> CoefficientCatalogue:
    """Return ``catalogue`` with the defaults of ``changes``, graded INFER: read off the county's data, not off a regulation."""
    sets = tuple(_set(group, changes) for group in catalogue.sets)
    # Made anew, not copied: what a catalogue has worked out of its sets must not be taken along.
    return CoefficientCatalogue(
        sets=sets, presets=catalogue.presets, ladder=catalogue.ladder, equivalents=catalogue.equivalents, retired=catalogue.retired
    )


def within(coefficient: Coefficient, value: float, digits: int = 4) -> float:
    """Return ``value`` rounded and cut to the allowed range of ``coefficient``."""
    return min(coefficient.upper, max(coefficient.lower, round(value, digits)))


def _set(group: CoefficientSet, changes: Mapping[str, Calibrated]) -> CoefficientSet:
    members = tuple(
        _coefficient(coefficient, changes[coefficient.id]) if coefficient.id in changes else coefficient
        for coefficient in group.coefficients
    )
    return group.model_copy(update={"coefficients": members})


def _coefficient(coefficient: Coefficient, change: Calibrated) -> Coefficient:
    dated = DatedValue(effective_from=_ALWAYS, value=change.value, grade="INFER", source=change.source)
    document = coefficient.model_dump() | {"values": (dated,)}
    if change.upper is not None:
        document["upper"] = change.upper
    if change.step is not None:
        document["step"] = change.step
    return Coefficient.model_validate(document)
