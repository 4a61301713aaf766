"""What stands behind one cell of the grid: which loads brought it, who loaded, what was found, how many rows there are."""

import datetime

import pandas as pd

from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.data.approval import loaded_by
from dashboard.services.data.reports import arrivals
from dashboard.store.query import run_query
from dashboard.workspace import Workspace


@cached(max_entries=64)
def _loads_of(database: ReportingDatabase, group: str, last: datetime.date, reporter: str, month: datetime.date) -> pd.DataFrame:
    rows = arrivals(database, group, last)
    own = rows[rows["reporter"].eq(reporter) & rows["month"].eq(pd.Timestamp(month))]
    counts = run_query(database, "data/report_rows", reporter=reporter, month=month).set_index("table_name")["row_count"]
    files = run_query(database, "data/files").groupby(["load_id", "table_name"])["file"].agg(list)
    found = run_query(database, "data/findings")
    named = found[found["value"].fillna("").str.startswith(f"{reporter} · ")]
    told = own.join(counts, on="table_name")
    # A table may have come as several files, a sheet of a workbook being one.
    brought: list[list[str]] = [
        files[load, table] if pd.notna(load) and (load, table) in files.index else []
        for load, table in zip(told["last_load_id"], told["table_name"], strict=True)
    ]
    told["file"] = ["、".join(names) or None for names in brought]
    for name, lines in (("found", found), ("named", named)):
        counted = lines.groupby(["load_id", "file"]).size()
        told[name] = [
            sum(int(counted.get((load, file), 0)) for file in names) for load, names in zip(told["last_load_id"], brought, strict=True)
        ]
    return told


def report_cell(
    database: ReportingDatabase, workspace: Workspace, group: str, last: datetime.date, reporter: str, month: datetime.date
) -> pd.DataFrame:
    """Return one row per table that ``reporter`` was to send for ``month``.

    Returns:
        table_name, due_on, came, parts (towns that a report of the county lacks), first_load_id, first_loaded_at, last_load_id,
        last_loaded_at (missing where nobody knows), first_by and last_by (who loaded, as far as the trail still says), row_count, file (of
        the last load; several as a list), found (findings of those files) and named (those of them that name this reporter).
    """
    told = _loads_of(database, group, last, reporter, month).copy()
    people = loaded_by(workspace)
    names = {load: name or account for load, (account, name) in people.items()}
    for each in ("first", "last"):
        told[f"{each}_by"] = [names.get(load) for load in told[f"{each}_load_id"]]
    return told
