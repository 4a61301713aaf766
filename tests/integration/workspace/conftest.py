"""The workspace itself: made by its migrations in every test."""

from collections.abc import Iterator

import pytest

from dashboard.workspace import documents
from dashboard.workspace.migration import migrate


@pytest.fixture(scope="package", autouse=True)
def _made_by_migrations() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(documents, "migrate", migrate)
        yield
