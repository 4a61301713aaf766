"""Starts the web server in this process, warmed up: ``python -m dashboard serve`` ends here.

``streamlit run dashboard/app.py`` works too, but its first visitor waits for the imports.
"""

import argparse
import os

import streamlit as st

from dashboard.settings import PROJECT, settings
from dashboard.ui.warm import warm


def serve(address: str | None = None, port: int | None = None) -> None:
    """Serve the app on ``address`` and ``port`` (default: the settings) until it is stopped.

    Changes the working folder to the project, where Streamlit looks for ``.streamlit/config.toml``.
    """
    os.chdir(PROJECT)
    chosen = settings()
    app = st.App(PROJECT / "dashboard" / "app.py")
    warm()
    app.run(config={"server.address": address or chosen.address, "server.port": port or chosen.port})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Start the web server.")
    parser.add_argument("--address")
    parser.add_argument("--port", type=int)
    given = parser.parse_args()
    serve(given.address, given.port)
