"""Empty workspaces that are copied: the migrations run once in a session, not before every test that opens one."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.settings import settings
from dashboard.workspace import documents
from dashboard.workspace.engine import database_url, sqlite_file
from dashboard.workspace.migration import migrate


@contextmanager
def empty_workspaces_copied(folder: Path) -> Iterator[None]:
    """Let ``open_workspace`` begin a new SQLite file as a copy of an empty workspace that lies in ``folder``.

    The copy is migrated as any other file is, which then finds it up to date. Files that are there, and places that cannot be written,
    are left to the program. ``tests/integration/workspace``, which tests the migrations, does without.
    """
    empty = folder / "empty.sqlite"

    def migrate_copy(url: str | None = None) -> str:
        file = sqlite_file(database_url(url or settings().workspace_database_url))
        if file is not None and not file.exists() and file.parent.is_dir() and os.access(file.parent, os.W_OK):
            if not empty.exists():
                migrate(f"sqlite:///{empty}")
            shutil.copy(empty, file)
        return migrate(url)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "migrate", migrate_copy)
        yield
