"""What a package may not touch: months that somebody has signed. Who has, the caller knows; the store only holds rows against it."""

import datetime
from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import ColumnElement, String, Table, cast, func, select

from dashboard.analysis.approval import COUNTY, UNASKED, Signed, Tier, Unit
from dashboard.store.importing.columns import Kind, fields
from dashboard.store.importing.previous import Period, Previous
from dashboard.store.importing.staging import Staging
from dashboard.store.schema import metadata

_ANSWERS = {"fact_claim": "town_code"}
"""Claims are counted by where patients were treated, but reported of insured people: their town's community answers for them."""
_LAST_MONTH = {Kind.MONTH: 0, Kind.QUARTER: 2}


def answering(table: Table) -> str:
    """Return the column of ``table`` that names who answers for a row."""
    return _ANSWERS.get(table.name, str(table.info["reporter"]))


class Locks:
    """Which reports of a package lie in a month that is signed.

    A report is locked when who answers for it (``answering``) is: when its institution has signed the month, the institution that this
    one belongs to, its community, or the county; a town's with its community. A quarter or year is locked with its last month. Membership
    counts as it was before the package and as the package would make it: nobody gets around a lock by moving an institution.
    """

    def __init__(self, staging: Staging, previous: Previous, signed: Signed = UNASKED) -> None:
        self._signed = signed
        self._places: dict[str, set[Unit]] = defaultdict(set)
        if not signed.units:
            return
        for name in ("dim_institution", "dim_town", "dim_equipment"):
            table = metadata.tables[name]
            merged = staging.merged[name]
            now = [dict(row) for row in staging.connection.execute(select(merged)).mappings()]
            for row in (*previous.rows(table), *now):
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

    def _month(self, table: Table, period: Period) -> datetime.date:
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
            month = self._month(table, period)
            units = {COUNTY, Unit(Tier.COMMUNITY, reporter)} | self._places.get(reporter, set())
            if any(self._signed.has(month, unit) for unit in units):
                found[period].append(reporter)
        return {period: sorted(codes) for period, codes in sorted(found.items())}


def shown_pair(reporter: ColumnElement, period: ColumnElement, table: Table) -> ColumnElement:
    """Return "C1 · 2025-03" as the staging database writes it, for a finding."""
    shown = period if fields(table)[table.info["period"]].kind is Kind.YEAR else func.substr(cast(period, String), 1, 7)
    return func.concat_ws(" · ", reporter, shown)
