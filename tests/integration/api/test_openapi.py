"""Whatever the OpenAPI document allows to be asked is answered as it says: schemathesis makes the requests up."""

import threading
from collections import Counter
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from dashboard.api.application import PREFIX

PATHS = {"/indicators", "/indicators/{name}", "/units", "/periods", "/analytics", "/tables/{name}", "/targets", "/data-version", "/quality"}


@pytest.fixture
def _asking_ends() -> Iterator[None]:
    """Schemathesis asks from a thread until the interpreter ends; what that holds is never let go, and DuckDB lists it as leaks."""
    before = set(threading.enumerate())
    yield
    from schemathesis.python.asgi import _shutdown

    _shutdown()
    for thread in set(threading.enumerate()) - before:
        thread.join(timeout=30)
        assert not thread.is_alive(), thread


@pytest.mark.usefixtures("_asking_ends")
def test_every_request_that_the_document_allows_is_answered_as_it_says(client: TestClient) -> None:
    import schemathesis  # two seconds that no other worker need spend

    app = Starlette(routes=[Mount(PREFIX, app=client.app)])
    schema = schemathesis.openapi.from_asgi(f"{PREFIX}/openapi.json", app)
    operations = [found.ok() for found in schema.get_all_operations()]
    assert {operation.path for operation in operations} == PATHS
    seen: Counter[int] = Counter()
    for operation in operations:

        @given(case=operation.as_strategy())
        @settings(max_examples=40, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        def answered(case: schemathesis.Case) -> None:
            answer = case.call()
            seen[answer.status_code] += 1
            assert answer.status_code in (200, 400, 401, 403, 404), answer.text
            if answer.status_code >= 400:
                assert answer.headers["content-type"][0].startswith("application/problem+json")

        answered()
    assert seen[200] > 20
    assert seen[400] > 2, "some requests that the document allows name what there is not"
    app.router.routes.clear()  # what schemathesis keeps of an application until the interpreter ends need not hold ours
    app.middleware_stack = None
