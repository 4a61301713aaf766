"""The outcome of one scenario in whole cents: waterfall, settlement by community and scheme, months, hospitals, indicators."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.whatif.baseline import (
    CHRONIC,
    COUNTY,
    INPATIENT,
    MONTHS,
    OUTPATIENT,
    OUTSIDE,
    PLACES,
    PRIMARY,
    SERVICE_KINDS,
    Baseline,
    BaselineArrays,
)
from dashboard.whatif.budget import within_limit
from dashboard.whatif.chain import STEPS, ChainRuns, Values, community_share, gates
from dashboard.whatif.clearing import Member, monthly_prepayments, split_inside
from dashboard.whatif.document import Scenario
from dashboard.whatif.drg import PoolSettlement, group_points, points_inflation, settle_hospitals
from dashboard.whatif.formulas import value
from dashboard.whatif.money import cents_within, shared_out, yuan

INSIDE = slice(PRIMARY, OUTSIDE)
INDICATORS = (
    "county_visit_rate",
    "county_admission_share",
    "primary_visit_rate",
    "county_fund_share",
    "primary_fund_share",
    "cost_per_case",
    "cost_per_visit",
)


@dataclass(frozen=True)
class Step:
    """One bar of the waterfall: the step's id in ``STEPS`` (``budget`` for the end), what it adds and the level after it, yuan."""

    id: str
    change: float
    level: float


@dataclass(frozen=True)
class IndicatorValue:
    """An indicator under the scenario with what it is made of; ``value`` (0–1, or yuan a case or visit) is None for 0 below the line."""

    value: float | None
    numerator: float
    denominator: float


@dataclass(frozen=True, eq=False)
class HospitalPool:
    """The settled inpatient pool by hospital: points now (array) and before (by name), recorded payments (yuan), the settlement."""

    settlement: PoolSettlement
    points: np.ndarray
    points_before: Mapping[str, float]
    patient_paid: np.ndarray
    claimed: np.ndarray

    @property
    def points_growth(self) -> float | None:
        """Growth of all points over the baseline ("points inflation"); None when there were none."""
        return points_inflation(self.settlement.points, self.points_before)


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of one scenario on one baseline. Money in yuan, whole cents; shares as fractions.

    Computed by ``build``: ``level_cents`` (budget after every step by unit), ``cents`` (settlement by unit) and ``flows`` (encounters,
    total cost, fund paid by unit × kind × place). The hospitals' pool and the frames are made from them when they are first asked for.
    """

    scenario: Scenario
    baseline: Baseline
    values: Values
    level_cents: np.ndarray
    cents: Mapping[str, np.ndarray]
    flows: tuple[np.ndarray, np.ndarray, np.ndarray]

    @property
    def data_version(self) -> str:
        """The data version the outcome stands on."""
        return self.baseline.data_version

    @property
    def year(self) -> int:
        """The year of the budget."""
        return self.baseline.year

    @cached_property
    def units(self) -> pd.DataFrame:
        """By community × scheme: fund_base, growth (k within its bounds), budget, spending, balance, ratio (spending ÷ budget),
        community_share and fund_share (signed, they sum to balance), final (what the fund pays after bands), prepaid, clearing.
        """  # noqa: D205
        arrays = self.baseline.arrays
        frame = _money_frame(self.cents)
        frame.insert(0, "community", [arrays.communities[position] for position in arrays.community_of])
        frame.insert(1, "scheme", [arrays.schemes[position] for position in arrays.scheme_of])
        return frame

    @cached_property
    def communities(self) -> pd.DataFrame:
        """The columns of ``units`` summed by community (its index); growth and ratio recomputed from the sums."""
        sums = {name: summed(self.baseline.arrays, amounts) for name, amounts in self.cents.items()}
        return _money_frame(sums).set_axis(pd.Index(self.baseline.arrays.communities, name="community"))

    @cached_property
    def months(self) -> pd.DataFrame:
        """By community × month 1–12: prepaid and spending, yuan; they sum to the year."""
        return _months(self.baseline.arrays, summed(self.baseline.arrays, self.cents["prepaid"]), self.cents["spending"])

    @cached_property
    def kinds(self) -> pd.DataFrame:
        """By community × service kind × place: encounters, total_cost, fund_paid."""
        arrays = self.baseline.arrays
        return _kinds(arrays, tuple(summed(arrays, flow) for flow in self.flows))

    @cached_property
    def indicators(self) -> Mapping[str, IndicatorValue]:
        """The county's indicators under the scenario, with numerator and denominator."""
        ratios = _ratios(*(flow.sum(axis=0) for flow in self.flows))
        return {name: _indicator(*ratios[name]) for name in INDICATORS}

    @cached_property
    def community_indicators(self) -> pd.DataFrame:
        """The indicators by community; missing where a denominator is 0."""
        ratios = _ratios(*(summed(self.baseline.arrays, flow) for flow in self.flows))
        index = pd.Index(self.baseline.arrays.communities, name="community")
        return pd.DataFrame({name: _divided(*ratios[name]) for name in INDICATORS}, index=index)

    @cached_property
    def pool(self) -> HospitalPool | None:
        """The inpatient pool settled by points; None without inpatient points."""
        return _settled_pool(self.baseline, self.values, self.flows, self.cents["final"])

    @cached_property
    def hospitals(self) -> pd.DataFrame:
        """By hospital: community, place, points, due, patient_paid, fund_pays, claimed (by item), difference, settlement_share (its
        part of what the community keeps or bears). Empty without inpatient data.
        """  # noqa: D205
        return _hospital_frame(self)

    @property
    def budget(self) -> float:
        """The county's budget, yuan."""
        return _total(self.cents["budget"])

    @property
    def spending(self) -> float:
        """The county's expected fund spending, yuan."""
        return _total(self.cents["spending"])

    @property
    def balance(self) -> float:
        """Budget − expected spending of the county, yuan."""
        return _total(self.cents["balance"])

    @property
    def fund_base(self) -> float:
        """The county's fund base, yuan."""
        return _total(self.cents["fund_base"])

    @property
    def break_even_growth(self) -> float:
        """The growth over the county's fund base at which its budget equals expected spending (0.047 = +4.7 %)."""
        return self.spending / self.fund_base - 1

    @property
    def overspending_units(self) -> tuple[tuple[str, str], ...]:
        """The (community, scheme) whose balance is negative, the largest gap first: schemes do not pay for each other."""
        over = self.units[self.units["balance"] < 0].sort_values("balance", kind="stable")
        return tuple(zip(over["community"], over["scheme"], strict=True))

    @property
    def overspending(self) -> tuple[str, ...]:
        """The communities with at least one scheme that overspends, whatever its other schemes have left."""
        over = {community for community, _scheme in self.overspending_units}
        return tuple(name for name in self.baseline.arrays.communities if name in over)

    def waterfall(self, community: str | None = None, scheme: str | None = None) -> tuple[Step, ...]:
        """Return base, every step and the budget, for the county, a community, a scheme or one of each.

        Levels are whole cents, so the changes add up exactly: base + Σ changes = budget.
        """
        arrays = self.baseline.arrays
        chosen = np.ones(len(arrays.community_of), dtype=bool)
        if community is not None:
            chosen &= arrays.community_of == arrays.communities.index(community)
        if scheme is not None:
            chosen &= arrays.scheme_of == arrays.schemes.index(scheme)
        levels = self.level_cents[:, chosen].sum(axis=1).tolist()
        steps = [Step(next(iter(STEPS)), yuan(levels[0]), yuan(levels[0]))]
        for name, before, after in zip(list(STEPS)[1:], levels, levels[1:], strict=False):
            steps.append(Step(name, yuan(after - before), yuan(after)))
        return (*steps, Step("budget", yuan(levels[-1]), yuan(levels[-1])))


def _total(amounts: np.ndarray) -> float:
    return yuan(int(amounts.sum()))


def _whole(amounts: np.ndarray) -> np.ndarray:
    return np.rint(amounts * 100).astype(np.int64)


def level_cents(arrays: BaselineArrays, runs: ChainRuns) -> np.ndarray:
    """Return the budget after every step in cents, step × unit.

    Capitation moves money inside a scheme without making any, and a county cap is met to the cent: both by largest remainder.
    """
    levels = [_whole(level[0]) for level in runs.levels[:-2]]
    moved, capped = levels[-1].copy(), levels[-1].copy()
    for position, members in enumerate(arrays.scheme_members):
        weights = runs.uncapped[0, members]
        total = int(levels[-1][members].sum())
        if not np.allclose(weights, runs.levels[-3][0, members], rtol=0, atol=1e-9):
            moved[members] = shared_out(total, weights.tolist(), "")
        limit = runs.limit[0, position]
        if np.isfinite(limit):
            capped[members] = within_limit(moved[members].tolist(), weights.tolist(), cents_within(float(limit)))
        else:
            capped[members] = moved[members]
    return np.stack([*levels, moved, capped])


def build(scenario: Scenario, baseline: Baseline, values: Values, runs: ChainRuns) -> Outcome:
    """Return the outcome of the single run ``runs``."""
    arrays = baseline.arrays
    levels = level_cents(arrays, runs)
    budget, actual = levels[-1], _whole(runs.spending[0])
    kept = _whole(community_share(values, gates(arrays, values), budget / 100, actual / 100))
    prepaid = _whole(value("prepaid", {"budget": budget / 100, "prepay_rate": values["prepay_rate"]}))
    known = {"budget": budget, "spending": actual, "community_share": kept, "prepaid": prepaid}
    for name in ("balance", "fund_share", "final", "clearing"):
        known[name] = np.rint(value(name, known)).astype(np.int64)  # cents are whole, and floats hold them exactly
    cents = {
        "fund_base": levels[0],
        "clipped": levels[list(STEPS).index("clip")],
        "budget": budget,
        "spending": actual,
        **{name: known[name] for name in ("balance", "community_share", "fund_share", "final", "prepaid", "clearing")},
    }
    flows = (runs.encounters[0], runs.cost[0], runs.fund[0])
    return Outcome(scenario, baseline, dict(values), levels, cents, flows)


def _money_frame(cents: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the yuan columns with growth and ratio between them (missing where nothing stands below the line)."""
    frame = pd.DataFrame({name: amounts / 100 for name, amounts in cents.items() if name != "clipped"})
    frame.insert(1, "growth", _divided(cents["clipped"], cents["fund_base"]))
    frame.insert(5, "ratio", _divided(cents["spending"], cents["budget"]))
    return frame


def _divided(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(np.shape(denominator), np.nan), where=np.asarray(denominator) > 0)


def summed(arrays: BaselineArrays, amounts: np.ndarray) -> np.ndarray:
    """Return the sum by community of values by unit (first axis)."""
    result = np.zeros((len(arrays.communities), *amounts.shape[1:]), dtype=amounts.dtype)
    np.add.at(result, arrays.community_of, amounts)
    return result


def _months(arrays: BaselineArrays, prepaid: np.ndarray, spending: np.ndarray) -> pd.DataFrame:
    """Return twelve equal prepayments and spending (recorded, then by the season) by community, summing to the year in cents."""
    paid = np.array([monthly_prepayments(yuan(amount), 1.0) for amount in prepaid.tolist()])
    # Rounding the running sum keeps both every month and the year right to the cent.
    recorded = np.rint(arrays.known_months * 100)
    coming = spending - recorded.sum(axis=1)
    running = np.rint(np.cumsum(recorded + coming[:, None] * arrays.month_share, axis=1)).astype(np.int64)
    running[:, -1] = spending
    spent = summed(arrays, np.diff(running, axis=1, prepend=0))
    return pd.DataFrame(
        {
            "community": np.repeat(np.array(arrays.communities, dtype=object), MONTHS),
            "month": np.tile(np.arange(1, MONTHS + 1), len(arrays.communities)),
            "prepaid": paid.ravel(),
            "spending": spent.ravel() / 100,
        }
    )


def _kinds(arrays: BaselineArrays, measures: tuple[np.ndarray, ...]) -> pd.DataFrame:
    index = pd.MultiIndex.from_product([arrays.communities, SERVICE_KINDS, PLACES], names=["community", "service_kind", "place"])
    columns = ("encounters", "total_cost", "fund_paid")
    return pd.DataFrame({name: measure.ravel() for name, measure in zip(columns, measures, strict=True)}, index=index).reset_index()


def _ratios(encounters: np.ndarray, cost: np.ndarray, fund: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return numerator and denominator of every indicator; the last two axes are kind and place. Pharmacies are no visits."""
    visits = encounters[..., (OUTPATIENT, CHRONIC), :].sum(axis=-2)
    care = visits + encounters[..., INPATIENT, :]
    paid = fund[..., (OUTPATIENT, CHRONIC, INPATIENT), :].sum(axis=-2)
    admissions = encounters[..., INPATIENT, :]
    visit_cost = cost[..., (OUTPATIENT, CHRONIC), INSIDE].sum(axis=(-1, -2))
    return {
        "county_visit_rate": (care[..., INSIDE].sum(axis=-1), care.sum(axis=-1)),
        "county_admission_share": (admissions[..., INSIDE].sum(axis=-1), admissions.sum(axis=-1)),
        "primary_visit_rate": (visits[..., PRIMARY], visits[..., INSIDE].sum(axis=-1)),
        "county_fund_share": (paid[..., INSIDE].sum(axis=-1), paid.sum(axis=-1)),
        "primary_fund_share": (paid[..., PRIMARY], paid[..., INSIDE].sum(axis=-1)),
        "cost_per_case": (cost[..., INPATIENT, INSIDE].sum(axis=-1), admissions[..., INSIDE].sum(axis=-1)),
        "cost_per_visit": (visit_cost, visits[..., INSIDE].sum(axis=-1)),
    }


def _indicator(numerator: np.ndarray, denominator: np.ndarray) -> IndicatorValue:
    above, below = float(numerator), float(denominator)
    return IndicatorValue(above / below if below > 0 else None, above, below)


def _settled_pool(
    baseline: Baseline, values: Values, flows: tuple[np.ndarray, np.ndarray, np.ndarray], final: np.ndarray
) -> HospitalPool | None:
    """Settle the in-county inpatient pool by points; None without inpatient points.

    The pool holds what the fund finally pays (spending by claims plus what communities keep or minus what they bear) in proportion to the
    share of in-county inpatients in spending: so the bands reach the hospitals, and the points decide how. The first groups of
    ``group_order`` are same-price groups.
    """
    arrays, place = baseline.arrays, baseline.arrays.hospital_place
    encounters, cost, fund = flows
    coefficient, bed_days = arrays.hospital_coefficient, arrays.hospital_bed_day_points
    strength = 1 + (coefficient - 1) * values["coefficient_strength"]
    same_price = int(values["same_price_groups"])
    points = (
        _points(arrays, strength, same_price, bed_days * (1 + values["bed_day_adjustment"])) * _change(encounters, arrays.encounters)[place]
    )
    if points.sum() == 0:
        return None
    before = _points(arrays, coefficient, int(baseline.default("same_price_groups")), bed_days)
    claimed = np.round(arrays.hospital_fund * _change(fund, arrays.fund)[place], 2)
    paid = np.round(arrays.hospital_patient * _change(cost - fund, arrays.cost - arrays.fund)[place], 2)
    share = _divided(fund[:, INPATIENT, INSIDE].sum(axis=1), fund.sum(axis=(1, 2)))
    pool = yuan(int(np.rint(final * np.nan_to_num(share)).sum()))
    names = arrays.hospitals
    settlement = settle_hospitals(
        dict(zip(names, points.tolist(), strict=True)), fund=pool, patient_paid=dict(zip(names, paid.tolist(), strict=True))
    )
    return HospitalPool(settlement, points, dict(zip(names, before.tolist(), strict=True)), paid, claimed)


def _hospital_frame(outcome: Outcome) -> pd.DataFrame:
    arrays, pool = outcome.baseline.arrays, outcome.pool
    if pool is None:
        return pd.DataFrame()
    fund_pays = np.array(list(pool.settlement.fund_pays.values()))
    return pd.DataFrame(
        {
            "hospital": arrays.hospitals,
            "community": [arrays.communities[position] if position >= 0 else "" for position in arrays.hospital_community],
            "place": [PLACES[position] for position in arrays.hospital_place],
            "points": pool.points,
            "due": list(pool.settlement.due.values()),
            "patient_paid": pool.patient_paid,
            "fund_pays": fund_pays,
            "claimed": pool.claimed,
            "difference": np.round(fund_pays - pool.claimed, 2),
            "settlement_share": _inside_shares(
                arrays, pool.points, summed(arrays, outcome.cents["community_share"]), outcome.values["primary_floor"]
            ),
        }
    )


def _change(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the county's change of in-county inpatients by place; 1 where there were none before."""
    after, base = (amounts[:, INPATIENT, INSIDE].sum(axis=0) for amounts in (now, before))
    return np.divide(after, base, out=np.ones(COUNTY + 1), where=base > 0)


def _points(arrays: BaselineArrays, coefficient: np.ndarray, same_price: int, bed_days: np.ndarray) -> np.ndarray:
    plain, others = (part.sum(axis=1) for part in (arrays.group_points[:, :same_price], arrays.group_points[:, same_price:]))
    total: np.ndarray = plain + group_points(others, coefficient) + bed_days
    return total


def _inside_shares(arrays: BaselineArrays, points: np.ndarray, by_community: np.ndarray, floor: float) -> np.ndarray:
    """Return each hospital's part of what its community keeps or bears, by points with the floor for primary institutions."""
    result = np.zeros(len(points))
    primary = arrays.hospital_place == PRIMARY
    for community in range(len(arrays.communities)):
        rows = np.flatnonzero(arrays.hospital_community == community)
        if points[rows].sum() == 0:
            continue
        members = [Member(str(row), bool(primary[row]), float(points[row])) for row in rows]
        held = floor if primary[rows].any() else 0.0
        result[rows] = list(split_inside(yuan(int(by_community[community])), members, primary_floor=held).values())
    return result
