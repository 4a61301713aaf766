"""How well devices are used, and which neighbours could share one.

Formulas: indicators C10 and C11 [OWN]; downtime, age, written-off cost per examination and the two ways of sharing are models of ours
[INFER].
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from dashboard.analysis.control_charts import wilson_interval
from dashboard.analysis.sequences import Numbers, counts, number_series, ratio

_COLUMNS = ("available_hours", "working_hours", "examinations", "positives", "downtime_hours", "purchase_value", "age_years", "days")
RELIEVE, MERGE = "relieve", "merge"
SHARING_COLUMNS = ("way", "place", "partner", "kilometres", "hours", "use", "partner_use", "combined_use")


def equipment_indicators(frame: pd.DataFrame | Mapping[str, Numbers], service_life_years: float) -> pd.DataFrame:
    """Return how each device (or group of devices) was used.

    Args:
        frame: one row per device with ``available_hours`` 额定可用机时, ``working_hours`` 实际工作机时, ``examinations``, ``positives``,
            ``downtime_hours``, ``purchase_value`` (yuan), ``age_years`` at the end of the period and ``days`` of the period that it
            reported. Any figure may be missing.
        service_life_years: over which the price is written off evenly, above 0.

    Returns:
        Frame on the same index, shares from 0 to 1:

        * ``use`` 设备使用率: working ÷ rated hours; above 1 is legal (overtime) and kept;
        * ``examinations_per_day``: examinations ÷ calendar days;
        * ``positive_rate`` with its 95 % Wilson interval ``positive_low`` and ``positive_high``; missing where positives are not reported
          or exceed the examinations;
        * ``downtime_share``: downtime ÷ rated hours;
        * ``written_off_per_examination`` in yuan: price ÷ service life × days ÷ 365 ÷ examinations, 0 for a device older than its
          service life. Price alone: no staff, film, repair or rooms.

        Missing, never 0 or infinite, where a denominator is 0 or a figure is missing.

    Raises:
        ValueError: a column is missing, a value is negative or no number, service life not above 0.
    """
    if not service_life_years > 0:
        raise ValueError("service_life_years: must be above 0")
    table = frame if isinstance(frame, pd.DataFrame) else pd.DataFrame(frame)
    missing = [name for name in _COLUMNS if name not in table.columns]
    if missing:
        raise ValueError(f"missing columns: {', '.join(missing)}")
    devices = pd.DataFrame({name: counts(table[name], name) for name in _COLUMNS}, index=table.index)
    sound = devices["positives"] <= devices["examinations"]
    positive = wilson_interval(devices["positives"].where(sound), devices["examinations"].where(sound))
    written_off = devices["purchase_value"] / service_life_years * devices["days"] / 365
    in_service_life = written_off.where(devices["age_years"] <= service_life_years, 0.0).where(devices["age_years"].notna())
    return pd.DataFrame(
        {
            "use": ratio(devices["working_hours"], devices["available_hours"]),
            "examinations_per_day": ratio(devices["examinations"], devices["days"]),
            "positive_rate": positive["proportion"],
            "positive_low": positive["lower"],
            "positive_high": positive["upper"],
            "downtime_share": ratio(devices["downtime_hours"], devices["available_hours"]),
            "written_off_per_examination": ratio(in_service_life, devices["examinations"]),
        },
        index=devices.index,
    )


def sharing_candidates(places: pd.DataFrame, distances: pd.DataFrame, idle_use: float, busy_use: float, kilometres: float) -> pd.DataFrame:
    """Return which neighbours could share their devices of one type.

    Two ways:

    * ``relieve``: a busy place (use above ``busy_use``) sends work to its nearest idle neighbour (use below ``idle_use``); ``hours`` is
      what can move until the busy place is down to ``busy_use`` or the idle one is up to it, whichever comes first;
    * ``merge``: two neighbours, both idle, whose joint work one average device of theirs could carry at or below ``busy_use``; ``hours``
      is the work that moves, that of the place with fewer hours. ``combined_use`` is the use of what would be left.

    Pairs are taken by distance, the nearest first, ties in the order of ``places``; a place takes part in one pair only.

    Args:
        places: indexed by place (unique) with ``working_hours``, ``available_hours`` and ``devices``, sums over the devices of the type.
        distances: ``origin``, ``destination``, ``kilometres`` between places, both directions; places without coordinates stand out.
        idle_use: share of rated hours, below ``busy_use``.
        busy_use: share of rated hours.
        kilometres: greatest distance of neighbours.

    Returns:
        Frame with ``way``, ``place`` (busy, or the one that gives up its work), ``partner``, ``kilometres``, ``hours``, ``use``,
        ``partner_use`` and ``combined_use``, those with most hours first.

    Raises:
        ValueError: ``idle_use`` not below ``busy_use``, negative figures.
    """
    if not 0 < idle_use < busy_use:
        raise ValueError("idle_use must lie above 0 and below busy_use")
    work = number_series(counts(places["working_hours"], "working_hours"), "work")
    rated = number_series(counts(places["available_hours"], "available_hours"), "rated")
    use = ratio(work, rated)
    near = distances[distances["kilometres"].le(kilometres) & distances["origin"].ne(distances["destination"])]
    near = near.sort_values("kilometres", kind="stable")
    rows: list[tuple[str, object, object, float, float, float, float, float]] = []
    taken: set[object] = set()
    for origin, destination, length in near[["origin", "destination", "kilometres"]].itertuples(index=False, name=None):
        if taken & {origin, destination} or not use[destination] < idle_use:
            continue
        if use[origin] > busy_use:
            hours = min(work[origin] - busy_use * rated[origin], busy_use * rated[destination] - work[destination])
            combined = (work[origin] + work[destination]) / (rated[origin] + rated[destination])
            rows.append((RELIEVE, origin, destination, length, hours, use[origin], use[destination], combined))
        elif use[origin] < idle_use and work[origin] <= work[destination]:
            devices = places["devices"][origin] + places["devices"][destination]
            left = (rated[origin] + rated[destination]) * (devices - 1) / devices
            combined = (work[origin] + work[destination]) / left
            if combined > busy_use:
                continue
            rows.append((MERGE, origin, destination, length, work[origin], use[origin], use[destination], combined))
        else:
            continue
        taken |= {origin, destination}
    frame = pd.DataFrame(rows, columns=list(SHARING_COLUMNS))
    return frame.sort_values("hours", ascending=False, kind="stable", ignore_index=True)


def years_between(first: pd.Series, last: object) -> pd.Series:
    """Return the years from each date of ``first`` to ``last``; missing dates stay missing, a later date gives 0."""
    return ((pd.Timestamp(last) - pd.to_datetime(first)).dt.days / 365.25).clip(lower=0.0).astype(np.float64)  # type: ignore[arg-type]
