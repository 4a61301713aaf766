"""Both what-ifs on one page: the fiscal scenario beside an insurance scenario, one balance of four parties, and what they both move."""

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.plan import Plan, read_link
from dashboard.services.fiscal.answer import FiscalModel
from dashboard.services.insurance.answer import Model, frozen_scores, insurance_model
from dashboard.services.insurance.baseline import Scores
from dashboard.services.insurance.scenarios import list_saved
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import PARTIES, FiscalOutcome
from dashboard.whatif.fiscal_search import Overlap, overlaps
from dashboard.whatif.money import cents, yuan
from dashboard.whatif.outcome import INSIDE, Outcome
from dashboard.workspace import Workspace

BASELINE, SESSION = "baseline", "session"


@dataclass(frozen=True)
class InsuranceChoice:
    """An insurance scenario that may stand beside: its code, its name (empty for the baseline and the session's own), its plan."""

    code: str
    name: str
    plan: Plan | None


@dataclass(frozen=True, eq=False)
class InsuranceSide:
    """The insurance scenario beside the fiscal one.

    ``flows``: what each party gains (+) or loses (−) against the insurance baseline, yuan, summing to 0: fund = what it finally pays
    less, people = what they pay less, hospital = what all institutions receive more. ``returned``: cost of care brought back into the
    county, yuan. ``balance``: budget − expected spending of the county, yuan.
    """

    name: str
    year: int
    flows: Mapping[str, float]
    returned: float
    balance: float
    changed: int


@dataclass(frozen=True)
class Shelf:
    """What the workspace holds for the side beside, read once: the scenarios that may stand there, and the frozen scores."""

    choices: tuple[InsuranceChoice, ...] = (InsuranceChoice(BASELINE, "", None),)
    scores: Scores = ()


def insurance_shelf(workspace: Workspace, session_link: str) -> Shelf:
    """Return what may stand beside. Raises ``DatabaseError`` when the workspace is away."""
    return Shelf(insurance_choices(workspace, session_link), frozen_scores(workspace))


def insurance_choices(workspace: Workspace, session_link: str) -> tuple[InsuranceChoice, ...]:
    """Return the insurance scenarios that may stand beside: baseline, this session's own when there is one, and the saved ones.

    Raises ``DatabaseError`` when the workspace is away. A link that cannot be read is left out: the insurance page says why.
    """
    found = [InsuranceChoice(BASELINE, "", None)]
    if session_link:
        try:
            found.append(InsuranceChoice(SESSION, "", read_link(session_link)))
        except ScenarioError:
            found = found[:1]
    saved = [InsuranceChoice(each.document_id, f"{each.name} v{each.version}", each.plan) for each in list_saved(workspace) if each.plan]
    return (*found, *saved)


def insurance_side(database: ReportingDatabase, scores: Scores, choice: InsuranceChoice) -> InsuranceSide | None:
    """Return the insurance scenario beside; None when the county has no insurance baseline.

    Raises ``ScenarioError`` when the scenario was made on other data, or cannot run.
    """
    return _side(database, scores, choice.plan, choice.name)


@cached(max_entries=32)
def _side(database: ReportingDatabase, scores: Scores, plan: Plan | None, name: str) -> InsuranceSide | None:
    model = insurance_model(database, scores)
    if not isinstance(model, Model):
        return None
    reference = model.reference()
    outcome = model.run(plan) if plan is not None else reference
    return InsuranceSide(
        name=name or outcome.scenario.name,
        year=outcome.year,
        flows=_flows(outcome, reference),
        returned=max(0.0, _inside(outcome) - _inside(reference)),
        balance=outcome.balance,
        changed=plan.changed if plan is not None else 0,
    )


def _inside(outcome: Outcome) -> float:
    return float(outcome.flows[1][..., INSIDE].sum())


def _flows(outcome: Outcome, reference: Outcome) -> dict[str, float]:
    kept, spent = (
        cents(float(outcome.communities[name].sum())) - cents(float(reference.communities[name].sum()))
        for name in ("community_share", "spending")
    )
    cost = cents(float(outcome.flows[1].sum())) - cents(float(reference.flows[1].sum()))
    parties = {"hospital": cost + kept, "fund": -(spent + kept), "people": spent - cost, "budget": 0}
    return {name: yuan(parties[name]) for name in PARTIES}


@dataclass(frozen=True)
class Together:
    """One county's balance: what each party gains (+) or loses (−), yuan; every column sums to 0.

    ``insurance``: None when that side was not computed: the totals are not known then. ``settled``: money that both scenarios move and
    that no rule keeps apart (a base that falls, a fee taken from the package).
    """

    fiscal: Mapping[str, float]
    insurance: Mapping[str, float] | None
    settled: Mapping[str, float]
    overlaps: tuple[Overlap, ...]

    def total(self, party: str) -> float | None:
        """What the party gains or loses in all; None when the insurance side is not known."""
        if self.insurance is None:
            return None
        return yuan(sum(cents(column[party]) for column in (self.fiscal, self.insurance, self.settled)))

    def row(self, party: str) -> tuple[float | None, ...]:
        """What the party gains or loses by the fiscal scenario, the insurance scenario, what both move, and in all."""
        insurance = None if self.insurance is None else self.insurance[party]
        return self.fiscal[party], insurance, self.settled[party], self.total(party)

    def sums(self) -> tuple[float | None, ...]:
        """The sum of every column of ``row``: 0, or None where a figure is not known."""
        columns = zip(*(self.row(party) for party in PARTIES), strict=True)
        return tuple(None if None in column else yuan(sum(cents(each) for each in column if each is not None)) for column in columns)


def together(model: FiscalModel, outcome: FiscalOutcome, side: InsuranceSide | None) -> Together:
    """Return the balance of both scenarios and the pairs of levers that act on the same money."""
    pairs = overlaps(
        outcome,
        basic_pay=model.county.basic_pay,
        returned=side.returned if side else 0.0,
        income=sum(model.baseline.income.values()),
    )
    return Together(outcome.flows, side.flows if side else None, _settled(pairs), pairs)


def _settled(pairs: tuple[Overlap, ...]) -> dict[str, float]:
    """Return what the open or closed rule of a pair moves between fund and institutions, yuan."""
    moved = 0
    for pair in pairs:
        if (pair.pair == "purchase_cut" and not pair.solved) or (pair.pair == "contract_package" and pair.solved):
            moved += cents(pair.amount)
    return {"hospital": yuan(-moved), "fund": yuan(moved), "people": 0.0, "budget": 0.0}


PARTY_NAMES = {"hospital": marked("医疗机构"), "fund": marked("医保基金"), "people": marked("群众"), "budget": marked("财政")}
"""The four parties in words, in the order of every table."""
