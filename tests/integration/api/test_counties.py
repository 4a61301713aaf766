"""The API over two counties: one answers at a time, and one that is not there is refused instead of replaced by another."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from dashboard.api.application import create_api
from dashboard.services.common.identity import EVERYBODY
from dashboard.settings import settings as product_settings
from dashboard.store.engine import writing_engine
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.integration.api.test_api import as_frame, asked
from tests.scope_county import write


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    url = f"duckdb:///{tmp_path / 'two.duckdb'}"
    engine = writing_engine(url)
    write(engine, together(one_county(), second_county()))
    engine.dispose()
    monkeypatch.setenv("REPORTING_DATABASE_URL", url)
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    product_settings.cache_clear()
    yield TestClient(create_api(lambda _token: EVERYBODY))
    product_settings.cache_clear()


def _names(client: TestClient, county: str) -> list[str]:
    units = as_frame(asked(client, "/units", **({"county": county} if county else {})))
    return units.loc[units["level"].eq("county"), "name"].tolist()  # type: ignore[no-any-return]


def test_a_county_is_asked_for_and_an_unknown_one_is_refused(client: TestClient) -> None:
    assert _names(client, "") == _names(client, FIRST)
    assert _names(client, SECOND) != _names(client, FIRST)
    refused = client.get("/units", params={"county": "999999"})
    assert refused.status_code == 400
    assert "county" in refused.json()["title"]
