"""The API over the small county of scopes, with three tokens."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.api.application import create_api
from dashboard.services.common.identity import EVERYBODY, Identity
from dashboard.settings import settings as product_settings
from dashboard.store.engine import writing_engine
from tests.integration.common.test_scope import scope
from tests.scope_county import county, write

ONE = scope("C1", None, None, 5)
TOKENS: dict[str, Identity] = {
    name: Identity(name, name, role, reach, signed_in=True, session=None, device=False)
    for name, role, reach in (("one", "community", ONE), ("two", "community", scope("C2")), ("guard", "security_admin", scope("", "", "")))
}


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    folder: Path = tmp_path_factory.mktemp("api")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    engine = writing_engine(url)
    write(engine, county())
    engine.dispose()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REPORTING_DATABASE_URL", url)
        patch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{folder / 'workspace.sqlite'}")
        product_settings.cache_clear()
        yield TestClient(create_api(lambda token: TOKENS.get(token) if token else EVERYBODY))
    product_settings.cache_clear()
