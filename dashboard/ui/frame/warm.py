"""Makes a fresh server ready before its first visitor: heavy imports, the database and the answers that every page needs."""

import gc
import importlib
import logging
import threading

from dashboard.errors import ProductError
from dashboard.services.common.cache import current_database
from dashboard.services.common.filters import filter_options
from dashboard.services.monitoring.attention import attention
from dashboard.services.overview.answer import overview
from dashboard.store.scope import COUNTY
from dashboard.ui.frame.files import warm_files

logger = logging.getLogger("dashboard")

# What the first page needs is imported before the server answers, the rest while it already does.
_FIRST = (
    "pandas",
    "pyarrow",
    "plotly.graph_objects",
    "streamlit.elements.plotly_chart",
    "dashboard.ui.frame.shell",
    "dashboard.ui.overview.blocks",
)
_LATER = (
    "pydeck",
    "scipy.optimize",
    "scipy.stats",
    "dashboard.analysis.forecast",
    "shapely",
    "xlsxwriter",
    "openpyxl",
    "dashboard.ui.kit.tables",
)


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)


def _first_answers() -> None:
    """Compute what the first page asks for on a first visit, so that its first visitor finds it in the caches.

    Only for a reader of the whole county: what a narrower scope sees is never computed before somebody of that scope asks.
    """
    database = current_database(COUNTY)
    filters = filter_options(database).default()
    if filters is None:
        return
    overview(database, filters)


def _later_answers() -> None:
    """Replay the rules of 运行监测, which Overview, wall and that page read: the longest answer of a fresh data version."""
    try:
        database = current_database(COUNTY)
        filters = filter_options(database).default()
        if filters is not None:
            attention(database, filters.period)
    except ProductError as error:
        logger.warning("%s", error.text())


def _import_the_rest() -> None:
    warm_files()
    _later_answers()
    _import(_LATER)
    # What is there now stays for good. Without this the garbage collector goes through all of it, up to 0.2 s long, whenever a page
    # makes many objects.
    gc.collect()
    gc.freeze()


def warm() -> None:
    """Import what pages import, open the database and fill the first page's caches.

    Without a database it only logs why: the pages will say it.
    """
    _import(_FIRST)
    try:
        _first_answers()
    except ProductError as error:
        logger.warning("%s", error.text())
    threading.Thread(target=_import_the_rest, name="warm", daemon=True).start()
