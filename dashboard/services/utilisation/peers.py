"""If at the peer median, and who has been idle or overfull for how long: view 若达同级中位数 of 床位与设备."""

from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.utilisation import months_in_a_row, peer_opportunity
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Level
from dashboard.services.common.peers import peer_groups
from dashboard.services.utilisation.beds import bed_months, bed_use, monthly_occupancy, selected_institutions
from dashboard.store.query import run_query


@dataclass(frozen=True, eq=False)
class PeerAnswer:
    """What the selection would free (positive) or need (negative) at the median of the peers, who are taken from the whole county.

    ``institutions``: indexed by code in display order: name, position, peer_group, peer_count (0: nobody to compare with), single_kind
    (peers of one kind and tier), open_beds, occupancy, alos, few_discharged (see ``BedUse``), cost_per_bed_day, and the columns of
    ``peer_opportunity`` (yuan, grade INFER). ``has_cost``: whether finance was there to price a bed-day.
    """

    institutions: pd.DataFrame
    has_cost: bool


def cost_per_bed_day(database: ReportingDatabase, period: Period, occupied: pd.Series) -> pd.Series:
    """Return yuan per occupied bed-day: expenditure × inpatient share of medical income ÷ occupied bed-days; missing without finance.

    Finance does not divide expenditure by setting, hence the split by income. Grade INFER.
    """
    rows = run_query(database, "utilisation/inpatient_cost", first_month=period.first, last_month=period.last)
    sums = rows.groupby("institution_code")[["expense", "inpatient_income", "outpatient_income"]].sum(min_count=1)
    income = sums["inpatient_income"] + sums["outpatient_income"]
    inpatient = sums["expense"] * sums["inpatient_income"] / income.where(income > 0)
    days = occupied.where(occupied > 0)
    return (inpatient.reindex(occupied.index).astype("float64") / days).rename("cost_per_bed_day")


def _opportunity(beds: pd.DataFrame, groups: pd.DataFrame) -> pd.DataFrame:
    """Return ``peer_opportunity`` with the medians of each institution's own group; the few of a kind stand against their whole class."""
    by_kind = peer_opportunity(beds, groups["narrow"])
    by_class = peer_opportunity(beds, groups["wide"])
    return by_kind.where(groups["single_kind"], by_class, axis="index")


@cached(needs_county=True)
def peer_answer(database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL) -> PeerAnswer | None:
    """Return what would be freed or needed in ``period``; None when the selection has no beds."""
    use = bed_use(database, period)
    if use is None:
        return None
    beds = use.institutions
    beds = beds.assign(cost_per_bed_day=cost_per_bed_day(database, period, beds["occupied_bed_days"]))
    groups = peer_groups(beds)
    answer = beds[["name", "position", "open_beds", "occupancy", "alos", "few_discharged", "cost_per_bed_day"]].join(
        _opportunity(beds, groups)
    )
    answer = answer.assign(
        peer_group=groups["narrow"].where(groups["single_kind"], groups["wide"]),
        peer_count=groups["size"],
        single_kind=groups["single_kind"],
    )
    chosen = answer.index.isin(selected_institutions(database, community, level).index)
    if not chosen.any():
        return None
    return PeerAnswer(answer[chosen], bool(answer["cost_per_bed_day"].notna().any()))


@dataclass(frozen=True, eq=False)
class Streaks:
    """Institutions beyond a line at the last month, longest first.

    Both frames by institution_code: name, position, occupancy (per cent, last month), months in a row, bed_days (per month beyond the
    line, mean of the row).
    """

    idle: pd.DataFrame
    overfull: pd.DataFrame


def _beyond(occupancy: pd.DataFrame, open_days: pd.DataFrame, line: float, side: str) -> pd.DataFrame:
    rows = {}
    for (code, values), (_code, days) in zip(occupancy.iterrows(), open_days.loc[occupancy.index].iterrows(), strict=True):
        months = int(months_in_a_row(values, line, side).iloc[-1])  # type: ignore[arg-type]
        if months:
            gap = (values.iloc[-months:] - line).abs() / 100 * days.iloc[-months:]
            rows[code] = (float(values.iloc[-1]), months, float(gap.mean()))
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=["occupancy", "months", "bed_days"])
    return frame.sort_values(["months", "bed_days"], ascending=False, kind="stable")


@cached()
def streaks(
    database: ReportingDatabase, last: Period, idle_line: float, full_line: float, community: str | None = None, level: Level = Level.ALL
) -> Streaks:
    """Return who has been idle or overfull up to the last month of ``last``; lines in per cent."""
    about = selected_institutions(database, community, level)
    rows = bed_months(database)
    rows = rows[rows["institution_code"].isin(about.index) & (rows["open_bed_days"] > 0)]
    months = utilisation_settings().trend_months
    occupancy = monthly_occupancy(rows, last, months)
    open_days = rows.pivot(index="institution_code", columns="month", values="open_bed_days").reindex(columns=occupancy.columns)
    names = about[["short_name", "position"]].rename(columns={"short_name": "name"})
    idle, full = (_beyond(occupancy, open_days, line, side) for line, side in ((idle_line, "below"), (full_line, "above")))
    return Streaks(idle.join(names), full.join(names))
