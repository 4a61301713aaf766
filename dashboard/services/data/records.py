"""The record of loads: what came when, by whom and why, from which files, what was refused, and what has to be checked; filtered."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.language import marked
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.importing.undo import is_undoing, taken_back
from dashboard.store.query import run_query
from dashboard.workspace import Action, AuditEntry, Workspace

ACCEPTED, TAKEN_BACK, UNDOING = "accepted", "taken_back", "undoing"
OUTCOMES: Mapping[str, str] = {
    ACCEPTED: marked("已载入"),
    "refused": marked("被拒绝"),
    "checked": marked("只检查"),
    "unchanged": marked("没有改动"),
    TAKEN_BACK: marked("已被撤回"),
    UNDOING: marked("撤回上一批"),
}
SEVERITIES: Mapping[str, str] = {"error": marked("错误"), "warning": marked("提示")}
_MOST_ENTRIES = 10_000


@dataclass(frozen=True)
class Wish:
    """What of the record is asked for; None asks for everything.

    ``newest`` keeps to the newest load. ``month`` is the first day of a month that a file must reach over, ``person`` who loaded.
    ``severity`` and ``rule`` speak of findings alone, ``outcome`` of loads alone.
    """

    newest: bool = False
    table: str | None = None
    month: datetime.date | None = None
    person: str | None = None
    severity: str | None = None
    rule: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, eq=False)
class Record:
    """The record, or the part that was asked for.

    Attributes:
        loads: when (UTC), load_id (missing for what was not loaded), package, outcome (key of ``OUTCOMES``), person, reason (missing
            where the trail does not know), row_count, error_count, warning_count, data_through, checksum; the newest first.
        files: load_id, file, table_name, checksum, row_count, replaced_count, first_period, last_period; the newest load first.
        findings: load_id, number, severity, rule, file, line, column_name, value, table_name, first_period, last_period, person.
        newest: the number of the newest load, 0 without any.
    """

    loads: pd.DataFrame
    files: pd.DataFrame
    findings: pd.DataFrame
    newest: int

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that any file was for."""
        return tuple(sorted(self.files["table_name"].unique()))

    @property
    def months(self) -> tuple[datetime.date, ...]:
        """The months that any file reaches over, the newest first."""
        known = self.files.dropna(subset=["first_period", "last_period"])
        if known.empty:
            return ()
        span = pd.date_range(known["first_period"].min(), known["last_period"].max(), freq="MS")
        return tuple(day.date() for day in reversed(span))

    @property
    def people(self) -> tuple[str, ...]:
        """Everybody who loaded, was refused or took back, as far as the trail says."""
        return tuple(sorted(self.loads["person"].dropna().unique()))


@cached(max_entries=4)
def _kept(database: ReportingDatabase) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    loads, files, found = (run_query(database, f"data/{name}") for name in ("loads", "files", "findings"))
    # A file of several sheets is several lines of one name: a finding belongs to the file, whose periods are those of all its sheets.
    about = files.groupby(["load_id", "file"], as_index=False).agg(
        table_name=("table_name", "first"), first_period=("first_period", "min"), last_period=("last_period", "max")
    )
    return loads, files, found.merge(about, on=["load_id", "file"], how="left")


def _trail(workspace: Workspace) -> list[AuditEntry]:
    return [entry for action in (Action.LOAD, Action.UNDO_LOAD) for entry in workspace.audit.entries(action=action, limit=_MOST_ENTRIES)]


def _who_and_why(entries: Iterable[AuditEntry]) -> pd.DataFrame:
    """Return by load: person and reason, of whoever loaded or took back."""
    rows = {
        int(str(entry.details["load_id"])): (entry.actor or entry.account, entry.details.get("reason"))
        for entry in entries
        if entry.details.get("load_id") and entry.details.get("result", ACCEPTED) == ACCEPTED
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["person", "reason"])


def _not_loaded(entries: Iterable[AuditEntry]) -> pd.DataFrame:
    """Return what was refused, only checked or unchanged, with the columns of ``Record.loads`` that the trail knows."""
    rows = [
        (
            pd.Timestamp(entry.at).tz_convert("UTC").tz_localize(None), entry.subject, str(entry.details["result"]),
            entry.actor or entry.account, entry.details.get("reason"), entry.details.get("rows"), entry.details.get("errors"),
        )
        for entry in entries
        if entry.action == Action.LOAD and entry.details.get("result", ACCEPTED) != ACCEPTED
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["when", "package", "outcome", "person", "reason", "row_count", "error_count"])


def record(database: ReportingDatabase, workspace: Workspace) -> Record:
    """Return the whole record. What was not loaded is told to who sees the whole county alone. Raises ``DatabaseError``."""
    known, files, found = _kept(database)
    trail = _trail(workspace)
    people = _who_and_why(trail)
    loads = known.rename(columns={"loaded_at": "when"}).join(people, on="load_id")
    loads["outcome"] = is_undoing(loads["checksum"]).map({True: UNDOING, False: ACCEPTED})
    loads.loc[loads["load_id"].isin(taken_back(loads)), "outcome"] = TAKEN_BACK
    if database.scope.every_row:
        others = _not_loaded(trail)
        loads = pd.concat([loads, others], ignore_index=True) if len(others) else loads
    columns = [
        "when", "load_id", "package", "outcome", "person", "reason", "row_count", "error_count", "warning_count", "data_through",
        "checksum",
    ]  # fmt: skip
    loads = loads.reindex(columns=columns).sort_values("when", ascending=False, kind="stable", ignore_index=True)
    return Record(loads, files, found.join(people["person"], on="load_id"), database.version.load_id)


def _over(rows: pd.DataFrame, month: datetime.date) -> pd.Series:
    day = pd.Timestamp(month)
    return (pd.to_datetime(rows["first_period"]) <= day) & (pd.to_datetime(rows["last_period"]) >= day)


def chosen(whole: Record, wish: Wish) -> Record:
    """Return the part of the record that is asked for: a load stays when one of its files answers to table and month."""
    files, loads, found = whole.files, whole.loads, whole.findings
    if wish.table is not None:
        files, found = files[files["table_name"] == wish.table], found[found["table_name"] == wish.table]
    if wish.month is not None:
        files, found = files[_over(files, wish.month)], found[_over(found, wish.month)]
    if wish.table is not None or wish.month is not None:
        loads = loads[loads["load_id"].isin(files["load_id"].unique())]
    if wish.person is not None:
        loads, found = loads[loads["person"] == wish.person], found[found["person"] == wish.person]
    if wish.outcome is not None:
        loads = loads[loads["outcome"] == wish.outcome]
    if wish.newest:
        loads, found = loads[loads["load_id"] == whole.newest], found[found["load_id"] == whole.newest]
    for name in ("severity", "rule"):
        value = getattr(wish, name)
        found = found if value is None else found[found[name] == value]
    files = files[files["load_id"].isin(loads["load_id"].dropna().unique())]
    return Record(loads.reset_index(drop=True), files.reset_index(drop=True), found.reset_index(drop=True), whole.newest)
