"""The baseline of the insurance what-if: the county's own budget as it was set, rebuilt from its parts.

Calibration: the baseline scenario (no coefficient changed) gives exactly the recorded budget of ``fact_fund_budget``. The recorded fund
base fixes the level of past costs; the granted growth is split into its recorded parts, and what is left of it counts as volume.
Spending is the base year carried on by the trend of the newest months. Every such choice comes back as a note for the reader.
"""

import datetime
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dashboard.analysis.projection import UNIT
from dashboard.catalogue.coefficients import load_coefficients
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.insurance.catalogue import Calibrated, calibrated_catalogue, within
from dashboard.services.insurance.hospitals import Pool, inpatient_pool
from dashboard.services.insurance.inputs import past_costs, volume_growth
from dashboard.services.overview.projection import (
    ERROR_COEFFICIENTS,
    PRICE_COEFFICIENTS,
    Claims,
    Projection,
    read_claims,
    unit_order,
    year_projection,
)
from dashboard.store.query import run_query
from dashboard.whatif.baseline import OUTFLOW_COLUMNS, TREND_COLUMNS, Baseline
from dashboard.whatif.budget import fund_base_amount, weighted_base

Scores = tuple[tuple[str, float], ...]
# The 2025 rule names 100 same-price groups out of some thousand of the provincial grouping: a tenth [INFER].
_SAME_PRICE_SHARE = 0.1
# People of 65 and over cost about three times the others [INFER].
_ELDERLY_WEIGHT = 3.0
_BOUND_STEP = 0.005


@dataclass(frozen=True)
class Note:
    """Something the reader must know of the baseline: a message id with its details."""

    text: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class BaselineGap:
    """Why there is nothing to reckon with, and what to do: message ids with details."""

    why: str
    remedy: str
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class InsuranceBaseline:
    """A baseline with what stands behind it.

    ``notes`` say how it was calibrated. ``recorded``: by community × scheme the recorded fund base and budget, the fund base computed from
    claims, and the factor between them; empty without recorded budgets. ``fund``: recorded budgets plus reserve by scheme, yuan.
    ``executed``: what the fund has paid in the budget's year by community × month 1–12, yuan. ``base``: first and last month of the
    base year. ``cases``: inpatients of the base year by institution.
    """

    baseline: Baseline
    notes: tuple[Note, ...]
    recorded: pd.DataFrame
    fund: Mapping[str, float]
    executed: pd.DataFrame
    base: tuple[datetime.date, datetime.date]
    cases: pd.Series


@cached(max_entries=8, needs_county=True)
def insurance_baseline(database: ReportingDatabase, scores: Scores = ()) -> InsuranceBaseline | BaselineGap:
    """Return the baseline of the county for the newest year with a budget, else for the year after the last complete one.

    Args:
        database: the reporting database.
        scores: frozen appraisal scores (0–100) by community; without them they are read off the recorded quality factor.
    """
    claims = read_claims(database)
    budgets = run_query(database, "insurance/fund_budgets").rename(columns={"community_code": "community"})
    budgets = budgets[budgets["budget"] > 0]
    if claims.frame.empty:
        return BaselineGap(marked("没有医保结算数据，无法推演。"), marked("请载入“医保结算月报”（fact_claim）和镇街所属医共体。"))
    year = int(budgets["year"].max()) if not budgets.empty else claims.months[-1].year + 1
    projection = year_projection(database, year)
    if projection is None:
        return BaselineGap(
            marked("医保结算数据只有 {count} 个月，不足连续 12 个月，无法作为基期。"),
            marked("请补齐连续 12 个月的“医保结算月报”（fact_claim）。"),
            {"count": len(claims.months)},
        )
    return _Builder(database, claims, budgets[budgets["year"] == year], projection, dict(scores)).build()


class _Builder:
    """Puts one baseline together and collects its notes."""

    def __init__(
        self,
        database: ReportingDatabase,
        claims: Claims,
        budgets: pd.DataFrame,
        projection: Projection,
        scores: dict[str, float],
    ) -> None:
        self.database, self.claims, self.projection, self.scores = database, claims, projection, scores
        self.year, self.base = projection.year, projection.base
        self.budgets = budgets.set_index(UNIT)
        self.delivered = load_coefficients()
        self.first_day = datetime.date(projection.year, 1, 1)
        self.notes: list[Note] = []
        self.calibrated: dict[str, Calibrated] = {}

    def build(self) -> InsuranceBaseline:
        spending = self.projection.spending
        costs, known_years = past_costs(self.claims, self.year, self.base)
        units = self._units(costs, spending)
        recorded = self._calibrate_base(units, spending)
        self._calibrate_costs(known_years)
        if recorded.empty:
            self._measured_growth(units)
        else:
            self._granted_growth(units, recorded)
        pool = self._pool()
        catalogue = calibrated_catalogue(self.delivered, self.calibrated)
        keep = pd.MultiIndex.from_frame(units[UNIT])
        growth = self.projection.growth
        trend = growth.cells if growth else pd.DataFrame(columns=list(TREND_COLUMNS))
        version = str(self.database.version.load_id)
        baseline = Baseline(
            data_version=f"{version}-{zlib.crc32(repr(sorted(self.scores.items())).encode()):08x}" if self.scores else version,
            year=self.year,
            coefficients=catalogue,
            units=units,
            spending=_of_units(spending, keep),
            known=_of_units(self.projection.known, keep),
            trend=_of_units(trend, keep),
            outflows=_of_units(self._outflows(), keep),
            hospitals=pool.hospitals,
            group_points=pool.group_points,
            group_order=pool.group_order,
        )
        fund = self.budgets["budget"] + pd.to_numeric(self.budgets["reserve"]).fillna(0.0)
        return InsuranceBaseline(
            baseline=baseline,
            notes=tuple(self.notes),
            recorded=recorded,
            fund={str(scheme): float(amount) for scheme, amount in fund.groupby("scheme").sum().items()},
            executed=self._executed(),
            base=self.base,
            cases=pool.cases,
        )

    def _note(self, text: str, **details: object) -> None:
        self.notes.append(Note(text, details))

    def _default(self, name: str) -> float:
        if name in self.calibrated:
            return float(self.calibrated[name].value)  # type: ignore[arg-type]
        return float(self.delivered.coefficients[name].default(self.first_day))  # type: ignore[arg-type]

    def _set(self, name: str, value: float, source: str) -> None:
        self.calibrated[name] = Calibrated(within(self.delivered.coefficients[name], value), source)

    def _units(self, costs: pd.DataFrame, spending: pd.DataFrame) -> pd.DataFrame:
        """Return the units that have claims (and a budget, where budgets are recorded), in display order."""
        paid = spending.groupby(UNIT)["fund_paid"].sum()
        with_claims = set(paid[paid > 0].index)
        budgeted = set(self.budgets.index) if not self.budgets.empty else with_claims
        left_out = sorted(f"{community}·{scheme}" for community, scheme in with_claims ^ budgeted)
        if left_out:
            self._note(marked("只有结算或只有预算的医共体与险种没有列入：{names}。"), names="、".join(left_out))
        chosen = sorted(with_claims & budgeted, key=unit_order(self.database))
        units = pd.DataFrame(chosen, columns=UNIT)
        units = units.join(costs, on=UNIT).fillna(dict.fromkeys(costs.columns, 0.0))
        return units.join(self._people(), on=UNIT).fillna({"insured": 0.0, "contracted": 0.0, "risk": 1.0})

    def _people(self) -> pd.DataFrame:
        """Return insured and contracted people and mean risk weight by unit; contracts are shared out by insured people."""
        people = run_query(self.database, "insurance/insured", year=self.year).set_index("community_code")
        signed = run_query(self.database, "insurance/contracted", last_month=self.base[1]).set_index("community_code")
        numbers = people.apply(pd.to_numeric, errors="coerce").astype(float)
        elderly = (numbers["age_65_over"] / numbers["people"].where(numbers["people"] > 0)).fillna(0.0)
        weight = 1 + (_ELDERLY_WEIGHT - 1) * elderly
        risk = weight / weight.mean() if len(weight) else weight
        coverage = (signed["contracted"].astype(float) / signed["population"].where(signed["population"] > 0)).clip(upper=1.0)
        rows = []
        for community, row in numbers.iterrows():
            for scheme in ("employee", "resident"):
                insured = 0.0 if np.isnan(row[scheme]) else float(row[scheme])
                contracted = float(np.floor(insured * coverage.get(community, 0.0)))
                rows.append((community, scheme, insured, contracted, float(risk[community])))
        return pd.DataFrame(rows, columns=[*UNIT, "insured", "contracted", "risk"]).set_index(UNIT)

    def _calibrate_base(self, units: pd.DataFrame, spending: pd.DataFrame) -> pd.DataFrame:
        """Scale past costs so that the fund base is the recorded one; return both by unit, empty without recorded budgets."""
        if self.budgets.empty:
            self._note(marked("没有 {year} 年的总额预算：预算按缺省系数推算，不是已定预算。"), year=self.year)
            return pd.DataFrame(columns=[*UNIT, "fund_base", "computed", "factor", "budget", "growth"])
        weights: tuple[float, ...] = self.delivered.coefficients["base_weights"].default(self.first_day)  # type: ignore[assignment]
        sums = spending.groupby(UNIT)[["fund_paid", "total_cost"]].sum()
        index = pd.MultiIndex.from_frame(units[UNIT])
        past = units[["cost_first", "cost_second", "cost_third"]].to_numpy()
        claimed = sums.reindex(index)[["fund_paid", "total_cost"]].to_numpy()
        computed = np.array(
            [
                fund_base_amount(weighted_base(costs, weights), paid, cost)
                for costs, (paid, cost) in zip(past.tolist(), claimed.tolist(), strict=True)
            ]
        )
        recorded = self.budgets.reindex(index)[["fund_base", "budget"]].astype(float).reset_index()
        usable = (recorded["fund_base"] > 0).to_numpy() & (computed > 0)
        recorded["fund_base"] = np.where(usable, recorded["fund_base"], computed)
        factor = recorded["fund_base"].to_numpy() / computed
        units[["cost_first", "cost_second", "cost_third"]] = past * factor[:, None]
        frame = recorded.assign(computed=computed, factor=factor, growth=recorded["budget"] / recorded["fund_base"] - 1)
        self._note(
            marked("基线就是 {year} 年已定预算。按结算数据重算的基金基数与预算文件相差 {low:+.1%} 至 {high:+.1%}，已按预算文件校准。"),
            year=self.year,
            low=float(1 / factor.max() - 1),
            high=float(1 / factor.min() - 1),
        )
        return frame

    def _calibrate_costs(self, known_years: int) -> None:
        growth = self.projection.growth
        if growth is None:
            self._note(marked("没有可比的上年同月数据：支出趋势按 0，次均费用增幅用缺省值。"))
        else:
            span = f"{growth.first:%Y-%m}至{growth.last:%Y-%m}"
            for kind in growth.prices:
                self._set(PRICE_COEFFICIENTS[kind], self.projection.prices[kind], f"本县结算数据 {span} 同比，人次结构不变")
            self._note(marked("支出趋势取 {span} 的同比，按服务类别和就诊地分开；次均费用增幅取同期全县同比。"), span=span)
            if self.projection.measured:
                for part, name in ERROR_COEFFICIENTS.items():
                    self._set(name, getattr(self.projection.errors, part), f"本县结算数据 {span} 各月同比的离散程度，按剩余月数放宽")
        months = sorted(self.projection.known["month"].unique())
        if months:
            self._note(
                marked("{year} 年已有 {count} 个月的结算，按实际支出计；系数和不确定性只影响还没有结算的月份。年末预计与总览是同一个数。"),
                year=self.year,
                count=len(months),
            )
        if known_years < 3:
            self._note(marked("三个往年里只有 {count} 年结算数据完整，缺的年份用最近的一年代替。"), count=known_years)

    def _scores(self, units: pd.DataFrame) -> pd.Series:
        return units["community"].map(self.scores).astype(float)

    def _measured_growth(self, units: pd.DataFrame) -> None:
        measured = volume_growth(self.claims, self.year)
        index = pd.MultiIndex.from_frame(units[UNIT])
        units["volume_growth"] = 0.0 if measured is None else measured.reindex(index).fillna(0.0).to_numpy()
        units["case_mix_growth"] = 0.0
        units["quality_score"] = self._scores(units)
        if units["quality_score"].isna().any():
            source = "没有锁定的考核得分，质量系数与考核挂钩先关闭"
            self._set("a_quality", 0.0, source)
            self._set("gate_on", 0.0, source)
            self._note(marked("没有锁定的考核得分：质量系数先取 0，结余留用先不与考核挂钩。锁定得分后自动启用。"))

    def _granted_growth(self, units: pd.DataFrame, recorded: pd.DataFrame) -> None:
        """Split the granted growth of each unit into its recorded parts; what is left of it is volume."""
        parts = self.budgets.reindex(pd.MultiIndex.from_frame(units[UNIT]))
        price, quality, case_mix = (
            pd.to_numeric(parts[f"growth_{name}"], errors="coerce").astype(float).reset_index(drop=True)
            for name in ("price", "quality", "case_mix")
        )
        source = f"本县 {self.year} 年总额预算（fact_fund_budget）"
        if price.notna().any():
            self._set("price_index", float(price.mean()) / self._default("a_price"), f"{source}物价调节 ÷ 物价系数")
        units["case_mix_growth"] = case_mix.fillna(0.0).to_numpy()
        if (units["case_mix_growth"] != 0).any():
            self._set("a_case_mix", 1.0, f"{source}病例组合调节，按全额计入")
        scores = self._scores(units)
        implied = self._default("quality_reference") + quality / self._default("a_quality") * 100
        units["quality_score"] = scores.fillna(implied).clip(0, 100).to_numpy()
        if scores.isna().any():
            self._note(marked("没有锁定的考核得分：得分由预算文件的质量调节反推，锁定后自动改用。"))
        self._switch_off_quality(units)
        granted = recorded["growth"].to_numpy()
        quality_part = self._default("a_quality") * (units["quality_score"].fillna(0.0) - self._default("quality_reference")) / 100
        known = quality_part + self._default("a_price") * self._default("price_index")
        known += self._default("a_case_mix") * units["case_mix_growth"]
        units["volume_growth"] = (granted - known) / self._default("a_volume")
        self._note(marked("已定增速扣除质量、物价、病例组合后的部分计为服务量增长，不是实测服务量。"))
        self._set("capitation_share", 0.0, f"{source}没有分列门诊按人头包干")
        self._widen_bounds(granted)

    def _switch_off_quality(self, units: pd.DataFrame) -> None:
        if units["quality_score"].isna().any():
            source = "没有考核得分，也没有预算文件的质量调节"
            self._set("a_quality", 0.0, source)
            self._set("gate_on", 0.0, source)
            self._note(marked("没有锁定的考核得分：质量系数先取 0，结余留用先不与考核挂钩。锁定得分后自动启用。"))

    def _widen_bounds(self, granted: np.ndarray) -> None:
        """Let floor and cap take in every growth that was granted: else the baseline would not be the recorded budget."""
        lowest, highest = 1 + float(granted.min()), 1 + float(granted.max())
        source = f"放宽到包含 {self.year} 年已定增速"
        if lowest < self._default("k_min"):
            self._set("k_min", np.floor(lowest / _BOUND_STEP) * _BOUND_STEP, source)
        if highest > self._default("k_max"):
            self._set("k_max", np.ceil(highest / _BOUND_STEP) * _BOUND_STEP, source)

    def _outflows(self) -> pd.DataFrame:
        rows = run_query(self.database, "insurance/outflows", first_month=self.base[0], last_month=self.base[1])
        rows = rows.rename(columns={"community_code": "community", "disease_group_code": "disease_group"})
        rows["capability"] = np.where(rows["primary_capable"].astype(bool), "primary", "county")
        return rows[list(OUTFLOW_COLUMNS)]

    def _pool(self) -> Pool:
        rows = run_query(self.database, "insurance/hospital_groups", first_month=self.base[0], last_month=self.base[1])
        pool = inpatient_pool(rows, directory(self.database).institutions)
        if not pool.recorded:
            self._note(marked("结算点数里没有差异系数：按 2025 年规则用等级、历史费用、病例组合和个人负担推算。"))
        groups = len(pool.group_order)
        official = self.delivered.coefficients["same_price_groups"].default(self.first_day)
        if groups and float(official) > groups / 2:  # type: ignore[arg-type]
            count = round(groups * _SAME_PRICE_SHARE)
            source = f"规则 {official:.0f} 组约为全部病组的十分之一；本县数据 {groups} 组，按比例取 {count} 组"
            self.calibrated["same_price_groups"] = Calibrated(float(count), source, upper=float(groups), step=1.0)
            self._note(
                marked("数据只有 {groups} 个病组，规则的 {official:.0f} 个同病同价组会让差异系数全部失效，已按比例改为 {count} 个。"),
                groups=groups,
                official=official,
                count=count,
            )
        return pool

    def _executed(self) -> pd.DataFrame:
        rows = self.claims.frame[self.claims.frame["month"].dt.year == self.year]
        sums = rows.assign(month=rows["month"].dt.month).groupby(["community", "month"])["fund_paid"].sum()
        return sums.rename("executed").reset_index()


def _of_units(frame: pd.DataFrame, units: pd.MultiIndex) -> pd.DataFrame:
    """Return the rows that belong to ``units``."""
    if frame.empty:
        return frame
    return frame[pd.MultiIndex.from_frame(frame[UNIT]).isin(units)].reset_index(drop=True)
