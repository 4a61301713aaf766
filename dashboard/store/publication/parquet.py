"""The reporting database as a folder of Parquet files: a folder a table, one below for each year, sorted by county, period, reporter."""

import datetime
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import Table, select

from dashboard import __version__
from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.store.publication.definitions import ENGINES, YEAR, definitions
from dashboard.store.publication.reading import arrow_schema, batches, one_moment, period_of
from dashboard.store.schema import meta_load, metadata
from dashboard.store.versions import SCHEMA_VERSION

MANIFEST = "manifest.json"
_GROUP_ROWS = 100_000
_NO_PART = "part-0.parquet"


def publish_parquet(
    url: str, folder: Path, *, location: str | None = None, progress: Callable[[str], None] = lambda _: None
) -> dict[str, int]:
    """Write the reporting database at ``url`` into ``folder`` and return the rows of each table.

    Each table has a folder; a table with a period has one below for each year (``period_year=2025``), its rows sorted by county (where
    they say it), period and reporter, so that an engine skips what it is not asked for. Beside them lie ``manifest.json`` (structure,
    load, rows) and ``ddl/``, the SQL by which Spark, StarRocks and ClickHouse read them, with ``location`` as the folder's address
    (default: where it is).
    The folder is put in the place of an older one in one step, when it is whole.

    Raises ``DatabaseError`` when the database cannot be read, when the folder cannot be written, or holds anything else.
    """
    target = folder.absolute()
    if target.exists() and not (target / MANIFEST).is_file() and any(target.iterdir() if target.is_dir() else [target]):
        raise DatabaseError(marked("文件夹里有别的内容，没有发布"), marked("请给出空的文件夹，或上次发布的文件夹"), where=target.name)
    try:
        with _beside(target) as new, one_moment(url) as connection:
            rows = {}
            for table in metadata.sorted_tables:
                progress(table.name)
                with closing(batches(connection, table)) as read:
                    rows[table.name] = _write(table, read, new / table.name)
            newest = connection.execute(select(meta_load).order_by(meta_load.c.load_id.desc()).limit(1)).mappings().first()
            (new / "ddl").mkdir()
            filled = [name for name, count in rows.items() if count]
            for engine in ENGINES:
                (new / "ddl" / f"{engine}.sql").write_text(definitions(engine, location or target.as_uri(), filled), encoding="utf-8")
            manifest = {
                "schema_version": SCHEMA_VERSION,
                "app_version": __version__,
                "load_id": newest["load_id"] if newest else 0,
                "package": newest["package"] if newest else "",
                "published_at": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
                "rows": rows,
            }
            (new / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as error:
        raise DatabaseError(marked("没有发布成：文件夹写不进去"), marked("请检查磁盘空间和权限"), where=target.name) from error
    return rows


@contextmanager
def _beside(target: Path) -> Iterator[Path]:
    """Yield a new folder beside ``target`` that takes its place when all went well, and is gone otherwise."""
    new, old = (target.with_name(f".{target.name}.{word}") for word in ("new", "old"))
    if old.exists() and not target.exists():  # a publishing was killed between its two steps
        old.rename(target)
    for left_over in (new, old):
        shutil.rmtree(left_over, ignore_errors=True)
    new.mkdir(parents=True)
    try:
        yield new
        if target.exists():
            target.rename(old)
        try:
            new.rename(target)
        except OSError:
            if old.exists():
                old.rename(target)
            raise
        shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


@dataclass
class _Files:
    """The files of one table, opened one after the other as the years come."""

    folder: Path
    schema: pa.Schema
    year: int | None = None
    writer: pq.ParquetWriter | None = None
    waiting: list[pa.Table] = field(default_factory=list)

    def add(self, rows: pa.Table, year: int | None) -> None:
        if self.writer is None or year != self.year:
            self.close()
            place = self.folder if year is None else self.folder / f"{YEAR}={year}"
            place.mkdir(exist_ok=True)
            self.writer, self.year = pq.ParquetWriter(place / _NO_PART, self.schema, compression="zstd"), year
        self.waiting.append(rows)
        if sum(each.num_rows for each in self.waiting) >= _GROUP_ROWS:
            self._write()

    def _write(self) -> None:
        if self.waiting and self.writer is not None:
            self.writer.write_table(pa.concat_tables(self.waiting), row_group_size=_GROUP_ROWS)
        self.waiting = []

    def close(self) -> None:
        self._write()
        if self.writer is not None:
            self.writer.close()
        self.writer = None


def _write(table: Table, read: Iterator[pa.RecordBatch], folder: Path) -> int:
    """Write the rows of ``table``, which come in the order of its periods; return how many they were."""
    period, rows = period_of(table), 0
    folder.mkdir()
    files = _Files(folder, arrow_schema(table))
    try:
        for batch in read:
            rows += batch.num_rows
            for year, part in _by_year(pa.Table.from_batches([batch]), period):
                files.add(part, year)
    finally:
        files.close()
    return rows


def _by_year(rows: pa.Table, period: str | None) -> Iterator[tuple[int | None, pa.Table]]:
    if period is None:
        yield None, rows
        return
    years = rows[period] if period == "year" else pc.year(rows[period])
    for year in sorted(pc.unique(years).to_pylist()):
        yield int(year), rows.filter(pc.equal(years, year))
