"""The readings that the rules of ``monitoring.yaml`` stand on: every indicator over the months of the history, small counts hidden."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import pandas as pd

from dashboard.analysis.indicators import Readings, Status
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import MonitoringRule, WatchedLevel, monitoring_plan, monitoring_rules
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import SIDES, hide_small, readings_of

YEAR = 12
GRAINS = {"month": Grain.MONTH, "ytd": Grain.YEAR_TO_DATE, "rolling_12": Grain.ROLLING_12}
Key = tuple[WatchedLevel, str]


@dataclass(frozen=True, eq=False)
class Grids:
    """One indicator over the history: frames of months (index, ascending) × units (columns). ``whole``: everything that was due came."""

    value: pd.DataFrame
    numerator: pd.DataFrame
    denominator: pd.DataFrame
    whole: pd.DataFrame


History = Mapping[str, Grids]
"""By indicator; one that the county has no reading of, or that this reader never gets, is not in it: its rule watches nobody."""


def of_readings(rule: MonitoringRule) -> bool:
    """Return whether ``rule`` is held against readings of the catalogue."""
    return rule.level in ("community", "institution") and rule.indicator is not None


def key_of(rule: MonitoringRule) -> Key:
    """Return what the rules have in common whose readings are asked for together."""
    return rule.level, rule.grain


def histories(database: ReportingDatabase, month: datetime.date) -> Mapping[Key, History]:
    """Return the readings of all rules over their history that ends with ``month``, with the year before it where a rule looks at that too.

    Raises:
        QueryError: the database cannot answer.
    """
    found: dict[Key, dict[str, Grids]] = {}
    levels: dict[WatchedLevel, list[str]] = {}
    for level, grain in dict.fromkeys(key_of(rule) for rule in monitoring_rules().values() if of_readings(rule)):
        levels.setdefault(level, []).append(grain)
        found[level, grain] = {}
    for level, grains in levels.items():
        assert level in ("community", "institution")  # only these are asked of readings
        asked = {
            (grain, name): (load_catalogue().indicator(name), _periods(grain, month, count))
            for grain in grains
            for name, count in _months_needed((level, grain)).items()
        }
        units, read = readings_of(database, level, asked)
        for (grain, name), each in read.items():
            found[level, grain][name] = _grids(name, each, asked[grain, name][1], units["unit"].tolist())
    return found


def grids_of(database: ReportingDatabase, name: str, months: pd.DatetimeIndex) -> Grids | None:
    """Return one indicator of every institution over ``months``; None where nobody has it or this reader never gets it.

    Raises:
        QueryError: the database cannot answer.
    """
    periods = [Period(Grain.MONTH, month.date()) for month in months]
    units, read = readings_of(database, "institution", {name: (load_catalogue().indicator(name), periods)})
    return _grids(name, read[name], periods, units["unit"].tolist()) if name in read else None


def _months_needed(key: Key) -> Mapping[str, int]:
    """Return by indicator of the rules how many months of it they look at."""
    history = monitoring_plan().history_months
    found: dict[str, int] = {}
    for rule in monitoring_rules().values():
        if of_readings(rule) and key_of(rule) == key:
            assert rule.indicator is not None
            before = YEAR if rule.kind in ("growth", "dear") else 0  # growth since then, and how much a case scatters
            found[rule.indicator] = max(found.get(rule.indicator, 0), history + before)
            if rule.base:
                found.setdefault(rule.base.indicator, history)
    return found


def _periods(grain: str, month: datetime.date, count: int) -> list[Period]:
    return [Period(GRAINS[grain], shift_months(month, -step)) for step in range(count - 1, -1, -1)]


def _grids(name: str, read: Readings, periods: Sequence[Period], codes: Sequence[str]) -> Grids:
    months, units = pd.DatetimeIndex([pd.Timestamp(each.last) for each in periods]).as_unit("us"), pd.Index(codes)
    found = _hidden(name, read, codes) if name in counting_people() else read
    parts = (found.value, found.numerator, found.denominator, found.status == str(Status.OK))
    value, numerator, denominator, whole = (pd.DataFrame(each, index=months, columns=units) for each in parts)
    return Grids(value, numerator, denominator, whole)


def _hidden(name: str, found: Readings, units: Sequence[str]) -> Readings:
    """Return the readings of one indicator as they may be shown; only months with a small side can have anything to hide."""
    sides = (found.numerator, found.denominator)
    few = [place for place in range(len(found.value)) if any(((side[place] > 0) & (side[place] < ON_SCREEN)).any() for side in sides)]
    if not few:
        return found
    hidden = replace(found, **{part: getattr(found, part).copy() for part in ("value", *SIDES, "status")})
    for place in few:
        row = {part: getattr(found, part)[place] for part in ("value", *SIDES, "status")}
        shown = hide_small(pd.DataFrame({"indicator": name, "unit": list(units), **row}), ON_SCREEN)
        for part in row:
            getattr(hidden, part)[place] = shown[part].to_numpy()
    return hidden


@cache
def counting_people() -> frozenset[str]:
    """Return the indicators whose values could give a few people away.

    Sides that are amounts per case count nobody, and the base of their rule sees to the cases; what is only a base is not shown.
    """
    catalogue = load_catalogue()
    rules = [rule for rule in monitoring_rules().values() if of_readings(rule) and not (rule.base and rule.base.times_effect)]
    shown = dict.fromkeys(rule.indicator for rule in rules if rule.indicator)
    return frozenset(name for name in shown if any(catalogue.indicator(name).counts_people(side, catalogue.measures) for side in SIDES))
