"""The import: one package in, the whole of it or nothing.

Read into a staging area under limits, check every row and everything across rows, then write: see ``docs/importing.md``.
"""

import datetime
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from sqlalchemy import Engine, func, select
from xlsxwriter.exceptions import FileCreateError

from dashboard.analysis.approval import UNASKED, Signed
from dashboard.analysis.coordinates import CoordinateSystem, to_wgs84
from dashboard.errors import DatabaseError, PackageError, ProductError
from dashboard.language import marked
from dashboard.store.engine import database_url as parsed_url
from dashboard.store.engine import duckdb_file, reporting_engine, writing_engine
from dashboard.store.importing.columns import period_column
from dashboard.store.importing.consistency import ConsistencyCheck, Staged
from dashboard.store.importing.csv_reading import UnreadableFileError, read_csv
from dashboard.store.importing.difference import difference
from dashboard.store.importing.findings import FileReport, Finding, Findings, LeftOut, write_findings
from dashboard.store.importing.migration import refuse_what_cannot_be_upgraded, upgrade_server
from dashboard.store.importing.package import Package, PackageFile, Scope, open_package
from dashboard.store.importing.previous import Previous, database_failed
from dashboard.store.importing.reading import Chunk, Header, without_blank_rows
from dashboard.store.importing.records import LoadRecord, as_date
from dashboard.store.importing.rules import WARNING
from dashboard.store.importing.staging import FILE, Staging
from dashboard.store.importing.validation import ChunkResult, ChunkValidator
from dashboard.store.importing.workfolder import server_lock, single_load, work_folder
from dashboard.store.importing.writing import DATABASE_FAULTS, Job, build_duckdb, write_duckdb, write_server
from dashboard.store.importing.xlsx_reading import read_xlsx
from dashboard.store.schema import package_tables
from dashboard.store.versions import refuse_newer

_COUNTY_TIME = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Progress:
    """How far a load is: ``stage`` is ``read``, ``check`` or ``write``; ``fraction`` (0–1) is of the file being read.

    ``whole`` (0–1) is of everything there is to do, reckoned by the size of the files and the number of tables; it never goes back.
    """

    stage: str
    file: str
    rows: int
    fraction: float
    whole: float = 0.0


_SHARES = {"read": (0.0, 0.4), "check": (0.4, 0.7), "write": (0.7, 1.0)}
"""Where each stage begins and ends in the whole, as measured on a package of a million rows."""


@dataclass(frozen=True)
class LoadReport:
    """What became of a package.

    ``findings`` are bounded, ``counts`` (by file and rule) are exact; ``left_out`` is what was not read; ``checked``: it would have been
    accepted and was only to be checked; ``unfinished``: what could not be made of an accepted load, whose rows stand all the same.
    """

    package: str
    accepted: bool
    unchanged: bool
    load_id: int | None
    files: tuple[FileReport, ...]
    findings: tuple[Finding, ...]
    counts: Mapping[tuple[str, str], int]
    error_count: int
    warning_count: int
    report_file: Path | None
    left_out: tuple[LeftOut, ...] = ()
    checked: bool = False
    unfinished: ProductError | None = None

    @property
    def passed(self) -> bool:
        """Whether nothing stands against the package."""
        return self.accepted or self.checked

    @property
    def outcome(self) -> str:
        """The result as the audit trail calls it."""
        if self.unchanged:
            return "unchanged"
        return "accepted" if self.accepted else "checked" if self.checked else "refused"

    @property
    def row_count(self) -> int:
        """All rows read."""
        return sum(file.rows for file in self.files)


@dataclass(frozen=True, eq=False)
class Rehearsal:
    """What a package that passed every check would do: ``difference`` as in ``difference.py``.

    ``database_url`` is the address of a database as it would be, gone when the load ends; None where the server would have to be written.
    """

    difference: pd.DataFrame
    database_url: str | None


@dataclass
class _Source:
    """A file, or a sheet of a workbook, that was read."""

    file: PackageFile
    name: str
    sheet: str
    rows: int = 0


ProgressCallback = Callable[[Progress], None]
Look = Callable[["Rehearsal"], None]
Places = Mapping[str, Sequence[tuple[str, int]]]


def load_package(
    path: str | Path,
    database_url: str,
    *,
    progress: ProgressCallback | None = None,
    language: str = "zh",
    scope: Scope | None = None,
    check_only: bool = False,
    places: Places | None = None,
    look: Look | None = None,
    signed: Signed = UNASKED,
) -> LoadReport:
    """Load the package at ``path`` (folder or zip) into the reporting database at ``database_url``, whole or not at all.

    ``scope`` says what a fact file replaces: its whole periods (``month``) or only who is in it (``reporter``); the manifest may say it
    too. Without a word it is ``month``, unless more than half of a period's reporters would vanish: that is refused.
    ``check_only`` stops where the package would be written; nothing is changed. ``places`` says, for files that were made of others
    (``mapping.py``), where each row came from. ``look`` is handed what would change, of a package that is only checked and passes.
    ``signed`` says which months are approved and so locked: a package that touches one is refused, naming the lines. Whoever loads for
    a county asks for it (``services/common/approvals.py``).
    Row findings do not raise: they are in the report and in a workbook beside the package, in ``language``.
    Raises ``PackageError`` when the package cannot be read, ``DatabaseError`` when the database cannot take it; nothing is changed then.
    """
    source = Path(path)
    report = progress or (lambda _: None)
    parsed = parsed_url(database_url)
    if parsed.get_backend_name() == "duckdb" and duckdb_file(parsed) is None:
        raise DatabaseError(marked("不能载入到内存数据库"), marked("请给出数据库文件，例如 duckdb:///文件"))
    live = duckdb_file(parsed)
    if live is not None:
        # A link stays a link: what it leads to is replaced.
        live = live.resolve()
        with single_load(live), work_folder(live.absolute().parent) as folder:
            engine = reporting_engine(parsed) if live.exists() else None
            with _closing(engine):
                if engine is not None:
                    refuse_newer(engine)
                return _Load(source, folder, engine, live, report, language, scope, check_only, places, look, signed).run()
    engine = writing_engine(parsed)
    with _closing(engine), server_lock(engine), work_folder(Path(tempfile.gettempdir())) as folder:
        refuse_what_cannot_be_upgraded(engine)
        return _Load(source, folder, engine, None, report, language, scope, check_only, places, look, signed).run()


@contextmanager
def _closing(engine: Engine | None) -> Iterator[None]:
    try:
        yield
    finally:
        if engine is not None:
            engine.dispose()


class _Load:
    """One load from package to report."""

    def __init__(
        self,
        source: Path,
        folder: Path,
        engine: Engine | None,
        live: Path | None,
        progress: ProgressCallback,
        language: str,
        scope: Scope | None,
        check_only: bool,
        places: Places | None,
        look: Look | None,
        signed: Signed,
    ) -> None:
        self._look = look
        self._scope = scope
        self._check_only = check_only
        self._signed = signed
        self._source = source
        self._folder = folder
        self._engine = engine
        self._live = live
        self._progress = progress
        self._language = language
        self._findings = Findings(places)
        self._today = datetime.datetime.now(_COUNTY_TIME).date()
        self._rows = 0
        self._sizes: dict[str, float] = {}
        self._tables = 1
        self._done = 0.0
        self._at = ("", "")

    def run(self) -> LoadReport:
        package = open_package(self._source, self._folder, self._findings, self._scope)
        previous = Previous(self._engine)
        load_id, checksum = previous.newest_load()
        if checksum == package.checksum and not self._findings.errors:
            return self._report(package, (), load_id, accepted=True, unchanged=True)
        staging = Staging(self._folder / "staging.duckdb")
        try:
            return self._stage_and_write(package, staging, previous, load_id + 1)
        except DATABASE_FAULTS as error:
            raise database_failed(error) from error
        finally:
            staging.close()

    def _stage_and_write(self, package: Package, staging: Staging, previous: Previous, load_id: int) -> LoadReport:
        staged, files = self._read(package, staging)
        check = ConsistencyCheck(staged, previous, self._findings, package.manifest.scope, self._signed)
        if not self._rows and not self._findings.errors:
            raise PackageError(marked("数据包里没有任何数据行"), marked("请填写数据后再载入"), where=self._source.name)
        if self._rows:
            check.run(lambda table: self._tell("check", table.name))
        if self._findings.errors:
            return self._report(package, files, None, accepted=False)
        replaced = {table.name: staged.periods(table) for table in staged.tables if period_column(table) is not None}
        warnings = tuple(finding for finding in self._findings.sorted() if finding.severity == WARNING)
        kind, left_out = package.manifest.data_kind, self._left_out(package)
        warned = self._findings.warnings
        record = LoadRecord(load_id, package.name, package.checksum, kind, files, warnings, warned, left_out, check.county)
        job = Job(
            staging,
            staged.tables,
            replaced,
            record,
            lambda table: self._tell("write", table.name),
            package.manifest.scope or "month",
            check.replaced_county,
            check.only,
        )
        if self._check_only:
            self._rehearse(job, previous)
            return replace(self._report(package, files, None, accepted=False), checked=True)
        if self._live is not None:
            record = write_duckdb(job, self._live, self._folder, previous)
        elif self._engine is not None:
            upgrade_server(self._engine)
            record = write_server(job, self._engine)
        return self._report(package, record.files, load_id, accepted=True)

    def _rehearse(self, job: Job, previous: Previous) -> None:
        if self._look is None:
            return
        change = difference(job.staging, job.tables, job.replaced, job.scope, previous, self._live, job.county)
        new = self._folder / "rehearsal.duckdb"
        if self._live is not None:
            build_duckdb(job, new, self._live, previous)
        self._look(Rehearsal(change, f"duckdb:///{new}" if self._live is not None else None))

    def _tell(self, stage: str, file: str, fraction: float = 0.0) -> None:
        """Tell how far the load is; a table is counted as done when the next one begins."""
        if stage != self._at[0]:
            self._done = 0.0
        elif file != self._at[1]:
            self._done += self._sizes.get(self._at[1], 0.0) if stage == "read" else 1 / self._tables
        self._at = (stage, file)
        first, last = _SHARES[stage]
        part = self._done + fraction * (self._sizes.get(file, 0.0) if stage == "read" else 0.0)
        self._progress(Progress(stage, file, self._rows, fraction, first + (last - first) * min(part, 1.0)))

    # Reading -----------------------------------------------------------------------------------------------------------

    def _read(self, package: Package, staging: Staging) -> tuple[Staged, tuple[FileReport, ...]]:
        """Stage every file; return what was staged and the report of each file."""
        system = package.manifest.coordinate_system
        sources: list[_Source] = []
        sizes = {file.name: file.path.stat().st_size for file in package.files}
        self._sizes = {name: size / max(sum(sizes.values()), 1) for name, size in sizes.items()}
        unreadable = set()
        for file in package.files:
            found = len(sources)
            if not self._read_file(file, sources, staging, system):
                unreadable.add(file.table.name)
            if len(sources) == found:
                sources.append(_Source(file, file.name, ""))
        filled = {source.file.table.name for source in sources if source.rows}
        tables = tuple(table for table in package_tables() if table.name in filled)
        self._tables = max(len(tables), 1)
        staged = Staged(staging, tables, [source.name for source in sources], frozenset(unreadable))
        return staged, tuple(self._file_report(source, number, staging) for number, source in enumerate(sources))

    def _read_file(self, file: PackageFile, sources: list["_Source"], staging: Staging, system: CoordinateSystem) -> bool:
        """Stage the rows of ``file`` and add what was read (each sheet of a workbook) to ``sources``; return whether it can be used."""
        errors = self._findings.errors
        first = len(sources)
        header: Header | None = None
        try:
            for found, chunk in self._chunks(file):
                if found is not header:
                    header = found
                    sources.append(_Source(file, header.source, header.sheet))
                    validator = ChunkValidator(header.source, file.table, header, self._findings, self._today)
                if len(chunk.lines):
                    staging.append(file.table, _converted(validator.validate(chunk), system), len(sources) - 1)
                sources[-1].rows += len(chunk.lines)
                self._rows += len(chunk.lines)
                self._tell("read", file.name, chunk.fraction)
        except UnreadableFileError as error:
            self._findings.add(error.finding)
            return False
        if header is None and self._findings.errors > errors:
            return False
        if not any(source.rows for source in sources[first:]):
            self._findings.add(Finding("empty_table", file.name, table=file.table))
        return True

    def _chunks(self, file: PackageFile) -> Iterator[tuple[Header, Chunk]]:
        read = read_csv if file.kind == "csv" else read_xlsx
        return ((header, without_blank_rows(chunk)) for header, chunk in read(file, self._findings))

    def _file_report(self, source: "_Source", number: int, staging: Staging) -> FileReport:
        file = source.file
        period = period_column(file.table)
        first = last = None
        if period is not None and source.rows:
            staged = staging.staged[file.table.name]
            bounds = select(func.min(staged.c[period]), func.max(staged.c[period])).where(staged.c[FILE] == number)
            first, last = staging.connection.execute(bounds).one()
        return FileReport(source.name, file.table.name, source.rows, file.checksum, 0, as_date(first), as_date(last), source.sheet)

    # Reporting ---------------------------------------------------------------------------------------------------------

    def _report(
        self, package: Package, files: tuple[FileReport, ...], load_id: int | None, *, accepted: bool, unchanged: bool = False
    ) -> LoadReport:
        findings = self._findings.sorted()
        return LoadReport(
            package=package.name,
            accepted=accepted,
            unchanged=unchanged,
            load_id=load_id,
            files=files,
            findings=findings,
            counts=dict(self._findings.counts),
            error_count=self._findings.errors,
            warning_count=self._findings.warnings,
            report_file=None if unchanged else self._findings_file(findings, files, self._left_out(package)),
            left_out=self._left_out(package),
        )

    def _left_out(self, package: Package) -> tuple[LeftOut, ...]:
        return (*(LeftOut(name) for name in package.left_out), *self._findings.left_out())

    def _findings_file(self, findings: tuple[Finding, ...], files: tuple[FileReport, ...], left_out: tuple[LeftOut, ...]) -> Path | None:
        """Write findings, what was read and what was not beside the package; None with nothing to tell, or where it cannot be written."""
        source = self._source.resolve()
        path = source.with_name(f"{source.name if source.is_dir() else source.stem}-导入检查.xlsx")
        try:
            if not findings and not left_out:
                path.unlink(missing_ok=True)
                return None
            path.unlink(missing_ok=True)
            path.touch(mode=0o600)
            write_findings(path, findings, self._findings.counts, self._language, files=files, left_out=left_out)
        # Too long a name, or one that is no text, is no reason to fail: the findings are in the report.
        except (OSError, ValueError, FileCreateError):
            return None
        return path


def _converted(rows: ChunkResult, system: CoordinateSystem) -> ChunkResult:
    """Return rows with their coordinates in WGS-84."""
    if system == "WGS-84" or "longitude" not in rows.values:
        return rows
    longitude, latitude = (rows.values[name].to_numpy(zero_copy_only=False).astype(float) for name in ("longitude", "latitude"))
    points = to_wgs84(longitude, latitude, system)
    arrays = {name: pa.array(values, mask=np.isnan(values)) for name, values in zip(("longitude", "latitude"), points, strict=True)}
    return ChunkResult(rows.values | arrays, rows.lines)
