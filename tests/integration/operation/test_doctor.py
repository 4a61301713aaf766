"""The doctor finds what is wrong and says so by the exit status; the archive for support holds no data and no secret."""

import datetime
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dashboard import cli
from dashboard.services.operation import doctor
from dashboard.services.operation.backup import make_backup
from dashboard.settings import settings
from dashboard.store.checks import NOTICE, PROBLEM
from tests.tiny import make_tiny_database

_SECRET = "not-for-support-0123456789abcdef"


@pytest.fixture(autouse=True)
def _machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("REPORTING_DATABASE_URL", make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}"))
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    monkeypatch.setenv("BACKUP_FOLDER", str(tmp_path / "backups"))
    monkeypatch.setenv("SMTP_PASSWORD", _SECRET)
    monkeypatch.setenv("PROXY_SECRET", _SECRET)
    monkeypatch.setenv("SMTP_HOST", "mail.county.example")
    settings.cache_clear()
    yield
    settings.cache_clear()


def _texts(level: str) -> str:
    return "\n".join(each.text() for each in doctor.examine() if each.level == level)


def test_a_sound_machine_has_no_problem() -> None:
    make_backup(settings().backup_folder)
    result = CliRunner().invoke(cli.application, ["doctor"])
    assert result.exit_code == 0, result.output
    assert "最近的备份" in result.output


def test_without_a_backup_the_status_tells() -> None:
    result = CliRunner().invoke(cli.application, ["doctor"])
    assert result.exit_code == 1
    assert "✕ 还没有备份" in result.output


def test_an_old_backup_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(settings().backup_folder)
    assert _texts(PROBLEM) == ""
    monkeypatch.setattr(doctor, "_BACKUP_DAYS", (0, 1))
    assert "最近的备份" in _texts(NOTICE)
    monkeypatch.setattr(doctor, "_BACKUP_DAYS", (0, 0))
    assert "最近的备份" in _texts(PROBLEM)


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(settings().backup_folder)
    monkeypatch.setattr(doctor, "_LEAST_FREE", 2**60)
    assert "磁盘剩余" in _texts(PROBLEM)


def test_a_database_away_is_a_problem_and_hides_nothing_else(tmp_path: Path) -> None:
    make_backup(settings().backup_folder)
    (tmp_path / "reporting.duckdb").rename(tmp_path / "aside.duckdb")
    found = doctor.examine()
    assert any(each.level == PROBLEM and "还没有报表数据库" in each.text() for each in found)
    assert any("最近的备份" in each.text() for each in found)


def test_a_clock_that_was_put_back_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    make_backup(settings().backup_folder)

    class Earlier(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> "Earlier":
            return cls(2025, 10, 1, tzinfo=tz)

    monkeypatch.setattr(doctor.datetime, "datetime", Earlier)
    assert "时钟" in _texts(PROBLEM)


def test_the_archive_holds_no_data_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "support.zip"
    CliRunner().invoke(cli.application, ["doctor", "--archive", str(file)])
    with zipfile.ZipFile(file) as archive:
        content = "\n".join(archive.read(name).decode() for name in archive.namelist())
    assert "fact_outpatient: " in content
    assert "smtp_password: set" in content
    for hidden in (_SECRET, "mail.county.example", "一院医共体", str(tmp_path)):
        assert hidden not in content
