"""How much the months of a unit scatter: what the report and the alerts hold a change or a difference against."""

from collections.abc import Mapping, Sequence
from typing import Literal

from dashboard.analysis.indicators import grows_with_period
from dashboard.analysis.noise import process_error
from dashboard.analysis.periods import Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Level
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import indicator_series

NOISE_MONTHS = 25
"""Two years of moving ranges."""


def process_errors(
    database: ReportingDatabase,
    names: Sequence[str],
    *,
    level: Level,
    period: Period,
    community: str | None = None,
    scheme: str | None = None,
    component: Literal["value", "numerator"] = "value",
) -> Mapping[tuple[str, str], float]:
    """Return by (indicator, unit) the standard error that two years of months give the value, or numerator, of ``period``.

    NaN where too few months are known. A numerator is taken as a sum of months.
    """
    series = indicator_series(database, tuple(names), level=level, last=period, months=NOISE_MONTHS, community=community, scheme=scheme)
    whole = series[component].where(series["status"].eq("ok"))
    catalogue = load_catalogue()
    summed = {name: component == "numerator" or grows_with_period(catalogue.indicator(name), catalogue.measures) for name in names}
    return {
        (str(name), str(unit)): process_error(rows.to_list(), len(period.months), summed=summed[str(name)])
        for (name, unit), rows in whole.groupby([series["indicator"], series["unit"]])
    }
