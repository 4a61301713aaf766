"""One number for one name: what pages, wall and reports show under a name of the catalogue, collected and held against each other.

Every source below gives ``(indicator, unit, value)`` as it stands on screen. A page that computes an indicator of its own must be added to
``SOURCES`` by hand.
"""

import math
from collections.abc import Callable, Iterator, Mapping

import pandas as pd

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import indicator_values
from dashboard.services.overview.answer import overview
from dashboard.services.quality.care import axis_readings
from dashboard.services.quality.cells import Scope
from dashboard.services.referrals.flows import Question, View
from dashboard.services.referrals.map import Selection
from dashboard.services.referrals.quality import two_way
from dashboard.services.referrals.reading import reading
from dashboard.services.resources.supply import RESOURCES, Basis, rate, units_now
from dashboard.services.utilisation.beds import CATALOGUE_IDS, bed_use

Shown = tuple[str, str, float]


def _catalogue(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    """Cards, performance scores, exports and reports read these very frames."""
    for level in ("county", "community", "institution"):
        frame = indicator_values(database, level=level, period=period)
        for name, unit, value, status in frame[["indicator", "unit", "value", "status"]].itertuples(index=False, name=None):
            if status == "ok":
                yield str(name), str(unit), float(value)


def _overview(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    answer = overview(database, Filters(period))
    for headline in answer.headlines:
        yield headline.reading.indicator.id, "county", headline.reading.value
    for row in answer.strip:
        for cell in row.cells:
            yield cell.indicator.id, row.community, cell.value
    up, down = (sum(getattr(row, name) for row in answer.referrals) for name in ("up", "down"))
    if up:
        yield "B08", "county", down / up
    for balance in answer.referrals:
        if balance.community:
            yield "B08", balance.community, balance.down_per_up
    for row in (*answer.fund.communities, answer.fund.county):
        if row is not None:
            yield "F04a", row.community or "county", 100 * row.execution
    for point in answer.beds.points if answer.beds else ():
        yield "C01", point.institution, point.occupancy
        yield "C05", point.institution, point.alos


def _utilisation(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    use = bed_use(database, period)
    if use is not None:
        for column, name in CATALOGUE_IDS.items():
            yield name, "county", float(use.total[column])
            for code, value in use.institutions[column].items():
                yield name, str(code), float(value)


def _referrals(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    question, whole = Question(View.REFERRALS, period), Selection("community")
    for code, ratio in two_way(database, question, whole)["ratio"].items():
        yield "B08", str(code).removeprefix("community:"), float(ratio)
    for sentence in reading(database, question, whole):
        if sentence.kind == "balance":
            yield "B08", "county", sentence.numbers["ratio"]
        if sentence.kind == "lowest_community":
            yield "B08", "county", sentence.numbers["county"]


def _resources(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    if period.grain is not Grain.MONTH:  # the page tells the state of a month
        return
    county = units_now(database, period.last, "county", Basis.LOCATED)
    for resource in RESOURCES.values():
        indicator = load_catalogue().indicators.get(resource.indicator)
        if indicator is not None and indicator.denominator is not None:
            yield resource.indicator, "county", float(rate(county, resource.id).iloc[0])


def _quality(database: ReportingDatabase, period: Period) -> Iterator[Shown]:
    for name, value in axis_readings(database, Scope(period))[["indicator", "value"]].itertuples(index=False, name=None):
        yield str(name), "county", float(value)


SOURCES: Mapping[str, Callable[[ReportingDatabase, Period], Iterator[Shown]]] = {
    "catalogue": _catalogue,
    "overview": _overview,
    "utilisation": _utilisation,
    "referrals": _referrals,
    "resources": _resources,
    "quality": _quality,
}


def shown(database: ReportingDatabase, period: Period) -> pd.DataFrame:
    """Return every value shown: columns place, indicator, unit, value; missing ones are left out."""
    rows = [(place, *found) for place, source in SOURCES.items() for found in source(database, period) if not math.isnan(found[2])]
    return pd.DataFrame(rows, columns=["place", "indicator", "unit", "value"])


def contradictions(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of every (indicator, unit) that has two values beyond rounding."""
    groups = found.groupby(["indicator", "unit"])["value"]
    spread = groups.transform("max") - groups.transform("min")
    return found[spread > 1e-6 * groups.transform("max").abs().clip(lower=1e-9)].sort_values(["indicator", "unit"])
