"""The query gate: each file of ``queries/`` is read once, proved to be one SELECT, and its scoped tables put behind their rules.

Nothing is written anew: where a file names a table, the gate puts the rows of that table that the scope holds in its place and leaves
every other character as it is. A reader of the whole county so runs the very text of the file, and what a scope adds can be read.
A county of several is put in by the same means: a query asked for one of them reads tables that look as if there were no other.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import permutations
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from dashboard.errors import QueryError, ScopeError
from dashboard.language import marked
from dashboard.store.schema import metadata
from dashboard.store.scope import OPEN, Codes, Rule, Scope, county_condition, view_condition

QUERIES = Path(__file__).resolve().parent.parent.parent / "queries"
COMMUNITIES, INSTITUTIONS, COUNTY_IN_VIEW = "scope_communities", "scope_institutions", "scope_county"
"""The binds that carry the codes of a scope; no query file may use them itself."""
WHOLE_COUNTY = "county"
"""``-- scope: county``: the answer means nothing when rows are kept back (a mean of all, a ranking), so a part of the county gets none."""

LaidOut = Callable[[str, str], str | None]
"""Given a table and the SELECT of its rows that a scope holds: the name under which they stand ready, None where they do not."""

_HEADER = re.compile(r"^-- scope: *(.+)$", re.MULTILINE)
_DIALECT = "postgres"
_FORBIDDEN = (
    exp.Insert, exp.Update, exp.Delete, exp.Merge, exp.Create, exp.Drop, exp.Alter, exp.Command, exp.Copy, exp.Into, exp.Lock,
    exp.Anonymous, exp.Set, exp.Pragma, exp.Attach, exp.Detach,
)  # fmt: skip


@cache
def query_text(name: str) -> str:
    """Return the SQL of ``queries/<name>.sql`` (``name`` like ``"overview/budget"``)."""
    return (QUERIES / f"{name}.sql").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Place:
    """Where a query names a table: the position of its name, and whether the query gives it another."""

    start: int
    end: int
    table: str
    aliased: bool


@dataclass(frozen=True)
class ScopedQuery:
    """A query file as the gate read it: its text, where it names tables, and the views that its header asks for."""

    name: str
    text: str
    places: tuple[Place, ...]
    views: frozenset[str]

    @property
    def tables(self) -> frozenset[str]:
        """The tables that the query reads."""
        return frozenset(place.table for place in self.places)

    def text_for(self, scope: Scope, laid_out: LaidOut | None = None) -> str:
        """Return the SQL whose every scoped table shows only what ``scope`` holds, by its name in ``laid_out`` where it has one.

        Raises ``ScopeError`` when the answer means nothing for a part of the county.
        """
        if scope.every_row and scope.sections is None and scope.county is None:
            return self.text
        if not scope.every_row and WHOLE_COUNTY in self.views:
            raise ScopeError(
                marked("这一项要用全县所有机构的数据才有意义，不在您的数据范围内"),
                marked("请查看您的医共体或机构的指标；确需全县结果请向安全管理员申请"),
                where=self.name,
            )
        text, read_to = [], 0
        for place in self.places:
            text.append(self.text[read_to : place.start])
            text.append(_behind(place, _held(place.table, self.views, scope), laid_out))
            read_to = place.end
        return "".join([*text, self.text[read_to:]])


def rule_of(table: str) -> Rule:
    """Return the rule of a table of the schema."""
    return metadata.tables[table].info.get("scope", OPEN)


def _behind(place: Place, held: str | None, laid_out: LaidOut | None) -> str:
    """Return the name of a table, of its rows that a scope holds, or these rows in brackets."""
    if held is None:
        return place.table
    ready = laid_out(place.table, held) if laid_out else None
    return f"{ready or f'({held})'}{'' if place.aliased else f' AS {place.table}'}"


@lru_cache(maxsize=4096)
def _held(table: str, views: frozenset[str], scope: Scope) -> str | None:
    """Return the SELECT of the rows of ``table`` that ``scope`` holds under ``views``; None: all of them."""
    rule = rule_of(table)
    if not scope.grants(rule.section):
        return _select(table, "*", ("FALSE",))
    source = _FRESHNESS_OF_A_COUNTY if table == "meta_freshness" and scope.county is not None else table
    conditions: list[str] = []
    shown: Mapping[str, str] = {}
    if scope.county is not None and rule.county_ends:
        conditions.append(_met(table))
        shown = _AS_A_NEIGHBOUR if table == _INSTITUTIONS else {}
    if not scope.every_row:
        codes = _as_binds(scope)
        view = chosen_view(table, rule, views)
        if view is not None:
            conditions.append(view_condition(rule.views[view], codes))
        shown = _limited(rule, codes, shown)
    if source == table and not conditions and not shown:
        return None
    names = metadata.tables[table].columns.keys()
    columns = ", ".join(f"{shown[name]} AS {name}" if name in shown else name for name in names) if shown else "*"
    return _select(source, columns, tuple(conditions))


def _as_binds(scope: Scope) -> Codes:
    def among(codes: frozenset[str] | None, bind: str) -> str | None:
        if codes is None:
            return None
        return f"{{column}} IN :{bind}" if codes else "FALSE"  # an empty list is no list in SQL

    whole = "TRUE" if scope.institutions is None else "FALSE"
    return Codes(among(scope.communities, COMMUNITIES), among(scope.institutions, INSTITUTIONS), whole)


def _select(source: str, columns: str, conditions: tuple[str, ...]) -> str:
    where = conditions[0] if len(conditions) == 1 else " AND ".join(f"({condition})" for condition in conditions)
    return f"SELECT {columns} FROM {source}{' WHERE ' if where else ''}{where}"  # noqa: S608


def _limited(rule: Rule, codes: Codes, shown: Mapping[str, str]) -> Mapping[str, str]:
    """Return what stands for the columns of ``shown`` and for those that others' rows do not show, which are missing there."""
    if not rule.limited:
        return shown
    own = next(iter(rule.views.values()), None)
    condition = "FALSE" if own is None else view_condition(own, codes)
    return {**shown, **{name: f"CASE WHEN {condition} THEN {shown.get(name, name)} END" for name in rule.limited}}


# One county of several -----------------------------------------------------------------------------------------------------

_INSTITUTIONS = "dim_institution"
_BIND = f":{COUNTY_IN_VIEW}"
_OURS = f"COALESCE(county_code, {_BIND}) = {_BIND}"
_AS_A_NEIGHBOUR: Mapping[str, str] = {
    "in_county": f"CASE WHEN county_code = {_BIND} THEN in_county ELSE FALSE END",
    "role": f"CASE WHEN {_OURS} THEN role ELSE 'none' END",
    **{
        name: f"CASE WHEN {_OURS} THEN {name} END"
        for name in ("community_code", "town_code", "parent_institution_code", "capability_level")
    },
}
"""What an institution of another county is in the county in view: outside, as it is for the insured, and of nobody there."""
_FRESHNESS_OF_A_COUNTY = f"""(
  SELECT table_name, MAX(last_load_id) AS load_id, CAST(NULL AS BIGINT) AS row_count,
         MIN(period) AS first_period, MAX(period) AS last_period
  FROM meta_report
  WHERE {county_condition(rule_of("meta_report").county_ends, _BIND)}
  GROUP BY table_name
) AS of_a_county"""  # noqa: S608
"""How far the reports of one county reach: ``meta_freshness`` itself is of the whole database."""


@cache
def _met(table: str) -> str:
    """Return the condition that a row of ``table`` belongs to the county in view; of institutions also those that it has to do with."""
    own = county_condition(rule_of(table).county_ends, _BIND)
    return f"{own} OR county_code IS NULL OR institution_code IN ({' UNION ALL '.join(_partners())})" if table == _INSTITUTIONS else own


def _partners() -> Iterable[str]:
    """Yield the SELECTs of institutions that treated the county's insured, or stand at the other end of what a table keeps of two."""
    yield f"SELECT institution_code FROM agg_claim_month WHERE county_code = {_BIND}"  # noqa: S608
    for name, table in metadata.tables.items():
        ends = rule_of(name).county_ends
        for here, there in permutations(ends, 2):
            if table.info.get("file"):
                condition = county_condition((here,), _BIND)
                yield f"SELECT {there.column} FROM {name} WHERE {condition}"  # noqa: S608


# Reading a file ------------------------------------------------------------------------------------------------------------


def chosen_view(table: str, rule: Rule, views: frozenset[str]) -> str | None:
    """Return the view under which a query whose header asks for ``views`` reads ``table``; None: every row.

    Raises ``QueryError`` when the header asks for two views of one table, or for none of a table that has no view of its own.
    """
    asked = [view for view in rule.views if view and view in views]
    if len(asked) > 1 or (rule.named and not asked):
        raise _unfit(table)
    return next(iter(asked), "" if "" in rule.views else None)


def _unfit(where: str) -> QueryError:
    return QueryError(marked("查询文件不符合规定，没有执行"), marked("请重新安装本程序"), where=where)


@cache
def scoped_query(name: str) -> ScopedQuery:
    """Return ``queries/<name>.sql`` read and proved. Raises ``QueryError`` when it is anything but one SELECT over known tables."""
    return read_query(name, query_text(name))


def one_select(text: str, dialect: str = _DIALECT) -> exp.Query | None:
    """Return ``text`` read as SQL when it is exactly one SELECT that calls nothing but known functions; None for anything else."""
    try:
        statements = sqlglot.parse(text, dialect=dialect)
    except SqlglotError:
        return None
    if len(statements) != 1 or not isinstance(statements[0], exp.Query) or statements[0].find(*_FORBIDDEN):
        return None
    return statements[0]


def read_query(name: str, text: str) -> ScopedQuery:
    """Return the query ``text`` read and proved: one SELECT, tables of the schema only, no function that is not known to be harmless.

    Raises ``QueryError`` for anything else.
    """
    statement = one_select(text)
    if statement is None or any(bind in text for bind in (COMMUNITIES, INSTITUTIONS, COUNTY_IN_VIEW)):
        raise _unfit(name)
    views = {word.strip() for found in _HEADER.findall(text) for word in found.split(",")}
    query = ScopedQuery(name, text, tuple(_places(name, text, statement, WHOLE_COUNTY in views)), frozenset(views))
    for table in query.tables & metadata.tables.keys():
        if WHOLE_COUNTY not in views:
            chosen_view(table, rule_of(table), query.views)
    if views - {WHOLE_COUNTY} - {view for table in query.tables for view in rule_of(table).views}:
        raise _unfit(name)
    return query


def _places(name: str, text: str, tree: exp.Query, whole: bool) -> Iterable[Place]:
    """Return where ``tree`` names tables, in the order of the text. A catalogue of the database itself only where nobody's scope is cut."""
    named_inside = {each.alias for each in tree.find_all(exp.CTE)}
    if named_inside & metadata.tables.keys():
        raise _unfit(name)
    places = []
    for table in tree.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            raise _unfit(name)
        if table.name in named_inside and not table.db:
            continue
        if table.db == "information_schema" and whole:
            continue
        start, end = table.this.meta["start"], table.this.meta["end"] + 1
        if table.db or table.name not in metadata.tables or text[start:end] != table.name:
            raise _unfit(name)
        places.append(Place(start, end, table.name, bool(table.alias)))
    return sorted(places, key=lambda place: place.start)
