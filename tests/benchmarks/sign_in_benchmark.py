"""Print as JSON what sign-in costs an interaction: ``python -m tests.benchmarks.sign_in_benchmark``.

Two servers on the database of REPORTING_DATABASE_URL, one with sign-in off and one with it on, asked in turn through raw websockets for the
same runs of a page; a time runs from sending the request to ``script_finished``. What a server has to show leaves it in strides of some
twenty milliseconds, so that of a short run only the processor time tells what it costs. Also what signing in with a password takes.
"""

import datetime
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from unittest import mock

from dashboard.services.common.signing_in import Visitor, try_password
from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.ui.frame.cookie import signer
from dashboard.workspace.accounts import GrantRequest
from dashboard.workspace.sessions import Beginning
from tests.benchmarks.cockpit_benchmark import Session
from tests.browser.server import processor_seconds, running_app

ROUNDS = 120
PAGES_ASKED = ("overview", "resources", "meeting")
_PASSWORD = "Median-River-10"


def _cookie() -> str:
    workspace = current_workspace()
    workspace.accounts.add("reader", password=_PASSWORD, request=GrantRequest("committee"), actor=None, second=False)
    workspace.accounts.set_password("reader", _PASSWORD, first=False, actor=None)
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(hours=1)
    secret = workspace.sessions.begin(Beginning("reader", "local", ends, None, "benchmark"))
    return f"county-session={signer().sign(secret).decode()}"


def _password_seconds() -> float:
    start = time.perf_counter()
    try_password(current_workspace(), "reader", _PASSWORD, Visitor(None, ""))
    return time.perf_counter() - start


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'workspace.sqlite'}"
        with mock.patch.dict(os.environ, {"WORKSPACE_DATABASE_URL": url}):
            settings.cache_clear()
            cookie = _cookie()
            with running_app() as off, running_app(SIGN_IN="local") as on:
                sessions, addresses = {"off": Session(off), "on": Session(on, cookie)}, {"off": off, "on": on}
                answer: dict[str, object] = {}
                for page in PAGES_ASKED:
                    times: dict[str, list[float]] = {"off": [], "on": []}
                    work = {name: -processor_seconds(address) for name, address in addresses.items()}
                    for _ in range(ROUNDS):
                        for name, session in sessions.items():
                            times[name].append(session.run(page))
                    work = {name: 1000 * (work[name] + processor_seconds(address)) / ROUNDS for name, address in addresses.items()}
                    medians = {name: round(1000 * statistics.median(found[10:]), 1) for name, found in times.items()}
                    answer[page] = {
                        **{f"{name}_p50_ms": value for name, value in medians.items()},
                        "ratio": round(medians["on"] / medians["off"], 3),
                        **{f"{name}_processor_ms": round(value, 1) for name, value in work.items()},
                        "processor_ratio": round(work["on"] / work["off"], 3),
                    }
                for session in sessions.values():
                    session.close()
            answer["password_ms"] = round(1000 * statistics.median(_password_seconds() for _ in range(5)))
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
