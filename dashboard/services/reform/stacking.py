"""Saved scenarios of both what-ifs stacked as reforms: conflicts, dates, what they do together to four parties, and who adds what.

A reform is a saved scenario with the months in which it holds. All amounts are a whole year's: the budget year of the insurance model, for
the fiscal model on the books and the workload of its history.
"""

import datetime
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from dashboard.catalogue.coefficients import CoefficientCatalogue
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.plan import Plan, with_coefficients
from dashboard.services.common.scenarios import Saved, list_saved
from dashboard.services.fiscal.answer import MODEL as FISCAL
from dashboard.services.fiscal.answer import FiscalModel, fiscal_model, model_of_plan
from dashboard.services.fiscal.together import InsuranceChoice, insurance_side, together
from dashboard.services.insurance.answer import Model, Scores, insurance_model
from dashboard.services.insurance.scenarios import MODEL as INSURANCE
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import PARTIES
from dashboard.whatif.fiscal_search import Overlap
from dashboard.whatif.stacking import (
    MOST_STACKED,
    DateProblem,
    HardConflict,
    Reform,
    Stack,
    date_problems,
    hard_conflicts,
    in_force,
    merged,
    refuse_other_bases,
    stacked,
)
from dashboard.workspace import Workspace

FUND, GROUPS = "fund", "recapture_groups"
"""Parts of an insurance plan that are no coefficients, as parameters of a reform."""
MODEL_NAMES = {INSURANCE: marked("医保总额推演"), FISCAL: marked("财政补偿推演")}


@dataclass(frozen=True)
class Picked:
    """A saved scenario that is stacked: which what-if it is of, its plan, and the first and last day on which it holds (None: goes on)."""

    key: str
    name: str
    model: str
    plan: Plan
    first: datetime.date
    last: datetime.date | None = None

    def reform(self) -> Reform:
        """Return it as the pure functions take it."""
        scenario = self.plan.scenario
        changes: dict[str, Hashable] = dict(scenario.coefficients)
        if self.plan.fund:
            changes[FUND] = self.plan.fund
        if scenario.recapture_groups is not None:
            changes[GROUPS] = tuple(sorted(scenario.recapture_groups))
        return Reform(self.key, self.name, self.model, scenario.data_version, changes, self.first, self.last)


@dataclass(frozen=True, eq=False)
class StackAnswer:
    """What is to be known of stacked reforms.

    ``year``: the year that is counted; ``base``: the year of the fiscal books, None without them. ``reforms`` are all that were picked,
    ``counted`` those in force in the year. ``conflicts`` are the hard ones, ``open`` those that nobody has settled: ``stack`` (yuan, by
    party, gain +) is None then. ``pairs``: levers of both what-ifs that act on the same money with all reforms in force.
    """

    year: int
    base: int | None
    reforms: tuple[Reform, ...]
    counted: tuple[Reform, ...]
    conflicts: tuple[HardConflict, ...]
    open: tuple[HardConflict, ...]
    dates: tuple[DateProblem, ...]
    stack: Stack | None
    pairs: tuple[Overlap, ...]

    def name(self, key: str) -> str:
        """Return the name of a reform."""
        return next(each.name for each in self.reforms if each.key == key)


def stackable(workspace: Workspace) -> dict[str, tuple[str, Saved]]:
    """Return the saved scenarios that change something, by document: the what-if and the scenario. Raises ``DatabaseError``."""
    return {
        each.document_id: (model, each)
        for model in (INSURANCE, FISCAL)
        for each in list_saved(workspace, model)
        if each.plan is not None and (each.plan.changed or each.plan.fund or each.plan.scenario.recapture_groups is not None)
    }


def counted_year(database: ReportingDatabase, scores: Scores = ()) -> int | None:
    """Return the year that stacked reforms are counted for; None without either what-if."""
    insurance = insurance_model(database, scores)
    if isinstance(insurance, Model):
        return insurance.baseline.year
    fiscal = fiscal_model(database)
    return fiscal.baseline.year + 1 if isinstance(fiscal, FiscalModel) else None


@dataclass(frozen=True, eq=False)
class _Ground:
    """Both models as they are needed: None for one that the county lacks."""

    database: ReportingDatabase
    scores: Scores
    insurance: Model | None
    fiscal: FiscalModel | None

    @property
    def models(self) -> Mapping[str, Model | FiscalModel]:
        pairs = ((INSURANCE, self.insurance), (FISCAL, self.fiscal))
        return {name: model for name, model in pairs if model is not None}

    @property
    def catalogues(self) -> Mapping[str, CoefficientCatalogue]:
        return {name: model.baseline.coefficients for name, model in self.models.items()}

    def plan(self, model: str, changes: Mapping[str, Hashable]) -> Plan:
        """Return the plan of one what-if with these changes. Raises ``ScenarioError`` when they do not go together."""
        found = self.models[model]
        plain = {name: value for name, value in changes.items() if name not in (FUND, GROUPS)}
        plan = with_coefficients(found.start(), found.baseline, plain)  # type: ignore[arg-type]
        if GROUPS in changes:
            plan = plan.rewritten(plan.scenario.model_copy(update={"recapture_groups": changes[GROUPS]}))
        return replace(plan, fund=changes[FUND]) if FUND in changes else plan  # type: ignore[arg-type]

    def run(self, reforms: tuple[Reform, ...], settled: Mapping[str, Hashable]) -> tuple[dict[str, float], tuple[Overlap, ...]]:
        """Return what each party has against the baselines with these reforms in force, yuan, and the pairs on the same money."""
        changes = merged(reforms, settled)
        side = None
        if self.insurance is not None:
            choice = InsuranceChoice("", "", self.plan(INSURANCE, changes.get(INSURANCE, {})))
            side = insurance_side(self.database, self.scores, choice)
        flows = dict(side.flows) if side is not None else dict.fromkeys(PARTIES, 0.0)
        if self.fiscal is None:
            return flows, ()
        outcome = self.fiscal.run(self.plan(FISCAL, changes.get(FISCAL, {})))
        both = together(self.fiscal, outcome, side)
        return {party: round(flows[party] + both.fiscal[party] + both.settled[party], 2) for party in PARTIES}, both.overlaps


def _ground(database: ReportingDatabase, scores: Scores, picked: tuple[Picked, ...]) -> _Ground:
    insurance = insurance_model(database, scores)
    fiscal = model_of_plan(database, next((each.plan for each in picked if each.model == FISCAL), None))
    return _Ground(
        database,
        scores,
        insurance if isinstance(insurance, Model) else None,
        fiscal if isinstance(fiscal, FiscalModel) else None,
    )


@cached(max_entries=16, needs_county=True)
def stack_answer(
    database: ReportingDatabase, scores: Scores, picked: tuple[Picked, ...], settled: tuple[tuple[str, str], ...] = ()
) -> StackAnswer:
    """Return what these reforms do together.

    Args:
        database: the reporting database.
        scores: frozen appraisal scores (``services.insurance.frozen_scores``).
        picked: the reforms, in any order.
        settled: by ``HardConflict.key`` the key of the reform whose value holds where reforms disagree.

    Raises:
        ScenarioError: too many reforms, one of a what-if that the county has no data for or made on other data, changes that do not
            go together. ``ScopeError`` for a part of the county.
    """
    if len(picked) > MOST_STACKED:
        raise ScenarioError(marked("一次最多叠加 {most} 项改革"), marked("请去掉一些"), most=MOST_STACKED)
    ground = _ground(database, scores, picked)
    models = ground.models
    lacking = [each.name for each in picked if each.model not in models]
    if lacking:
        raise ScenarioError(
            marked("没有数据，无法计算这些改革：{names}"), marked("请从叠加中去掉，或载入所缺的表"), names="、".join(lacking)
        )
    reforms = tuple(each.reform() for each in picked)
    refuse_other_bases(reforms, {name: model.baseline.data_version for name, model in models.items()})
    year = counted_year(database, scores) or 0
    years = dict.fromkeys(models, year)
    counted = in_force(reforms, years)
    conflicts = hard_conflicts(reforms, years)
    chosen = dict(settled)
    values = {each.key: value for each in conflicts for value, keys in each.values if chosen.get(each.key) in keys}
    unsettled = tuple(each for each in conflicts if each.key not in values)
    stack, pairs = None, tuple[Overlap, ...]()
    if counted and not unsettled:

        def run(keys: frozenset[str]) -> Mapping[str, float]:
            return ground.run(tuple(each for each in counted if each.key in keys), values)[0]

        stack = stacked([each.key for each in counted], run)
        pairs = ground.run(counted, values)[1]
    return StackAnswer(
        year=year,
        base=ground.fiscal.baseline.year if ground.fiscal else None,
        reforms=reforms,
        counted=counted,
        conflicts=conflicts,
        open=unsettled,
        dates=date_problems(reforms, years, ground.catalogues),
        stack=stack,
        pairs=pairs,
    )


def share_table(answer: StackAnswer, party: str) -> pd.DataFrame:
    """Return what each reform adds for one party, yuan: index reform; name, model, first, last, share. Empty without a total."""
    if answer.stack is None:
        return pd.DataFrame(columns=["name", "model", "first", "last", "share"])
    models = {each.key: each.model for each in answer.reforms}
    frame = answer.stack.shares[party]
    return frame.assign(name=[answer.name(str(key)) for key in frame.index], model=[models[str(key)] for key in frame.index])


# The address -------------------------------------------------------------------------------------------------------------


def stack_text(picked: tuple[Picked, ...]) -> str:
    """Return the reforms and their months for the address: ``id@2025-01~2025-12`` each, without an end when one goes on."""
    return ";".join(f"{each.key}@{each.first:%Y-%m}~{f'{each.last:%Y-%m}' if each.last else ''}" for each in picked)


def read_stack(text: str, known: Mapping[str, tuple[str, Saved]]) -> tuple[Picked, ...]:
    """Return the reforms of an address; what is not among ``known`` (``stackable``) or cannot be read is left out."""
    found: dict[str, Picked] = {}
    for part in text.split(";")[:MOST_STACKED]:
        key, _at, months = part.partition("@")
        first, _to, last = months.partition("~")
        begin, end = _month(first), _month(last)
        if key in known and begin is not None and (end is None or end >= begin):
            found[key] = picked_of(key, known, begin, end)
    return tuple(found.values())


def picked_of(key: str, known: Mapping[str, tuple[str, Saved]], first: datetime.date, last: datetime.date | None) -> Picked:
    """Return a saved scenario as a reform that holds from the month of ``first`` to that of ``last``."""
    model, saved = known[key]
    if saved.plan is None:
        raise TypeError("a scenario that cannot be read is not stackable")
    return Picked(key, f"{saved.name} v{saved.version}", model, saved.plan, first, last)


def _month(text: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def settled_text(settled: Mapping[str, str]) -> str:
    """Return the settled conflicts for the address."""
    return ";".join(f"{key}~{reform}" for key, reform in sorted(settled.items()))


def read_settled(text: str) -> dict[str, str]:
    """Return the settled conflicts of an address; a part that is none is left out."""
    parts = (part.split("~") for part in text.split(";"))
    return {part[0]: part[1] for part in parts if len(part) == 2}
