"""Counties that a session makes once: the same rows lie in one database, whose answers were computed already when the next test asks."""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from sqlalchemy import URL, create_engine, text

from dashboard.store.engine import database_url, duckdb_file
from dashboard.store.importing.loader import load_package
from tests.integration.packages import write_csv_package
from tests.utilisation_county import make_county

Tables = Mapping[str, pd.DataFrame]


class KeptCounties:
    """Databases in ``folder`` by what is in them; nobody writes to them, but to copies of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}

    def loaded(self, *packages: Tables) -> str:
        """Return the URL of the database that took ``packages`` one after the other."""
        key = _rows(packages)
        if key not in self._urls:
            self._urls[key] = self._load(packages, self._next())
        return self._urls[key]

    def copied(self, url: str, *packages: Tables) -> str:
        """Make the database at ``url``, where nothing lies yet, a copy of the one that took ``packages``; return ``url``.

        For tests that begin there and write to it. What the loads kept to be taken back is copied too. On a server the database is empty
        and of the test's own, beside the one it is made of. Answers are kept by address, load and file (``services/common/cache.py``):
        nobody is handed those of another copy.
        """
        target = duckdb_file(url)
        if target is None:
            self._copied_on_server(database_url(url), packages)
            return url
        source = duckdb_file(self.loaded(*packages))
        assert source is not None
        assert not target.exists()
        assert not source.with_name(f"{source.name}.wal").exists(), "a copy without its log lacks rows"
        shutil.copy(source, target)
        kept = source.with_name(f"{source.name}.kept")
        if kept.is_dir():
            shutil.copytree(kept, target.with_name(f"{target.name}.kept"))
        return url

    def _copied_on_server(self, url: URL, packages: Sequence[Tables]) -> None:
        key = f"{url.set(database='')}\n{_rows(packages)}"
        admin = create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
        with admin.connect() as connection:
            if key not in self._urls:
                kept = url.set(database=f"kept_{os.getpid()}_{len(self._urls)}")
                connection.execute(text(f"CREATE DATABASE {kept.database}"))
                self._urls[key] = self._load(packages, kept.render_as_string(hide_password=False))
            connection.execute(text(f"DROP DATABASE {url.database}"))
            connection.execute(text(f"CREATE DATABASE {url.database} TEMPLATE {database_url(self._urls[key]).database}"))
        admin.dispose()

    def _load(self, packages: Sequence[Tables], url: str) -> str:
        for number, tables in enumerate(packages):
            report = load_package(write_csv_package(self._folder / f"package{len(self._urls)}-{number}", dict(tables)), url)
            assert report.accepted, [finding.text() for finding in report.findings][:5]
        return url

    def written(self, rows: Mapping[str, list[dict[str, Any]]]) -> str:
        """Return the URL of the database with ``rows`` written past the import."""
        key = repr(rows)
        if key not in self._urls:
            self._urls[key] = make_county(self._next(), rows)
        return self._urls[key]

    def _next(self) -> str:
        return f"duckdb:///{self._folder / f'county{len(self._urls)}.duckdb'}"


def _rows(packages: Sequence[Tables]) -> str:
    return "\n".join(f"{name}\n{frame.to_csv(index=False)}" for tables in packages for name, frame in tables.items())
