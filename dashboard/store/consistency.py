"""Rules across rows, files and tables, asked of the staged rows and of the database as it was."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Row, Select, Table, and_, exists, func, select

from dashboard.store.columns import Kind, fields, period_column, primary_key
from dashboard.store.findings import Finding, Findings, visible
from dashboard.store.previous import Period, Previous
from dashboard.store.schema import metadata
from dashboard.store.staging import FILE, LINE, Staging

HISTORY_MONTHS = 12
HISTORY_DEVIATIONS = 6.0
HISTORY_RATIO = 3.0
HISTORY_FLOOR = 30.0
_MAD_TO_SIGMA = 1.4826
_LINE_BITS = 40


@dataclass(frozen=True)
class Staged:
    """What was read of a package: its tables with the names of their files, by file number."""

    staging: Staging
    tables: tuple[Table, ...]
    file_names: Sequence[str]
    unreadable: frozenset[str]

    def periods(self, table: Table) -> list[Period]:
        """Return the periods of ``table`` that occur in the package, in order."""
        staged = self.staging.staged[table.name]
        period = staged.columns[table.info["period"]]
        return list(self.staging.connection.execute(select(period).where(period.is_not(None)).distinct().order_by(period)).scalars())


def _period_text(period: Period) -> str:
    return str(period) if isinstance(period, int) else f"{period:%Y-%m}"


class ConsistencyCheck:
    """Runs every rule that needs more than one row."""

    def __init__(self, staged: Staged, previous: Previous, findings: Findings) -> None:
        self._staged = staged
        self._staging = staged.staging
        self._previous = previous
        self._findings = findings

    def run(self, progress: Callable[[Table], None]) -> None:
        """Check every table of the package; breaches go into the findings."""
        self._merge_dimensions()
        for table in self._staged.tables:
            progress(table)
            self._duplicates(table)
            self._references(table)
            self._circles(table)
            if period_column(table) is not None:
                self._missing_reporters(table)
                self._history(table)
        self._parent_accounts()
        self._towns_without_population()

    # Helpers -----------------------------------------------------------------------------------------------------------

    def _all(self, statement: Select) -> Sequence[Row]:
        return self._staging.connection.execute(statement).all()

    def _report(self, rule: str, table: Table, column: str | None, places: Select, details: dict[str, object] | None = None) -> None:
        """Report the rows of ``places`` (file, line, shown value): all are counted per file, those with room are kept."""
        rows = places.subquery()
        for number, total in self._all(select(rows.c[FILE], func.count()).group_by(rows.c[FILE]).order_by(rows.c[FILE])):
            name = self._staged.file_names[number]
            kept = select(rows).where(rows.c[FILE] == number).order_by(rows.c[LINE]).limit(self._findings.room(name))
            found = [Finding(rule, name, row[1], column, visible(row[2]), table, details or {}) for row in self._all(kept)]
            self._findings.add_counted(name, rule, total, found)

    def _merge_dimensions(self) -> None:
        """Fill each merged dimension: the rows of the database that the package does not replace, and the package's rows."""
        for name, merged in self._staging.merged.items():
            table, staged = metadata.tables[name], self._staging.staged[name]
            self._staging.put(merged, self._previous.rows(table))
            keys = primary_key(table)
            replaced = exists().where(and_(*(merged.c[key] == staged.c[key] for key in keys)))
            self._staging.connection.execute(merged.delete().where(replaced))
            columns = [column.name for column in merged.columns]
            self._staging.connection.execute(merged.insert().from_select(columns, select(*(staged.c[column] for column in columns))))
            self._staging.connection.commit()

    # Rules -------------------------------------------------------------------------------------------------------------

    def _duplicates(self, table: Table) -> None:
        staged = self._staging.staged[table.name]
        keys = [staged.c[name] for name in primary_key(table)]
        complete = and_(*(key.is_not(None) for key in keys))
        digest = func.hash(*keys)
        # Eight bytes per row instead of whole keys; equal digests are then compared exactly.
        suspects = select(digest).where(complete).group_by(digest).having(func.count() > 1)
        if not self._all(suspects.limit(1)):
            return
        order = (staged.c[FILE], staged.c[LINE])
        ranked = select(
            staged.c[FILE],
            staged.c[LINE],
            func.concat_ws(" / ", *keys).label("value"),
            func.row_number().over(partition_by=keys, order_by=order).label("rank"),
            func.first_value(staged.c[FILE]).over(partition_by=keys, order_by=order).label("other_file"),
            func.first_value(staged.c[LINE]).over(partition_by=keys, order_by=order).label("other_line"),
        ).where(complete, digest.in_(suspects))
        rows = ranked.subquery()
        repeated = select(rows).where(rows.c.rank > 1).subquery()
        for number, total in self._all(select(repeated.c[FILE], func.count()).group_by(repeated.c[FILE]).order_by(repeated.c[FILE])):
            name = self._staged.file_names[number]
            kept = select(repeated).where(repeated.c[FILE] == number).order_by(repeated.c[LINE]).limit(self._findings.room(name))
            found = [
                Finding(
                    "duplicate_key",
                    name,
                    row[1],
                    primary_key(table)[0],
                    visible(row.value),
                    table,
                    {"other": self._staged.file_names[row.other_file], "other_line": row.other_line},
                )
                for row in self._all(kept)
            ]
            self._findings.add_counted(name, "duplicate_key", total, found)

    def _references(self, table: Table) -> None:
        staged = self._staging.staged[table.name]
        for column in table.columns:
            for reference in column.foreign_keys:
                target = reference.column
                if target.table.name in self._staged.unreadable:
                    continue
                known = self._staging.merged[target.table.name].c[target.name]
                value = staged.c[column.name]
                unknown = select(staged.c[FILE], staged.c[LINE], value).where(value.is_not(None), ~exists().where(known == value))
                self._report("unknown_reference", table, column.name, unknown, {"target": target.table})

    def _circles(self, table: Table) -> None:
        for column in table.columns:
            if not any(reference.column.table is table for reference in column.foreign_keys):
                continue
            key = primary_key(table)[0]
            merged, staged = self._staging.merged[table.name], self._staging.staged[table.name]
            parents = {row[0]: row[1] for row in self._all(select(merged.c[key], merged.c[column.name]))}
            circular = [child for child in parents if _is_circular(child, parents)]
            if circular:
                places = select(staged.c[FILE], staged.c[LINE], staged.c[column.name]).where(staged.c[key].in_(circular))
                self._report("circular_parent", table, column.name, places)

    def _parent_accounts(self) -> None:
        table = metadata.tables["fact_finance"]
        if table not in self._staged.tables:
            return
        staged, accounts = self._staging.staged["fact_finance"], self._staging.merged["dim_account"]
        parent = exists().where(accounts.c.parent_account_code == staged.c.account_code)
        places = select(staged.c[FILE], staged.c[LINE], staged.c.account_code).where(parent)
        self._report("account_not_leaf", table, "account_code", places)

    def _towns_without_population(self) -> None:
        towns, population = metadata.tables["dim_town"], metadata.tables["fact_population"]
        if towns not in self._staged.tables:
            return
        staged = self._staging.staged["dim_town"]
        counted = self._staging.staged["fact_population"].c.town_code
        before = [code for code, _ in self._previous.series(population, ["resident"], [])[["reporter", "resident"]].itertuples(index=False)]
        places = select(staged.c[FILE], staged.c[LINE], staged.c.town_code).where(
            ~exists().where(counted == staged.c.town_code), staged.c.town_code.not_in(before)
        )
        self._report("town_without_population", towns, "town_code", places)

    def _missing_reporters(self, table: Table) -> None:
        periods = self._staged.periods(table)
        before = self._previous.reporters(table, periods)
        if not before:
            return
        staged = self._staging.staged[table.name]
        reporter, period = table.info["reporter"], table.info["period"]
        now = {tuple(row) for row in self._all(select(staged.c[reporter], staged.c[period]).distinct())}
        name = self._file_of(table)
        for code, when in sorted(before - now, key=str):
            self._findings.add(Finding("reporter_missing", name, None, reporter, f"{code} · {_period_text(when)}", table))

    def _file_of(self, table: Table) -> str:
        staged = self._staging.staged[table.name]
        return self._staged.file_names[self._all(select(func.min(staged.c[FILE])))[0][0]]

    def _history(self, table: Table) -> None:
        measures = [name for name, item in fields(table).items() if item.column.info.get("measure") and item.required]
        if not measures or fields(table)[table.info["period"]].kind is not Kind.MONTH:
            return
        staged = self._staging.staged[table.name]
        reporter, period = staged.c[table.info["reporter"]], staged.c[table.info["period"]]
        place = func.min(staged.c[FILE] * 2**_LINE_BITS + staged.c[LINE]).label("place")
        sums = [func.sum(staged.c[name]).label(name) for name in measures]
        current = select(reporter.label("reporter"), period.label("period"), *sums, place).where(reporter.is_not(None), period.is_not(None))
        now = pd.DataFrame(self._all(current.group_by(reporter, period)), columns=["reporter", "period", *measures, "place"])
        before = self._previous.series(table, measures, self._staged.periods(table))
        series = pd.concat([frame for frame in (now, before) if len(frame)], ignore_index=True) if len(now) or len(before) else now
        for measure in measures:
            for row in far_from_history(series, measure).to_dict("records"):
                file, line = divmod(int(row["place"]), 2**_LINE_BITS)
                value = f"{row['reporter']} · {_period_text(row['period'])} · {row['value']:g} · {row['median']:g}"
                self._findings.add(Finding("far_from_history", self._staged.file_names[file], line, measure, value, table))


def _is_circular(child: str, parents: dict[str, str | None]) -> bool:
    """Return whether going up from ``child`` comes back to it."""
    seen: set[str] = set()
    current = parents.get(child)
    while current is not None and current not in seen:
        if current == child:
            return True
        seen.add(current)
        current = parents.get(current)
    return False


def far_from_history(series: pd.DataFrame, measure: str) -> pd.DataFrame:
    """Return the package's months (those with a ``place``) that lie far outside the reporter's own series.

    Far means all of: more than ``HISTORY_DEVIATIONS`` robust deviations (1.4826 × median absolute deviation) from the median,
    more than three times or less than a third of it, and ``HISTORY_FLOOR`` units away; asked from ``HISTORY_MONTHS`` months on.
    """
    frame = pd.DataFrame({name: series[name] for name in ("reporter", "period", "place") if name in series})
    frame["value"] = pd.to_numeric(series[measure]).astype(float)
    groups = frame.groupby("reporter")["value"]
    frame["months"] = groups.transform("count")
    frame["median"] = groups.transform("median")
    frame["distance"] = (frame["value"] - frame["median"]).abs()
    spread = frame.groupby("reporter")["distance"].transform("median") * _MAD_TO_SIGMA
    low, high = frame["median"].abs() / HISTORY_RATIO, frame["median"].abs() * HISTORY_RATIO
    far = (
        (frame["months"] >= HISTORY_MONTHS)
        & (frame["distance"] > HISTORY_DEVIATIONS * spread)
        & ((frame["value"].abs() > high) | (frame["value"].abs() < low))
        & (frame["distance"] >= HISTORY_FLOOR)
    )
    return frame[far & frame["place"].notna()]
