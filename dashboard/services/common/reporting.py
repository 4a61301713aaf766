"""Who reported and who did not: how complete a month, a value and a page's data are, and how old they are.

The rules are data (``data/catalogue/completeness.yaml``); who is expected comes from the register (``analysis/reporting.py``).
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pandas as pd

from dashboard import formatting
from dashboard.analysis.approval import COUNTY, UNASKED, Signed, Unit
from dashboard.analysis.periods import Period, shift_months
from dashboard.analysis.reporting import due_reports
from dashboard.catalogue.completeness import completeness_rules
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.reporting import TableRule, reporting_rules
from dashboard.language import marked, translate
from dashboard.services.common.approvals import signer, waiting_words
from dashboard.services.common.cache import cached
from dashboard.services.common.clock import today
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.query import run_query
from dashboard.store.schema import label, metadata

Counted = Literal["institutions", "towns", "reports"]
_UNIT_COLUMNS = {"community": "community_code", "institution": "reporter", "town": "town_code"}
_COUNTED = {
    "institutions": marked("已报 {came}/{due} 家"),
    "towns": marked("已报 {came}/{due} 个镇街"),
    "reports": marked("已报 {came}/{due} 份月报"),
}


@dataclass(frozen=True)
class Reported:
    """How many reports of the least complete source came and were due, and which share of the usual whole is missing (0 to 1).

    ``counts`` says what they are: institutions or towns of one month, monthly reports of a longer period, or a table's months.
    ``months`` wait for the approval of ``unit`` as far as ``signed`` does not hold it.
    """

    came: int
    due: int
    missing_share: float
    counts: Counted = "institutions"
    signed: Signed = UNASKED
    months: tuple[datetime.date, ...] = ()
    unit: Unit = COUNTY

    @property
    def provisional(self) -> bool:
        """Whether it is made of months that are not approved, or nobody can say whether they are."""
        return not self.signed.known or bool(self.signed.provisional(self.months, self.unit))

    def waiting_text(self, language: str = "zh") -> str:
        """Return "初步：2025年10月尚未县级审定"; empty when all is approved, or nobody asks for it."""
        return waiting_words(self.signed, self.months, self.unit, language)

    @property
    def complete(self) -> bool:
        """Whether everything that was due came."""
        return self.came >= self.due

    @property
    def trusted(self) -> bool:
        """Whether so little is missing that a value keeps its state."""
        return self.missing_share <= completeness_rules().tolerated_missing

    def text(self, language: str = "zh") -> str:
        """Return "已报 3/242 家"; empty when everything came."""
        if self.complete:
            return ""
        counts = {"came": formatting.count(self.came), "due": formatting.count(self.due)}
        return translate(_COUNTED[self.counts], language, **counts)


EVERYTHING = Reported(0, 0, 0.0)


@cached(max_entries=16)
def reports_due(database: ReportingDatabase, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    """Return every report due from month ``first`` to ``last``, in every table that has regular reporters.

    Returns:
        table_name, reporter, month, came (bool), usual (its size), and of the reporter: name, kind, role, community_code, town_code.

    Raises:
        QueryError: the database cannot answer.
    """
    rules, who = completeness_rules(), directory(database)
    register = run_query(database, "common/register").rename(columns={"reporter_code": "reporter"})
    labels = pd.concat([who.institutions["short_name"], who.towns["name"]]).to_dict()
    register["name"] = register["reporter"].map(labels).fillna(register["name"])
    earliest = shift_months(first, -rules.lookback_months)
    returns = run_query(database, "common/returns", first=earliest, last=last).rename(columns={"reporter_code": "reporter"})
    months, towns, claims = pd.date_range(first, last, freq="MS"), register["kind"].eq("town"), returns["table_name"].eq("fact_claim")
    parts = [
        due_reports(people, rows, list(months), lookback=rules.lookback_months, normal_share=rules.normal_share)
        for people, rows in ((register[~towns], returns[~claims]), (register[towns], returns[claims]))
    ]
    return pd.concat(parts, ignore_index=True)


def share_missing(rows: pd.DataFrame) -> float:
    """Return which share (0 to 1) of the usual whole is missing in ``rows`` of ``reports_due``; 0 where nothing is due."""
    return float(rows.loc[~rows["came"], "usual"].sum() / rows["usual"].sum()) if len(rows) else 0.0


@cached(max_entries=16)
def _due_by_table(database: ReportingDatabase, first: datetime.date, last: datetime.date) -> Mapping[str, pd.DataFrame]:
    """Return ``reports_due`` table by table: a page asks for the reports of dozens of readings."""
    return {str(table): rows for table, rows in reports_due(database, first, last).groupby("table_name", sort=False)}


def reported(database: ReportingDatabase, indicator: Indicator, level: Level, unit: str, period: Period) -> Reported:
    """Return how complete the reports are that ``indicator`` of ``unit`` needs in ``period`` (its least complete source), and approved."""
    found = _reported(database, indicator, level, unit, period)
    if database.signed == UNASKED or not indicator_tables(indicator):
        return found
    who = directory(database)
    homes = {"institution": who.institutions["community_code"], "town": who.towns["community_code"]}.get(level)
    home = homes.get(unit) if homes is not None else None
    return replace(found, signed=database.signed, months=period.months, unit=signer(level, unit, None if pd.isna(home) else str(home)))


def _reported(database: ReportingDatabase, indicator: Indicator, level: Level, unit: str, period: Period) -> Reported:
    due = _due_by_table(database, period.first, period.last)
    catalogue = load_catalogue()
    worst = EVERYTHING
    for name, years in sorted(indicator.measures):
        measure = catalogue.measures[name]
        tables = catalogue.cubes[measure.cube].tables
        if years or not tables or tables[0] not in due:
            continue
        needed = due[tables[0]]
        if level != "county":
            needed = needed[needed[_UNIT_COLUMNS[level]].eq(unit)]
        for attribute in ("kind", "role"):
            if attribute in measure.where:
                needed = needed[needed[attribute].isin(measure.where[attribute])]
        counts: Counted = "reports" if len(period.months) > 1 else "towns" if needed["kind"].eq("town").any() else "institutions"
        found = Reported(int(needed["came"].sum()), len(needed), share_missing(needed), counts)
        worst = max(worst, found, key=lambda each: (each.missing_share, each.due))
    return worst


@dataclass(frozen=True)
class Silence:
    """Who is silent in a period: names (the largest first), how many were due, and their share of the usual whole."""

    table: str
    names: tuple[str, ...]
    codes: tuple[str, ...]
    due: int
    missing_share: float


def silent_units(database: ReportingDatabase, period: Period, community: str | None = None) -> tuple[Silence, ...]:
    """Return the tables in which somebody is silent in the last month of ``period``, the one that lacks most first.

    A table of which nothing came at all is not silence of its reporters: the table itself is missing, and blocks say so.
    """
    rows = reports_due(database, period.last, period.last)
    if community:
        rows = rows[rows["community_code"].eq(community)]
    found = []
    for table, part in rows.groupby("table_name"):
        silent = part[~part["came"]].sort_values("usual", ascending=False, kind="stable")
        if len(silent) and part["came"].any():
            names, codes = silent["name"].astype(str), silent["reporter"].astype(str)
            found.append(Silence(str(table), tuple(names), tuple(codes), len(part), share_missing(part)))
    return tuple(sorted(found, key=lambda each: (-each.missing_share, -len(each.names))))


def newest_complete_months(database: ReportingDatabase, months: Sequence[datetime.date]) -> dict[str, datetime.date]:
    """Return for each page of ``completeness.yaml`` the newest of ``months`` (newest first) in which its tables are complete.

    The newest of all where none is; nothing without months.
    """
    rules = completeness_rules()
    if not months:
        return {}
    window = months[: rules.lapsed_months + 1]
    columns = [pd.Timestamp(month) for month in window]
    complete = _complete_months(reports_due(database, window[-1], window[0])).reindex(columns=columns, fill_value=False)
    found = {}
    for page in rules.pages:
        tables = complete[complete.index.isin(rules.tables(page))]
        whole = tables.all().to_numpy() & (len(tables) > 0)
        found[page] = next((month for month, it_is in zip(window, whole, strict=True) if it_is), months[0])
    return found


def incomplete_tables(database: ReportingDatabase, page: str, period: Period, community: str | None = None) -> tuple[str, ...]:
    """Return the tables of ``page`` that are not complete in every month of ``period``, by the rule that a page's first month is chosen by.

    As there, a table that stopped arriving long before keeps nobody waiting; where none of them ever arrived, all are lacking.
    """
    rules = completeness_rules()
    rows = reports_due(database, shift_months(period.last, -rules.lapsed_months), period.last)
    rows = rows[rows["table_name"].isin(rules.tables(page))]
    if community:
        rows = rows[rows["community_code"].eq(community)]
    complete = _complete_months(rows)
    asked = [table for table in rules.tables(page) if table in complete.index or complete.empty]
    whole = complete.reindex(index=asked, columns=[pd.Timestamp(month) for month in period.months], fill_value=False).all(axis=1)
    return tuple(table for table in asked if not whole[table])


def _complete_months(rows: pd.DataFrame) -> pd.DataFrame:
    """Return of ``reports_due`` whether each table is complete in each month, tables × months; those of which nothing came are left out."""
    weighed = pd.DataFrame({"came": rows["came"], "usual": rows["usual"], "missing": rows["usual"].mask(rows["came"], 0.0)})
    cells = weighed.groupby([rows["table_name"], rows["month"]]).agg({"came": "any", "usual": "sum", "missing": "sum"})
    complete = cells["came"] & (1 - cells["missing"] / cells["usual"] >= completeness_rules().complete_share)
    return complete.unstack("month", fill_value=False)[cells["came"].groupby(level="table_name").any()]


# Age ---------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class DataAge:
    """How far data reach and how many months ago that was; ``partial`` is a newer month of which only a part has come."""

    through: datetime.date
    months: int
    partial: datetime.date | None = None

    @property
    def stale(self) -> bool:
        """Whether readers are to be warned."""
        return self.months > completeness_rules().stale_months

    def text(self, language: str = "zh") -> str:
        """Return "数据截至 2025-10 · 13 个月前", with what has come of a newer month."""
        parts = [translate(marked("数据截至 {date}"), language, date=formatting.month(self.through, language))]
        if self.months > 0:
            parts.append(translate(marked("{count} 个月前"), language, count=self.months))
        if self.partial:
            parts.append(translate(marked("{date} 未报齐"), language, date=formatting.month(self.partial, language)))
        return " · ".join(parts)


def data_age(through: datetime.date, newest: datetime.date | None = None) -> DataAge:
    """Return the age of data that are complete through ``through``; ``newest`` is the newest month of which anything has come."""
    now = today()
    months = (now.year - through.year) * 12 + now.month - through.month
    return DataAge(through, months, newest if newest and newest > through else None)


@cached(max_entries=4)
def held_tables(database: ReportingDatabase) -> frozenset[str]:
    """Return the tables that have rows."""
    return frozenset(run_query(database, "common/table_months")["table_name"].astype(str))


def lacking_tables(database: ReportingDatabase, *tables: str) -> tuple[str, ...]:
    """Return those of ``tables`` of which nothing was ever loaded."""
    held = held_tables(database)
    return tuple(table for table in dict.fromkeys(tables) if table not in held)


def table_words(table: str, language: str = "zh") -> str:
    """Return what a county calls a table of its package: “床位月报”（fact_bed）; the bare name in other languages."""
    return f"“{label(metadata.tables[table])}”（{table}）" if language == "zh" and table in metadata.tables else table


def load_words(database: ReportingDatabase, *tables: str, language: str = "zh") -> str:
    """Return what to do about a block made of ``tables``: load those that are truly lacking, else look elsewhere."""
    lacking = lacking_tables(database, *tables)
    if not lacking:
        return translate(marked("所需的表都已载入，只是这个时期或所选范围没有可用的数据：请换一个时期，或放宽上方的筛选。"), language)
    names = translate(marked("、"), language).join(table_words(table, language) for table in lacking)
    return translate(marked("请载入{tables}。"), language, tables=names)


@cached(max_entries=4)
def table_months(database: ReportingDatabase) -> dict[str, datetime.date]:
    """Return the last period of every table that has any."""
    rows = run_query(database, "common/table_months")
    known = rows.dropna(subset=["last_period"]).set_index("table_name")["last_period"]
    return {str(table): period.date() for table, period in pd.to_datetime(known).items()}


_MONTHS_OF = {"quarter": 3, "year": 12}


def own_date(database: ReportingDatabase, tables: Iterable[str], last: datetime.date) -> datetime.date | None:
    """Return the month that the data of ``tables`` reach where that is before ``last``, the month that the page shows; else None.

    A quarter or year reaches to its last month. Tables without periods, and tables of which nothing came, say nothing.
    """
    months = table_months(database)
    ends = []
    for table in set(tables) & months.keys():
        length = _MONTHS_OF.get(str(metadata.tables[table].info.get("period")), 1)
        ends.append(shift_months(months[table], length - 1))
    return min((end for end in ends if end < last), default=None)


@dataclass(frozen=True)
class BlockDates:
    """The month that all monthly tables of a block reach (all tables where none is monthly), and when the next of any report is due."""

    through: datetime.date
    due: datetime.date

    def text(self, day: datetime.date, language: str = "zh") -> str:
        """Return "数据到 2025年10月 · 下次应到 2025年12月10日"; with a note where that is before ``day``."""
        due = translate(marked("下次应到 {day}"), language, day=formatting.day(self.due, language))
        late = translate(marked("（已过）"), language) if self.due < day else ""
        return f"{date_words(self.through, language)} · {due}{late}"


@cached(max_entries=32)
def block_dates(database: ReportingDatabase, tables: tuple[str, ...]) -> BlockDates | None:
    """Return how far a block made of ``tables`` reaches, and when the next report of it is due; None where none has come.

    Which day of the month after its period a report is due is data (``reporting.yaml``). Raises ``QueryError``.
    """
    months, rules = table_months(database), reporting_rules()
    ends: dict[bool, list[datetime.date]] = {True: [], False: []}
    due = []
    for table in set(tables) & months.keys():
        length = _MONTHS_OF.get(str(metadata.tables[table].info.get("period")), 1)
        end = shift_months(months[table], length - 1)
        ends[length == 1].append(end)
        day = rules.tables.get(table, TableRule()).due_day
        due.append(shift_months(end, length + 1).replace(day=day))
    return BlockDates(min(ends[True] or ends[False]), min(due)) if due else None


def indicator_tables(indicator: Indicator) -> tuple[str, ...]:
    """Return the tables that the present value of ``indicator`` is made of, in order."""
    catalogue = load_catalogue()
    now = (name for name, years in sorted(indicator.measures) if not years)
    return tuple(dict.fromkeys(table for name in now for table in catalogue.cubes[catalogue.measures[name].cube].tables))


def date_words(through: datetime.date | None, language: str = "zh") -> str:
    """Return "数据到 2025年8月" for what a block or value says of its own date; empty for None."""
    return translate(marked("数据到 {month}"), language, month=formatting.month(through, language)) if through else ""
