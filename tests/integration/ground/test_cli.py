"""The command line: what it prints, and the exit status that scripts rely on."""

import getpass
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

from dashboard import __version__, cli
from dashboard.cli import running
from dashboard.errors import DatabaseError, PackageError
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import PROJECT, settings
from dashboard.workspace import Action, Kind
from tests.integration.packages import small_county, write_csv_package
from tests.kept import KeptCounties
from tests.loopback import free_port


@pytest.fixture(autouse=True)
def _database(monkeypatch: pytest.MonkeyPatch, duckdb_url: str) -> Iterator[None]:
    monkeypatch.setenv("REPORTING_DATABASE_URL", duckdb_url)
    settings.cache_clear()
    yield
    settings.cache_clear()


@pytest.fixture
def package(tmp_path: Path) -> Path:
    return write_csv_package(tmp_path / "package", small_county())


@pytest.fixture
def county(duckdb_url: str, kept_counties: KeptCounties) -> str:
    """The small county lies in the database already."""
    return kept_counties.copied(duckdb_url, small_county())


def _run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(cli.application, [str(argument) for argument in arguments])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def _process(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "dashboard", *map(str, arguments)],
        cwd=PROJECT,
        env=os.environ | environment,
        check=False,
        capture_output=True,
        text=True,
        encoding="utf-8",
    )


def test_load_prints_what_it_did(package: Path) -> None:
    status, output = _run("load", package)
    *read, last = output.splitlines()
    assert status == 0
    assert len(read) == len(small_county())
    assert "已读 fact_outpatient.csv → 门急诊月报：6 行 · 2025-01 – 2025-03" in read
    assert last == f"已载入 package：第 1 批，{sum(map(len, small_county().values()))} 行，0 条提示"
    status, output = _run("load", package)
    assert status == 0
    assert "没有改动" in output


def test_load_prints_findings_and_fails(tmp_path: Path) -> None:
    tables = small_county()
    tables["fact_outpatient"]["visits"] = -1
    tables["dim_institution"]["kind"] = "飞船"
    tables["fact_claim"] = pd.concat([tables["fact_claim"]] * 8)
    package = write_csv_package(tmp_path / "package", tables)
    status, output = _run("load", package)
    assert status == 1
    assert "fact_claim.csv 第 8 行 · 参保镇街" in output
    assert "条未显示" in output
    assert "数据库保持原样" in output
    assert str(tmp_path / "package-导入检查.xlsx") in output
    assert "Traceback" not in output
    assert not (tmp_path / "reporting.duckdb").exists()


def test_an_unreadable_package_is_one_line_without_internals(tmp_path: Path) -> None:
    with pytest.raises(PackageError):
        _run("load", tmp_path / "nowhere")
    process = _process("load", tmp_path / "nowhere")
    assert process.returncode == 2
    assert process.stderr.strip() == "找不到数据包 · nowhere · 请给出数据包文件夹或 zip 文件的位置"
    assert process.stdout == ""


def test_check_tells_a_missing_database_and_a_good_one(package: Path) -> None:
    status, output = _run("check")
    assert status == 1
    assert "还没有报表数据库" in output
    _run("load", package)
    status, output = _run("check")
    assert status == 0, output
    assert "数据库结构与本程序版本一致" in output
    assert "第 1 批 package，数据截至 2025-03" in output
    assert "床位月报：6 行" in output


def test_check_names_what_an_older_database_lacks(county: str) -> None:
    from sqlalchemy import text

    from dashboard.store.engine import writing_engine

    engine = writing_engine(county)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE fact_support DROP COLUMN people"))
    engine.dispose()
    status, output = _run("check")
    assert status == 1
    assert "fact_support.people" in output


@pytest.mark.usefixtures("county")
def test_check_names_wrong_sources_and_profiles_and_secrets_that_are_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "sources"
    folder.mkdir()
    monkeypatch.setenv("SOURCES_FOLDER", str(folder))
    settings.cache_clear()
    source = "title: 医院\nurl: {url}\nsecret: NO_SUCH_SECRET\ntables:\n  fact_bed: {statement}\n"
    (folder / "good.yaml").write_text(source.format(url="postgresql://r@h/x", statement="SELECT 1 AS a"), encoding="utf-8")
    status, output = _run("check")
    assert status == 0, output
    assert "! 没有这个来源的密码：环境变量 NO_SUCH_SECRET 没有设置" in output
    assert "✓ 数据来源(sources)：1 个写得正确" in output
    assert "✓ 随程序的映射方案：2 个写得正确" in output

    (folder / "writes.yaml").write_text(source.format(url="postgresql://r@h/x", statement="DELETE FROM a"), encoding="utf-8")
    profile = {"title": "甲", "parts": [{"file": "*.csv", "table": "fact_bed", "constants": {"no_such_column": 1}}]}
    workspace = current_workspace()
    workspace.create(Kind.IMPORT_PROFILE, "甲方案", profile, author=None)
    workspace.create(Kind.IMPORT_PROFILE, "乙方案", profile | {"parts": [{"file": "*.csv", "table": "fact_bed"}]}, author=None)
    status, output = _run("check")
    assert status == 1
    assert "✕ “fact_bed”的语句不是一条只读的 SELECT" in output
    assert "writes.yaml" in output
    assert "✕ “fact_bed”没有这些列：no_such_column · 甲方案" in output
    assert "✓ 本县的映射方案：1 个仍合本程序的表" in output


def test_templates_are_written(tmp_path: Path) -> None:
    assert _run("templates", tmp_path / "模板")[0] == 0
    assert {path.name for path in (tmp_path / "模板").iterdir()} == {"xlsx", "csv", "数据字典.xlsx", "package.yaml", "最小数据包"}
    assert (tmp_path / "模板" / "csv" / "fact_bed.csv").read_text(encoding="utf-8-sig").startswith("机构,科室,月份,")


def test_version() -> None:
    assert _run("version") == (0, f"{__version__}\n")


@pytest.mark.usefixtures("county")
def test_demo_if_missing_leaves_existing_data_alone() -> None:
    assert _run("demo", "--if-missing") == (0, "数据库里已有数据，不再生成演示数据\n")


def test_demo_writes_and_loads_its_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    written = []

    def write_package(folder: Path) -> Path:
        written.append(folder)
        return write_csv_package(folder, small_county(), manifest="data_kind: demonstration\nname: 演示\n")

    monkeypatch.setattr("dashboard.demo.write_package", write_package)
    status, output = _run("demo", "--if-missing", "--folder", tmp_path / "demo")
    assert status == 0
    assert "已载入 演示：第 1 批" in output
    assert written == [tmp_path / "demo"]


def test_serve_refuses_without_data_and_on_a_taken_port(request: pytest.FixtureRequest) -> None:
    with pytest.raises(DatabaseError, match="还没有报表数据库"):
        _run("serve", "--port", "8599")
    request.getfixturevalue("county")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(DatabaseError, match="端口或地址不能使用"):
            _run("serve", "--port", str(port))


@pytest.mark.usefixtures("county")
def test_serve_prints_the_address_and_hands_over(monkeypatch: pytest.MonkeyPatch) -> None:
    port = free_port()
    commands: list[list[str]] = []
    monkeypatch.setattr(os, "execv", lambda _, command: commands.append(command))
    monkeypatch.chdir(PROJECT)
    status, output = _run("serve", "--port", str(port))
    assert status == 0
    assert f"http://127.0.0.1:{port}" in output
    assert commands[0][-2:] == ["--address", "127.0.0.1"]


def test_a_fault_of_ours_is_one_line_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["dashboard", "check"])
    error = RuntimeError("inner detail")
    running._unexpected(RuntimeError, error, None)
    shown = capsys.readouterr().err
    assert "程序内部错误" in shown
    assert "inner detail" not in shown
    assert "inner detail" in next(tmp_path.glob("dashboard-error-*.log")).read_text(encoding="utf-8")


def test_the_language_is_known_before_parsing() -> None:
    assert running._language(["load", "en", "--lang", "zh"]) == "zh"
    assert running._language(["load", "x", "--lang", "en"]) == "en"
    assert running._language(["load", "x", "--lang=en"]) == "en"


def test_migrate_makes_the_workspace_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "workspace.sqlite"
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{target}")
    settings.cache_clear()
    assert _run("migrate")[0] == 0
    assert _run("migrate")[0] == 0
    assert target.is_file()


def test_every_load_leaves_a_trace(package: Path) -> None:
    _run("load", package)
    _run("load", package)
    found = [entry for entry in current_workspace().audit.entries(action=Action.LOAD) if entry.subject == "package"][:2]
    assert [entry.details["result"] for entry in found] == ["unchanged", "accepted"]
    assert found[1].details["rows"] == sum(map(len, small_county().values()))
    assert found[1].actor == getpass.getuser()


def test_nothing_is_loaded_while_nobody_can_say_what_is_locked(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", "sqlite:////proc/nowhere/workspace.sqlite")
    settings.cache_clear()
    with pytest.raises(DatabaseError, match="不能建立工作数据库所在的文件夹"):  # told without a traceback by ``main``
        _run("load", package)
