"""A restored backup equals what was saved, on DuckDB with SQLite and on PostgreSQL; a damaged one is refused with nothing changed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import SQLAlchemyError
from typer.testing import CliRunner

from dashboard import cli
from dashboard.errors import DatabaseError
from dashboard.services.operation import backup
from dashboard.services.operation.backup import backups_in, chosen_backup, make_backup, restore_backup
from dashboard.settings import settings
from dashboard.store.engine import database_url
from dashboard.store.schema import fact_outpatient
from dashboard.store.schema import metadata as reporting_tables
from dashboard.workspace import Action, open_workspace
from dashboard.workspace.schema import metadata as workspace_tables
from tests.tiny import make_tiny_database

_BOTH = frozenset({"reporting", "workspace"})


@pytest.fixture(params=["files", "postgresql"])
def _databases(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A county with a few people's work; both databases share one PostgreSQL schema with a table of another program."""
    if request.param == "files":
        urls = [f"duckdb:///{tmp_path / 'reporting.duckdb'}", f"sqlite:///{tmp_path / 'workspace.sqlite'}"]
    else:
        urls = [request.getfixturevalue("postgresql_url")] * 2
    make_tiny_database(urls[0])
    workspace = open_workspace(urls[1])
    workspace.audit.record(Action.EXPORT, "甲.xlsx", actor="甲", details={"rows": 3})
    if request.param == "postgresql":
        _execute(urls[0], "CREATE TABLE of_others (x INTEGER)", "INSERT INTO of_others VALUES (7)")
    monkeypatch.setenv("REPORTING_DATABASE_URL", urls[0])
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", urls[1])
    settings.cache_clear()
    yield
    settings.cache_clear()


def _engine(url: str) -> Engine:
    return create_engine(database_url(url) if not url.startswith("sqlite") else url)


def _execute(url: str, *statements: str) -> None:
    engine = _engine(url)
    with engine.begin() as connection:
        for statement in statements:
            connection.execute(text(statement))
    engine.dispose()


def _everything() -> dict[str, list[tuple]]:
    """Every row of both databases."""
    found = {}
    for url, metadata in ((settings().reporting_database_url, reporting_tables), (settings().workspace_database_url, workspace_tables)):
        engine = _engine(url)
        with engine.connect() as connection:
            for name, table in metadata.tables.items():
                if name != "meta_schema":
                    found[name] = sorted((tuple(row) for row in connection.execute(select(table))), key=repr)
        engine.dispose()
    return found


def _change() -> None:
    _execute(settings().reporting_database_url, "DELETE FROM fact_outpatient WHERE visits > 1005")
    open_workspace(settings().workspace_database_url).audit.record(Action.EXPORT, "乙.xlsx", actor="乙", details={})


@pytest.mark.usefixtures("_databases")
def test_a_restored_backup_equals_what_was_saved(tmp_path: Path) -> None:
    saved = _everything()
    made = make_backup(tmp_path / "backups")
    assert made.folder.stat().st_mode & 0o777 == 0o700
    assert {each.database for each in made.databases} == _BOTH
    assert next(each for each in made.databases if each.database == "reporting").rows["fact_outpatient"] == len(saved["fact_outpatient"])
    _change()
    assert _everything() != saved

    assert set(restore_backup(chosen_backup(tmp_path / "backups"), _BOTH)) == _BOTH

    assert _everything() == saved
    url = settings().workspace_database_url
    open_workspace(url).audit.record(Action.EXPORT, "丙.xlsx", actor="丙", details={})
    assert open_workspace(url).audit.verify().broken_at is None
    with pytest.raises(SQLAlchemyError):  # the triggers came back too
        _execute(url, "UPDATE audit_entry SET actor = 'x'")
    if url.startswith("postgresql"):
        engine = _engine(url)
        with engine.connect() as connection:
            assert connection.execute(text("SELECT x FROM of_others")).scalar_one() == 7
        engine.dispose()


@pytest.mark.usefixtures("_databases")
def test_one_database_alone_comes_back(tmp_path: Path) -> None:
    saved = _everything()
    made = make_backup(tmp_path / "backups")
    _change()
    changed = _everything()
    assert restore_backup(chosen_backup(made.folder), frozenset({"reporting"})) == ("reporting",)
    assert _everything()["fact_outpatient"] == saved["fact_outpatient"]
    assert _everything()["audit_entry"] == changed["audit_entry"]


@pytest.mark.usefixtures("_databases")
def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    made = make_backup(tmp_path / "backups")
    before = _everything()
    file = made.folder / made.databases[0].file
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)
    with pytest.raises(DatabaseError, match="校验值"):
        chosen_backup(made.folder)
    assert _everything() == before


@pytest.mark.usefixtures("_databases")
def test_other_numbers_of_rows_change_nothing(tmp_path: Path) -> None:
    made = make_backup(tmp_path / "backups")
    manifest = made.folder / "manifest.json"
    content = json.loads(manifest.read_text(encoding="utf-8"))
    for each in content["databases"]:
        each["rows"] = {name: count + 1 for name, count in each["rows"].items()}
    manifest.write_text(json.dumps(content), encoding="utf-8")
    before = _everything()
    for name in _BOTH:
        with pytest.raises(DatabaseError):
            restore_backup(chosen_backup(made.folder), frozenset({name}))
    assert _everything() == before


@pytest.fixture
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REPORTING_DATABASE_URL", make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"))
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    monkeypatch.setenv("BACKUP_FOLDER", str(tmp_path / "kept"))
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.mark.usefixtures("_files")
def test_so_many_are_kept_and_unfinished_ones_do_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parent = tmp_path / "kept"
    (parent / "20200101-000000.part").mkdir(parents=True)
    (parent / "notes").mkdir()
    names = iter(("1", "2", "3"))
    monkeypatch.setattr(backup, "_named", lambda _moment: next(names))
    made = [make_backup(parent, keep=2).folder for _ in range(3)]
    assert [each.folder for each in backups_in(parent)] == [made[2], made[1]]
    assert (parent / "notes").is_dir()


@pytest.mark.usefixtures("_files")
def test_the_commands_save_and_restore(tmp_path: Path) -> None:
    line = CliRunner()
    saved = line.invoke(cli.application, ["backup"])
    assert saved.exit_code == 0, saved.output
    assert "已备份" in saved.output
    _execute(settings().reporting_database_url, f"DELETE FROM {fact_outpatient.name}")
    asked = line.invoke(cli.application, ["restore", str(tmp_path / "kept")])
    assert asked.exit_code == 1
    assert "--yes" in asked.output
    assert _everything()["fact_outpatient"] == []
    done = line.invoke(cli.application, ["restore", str(tmp_path / "kept"), "--yes"])
    assert done.exit_code == 0, done.output
    assert len(_everything()["fact_outpatient"]) == 50
    assert (tmp_path / "reporting.before-restore.duckdb").exists()
    with pytest.raises(DatabaseError, match="没有备份"):
        chosen_backup(tmp_path)
