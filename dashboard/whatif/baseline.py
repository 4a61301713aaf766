"""The baseline of the budget chain: aggregates of one county and one data version, checked once and kept as arrays.

Both sides of the settlement cover the same people: the budget of a community and scheme, and what the fund pays for the people
insured there wherever they are treated. A unit of the chain is one community × one scheme, because the schemes are separate funds.
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd

from dashboard.catalogue.coefficients import CoefficientCatalogue, Value
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed

SERVICE_KINDS = ("outpatient", "chronic", "inpatient", "pharmacy")
PLACES = ("primary", "county", "outside")
CAPABILITIES = ("primary", "county")
PRIMARY, COUNTY, OUTSIDE = range(3)
OUTPATIENT, CHRONIC, INPATIENT, PHARMACY = range(4)
MONTHS = 12

UNIT_COLUMNS = (
    "community",
    "scheme",
    "cost_first",
    "cost_second",
    "cost_third",
    "volume_growth",
    "case_mix_growth",
    "insured",
    "contracted",
    "risk",
    "quality_score",
)
SPENDING_COLUMNS = ("community", "scheme", "service_kind", "place", "month", "encounters", "total_cost", "fund_paid")
OUTFLOW_COLUMNS = ("community", "scheme", "disease_group", "capability", "encounters", "total_cost", "fund_paid")
TREND_COLUMNS = ("community", "scheme", "service_kind", "trend")
DRIFTS = ("cost_drift", "fund_drift")
HOSPITAL_COLUMNS = ("hospital", "community", "place", "coefficient", "bed_day_points", "fund_paid", "patient_paid")
GROUP_POINT_COLUMNS = ("hospital", "group", "points")


def _empty(columns: tuple[str, ...]) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype=object) for column in columns})


@dataclass(frozen=True, eq=False)
class Baseline:
    """Everything the chain needs to know of a county, for one base year.

    Attributes:
        data_version: load id of the reporting database; a scenario made on another version is refused.
        year: the year the budget is for; coefficients take the defaults in force on its first day.
        coefficients: the coefficient catalogue.
        units: one row per community × scheme (``UNIT_COLUMNS``): total medical cost of three past years, oldest first (yuan); measured
            growth of volume and case mix (shares); insured and contracted people; risk = mean risk weight of these people (1 = average);
            quality_score = frozen appraisal score 0–100, missing when there is none.
        spending: base year by community × scheme × service kind × place × month 1–12 (``SPENDING_COLUMNS``), yuan and encounters. Place:
            primary or county institution inside the county, or outside.
        known: what is recorded of the budget's year, in the columns of ``spending``. A unit's months that have rows stand as they are;
            coefficients and chance move only those to come. Empty: the whole year is still to come.
        available: the county's fund for the year by scheme, yuan; a scheme not listed has no county cap.
        trend: expected yearly growth of encounters by community × scheme × service kind (``TREND_COLUMNS``), 0 where missing. With a
            column place it holds for that place, else for all. cost_drift and fund_drift (1 where missing) multiply total cost and fund
            money beyond the county's growth of cost per encounter.
        outflows: inpatient cases treated outside that the county could treat, by disease group (``OUTFLOW_COLUMNS``); capability is the
            lowest level that can: primary or county. Must be part of the outside inpatient rows of ``spending``.
        hospitals: one row per in-county institution with inpatients (``HOSPITAL_COLUMNS``): its community (missing or empty: it belongs
            to none), difference coefficient, bed-day points, recorded payments of inpatients (yuan). Empty: the inpatient pool
            is not settled.
        group_points: base points of case groups by hospital without difference coefficient (``GROUP_POINT_COLUMNS``).
        group_order: groups from least to most variation between hospitals: the first ones become same-price groups.
    """

    data_version: str
    year: int
    coefficients: CoefficientCatalogue
    units: pd.DataFrame
    spending: pd.DataFrame
    available: dict[str, float] = field(default_factory=dict)
    trend: pd.DataFrame = field(default_factory=lambda: _empty(TREND_COLUMNS))
    outflows: pd.DataFrame = field(default_factory=lambda: _empty(OUTFLOW_COLUMNS))
    hospitals: pd.DataFrame = field(default_factory=lambda: _empty(HOSPITAL_COLUMNS))
    group_points: pd.DataFrame = field(default_factory=lambda: _empty(GROUP_POINT_COLUMNS))
    group_order: tuple[str, ...] = ()
    known: pd.DataFrame = field(default_factory=lambda: _empty(SPENDING_COLUMNS))

    @property
    def first_day(self) -> datetime.date:
        """The day whose coefficient defaults hold."""
        return datetime.date(self.year, 1, 1)

    @cached_property
    def defaults(self) -> Mapping[str, Value]:
        """Every coefficient's default in force on ``first_day``."""
        return dict(self.coefficients.defaults(self.first_day))

    def default(self, name: str) -> float:
        """Return the default of a coefficient that is a single number."""
        return float(self.defaults[name])  # type: ignore[arg-type]

    @cached_property
    def arrays(self) -> "BaselineArrays":
        """The checked arrays. Raises ``ScenarioError`` naming what is wrong with the baseline."""
        return _arrays(self)

    @property
    def communities(self) -> tuple[str, ...]:
        """The communities in the order of ``units``."""
        return tuple(dict.fromkeys(self.units["community"]))


@dataclass(frozen=True, eq=False)
class BaselineArrays:
    """The baseline by unit u, service kind k, place p, month m, group g; see ``Baseline`` for the meaning of each.

    ``encounters``, ``cost``, ``fund``: the base year, u × k × p. ``ahead``: its months that are still to come in the budget's year, and
    ``known``: what is recorded of that year, both measure × u × k × p. ``known_months``: the recorded fund money by month, u × m;
    ``month_share``: how the money to come falls on the months to come. ``outflow`` belongs to the months to come.
    """

    communities: tuple[str, ...]
    schemes: tuple[str, ...]
    community_of: np.ndarray
    scheme_of: np.ndarray
    available: np.ndarray
    past_cost: np.ndarray
    volume_growth: np.ndarray
    case_mix_growth: np.ndarray
    insured: np.ndarray
    contracted: np.ndarray
    risk: np.ndarray
    quality_score: np.ndarray
    encounters: np.ndarray
    cost: np.ndarray
    fund: np.ndarray
    ahead: np.ndarray
    known: np.ndarray
    known_months: np.ndarray
    month_share: np.ndarray
    trend: np.ndarray
    cost_drift: np.ndarray
    fund_drift: np.ndarray
    outflow_groups: tuple[str, ...]
    outflow: np.ndarray
    hospitals: tuple[str, ...]
    hospital_place: np.ndarray
    hospital_community: np.ndarray
    hospital_coefficient: np.ndarray
    hospital_bed_day_points: np.ndarray
    hospital_fund: np.ndarray
    hospital_patient: np.ndarray
    group_points: np.ndarray

    @cached_property
    def fund_ratio(self) -> np.ndarray:
        """Fund paid ÷ total cost of the base year, by unit."""
        ratio: np.ndarray = self.fund.sum(axis=(1, 2)) / self.cost.sum(axis=(1, 2))
        return ratio

    @cached_property
    def pay_ratio(self) -> np.ndarray:
        """Fund paid ÷ total cost by unit, kind, place; where nothing was spent: of the kind in the county, else of the unit."""
        result = np.broadcast_to(self.fund_ratio[:, None, None], self.cost.shape).copy()
        inside_cost, inside_fund = (values[:, :, :OUTSIDE].sum(axis=2, keepdims=True) for values in (self.cost, self.fund))
        np.divide(inside_fund, inside_cost, out=result, where=np.broadcast_to(inside_cost > 0, result.shape))
        np.divide(self.fund, self.cost, out=result, where=self.cost > 0)
        return result

    @cached_property
    def unit_cost(self) -> np.ndarray:
        """Total cost per encounter by unit, kind, place, yuan; 0 where there was none."""
        return np.divide(self.cost, self.encounters, out=np.zeros_like(self.cost), where=self.encounters > 0)

    @cached_property
    def scheme_members(self) -> tuple[np.ndarray, ...]:
        """The positions of the units of each scheme."""
        return tuple(np.flatnonzero(self.scheme_of == scheme) for scheme in range(len(self.schemes)))


def _columns(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ScenarioError(marked("基线数据“{name}”缺少列：{columns}"), marked("请补齐这些列"), name=name, columns=listed(missing))


def _numbers(frame: pd.DataFrame, columns: list[str], name: str, *, signed: bool = False) -> np.ndarray:
    values = frame[columns].apply(pd.to_numeric, errors="coerce").to_numpy(dtype=float)
    if not np.isfinite(values).all() or (not signed and (values < 0).any()):
        raise ScenarioError(marked("基线数据“{name}”有缺失或负数"), marked("请核对载入的数据包后重新载入"), name=name)
    return values


def _positions(frame: pd.DataFrame, column: str, known: tuple[str, ...], name: str) -> np.ndarray:
    positions = pd.Index(known).get_indexer(pd.Index(frame[column]))
    if (positions < 0).any():
        unknown = sorted(set(map(str, frame.loc[positions < 0, column])))
        raise ScenarioError(marked("基线数据“{name}”有未知的取值：{names}"), marked("请核对代码"), name=name, names=listed(unknown))
    return positions


def _unit_positions(frame: pd.DataFrame, units: pd.MultiIndex, name: str) -> np.ndarray:
    positions = units.get_indexer(pd.MultiIndex.from_frame(frame[["community", "scheme"]]))
    if (positions < 0).any():
        unknown = sorted({f"{row.community}·{row.scheme}" for row in frame[positions < 0].itertuples()})
        raise ScenarioError(
            marked("基线数据“{name}”有不在单位表中的医共体与险种：{names}"), marked("请核对代码"), name=name, names=listed(unknown)
        )
    return positions


def _monthly(frame: pd.DataFrame, index: pd.MultiIndex, name: str, *, signed: bool = False) -> np.ndarray:
    """Return encounters, total cost and fund paid by unit, kind, place, month (first axis: the three measures)."""
    _columns(frame, SPENDING_COLUMNS, name)
    values = _numbers(frame, ["encounters", "total_cost", "fund_paid"], name, signed=signed)
    where = (
        _unit_positions(frame, index, name),
        _positions(frame, "service_kind", SERVICE_KINDS, name),
        _positions(frame, "place", PLACES, name),
        _positions(frame, "month", tuple(range(1, MONTHS + 1)), name),  # type: ignore[arg-type]
    )
    result = np.zeros((3, len(index), len(SERVICE_KINDS), len(PLACES), MONTHS))
    for measure in range(3):
        np.add.at(result[measure], where, values[:, measure])
    return result


def _spending(baseline: Baseline, index: pd.MultiIndex) -> np.ndarray:
    """Return encounters, total cost and fund paid by unit, kind, place, month (first axis: the three measures)."""
    name = marked("基期支出")
    result = _monthly(baseline.spending, index, name)
    if (result[2] > result[1] + 1e-6).any():
        raise ScenarioError(marked("基期支出中基金支付大于总费用"), marked("请核对“医保结算月报”（fact_claim）后重新载入"))
    empty = (result[1].sum(axis=(1, 2, 3)) == 0) | (result[2].sum(axis=(1, 2, 3)) == 0)
    if empty.any():
        names = [f"{community}·{scheme}" for community, scheme in index[empty]]
        raise ScenarioError(
            marked("没有结算数据：{names}"), marked("请载入该医共体与险种的医保结算数据，或从推演中去掉"), names=listed(names)
        )
    return result


def _outflow(baseline: Baseline, index: pd.MultiIndex, outside: np.ndarray) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the groups and encounters, cost, fund by unit, group, capability."""
    name = marked("县域外流")
    frame = baseline.outflows
    _columns(frame, OUTFLOW_COLUMNS, name)
    groups = tuple(sorted(set(map(str, frame["disease_group"]))))
    result = np.zeros((3, len(index), len(groups), len(CAPABILITIES)))
    if not frame.empty:
        values = _numbers(frame, ["encounters", "total_cost", "fund_paid"], name)
        where = (
            _unit_positions(frame, index, name),
            pd.Index(groups).get_indexer(pd.Index(frame["disease_group"].astype(str))),
            _positions(frame, "capability", CAPABILITIES, name),
        )
        for measure in range(3):
            np.add.at(result[measure], where, values[:, measure])
    # Half a cent per row of slack: the two frames may have been summed in different orders.
    if (result.sum(axis=(2, 3)) > outside * (1 + 1e-9) + 0.01).any():
        raise ScenarioError(marked("县域外流超过县域外住院合计"), marked("县域外流须是基期支出中县域外住院的一部分"))
    return groups, result


def _trend(baseline: Baseline, index: pd.MultiIndex) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return trend, drift of cost and drift of fund money by unit, kind, place."""
    name, frame = marked("趋势"), baseline.trend
    _columns(frame, TREND_COLUMNS, name)
    shape = (len(index), len(SERVICE_KINDS), len(PLACES))
    trend, cost, fund = np.zeros(shape), np.ones(shape), np.ones(shape)
    if not frame.empty:
        values = _numbers(frame, ["trend"], name, signed=True)[:, 0]
        if (values <= -1).any():
            raise ScenarioError(marked("趋势低于 -100%"), marked("请核对趋势"))
        places = _positions(frame, "place", PLACES, name) if "place" in frame else slice(None)
        # A place of each row, or all places of each row.
        each = (lambda numbers: numbers) if "place" in frame else (lambda numbers: numbers[:, None])
        where = (_unit_positions(frame, index, name), _positions(frame, "service_kind", SERVICE_KINDS, name), places)
        trend[where] = each(values)
        for drift, column in zip((cost, fund), DRIFTS, strict=True):
            if column in frame:
                drift[where] = each(_numbers(frame, [column], name)[:, 0])
    return trend, cost, fund


def _hospitals(baseline: Baseline, communities: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return place, community and numbers of each hospital, and its group points ordered by ``group_order``."""
    name = marked("医院")
    frame = baseline.hospitals
    _columns(frame, HOSPITAL_COLUMNS, name)
    _columns(baseline.group_points, GROUP_POINT_COLUMNS, marked("病组点数"))
    if frame["hospital"].duplicated().any():
        raise ScenarioError(
            marked("医院重复：{names}"), marked("每家医院保留一行"), names=listed(frame.loc[frame["hospital"].duplicated(), "hospital"])
        )
    groups = tuple(dict.fromkeys([*baseline.group_order, *map(str, baseline.group_points["group"])]))
    points = np.zeros((len(frame), len(groups)))
    if frame.empty:
        return np.zeros(0, dtype=int), np.zeros(0, dtype=int), np.zeros((0, 4)), points
    numbers = _numbers(frame, ["coefficient", "bed_day_points", "fund_paid", "patient_paid"], name)
    if not baseline.group_points.empty:
        values = _numbers(baseline.group_points, ["points"], marked("病组点数"))[:, 0]
        rows = _positions(baseline.group_points, "hospital", tuple(frame["hospital"]), marked("病组点数"))
        np.add.at(points, (rows, pd.Index(groups).get_indexer(pd.Index(baseline.group_points["group"].astype(str)))), values)
    # A hospital outside every community (a maternity hospital, say) has position -1: it shares the pool, not what a community keeps.
    alone = (frame["community"].isna() | (frame["community"] == "")).to_numpy()
    community = np.full(len(frame), -1)
    community[~alone] = _positions(frame[~alone], "community", communities, name)
    return _positions(frame, "place", PLACES[:2], name), community, numbers, points


def _share_ahead(ahead: np.ndarray, annual: np.ndarray) -> np.ndarray:
    """Return which part of the base year's inpatients outside falls on the months to come, measure × unit."""
    part, whole = ahead[:, :, INPATIENT, OUTSIDE], annual[:, :, INPATIENT, OUTSIDE]
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _arrays(baseline: Baseline) -> BaselineArrays:
    name = marked("单位表")
    units = baseline.units
    _columns(units, UNIT_COLUMNS, name)
    if units.empty:
        raise ScenarioError(marked("基线没有医共体"), marked("请先载入医保预算与结算数据"))
    index = pd.MultiIndex.from_frame(units[["community", "scheme"]])
    if index.has_duplicates:
        raise ScenarioError(marked("基线中医共体与险种重复"), marked("每个医共体与险种保留一行"))
    past = _numbers(units, ["cost_first", "cost_second", "cost_third"], name)
    if (past.sum(axis=1) == 0).any():
        names = units.loc[past.sum(axis=1) == 0, "community"].unique()
        raise ScenarioError(marked("这些医共体没有往年费用，无法确定基数：{names}"), marked("请载入往年医保总额预算"), names=listed(names))
    people = _numbers(units, ["insured", "contracted", "risk"], name)
    if (people[:, 0] == 0).any():
        names = units.loc[people[:, 0] == 0, "community"].unique()
        raise ScenarioError(marked("这些医共体的参保人数为 0：{names}"), marked("请核对人口数据"), names=listed(names))
    if (people[:, 1] > people[:, 0]).any():
        raise ScenarioError(
            marked("签约人数大于参保人数：{names}"),
            marked("请核对签约与人口数据"),
            names=listed(units.loc[people[:, 1] > people[:, 0], "community"].unique()),
        )
    growth = _numbers(units, ["volume_growth", "case_mix_growth"], name, signed=True)
    scores = pd.to_numeric(units["quality_score"], errors="coerce").to_numpy(dtype=float)
    if ((scores < 0) | (scores > 100)).any():
        raise ScenarioError(marked("考核得分超出 0 到 100"), marked("请核对绩效评价的得分"))
    communities, schemes = baseline.communities, tuple(dict.fromkeys(units["scheme"]))
    spending = _spending(baseline, index)
    annual = spending.sum(axis=-1)
    groups, outflow = _outflow(baseline, index, annual[:, :, INPATIENT, OUTSIDE])
    hospital_place, hospital_community, hospital_numbers, group_points = _hospitals(baseline, communities)
    available = np.array([float(baseline.available.get(scheme, np.inf)) for scheme in schemes])
    if np.isnan(available).any() or (available < 0).any():
        raise ScenarioError(marked("可用基金为负或缺失"), marked("请核对本年可用基金"))
    known = _monthly(baseline.known, index, marked("本年已结算支出"), signed=True) if len(baseline.known) else np.zeros_like(spending)
    to_come = np.asarray((known == 0).all(axis=(0, 2, 3)))
    ahead = (spending * to_come[None, :, None, None, :]).sum(axis=-1)
    by_month = spending[2].sum(axis=(1, 2)) * to_come
    coming = by_month.sum(axis=1, keepdims=True)
    trend, cost_drift, fund_drift = _trend(baseline, index)
    return BaselineArrays(
        communities=communities,
        schemes=schemes,
        community_of=pd.Index(communities).get_indexer(pd.Index(units["community"])),
        scheme_of=pd.Index(schemes).get_indexer(pd.Index(units["scheme"])),
        available=available,
        past_cost=past,
        volume_growth=growth[:, 0],
        case_mix_growth=growth[:, 1],
        insured=people[:, 0],
        contracted=people[:, 1],
        risk=people[:, 2],
        quality_score=scores,
        encounters=annual[0],
        cost=annual[1],
        fund=annual[2],
        ahead=ahead,
        known=known.sum(axis=-1),
        known_months=known[2].sum(axis=(1, 2)),
        month_share=np.divide(by_month, coming, out=np.zeros_like(by_month), where=coming > 0),
        trend=trend,
        cost_drift=cost_drift,
        fund_drift=fund_drift,
        outflow_groups=groups,
        outflow=outflow * _share_ahead(ahead, annual)[:, :, None, None],
        hospitals=tuple(map(str, baseline.hospitals["hospital"])),
        hospital_place=hospital_place,
        hospital_community=hospital_community,
        hospital_coefficient=hospital_numbers[:, 0],
        hospital_bed_day_points=hospital_numbers[:, 1],
        hospital_fund=hospital_numbers[:, 2],
        hospital_patient=hospital_numbers[:, 3],
        group_points=group_points,
    )
