"""Months pulled from databases with names and types of their own: SQLite, PostgreSQL, MariaDB; read-only, in time, all or nothing."""

import datetime
import socket
import tempfile
import time
from pathlib import Path

import pytest
import yaml
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from dashboard import cli
from dashboard.errors import CatalogueError, PackageError, ProductError
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.store.engine import database_url
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.pulling import pull
from dashboard.store.importing.sources import read_source
from dashboard.workspace import Action
from tests.integration.packages import small_county
from tests.kept import KeptCounties

OCTOBER = datetime.date(2025, 10, 1)
_SECRET = "s3cret-of-the-hospital"
_SETUP = (
    "CREATE TABLE v_mzyb (jgdm VARCHAR(20), tjrq {moment}, zlrc {count}, jzrc {decimal}, bz VARCHAR(50))",
    "INSERT INTO v_mzyb VALUES ('H1', '2025-10-03 08:00:00', 700, 70, '一'), ('H1', '2025-10-31 23:59:59', 300, 30.0, NULL),"
    " ('C1', '2025-10-01 00:00:00', 50, NULL, '“引号,逗号”'), ('H1', '2025-11-01 00:00:00', 9999, 1, NULL)",
    "CREATE TABLE v_jg (dm VARCHAR(20), mc VARCHAR(50), xn BOOLEAN)",
    "INSERT INTO v_jg VALUES ('N1', '新{{设}}站', TRUE)",
    "CREATE TABLE v_czyb (jg VARCHAR(20), rq {moment}, je {decimal})",
    "INSERT INTO v_czyb VALUES ('H1', '2025-10-15 00:00:00', 12345678901.25)",
)
_TYPES = {
    "sqlite": {"moment": "TEXT", "count": "INTEGER", "decimal": "NUMERIC(18,2)"},
    "postgresql": {"moment": "TIMESTAMP", "count": "BIGINT", "decimal": "NUMERIC(18,2)"},
    "mariadb": {"moment": "DATETIME", "count": "INT UNSIGNED", "decimal": "DECIMAL(18,2)"},
}
_VISITS = (
    "SELECT jgdm AS institution_code, :month AS month, SUM(zlrc) AS visits, SUM(jzrc) AS {emergency} "
    "FROM v_mzyb WHERE tjrq >= :start AND tjrq < :end GROUP BY jgdm ORDER BY jgdm"
)


@pytest.fixture(scope="session")
def mariadb(mariadb_server: str) -> str:
    """A MariaDB with a reader of its own."""
    engine = create_engine(mariadb_server)
    with engine.connect() as connection:
        connection.execute(text(f"CREATE USER 'reader'@'localhost' IDENTIFIED BY '{_SECRET}'"))
        connection.execute(text("GRANT SELECT ON his.* TO 'reader'@'localhost'"))
    engine.dispose()
    return mariadb_server


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def foreign(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a reporting database that is not ours, with a few months of visits, as a reader may use it."""
    kind = request.param
    owner = {
        "sqlite": lambda: f"sqlite:///{tmp_path / 'his.sqlite'}",
        "postgresql": lambda: request.getfixturevalue("postgresql_url"),
        "mariadb": lambda: request.getfixturevalue("mariadb"),
    }[kind]()
    engine = create_engine(owner)
    with engine.begin() as connection:
        for name in ("v_mzyb", "v_czyb", "v_jg"):
            connection.execute(text(f"DROP TABLE IF EXISTS {name}"))
        for statement in _SETUP:
            connection.execute(text(statement.format(**_TYPES[kind])))
    engine.dispose()
    monkeypatch.setenv("HIS_PASSWORD", _SECRET)
    return str(owner.replace("//root@", "//reader@"))


def _write_source(folder: Path, url: str, tables: dict[str, str] | None = None, **others: object) -> Path:
    folder.mkdir(exist_ok=True)
    content = {
        "title": "一院报表库", "url": url, "scope": "reporter", **others,
        "tables": tables or {"fact_outpatient": _VISITS.format(emergency="emergency_visits")},
    }  # fmt: skip
    if not url.startswith("sqlite"):
        content.setdefault("secret", "HIS_PASSWORD")
    (folder / "his.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return folder


def _pulled(folder: Path, sources: Path) -> Path:
    folder.mkdir()
    pull(read_source("his", sources), OCTOBER, folder)
    return folder


def test_a_month_of_every_kind_of_database_arrives_whole(
    foreign: str, tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties
) -> None:
    tables = {
        "fact_outpatient": _VISITS.format(emergency='"急诊人次"' if "mysql" not in foreign else "`急诊人次`"),
        "dim_institution": "SELECT dm AS institution_code, mc AS name, 'station' AS kind, xn AS in_county FROM v_jg "
        "WHERE mc <> '{不}' -- {月}\n;",
        "财务月报": "SELECT jg AS institution_code, '4001' AS account_code, :month AS month, je AS amount FROM v_czyb "
        "WHERE rq >= :start AND rq < :end",
    }
    kept_counties.copied(duckdb_url, small_county())
    package = _pulled(tmp_path / "pulled", _write_source(tmp_path / "sources", foreign, tables))
    report = load_package(package, duckdb_url)
    assert report.accepted, [finding.text() for finding in report.findings]
    engine = create_engine(database_url(duckdb_url))
    with engine.connect() as connection:
        visits = text("SELECT institution_code, visits, emergency_visits FROM fact_outpatient WHERE month = '2025-10-01' ORDER BY 1")
        assert [tuple(row) for row in connection.execute(visits)] == [("C1", 50, None), ("H1", 1000, 100)]
        amount = text("SELECT CAST(amount AS VARCHAR) FROM fact_finance WHERE month = '2025-10-01'")
        assert connection.execute(amount).scalar_one() == "12345678901.25"
        station = text("SELECT name, in_county FROM dim_institution WHERE institution_code = 'N1'")
        assert tuple(connection.execute(station).one()) == ("新{设}站", True)
    engine.dispose()


def test_what_the_database_refuses_is_said_in_words(foreign: str, tmp_path: Path) -> None:
    for number, (statement, words) in enumerate(
        (
            ("SELECT nope AS institution_code, :month AS month, 1 AS visits FROM v_mzyb", "没有这一列：nope"),
            ("SELECT jgdm AS institution_code, :month AS month, 1 AS visits FROM v_nope", "v_nope"),
            ("SELECT jgdm AS institution_code, :month AS month, zlrc AS visits, bz AS remark FROM v_mzyb", "不认识的列：remark"),
            ("SELECT jgdm AS institution_code, zlrc AS visits FROM v_mzyb", "缺少必填列：month"),
        )
    ):
        sources = _write_source(tmp_path / f"s{number}", foreign, {"fact_outpatient": statement})
        with pytest.raises(PackageError) as raised:
            _pulled(tmp_path / f"p{number}", sources)
        assert words in raised.value.text()
        assert "v_mzyb" not in raised.value.text()
        assert "package.yaml" not in [path.name for path in (tmp_path / f"p{number}").iterdir()]


def test_nothing_but_one_select_is_asked(tmp_path: Path) -> None:
    good = "SELECT a AS institution_code, :month AS month, b AS visits FROM t"
    _write_source(tmp_path / "sources", "sqlite:////x/y.sqlite", {"fact_outpatient": good})
    assert read_source("his", tmp_path / "sources").tables == {"fact_outpatient": good}
    for statement in (
        "DELETE FROM t", f"{good}; DROP TABLE t", "WITH gone AS (DELETE FROM t RETURNING a) SELECT a FROM gone", "COPY t TO '/x'",
        "SELECT a INTO u FROM t", "SELECT pg_sleep(100)", "SELECT lo_import('/etc/passwd')", "no sql at all (", "",
    ):  # fmt: skip
        for url in ("postgresql://r@h/d", "mysql://r@h/d", "sqlite:////x/y.sqlite"):
            _write_source(tmp_path / "sources", url, {"fact_outpatient": statement})
            with pytest.raises(CatalogueError):
                read_source("his", tmp_path / "sources")
    _write_source(tmp_path / "sources", "sqlite:////x/y.sqlite", {"fact_outpatient": good.replace(":month", ":town")})
    with pytest.raises(CatalogueError, match=r"town"):
        read_source("his", tmp_path / "sources")
    _write_source(tmp_path / "sources", "sqlite:////x/y.sqlite", {"meta_load": good})
    with pytest.raises(CatalogueError, match="meta_load"):
        read_source("his", tmp_path / "sources")


def test_the_session_itself_cannot_write(foreign: str, tmp_path: Path) -> None:
    """Whatever got through the reading of the statement: the database refuses to write for us."""
    from dashboard.store.importing.pulling import _connected, _engine

    source = read_source("his", _write_source(tmp_path / "sources", foreign))
    engine = _engine(source, source.url_with_secret())
    with _connected(engine, source) as connection:
        assert connection.execute(text("SELECT COUNT(*) FROM v_mzyb")).scalar_one() == 4
        with pytest.raises(Exception, match=r"(?i)read-?only|denied"):
            connection.execute(text("DELETE FROM v_mzyb"))
    engine.dispose()


@pytest.mark.parametrize("host", ["address that does not answer", "port that hangs"])
def test_a_source_that_does_not_answer_costs_seconds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    monkeypatch.setenv("HIS_PASSWORD", _SECRET)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        if host == "port that hangs":
            silent.listen(1)
        for kind in ("postgresql",) if host == "port that hangs" else ("postgresql", "mysql"):
            if kind == "mysql":
                pytest.importorskip("pymysql", reason="PyMySQL is not installed")
            sources = _write_source(tmp_path / f"{kind}s", f"{kind}://r@127.0.0.1:{silent.getsockname()[1]}/d")
            begun = time.monotonic()
            with pytest.raises(PackageError) as raised:
                _pulled(tmp_path / kind, sources)
            assert time.monotonic() - begun < 10
            assert "连接不上" in raised.value.text()
            assert _SECRET not in repr(raised.value) + raised.value.text() + str(raised.value.__cause__)


def test_the_password_stands_in_the_environment_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HIS_PASSWORD", raising=False)
    with pytest.raises(PackageError, match="HIS_PASSWORD"):
        _pulled(tmp_path / "p", _write_source(tmp_path / "sources", "postgresql://r@127.0.0.1:1/d"))
    wrong: tuple[tuple[str, dict[str, str]], ...] = (
        (f"postgresql://r:{_SECRET}@127.0.0.1/d", {}),
        (f"postgresql://r@127.0.0.1/d?password={_SECRET}", {}),
        (f"{_SECRET}", {}),
        ("postgresql://r@127.0.0.1/d", {"secret": _SECRET}),
        (f"oracle://r@127.0.0.1/{_SECRET}", {}),
    )
    for url, others in wrong:
        with pytest.raises(ProductError) as raised:
            read_source("his", _write_source(tmp_path / "sources", url, **others))  # type: ignore[arg-type]
        assert _SECRET not in raised.value.text() + repr(raised.value) + str(raised.value.__cause__)


def test_a_query_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    create_engine(f"sqlite:///{tmp_path / 'his.sqlite'}").connect().close()
    endless = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 900000000) "
        "SELECT 'H1' AS institution_code, :month AS month, MAX(i) AS visits FROM n"
    )
    sources = _write_source(tmp_path / "s", f"sqlite:///{tmp_path / 'his.sqlite'}", {"fact_outpatient": endless}, statement_seconds=1)
    with pytest.raises(PackageError, match="时限"):
        _pulled(tmp_path / "p", sources)


def test_the_command_checks_loads_tells_and_leaves_a_trace(
    tmp_path: Path, duckdb_url: str, monkeypatch: pytest.MonkeyPatch, kept_counties: KeptCounties
) -> None:
    his = f"sqlite:///{tmp_path / 'his.sqlite'}"
    with create_engine(his).begin() as connection:
        for statement in _SETUP:
            connection.execute(text(statement.format(**_TYPES["sqlite"])))
    kept_counties.copied(duckdb_url, small_county())
    monkeypatch.setenv("REPORTING_DATABASE_URL", duckdb_url)
    monkeypatch.setenv("SOURCES_FOLDER", str(_write_source(tmp_path / "sources", his)))
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    try:
        run = CliRunner().invoke
        looked = run(cli.application, ["pull", "his", "--month", "2025-10", "--check-only"])
        assert looked.exit_code == 0, looked.output
        assert "已取 门急诊月报：2 行" in looked.output
        assert "只检查，没有载入" in looked.output
        loaded = run(cli.application, ["pull", "his", "--month", "2025-10", "--lang", "zh"])
        assert "第 2 批" in loaded.output
        again = run(cli.application, ["pull", "his", "--month", "2025-10"])
        assert "没有改动" in again.output  # the same month again is the same package
        entries = current_workspace().audit.entries(action=Action.LOAD, limit=3)
        assert [entry.details["result"] for entry in entries] == ["unchanged", "accepted", "checked"]
        assert entries[0].details["source"] == "his"
        assert entries[0].details["read"] == {"fact_outpatient": 2}
        unknown = run(cli.application, ["pull", "nobody", "--month", "2025-10"])
        assert "his" in str(unknown.exception)
    finally:
        settings.cache_clear()
    assert not list(Path(tempfile.gettempdir()).glob("dashboard-pull-*"))


def test_the_example_that_ships_is_right() -> None:
    assert set(read_source("example_his").tables) == {"fact_outpatient", "fact_bed"}
