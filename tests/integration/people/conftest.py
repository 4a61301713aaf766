"""What tests of accounts share: passwords are hashed in the product's way, but not as slowly as a guesser should find it."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from dashboard.workspace import accounts


@pytest.fixture(scope="package", autouse=True)
def _quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(accounts, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1, type=accounts._hasher.type))
        yield
