"""Metrics of our own: what is counted, who may read them, and that health tells the truth."""

import contextlib
import logging
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from dashboard.services.operation import readiness
from dashboard.ui.frame import metrics
from dashboard.ui.frame.door import Door
from dashboard.ui.frame.metrics import Figures, operation_routes


@pytest.fixture
def lacking(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the databases lack; a test fills it."""
    found: list[str] = []
    monkeypatch.setattr(readiness, "_lacking", lambda: list(found))
    return found


@pytest.fixture
def watchman(monkeypatch: pytest.MonkeyPatch, lacking: list[str]) -> readiness.Watchman:
    made = readiness.Watchman()
    monkeypatch.setattr(metrics, "watchman", made)
    monkeypatch.setattr(metrics, "_of_data", lambda: iter(()))
    monkeypatch.setattr(readiness, "_KEPT_SECONDS", 0.0)
    return made


@pytest.fixture
def client(watchman: readiness.Watchman) -> Iterator[TestClient]:
    app = Starlette(routes=operation_routes(), middleware=[Middleware(Door)])
    with TestClient(app, client=("127.0.0.1", 1)) as asked:
        yield asked


def test_ready_only_after_warming_and_while_the_databases_answer(
    client: TestClient, watchman: readiness.Watchman, lacking: list[str]
) -> None:
    assert client.get("/health/ready").json() == {"ready": False, "lacking": ["starting"]}
    assert client.get("/health/live").status_code == 200
    watchman.warmed()
    assert client.get("/health/ready").status_code == 200
    lacking.append("workspace database")
    away = client.get("/health/ready")
    assert (away.status_code, away.json()["lacking"]) == (503, ["workspace database"])
    lacking.clear()
    assert client.get("/health/ready").status_code == 200


def test_metrics_are_for_this_machine_alone(client: TestClient) -> None:
    assert "dashboard_ready 0" in client.get("/metrics").text
    assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.9"}).status_code == 403
    far = TestClient(client.app, client=("10.0.0.9", 1))
    assert far.get("/metrics").status_code == 403
    assert far.get("/health/ready").status_code == 503


def test_runs_and_faults_are_counted(watchman: readiness.Watchman) -> None:
    figures = Figures()
    with figures.run_of("overview"):
        pass
    with contextlib.suppress(ValueError), figures.run_of("overview"):
        raise ValueError
    logger = logging.getLogger("dashboard.test_metrics")
    logger.propagate = False
    logger.addHandler(figures)
    logger.error("fault")
    logger.info("no matter")
    text = figures.text()
    assert 'dashboard_page_run_seconds_count{page="overview"} 2' in text
    assert 'dashboard_page_run_seconds_bucket{page="overview",le="+Inf"} 2' in text
    assert 'dashboard_log_records_total{level="error"} 1' in text
    assert 'dashboard_log_records_total{level="warning"} 0' in text
