"""The baseline of the fiscal what-if: what one year's books, workload and contracts say. Every choice comes back as a note for the reader.

Who takes part: township and community centres of the communities that have fiscal money in their books, for the compensation; their
hospitals for the price reform. A centre whose workload was not reported keeps its history. A year with missing months is shown as it is;
filled up to twelve months only when asked, institution by institution, and said so.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.small_counts import Guard, People
from dashboard.catalogue.coefficients import load_fiscal_coefficients
from dashboard.catalogue.loader import load_catalogue
from dashboard.errors import ScopeError
from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.insurance.baseline import BaselineGap, Note
from dashboard.services.insurance.catalogue import Calibrated, calibrated_catalogue, within
from dashboard.services.overview.projection import read_claims
from dashboard.store.codes import CENTRE_KINDS
from dashboard.store.query import run_query
from dashboard.store.scope import FINANCE
from dashboard.whatif.errors import listed
from dashboard.whatif.fiscal_run import INCOME_ITEMS, FiscalBaseline

MONTHS = 12
_HOSPITAL_TIERS = ("secondary", "tertiary")
_MATERIALS = ("drug", "herbal", "consumable")
GROUPS = Guard(
    (
        People("population", totalled=False),
        People("contracted", part_of="population", totalled=False),
        People("fulfilled", part_of="contracted", totalled=False),
    ),
    {"coverage": ("population", "contracted"), "done": ("contracted", "fulfilled")},
)
"""Contracts by population group: the groups overlap, so their sum is shown nowhere."""


@dataclass(frozen=True)
class FiscalYear:
    """A calendar year and how many of its months have books."""

    year: int
    months: int

    @property
    def complete(self) -> bool:
        """Whether all twelve months came."""
        return self.months == MONTHS


@dataclass(frozen=True, eq=False)
class FiscalCounty:
    """A baseline with what stands behind it.

    ``year``: the year and its months; ``filled``: whether missing months were filled up. ``groups``: contracts by population group
    (which overlap and are never summed): population, contracted, fulfilled. ``guarantee``: the budget's line items by institution (index)
    and item, yuan. ``services``: the names of the service items. ``basic_pay``: what the budget pays for wages of the centres, yuan;
    ``others``: fiscal money of institutions that take no part, yuan. Optional tables, empty without them: ``plan`` is what was approved
    for the year by institution (index) and track, yuan; ``items`` are the hospitals' price items of the year: name, old_price, new_price
    (yuan), volume, gained (yuan a year), the largest first; ``purchases`` what they bought by class (index): amount and saved, yuan.
    """

    baseline: FiscalBaseline
    year: FiscalYear
    filled: bool
    notes: tuple[Note, ...]
    groups: pd.DataFrame
    guarantee: pd.DataFrame
    services: Mapping[str, str]
    basic_pay: float
    others: float
    plan: pd.DataFrame
    items: pd.DataFrame
    purchases: pd.DataFrame


@cached(max_entries=4)
def fiscal_years(database: ReportingDatabase) -> tuple[FiscalYear, ...]:
    """Return the years with books, the newest first."""
    months = run_query(database, "fiscal/months")["month"]
    counts = months.dt.year.value_counts() if not months.empty else pd.Series(dtype=int)
    return tuple(FiscalYear(int(year), int(count)) for year, count in sorted(counts.items(), reverse=True))


def usual_year(years: tuple[FiscalYear, ...]) -> FiscalYear:
    """Return the year that a first visit shows: the newest complete one, else the newest."""
    return next((year for year in years if year.complete), years[0])


def require_finance(database: ReportingDatabase) -> None:
    """Raise ``ScopeError`` for a reader without the right to financial data: an empty page would say that there are no books."""
    if not database.scope.grants(FINANCE):
        raise ScopeError(marked("财务数据要单独授权，您的账号没有这项权限"), marked("需要时请向安全管理员申请“财务”数据权限"))


@cached(max_entries=16, needs_county=True)
def fiscal_county(database: ReportingDatabase, year: int, filled: bool = False) -> FiscalCounty | BaselineGap:
    """Return the baseline of ``year``, or why there is none.

    ``filled``: fill missing months up. Raises ``QueryError``, and ``ScopeError`` for a part of the county or without the right to finance.
    """
    require_finance(database)
    known = next((each for each in fiscal_years(database) if each.year == year), None)
    if known is None:
        return BaselineGap(
            marked("没有 {year} 年的财务月报，无法推演。"), marked("请载入“财务月报”（fact_finance）和机构所属医共体。"), {"year": year}
        )
    return _Builder(database, known, filled and not known.complete).build()


class _Builder:
    """Puts one baseline together and collects its notes."""

    def __init__(self, database: ReportingDatabase, year: FiscalYear, filled: bool) -> None:
        self.database, self.year, self.filled = database, year, filled
        self.first, self.last = datetime.date(year.year, 1, 1), datetime.date(year.year, 12, 1)
        self.who = directory(database).inside
        self.notes: list[Note] = []

    def build(self) -> FiscalCounty | BaselineGap:
        books, contracts = self._read("finance"), self._read("contracts")
        fiscal = books[books["side"] == "fiscal"]
        work, weights, services = self._workload()
        centres = self._members(fiscal, work)
        if centres.empty:
            return BaselineGap(
                marked("没有乡镇卫生院或社区卫生服务中心的财政投入账，无法推演。"),
                marked("请载入“财务月报”（fact_finance）的财政投入科目和机构所属医共体。"),
            )
        history = self._history(fiscal, contracts, centres)
        hospitals = self._hospitals(books)
        items, purchases = self._items(hospitals), self._purchases(hospitals)
        self._tell_months(books, centres)
        baseline = FiscalBaseline(
            data_version=f"{self.database.version.load_id}:{self.year.year}{':12' if self.filled else ''}",
            year=self.year.year,
            coefficients=calibrated_catalogue(
                load_fiscal_coefficients(), self._calibrated() | self._from_prices(items, hospitals) | self._from_purchases(purchases)
            ),
            institutions=self._people(contracts, centres),
            history=history,
            fees=self._fees(contracts, centres),
            workload=work[work["institution"].isin(centres.index)].reset_index(drop=True),
            weights=weights,
            hospitals=hospitals,
            target=self._target(),
            part=1.0 if self.filled else self.year.months / MONTHS,
            held=self._held(work, centres),
        )
        inside = fiscal["institution"].isin(centres.index)
        taking_part = fiscal[inside]
        return FiscalCounty(
            baseline=baseline,
            year=self.year,
            filled=self.filled,
            notes=tuple(self.notes),
            groups=contracts.groupby("population_group")[["population", "contracted", "fulfilled"]].sum(min_count=1),
            guarantee=taking_part.pivot_table(index="institution", columns="item", values="amount", aggfunc="sum", fill_value=0.0),
            services=services,
            basic_pay=float(taking_part.loc[taking_part["item"] == "basic_pay", "amount"].sum()),
            others=float(fiscal.loc[~inside, "amount"].sum()),
            plan=self._plan(centres),
            items=items,
            purchases=purchases,
        )

    def _note(self, text: str, **details: object) -> None:
        self.notes.append(Note(text, details))

    def _read(self, name: str) -> pd.DataFrame:
        """Return one query of the year, amounts as floats; months that are missing are filled up where that was asked for."""
        rows = run_query(self.database, f"fiscal/{name}", first_month=self.first, last_month=self.last)
        rows = rows.rename(columns={"institution_code": "institution"})
        amounts = [
            column for column in ("amount", "saved", "quantity", "weighted", "fee_fiscal", "fee_fund", "fee_person") if column in rows
        ]
        people = [column for column in ("population", "contracted", "fulfilled") if column in rows]
        rows = rows.assign(**{column: pd.to_numeric(rows[column]).astype(float) for column in (*amounts, *people)})
        if self.filled and not rows.empty:
            reported = rows.groupby("institution")["months"].transform("max").clip(lower=1)
            rows = rows.assign(**{column: rows[column] * MONTHS / reported for column in amounts})
        return rows

    def _workload(self) -> tuple[pd.DataFrame, dict[str, float], dict[str, str]]:
        """Return the workload with κ, the weights, and the names of the services; what has no weight is named and left out."""
        rows = self._read("workload")
        items = run_query(self.database, "fiscal/service_items").set_index("service_item_code")
        own = pd.to_numeric(items["standard_equivalent"]).astype(float).dropna()
        weights = {str(code): float(weight) for code, weight in own.items()}
        if not weights:
            table = load_fiscal_coefficients().equivalents
            weights = {service.id: service.weight for service in table.services}
            self._note(marked("本县没有报送标化当量，先用示意表，不是官方标准（待核实）。"))
        unknown = sorted({str(code) for code in rows["service_item_code"]} - set(weights))
        if unknown:
            self._note(marked("这些服务没有当量，没有计入：{names}。请在“服务项目”里补上。"), names=listed(unknown))
        # A reported 0 is known: its κ says nothing, so it counts as 1.
        kept = rows[rows["service_item_code"].isin(weights) & (rows["quantity"] >= 0)]
        work = pd.DataFrame(
            {
                "institution": kept["institution"].astype(str),
                "service": kept["service_item_code"].astype(str),
                "quantity": kept["quantity"],
                "quality": (kept["weighted"] / kept["quantity"].where(kept["quantity"] > 0)).where(kept["quantity"] > 0, 1.0),
            }
        )
        return work, weights, {str(code): str(name) for code, name in items["name"].items()}

    def _members(self, fiscal: pd.DataFrame, work: pd.DataFrame) -> pd.DataFrame:
        """Return the centres that take part: those with fiscal money in their books, by community in display order.

        Without books there is no history to compare with: such a centre is named, and counted nowhere.
        """
        order = list(directory(self.database).communities.index)
        centres = self.who[self.who["kind"].isin(CENTRE_KINDS) & self.who["community_code"].isin(order)]
        booked = centres.index.isin(set(fiscal["institution"]))
        unbooked = centres[~booked & centres.index.isin(set(work["institution"]))]
        if len(unbooked):
            self._note(
                marked("有工作量、没有财政投入账的机构不参加推演：{names}。历史不知道，不算得也不算失。"), names=self._names(unbooked.index)
            )
        centres = centres[booked]
        place = centres["community_code"].map({code: at for at, code in enumerate(order)})
        return centres.assign(place=place).sort_values(["place", "name"], kind="stable").rename(columns={"community_code": "community"})

    def _held(self, work: pd.DataFrame, centres: pd.DataFrame) -> frozenset[str]:
        """Return the centres without any workload: they keep their history."""
        idle = centres[~centres.index.isin(set(work["institution"]))]
        if len(idle):
            self._note(marked("有财政投入账、没有工作量的机构按历史不变：{names}。不算得也不算失。"), names=self._names(idle.index))
        return frozenset(str(code) for code in idle.index)

    def _names(self, codes: Iterable[object]) -> str:
        return listed(self.who["short_name"].get(code, code) for code in codes)

    def _history(self, fiscal: pd.DataFrame, contracts: pd.DataFrame, centres: pd.DataFrame) -> pd.DataFrame:
        bought = fiscal["item"] == "purchase"
        guarantee, purchase = (fiscal[rows].groupby("institution")["amount"].sum() for rows in (~bought, bought))
        if (fiscal.loc[~bought, "item"] == "other").any():
            self._note(marked("有财政投入记在上级科目，没有分项，计入定项保障。"))
        fees = _whole(contracts).set_index("institution")["fee_fiscal"] if not contracts.empty else pd.Series(dtype=float)
        columns = {"guarantee": guarantee, "purchase": purchase, "quota": pd.Series(dtype=float), "contract": fees}
        frame = pd.DataFrame({name: series.reindex(centres.index).fillna(0.0) for name, series in columns.items()}, index=centres.index)
        frame.index = frame.index.astype(str)
        self._note(marked("账上没有单列“定额定项购买”，历史计在“购买服务”里；需要时在系数里按服务人口填写。"))
        negative = frame.index[(frame < 0).any(axis=1)]
        if len(negative):
            self._note(marked("这些机构有负数（冲销）：{names}，按账计入历史，不享受保底。"), names=self._names(negative))
        return frame.round(2)

    def _fees(self, contracts: pd.DataFrame, centres: pd.DataFrame) -> pd.DataFrame:
        held = _whole(contracts).set_index("institution")[["fee_fund", "fee_person"]]
        frame = held.reindex(centres.index).fillna(0.0).rename(columns={"fee_fund": "fund", "fee_person": "person"})
        frame.index = frame.index.astype(str)
        return frame

    def _people(self, contracts: pd.DataFrame, centres: pd.DataFrame) -> pd.DataFrame:
        everyone = _whole(contracts).set_index("institution")
        poor = contracts[contracts["population_group"] == "low_income"].set_index("institution")["fulfilled"]
        staff = run_query(self.database, "fiscal/staff", last_month=self.last).set_index("institution_code")["headcount"]
        frame = pd.DataFrame(
            {
                "community": centres["community"],
                "residents": everyone["population"].reindex(centres.index),
                "signed": everyone["contracted"].reindex(centres.index),
                "fulfilled": everyone["fulfilled"].reindex(centres.index),
                "low_income": poor.reindex(centres.index),
                "staff": pd.to_numeric(staff).astype(float).reindex(centres.index),
            },
            index=centres.index,
        )
        frame.index = frame.index.astype(str)
        if frame["fulfilled"].isna().all():
            self._note(marked("没有家庭医生签约月报，签约服务费按 0 计，不代表没有签约。"))
        if frame["low_income"].isna().all():
            self._note(marked("没有低收入人口的签约数据，“低收入人口每人另补”不起作用。"))
        return frame

    def _hospitals(self, books: pd.DataFrame) -> pd.DataFrame:
        """Return the communities' hospitals with their income by item; a negative item counts as 0 and is said."""
        hospitals = self.who[self.who["tier"].isin(_HOSPITAL_TIERS) & self.who["community_code"].notna()]
        rows = books[books["institution"].isin(hospitals.index)]
        medical = rows[(rows["side"] == "income") & rows["setting"].isin(("outpatient", "inpatient"))]
        item = medical["item"].where(medical["item"].isin(INCOME_ITEMS), "service")
        income = medical.assign(item=item).pivot_table(index="institution", columns="item", values="amount", aggfunc="sum")
        income = income.reindex(index=hospitals.index, columns=list(INCOME_ITEMS)).fillna(0.0)
        if (income < 0).any(axis=None):
            self._note(marked("有医院的收入科目为负（冲销），按 0 计入价格改革。"))
        spent = rows[(rows["side"] == "expense") & ~rows["item"].isin(_MATERIALS)].groupby("institution")["amount"].sum()
        paid = rows[(rows["side"] == "fiscal") & (rows["item"] == "basic_pay")].groupby("institution")["amount"].sum()
        frame = income.clip(lower=0).assign(
            community=hospitals["community_code"], cost=spent.reindex(hospitals.index), basic_pay=paid.reindex(hospitals.index)
        )
        frame = frame[frame[list(INCOME_ITEMS)].sum(axis=1) > 0].fillna({"basic_pay": 0.0})
        costless = frame.index[frame["cost"].isna()]
        if len(costless):
            self._note(marked("这些医院没有支出账，算不出可分配绩效：{names}。"), names=self._names(costless))
        frame.index = frame.index.astype(str)
        return frame

    def _plan(self, centres: pd.DataFrame) -> pd.DataFrame:
        """Return what was approved for the centres, by institution and track; a centre or track without a row is missing."""
        rows = run_query(self.database, "fiscal/plans", year=self.year.year)
        rows = rows.assign(approved=pd.to_numeric(rows["approved"]).astype(float))
        table = rows.pivot_table(index="institution_code", columns="track", values="approved", aggfunc="sum")
        return table[table.index.isin(centres.index)]

    def _items(self, hospitals: pd.DataFrame) -> pd.DataFrame:
        """Return the hospitals' price items of the year, each at its mean price weighted by volume, the largest gain or loss first."""
        rows = run_query(self.database, "fiscal/price_items", first_month=self.first, last_month=self.last)
        rows = rows[rows["institution_code"].isin(hospitals.index)]
        numbers = ["old_price", "new_price", "volume", "gained"]
        rows = rows.assign(**{name: pd.to_numeric(rows[name]).astype(float) for name in numbers})
        rows = rows.assign(old=rows["old_price"] * rows["volume"], new=rows["new_price"] * rows["volume"])
        sums = rows.groupby("item_code").agg(name=("name", "first"), old=("old", "sum"), new=("new", "sum"), volume=("volume", "sum"),
                                             gained=("gained", "sum"))  # fmt: skip
        volume = sums["volume"].where(sums["volume"] > 0)
        frame = sums.assign(old_price=sums["old"] / volume, new_price=sums["new"] / volume)[["name", *numbers]]
        return frame.sort_values("gained", key=abs, ascending=False, kind="stable")

    def _purchases(self, hospitals: pd.DataFrame) -> pd.DataFrame:
        """Return what the hospitals bought in the year by class."""
        rows = self._read("purchases")
        rows = rows[rows["institution"].isin(hospitals.index)]
        return rows.groupby("purchase_class")[["amount", "saved"]].sum()

    def _from_prices(self, items: pd.DataFrame, hospitals: pd.DataFrame) -> dict[str, Calibrated]:
        """Return the rise of service prices that the year's own items come to, as the default of the abolished mark-up."""
        services = float(hospitals["service"].sum())
        if items.empty or services <= 0:
            return {}
        known = load_fiscal_coefficients().coefficients["service_price_rise"]
        source = "由本县当年调价项目推算：Σ（新价 − 原价）× 数量 ÷ 医院医疗服务收入"
        return {known.id: Calibrated(within(known, float(items["gained"].sum()) / services), source)}

    def _from_purchases(self, purchases: pd.DataFrame) -> dict[str, Calibrated]:
        """Return by how much drugs have become cheaper in the county's own purchases, as the default cut."""
        if "drug" not in purchases.index:
            return {}
        amount, saved = (float(purchases.loc["drug", name]) for name in ("amount", "saved"))  # type: ignore[arg-type]
        if amount + saved <= 0:
            return {}
        known = load_fiscal_coefficients().coefficients["purchase_cut"]
        source = "由本县当年药品采购推算：少付 ÷（采购金额 + 少付）"
        return {known.id: Calibrated(within(known, saved / (amount + saved), 3), source)}

    def _tell_months(self, books: pd.DataFrame, centres: pd.DataFrame) -> None:
        reported = books[books["institution"].isin(centres.index)].groupby("institution")["months"].max()
        short = reported[reported < self.year.months]
        if len(short):
            self._note(marked("这些机构的财务月报不齐：{names}。"), names=self._names(short.index))
        if self.filled:
            self._note(
                marked("{year} 年只有 {months} 个月，已按各机构已报月份补足为 12 个月（年化）：年末的集中支出可能没有反映。"),
                year=self.year.year,
                months=self.year.months,
            )
        elif not self.year.complete:
            self._note(
                marked("{year} 年只有 {months} 个月，所有金额是这 {months} 个月的合计，没有年化。"),
                year=self.year.year,
                months=self.year.months,
            )

    def _calibrated(self) -> dict[str, Calibrated]:
        """Return the fund's part of all spending in the year as the default for drugs: the claims know no cost items."""
        claims = read_claims(self.database)
        part = claims.between(self.first, self.last) if not claims.frame.empty else claims.frame
        total = float(part["total_cost"].sum()) if len(part) else 0.0
        if total <= 0:
            self._note(marked("没有这一年的医保结算，药品费用医保承担比例取产品假设。"))
            return {}
        known = load_fiscal_coefficients().coefficients["fund_share_of_drugs"]
        source = "由本县当年医保结算推算：基金支付 ÷ 总费用（结算没有药品明细）"
        return {known.id: Calibrated(within(known, float(part["fund_paid"].sum()) / total, 2), source)}

    @staticmethod
    def _target() -> float:
        target = load_catalogue().target("D06")
        return float(target.low) / 100 if target and target.low is not None else 0.35


def _whole(contracts: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of all residents: the groups overlap and are parts of it, so they are never added up."""
    return contracts[contracts["population_group"] == "all"]
