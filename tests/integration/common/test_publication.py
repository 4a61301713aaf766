"""The reporting database as Parquet files: every row with its type, in order, whole or not at all; and the SQL that lies beside them."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import sqlglot
from sqlalchemy import create_engine, text
from sqlglot import expressions
from typer.testing import CliRunner

from dashboard import cli
from dashboard.errors import DatabaseError
from dashboard.settings import settings
from dashboard.store.publication.definitions import ENGINES, YEAR, definitions
from dashboard.store.publication.mysql import publish_mysql
from dashboard.store.publication.parquet import MANIFEST, publish_parquet
from dashboard.store.publication.reading import COUNTY_CODE, arrow_schema, order_of, period_of
from dashboard.store.schema import metadata
from dashboard.store.versions import SCHEMA_VERSION
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.scope_county import county, write
from tests.tiny import make_tiny_database


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> str:
    url = f"duckdb:///{tmp_path_factory.mktemp('source') / 'reporting.duckdb'}"
    engine = create_engine(url)
    write(engine, county())
    engine.dispose()
    return url


@pytest.fixture(scope="module")
def published(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("out") / "county"
    publish_parquet(source, folder)
    return folder


def rows_of(folder: Path, table: str) -> pa.Table:
    """Read the files of a table one after the other, as they lie."""
    files = sorted((folder / table).rglob("*.parquet"))
    read = [pq.ParquetFile(file).read() for file in files]
    return pa.concat_tables(read) if read else arrow_schema(metadata.tables[table]).empty_table()


def test_every_row_is_there_with_its_type(source: str, published: Path) -> None:
    engine = create_engine(source)
    told = json.loads((published / MANIFEST).read_text(encoding="utf-8"))
    assert told["schema_version"] == SCHEMA_VERSION
    assert (told["load_id"], told["package"]) == (1, "小县")
    with engine.connect() as connection:
        for name, table in metadata.tables.items():
            found = rows_of(published, name)
            assert found.schema.equals(arrow_schema(table)), name
            assert told["rows"][name] == found.num_rows == connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one(), name
        assert sum(told["rows"].values()) > 9_000
        sums = connection.execute(text("SELECT SUM(total_cost), MIN(month), MAX(month) FROM fact_claim")).one()
    engine.dispose()
    claims = rows_of(published, "fact_claim").to_pandas()
    assert (claims["total_cost"].sum(), claims["month"].min(), claims["month"].max()) == tuple(sums)


def test_files_go_by_year_and_rows_by_period_and_reporter(published: Path) -> None:
    seen = 0
    for table in metadata.sorted_tables:
        period, order = period_of(table), [column.name for column in order_of(table)]
        files = sorted((published / table.name).rglob("*.parquet"))
        assert len({file.parent for file in files}) == len(files)
        for file in files:
            keys = pq.ParquetFile(file).read(columns=order).to_pylist()
            placed = [tuple(row[name] or "" if name == COUNTY_CODE else row[name] for name in order) for row in keys]
            assert placed == sorted(placed), table.name
            if period is not None:
                seen += 1
                years = {getattr(row[period], "year", row[period]) for row in keys}
                assert file.parent.name == f"{YEAR}={years.pop()}"
                assert not years
    assert seen > 30


@pytest.fixture
def two_counties(tmp_path: Path) -> str:
    url = f"duckdb:///{tmp_path / 'counties.duckdb'}"
    engine = create_engine(url)
    write(engine, together(one_county(), second_county()))
    engine.dispose()
    return url


def test_the_claims_of_a_county_lie_together(two_counties: str, tmp_path: Path) -> None:
    """So that a question about one county reads few of the file's groups of rows; a table without the code keeps its order."""
    publish_parquet(two_counties, tmp_path / "out")
    for table in ("fact_claim", "agg_claim_month"):
        for file in sorted((tmp_path / "out" / table).rglob("*.parquet")):
            rows = pq.ParquetFile(file).read(columns=[COUNTY_CODE, "month"]).to_pylist()
            placed = [(row[COUNTY_CODE], row["month"]) for row in rows]
            assert placed == sorted(placed)
            assert {county for county, _month in placed} == {FIRST, SECOND}


@pytest.mark.parametrize("kind", ["postgresql", "mariadb"])
def test_another_database_gives_the_same_files(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    made = make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}")
    if kind == "postgresql":
        url = make_tiny_database(request.getfixturevalue("postgresql_url"))
    else:
        url = request.getfixturevalue("mariadb_url")
        publish_mysql(made, url)
    publish_parquet(made, tmp_path / "duckdb")
    publish_parquet(url, tmp_path / kind)
    filled = 0
    for name in metadata.tables:
        expected, found = rows_of(tmp_path / "duckdb", name), rows_of(tmp_path / kind, name)
        assert found.equals(expected), name
        filled += found.num_rows > 0
    assert filled >= 6


def test_a_published_folder_is_replaced_whole_and_anything_else_is_left_alone(source: str, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    folder.mkdir()
    publish_parquet(source, folder)
    (folder / "dim_town" / "part-0.parquet").write_bytes(b"")
    (folder / "dim_gone").mkdir()
    publish_parquet(source, folder)
    assert rows_of(folder, "dim_town").num_rows == 11
    assert not (folder / "dim_gone").exists()
    before = (folder / MANIFEST).read_bytes()
    with pytest.raises(DatabaseError, match="还没有报表数据库"):
        publish_parquet(f"duckdb:///{tmp_path / 'nothing.duckdb'}", folder)
    assert (folder / MANIFEST).read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["county"]
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs" / "photo.jpg").write_bytes(b"x")
    for place in ("theirs", "theirs/photo.jpg"):
        with pytest.raises(DatabaseError, match="别的内容"):
            publish_parquet(source, tmp_path / place)
    assert (tmp_path / "theirs" / "photo.jpg").read_bytes() == b"x"


def statements(script: str) -> list[str]:
    body = "\n".join(line for line in script.splitlines() if not line.startswith("--"))
    return [part.strip().rstrip(";") for part in body.split(";\n") if part.strip()]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_sql_beside_the_files_names_every_table_and_reads_what_is_there(engine: str, published: Path) -> None:
    script = (published / "ddl" / f"{engine}.sql").read_text(encoding="utf-8")
    read = statements(script)
    made = [each for each in read if each.startswith("CREATE TABLE")]
    trees = [sqlglot.parse_one(each, dialect=engine) for each in made]
    assert [tree.find(expressions.Table).name for tree in trees] == [table.name for table in metadata.sorted_tables]  # type: ignore[union-attr]
    for tree, table in zip(trees, metadata.sorted_tables, strict=True):
        columns = {column.name for column in tree.find_all(expressions.ColumnDef)}
        assert columns - {YEAR} == set(table.columns.keys())
    path = str(published)
    assert path in script
    filled = {name for name in metadata.tables if rows_of(published, name).num_rows}
    assert 0 < len(filled) < len(metadata.tables)
    if engine == "spark":
        assert script.count("MSCK REPAIR TABLE") == sum(period_of(table) is not None for table in metadata.sorted_tables)
    else:
        assert {each.split()[2] for each in read if each.startswith("INSERT INTO")} == filled
    assert "hdfs://lake/k/dim_town" in definitions(engine, "hdfs://lake/k", filled)


def test_the_command_publishes_and_says_what_it_cannot(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    monkeypatch.setenv("REPORTING_DATABASE_URL", source)
    settings.cache_clear()

    def run(*words: str) -> str:
        return str(CliRunner().invoke(cli.application, ["publish", *words]).output)

    try:
        said = run("--to", f"parquet:{tmp_path / 'lake'}", "--location", "s3a://lake/county/", "--lang", "en")
        assert str(tmp_path / "lake") in said
        assert "s3a://lake/county/fact_bed'" in (tmp_path / "lake" / "ddl" / "spark.sql").read_text(encoding="utf-8")
        assert "表" in run("--to", request.getfixturevalue("mariadb_url"))
        refused = CliRunner().invoke(cli.application, ["publish", "--to", "postgresql://host/db"])
        assert isinstance(refused.exception, DatabaseError)
        assert "parquet:" in refused.exception.text()
    finally:
        settings.cache_clear()


@pytest.mark.parametrize("killed", [False, True])
def test_what_was_published_outlives_a_replacement_that_fails(
    source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, killed: bool
) -> None:
    folder = tmp_path / "county"
    publish_parquet(source, folder)
    before = (folder / MANIFEST).read_bytes()
    if killed:  # between the two steps: the old one is put aside, the new one is not yet in its place
        folder.rename(tmp_path / ".county.old")
    else:
        rename = Path.rename

        def fail(self: Path, target: Path) -> Path:
            if self.name == ".county.new":
                raise OSError("no")
            return rename(self, target)

        monkeypatch.setattr(Path, "rename", fail)
    with pytest.raises(DatabaseError):
        publish_parquet(f"duckdb:///{tmp_path / 'nothing.duckdb'}" if killed else source, folder)
    assert (folder / MANIFEST).read_bytes() == before
    assert sorted(each.name for each in tmp_path.iterdir()) == ["county"]
