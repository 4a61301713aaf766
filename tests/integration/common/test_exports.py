"""Every download leaves its trace when it is made, and speaks the language of the page that it was drawn on."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st

from dashboard.errors import DatabaseError
from dashboard.services.common import audit
from dashboard.services.common.database import EMPTY
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import PROJECT, settings
from dashboard.ui.kit import tables
from dashboard.ui.kit.i18n import _, speaking
from dashboard.ui.kit.tables import ExportSource, download
from dashboard.workspace import Action


@pytest.fixture
def pressed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[], bytes]]:
    """Return what the button does when it is pressed; it was drawn on an English page."""
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings.cache_clear()
    drawn: dict[str, Callable[[], bytes]] = {}
    monkeypatch.setattr(st, "download_button", lambda *_args, data, **_options: drawn.update(data=data))
    monkeypatch.setattr(tables, "signature", lambda: "王")
    with speaking("en"):
        source = ExportSource("2025年10月；全县", EMPTY)
        download("下载", lambda: _("医共体").encode(), key="strip", file_name="strip.xlsx", title="各医共体", source=source)
    yield drawn["data"]
    settings.cache_clear()


def test_a_download_is_traced_and_speaks_the_language_of_its_page(pressed: Callable[[], bytes]) -> None:
    assert current_workspace().audit.entries(action=Action.EXPORT) == ()
    with speaking("en"):
        english = _("医共体").encode()
    assert pressed() == english != "医共体".encode()
    (entry,) = current_workspace().audit.entries(action=Action.EXPORT)
    assert (entry.subject, entry.actor) == ("strip.xlsx", "王")
    assert entry.details == {"title": "各医共体", "filters": "2025年10月；全县", "data_version": 0, "bytes": 9}
    pressed()
    assert len(current_workspace().audit.entries(action=Action.EXPORT)) == 2


def test_a_download_goes_on_when_its_trace_cannot_be_written(
    pressed: Callable[[], bytes], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unreachable() -> None:
        raise DatabaseError("工作数据库连不上", "请稍后再试")

    monkeypatch.setattr(audit, "current_workspace", unreachable)
    assert pressed()
    assert "No audit entry for export strip.xlsx" in caplog.text


def test_there_is_one_download_button() -> None:
    found = {
        file.name
        for file in (PROJECT / "dashboard" / "ui").rglob("*.py")
        if re.search(r"st\.download_button\(", file.read_text(encoding="utf-8"))
    }
    assert found == {"tables.py"}
