"""Prometheus metrics of our own and the two addresses of health. Metrics are answered on this machine only (``door.py``)."""

import datetime
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.errors import ProductError
from dashboard.services.common.cache import current_database
from dashboard.services.operation.readiness import watchman
from dashboard.store.scope import COUNTY

LIVE, READY, METRICS = "/health/live", "/health/ready", "/metrics"
_BOUNDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_STARTED = time.time()


class Figures(logging.Handler):
    """What this process counts; as a log handler it counts the faults and warnings that are logged."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._guard = threading.Lock()
        self._buckets: Counter[tuple[str, float]] = Counter()
        self._runs: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._logged: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        """Count a record."""
        with self._guard:
            self._logged["error" if record.levelno >= logging.ERROR else "warning"] += 1

    @contextmanager
    def run_of(self, page: str) -> Iterator[None]:
        """Count and time one run of a page, however it ends."""
        begun = time.perf_counter()
        try:
            yield
        finally:
            seconds = time.perf_counter() - begun
            with self._guard:
                self._runs[page] += 1
                self._seconds[page] += seconds  # type: ignore[assignment]
                for bound in _BOUNDS:
                    self._buckets[page, bound] += seconds <= bound

    def text(self) -> str:
        """Return everything in Prometheus' text format."""
        with self._guard:
            lines = [*self._of_runs(), *self._of_log()]
        return "\n".join([*lines, *_of_process(), *_of_data()]) + "\n"

    def _of_runs(self) -> Iterator[str]:
        yield "# HELP dashboard_page_run_seconds Runs of a page, without its fragments."
        yield "# TYPE dashboard_page_run_seconds histogram"
        for page, count in sorted(self._runs.items()):
            for bound in _BOUNDS:
                yield f'dashboard_page_run_seconds_bucket{{page="{page}",le="{bound}"}} {self._buckets[page, bound]}'
            yield f'dashboard_page_run_seconds_bucket{{page="{page}",le="+Inf"}} {count}'
            yield f'dashboard_page_run_seconds_sum{{page="{page}"}} {self._seconds[page]:.6f}'
            yield f'dashboard_page_run_seconds_count{{page="{page}"}} {count}'

    def _of_log(self) -> Iterator[str]:
        yield "# HELP dashboard_log_records_total Faults and warnings that were logged."
        yield "# TYPE dashboard_log_records_total counter"
        for level in ("error", "warning"):
            yield f'dashboard_log_records_total{{level="{level}"}} {self._logged[level]}'


figures = Figures()


class CountSockets:
    """ASGI middleware behind the door: how many browsers are connected now. One event loop, so no lock."""

    open = 0

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count a websocket while it lasts."""
        if scope["type"] != "websocket":
            await self.app(scope, receive, send)
            return
        CountSockets.open += 1
        try:
            await self.app(scope, receive, send)
        finally:
            CountSockets.open -= 1


def _gauge(name: str, what: str, value: float) -> Iterator[str]:
    yield f"# HELP {name} {what}"
    yield f"# TYPE {name} gauge"
    yield f"{name} {value:.15g}"


def _of_process() -> Iterator[str]:
    yield from _gauge("dashboard_start_time_seconds", "When this process started.", _STARTED)
    yield from _gauge("dashboard_ready", "1 when people may be sent to this process.", int(watchman.look().ready))
    yield from _gauge("dashboard_sessions", "Open browser sessions.", CountSockets.open)
    status = Path("/proc/self/status")
    if status.exists():
        kibibytes = next((line.split()[1] for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmRSS")), "0")
        yield from _gauge("dashboard_memory_bytes", "Resident memory of this process.", int(kibibytes) * 1024)


def _of_data() -> Iterator[str]:
    """The newest load; nothing when the database is away, which ``dashboard_ready`` says."""
    try:
        version = current_database(COUNTY).version
    except ProductError:
        return
    yield from _gauge("dashboard_loads", "Number of the newest load.", version.load_id)
    if version.loaded_at is not None:
        loaded = version.loaded_at.replace(tzinfo=datetime.UTC).timestamp()
        yield from _gauge("dashboard_load_time_seconds", "When the newest load was made.", loaded)
    if version.data_through is not None:
        days = (datetime.datetime.now(datetime.UTC).date() - version.data_through).days
        yield from _gauge("dashboard_data_age_days", "Days since the first day of the newest month of data.", days)


async def _live(_request: Request) -> Response:
    return PlainTextResponse("ok", headers={"Cache-Control": "no-store"})


async def _ready(_request: Request) -> Response:
    found = await to_thread.run_sync(watchman.look)
    return JSONResponse(
        {"ready": found.ready, "lacking": list(found.lacking)},
        status_code=200 if found.ready else 503,
        headers={"Cache-Control": "no-store"},
    )


async def _metrics(_request: Request) -> Response:
    text = await to_thread.run_sync(figures.text)
    return PlainTextResponse(text, media_type="text/plain; version=0.0.4", headers={"Cache-Control": "no-store"})


def operation_routes() -> list[Route]:
    """Return the routes of health and metrics."""
    return [Route(LIVE, _live), Route(READY, _ready), Route(METRICS, _metrics)]
