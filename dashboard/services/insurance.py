"""The insurance what-if's answers: the county's model, a plan run on it, and what the page shows of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.catalogue.coefficients import Value
from dashboard.services.cache import cached
from dashboard.services.database import ReportingDatabase
from dashboard.services.insurance_baseline import BaselineGap, InsuranceBaseline, Scores, insurance_baseline
from dashboard.services.insurance_plan import Plan, baseline_plan, with_preset
from dashboard.store.query import run_query
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.goal_seek import Goal, GoalResult, goal_seek
from dashboard.whatif.optimise import Objective, Optimum, optimise
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.scenario import coefficient_values, load_scenario, run
from dashboard.whatif.sensitivity import GlobalIndex, TornadoBar, global_sensitivity, movable, tornado
from dashboard.whatif.uncertainty import Uncertainty, monte_carlo
from dashboard.workspace import Kind, Status, Workspace

Fund = tuple[tuple[str, float], ...]
LIVE_RUNS = 5000
FINE_STEPS = 5


def frozen_scores(workspace: Workspace) -> Scores:
    """Return the scores (0–100) by community of the result frozen last; empty when none was frozen. Raises ``DatabaseError``."""
    results = [version for version in workspace.list_latest(Kind.RESULT) if version.status is Status.FROZEN]
    for version in sorted(results, key=lambda each: each.created_at, reverse=True):
        rows = version.content.get("rows")
        if isinstance(rows, list):
            scores = [(str(row["unit"]), float(row["total"])) for row in rows if isinstance(row, dict) and _score(row.get("total"))]  # type: ignore[arg-type]
            if scores:
                return tuple(sorted(scores))
    return ()


def _score(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100


@cached(max_entries=32)
def _against_fund(database: ReportingDatabase, scores: Scores, fund: Fund) -> Baseline:
    county = insurance_baseline(database, scores)
    if isinstance(county, BaselineGap):
        raise TypeError("no baseline")
    return replace(county.baseline, available=dict(fund))


@dataclass(frozen=True, eq=False)
class Model:
    """One county ready to run plans on: the database, the frozen scores and the baseline they give."""

    database: ReportingDatabase
    scores: Scores
    county: InsuranceBaseline

    @property
    def baseline(self) -> Baseline:
        """The baseline without a county cap."""
        return self.county.baseline

    def start(self) -> Plan:
        """Return the plan that changes nothing."""
        return baseline_plan(self.baseline)

    def against(self, plan: Plan) -> Baseline:
        """Return the baseline with the fund that ``plan`` is held against."""
        return _against_fund(self.database, self.scores, plan.fund) if plan.fund else self.baseline

    def values(self, plan: Plan) -> Mapping[str, Value]:
        """Return every coefficient under ``plan``."""
        return coefficient_values(plan.scenario, self.baseline)

    def run(self, plan: Plan) -> Outcome:
        """Run the chain. Raises ``ScenarioError``."""
        return run(plan.scenario, self.against(plan))

    def reference(self) -> Outcome:
        """Return the outcome of the baseline plan."""
        return _reference(self.database, self.scores)

    def uncertainty(self, plan: Plan) -> Uncertainty:
        """Return bands and probability of overspending of ``LIVE_RUNS`` draws."""
        return _uncertainty(self.database, self.scores, _document(plan), plan.fund)

    def tornado(self, plan: Plan) -> tuple[TornadoBar, ...]:
        """Return what one step of each coefficient does to the county's balance, the largest first."""
        return _tornado(self.database, self.scores, _document(plan), plan.fund)


def insurance_model(database: ReportingDatabase, scores: Scores = ()) -> Model | BaselineGap:
    """Return the county's model, or why there is none."""
    county = insurance_baseline(database, scores)
    return county if isinstance(county, BaselineGap) else Model(database, scores, county)


def _document(plan: Plan) -> str:
    """Return what decides the numbers of a plan: its texts left out, so that a rationale costs no new simulation."""
    return plan.scenario.model_copy(update={"name": "-", "rationale": {}, "reason": "", "author": ""}).model_dump_json()


@cached(max_entries=8)
def _reference(database: ReportingDatabase, scores: Scores) -> Outcome:
    baseline = _against_fund(database, scores, ())
    return run(baseline_plan(baseline).scenario, baseline)


@cached(max_entries=64)
def _uncertainty(database: ReportingDatabase, scores: Scores, document: str, fund: Fund) -> Uncertainty:
    return monte_carlo(load_scenario(document), _against_fund(database, scores, fund), runs=LIVE_RUNS)


@cached(max_entries=64)
def _tornado(database: ReportingDatabase, scores: Scores, document: str, fund: Fund) -> tuple[TornadoBar, ...]:
    return tornado(load_scenario(document), _against_fund(database, scores, fund))


@dataclass(frozen=True)
class Standing:
    """One community under a plan and in the baseline, yuan; ``overspend`` is the probability of overspending."""

    community: str
    balance: float
    before: float
    low: float
    high: float
    overspend: float
    budget: float
    spending: float


def standings(outcome: Outcome, reference: Outcome, chance: Uncertainty) -> tuple[Standing, ...]:
    """Return every community of the outcome, in display order."""
    now, before, bands = outcome.communities, reference.communities, chance.communities
    return tuple(
        Standing(
            community=str(code),
            balance=float(now.loc[code, "balance"]),
            before=float(before.loc[code, "balance"]),
            low=float(bands.loc[code, "low"]),
            high=float(bands.loc[code, "high"]),
            overspend=float(bands.loc[code, "overspend_probability"]),
            budget=float(now.loc[code, "budget"]),
            spending=float(now.loc[code, "spending"]),
        )
        for code in now.index
    )


@dataclass(frozen=True)
class Reason:
    """Why a community stands better or worse than in the baseline: the largest part of the change.

    ``step`` is a step of the chain or ``spending``; yuan, positive is better.
    """

    community: str
    change: float
    step: str
    part: float


def reasons(outcome: Outcome, reference: Outcome) -> tuple[Reason, ...]:
    """Return the change of each community's balance and its largest part, the greatest gain first."""
    found = []
    for code in outcome.communities.index:
        now, before = outcome.waterfall(str(code)), reference.waterfall(str(code))
        parts = {after.id: after.change - earlier.change for after, earlier in zip(now[:-1], before[:-1], strict=True)}
        parts["spending"] = float(reference.communities.loc[code, "spending"] - outcome.communities.loc[code, "spending"])
        change = round(sum(parts.values()), 2)
        step = max(parts, key=lambda name: parts[name] * (1 if change >= 0 else -1))
        found.append(Reason(str(code), change, step, round(parts[step], 2)))
    return tuple(sorted(found, key=lambda reason: -reason.change))


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the scenario table: its id and its outcome, or the reason why it has none."""

    name: str
    outcome: Outcome | None
    problem: ScenarioError | None = None


@dataclass(frozen=True, eq=False)
class PresetColumn:
    """A delivered preset, by its names, and what comes of it."""

    name: str
    name_en: str
    column: Column


def preset_columns(model: Model) -> tuple[PresetColumn, ...]:
    """Return every preset that fits this county, run once per data version."""
    return _preset_columns(model.database, model.scores)


@cached(max_entries=8)
def _preset_columns(database: ReportingDatabase, scores: Scores) -> tuple[PresetColumn, ...]:
    baseline = _against_fund(database, scores, ())
    found = []
    for preset in baseline.coefficients.presets:
        try:
            plan = with_preset(baseline_plan(baseline), baseline, preset)
            found.append(PresetColumn(preset.name, preset.name_en, Column(preset.id, run(plan.scenario, baseline))))
        except ScenarioError as error:
            found.append(PresetColumn(preset.name, preset.name_en, Column(preset.id, None, error)))
    return tuple(found)


def month_frame(model: Model, outcome: Outcome, communities: Sequence[str]) -> pd.DataFrame:
    """Return month 1–12 with prepaid, spending (expected) and executed (what the claims say, NaN for months to come), yuan."""
    months = outcome.months[outcome.months["community"].isin(list(communities))].groupby("month")[["prepaid", "spending"]].sum()
    executed = model.county.executed
    sums = executed[executed["community"].isin(list(communities))].groupby("month")["executed"].sum()
    return months.assign(executed=sums.reindex(months.index)).reset_index()


@cached(max_entries=64)
def _sought(database: ReportingDatabase, scores: Scores, document: str, fund: Fund, coefficient: str, goal: Goal) -> GoalResult:
    return goal_seek(load_scenario(document), _against_fund(database, scores, fund), coefficient, goal, interval=True)


def seek(model: Model, plan: Plan, coefficient: str, goal: Goal) -> GoalResult:
    """Return where ``goal`` is just met, with the interval that uncertainty leaves. Raises ``ScenarioError``."""
    return _sought(model.database, model.scores, _document(plan), plan.fund, coefficient, goal)


def best_distribution(
    model: Model,
    plan: Plan,
    *,
    objective: Objective,
    fund: Mapping[str, float],
    primary_floor: float = 0.0,
    bounds: Mapping[str, tuple[float, float]] | None = None,
) -> Optimum:
    """Return the best distribution of growth under the county's ``fund`` by scheme (yuan). Raises ``ScenarioError``."""
    baseline = _against_fund(model.database, model.scores, tuple(sorted(fund.items())))
    return optimise(plan.scenario, baseline, objective=objective, bounds=bounds, primary_floor=primary_floor)


def movable_names(model: Model, plan: Plan) -> tuple[str, ...]:
    """Return the coefficients that goal seek and sensitivity can move."""
    return tuple(movable(model.baseline, model.values(plan)))


def global_indices(model: Model, plan: Plan, names: Sequence[str], progress: Callable[[float], object]) -> tuple[GlobalIndex, ...]:
    """Return Sobol indices of ``names`` for the county's balance; ``progress`` hears the share done. Raises ``ScenarioError``."""

    def tell(share: float) -> None:
        progress(share)

    return global_sensitivity(plan.scenario, model.against(plan), names, progress=tell)


@cached(max_entries=8)
def outflow_groups(database: ReportingDatabase, scores: Scores = ()) -> pd.DataFrame:
    """Return what is treated outside though the county could, by disease group, the dearest first.

    Index disease_group; name, capability (primary or county), encounters, total_cost, fund_paid of the base year.
    """
    frame = _against_fund(database, scores, ()).outflows
    sums = frame.groupby(["disease_group", "capability"])[["encounters", "total_cost", "fund_paid"]].sum().reset_index()
    names = run_query(database.engine, "insurance/group_names").set_index("disease_group_code")["name"]
    sums["name"] = [str(names.get(code, code)) for code in sums["disease_group"]]
    return sums.sort_values("fund_paid", ascending=False).set_index("disease_group")
