"""Rules across rows, files and tables, asked of the staged rows and of the database as it was."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd
from sqlalchemy import ColumnElement, CompoundSelect, Row, Select, Table, and_, exists, func, literal, null, select, true, union_all

from dashboard.analysis.approval import UNASKED, Signed
from dashboard.analysis.belonging import kept_under
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.importing.columns import Kind, fields, period_column, primary_key
from dashboard.store.importing.counties import COLUMN, owner, placed_tables
from dashboard.store.importing.findings import Finding, Findings, visible
from dashboard.store.importing.locks import Locks, answering, period_text, shown_pair
from dashboard.store.importing.package import Scope
from dashboard.store.importing.previous import Period, Previous
from dashboard.store.importing.staging import FILE, LINE, Staging
from dashboard.store.schema import CODE, dim_county, fact_claim, metadata

HISTORY_MONTHS = 12
HISTORY_DEVIATIONS = 6.0
HISTORY_RATIO = 3.0
HISTORY_FLOOR = 30.0
# A station below a centre below a hospital, an account tree of six levels: sixteen is far beyond any county.
PARENTS_LIMIT = 16
# Attributes by which past periods are grouped too.
_MOVES_HISTORY = {
    "dim_town": ("community_code",),
    "dim_institution": ("community_code", "kind", "tier", "role", "in_county", "town_code", "closed_on"),
    "dim_equipment": ("institution_code", "equipment_type_code"),
}
_SHOWN_CODES = 8
_MAD_TO_SIGMA = 1.4826
_LINE_BITS = 40


@dataclass(frozen=True)
class Staged:
    """What was read of a package: its tables with the names of their files, by file number."""

    staging: Staging
    tables: tuple[Table, ...]
    file_names: Sequence[str]
    unreadable: frozenset[str]
    _periods: dict[str, list[Period]] = field(default_factory=dict)

    def periods(self, table: Table) -> list[Period]:
        """Return the periods of ``table`` that occur in the package, in order; asked once, for no check changes them."""
        if table.name not in self._periods:
            period = self.staging.staged[table.name].columns[table.info["period"]]
            known = select(period).where(period.is_not(None)).distinct().order_by(period)
            self._periods[table.name] = list(self.staging.connection.execute(known).scalars())
        return self._periods[table.name]


class ConsistencyCheck:
    """Runs every rule that needs more than one row."""

    def __init__(
        self, staged: Staged, previous: Previous, findings: Findings, scope: Scope | None = None, signed: Signed = UNASKED
    ) -> None:
        self._scope = scope
        self._signed = signed
        self._staged = staged
        self._staging = staged.staging
        self._previous = previous
        self._findings = findings
        self.county: str | None = None
        """The county that the package is of, once checked; None where the database has none, or the package brings no row of any."""
        self.only: str | None = None
        """The one county that rows of the database are of which do not say it."""
        self.several = False
        """Whether the database holds several counties, of which a load replaces one's rows."""

    def run(self, progress: Callable[[Table], None]) -> None:
        """Check every table of the package; breaches go into the findings."""
        counties = self._merge_dimensions()
        if counties:
            self._place_claims()
        self.several = len(counties) > 1
        if self.several:
            self._one_county()
        self._signed = self._signed_here()
        locks = Locks(self._registers, self._signed)
        for table in self._staged.tables:
            progress(table)
            self._duplicates(table)
            self._references(table)
            self._circles(table)
            self._codes_without_zeros(table)
            self._restated_history(table)
            if period_column(table) is not None:
                self._locked(table, locks)
                self._missing_reporters(table)
                self._history(table)
        self._parent_accounts()
        self._towns_without_population()

    @property
    def replaced_county(self) -> str | None:
        """The county whose rows alone the load replaces, of several; None with one county, whose rows are all there are."""
        return self.county if self.several else None

    def _signed_here(self) -> Signed:
        """Return what is signed in the county that the package is of: another's lock is no reason to refuse it."""
        if self.county is None:
            return self._signed
        return self._signed.of(kept_under(self.county, self._previous.first_loads()))

    # Helpers -----------------------------------------------------------------------------------------------------------

    def _all(self, statement: Select | CompoundSelect) -> Sequence[Row]:
        return self._staging.connection.execute(statement).all()

    def _report(self, rule: str, table: Table, column: str | None, places: Select, details: dict[str, object] | None = None) -> None:
        """Report the rows of ``places`` (file, line, shown value): all are counted per file, those with room are kept."""
        rows = places.subquery()
        for number, total in self._all(select(rows.c[FILE], func.count()).group_by(rows.c[FILE]).order_by(rows.c[FILE])):
            name = self._staged.file_names[number]
            kept = select(rows).where(rows.c[FILE] == number).order_by(rows.c[LINE]).limit(self._findings.room(name))
            found = [Finding(rule, name, row[1], column, visible(row[2]), table, details or {}) for row in self._all(kept)]
            self._findings.add_counted(name, rule, total, found)

    def _registers(self, table: Table) -> Iterator[Mapping[str, object]]:
        """Yield the rows of a register as the database has them, and as the package would leave them."""
        yield from self._previous.rows(table)
        yield from (dict(row) for row in self._staging.connection.execute(select(self._staging.merged[table.name])).mappings())

    def _merge_dimensions(self) -> list[str]:
        """Fill each merged dimension: the rows of the database that the package does not replace, and the package's rows.

        Rows that do not say their county get it on the way. Returns the codes of the counties that there are then.
        """
        counties: list[str] = []
        for name, merged in self._staging.merged.items():
            table, staged = metadata.tables[name], self._staging.staged[name]
            self._staging.put(merged, self._previous.rows(table))
            if table in placed_tables() and counties:
                self._place_register(table, counties)
            keys = primary_key(table)
            replaced = exists().where(and_(*(merged.c[key] == staged.c[key] for key in keys)))
            if name == "dim_equipment" and len(counties) > 1:
                self._other_county(table, keys[0], self._county_of_known(table, keys[0]))
            self._staging.connection.execute(merged.delete().where(replaced))
            columns = [column.name for column in merged.columns]
            self._staging.connection.execute(merged.insert().from_select(columns, select(*(staged.c[column] for column in columns))))
            self._staging.connection.commit()
            if table is dim_county:
                counties = self._counties(merged)
        return counties

    # Counties ----------------------------------------------------------------------------------------------------------

    def _counties(self, merged: Table) -> list[str]:
        """Return the codes of all counties, and note which one the package is of, and which one unnamed rows are of."""
        counties = [str(code) for code in self._staging.connection.execute(select(merged.c[COLUMN]).order_by(merged.c[COLUMN])).scalars()]
        named = self._all(select(self._staging.staged["dim_county"].c[COLUMN]).distinct())
        self.only = counties[0] if len(counties) == 1 else self._previous.only_county()
        self.county = counties[0] if len(counties) == 1 else str(named[0][0]) if len(named) == 1 else None
        if len(counties) > 1 and COLUMN not in self._previous.columns.get("fact_claim", {COLUMN}):
            raise DatabaseError(marked("旧结构的数据库放不下第二个县"), marked("请先运行 python -m dashboard migrate，再载入"))
        return counties

    def _place_register(self, table: Table, counties: list[str]) -> None:
        """Say of each row of a register which county it belongs to; report rows of which that cannot be said, and another county's."""
        merged, staged, key = self._staging.merged[table.name], self._staging.staged[table.name], primary_key(table)[0]
        known = self._county_of_known(table, key)
        inside = staged.c.in_county if "in_county" in staged.c else true()
        there = merged.c.in_county if "in_county" in merged.c else true()
        run = self._staging.connection.execute
        run(merged.update().where(merged.c[COLUMN].is_(None), there).values({COLUMN: self.only}))
        run(staged.update().where(staged.c[COLUMN].is_(None), inside).values({COLUMN: func.coalesce(literal(self.county, CODE), known)}))
        self._staging.connection.commit()
        if len(counties) > 1:
            self._other_county(table, key, known)
            if table.name != "dim_event":
                unplaced = select(staged.c[FILE], staged.c[LINE], staged.c[key]).where(staged.c[COLUMN].is_(None), inside)
                self._report("county_missing", table, COLUMN, unplaced)

    def _county_of_known(self, table: Table, key: str) -> ColumnElement[str]:
        """Return the county that the database knows the staged row of a register by; NULL where it knows none."""
        merged, staged = self._staging.merged[table.name], self._staging.staged[table.name]
        if COLUMN in merged.c:
            return select(merged.c[COLUMN]).where(merged.c[key] == staged.c[key]).correlate(staged).scalar_subquery()
        homes = self._staging.merged["dim_institution"]
        home = select(homes.c[COLUMN]).join(merged, merged.c.institution_code == homes.c.institution_code)
        return home.where(merged.c[key] == staged.c[key]).correlate(staged).scalar_subquery()

    def _other_county(self, table: Table, column: str, theirs: ColumnElement[str]) -> None:
        """Report the staged rows that are ``theirs``, another county's than the package's or than they say."""
        staged = self._staging.staged[table.name]
        said = staged.c[COLUMN] if COLUMN in staged.c else null()
        ours = func.coalesce(said, literal(self.county, CODE), theirs)
        others = select(staged.c[FILE], staged.c[LINE], staged.c[column], theirs.label("theirs")).where(theirs != ours).subquery()
        named = [str(row[0]) for row in self._all(select(others.c.theirs).distinct().order_by(others.c.theirs))]
        if named:
            self._report("other_county", table, column, select(*others.c[FILE, LINE, column]), {"other": "、".join(named[:_SHOWN_CODES])})

    def _place_claims(self) -> None:
        """Give each claim the county of its insured; one that says another is reported."""
        table, towns = fact_claim, self._staging.merged["dim_town"]
        staged = self._staging.staged[table.name]
        theirs = select(towns.c[COLUMN]).where(towns.c.town_code == staged.c.town_code).correlate(staged).scalar_subquery()
        unlike = select(staged.c[FILE], staged.c[LINE], staged.c[COLUMN]).where(staged.c[COLUMN] != theirs)
        self._report("other_county", table, COLUMN, unlike, {"other": "—"})
        self._staging.connection.execute(staged.update().where(staged.c[COLUMN].is_(None)).values({COLUMN: theirs}))
        self._staging.connection.commit()

    def _one_county(self) -> None:
        """Find the county that the facts are of where the package does not say it, and report what is of another."""
        facts = [table for table in self._staged.tables if period_column(table) is not None]
        if self.county is None:
            found = sorted({county for table in facts for county in self._owners(table) if county})
            if len(found) > 1:
                for table in facts:
                    named = {"other": "、".join(found[:_SHOWN_CODES])}
                    self._findings.add(Finding("several_counties", self._file_of(table), None, None, "", table, named))
                return
            self.county = next(iter(found), None)
        for table in facts:
            theirs = sorted(county or "—" for county in self._owners(table) - {self.county})
            if theirs:
                staged, column = self._staging.staged[table.name], answering(table)
                foreign = owner(staged, table, self._staging.merged).is_distinct_from(self.county)
                rows = select(staged.c[FILE], staged.c[LINE], staged.c[column]).where(foreign)
                self._report("other_county", table, column, rows, {"other": "、".join(theirs[:_SHOWN_CODES])})

    def _owners(self, table: Table) -> set[str | None]:
        """Return the counties that the staged rows of a fact table belong to; None for rows that are nobody's."""
        staged = self._staging.staged[table.name]
        of = owner(staged, table, self._staging.merged).label("county")
        return {row[0] for row in self._all(select(of).select_from(staged).distinct())}

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
        unknown: list[tuple[str, Table, Select]] = []
        for column in table.columns:
            for reference in column.foreign_keys:
                target = reference.column
                if target.table.name in self._staged.unreadable:
                    continue
                known = self._staging.merged[target.table.name].c[target.name]
                value = staged.c[column.name]
                rows = select(staged.c[FILE], staged.c[LINE], value).where(value.is_not(None), ~exists().where(known == value))
                unknown.append((column.name, target.table, rows))
        if not unknown:
            return
        # One question for all columns: most packages have none of them.
        asked = union_all(*(select(literal(number)).where(exists(rows)) for number, (_, _, rows) in enumerate(unknown)))
        for number in sorted(row[0] for row in self._all(asked)):
            name, target_table, rows = unknown[number]
            self._report("unknown_reference", table, name, rows, {"target": target_table})

    def _codes_without_zeros(self, table: Table) -> None:
        """Report a code of the package that another one equals but for leading zeros: Excel has taken them off."""
        keys = primary_key(table)
        if table.name not in self._staging.merged or len(keys) != 1:
            return
        staged, merged = self._staging.staged[table.name], self._staging.merged[table.name]
        bare = func.ltrim(merged.c[keys[0]], "0")
        numeric = func.regexp_full_match(merged.c[keys[0]], "[0-9]+")
        several = select(bare).where(numeric).group_by(bare).having(func.count() > 1)
        codes = [row[0] for row in self._all(select(merged.c[keys[0]]).where(numeric, bare.in_(several)))]
        if codes:
            places = select(staged.c[FILE], staged.c[LINE], staged.c[keys[0]]).where(staged.c[keys[0]].in_(codes))
            self._report("code_without_zeros", table, keys[0], places, {"other": "、".join(visible(code) for code in codes[:4])})

    def _restated_history(self, table: Table) -> None:
        """Say in numbers which attributes of known rows change: past periods are then counted by the new ones."""
        moving = _MOVES_HISTORY.get(table.name)
        if moving is None:
            return
        key = primary_key(table)[0]
        before = {row[key]: row for row in self._previous.rows(table)}
        staged = self._staging.staged[table.name]
        now = self._all(select(staged.c[key], *(staged.c[name] for name in moving)))
        for position, name in enumerate(moving, start=1):
            changed = sorted(
                str(row[0]) for row in now if row[0] in before and row[position] != before[row[0]][name] and row[0] is not None
            )
            if changed:
                value = f"{len(changed)} · {'、'.join(changed[:_SHOWN_CODES])}{'…' if len(changed) > _SHOWN_CODES else ''}"
                self._findings.add(Finding("history_restated", self._file_of(table), None, name, visible(value), table))

    def _circles(self, table: Table) -> None:
        for column in table.columns:
            if not any(reference.column.table is table for reference in column.foreign_keys):
                continue
            key = primary_key(table)[0]
            merged, staged = self._staging.merged[table.name], self._staging.staged[table.name]
            parents = {row[0]: row[1] for row in self._all(select(merged.c[key], merged.c[column.name]))}
            circular = _circular(parents)
            deep = sorted(_too_deep(parents, circular))
            if deep:
                places = select(staged.c[FILE], staged.c[LINE], staged.c[column.name]).where(staged.c[key].in_(deep))
                self._report("parents_too_deep", table, column.name, places, {"limit": PARENTS_LIMIT})
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

    def _locked(self, table: Table, locks: Locks) -> None:
        """Report every row of a month that is signed, and everybody signed who would vanish when the month is replaced."""
        if not self._signed.units:
            return
        staged, column = self._staging.staged[table.name], answering(table)
        who, period, reporter = (staged.c[name] for name in (column, table.info["period"], table.info["reporter"]))
        now = self._pairs(who, period)
        for when, codes in locks.held(table, now).items():
            rows = select(staged.c[FILE], staged.c[LINE], shown_pair(who, period, table)).where(period == when, who.in_(codes))
            self._report("period_locked", table, column, rows)
        among = self._pairs(reporter, period) if self._scope == "reporter" else None
        gone = self._previous.replaced(table, column, self._staged.periods(table), among, self.replaced_county) - now
        for when, codes in locks.held(table, gone).items():
            for code in codes:
                value = visible(f"{code} · {period_text(when)}")
                self._findings.add(Finding("locked_vanishes", self._file_of(table), None, column, value, table))

    def _pairs(self, who: ColumnElement, period: ColumnElement) -> set[tuple[str, Period]]:
        known = select(who, period).where(who.is_not(None), period.is_not(None)).distinct()
        return {(str(row[0]), row[1]) for row in self._all(known)}

    def _missing_reporters(self, table: Table) -> None:
        if self._scope == "reporter":
            return
        periods = self._staged.periods(table)
        before = self._previous.reporters(table, periods, self.replaced_county)
        if not before:
            return
        staged = self._staging.staged[table.name]
        reporter, period = table.info["reporter"], table.info["period"]
        now = {tuple(row) for row in self._all(select(staged.c[reporter], staged.c[period]).distinct())}
        name = self._file_of(table)
        had, gone = (Counter(when for _, when in pairs) for pairs in (before, before - now))
        refused = {when for when, count in gone.items() if self._scope is None and count * 2 > had[when]}
        for when in sorted(refused, key=str):
            value = f"{period_text(when)} · {gone[when]}/{had[when]}"
            self._findings.add(Finding("reporters_vanish", name, None, reporter, value, table))
        for code, when in sorted((pair for pair in before - now if pair[1] not in refused), key=str):
            self._findings.add(Finding("reporter_missing", name, None, reporter, f"{code} · {period_text(when)}", table))

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
        if now.empty:  # no row of the file says of whom and when it is
            return
        before = self._previous.series(table, measures, self._staged.periods(table))
        series = pd.concat([now, before], ignore_index=True) if len(before) else now
        if series["reporter"].value_counts().max() < HISTORY_MONTHS:  # nobody has a history yet
            return
        for measure in measures:
            for row in far_from_history(series, measure).to_dict("records"):
                file, line = divmod(int(row["place"]), 2**_LINE_BITS)
                value = f"{row['reporter']} · {period_text(row['period'])} · {row['value']:g} · {row['median']:g}"
                self._findings.add(Finding("far_from_history", self._staged.file_names[file], line, measure, value, table))


def _circular(parents: dict[str, str | None]) -> set[str]:
    """Return the codes from which going up comes back to themselves; each code is walked once."""
    done: set[str] = set()
    circular: set[str] = set()
    for start in parents:
        path: dict[str, int] = {}
        current: str | None = start
        while current is not None and current not in done and current not in path:
            path[current] = len(path)
            current = parents.get(current)
        if current in path:
            circular |= {code for code, place in path.items() if place >= path[current]}
        done |= set(path)
    return circular


def _too_deep(parents: dict[str, str | None], circular: set[str]) -> set[str]:
    """Return the codes with more than ``PARENTS_LIMIT`` others above them."""
    depths: dict[str, int] = {}
    for start in parents:
        path: list[str] = []
        current: str | None = start
        while current is not None and current in parents and current not in depths and current not in circular:
            path.append(current)
            current = parents[current]
        above = depths.get(current, 0) if current is not None else 0
        for code in reversed(path):
            above += 1
            depths[code] = above
    return {code for code, depth in depths.items() if depth > PARENTS_LIMIT + 1}


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
