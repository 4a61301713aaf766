"""Makes a fresh server ready before its first visitor: heavy imports, the database and the answers that every page needs."""

import importlib
import logging

from dashboard.errors import ProductError
from dashboard.services.cache import current_database
from dashboard.services.filters import filter_options

logger = logging.getLogger("dashboard")

_HEAVY = (
    "pandas",
    "pyarrow",
    "plotly.graph_objects",
    "pydeck",
    "scipy.optimize",
    "scipy.stats",
    "statsmodels.api",
    "shapely",
    "xlsxwriter",
    "openpyxl",
    "streamlit.elements.plotly_chart",
    "dashboard.ui.shell",
)


def warm() -> None:
    """Import what pages import and open the database; without one it only logs why, the pages will say it."""
    for name in _HEAVY:
        importlib.import_module(name)
    try:
        filter_options(current_database())
    except ProductError as error:
        logger.warning("%s", error.text())
