"""The outcome of one scenario in whole cents: waterfall, settlement by community and scheme, months, hospitals, indicators."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

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
from dashboard.whatif.chain import STEPS, ChainRuns, Values, community_share, gates
from dashboard.whatif.clearing import Member, split_inside
from dashboard.whatif.drg import PoolSettlement, settle_hospitals
from dashboard.whatif.money import cents_within, shared_out, yuan

if TYPE_CHECKING:
    from dashboard.whatif.scenario import Scenario

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
    """An indicator under the scenario with what it is made of; ``value`` is None where the denominator is 0."""

    value: float | None
    numerator: float
    denominator: float


@dataclass(frozen=True, eq=False)
class Outcome:
    """The result of one scenario on one baseline. Money in yuan, whole cents; shares as fractions.

    Attributes:
        scenario, data_version, year, values: what was run: the document and every coefficient it used.
        units: by community × scheme: fund_base, growth (k within its bounds), budget, spending, balance, ratio, community_share,
            fund_share (both signed; they sum to balance), final (what the fund pays after bands), prepaid, clearing.
        communities: the same summed by community, indexed by community; growth and ratio recomputed from the sums.
        months: by community × month 1–12: prepaid and spending; they sum to the year.
        kinds: by community × service kind × place: encounters, total_cost, fund_paid.
        indicators: of the county; ``community_indicators`` by community (missing where a denominator is 0).
        hospitals: by hospital: community, place, points, due, patient_paid, fund_pays, claimed (by item), difference, settlement_share
            (its part of what the community keeps or bears). Empty without inpatient data.
        pool: the settled inpatient pool with its point value; None without inpatient data.
        points_growth: growth of all points over the baseline ("points inflation"); None without inpatient data.
    """

    scenario: "Scenario"
    data_version: str
    year: int
    values: Values
    units: pd.DataFrame
    communities: pd.DataFrame
    months: pd.DataFrame
    kinds: pd.DataFrame
    indicators: Mapping[str, IndicatorValue]
    community_indicators: pd.DataFrame
    hospitals: pd.DataFrame
    pool: PoolSettlement | None
    points_growth: float | None
    level_cents: np.ndarray

    @property
    def budget(self) -> float:
        """The county's budget, yuan."""
        return _total(self.units["budget"])

    @property
    def spending(self) -> float:
        """The county's expected fund spending, yuan."""
        return _total(self.units["spending"])

    @property
    def balance(self) -> float:
        """Budget − expected spending of the county, yuan."""
        return _total(self.units["balance"])

    @property
    def break_even_growth(self) -> float:
        """The growth over the county's fund base at which its budget equals expected spending (0.047 = +4.7 %)."""
        return self.spending / _total(self.units["fund_base"]) - 1

    @property
    def overspending(self) -> tuple[str, ...]:
        """The communities whose balance is negative."""
        return tuple(self.communities.index[self.communities["balance"] < 0])

    def waterfall(self, community: str | None = None, scheme: str | None = None) -> tuple[Step, ...]:
        """Return base, every step and the budget, for the county, a community, a scheme or one of each.

        Levels are whole cents, so the changes add up exactly: base + Σ changes = budget.
        """
        chosen = np.ones(len(self.units), dtype=bool)
        for column, wanted in (("community", community), ("scheme", scheme)):
            if wanted is not None:
                chosen &= (self.units[column] == wanted).to_numpy()
        levels = self.level_cents[:, chosen].sum(axis=1).tolist()
        steps = [Step(next(iter(STEPS)), yuan(levels[0]), yuan(levels[0]))]
        for name, before, after in zip(list(STEPS)[1:], levels, levels[1:], strict=False):
            steps.append(Step(name, yuan(after - before), yuan(after)))
        return (*steps, Step("budget", yuan(levels[-1]), yuan(levels[-1])))


def _total(column: pd.Series) -> float:
    return yuan(int(np.rint(column.to_numpy() * 100).astype(np.int64).sum()))


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
        over = np.isfinite(limit) and total > cents_within(float(limit))
        capped[members] = shared_out(cents_within(float(limit)), weights.tolist(), "") if over else moved[members]
    return np.stack([*levels, moved, capped])


def build(scenario: "Scenario", baseline: Baseline, values: Values, runs: ChainRuns) -> Outcome:
    """Return the outcome of the single run ``runs``."""
    arrays = baseline.arrays
    levels = level_cents(arrays, runs)
    budget, actual = levels[-1], _whole(runs.spending[0])
    kept = _whole(community_share(values, gates(arrays, values), budget / 100, actual / 100))
    prepaid = _whole(budget / 100 * values["prepay_rate"])
    cents = {
        "fund_base": levels[0],
        "clipped": levels[list(STEPS).index("clip")],
        "budget": budget,
        "spending": actual,
        "balance": budget - actual,
        "community_share": kept,
        "fund_share": budget - actual - kept,
        "final": actual + kept,
        "prepaid": prepaid,
        "clearing": actual + kept - prepaid,
    }
    names = [arrays.communities[position] for position in arrays.community_of]
    units = _money_frame(cents).assign(community=names, scheme=[arrays.schemes[position] for position in arrays.scheme_of])
    by_community = {name: _summed(arrays, amounts) for name, amounts in cents.items()}
    communities = _money_frame(by_community).set_axis(pd.Index(arrays.communities, name="community"))
    pool, hospitals, growth = _hospitals(baseline, values, runs, actual, kept, by_community["community_share"])
    measures = tuple(_summed(arrays, amounts[0]) for amounts in (runs.encounters, runs.cost, runs.fund))
    county = {name: _ratios(*(measure.sum(axis=0) for measure in measures))[name] for name in INDICATORS}
    by_place = _ratios(*measures)
    return Outcome(
        scenario=scenario,
        data_version=baseline.data_version,
        year=baseline.year,
        values=MappingProxyType(dict(values)),
        units=units[["community", "scheme", *communities.columns]],
        communities=communities,
        months=_months(arrays, by_community["prepaid"], actual),
        kinds=_kinds(arrays, measures),
        indicators=MappingProxyType({name: _indicator(*parts) for name, parts in county.items()}),
        community_indicators=pd.DataFrame({name: _divided(*parts) for name, parts in by_place.items()}, index=communities.index),
        hospitals=hospitals,
        pool=pool,
        points_growth=growth,
        level_cents=levels,
    )


def _money_frame(cents: Mapping[str, np.ndarray]) -> pd.DataFrame:
    """Return the yuan columns with growth and ratio between them (missing where nothing stands below the line)."""
    frame = pd.DataFrame({name: amounts / 100 for name, amounts in cents.items() if name != "clipped"})
    frame.insert(1, "growth", _divided(cents["clipped"], cents["fund_base"]))
    frame.insert(5, "ratio", _divided(cents["spending"], cents["budget"]))
    return frame


def _divided(numerator: np.ndarray, denominator: np.ndarray) -> np.ndarray:
    return np.divide(numerator, denominator, out=np.full(np.shape(denominator), np.nan), where=np.asarray(denominator) > 0)


def _summed(arrays: BaselineArrays, amounts: np.ndarray) -> np.ndarray:
    """Return the sum by community of values by unit (first axis)."""
    result = np.zeros((len(arrays.communities), *amounts.shape[1:]), dtype=amounts.dtype)
    np.add.at(result, arrays.community_of, amounts)
    return result


def _months(arrays: BaselineArrays, prepaid: np.ndarray, spending: np.ndarray) -> pd.DataFrame:
    """Return twelve equal prepayments and the season's spending by community, summing to the year in cents."""
    whole, rest = np.divmod(prepaid, MONTHS)
    paid = whole[:, None] + (np.arange(MONTHS)[None, :] < rest[:, None])
    # Rounding the running sum keeps both every month and the year right to the cent.
    running = np.rint(spending[:, None] * np.cumsum(arrays.month_share, axis=1)).astype(np.int64)
    running[:, -1] = spending
    spent = _summed(arrays, np.diff(running, axis=1, prepend=0))
    return pd.DataFrame(
        {
            "community": np.repeat(np.array(arrays.communities, dtype=object), MONTHS),
            "month": np.tile(np.arange(1, MONTHS + 1), len(arrays.communities)),
            "prepaid": paid.ravel() / 100,
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


def _hospitals(
    baseline: Baseline, values: Values, runs: ChainRuns, actual: np.ndarray, kept: np.ndarray, by_community: np.ndarray
) -> tuple[PoolSettlement | None, pd.DataFrame, float | None]:
    """Settle the in-county inpatient pool by points.

    The pool holds what the fund pays by claims for in-county inpatients, plus the same share of what the communities keep (or bear):
    so the bands reach the hospitals, and the points decide how. Groups early in ``group_order`` are same-price groups.
    """
    arrays, frame = baseline.arrays, baseline.hospitals
    if frame.empty:
        return None, pd.DataFrame(), None
    place = arrays.hospital_place
    patients = runs.cost[0] - runs.fund[0]
    volume = _change(runs.encounters[0], arrays.encounters)[place]
    claimed = frame["fund_paid"].to_numpy(dtype=float) * _change(runs.fund[0], arrays.fund)[place]
    paid = np.round(frame["patient_paid"].to_numpy(dtype=float) * _change(patients, arrays.cost - arrays.fund)[place], 2)
    coefficient = frame["coefficient"].to_numpy(dtype=float)
    before = _points(arrays, coefficient, 0, frame["bed_day_points"].to_numpy(dtype=float))
    strength = 1 + (coefficient - 1) * values["coefficient_strength"]
    bed_days = frame["bed_day_points"].to_numpy(dtype=float) * (1 + values["bed_day_adjustment"])
    points = _points(arrays, strength, int(values["same_price_groups"]), bed_days) * volume
    if points.sum() == 0:
        return None, pd.DataFrame(), None
    inside = runs.fund[0][:, INPATIENT, INSIDE].sum(axis=1)
    share = _divided(inside, runs.spending[0])
    fund = yuan(int(np.rint((actual + kept) * np.nan_to_num(share)).sum()))
    names = frame["hospital"].tolist()
    patient_paid = dict(zip(names, paid.tolist(), strict=True))
    pool = settle_hospitals(dict(zip(names, points.tolist(), strict=True)), fund=fund, patient_paid=patient_paid)
    result = pd.DataFrame(
        {
            "hospital": names,
            "community": [arrays.communities[position] for position in arrays.hospital_community],
            "place": frame["place"].to_numpy(),
            "points": points,
            "due": list(pool.due.values()),
            "patient_paid": paid,
            "fund_pays": list(pool.fund_pays.values()),
            "claimed": np.round(claimed, 2),
        }
    )
    result["difference"] = np.round(result["fund_pays"] - result["claimed"], 2)
    result["settlement_share"] = _inside_shares(arrays, result, by_community, values["primary_floor"])
    growth = float(points.sum() / before.sum() - 1) if before.sum() > 0 else None
    return pool, result, growth


def _change(now: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Return the county's change of in-county inpatients by place; 1 where there were none before."""
    after, base = (amounts[:, INPATIENT, INSIDE].sum(axis=0) for amounts in (now, before))
    return np.divide(after, base, out=np.ones(COUNTY + 1), where=base > 0)


def _points(arrays: BaselineArrays, coefficient: np.ndarray, same_price: int, bed_days: np.ndarray) -> np.ndarray:
    plain = arrays.group_points[:, :same_price].sum(axis=1)
    total: np.ndarray = plain + coefficient * arrays.group_points[:, same_price:].sum(axis=1) + bed_days
    return total


def _inside_shares(arrays: BaselineArrays, hospitals: pd.DataFrame, by_community: np.ndarray, floor: float) -> np.ndarray:
    """Return each hospital's part of what its community keeps or bears, by points with the floor for primary institutions."""
    result = np.zeros(len(hospitals))
    points, primary = hospitals["points"].to_numpy(), arrays.hospital_place == PRIMARY
    for community in range(len(arrays.communities)):
        rows = np.flatnonzero(arrays.hospital_community == community)
        if points[rows].sum() == 0:
            continue
        members = [Member(str(row), bool(primary[row]), float(points[row])) for row in rows]
        held = floor if primary[rows].any() else 0.0
        result[rows] = list(split_inside(yuan(int(by_community[community])), members, primary_floor=held).values())
    return result
