"""Serves the read API alone, in a process of its own: ``python -m dashboard api``. Behind the same gate as the pages, without them."""

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import Mount

from dashboard.api.application import PREFIX, create_api
from dashboard.services.common.serving import check_serving
from dashboard.settings import settings
from dashboard.ui.frame.gate import Gate, allowed_names


def api_alone(listening: str) -> Starlette:
    """Return the application that answers ``/api/v1`` and nothing else, for a server that listens on ``listening``."""
    return Starlette(routes=[Mount(PREFIX, app=create_api())], middleware=[Middleware(Gate, allowed=allowed_names(listening))])


def serve_api(address: str | None = None, port: int | None = None) -> None:
    """Serve the API on ``address`` and ``port`` (default: the settings) until it is stopped.

    Raises ``ServingError`` for what would let in people that it should not.
    """
    listening = address or settings().address
    check_serving(listening)
    uvicorn.run(api_alone(listening), host=listening, port=port or settings().port, log_level="warning", server_header=False)
