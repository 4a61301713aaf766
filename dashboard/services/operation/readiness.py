"""Whether this process may be sent people: warmed up, and both databases answer with a structure that it knows."""

import threading
import time
from dataclasses import dataclass

from dashboard.errors import ProductError
from dashboard.services.common.database import EMPTY, open_database
from dashboard.services.common.workspace import current_workspace
from dashboard.store.engine import retire

_KEPT_SECONDS = 2.0


@dataclass(frozen=True)
class Readiness:
    """What stands in the way, as words without details of the machine: empty when nothing does."""

    lacking: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether people may be sent here."""
        return not self.lacking


class Watchman:
    """Asks the databases at most every two seconds, however often it is asked itself."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._asked = float("-inf")
        self._found = Readiness(("starting",))
        self._warm = False

    def warmed(self) -> None:
        """Note that the process has imported what pages need."""
        self._warm = True

    def look(self) -> Readiness:
        """Return whether the process is ready now; may take as long as a database that does not answer."""
        if not self._warm:
            return Readiness(("starting",))
        with self._lock:
            if time.monotonic() - self._asked > _KEPT_SECONDS:
                self._found = Readiness(tuple(_lacking()))
                self._asked = time.monotonic()
            return self._found


def _lacking() -> list[str]:
    lacking = []
    try:
        database = open_database()
        retire(database.engine)
        if database.version == EMPTY:
            lacking.append("no data")
    except ProductError:
        lacking.append("reporting database")
    try:
        current_workspace().check()
    except ProductError:
        lacking.append("workspace database")
    return lacking


watchman = Watchman()
