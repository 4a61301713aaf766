"""How large a county platform must be: storage, concurrency, processes. Formulas and defaults are ours [INFER]; 1 TB = 10¹² bytes."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

PLANNED_USE = 0.6
"""Share of a process's rate that is planned for, so that queues stay short."""


def storage(yearly_volume: float, size: float, years: float, growth: float = 0.0) -> float:
    """Return what ``years`` of records take: volume × size × ((1 + growth)^years − 1) ÷ growth, the volume being that of the first year.

    Args:
        yearly_volume: records in the first year.
        size: of one record, in any unit (bytes, kB).
        years: kept on line.
        growth: of the volume a year, 0.08 = 8 %; above −1.

    Returns:
        Total in the unit of ``size``.

    Raises:
        ValueError: a negative figure, or a growth of −100 % or less.
    """
    if min(yearly_volume, size, years) < 0 or growth <= -1:
        raise ValueError("volume, size and years must not be negative, growth must exceed -1")
    kept = years if growth == 0 else math.expm1(years * math.log1p(growth)) / growth
    return yearly_volume * size * kept


def gross_storage(net: float | Iterable[float], *, index: float = 0.30, copies: float = 2, fill: float = 0.70) -> float:
    """Return the disks to buy for ``net`` storage: sum × (1 + index) × copies ÷ fill.

    Args:
        net: one amount or the amounts of all kinds, in one unit.
        index: share that indices add.
        copies: of everything, the original included; 1 or more.
        fill: share of a disk that may be full, above 0 and at most 1.

    Raises:
        ValueError: an argument out of range.
    """
    if index < 0 or copies < 1 or not 0 < fill <= 1:
        raise ValueError("index must not be negative, copies at least 1, fill above 0 and at most 1")
    total = float(net) if isinstance(net, int | float) else sum(net)
    return total * (1 + index) * copies / fill


@dataclass(frozen=True)
class Load:
    """Load in the busiest hour: visits a day and in that hour, transactions a second, and operations under way at once (Little's law)."""

    visits_per_day: float
    peak_hour_visits: float
    transactions_per_second: float
    concurrent: float


def concurrency(
    yearly_visits: float,
    *,
    working_days: float = 251,
    peak_hour_share: float = 0.20,
    operations_per_visit: float = 12,
    seconds_per_operation: float = 8,
) -> Load:
    """Return the load that ``yearly_visits`` put on the platform.

    Args:
        yearly_visits: visits a year.
        working_days: of a year over which they spread.
        peak_hour_share: share of a day's visits in its busiest hour, 0 to 1.
        operations_per_visit: on the platform.
        seconds_per_operation: how long one takes.

    Raises:
        ValueError: a negative figure, no working day, or a share above 1.
    """
    if min(yearly_visits, peak_hour_share, operations_per_visit, seconds_per_operation) < 0 or working_days <= 0 or peak_hour_share > 1:
        raise ValueError("figures must not be negative, working days above 0, the share of the peak hour at most 1")
    daily = yearly_visits / working_days
    peak = daily * peak_hour_share
    rate = peak * operations_per_visit / 3600
    return Load(daily, peak, rate, rate * seconds_per_operation)


def processes(users: float, *, active_share: float = 0.20, think_seconds: float = 10, rate: float = 70) -> int:
    """Return the web processes for ``users`` of the dashboard: users × active ÷ think time, over 0.6 of what one process serves.

    Args:
        users: signed in.
        active_share: of them at work at once, 0 to 1.
        think_seconds: between two interactions of one of them, above 0.
        rate: interactions a second that one process serves, above 0; 81 were measured (docs/decisions/005), 70 is the default.

    Raises:
        ValueError: an argument out of range.
    """
    if users < 0 or not 0 <= active_share <= 1 or think_seconds <= 0 or rate <= 0:
        raise ValueError("users must not be negative, the active share 0 to 1, think time and rate above 0")
    return max(1, math.ceil(users * active_share / think_seconds / (PLANNED_USE * rate)))
