"""What a load, and the taking back of one, may not touch: months that somebody has signed.

Who has, the caller knows; the store only holds rows against it.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from sqlalchemy import ColumnElement, String, Table, cast, func

from dashboard.analysis.approval import COUNTY, UNASKED, Signed, Tier, Unit
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.importing.columns import Kind, fields
from dashboard.store.importing.previous import Period
from dashboard.store.schema import metadata

Registers = Callable[[Table], Iterable[Mapping[str, object]]]
"""The rows of a register: as it is, and as it is about to become."""

_ANSWERS = {"fact_claim": "town_code"}
"""Claims are counted by where patients were treated, but reported of insured people: their town's community answers for them."""
_LAST_MONTH = {Kind.MONTH: 0, Kind.QUARTER: 2}


def answering(table: Table) -> str:
    """Return the column of ``table`` that names who answers for a row."""
    return _ANSWERS.get(table.name, str(table.info["reporter"]))


class Locks:
    """Which reports lie in a month that is signed.

    A report is locked when who answers for it (``answering``) is: when its institution has signed the month, the institution that this
    one belongs to, its community, or the county; a town's with its community. A quarter or year is locked with its last month. Membership
    counts as it was before and as it would become (``registers``): nobody gets around a lock by moving an institution.
    Raises ``DatabaseError`` where nobody can say what is signed.
    """

    def __init__(self, registers: Registers, signed: Signed = UNASKED) -> None:
        if not signed.known:
            raise DatabaseError(
                marked("读不到哪些月份已审定并锁定，什么也没有改"), marked("请检查工作区数据库的连接后重试"), where="data_approval"
            )
        self._signed = signed
        self._places: dict[str, set[Unit]] = defaultdict(set)
        if not signed.units:
            return
        for name in ("dim_institution", "dim_town", "dim_equipment"):
            for row in registers(metadata.tables[name]):
                self._place(name, row)

    def _place(self, name: str, row: Mapping[str, object]) -> None:
        key = {"dim_institution": "institution_code", "dim_town": "town_code", "dim_equipment": "equipment_code"}[name]
        found = self._places[str(row[key])]
        if name == "dim_equipment":
            found |= self._places[str(row["institution_code"])] | {Unit(Tier.INSTITUTION, str(row["institution_code"]))}
            return
        if row["community_code"] is not None:
            found.add(Unit(Tier.COMMUNITY, str(row["community_code"])))
        if name == "dim_institution":
            found.add(Unit(Tier.INSTITUTION, str(row["institution_code"])))
            if row["parent_institution_code"] is not None:
                found.add(Unit(Tier.INSTITUTION, str(row["parent_institution_code"])))

    @staticmethod
    def month(table: Table, period: Period) -> datetime.date:
        """Return the month with which ``period`` of ``table`` is locked."""
        if isinstance(period, int):
            return datetime.date(period, 12, 1)
        later = _LAST_MONTH.get(fields(table)[table.info["period"]].kind, 0)
        return datetime.date(period.year, period.month + later, 1)

    def held(self, table: Table, pairs: Iterable[tuple[str, Period]]) -> dict[Period, list[str]]:
        """Return those of ``pairs`` (reporter, period) of ``table`` that are locked, by period, in order."""
        found: dict[Period, list[str]] = defaultdict(list)
        if not self._signed.units:
            return found
        for reporter, period in pairs:
            month = self.month(table, period)
            units = {COUNTY, Unit(Tier.COMMUNITY, reporter)} | self._places.get(reporter, set())
            if any(self._signed.has(month, unit) for unit in units):
                found[period].append(reporter)
        return {period: sorted(codes) for period, codes in sorted(found.items())}


def period_text(period: Period) -> str:
    """Return "2025-03", or the year, as findings and errors name a period."""
    return str(period) if isinstance(period, int) else period.isoformat()[:7]


def shown_pair(reporter: ColumnElement, period: ColumnElement, table: Table) -> ColumnElement:
    """Return "C1 · 2025-03" as the staging database writes it, for a finding."""
    shown = period if fields(table)[table.info["period"]].kind is Kind.YEAR else func.substr(cast(period, String), 1, 7)
    return func.concat_ws(" · ", reporter, shown)
