"""Whatever the OpenAPI document allows to be asked is answered as it says: schemathesis makes the requests up."""

from collections import Counter

from hypothesis import HealthCheck, given, settings
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from dashboard.api.application import PREFIX

PATHS = {"/indicators", "/indicators/{name}", "/units", "/periods", "/analytics", "/tables/{name}", "/targets", "/data-version", "/quality"}


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
