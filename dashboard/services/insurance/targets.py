"""The scenario's indicators against the official targets: the chain's own seven, those with a target of the catalogue."""

from dataclasses import dataclass

from dashboard.analysis.targets import Standing, standing
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Target
from dashboard.catalogue.overview import overview_plan
from dashboard.language import marked
from dashboard.whatif.outcome import INDICATORS, Outcome

# The chain counts what claims count; the catalogue's indicators of the same meaning lend their target.
CATALOGUE_IDS = {
    "county_visit_rate": "B01",
    "primary_visit_rate": "B02",
    "county_admission_share": "B03",
    "county_fund_share": "F01",
    "primary_fund_share": "F02",
}
LABELS = {
    "county_visit_rate": marked("县域内就诊率（结算口径）"),
    "county_admission_share": marked("县域内住院占比（结算口径）"),
    "primary_visit_rate": marked("基层就诊率（结算口径）"),
    "county_fund_share": marked("县域内基金支出占比"),
    "primary_fund_share": marked("基层基金支出占比"),
    "cost_per_case": marked("县域内住院次均费用"),
    "cost_per_visit": marked("县域内门诊次均费用"),
}


@dataclass(frozen=True)
class Effect:
    """An indicator in the baseline and under the plan, with the target of its official namesake (None without one)."""

    id: str
    label: str
    before: float | None
    now: float | None
    numerator: float
    denominator: float
    target: Target | None
    standing: Standing
    is_rate: bool


def indicator_effects(outcome: Outcome, reference: Outcome) -> tuple[Effect, ...]:
    """Return what the plan does to every indicator of the chain."""
    catalogue = load_catalogue()
    result = []
    for name in INDICATORS:
        now, before = outcome.indicators[name], reference.indicators[name]
        indicator = catalogue.indicators.get(CATALOGUE_IDS.get(name, ""))
        target = catalogue.target(indicator.id) if indicator else None
        rate = not name.startswith("cost")
        held = standing(now.value * 100, target, overview_plan().near_share) if target and rate and now.value is not None else Standing.NONE
        result.append(Effect(name, LABELS[name], before.value, now.value, now.numerator, now.denominator, target, held, rate))
    return tuple(result)
