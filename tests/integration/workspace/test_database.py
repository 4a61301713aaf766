"""The database under the workspace: migrations, several processes, killed ones, wrong addresses."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import CheckConstraint, create_engine, inspect, text

from dashboard.errors import DatabaseError
from dashboard.settings import PROJECT
from dashboard.workspace import Kind, migrate, open_workspace
from dashboard.workspace.engine import database_url, transaction, workspace_engine
from dashboard.workspace.migration import MIGRATIONS
from dashboard.workspace.schema import VERSION_TABLE, metadata

PRESENT = max(file.name[1:5] for file in (MIGRATIONS / "versions").glob("r*.py"))
FOLLOWING = f"{int(PRESENT) + 1:04d}"
NEXT = """
import sqlalchemy as sa
from alembic import op
revision = "{next}"
down_revision = "{present}"
def upgrade():
    op.add_column("document", sa.Column("colour", sa.String(10)))
    {more}
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'new' / 'workspace.sqlite'}" if request.param == "sqlite" else request.getfixturevalue("postgresql_url")


def newer(tmp_path: Path, more: str = "pass") -> Path:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
    text = NEXT.format(more=more, present=PRESENT, next=FOLLOWING)
    (folder / "versions" / f"r{FOLLOWING}_colour.py").write_text(text, encoding="utf-8")
    return folder


def python(code: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


def test_the_migrations_make_exactly_the_declared_schema(url: str) -> None:
    assert migrate(url) == PRESENT
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE, "compare_type": True})
        assert compare_metadata(context, metadata) == []
        found = inspect(connection)
        for table in metadata.sorted_tables:
            declared = {check.name for check in table.constraints if isinstance(check, CheckConstraint)}
            assert {check["name"] for check in found.get_check_constraints(table.name)} == declared
            assert found.get_pk_constraint(table.name)["name"] == table.primary_key.name
    engine.dispose()


def test_every_table_and_column_has_a_chinese_comment() -> None:
    for table in metadata.sorted_tables:
        for item in (table, *table.columns):
            assert any("一" <= character <= "鿿" for character in item.comment or ""), item


def test_migrating_again_changes_nothing(url: str) -> None:
    migrate(url)
    workspace = open_workspace(url)
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    assert migrate(url) == PRESENT
    assert workspace.latest(first.document_id) == first
    workspace.close()


def test_an_older_database_is_upgraded_with_its_content(url: str, tmp_path: Path) -> None:
    workspace = open_workspace(url)
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    assert migrate(url, migrations=newer(tmp_path)) == FOLLOWING
    assert workspace.latest(first.document_id) == first
    workspace.close()
    if url.startswith("sqlite"):
        copy = open_workspace(f"sqlite:///{tmp_path / 'new'}/workspace.{PRESENT}.sqlite")
        assert copy.latest(first.document_id) == first
        copy.close()


def test_a_newer_database_is_refused_and_left_alone(url: str, tmp_path: Path) -> None:
    migrate(url, migrations=newer(tmp_path))
    with pytest.raises(DatabaseError, match="更新版本的程序") as caught:
        open_workspace(url)
    assert caught.value.where == FOLLOWING
    assert migrate(url, migrations=tmp_path / "migrations") == FOLLOWING


def test_a_migration_that_fails_half_way_changes_nothing(url: str, tmp_path: Path) -> None:
    workspace = open_workspace(url)
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    with pytest.raises(DatabaseError):
        migrate(url, migrations=newer(tmp_path, more='op.execute("INSERT INTO nowhere VALUES (1)")'))
    assert migrate(url) == PRESENT
    assert workspace.latest(first.document_id) == first
    engine = create_engine(database_url(url))
    assert "colour" not in {column["name"] for column in inspect(engine).get_columns("document")}
    engine.dispose()
    workspace.close()


def test_processes_that_start_at_once_all_get_a_workspace(url: str) -> None:
    code = (
        "import sys; from dashboard.workspace import Kind, open_workspace; input_ = sys.stdin.readline\n"
        "w = open_workspace(sys.argv[1]); w.create(Kind.NOTE, 'n', {'pid': 1}, author=None)"
    )
    processes = [python(code, url) for _ in range(4)]
    for process in processes:
        output, _ = process.communicate(timeout=120)
        assert process.returncode == 0, output
    workspace = open_workspace(url)
    assert len(workspace.list_documents(Kind.NOTE)) == 4
    workspace.close()


@pytest.mark.parametrize("moment", ["commit", "before_version"])
def test_a_process_killed_while_saving_leaves_what_was_there(url: str, moment: str) -> None:
    workspace = open_workspace(url)
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    code = f"""
import sys, time
from sqlalchemy import Engine, event
from dashboard.workspace import open_workspace
workspace = open_workspace(sys.argv[1])
def hang():
    print("saving", flush=True)
    time.sleep(600)
if {moment!r} == "commit":
    event.listen(Engine, "commit", lambda connection: hang())
else:
    added = "INTO document_version"
    event.listen(Engine, "after_cursor_execute", lambda c, cursor, statement, *rest: hang() if added in statement else None)
workspace.save(sys.argv[2], {{"text": "y"}}, based_on=1, author=None)
"""
    process = python(code, url, first.document_id)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "saving"
    assert workspace.latest(first.document_id) == first
    os.kill(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    assert workspace.latest(first.document_id) == first
    assert [entry.action for entry in workspace.audit.entries()] == ["create"]
    assert workspace.save(first.document_id, {"text": "z"}, based_on=1, author=None).version == 2
    workspace.close()


def test_readers_do_not_wait_for_a_writer(url: str) -> None:
    workspace = open_workspace(url)
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    with transaction(workspace._engine, writes=True) as connection:
        connection.execute(text("UPDATE document SET name = 'half done'"))
        assert workspace.latest(first.document_id) == first
    assert workspace.latest(first.document_id).name == "half done"
    workspace.close()


def test_the_sqlite_file_writes_ahead_and_syncs(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'deep' / 'er' / 'workspace.sqlite'}"
    migrate(url)
    engine = workspace_engine(database_url(url))
    with transaction(engine, writes=False) as connection:
        values = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")]
    assert values == ["wal", 2, 1]


def test_a_backup_put_in_place_is_seen_at_once(tmp_path: Path) -> None:
    file = tmp_path / "workspace.sqlite"
    workspace = open_workspace(f"sqlite:///{file}")
    first = workspace.create(Kind.NOTE, "批注", {"text": "x"}, author=None)
    with sqlite3.connect(file) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.sqlite"),))
    connection.close()
    workspace.save(first.document_id, {"text": "y"}, based_on=1, author=None)
    (tmp_path / "backup.sqlite").replace(file)
    assert workspace.latest(first.document_id) == first


def test_a_file_that_went_missing_is_an_error_not_a_new_start(tmp_path: Path) -> None:
    file = tmp_path / "workspace.sqlite"
    workspace = open_workspace(f"sqlite:///{file}")
    file.unlink()
    with pytest.raises(DatabaseError, match="工作数据库没有回答"):
        workspace.create(Kind.NOTE, "批注", {}, author=None)
    assert not file.exists()


@pytest.mark.parametrize(
    "address",
    ["sqlite://", "sqlite:///:memory:", "sqlite:///file:x?mode=memory&uri=true", "duckdb:///x", "mysql://h/d", "nonsense", ""],
)
def test_only_a_file_or_postgresql_may_hold_a_countys_work(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DatabaseError, match="地址无法使用"):
        database_url(address)


def test_a_file_that_is_no_database_is_refused_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "workspace.sqlite"
    file.write_text("这不是数据库" * 1000, encoding="utf-8")
    before = file.read_bytes()
    with pytest.raises(DatabaseError):
        open_workspace(f"sqlite:///{file}")
    assert file.read_bytes() == before


def test_somebody_elses_tables_are_left_alone(url: str) -> None:
    if url.startswith("sqlite"):
        Path(database_url(url).database or "").parent.mkdir()
    engine = create_engine(database_url(url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE document (mine INTEGER)"))
    with pytest.raises(DatabaseError):
        open_workspace(url)
    assert inspect(engine).get_table_names() == ["document"]
    engine.dispose()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(DatabaseError, match="文件夹"):
        open_workspace(f"sqlite:///{tmp_path / 'file' / 'workspace.sqlite'}")


def test_a_server_that_is_not_there_is_said_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError) as caught:
        open_workspace(f"postgresql://user:secret@/db?host={tmp_path}")
    assert "secret" not in caught.value.text() + caught.value.text("en")
