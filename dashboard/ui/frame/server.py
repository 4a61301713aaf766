"""Starts the web server in this process, warmed up: ``python -m dashboard serve`` ends here.

``streamlit run dashboard/app.py`` works too, for a developer: its first visitor waits for the imports, and no gate stands before it;
so with sign-in on nobody comes in that way.
"""

import argparse
import logging
import os

import streamlit as st
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route

from dashboard.api.application import PREFIX, create_api
from dashboard.services.common.serving import check_serving
from dashboard.services.operation.log import log_as_set
from dashboard.services.operation.readiness import watchman
from dashboard.settings import PROJECT, settings
from dashboard.ui.frame.door import Door, Finder, Watch, session_by_cookie
from dashboard.ui.frame.files import Files
from dashboard.ui.frame.gate import Gate, allowed_names, server_fault
from dashboard.ui.frame.lost import KnownPages
from dashboard.ui.frame.metrics import CountSockets, figures, operation_routes
from dashboard.ui.frame.proxy import session_by_proxy
from dashboard.ui.frame.sign_in import SignIn
from dashboard.ui.frame.uploads import upload_route
from dashboard.ui.frame.warm import warm
from dashboard.ui.kit.messages import show_any

_EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104


def _door() -> Middleware:
    """Return the door that the settings ask for."""
    if settings().sign_in == "none":
        return Middleware(Door)
    watch = Watch()
    find: Finder = session_by_proxy if settings().sign_in == "proxy" else session_by_cookie
    return Middleware(Door, find=find, sign_in=SignIn(watch.close, find).application(), watch=watch)


def _first_parts(routes: list[BaseRoute]) -> frozenset[str]:
    """Return the first part of the address of each of ``routes``."""
    return frozenset(route.path.strip("/").partition("/")[0] for route in routes if isinstance(route, Mount | Route))


def serve(address: str | None = None, port: int | None = None) -> None:
    """Serve the app on ``address`` and ``port`` (default: the settings) until it is stopped.

    Changes the working folder to the project, where Streamlit looks for ``.streamlit/config.toml``. Raises ``ServingError`` for what
    would let in people that it should not.
    """
    os.chdir(PROJECT)
    chosen = settings()
    listening = address or chosen.address
    check_serving(listening)
    gate = Middleware(Gate, allowed=allowed_names(listening), forms=chosen.sign_in != "none")
    beside = [Mount(PREFIX, app=create_api()), upload_route(), *operation_routes()]
    app = st.App(
        PROJECT / "dashboard" / "app.py",
        routes=beside,
        middleware=[gate, _door(), Middleware(KnownPages, beside=_first_parts(beside)), Middleware(CountSockets), Middleware(Files)],
        exception_handlers={Exception: server_fault},
        on_script_error=show_any,
    )
    log_as_set()
    logging.getLogger("dashboard").addHandler(figures)
    warm()
    watchman.warmed()
    shown = "localhost" if listening in _EVERYWHERE else listening
    # Without a name for the browser Streamlit asks a service on the internet what this machine is called there.
    app.run(
        config={
            "server.address": listening,
            "server.port": port or chosen.port,
            "browser.serverAddress": shown,
            "logger.hideWelcomeMessage": chosen.log_format == "json",
            # A table's own CSV button writes a file that no audit trail knows of.
            "client.disableDataExport": chosen.sign_in != "none",
        }
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Start the web server.")
    parser.add_argument("--address")
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    serve(given.address, given.port)
