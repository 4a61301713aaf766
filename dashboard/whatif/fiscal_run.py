"""One fiscal scenario on one county: what every institution gets by track, the price round, the contract fee, and who pays.

Every formula is a front door of ``whatif/fiscal.py``; here they are put on a county's figures. All amounts are yuan a year (or of the
months of the baseline) and, in what comes out, whole cents.
"""

import datetime
import math
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd

from dashboard.catalogue.coefficients import CoefficientCatalogue, Value
from dashboard.language import marked
from dashboard.whatif.document import Checked, Scenario, checked
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal import (
    IncomeStructure,
    Transition,
    contract_fee,
    income_structure,
    institution_equivalents,
    markup_compensation,
    markup_lost,
    needed_for_share,
    performance_pay,
    purchase,
    purchase_savings,
    quality_range,
    standard_equivalents,
    subsidies,
    transition,
)
from dashboard.whatif.money import cents, checked_amount, yuan

TRACKS = {
    "guarantee": marked("定项保障"),
    "purchase": marked("当量购买"),
    "quota": marked("定额购买"),
    "contract": marked("签约服务"),
    "floor": marked("保底补足"),
}
"""What the budget pays an institution, in the order of every bar and table; ``floor`` is what the guard against history adds."""
_PAID = ("guarantee", "purchase", "quota", "contract")
PAYERS = ("fiscal", "fund", "person")
PARTIES = ("hospital", "fund", "people", "budget")
INCOME_ITEMS = ("drug", "herbal", "consumable", "examination", "laboratory", "service")
"""Medical income by item; ``service`` is all that is none of the others, as indicator D06 counts it."""
_PRICE_COEFFICIENTS = (
    "markup_reform", "purchase_cut", "service_price_share", "insurance_share_of_rise", "fund_share_of_drugs",
    "markup", "service_price_rise", "backstop_floor",
)  # fmt: skip
_FEE_COEFFICIENTS = ("contract_fee", "payer_weights", "contract_score", "subsidy_poor")
_MOST_KEPT = 512
Kept = TypeVar("Kept")


@dataclass(frozen=True, eq=False)
class FiscalBaseline:
    """What the fiscal what-if needs to know of a county.

    Attributes:
        data_version: load id with the year and whether missing months were filled up; a scenario made on another is refused.
        year: the year of the history.
        coefficients: the coefficients of this model.
        institutions: one row per institution that takes part (index): community, residents, signed, fulfilled, low_income (people),
            staff; people that were not reported are missing.
        history: what the budget paid, yuan, by institution (index) and track: guarantee, purchase, quota, contract.
        fees: contract fee recorded, yuan, by institution: fund, person.
        workload: institution, service, quantity, quality (κ) of the year.
        weights: standard equivalents by service.
        hospitals: one row per hospital (index): community, ``INCOME_ITEMS`` (yuan), cost of everything but drugs and materials
            (missing where no expenses were reported), and basic_pay from the budget.
        target: service share aimed at, a share.
        part: the part of a year that all amounts cover: 1, or 10/12 when ten months are shown as they are.
        held: institutions whose workload is not known: they go on getting their history and count neither as winner nor as loser.
    """

    data_version: str
    year: int
    coefficients: CoefficientCatalogue
    institutions: pd.DataFrame
    history: pd.DataFrame
    fees: pd.DataFrame
    workload: pd.DataFrame
    weights: Mapping[str, float]
    hospitals: pd.DataFrame
    target: float
    part: float = 1.0
    held: frozenset[str] = frozenset()
    _kept: dict[Hashable, Any] = field(default_factory=dict, repr=False)

    @property
    def first_day(self) -> datetime.date:
        """The day whose coefficient defaults hold."""
        return datetime.date(self.year, 1, 1)

    @cached_property
    def defaults(self) -> Mapping[str, Value]:
        """Every coefficient's default in force on ``first_day``."""
        return dict(self.coefficients.defaults(self.first_day))

    @cached_property
    def before(self) -> dict[str, float]:
        """History of each institution, all tracks together, yuan."""
        return {name: yuan(sum(map(cents, row))) for name, row in zip(self.names, self.past.tolist(), strict=True)}

    @cached_property
    def total_before(self) -> float:
        """History of all institutions, yuan."""
        return yuan(sum(map(cents, self.before.values())))

    def kept(self, key: Hashable, make: Callable[[], Kept]) -> Kept:
        """Return what ``make`` gave for ``key``: a slider moves one part of a scenario, the other parts stay as they were."""
        found = self._kept.get(key)
        if found is None:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            found = self._kept[key] = make()
        return found

    def equivalents(self, strength: float) -> dict[str, float]:
        """Return the equivalents of each institution with κ' = 1 + (κ − 1) · strength, kept within κ's range."""

        def counted() -> dict[str, float]:
            quality = (1 + (self.workload["quality"].astype(float) - 1) * strength).clip(*quality_range())
            found = institution_equivalents(standard_equivalents(self.workload.assign(quality=quality), self.weights))
            return {name: found.get(name, 0.0) for name in self.names}

        return self.kept(("equivalents", strength), counted)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The institutions that take part, in their order."""
        return tuple(str(name) for name in self.institutions.index)

    @cached_property
    def reckoned(self) -> np.ndarray:
        """By institution whether it is paid by the new rules: all but ``held``."""
        return np.array([name not in self.held for name in self.names], dtype=bool)

    @cached_property
    def people(self) -> dict[str, list[float]]:
        """Residents, fulfilled and low_income by institution for the part of the year; who was not reported counts 0."""
        columns = ("residents", "fulfilled", "low_income")
        return {name: (self.institutions[name].astype(float).fillna(0.0) * self.part).tolist() for name in columns}

    @cached_property
    def past(self) -> np.ndarray:
        """History by institution and track, yuan."""
        return self.history[list(_PAID)].to_numpy(dtype=float)

    @cached_property
    def income(self) -> dict[str, float]:
        """Medical income of all hospitals by item, yuan."""
        return {item: float(self.hospitals[item].sum()) for item in INCOME_ITEMS}


@dataclass(frozen=True)
class Payer:
    """What one party gains (+) or loses (−) in the price round, yuan: by dearer services, cheaper drugs, the budget's backstop."""

    drugs: float
    services: float
    backstop: float

    @property
    def net(self) -> float:
        """All three together."""
        return yuan(cents(self.drugs) + cents(self.services) + cents(self.backstop))


@dataclass(frozen=True)
class PriceRound:
    """One price reform: its kind, the money set free or lost, what went into prices, and the four parties (sum 0 to the cent)."""

    markup: bool
    freed: float
    prices: float
    parties: Mapping[str, Payer]
    hospitals: pd.DataFrame
    """By hospital: freed (or lost), prices, backstop, own, rate (missing where nothing was lost)."""

    @property
    def backstop(self) -> float:
        """What the budget pays, yuan."""
        return -self.parties["budget"].backstop


@dataclass(frozen=True, eq=False)
class FiscalOutcome:
    """One scenario run on one county.

    ``new``: what the new rules alone would pay, institution × guarantee, purchase, quota, contract, yuan. ``fees``: contract fee of the
    scenario by institution and payer.
    """

    scenario: Scenario
    baseline: FiscalBaseline
    values: Mapping[str, Value]
    equivalents: Mapping[str, float]
    unit_value: float
    paid: Transition
    new: np.ndarray
    fees: pd.DataFrame
    prices: PriceRound | None
    structure: IncomeStructure | None

    @cached_property
    def total(self) -> float:
        """What the budget pays the institutions, yuan."""
        return self.paid.total

    @cached_property
    def tracks(self) -> pd.DataFrame:
        """What each institution is paid by ``TRACKS``, yuan; every row sums to what it is paid."""
        return _tracks(self.baseline, self.new, number_of(self.values, "transition_weight"), self.paid)

    @property
    def change(self) -> float:
        """What the institutions get more than their history, yuan."""
        return yuan(cents(self.total) - cents(self.baseline.total_before))

    @property
    def input_change(self) -> float:
        """What the budget spends more than its history, the backstop of the price round included, yuan."""
        return yuan(cents(self.input) - cents(self.baseline.total_before))

    @cached_property
    def changes(self) -> dict[str, float]:
        """Against history, by institution whose workload is known, yuan."""
        held = self.baseline.held
        return {name: yuan(cents(amount) - cents(self.baseline.before[name])) for name, amount in self.paid.items() if name not in held}

    @property
    def budget(self) -> float:
        """The fiscal budget that the scenario is held against: history with its growth, yuan."""
        return _budget(self.baseline, self.values)

    @property
    def margin(self) -> float:
        """Budget − what is paid to institutions − backstop, yuan."""
        return yuan(cents(self.budget) - cents(self.input))

    @property
    def input(self) -> float:
        """All that the budget spends: institutions and the backstop of the price round, yuan."""
        return yuan(cents(self.total) + cents(self.prices.backstop if self.prices else 0.0))

    @cached_property
    def track_totals(self) -> dict[str, float]:
        """The county by track, yuan."""
        return {name: yuan(sum(map(cents, self.tracks[name]))) for name in TRACKS}

    @property
    def bought_share(self) -> float | None:
        """Purchase, quota and contract as a share of all that is paid; None when nothing is paid."""
        bought = sum(self.track_totals[name] for name in ("purchase", "quota", "contract"))
        return bought / self.total if self.total > 0 else None

    @property
    def fee_total(self) -> float:
        """The scenario's contract fee of all payers, yuan."""
        return yuan(sum(cents(amount) for payer in PAYERS for amount in self.fees[payer]))

    @property
    def needed(self) -> float | None:
        """What would have to go into service prices for the target, yuan; None without hospital income."""
        if self.structure is None:
            return None
        return needed_for_share(self.baseline.income, drug_cut=_drug_cut(self.values), target=self.baseline.target)

    @cached_property
    def pay(self) -> dict[str, float | None]:
        """What each hospital may pay beyond approved wages out of its service margin, yuan; None where its cost is not known.

        The cost of services is the cost of everything but drugs and materials, less what the budget pays for wages, in the proportion
        of services to services, examinations and laboratory [INFER].
        """
        kept, found = number_of(self.values, "business_fund"), dict[str, float | None]()
        columns = ["service", "examination", "laboratory", "cost", "basic_pay"]
        for name, row in zip(
            self.baseline.hospitals.index, self.baseline.hospitals[columns].astype(float).to_numpy().tolist(), strict=True
        ):
            service, examination, laboratory, spent, basic_pay = row
            worked = service + examination + laboratory
            share = service / worked if worked > 0 else 0.0
            known = not math.isnan(spent)
            found[str(name)] = (
                performance_pay(max(0.0, service), max(0.0, spent - basic_pay) * share, business_fund=kept) if known else None
            )
        return found

    @cached_property
    def flows(self) -> dict[str, float]:
        """What each of the four parties gains (+) or loses (−) against history, yuan; they sum to 0.

        Hospital stands for all institutions. The contract fee of fund and people moves with the same weight as the budget's.
        """
        weight = number_of(self.values, "transition_weight")
        fee = {
            payer: cents(weight * (float(self.fees[payer].sum()) - float(self.baseline.fees[payer].sum()))) for payer in ("fund", "person")
        }
        price = {name: cents(payer.net) for name, payer in self.prices.parties.items()} if self.prices else dict.fromkeys(PARTIES, 0)
        more = cents(self.change)
        return {
            "hospital": yuan(more + fee["fund"] + fee["person"] + price["hospital"]),
            "fund": yuan(price["fund"] - fee["fund"]),
            "people": yuan(price["people"] - fee["person"]),
            "budget": yuan(price["budget"] - more),
        }


def number_of(values: Mapping[str, Value], name: str) -> float:
    """Return a coefficient that is a single number."""
    return float(values[name])  # type: ignore[arg-type]


def run_fiscal(scenario: Scenario | Checked, baseline: FiscalBaseline) -> FiscalOutcome:
    """Run one scenario.

    Raises:
        ScenarioError: another data version, coefficients unknown or out of range, no institution, payer weights that are all zero.
    """
    ready = checked(scenario, baseline)
    return _run(ready.scenario, baseline, ready.values)


def run_values(outcome: FiscalOutcome, values: Mapping[str, Value]) -> FiscalOutcome:
    """Run the scenario of ``outcome`` with some values replaced; for searches, which stay inside the catalogue's ranges."""
    return _run(outcome.scenario, outcome.baseline, {**outcome.values, **values})


def new_tracks(baseline: FiscalBaseline, values: Mapping[str, Value]) -> tuple[np.ndarray, pd.DataFrame, float]:
    """Return what the new rules alone would pay (institution × guarantee, purchase, quota, contract), the contract fees, the unit value.

    Institutions whose workload is not known keep their history; a closed pool is what the budget leaves beside them.
    """
    names, reckoned = baseline.names, baseline.reckoned
    fees = baseline.kept(("fees", *(values[name] for name in _FEE_COEFFICIENTS)), lambda: _fees(baseline, values))
    contract = fees["fiscal"].tolist()
    more = 1 + number_of(values, "guarantee_change")
    guarantee = {name: max(0.0, amount) * more for name, amount in zip(names, baseline.past[:, 0].tolist(), strict=True)}
    rate = number_of(values, "quota_per_resident")
    quota = {name: people * rate for name, people in zip(names, baseline.people["residents"], strict=True)}
    grown = _grown(baseline, values)
    if values["closed_pool"] and reckoned.any():
        fixed = np.column_stack([list(guarantee.values()), list(quota.values()), contract])
        taken = float(fixed[reckoned].sum() + baseline.past[~reckoned].sum())
        bought = purchase(grown, pool=max(0.0, _budget(baseline, values) - taken))
    else:
        bought = purchase(grown, unit_value=number_of(values, "unit_value"))
    found = subsidies(guarantee, bought, quota)
    rows = [(found[name].guarantee, found[name].purchase, found[name].quota_items, fee) for name, fee in zip(names, contract, strict=True)]
    return np.where(reckoned[:, None], np.array(rows), baseline.past), fees, bought.unit_value


def _grown(baseline: FiscalBaseline, values: Mapping[str, Value]) -> dict[str, float]:
    growth = 1 + number_of(values, "workload_growth")
    return {name: amount * growth for name, amount in baseline.equivalents(number_of(values, "quality_strength")).items()}


def _budget(baseline: FiscalBaseline, values: Mapping[str, Value]) -> float:
    return yuan(cents(baseline.total_before * (1 + number_of(values, "budget_growth"))))


def _run(scenario: Scenario, baseline: FiscalBaseline, values: Mapping[str, Value]) -> FiscalOutcome:
    if baseline.institutions.empty:
        raise ScenarioError(marked("没有可推演的基层机构"), marked("请载入机构、财务月报与服务工作量月报"))
    new, fees, unit_value = new_tracks(baseline, values)
    wanted = {name: yuan(sum(map(cents, row))) for name, row in zip(baseline.names, new.tolist(), strict=True)}
    paid = transition(baseline.before, wanted, weight=number_of(values, "transition_weight"), floor=number_of(values, "history_floor"))
    prices, structure = baseline.kept(("prices", *(values[name] for name in _PRICE_COEFFICIENTS)), lambda: _prices(baseline, values))
    return FiscalOutcome(
        scenario=scenario,
        baseline=baseline,
        values=dict(values),
        equivalents=_grown(baseline, values),
        unit_value=unit_value,
        paid=paid,
        new=new,
        fees=fees,
        prices=prices,
        structure=structure,
    )


def _tracks(baseline: FiscalBaseline, new: np.ndarray, weight: float, paid: Transition) -> pd.DataFrame:
    """Return each institution's tracks on the way; rounding the running sum keeps every row equal to what is paid."""
    moved = (1 - weight) * baseline.past + weight * new
    running = np.rint(np.cumsum(moved, axis=1) * 100).astype(np.int64)
    top = np.array([cents(paid.topped_up[name]) for name in baseline.names], dtype=np.int64)
    running[:, -1] = np.array([cents(paid[name]) for name in baseline.names], dtype=np.int64) - top
    parts = np.column_stack([np.diff(running, axis=1, prepend=0), top])
    return pd.DataFrame(parts / 100, index=list(baseline.names), columns=list(TRACKS))


def _fees(baseline: FiscalBaseline, values: Mapping[str, Value]) -> pd.DataFrame:
    """Return the contract fee by institution and payer; the budget pays the extra for poor people in place of them."""
    shares = values["payer_weights"]
    weights = dict(zip(PAYERS, shares if isinstance(shares, tuple) else (), strict=True))
    fee, score, extra = (number_of(values, name) for name in ("contract_fee", "contract_score", "subsidy_poor"))
    rows = []
    for fulfilled, poor in zip(baseline.people["fulfilled"], baseline.people["low_income"], strict=True):
        parts = contract_fee(fulfilled, fee, weights, score=score)
        moved = min(cents(poor * extra), cents(parts["person"]))
        rows.append((yuan(cents(parts["fiscal"]) + moved), parts["fund"], yuan(cents(parts["person"]) - moved)))
    return pd.DataFrame(rows, index=list(baseline.names), columns=list(PAYERS))


def _drug_cut(values: Mapping[str, Value]) -> float:
    markup = number_of(values, "markup")
    return markup / (1 + markup) if values["markup_reform"] else number_of(values, "purchase_cut")


def _prices(baseline: FiscalBaseline, values: Mapping[str, Value]) -> tuple[PriceRound | None, IncomeStructure | None]:
    """Return the price round and what it does to the hospitals' income; nothing without their income."""
    income = baseline.income
    if math.fsum(income.values()) <= 0:
        return None, None
    drugs = {str(name): max(0.0, float(amount)) for name, amount in baseline.hospitals["drug"].items()}
    found = _markup(baseline, values, drugs) if values["markup_reform"] else _savings(values, drugs)
    return found, income_structure(income, drug_cut=_drug_cut(values), to_prices=_moved(found.prices, found.freed))


def _moved(prices: float, freed: float) -> float:
    """Return what went into prices as the front doors take it: as a share of the freed money where it is part of it."""
    return prices / freed if prices <= freed and freed > 0 else prices


def _savings(values: Mapping[str, Value], drugs: Mapping[str, float]) -> PriceRound:
    """Return the round out of cheaper purchase. Under zero mark-up a hospital's drug income is what its drugs cost."""
    cut, share = number_of(values, "purchase_cut"), number_of(values, "service_price_share")
    found = purchase_savings(
        sum(cents(amount * cut) for amount in drugs.values()) / 100,
        to_prices=share,
        fund_share=number_of(values, "fund_share_of_drugs"),
        insurance_share=number_of(values, "insurance_share_of_rise"),
    )
    parties = {
        "hospital": Payer(-found.freed, found.prices, 0.0),
        "fund": Payer(found.fund_of_freed, -found.fund_of_rise, 0.0),
        "people": Payer(found.people_of_freed, -found.people_of_rise, 0.0),
        "budget": Payer(0.0, 0.0, 0.0),
    }
    rows: list[tuple[float, float, float, float, float | None]] = [
        (yuan(cents(amount * cut)), yuan(cents(amount * cut * share)), 0.0, 0.0, None) for amount in drugs.values()
    ]
    return PriceRound(False, found.freed, found.prices, parties, _hospital_rows(drugs, rows))


def _markup(baseline: FiscalBaseline, values: Mapping[str, Value], drugs: Mapping[str, float]) -> PriceRound:
    """Return the round of the abolished mark-up: hospitals lose it, service prices and the budget make it up."""
    rise, services = number_of(values, "service_price_rise"), baseline.hospitals["service"]
    lost = {name: yuan(cents(markup_lost(amount, number_of(values, "markup")))) for name, amount in drugs.items()}
    gained = {name: yuan(cents(checked_amount(max(0.0, float(services[name])) * rise, marked("调价增加的收入")))) for name in drugs}
    found = markup_compensation(lost, gained, floor=number_of(values, "backstop_floor"))
    gone, raised = (yuan(sum(map(cents, each.values()))) for each in (lost, gained))
    shared = purchase_savings(
        gone,
        to_prices=_moved(raised, gone),
        fund_share=number_of(values, "fund_share_of_drugs"),
        insurance_share=number_of(values, "insurance_share_of_rise"),
    )
    top = found.total_backstop
    parties = {
        "hospital": Payer(-gone, shared.prices, top),
        "fund": Payer(shared.fund_of_freed, -shared.fund_of_rise, 0.0),
        "people": Payer(shared.people_of_freed, -shared.people_of_rise, 0.0),
        "budget": Payer(0.0, 0.0, -top),
    }
    rows = [(lost[name], gained[name], found.backstop[name], found.own[name], found.rate[name]) for name in drugs]
    return PriceRound(True, gone, shared.prices, parties, _hospital_rows(drugs, rows))


def _hospital_rows(drugs: Mapping[str, float], rows: list[tuple[float, float, float, float, float | None]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, index=list(drugs), columns=["freed", "prices", "backstop", "own", "rate"])
    return frame.astype({"rate": float})
