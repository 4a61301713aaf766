"""The fiscal what-if's answers: the county's model, a plan run on it, and what the page shows of both."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.catalogue.coefficients import Value
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.plan import Plan, baseline_plan, with_value
from dashboard.services.common.scenarios import PresetColumn, run_presets
from dashboard.services.fiscal.baseline import FiscalCounty, fiscal_county, fiscal_years, require_finance, usual_year
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.whatif.document import Checked, coefficient_values
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import TRACKS, FiscalBaseline, FiscalOutcome, run_fiscal
from dashboard.whatif.fiscal_search import FiscalBand, FiscalGoal, fiscal_band, fiscal_goal_seek, fiscal_tornado, movable_fiscal
from dashboard.whatif.goal_seek import GoalResult
from dashboard.whatif.sensitivity import TornadoBar

MODEL = "fiscal"
"""The word under which the workspace keeps this page's scenarios."""


@dataclass(frozen=True, eq=False)
class FiscalModel:
    """One county and year ready to run plans on."""

    database: ReportingDatabase
    county: FiscalCounty

    @property
    def baseline(self) -> FiscalBaseline:
        """What the plans stand on."""
        return self.county.baseline

    @property
    def _key(self) -> tuple[ReportingDatabase, int, bool]:
        return self.database, self.county.year.year, self.county.filled

    def start(self) -> Plan:
        """Return the plan that changes nothing."""
        return baseline_plan(self.baseline)

    def values(self, plan: Plan) -> Mapping[str, Value]:
        """Return every coefficient under ``plan``."""
        ready = plan.ready
        return ready.values if isinstance(ready, Checked) else coefficient_values(ready, self.baseline)

    def run(self, plan: Plan) -> FiscalOutcome:
        """Run the plan. Raises ``ScenarioError``."""
        return run_fiscal(plan.ready, self.baseline)

    def band(self, plan: Plan) -> FiscalBand:
        """Return what chance in the workload leaves."""
        return _band(*self._key, plan)

    def tornado(self, plan: Plan) -> tuple[TornadoBar, ...]:
        """Return what one step of each coefficient does to all that the budget spends, the largest first."""
        return _tornado(*self._key, plan)

    def presets(self) -> tuple[PresetColumn, ...]:
        """Return every delivered preset with what comes of it."""
        return _presets(*self._key)

    def seek(self, plan: Plan, coefficient: str, goal: FiscalGoal) -> GoalResult:
        """Return where ``goal`` is just met. Raises ``ScenarioError``."""
        return _sought(*self._key, plan, coefficient, goal)

    def movable(self, plan: Plan) -> tuple[str, ...]:
        """Return the coefficients that sensitivity and goal seek can move."""
        return tuple(movable_fiscal(self.baseline, bool(self.values(plan)["markup_reform"])))


def fiscal_model(database: ReportingDatabase, year: int | None = None, *, filled: bool = False) -> FiscalModel | BaselineGap:
    """Return the model of ``year`` (the newest complete one unless given), or why there is none.

    Raises ``ScopeError`` for a part of the county or without the right to finance, ``QueryError``.
    """
    require_finance(database)
    years = fiscal_years(database)
    if not years:
        return BaselineGap(marked("没有医共体机构的财务月报，无法推演。"), marked("请载入“财务月报”（fact_finance）和机构所属医共体。"))
    county = fiscal_county(database, usual_year(years).year if year is None else year, filled)
    return county if isinstance(county, BaselineGap) else FiscalModel(database, county)


def model_of_plan(database: ReportingDatabase, plan: Plan | None) -> FiscalModel | BaselineGap:
    """Return the model of the year that ``plan`` was made for; of the usual year for none, or when that year has gone."""
    parts = plan.scenario.data_version.split(":") if plan is not None else []
    years = {str(each.year) for each in fiscal_years(database)}
    if len(parts) > 1 and parts[1] in years:
        return fiscal_model(database, int(parts[1]), filled=len(parts) > 2)
    return fiscal_model(database)


def _model(database: ReportingDatabase, year: int, filled: bool) -> FiscalModel:
    county = fiscal_county(database, year, filled)
    if isinstance(county, BaselineGap):
        raise TypeError("no baseline")
    return FiscalModel(database, county)


@cached(max_entries=64)
def _band(database: ReportingDatabase, year: int, filled: bool, plan: Plan) -> FiscalBand:
    return fiscal_band(_model(database, year, filled).run(plan))


@cached(max_entries=64)
def _tornado(database: ReportingDatabase, year: int, filled: bool, plan: Plan) -> tuple[TornadoBar, ...]:
    return fiscal_tornado(_model(database, year, filled).run(plan))


@cached(max_entries=8)
def _presets(database: ReportingDatabase, year: int, filled: bool) -> tuple[PresetColumn, ...]:
    return run_presets(_model(database, year, filled))


@cached(max_entries=64)
def _sought(database: ReportingDatabase, year: int, filled: bool, plan: Plan, coefficient: str, goal: FiscalGoal) -> GoalResult:
    return fiscal_goal_seek(_model(database, year, filled).run(plan), coefficient, goal)


def by_community(outcome: FiscalOutcome) -> pd.DataFrame:
    """Return what each community gets by track before and now, yuan.

    Index community in display order; ``TRACKS`` (now), ``before_<track>``, before, total, change, equivalents, staff, lost (how many of
    its institutions get less than their history), judged (of how many: those whose workload is known), institutions.
    """
    frame = by_institution(outcome)
    numbers = [name for name in frame.columns if name != "community"]
    sums = frame.groupby("community", sort=False)[numbers].sum(min_count=1)
    less = (frame["change"] < 0).groupby(frame["community"], sort=False).sum()
    sums["change"] = (sums["total"] - sums["before"]).round(2)  # an institution that stays at its history adds nothing
    judged = frame.groupby("community", sort=False)["change"].count()
    return sums.assign(lost=less, judged=judged, institutions=frame.groupby("community", sort=False).size())


def by_institution(outcome: FiscalOutcome) -> pd.DataFrame:
    """Return what each institution gets by track before and now, yuan: index institution; columns as ``by_community`` and community.

    ``change`` and ``equivalents`` are missing where the workload is not known.
    """
    history, people = outcome.baseline.history, outcome.baseline.institutions
    before = history.reindex(columns=list(TRACKS)).fillna(0.0).add_prefix("before_")
    frame = pd.concat([outcome.tracks, before], axis=1)
    return frame.assign(
        community=people["community"],
        before=pd.Series(outcome.baseline.before),
        total=pd.Series(dict(outcome.paid)),
        change=pd.Series(outcome.changes, dtype=float),
        equivalents=pd.Series(outcome.equivalents).where(outcome.baseline.reckoned),
        staff=people["staff"],
        signed=people["signed"],
        fulfilled=people["fulfilled"],
        fee=outcome.fees.sum(axis=1),
        fee_fiscal=outcome.fees["fiscal"],
        fee_fund=outcome.fees["fund"],
        fee_person=outcome.fees["person"],
    )


def by_item(model: FiscalModel, institutions: Collection[str]) -> pd.Series:
    """Return the budget's line items of these institutions, yuan by item."""
    table = model.county.guarantee
    return table[table.index.isin(institutions)].sum()


def by_track(model: FiscalModel, outcome: FiscalOutcome, institutions: Collection[str]) -> pd.DataFrame:
    """Return what was approved for these institutions beside what was paid and what the scenario pays, yuan.

    Index ``TRACKS`` but the floor; approved, before, now. Only institutions with something approved count, so that all three are of the
    same; empty without the table ``fact_fiscal_plan``.
    """
    plan = model.county.plan
    plan = plan[plan.index.isin(institutions)]
    if plan.empty:
        return pd.DataFrame(columns=["approved", "before", "now"], dtype=float)
    tracks = [track for track in TRACKS if track != "floor"]
    frame = by_institution(outcome).reindex(plan.index)
    return pd.DataFrame(
        {
            "approved": plan.reindex(columns=tracks).sum(min_count=1),
            "before": [float(frame[f"before_{track}"].sum()) for track in tracks],
            "now": [float(frame[track].sum()) for track in tracks],
        },
        index=tracks,
    )


def by_service(model: FiscalModel, institutions: Collection[str]) -> pd.DataFrame:
    """Return where the equivalents of these institutions come from, before any coefficient, the largest first.

    Index service; name, quantity, weight (equivalents a unit), quality (κ weighted by quantity), equivalents.
    """
    work = model.baseline.workload
    work = work[work["institution"].isin(institutions)]
    sums = work.assign(good=work["quantity"] * work["quality"]).groupby("service")[["quantity", "good"]].sum()
    weight = pd.Series(model.baseline.weights, dtype=float).reindex(sums.index)
    frame = pd.DataFrame(
        {
            "name": [model.county.services.get(str(code), str(code)) for code in sums.index],
            "quantity": sums["quantity"],
            "weight": weight,
            "quality": sums["good"] / sums["quantity"].where(sums["quantity"] > 0),
            "equivalents": sums["good"] * weight,
        }
    )
    return frame.sort_values("equivalents", ascending=False, kind="stable")


@dataclass(frozen=True)
class PathYear:
    """One year of the way: its number, the weight of the new rules, and what comes of it."""

    number: int
    weight: float
    outcome: FiscalOutcome


def path(model: FiscalModel, plan: Plan) -> tuple[PathYear, ...]:
    """Return the three years of the transition under the plan's own weights. Raises ``ScenarioError``."""
    weights = model.values(plan)["transition_path"]
    found = []
    for number, weight in enumerate(weights if isinstance(weights, tuple) else (), start=1):
        found.append(PathYear(number, weight, model.run(with_value(plan, model.baseline, "transition_weight", weight))))
    return tuple(found)


__all__ = [
    "MODEL", "FiscalModel", "PathYear", "ScenarioError", "by_community", "by_institution", "by_item", "by_service", "by_track",
    "fiscal_model", "model_of_plan", "path",
]  # fmt: skip
