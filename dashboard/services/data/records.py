"""The record of loads: what came when, from which files, and what has to be checked."""

from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query


@dataclass(frozen=True, eq=False)
class Loads:
    """``loads``: load_id, package, checksum, data_kind, row_count, warning_count, data_through, loaded_at, app_version, newest first.

    ``files``: load_id, file, table_name, checksum, row_count, replaced_count, first_period, last_period, newest load first.
    """

    loads: pd.DataFrame
    files: pd.DataFrame

    @property
    def newest_rows(self) -> int:
        """Rows of the newest load."""
        return int(self.loads["row_count"].iloc[0]) if len(self.loads) else 0


@dataclass(frozen=True, eq=False)
class Findings:
    """What has to be checked: load_id, number, severity, rule, file, line, column_name, value (counts of 1 to 9 as "<10").

    ``newest`` are those of the newest load, ``every`` those of all loads, the newest first.
    """

    newest: pd.DataFrame
    every: pd.DataFrame


_PARTS = " · "


def _told(value: str) -> str:
    """Return the value of a finding with its small counts hidden; of several parts the first says whose they are."""
    whose, *parts = value.split(_PARTS) if _PARTS in value else ("", value)
    hidden = [f"<{ON_EXPORT}" if part.isdecimal() and 0 < int(part) < ON_EXPORT else part for part in parts]
    return _PARTS.join(filter(None, [whose, *hidden]))


@cached(max_entries=4)
def loads(database: ReportingDatabase) -> Loads:
    """Return every load and its files."""
    return Loads(run_query(database, "data/loads"), run_query(database, "data/files"))


@cached(max_entries=4)
def findings(database: ReportingDatabase) -> Findings:
    """Return what the newest load found, and every load."""
    rows = run_query(database, "data/findings")
    rows["value"] = rows["value"].map(_told, na_action="ignore")
    return Findings(rows[rows["load_id"] == database.version.load_id].reset_index(drop=True), rows)
