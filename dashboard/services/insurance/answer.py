"""The insurance what-if's answers: the county's model, a plan run on it, and what the page shows of both."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.analysis.naming import distinct
from dashboard.analysis.small_counts import Guard, People, open_order
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN
from dashboard.catalogue.coefficients import Value
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.scenarios import PresetColumn, run_presets
from dashboard.services.insurance.baseline import BaselineGap, InsuranceBaseline, Scores, insurance_baseline
from dashboard.services.insurance.plan import Plan, baseline_plan
from dashboard.store.query import run_query
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.chain import KIND_GROWTH
from dashboard.whatif.goal_seek import Goal, GoalResult, goal_seek
from dashboard.whatif.optimise import Objective, Optimum, optimise
from dashboard.whatif.outcome import Outcome
from dashboard.whatif.scenario import Checked, coefficient_values, run
from dashboard.whatif.sensitivity import GlobalIndex, TornadoBar, global_sensitivity, movable, tornado
from dashboard.whatif.uncertainty import Uncertainty, monte_carlo
from dashboard.workspace import Kind, Status, Workspace

Fund = tuple[tuple[str, float], ...]
OUTFLOWS = Guard((People("encounters"),), {"total_cost": ("encounters",), "fund_paid": ("encounters",)})
"""What ``outflow_groups`` must hide: a few encounters, and the money beside them, which is theirs."""
KINDS = Guard((People("encounters"),), {"fund_paid": ("encounters",), "change": ("encounters",)})
"""What ``kind_frame`` must hide."""

HOSPITALS = Guard(
    (People("cases"),),
    dict.fromkeys(("points", "due", "patient_paid", "fund_pays", "claimed", "difference", "settlement_share"), ("cases",)),
)
"""What ``hospital_frame`` must hide: of an institution with a few inpatients, points and money are theirs."""


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


@cached(max_entries=32, needs_county=True)
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
        ready = plan.ready
        return ready.values if isinstance(ready, Checked) else coefficient_values(ready, self.baseline)

    def run(self, plan: Plan) -> Outcome:
        """Run the chain. Raises ``ScenarioError``."""
        return run(plan.ready, self.against(plan))

    def reference(self) -> Outcome:
        """Return the outcome of the baseline plan."""
        return _reference(self.database, self.scores)

    def uncertainty(self, plan: Plan) -> Uncertainty:
        """Return bands and probability of overspending ."""
        return _uncertainty(self.database, self.scores, plan)

    def tornado(self, plan: Plan) -> tuple[TornadoBar, ...]:
        """Return what one step of each coefficient does to the county's balance, the largest first."""
        return _tornado(self.database, self.scores, plan)


def insurance_model(database: ReportingDatabase, scores: Scores = ()) -> Model | BaselineGap:
    """Return the county's model, or why there is none."""
    county = insurance_baseline(database, scores)
    return county if isinstance(county, BaselineGap) else Model(database, scores, county)


@cached(max_entries=8, needs_county=True)
def _reference(database: ReportingDatabase, scores: Scores) -> Outcome:
    baseline = _against_fund(database, scores, ())
    return run(baseline_plan(baseline).ready, baseline)


@cached(max_entries=64, needs_county=True)
def _uncertainty(database: ReportingDatabase, scores: Scores, plan: Plan) -> Uncertainty:
    return monte_carlo(plan.ready, _against_fund(database, scores, plan.fund))


@cached(max_entries=64, needs_county=True)
def _tornado(database: ReportingDatabase, scores: Scores, plan: Plan) -> tuple[TornadoBar, ...]:
    return tornado(plan.ready, _against_fund(database, scores, plan.fund))


@dataclass(frozen=True)
class Standing:
    """One scheme of one community under a plan and in the baseline, yuan; ``overspend`` is the probability of overspending."""

    community: str
    balance: float
    before: float
    low: float
    high: float
    overspend: float
    budget: float
    spending: float
    scheme: str = ""


def standings(outcome: Outcome, reference: Outcome, chance: Uncertainty) -> tuple[Standing, ...]:
    """Return every community × scheme of the outcome, by community in display order: schemes do not pay for each other."""
    now, before = (each.units.set_index(["community", "scheme"]) for each in (outcome, reference))
    units = sorted(now.index, key=lambda unit: list(outcome.communities.index).index(unit[0]))
    return tuple(
        Standing(
            community=str(unit[0]),
            scheme=str(unit[1]),
            balance=float(now.loc[unit, "balance"]),
            before=float(before.loc[unit, "balance"]),
            low=float(chance.units.loc[unit, "low"]),
            high=float(chance.units.loc[unit, "high"]),
            overspend=float(chance.units.loc[unit, "overspend_probability"]),
            budget=float(now.loc[unit, "budget"]),
            spending=float(now.loc[unit, "spending"]),
        )
        for unit in units
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


def preset_columns(model: Model) -> tuple[PresetColumn, ...]:
    """Return every preset that fits this county, run once per data version."""
    return _preset_columns(model.database, model.scores)


@cached(max_entries=8, needs_county=True)
def _preset_columns(database: ReportingDatabase, scores: Scores) -> tuple[PresetColumn, ...]:
    model = insurance_model(database, scores)
    return run_presets(model) if isinstance(model, Model) else ()


def month_frame(model: Model, outcome: Outcome, communities: Sequence[str]) -> pd.DataFrame:
    """Return month 1–12 with prepaid, spending (expected) and executed (what the claims say, NaN for months to come), yuan."""
    months = outcome.months[outcome.months["community"].isin(list(communities))].groupby("month")[["prepaid", "spending"]].sum()
    executed = model.county.executed
    sums = executed[executed["community"].isin(list(communities))].groupby("month")["executed"].sum()
    return months.assign(executed=sums.reindex(months.index)).reset_index()


def hospital_frame(model: Model, outcome: Outcome) -> pd.DataFrame:
    """Return ``outcome.hospitals`` with ``cases``, the inpatients of the base year behind the points; who is due most comes first.

    Its small counts are for ``HOSPITALS`` to hide; institutions of which they are hidden stand last, since their place would tell them.
    """
    frame = outcome.hospitals.set_index("hospital", drop=False)
    frame["cases"] = model.county.cases.reindex(frame.index).astype(float)
    hidden = [HOSPITALS.hide(frame, smallest).hidden["cases"] for smallest in (ON_SCREEN, ON_EXPORT)]
    return frame.loc[open_order(frame["due"], *hidden)].reset_index(drop=True)


def spending_bridge(outcome: Outcome, reference: Outcome, communities: Sequence[str]) -> tuple[tuple[str, float], ...]:
    """Return what leads from the recorded months to the year's expected spending of ``communities``: (step, yuan).

    recorded: claims of the months there are. last_year: the same months as those to come, a year earlier. volume: growth of encounters by
    kind and place. price: the county's growth of cost per encounter. own: what the communities' own cost and reimbursement do beyond it.
    measures: what the plan changes. The steps add up to the expected spending; without measures that is the Overview's year-end.
    """
    arrays = reference.baseline.arrays
    chosen = np.isin(np.array(arrays.communities)[arrays.community_of], list(communities))
    ahead, trend = arrays.ahead[2, chosen], arrays.trend[chosen]
    price = np.array([reference.values[dearer] for _more, dearer in KIND_GROWTH], dtype=float)[None, :, None]
    now, before = (float(each.units.loc[chosen, "spending"].sum()) for each in (outcome, reference))
    steps = {
        "recorded": arrays.known[2, chosen].sum(),
        "last_year": ahead.sum(),
        "volume": (ahead * trend).sum(),
        "price": (ahead * (1 + trend) * price).sum(),
    }
    found = {name: round(float(amount), 2) for name, amount in steps.items()}
    return *found.items(), ("own", round(before - sum(found.values()), 2)), ("measures", round(now - before, 2))


@cached(max_entries=64, needs_county=True)
def _sought(database: ReportingDatabase, scores: Scores, plan: Plan, coefficient: str, goal: Goal) -> GoalResult:
    return goal_seek(plan.ready, _against_fund(database, scores, plan.fund), coefficient, goal, interval=True)


def seek(model: Model, plan: Plan, coefficient: str, goal: Goal) -> GoalResult:
    """Return where ``goal`` is just met, with the interval that uncertainty leaves. Raises ``ScenarioError``."""
    return _sought(model.database, model.scores, plan, coefficient, goal)


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
    return optimise(plan.ready, baseline, objective=objective, bounds=bounds, primary_floor=primary_floor)


def movable_names(model: Model, plan: Plan) -> tuple[str, ...]:
    """Return the coefficients that goal seek and sensitivity can move."""
    return tuple(movable(model.baseline, model.values(plan)))


def global_indices(model: Model, plan: Plan, names: Sequence[str], progress: Callable[[float], object]) -> tuple[GlobalIndex, ...]:
    """Return Sobol indices of ``names`` for the county's balance; ``progress`` hears the share done. Raises ``ScenarioError``."""

    def tell(share: float) -> None:
        progress(share)

    return global_sensitivity(plan.ready, model.against(plan), names, progress=tell)


@cached(max_entries=8, needs_county=True)
def outflow_groups(database: ReportingDatabase, scores: Scores = ()) -> pd.DataFrame:
    """Return what is treated outside though the county could, by disease group, the dearest first.

    Index disease_group; name, capability (primary or county), encounters, total_cost, fund_paid of the base year.
    """
    frame = _against_fund(database, scores, ()).outflows
    sums = frame.groupby(["disease_group", "capability"])[["encounters", "total_cost", "fund_paid"]].sum().reset_index()
    names = distinct(run_query(database, "insurance/group_names").set_index("disease_group_code")["name"])
    sums["name"] = [str(names.get(code, code)) for code in sums["disease_group"]]
    return sums.sort_values("fund_paid", ascending=False).set_index("disease_group")
