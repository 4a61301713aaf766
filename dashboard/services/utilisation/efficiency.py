"""Efficiency of institutions by DEA, and its change over years by the Malmquist index: view 效率 DEA of 床位与设备.

Inputs: average open beds and technical staff; outputs: visits and discharges, each over the twelve months that end with the period.
A month that an institution did not report is filled with the mean of its reported ones, so that a gap is not taken for idleness.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from dashboard.analysis.efficiency import Efficiency, dea, malmquist
from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Level
from dashboard.services.utilisation.beds import bed_months, in_period, selected_institutions
from dashboard.store.query import run_query

INPUTS = ("beds", "staff")
OUTPUTS = ("visits", "discharges")
_MONTHS = 12
PEOPLE = ("visits", "discharges")
"""The measures that count people: a few of an institution's year are hidden, as everywhere."""
Progress = Callable[[int, int], None]


@dataclass(frozen=True, eq=False)
class EfficiencyAnswer:
    """The units with their inputs and outputs and what DEA says of them.

    ``units``: by institution_code: name, position, the inputs and outputs (those in ``inputs`` and ``outputs``). ``result`` is of
    ``dashboard.analysis.efficiency.dea`` under the returns asked. ``missing`` names tables that were lacking.
    """

    units: pd.DataFrame
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    result: Efficiency
    missing: tuple[str, ...]

    @property
    def guard(self) -> Guard:
        """What a table of ``units`` must hide, and what a slack or a target beside it would tell."""
        people = tuple(name for name in (*self.inputs, *self.outputs) if name in PEOPLE)
        return Guard(tuple(People(name) for name in people), {f"slack_{name}": (name,) for name in people})

    def targets(self, code: str) -> pd.DataFrame:
        """Return, by input and output of the unit, what it has ``now``, its ``target`` on the frontier and the ``difference``.

        An input's target is θ × input − slack, an output's output + slack. Columns kind ("input", "output"), measure, and these three,
        missing for a measure that counts too few people of the unit to be shown.
        """
        kinds = [("input", name) for name in self.inputs] + [("output", name) for name in self.outputs]
        now = self.units.loc[[code], [name for _kind, name in kinds]].iloc[0].astype("float64").to_numpy()
        slack = self.result.slacks.loc[[code]].reindex(columns=pd.MultiIndex.from_tuples(kinds)).iloc[0].astype("float64").to_numpy()
        is_input = np.array([kind == "input" for kind, _name in kinds])
        target = np.where(is_input, now * float(self.result.efficiency[code]) - slack, now + slack)
        frame = pd.DataFrame(kinds, columns=["kind", "measure"]).assign(now=now, target=target, difference=target - now)
        hidden = self.guard.hide(self.units).hidden
        gone = frame["measure"].isin([name for name in hidden.columns if bool(hidden.at[code, name])])
        return frame.assign(**{name: frame[name].mask(gone) for name in ("now", "target", "difference")})


def _year(last: Period, back: int = 0) -> Period:
    return Period(Grain.ROLLING_12, shift_months(last.last, -_MONTHS * back))


@cached(max_entries=4)
def visit_months(database: ReportingDatabase) -> pd.DataFrame:
    """Return institution_code, month and visits of the institutions in the county: the whole history."""
    return run_query(database, "utilisation/visit_months")


@cached(max_entries=4)
def staff_quarters(database: ReportingDatabase) -> pd.DataFrame:
    """Return institution_code, quarter and headcount (technical staff, people) of the institutions in the county: the whole history."""
    return run_query(database, "utilisation/staff_quarters", categories=utilisation_settings().technical_staff)


def _yearly(rows: pd.DataFrame, column: str) -> pd.Series:
    """Return twelve times the monthly mean by institution; missing where a reported month lacks the figure."""
    months = rows.astype({column: "float64"}).groupby("institution_code")[column]
    return months.sum(skipna=False) / months.size() * _MONTHS


def _measured(database: ReportingDatabase, codes: pd.Index, period: Period) -> pd.DataFrame:
    """Return inputs and outputs of the institutions over the year ``period``; 0 beds and discharges where there are no beds."""
    beds = in_period(bed_months(database), period)
    staff = staff_quarters(database)
    in_year = staff["quarter"].between(pd.Timestamp(period.first), pd.Timestamp(period.last))
    figures = pd.DataFrame(
        {
            "beds": beds.groupby("institution_code")["open_bed_days"].sum() / beds.groupby("institution_code")["days"].sum(),
            "staff": staff[in_year].groupby("institution_code")["headcount"].mean(),
            "visits": _yearly(in_period(visit_months(database), period), "visits"),
            "discharges": _yearly(beds, "discharges"),
        }
    ).reindex(codes)
    without_beds = figures["beds"].isna()
    figures.loc[without_beds, ["beds", "discharges"]] = 0.0
    return figures.astype("float64")


def _comparable(database: ReportingDatabase, community: str | None, level: Level) -> pd.DataFrame:
    """Return the institutions that treat patients in beds or surgeries of their own size; stations and pharmacies are no peers."""
    kinds = {kind for names in utilisation_settings().peer_classes.values() for kind in names} | {"specialist_hospital", "maternal_child"}
    chosen = selected_institutions(database, community, level)
    return chosen[chosen["kind"].isin(kinds)]


def _used(figures: pd.DataFrame, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in names if (figures[name] > 0).any())


@cached(max_entries=64, needs_county=True)
def _results(database: ReportingDatabase, period: Period, community: str | None, level: Level, returns: str) -> dict[str, object]:
    """Return the place that keeps the answer of one question: a cached call itself cannot report progress."""
    return {}


def efficiency_answer(
    database: ReportingDatabase,
    period: Period,
    community: str | None = None,
    level: Level = Level.ALL,
    returns: str = "variable",
    progress: Progress | None = None,
) -> EfficiencyAnswer | None:
    """Return the efficiency of the selection over the twelve months up to ``period``; None without any input or output.

    ``progress(done, total)`` is called while it computes, not when the answer is already known.
    """
    place = _results(database, period, community, level, returns)
    if "answer" not in place:
        place["answer"] = _efficiency(database, period, community, level, returns, progress)
    return place["answer"]  # type: ignore[return-value]


def _efficiency(
    database: ReportingDatabase, period: Period, community: str | None, level: Level, returns: str, progress: Progress | None
) -> EfficiencyAnswer | None:
    about = _comparable(database, community, level)
    figures = _measured(database, about.index, _year(period))
    inputs, outputs = _used(figures, INPUTS), _used(figures, OUTPUTS)
    if not inputs or not outputs:
        return None
    # An institution without any activity is no unit at all; one with a missing figure stays, and is shown without a result.
    active = figures[list(outputs)].fillna(1).gt(0).any(axis="columns") & figures[list(inputs)].fillna(1).gt(0).any(axis="columns")
    figures, about = figures[active], about[active]
    if figures.empty:
        return None
    result = dea(figures[list(inputs)], figures[list(outputs)], returns, progress)  # type: ignore[arg-type]
    lacking = {"beds": "fact_bed", "staff": "fact_workforce", "visits": "fact_outpatient", "discharges": "fact_bed.discharges"}
    units = figures.assign(name=about["short_name"], position=about["position"])
    missing = tuple(table for name, table in lacking.items() if name not in (*inputs, *outputs))
    return EfficiencyAnswer(units, inputs, outputs, result, missing)


@dataclass(frozen=True, eq=False)
class ProductivityAnswer:
    """The Malmquist index over years.

    ``changes``: one row per institution and step (institution_code, name, position, before, after: last months of the two years) with
    efficiency_change, technical_change, pure_change, scale_change, total; ``means``: their geometric means by step, newest last.
    """

    changes: pd.DataFrame
    means: pd.DataFrame


@cached(max_entries=32, needs_county=True)
def productivity_answer(
    database: ReportingDatabase, period: Period, community: str | None = None, level: Level = Level.ALL
) -> ProductivityAnswer | None:
    """Return how productivity changed from year to year up to ``period``; None when fewer than two full years are known."""
    about = _comparable(database, community, level)
    oldest = bed_months(database)["month"].min() if len(bed_months(database)) else pd.NaT
    years = [
        _year(period, back) for back in range(utilisation_settings().efficiency_years) if pd.Timestamp(_year(period, back).first) >= oldest
    ]
    figures = {year: _measured(database, about.index, year) for year in years}
    steps = []
    for after, before in pairwise(years):
        both = (figures[before], figures[after])
        inputs = tuple(name for name in INPUTS if all((each[name] > 0).any() for each in both))
        outputs = tuple(name for name in OUTPUTS if all((each[name] > 0).any() for each in both))
        if inputs and outputs:
            change = malmquist(both[0][list(inputs)], both[0][list(outputs)], both[1][list(inputs)], both[1][list(outputs)])
            steps.append(change.assign(before=pd.Timestamp(before.last), after=pd.Timestamp(after.last)))
    if not steps:
        return None
    changes = pd.concat(steps).join(about[["short_name", "position"]].rename(columns={"short_name": "name"}))
    changes = changes.dropna(subset=["total"]).reset_index(names="institution_code")
    if changes.empty:
        return None
    return ProductivityAnswer(changes, _geometric_means(changes))


def _geometric_means(changes: pd.DataFrame) -> pd.DataFrame:
    columns = ["efficiency_change", "technical_change", "pure_change", "scale_change", "total"]
    logarithms = changes.assign(**{name: np.log(changes[name]) for name in columns}).groupby(["before", "after"])[columns].mean()
    return logarithms.apply(np.exp).reset_index()
