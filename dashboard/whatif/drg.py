"""DRG points of inpatient cases and the point value of the closed pool; rules by date.

Structure of the point method: domain knowledge [OWN] but for what is marked; the rules from 2025-01-01 are [FOUND, mirror copy].

    base points   BP = mean cost of the group ÷ mean cost of all cases × 100
    cost ratio    r  = case cost ÷ mean cost of its group
    normal             BP · DC                       DC = difference coefficient of the hospital, 1 in same-price groups
    low   r ≤ 0.4      BP · r
    2025  r ≤ 0.8      BP · (r + 0.2) · DC           whether DC applies is not said in the excerpt: [INFER]
    high  r ≥ U(BP)    BP · DC + BP · (r − U) · φ    φ = approved share
    ungrouped          cost ÷ mean of all × 100 · share set by the pooling area [INFER]
    bed-day            daily standard ÷ mean of all × 100 · days
    point value        (fund + patient payments) ÷ Σ points: a zero-sum scale, more points for one lower the value for all
"""

import datetime
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pandas as pd

from dashboard.language import marked
from dashboard.whatif.budget import labelled
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.money import cents, checked_amount, shared_out, yuan

CASE_COLUMNS = ("hospital", "group", "cost", "kind", "days", "daily_rate")
CASE_CLASSES = ("normal", "low", "mid", "high", "ungrouped", "bed_day", "special")


@dataclass(frozen=True)
class DrgRules:
    """The payment rules in force from ``effective_from`` on.

    Attributes:
        effective_from: first day the rules hold.
        low_cut: at or below this cost ratio a case earns BP · r [FOUND R9].
        mid_cut: at or below this ratio (and above ``low_cut``) a case earns BP · (r + ``mid_add``) · DC; None = no such rule.
        mid_add: see ``mid_cut``.
        high_ladder: (base points up to and including, upper ratio U) from low to high; the last reaches infinity [OWN].
        high_share: φ, the approved share of what exceeds U.
        ungrouped_share: what is left of the points of ambiguous (…QY) and ungrouped (0000) cases [INFER].
        year_weights: weights of the three prior years in the base points, oldest first.
        trim: whether costs outside the quartiles ± 1.5 interquartile ranges are left out of the base points.
        same_price_groups: how many groups carry no difference coefficient; None = set locally.
        coefficients: difference coefficient by hospital; empty = 1 for all. A hospital missing from a filled list is an error.
    """

    effective_from: datetime.date
    low_cut: float = 0.4
    mid_cut: float | None = None
    mid_add: float = 0.0
    high_ladder: tuple[tuple[float, float], ...] = ((100, 3.0), (200, 2.5), (300, 2.0), (math.inf, 1.5))
    high_share: float = 1.0
    ungrouped_share: float = 0.7
    year_weights: tuple[float, ...] = (1, 1, 1)
    trim: bool = False
    same_price_groups: int | None = None
    coefficients: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        limits = [limit for limit, _ in self.high_ladder]
        mid = self.low_cut if self.mid_cut is None else self.mid_cut
        smallest_high = min((ratio for _, ratio in self.high_ladder), default=0.0)
        if limits != sorted(set(limits)) or limits[-1:] != [math.inf] or not 0 <= self.low_cut <= mid < smallest_high:
            raise ScenarioError(
                marked("DRG 费用倍率界限互相矛盾"), marked("须满足：低倍率界 ≤ 中倍率界 < 高倍率界，高倍率档由低到高且末档不设上限")
            )
        shares = (self.high_share, self.ungrouped_share)
        if not all(0 <= share <= 1 for share in shares):
            raise ScenarioError(marked("DRG 核准比例超出 0 到 1：{shares}"), marked("请填写 0 到 1 之间的比例"), shares=listed(shares))
        bad = [name for name, value in self.coefficients.items() if not (math.isfinite(value) and value > 0)]
        if bad:
            raise ScenarioError(marked("差异系数须大于 0：{names}"), marked("请核对这些医院的差异系数"), names=listed(bad))

    def with_coefficients(self, coefficients: Mapping[str, float]) -> "DrgRules":
        """Return the same rules with the difference coefficients of the hospitals."""
        return replace(self, coefficients=dict(coefficients))


DRG_2025 = datetime.date(2025, 1, 1)
_RULES = (
    DrgRules(effective_from=datetime.date(2020, 1, 1)),
    DrgRules(effective_from=DRG_2025, mid_cut=0.8, mid_add=0.2, year_weights=(2, 3, 5), trim=True, same_price_groups=100),
)


def drg_rules(on: datetime.date | str, coefficients: Mapping[str, float] | None = None) -> DrgRules:
    """Return the rules in force on the day ``on`` (a date, or its text 2025-01-01), with the difference coefficients by hospital if given.

    Days before 2020 get the first rules: the document is of 2019, its first day was not found [OWN].

    Raises:
        ScenarioError: a text that is no date.
    """
    rules = _RULES[-1] if _day(on) >= DRG_2025 else _RULES[0]
    return rules if coefficients is None else rules.with_coefficients(coefficients)


def _day(on: datetime.date | str) -> datetime.date:
    if isinstance(on, datetime.datetime):
        return on.date()
    if isinstance(on, datetime.date):
        return on
    try:
        return datetime.date.fromisoformat(on)
    except (TypeError, ValueError) as error:
        raise ScenarioError(marked("“{day}”不是日期"), marked("请填写如 2025-01-01 的日期"), day=str(on)[:40]) from error


def _frame(rows: Any, columns: tuple[str, ...], name: str) -> pd.DataFrame:
    """Return a frame as it is, or one made of mappings or objects with the attributes ``columns``."""
    if isinstance(rows, pd.DataFrame):
        return rows
    if isinstance(rows, str | Mapping) or not isinstance(rows, Iterable):
        raise ScenarioError(marked("{name}须是表，或一行一项的列表"), marked("请给出 DataFrame 或字典的列表"), name=name)
    records = [row if isinstance(row, Mapping) else {key: getattr(row, key) for key in columns if hasattr(row, key)} for row in rows]
    return pd.DataFrame(records) if records else pd.DataFrame(columns=list(columns))


def _cases(rows: Any) -> pd.DataFrame:
    """Return the cases as a frame; without a kind they are DRG cases, without bed-day rows days and daily_rate may be missing."""
    name = marked("病例表")
    frame = _frame(rows, (*CASE_COLUMNS, "approved_points"), name)
    _required(frame, ("hospital", "group", "cost"), name)
    if "kind" not in frame.columns:
        frame = frame.assign(kind="drg")
    if not (frame["kind"] == "bed_day").any():
        frame = frame.assign(**{column: np.nan for column in ("days", "daily_rate") if column not in frame.columns})
    _required(frame, CASE_COLUMNS, name)
    return frame


def _groups(rows: Any) -> pd.DataFrame:
    """Return the groups as a frame; a mapping or Series is read as group → mean cost."""
    if isinstance(rows, Mapping | pd.Series):
        rows = pd.DataFrame(
            {"group": list(rows.keys()), "mean_cost": list(rows.values) if isinstance(rows, pd.Series) else list(rows.values())}
        )
    frame = _frame(rows, ("group", "mean_cost", "same_price"), marked("病组表"))
    _required(frame, ("group", "mean_cost"), marked("病组表"))
    return frame


def _required(frame: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    missing = [column for column in columns if column not in frame.columns]
    if missing:
        raise ScenarioError(marked("{name}缺少列：{columns}"), marked("请补齐这些列"), name=name, columns=listed(missing))


def _numbers(values: pd.Series, name: str) -> np.ndarray:
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(numbers) & (numbers >= 0)).all():
        raise ScenarioError(marked("{name}有缺失或负数"), marked("请核对病例数据"), name=name)
    return numbers


def _coefficients(hospitals: pd.Series, rules: DrgRules) -> np.ndarray:
    if not rules.coefficients:
        return np.ones(len(hospitals))
    found = hospitals.map(dict(rules.coefficients))
    if found.isna().any():
        missing = hospitals[found.isna()].unique()
        raise ScenarioError(marked("这些医院没有差异系数：{names}"), marked("请为每家医院给出差异系数"), names=listed(missing))
    return found.to_numpy(dtype=float)


def is_ungrouped(groups: pd.Series) -> pd.Series:
    """Return which group codes are ambiguous (ending in QY) or ungrouped (0000…) [FOUND R9]."""
    codes = groups.astype("string").fillna("")
    return codes.str.endswith("QY") | codes.str.startswith("0000")


def cost_points(cost: Any, mean: float) -> Any:
    """Return the points of a cost, or of an array of costs (yuan): cost ÷ mean of all cases × 100. Base points are a group's mean so."""
    return cost / mean * 100


def group_points(base_points: Any, coefficient: Any) -> Any:
    """Return BP · DC: the points of a normal case, or of as many as ``base_points`` (numbers or arrays) are summed over."""
    return base_points * coefficient


def case_points(
    cases: pd.DataFrame | Iterable[Any], groups: pd.DataFrame | Mapping[str, float] | Iterable[Any], *, overall_mean: float, rules: DrgRules
) -> pd.DataFrame:
    """Return the cases with their points.

    Args:
        cases: one row per case (or per bed-day stay) with hospital, group, cost (yuan), kind ``"drg"`` or ``"bed_day"``, days and
            daily_rate (yuan per day; the last two only for bed-day rows). Optional approved_points: fixed by special review (特病单议).
            A frame, or a list of mappings or objects.
        groups: one row per group with group and mean_cost (yuan); optional same_price (true: no difference coefficient). A frame, a list
            of mappings or objects, or group → mean cost.
        overall_mean: mean cost of all grouped cases, yuan, > 0.
        rules: the rules in force, with the difference coefficients by hospital.

    Returns:
        The cases with base_points, ratio, coefficient, case_class (``CASE_CLASSES``) and points appended. Order and index kept.

    Raises:
        ScenarioError: missing columns, unknown groups, doubled groups, negative or missing numbers, overall mean of 0.
    """
    cases, groups = _cases(cases), _groups(groups)
    mean = checked_amount(overall_mean, marked("全部病例均费"))
    if mean == 0:
        raise ScenarioError(marked("全部病例均费为 0，无法计算点数"), marked("请核对病例费用"))
    unknown_kind = set(cases["kind"]) - {"drg", "bed_day"}
    if unknown_kind:
        raise ScenarioError(
            marked("未知的结算方式：{kinds}"), marked("请填写 drg（病组）或 bed_day（床日）"), kinds=listed(sorted(map(str, unknown_kind)))
        )
    bed_day = (cases["kind"] == "bed_day").to_numpy()
    ungrouped = is_ungrouped(cases["group"]).to_numpy() & ~bed_day
    grouped = ~bed_day & ~ungrouped
    group_mean, same_price = _group_values(cases, groups, grouped)
    coefficient = np.where(same_price | ~grouped, 1.0, _coefficients(cases["hospital"], rules))
    cost = np.where(bed_day, 0.0, _numbers(cases["cost"].where(~bed_day, 0.0), marked("病例费用")))
    base = cost_points(np.where(grouped, group_mean, cost), mean)
    ratio = np.where(grouped, cost / group_mean, np.nan)
    classes, points = _ratio_points(base, ratio, coefficient, rules)
    classes = np.select([bed_day, ungrouped], ["bed_day", "ungrouped"], classes)
    stays = _numbers(cases["days"].where(bed_day, 0.0), marked("床日数")) * _numbers(
        cases["daily_rate"].where(bed_day, 0.0), marked("床日标准")
    )
    points = np.select([bed_day, ungrouped], [cost_points(stays, mean), base * rules.ungrouped_share], points)
    if "approved_points" in cases.columns:
        approved = cases["approved_points"].notna().to_numpy()
        points = np.where(approved, _numbers(cases["approved_points"].fillna(0.0), marked("单议点数")), points)
        classes = np.where(approved, "special", classes)
    base = np.where(bed_day, np.nan, base)
    return cases.assign(base_points=base, ratio=ratio, coefficient=coefficient, case_class=classes, points=points)


def _group_values(cases: pd.DataFrame, groups: pd.DataFrame, grouped: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return mean cost and same-price flag per case; 1 and False where the case is not grouped."""
    if groups["group"].duplicated().any():
        raise ScenarioError(
            marked("病组重复：{names}"), marked("每个病组保留一行"), names=listed(groups.loc[groups["group"].duplicated(), "group"])
        )
    mean_cost = pd.Series(_numbers(groups["mean_cost"], marked("病组均费")), index=groups["group"])
    found = cases["group"].map(mean_cost)
    unknown = cases.loc[grouped & (found.isna() | (found == 0)).to_numpy(), "group"].unique()
    if len(unknown):
        raise ScenarioError(marked("这些病组没有均费：{names}"), marked("请在病组表中补上均费，或归入未入组"), names=listed(unknown))
    same_price = np.zeros(len(cases), dtype=bool)
    if "same_price" in groups.columns:
        flags = dict(zip(groups["group"], groups["same_price"].eq(True), strict=True))
        same_price = np.array([flags.get(code, False) for code in cases["group"]], dtype=bool)
    return np.where(grouped, found.to_numpy(dtype=float), 1.0), same_price


def _ratio_points(base: np.ndarray, ratio: np.ndarray, coefficient: np.ndarray, rules: DrgRules) -> tuple[np.ndarray, np.ndarray]:
    """Return class and points of grouped cases by cost ratio; golden cases at exactly 0.4, 0.8 and U belong to low, mid and high."""
    upper = np.select([base <= limit for limit, _ in rules.high_ladder], [ratio_limit for _, ratio_limit in rules.high_ladder])
    # 0.8 · mean ÷ mean may come out a hair above 0.8: the bounds forgive the last bits of a float.
    close = 1e-12
    low = ratio <= rules.low_cut + close
    mid = (ratio <= rules.mid_cut + close) if rules.mid_cut is not None else np.zeros(len(base), dtype=bool)
    high = ratio >= upper - close
    normal = group_points(base, coefficient)
    points = np.select(
        [low, mid, high],
        [base * ratio, group_points(base * (ratio + rules.mid_add), coefficient), normal + base * (ratio - upper) * rules.high_share],
        normal,
    )
    return np.select([low, mid, high], ["low", "mid", "high"], "normal"), points


@dataclass(frozen=True)
class PoolSettlement:
    """A closed pool settled by points.

    ``point_value`` in yuan per point; ``due`` what each hospital's points are worth and ``fund_pays`` what the fund pays of it
    (due − patient payments − deductions), yuan in whole cents by hospital. Σ due = fund + patient payments;
    Σ fund_pays = fund − deductions. A hospital whose patients paid more than its due gets a negative amount: it owes the pool.
    """

    point_value: float
    points: Mapping[str, float]
    due: Mapping[str, float]
    fund_pays: Mapping[str, float]


def settle_hospitals(
    points: pd.DataFrame | Mapping[str, float] | pd.Series,
    *,
    fund: float,
    patient_paid: Mapping[str, float] | pd.Series,
    deductions: Mapping[str, float] | pd.Series | None = None,
) -> PoolSettlement:
    """Return the point value of a closed pool and what each hospital is due, to the cent.

    Args:
        points: points per hospital, or the frame of ``case_points`` (summed by hospital).
        fund: the fund budget of the pool, yuan.
        patient_paid: what the patients of the same cases paid, yuan per hospital; every hospital with points must be listed.
        deductions: audit deductions per hospital, yuan, kept by the fund; hospitals not listed have none.

    Raises:
        ScenarioError: no points at all, negative or missing numbers, hospitals that differ.
    """
    by_hospital = points.groupby("hospital", sort=True)["points"].sum() if isinstance(points, pd.DataFrame) else points
    scores = {name: checked_amount(value, marked("点数")) for name, value in labelled(by_hospital, marked("点数")).items()}
    paid = {name: cents(checked_amount(value, marked("个人支付"))) for name, value in labelled(patient_paid, marked("个人支付")).items()}
    cut = {name: cents(checked_amount(value, marked("扣款"))) for name, value in labelled(deductions or {}, marked("扣款")).items()}
    unlike = (scores.keys() ^ paid.keys()) | (cut.keys() - scores.keys())
    if unlike:
        raise ScenarioError(
            marked("点数、个人支付与扣款的医院不一致：{names}"), marked("每家医院各给一个数"), names=listed(sorted(map(str, unlike)))
        )
    total_points = math.fsum(scores.values())
    if total_points == 0:
        raise ScenarioError(marked("点数合计为 0，无法计算点值"), marked("请核对病例与病组数据"))
    pool = cents(checked_amount(fund, marked("基金预算"))) + sum(paid.values())
    due = dict(zip(scores, shared_out(pool, list(scores.values()), marked("点数")), strict=True))
    pays = {name: yuan(amount - paid[name] - cut.get(name, 0)) for name, amount in due.items()}
    return PoolSettlement(
        point_value=yuan(pool) / total_points,
        points=scores,
        due={name: yuan(amount) for name, amount in due.items()},
        fund_pays=pays,
    )


def points_inflation(points: Mapping[str, Any], earlier: Mapping[str, Any]) -> float | None:
    """Return the growth of all points over an earlier period as a share; None without earlier points. More points, lower value."""
    before = math.fsum(map(float, earlier.values()))
    return math.fsum(map(float, points.values())) / before - 1 if before else None
