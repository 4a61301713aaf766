"""The import: one package in, the whole of it or nothing.

Read into a staging area under limits, check every row and everything across rows, then write: see ``docs/import.md``.
"""

import datetime
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
from sqlalchemy import Engine, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.analysis.coordinates import CoordinateSystem, to_wgs84
from dashboard.errors import DatabaseError, PackageError
from dashboard.language import marked
from dashboard.store.columns import period_column
from dashboard.store.consistency import ConsistencyCheck, Staged
from dashboard.store.csv_reading import UnreadableFileError, read_csv
from dashboard.store.engine import database_url as parsed_url
from dashboard.store.engine import duckdb_file, reporting_engine, writing_engine
from dashboard.store.findings import Finding, Findings, write_findings
from dashboard.store.package import Package, PackageFile, open_package
from dashboard.store.previous import Previous, database_failed
from dashboard.store.reading import Chunk, Header
from dashboard.store.records import FileReport, LoadRecord, as_date
from dashboard.store.rules import WARNING
from dashboard.store.schema import package_tables
from dashboard.store.staging import FILE, Staging
from dashboard.store.validation import ChunkResult, ChunkValidator
from dashboard.store.workfolder import load_running, single_load, work_folder
from dashboard.store.writing import DATABASE_FAULTS, Job, write_duckdb, write_server
from dashboard.store.xlsx_reading import read_xlsx

_ADVISORY_LOCK = 0x6469_7073_6C6F_6164
_COUNTY_TIME = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True)
class Progress:
    """How far a load is: ``stage`` is ``read``, ``check`` or ``write``; ``fraction`` (0–1) is of the file being read."""

    stage: str
    file: str
    rows: int
    fraction: float


@dataclass(frozen=True)
class LoadReport:
    """What became of a package. ``findings`` are bounded, ``counts`` (by file and rule) are exact."""

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

    @property
    def row_count(self) -> int:
        """All rows read."""
        return sum(file.rows for file in self.files)


ProgressCallback = Callable[[Progress], None]


def load_package(path: str | Path, database_url: str, *, progress: ProgressCallback | None = None, language: str = "zh") -> LoadReport:
    """Load the package at ``path`` (folder or zip) into the reporting database at ``database_url``, whole or not at all.

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
        with single_load(live), work_folder(live.absolute().parent) as folder:
            engine = reporting_engine(parsed) if live.exists() else None
            with _closing(engine):
                return _Load(source, folder, engine, live, report, language).run()
    engine = writing_engine(parsed)
    with _closing(engine), _server_lock(engine), work_folder(Path(tempfile.gettempdir())) as folder:
        return _Load(source, folder, engine, None, report, language).run()


@contextmanager
def _closing(engine: Engine | None) -> Iterator[None]:
    try:
        yield
    finally:
        if engine is not None:
            engine.dispose()


@contextmanager
def _server_lock(engine: Engine) -> Iterator[None]:
    """Hold PostgreSQL's advisory lock for the whole load; it goes with the connection, however that ends."""
    if engine.dialect.name != "postgresql":
        yield
        return
    try:
        connection = engine.connect()
    except SQLAlchemyError as error:
        raise DatabaseError(marked("数据库连接不上"), marked("请检查数据库地址、账号和网络"), where=engine.url.database or "") from error
    with connection:
        if not connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _ADVISORY_LOCK}).scalar_one():
            raise load_running(engine.url.database or "")
        connection.commit()
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _ADVISORY_LOCK})


class _Load:
    """One load from package to report."""

    def __init__(
        self, source: Path, folder: Path, engine: Engine | None, live: Path | None, progress: ProgressCallback, language: str
    ) -> None:
        self._source = source
        self._folder = folder
        self._engine = engine
        self._live = live
        self._progress = progress
        self._language = language
        self._findings = Findings()
        self._today = datetime.datetime.now(_COUNTY_TIME).date()
        self._rows = 0

    def run(self) -> LoadReport:
        package = open_package(self._source, self._folder, self._findings)
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
        if not self._rows and not self._findings.errors:
            raise PackageError(marked("数据包里没有任何数据行"), marked("请填写数据后再载入"), where=self._source.name)
        if self._rows:
            ConsistencyCheck(staged, previous, self._findings).run(lambda table: self._tell("check", table.name))
        if self._findings.errors:
            return self._report(package, files, None, accepted=False)
        replaced = {table.name: staged.periods(table) for table in staged.tables if period_column(table) is not None}
        warnings = tuple(finding for finding in self._findings.sorted() if finding.severity == WARNING)
        record = LoadRecord(load_id, package.name, package.checksum, package.manifest.data_kind, files, warnings, self._findings.warnings)
        job = Job(staging, staged.tables, replaced, record, lambda table: self._tell("write", table.name))
        if self._live is not None:
            record = write_duckdb(job, self._live, self._folder, previous)
        elif self._engine is not None:
            record = write_server(job, self._engine, previous)
        return self._report(package, record.files, load_id, accepted=True)

    def _tell(self, stage: str, file: str, fraction: float = 0.0) -> None:
        self._progress(Progress(stage, file, self._rows, fraction))

    # Reading -----------------------------------------------------------------------------------------------------------

    def _read(self, package: Package, staging: Staging) -> tuple[Staged, tuple[FileReport, ...]]:
        """Stage every file; return what was staged and the report of each file."""
        system = package.manifest.coordinate_system
        rows = [self._read_file(file, number, staging, system) for number, file in enumerate(package.files)]
        unreadable = frozenset(file.table.name for file, count in zip(package.files, rows, strict=True) if count is None)
        filled = {file.table.name for file, count in zip(package.files, rows, strict=True) if count}
        tables = tuple(table for table in package_tables() if table.name in filled)
        staged = Staged(staging, tables, [file.name for file in package.files], unreadable)
        reports = tuple(
            self._file_report(file, number, count or 0, staging)
            for number, (file, count) in enumerate(zip(package.files, rows, strict=True))
        )
        return staged, reports

    def _read_file(self, file: PackageFile, number: int, staging: Staging, system: CoordinateSystem) -> int | None:
        """Return how many rows of ``file`` were staged, None when the file cannot be used."""
        errors = self._findings.errors
        count = 0
        validator: ChunkValidator | None = None
        try:
            for header, chunk in self._chunks(file):
                validator = validator or ChunkValidator(file.name, file.table, header, self._findings, self._today)
                if len(chunk.lines):
                    staging.append(file.table, _converted(validator.validate(chunk), system), number)
                count += len(chunk.lines)
                self._rows += len(chunk.lines)
                self._tell("read", file.name, chunk.fraction)
        except UnreadableFileError as error:
            self._findings.add(error.finding)
            return None
        if validator is None and self._findings.errors > errors:
            return None
        if not count:
            self._findings.add(Finding("empty_table", file.name, table=file.table))
        return count

    def _chunks(self, file: PackageFile) -> Iterator[tuple[Header, Chunk]]:
        return (read_csv if file.kind == "csv" else read_xlsx)(file, self._findings)

    def _file_report(self, file: PackageFile, number: int, rows: int, staging: Staging) -> FileReport:
        period = period_column(file.table)
        first = last = None
        if period is not None and rows:
            staged = staging.staged[file.table.name]
            bounds = select(func.min(staged.c[period]), func.max(staged.c[period])).where(staged.c[FILE] == number)
            first, last = staging.connection.execute(bounds).one()
        return FileReport(file.name, file.table.name, rows, file.checksum, 0, as_date(first), as_date(last))

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
            report_file=None if unchanged else self._findings_file(findings),
        )

    def _findings_file(self, findings: tuple[Finding, ...]) -> Path | None:
        """Write the findings beside the package; None when there are none or the place cannot be written."""
        source = self._source.resolve()
        path = source.with_name(f"{source.name if source.is_dir() else source.stem}-导入检查.xlsx")
        try:
            if not findings:
                path.unlink(missing_ok=True)
                return None
            write_findings(path, findings, self._findings.counts, self._language)
        except OSError:
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
