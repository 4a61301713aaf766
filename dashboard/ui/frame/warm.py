"""Makes a server ready before its first visitor, and after every load again: heavy imports, the database, the answers that all need."""

import ast
import atexit
import gc
import importlib
import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.completeness import FIRST_PAGE
from dashboard.errors import ProductError
from dashboard.services.cockpit.answer import cockpit_of
from dashboard.services.common.cache import current_database
from dashboard.services.common.counties import in_view
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import filter_options
from dashboard.services.contracts.coverage import contracts
from dashboard.services.fiscal.answer import fiscal_model
from dashboard.services.insurance.baseline import insurance_baseline
from dashboard.services.monitoring.attention import attention
from dashboard.services.monitoring.points import points_of
from dashboard.services.monitoring.watch import watched
from dashboard.services.overview.answer import overview
from dashboard.services.quality.care import axis_readings
from dashboard.services.quality.cells import Scope
from dashboard.services.quality.checks import checks
from dashboard.services.referrals.flows import Question, View, flows
from dashboard.services.utilisation.beds import bed_use
from dashboard.settings import PROJECT
from dashboard.store.scope import COUNTY
from dashboard.ui.frame.files import warm_files

logger = logging.getLogger("dashboard")

_LOOK_SECONDS = 3.0
"""How often a new load is looked for."""
_END_SECONDS = 2.0
"""How long the end of the server waits for an answer that is being made."""
_GARBAGE = (20_000, 20, 20)
"""New objects, and rounds of the younger generations, after which the garbage collector looks."""
_FIRST_SECONDS = 20.0
"""How long the server waits for the first answers: a county's take a second or two, those of a slow engine minutes."""

# What the first page needs is imported before the server answers, the rest (``page_modules``) while it already does.
FIRST = (
    "pandas",
    "pyarrow",
    "plotly.graph_objects",
    "plotly.graph_objs._bar",
    "plotly.graph_objs._heatmap",
    "plotly.graph_objs._scatter",
    "dashboard.ui.frame.shell",
    "dashboard.ui.overview.blocks",
)


def page_modules() -> tuple[str, ...]:
    """Return the modules that the pages import, the first page's in front: whoever opens a page first would wait for them."""
    files = sorted((PROJECT / "pages").glob("*.py"), key=lambda file: (file.stem != FIRST_PAGE, file.stem))
    nodes = [node for file in files for node in ast.parse(file.read_text(encoding="utf-8")).body if isinstance(node, ast.ImportFrom)]
    return tuple(dict.fromkeys(node.module for node in nodes if node.module and node.module.startswith("dashboard.")))


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        importlib.import_module(name)


def _first_answers() -> None:
    """Compute what the first page asks for on a first visit, so that its first visitor finds it in the caches.

    Only for a reader of the whole county: what a narrower scope sees is never computed before somebody of that scope asks.
    """
    database = in_view(current_database(COUNTY))
    filters = filter_options(database).default()
    if filters is None:
        return
    overview(database, filters)


def _later(page: str, make: Callable[[ReportingDatabase, Period], object]) -> None:
    """Make an answer for the period with which ``page`` opens."""
    database = in_view(current_database(COUNTY))
    filters = filter_options(database).default(page)
    if filters is not None:
        make(database, filters.period)


# The longest answers of a fresh data version: the rules replayed, which Overview, wall and 运行监测 read; every hospital against its peers;
# the wall; the baselines that sliders start from.
_LATER_ANSWERS = (
    partial(_later, "monitoring", lambda database, period: watched(database, period.last)),
    partial(_later, "overview", attention),
    partial(_later, "quality", lambda database, period: checks(database, Scope(period))),
    partial(_later, "contracts", lambda database, period: contracts(database, period.last)),
    partial(_later, "quality", lambda database, period: axis_readings(database, Scope(period))),
    partial(_later, "monitoring", lambda database, period: points_of(database, period.last)),
    partial(_later, "overview", lambda database, _period: cockpit_of(database, Grain.MONTH.value)),
    partial(_later, "referrals", lambda database, period: flows(database, Question(View.REFERRALS, period))),
    partial(_later, "insurance", lambda database, _period: insurance_baseline(database)),
    partial(_later, "fiscal", lambda database, _period: fiscal_model(database)),
    partial(_later, "utilisation", bed_use),
)


def _answer(answer: Callable[[], None]) -> None:
    """Make one of the answers; without a database it only logs why."""
    try:
        answer()
    except ProductError as error:
        logger.warning("%s", error.text())


class Warmer:
    """Makes the answers that every first reader waits for, once for each load that it sees.

    ``newest`` names the load that readers see now; ``answers`` fill the caches. A reader who comes while an answer is being made waits
    for that one and does not make it a second time.
    """

    def __init__(self, newest: Callable[[], object], answers: Sequence[Callable[[], None]]) -> None:
        self._newest, self._answers = newest, answers
        self._seen: object = None

    def look(self) -> bool:
        """Make the answers of a load that was not seen yet, and tell whether there was one. A database that is away is no load."""
        try:
            newest = self._newest()
        except ProductError:  # the pages say it
            return False
        if newest == self._seen:
            return False
        self._seen = newest
        for answer in self._answers:
            _answer(answer)
        return True

    def stay(self, ended: Callable[[float], bool]) -> None:
        """Look again and again; ``ended`` waits that many seconds and tells whether to stop."""
        while not ended(_LOOK_SECONDS):
            try:
                self.look()
            except Exception:
                logger.exception("warming up failed")


def _newest() -> object:
    database = in_view(current_database(COUNTY))
    return database.stamp, repr(database.version)


def _import_the_rest(done: threading.Event, ended: threading.Event) -> None:
    warm_files()
    _import(page_modules())
    warmer = Warmer(_newest, (_first_answers, *_LATER_ANSWERS))
    warmer.look()
    # What is there now stays for good. Without this the garbage collector goes through all of it, up to 0.2 s long, whenever a page
    # makes many objects; and a page makes so many that looking after every 700 takes a twentieth of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GARBAGE)
    done.set()
    warmer.stay(ended.wait)


def warm() -> threading.Event:
    """Import what pages import, open the database and fill the first page's caches; the rest follows behind, and the event tells when.

    Without a database it only logs why: the pages will say it. A database that takes long for it keeps nobody from the server, only
    from the page: its answers go on being made.
    """
    _import(FIRST)
    first = threading.Thread(target=_answer, args=(_first_answers,), name="first answers", daemon=True)
    first.start()
    first.join(_FIRST_SECONDS)
    done, ended = threading.Event(), threading.Event()
    behind = threading.Thread(target=_import_the_rest, args=(done, ended), name="warm", daemon=True)
    behind.start()

    def let_go() -> None:
        # What is frozen, or held by a thread, to the very end is never closed; the binding of DuckDB would list all of it as leaks.
        ended.set()
        behind.join(_END_SECONDS)
        gc.unfreeze()

    atexit.register(let_go)
    return done
