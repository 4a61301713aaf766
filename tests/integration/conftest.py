"""What all tests on real databases share."""

from collections.abc import Iterator

import pytest

from tests.workspaces import empty_workspaces_copied


@pytest.fixture(scope="package", autouse=True)
def _empty_workspaces(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The migrations run once; ``workspace`` tests them and does without."""
    with empty_workspaces_copied(tmp_path_factory.mktemp("empty")):
        yield
