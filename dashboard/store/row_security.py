"""The second ring on PostgreSQL: the rules of the schema as row-level security, for whoever reaches the database past the query gate.

The product connects as a role that owns nothing. Before each question the runner says whose scope it is (``declare``); a session that
says nothing sees no row. What PostgreSQL cannot know is under which view a query reads claims, so that there a row is let through when
either view holds it; the gate in ``scoping.py`` decides between them. Missing columns (``Rule.limited``) are the gate's alone.
"""

import re
from collections.abc import Iterator

from sqlalchemy import Connection, text

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.schema import metadata
from dashboard.store.scope import OPEN, Codes, Rule, Scope, view_condition

EVERYTHING = "*"
POLICY = "dashboard_scope"
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")


def _setting(name: str) -> str:
    return f"current_setting('dashboard.{name}', true)"


def _among(name: str) -> str:
    return f"({_setting(name)} = '{EVERYTHING}' OR {{column}} = ANY (string_to_array({_setting(name)}, ',')))"


_CODES = Codes(_among("communities"), _among("institutions"), f"{_setting('institutions')} = '{EVERYTHING}'")
_EVERY_ROW = f"({_setting('communities')} = '{EVERYTHING}' AND {_setting('institutions')} = '{EVERYTHING}')"
_DECLARE = text(
    "SELECT set_config('dashboard.communities', :communities, true), set_config('dashboard.institutions', :institutions, true), "
    "set_config('dashboard.sections', :sections, true)"
)


def declare(connection: Connection, scope: Scope) -> None:
    """Say on ``connection``, until its transaction ends, whose rows may be seen. Nothing but PostgreSQL needs it."""
    if connection.dialect.name == "postgresql":
        named = {"communities": scope.communities, "institutions": scope.institutions, "sections": scope.sections}
        connection.execute(_DECLARE, {name: EVERYTHING if codes is None else ",".join(sorted(codes)) for name, codes in named.items()})


def row_condition(rule: Rule) -> str:
    """Return the condition of a policy: the row is among the codes that the session declared, under any view of ``rule``."""
    ends = rule.views[""] if "" in rule.views else tuple(end for view in rule.views.values() for end in view)
    condition = f"{_EVERY_ROW} OR {view_condition(ends, _CODES)}"
    if rule.section is None:
        return condition
    granted = f"({_setting('sections')} = '{EVERYTHING}' OR '{rule.section}' = ANY (string_to_array({_setting('sections')}, ',')))"
    return f"({condition}) AND {granted}"


def secured_tables() -> Iterator[tuple[str, Rule]]:
    """Yield the tables that keep rows back, with their rules; names of institutions and towns are for everybody."""
    for table in metadata.sorted_tables:
        rule: Rule = table.info.get("scope", OPEN)
        if "" in rule.views or rule.named:
            yield table.name, rule


def row_security_sql(role: str) -> str:
    """Return the SQL that lets ``role`` read the reporting database, each table only as far as its rule goes.

    Run by the owner of the tables, as often as wanted. Raises ``DatabaseError`` for a name that would have to be quoted.
    """
    if not _ROLE.fullmatch(role):
        raise DatabaseError(marked("角色名只能用小写字母、数字和下划线"), marked("请换一个名称，例如 dashboard_reader"), where=role)
    parts = [f"GRANT USAGE ON SCHEMA public TO {role};", f"GRANT SELECT ON {', '.join(sorted(metadata.tables))} TO {role};"]
    for name, rule in secured_tables():
        parts += [
            f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY;",
            f"DROP POLICY IF EXISTS {POLICY} ON {name};",
            f"CREATE POLICY {POLICY} ON {name} FOR SELECT TO {role} USING ({row_condition(rule)});",
        ]
    return "\n".join(["BEGIN;", *parts, "COMMIT;", ""])
