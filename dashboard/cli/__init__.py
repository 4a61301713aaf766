"""``python -m dashboard …``: demonstration data, import, checks, accounts, reports, operation and the server.

One module a group of commands. Each command imports what it needs itself: the import machinery takes seconds to load and ``serve``
should start at once.
"""

from dashboard.cli import counties, loading, looking, operating, people, publishing, pulling, reports, serving
from dashboard.cli.common import application
from dashboard.cli.running import main

__all__ = ["application", "counties", "loading", "looking", "main", "operating", "people", "publishing", "pulling", "reports", "serving"]
