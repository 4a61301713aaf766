"""What a deployment sets means one place, wherever a command is typed."""

from pathlib import Path

import pytest

from dashboard import settings as module
from dashboard.settings import PROJECT, Settings


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installation: the program's settings file is a link to the one that upgrades leave alone."""
    home, version = tmp_path / "home", tmp_path / "home" / "versions" / "1"
    version.mkdir(parents=True)
    (home / "settings.env").touch()
    (version / ".env").symlink_to(home / "settings.env")
    monkeypatch.setattr(module, "_FILE", version / ".env")
    monkeypatch.chdir(tmp_path)
    return home


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("duckdb:///data/a.duckdb", "duckdb:///{home}/data/a.duckdb"),
        ("sqlite:///data/a.sqlite", "sqlite:///{home}/data/a.sqlite"),
        ("duckdb:////srv/a.duckdb", "duckdb:////srv/a.duckdb"),
        ("duckdb:///:memory:", "duckdb:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://reader:p%40ss@db/county", "postgresql+psycopg://reader:p%40ss@db/county"),
        ("no address", "no address"),
    ],
)
def test_a_database_file_lies_beside_the_settings(installed: Path, given: str, meant: str) -> None:
    assert Settings(reporting_database_url=given).reporting_database_url == meant.format(home=installed)


def test_folders_too(installed: Path) -> None:
    given = Settings(backup_folder=Path("saved"), boundary_file=Path("towns.json"), report_folder=Path("/srv/reports"))
    assert (given.backup_folder, given.boundary_file) == (installed / "saved", installed / "towns.json")
    assert given.report_folder == Path("/srv/reports")


def test_without_a_settings_file_they_lie_in_the_project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    assert (
        Settings(workspace_database_url="sqlite:///data/local/w.sqlite").workspace_database_url
        == f"sqlite:///{PROJECT}/data/local/w.sqlite"
    )
