"""ClickHouse in this process (chDB), filled from published Parquet by the very SQL that is published with it."""

from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.store.query import _BIND, _bound, _scope_binds, query_text, typed
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import scoped_query
from dashboard.store.translation import result_kinds, sql_for
from tests.integration.common.test_scope import asked

SETTINGS = "join_use_nulls = 1, prefer_column_name_to_alias = 1, union_default_mode = 'DISTINCT'"
"""What a ClickHouse must be set to so that joins leave what is missing empty, and names mean columns before they mean aliases."""


def _literal(value: object) -> str:
    if isinstance(value, list):
        return f"({', '.join(map(_literal, value))})"
    return str(value) if isinstance(value, int) else f"'{value}'"


def own_session(folder: Path) -> Any:
    """Return the ClickHouse of this process; there can only be one."""
    from chdb import session

    return session.Session(str(folder))


class ClickHouse:
    """A database of a ClickHouse, with the tables of a published folder."""

    def __init__(self, published: Path, session: Any, name: str) -> None:
        self.session, self.name = session, name
        self.session.query(f"CREATE DATABASE {name} ENGINE = Atomic")
        self.session.query(f"USE {name}")
        script = "\n".join(line for line in (published / "ddl" / "clickhouse.sql").read_text().splitlines() if not line.startswith("--"))
        for statement in filter(str.strip, script.split(";\n")):
            self.session.query(statement.rstrip().rstrip(";"))

    def answer(self, name: str, level: str, reader: Scope = COUNTY) -> pd.DataFrame:
        """What ``run_query`` does for an engine of SQLAlchemy: scope, translation, binds, types."""
        sql = scoped_query(name).text_for(reader)
        bound = _bound(name, asked(name, level)) | _scope_binds(sql, reader)
        text = _BIND.sub(lambda found: _literal(bound[found.group(1)]), sql_for(sql, "clickhouse"))
        self.session.query(f"USE {self.name}")
        found = self.session.query(f"{text} SETTINGS {SETTINGS}", "ArrowTable").to_pandas()
        return typed(found, result_kinds(query_text(name)))
