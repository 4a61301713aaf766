"""Counties that a session makes once: the same rows lie in one database, whose answers were computed already when the next test asks."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from dashboard.store.importing.loader import load_package
from tests.integration.packages import write_csv_package
from tests.utilisation_county import make_county


class KeptCounties:
    """Databases in ``folder`` by what is in them; nobody writes to them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[str, str] = {}

    def loaded(self, tables: Mapping[str, pd.DataFrame]) -> str:
        """Return the URL of the database that took ``tables`` as a package."""
        key = "\n".join(f"{name}\n{frame.to_csv(index=False)}" for name, frame in tables.items())
        if key not in self._urls:
            url = self._next()
            report = load_package(write_csv_package(self._folder / f"package{len(self._urls)}", dict(tables)), url)
            assert report.accepted, [finding.text() for finding in report.findings][:5]
            self._urls[key] = url
        return self._urls[key]

    def written(self, rows: Mapping[str, list[dict[str, Any]]]) -> str:
        """Return the URL of the database with ``rows`` written past the import."""
        key = repr(rows)
        if key not in self._urls:
            self._urls[key] = make_county(self._next(), rows)
        return self._urls[key]

    def _next(self) -> str:
        return f"duckdb:///{self._folder / f'county{len(self._urls)}.duckdb'}"
