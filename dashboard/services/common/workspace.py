"""The workspace as the pages use it: opened once per process and address."""

import threading

from dashboard.settings import settings
from dashboard.workspace import Workspace, open_workspace

_lock = threading.Lock()
_opened: dict[str, Workspace] = {}


def current_workspace() -> Workspace:
    """Return the workspace of the settings, opened and upgraded at the first call; one serves all sessions.

    Nothing of it is cached: what one person saves, another sees at the next rerun.

    Raises:
        DatabaseError: it cannot be reached or was made by a newer program; the next call tries again.
    """
    url = settings().workspace_database_url
    with _lock:
        if url not in _opened:
            _opened[url] = open_workspace(url)
        return _opened[url]
