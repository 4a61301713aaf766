"""Print as JSON what cockpits and viewers cost one server: ``python -m tests.benchmarks.cockpit_benchmark``.

Raw websocket sessions against a server of its own on the database of REPORTING_DATABASE_URL, no browser: (1) one cockpit alone, a pulse and
a whole redraw; (2) thirty cockpits that pulse as the plan says; (3) thirty viewers that open another page every few seconds. A time
runs from sending the request to ``script_finished``; memory is the server's RSS over the RSS before the sessions came, divided by them. The
generator runs on the same cores.
"""

import json
import random
import statistics
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import ClientConnection, connect

from dashboard.catalogue.cockpit import cockpit_plan
from dashboard.settings import settings
from dashboard.topics import PAGES
from tests.browser.cockpit_page import Server
from tests.browser.server import process_of

SESSIONS = 30
SECONDS = 60
THINK_SECONDS = 20
ROUNDS = 15
PAGES_OPENED = ("overview", "resources", "utilisation", "referrals", "performance", "insurance")
_TIMEOUT = 120
_KIB_PER_MIB = 1024


class Session:
    """One websocket session: asks for a run of the script and waits for its end."""

    def __init__(self, address: str, cookie: str = "") -> None:
        url = address.replace("http://", "ws://") + "/_stcore/stream"
        self._open = ExitStack()
        headers = {"Cookie": cookie} if cookie else {}
        entered = connect(
            url,
            origin=address,
            subprotocols=["streamlit"],
            max_size=None,
            compression=None,
            additional_headers=headers,  # type: ignore[arg-type, list-item]
        )
        self.socket: ClientConnection = self._open.enter_context(entered)
        self.fragment = ""
        self.bytes = 0

    def close(self) -> None:
        """End the session."""
        self._open.close()

    def run(self, page: str = "", query: str = "", fragment: str = "") -> float:
        """Return the seconds that one run of the script took, for the client."""
        message = BackMsg()
        message.rerun_script.page_name = "" if page == PAGES[0].name else page
        message.rerun_script.query_string = query
        if fragment:
            message.rerun_script.fragment_id = fragment
            message.rerun_script.is_auto_rerun = True
        start = time.perf_counter()
        self.socket.send(message.SerializeToString())
        while True:
            data = self.socket.recv(timeout=_TIMEOUT)
            self.bytes += len(data)
            answer = ForwardMsg.FromString(data if isinstance(data, bytes) else data.encode())
            kind = answer.WhichOneof("type")
            if kind == "auto_rerun":
                self.fragment = answer.auto_rerun.fragment_id
            if kind == "script_finished":
                return time.perf_counter() - start


def _rss_mib(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) / _KIB_PER_MIB for line in lines if line.startswith("VmRSS"))


def _told(seconds: list[float]) -> dict[str, float]:
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, round(0.95 * (len(ordered) - 1)))]
    return {"count": len(ordered), "p50_ms": round(1000 * statistics.median(ordered)), "p95_ms": round(1000 * p95)}


def _alone(address: str) -> dict[str, object]:
    """Return what one cockpit costs: its first run, a pulse without news, a whole redraw from the caches."""
    session = Session(address)
    first = session.run("cockpit")
    payload = session.bytes
    pulses = [session.run("cockpit", fragment=session.fragment) for _ in range(ROUNDS)]
    redraws = [session.run("cockpit") for _ in range(ROUNDS)]
    session.close()
    return {"first_ms": round(1000 * first), "first_kib": round(payload / 1024), "pulse": _told(pulses), "redraw": _told(redraws)}


def _cockpit(address: str, times: dict[str, list[float]], until: float) -> Session:
    session = Session(address)
    times["first"].append(session.run("cockpit"))
    pause = cockpit_plan().check_seconds
    time.sleep(random.random() * pause)
    while time.perf_counter() < until:
        times["pulse"].append(session.run("cockpit", fragment=session.fragment))
        time.sleep(pause)
    return session


def _viewer(address: str, times: dict[str, list[float]], until: float) -> Session:
    session = Session(address)
    times["first"].append(session.run())
    while time.perf_counter() < until:
        time.sleep(THINK_SECONDS * (0.5 + random.random()))
        times["page"].append(session.run(random.choice(PAGES_OPENED)))
    return session


def _many(server: Server, act: object) -> dict[str, object]:
    before = _rss_mib(process_of(server.address))
    times: dict[str, list[float]] = {"first": [], "pulse": [], "page": []}
    until = time.perf_counter() + SECONDS
    sessions: list[Session] = []

    def work() -> None:
        sessions.append(act(server.address, times, until))  # type: ignore[operator]

    threads = [threading.Thread(target=work) for _ in range(SESSIONS)]
    for thread in threads:
        thread.start()
        time.sleep(0.2)
    for thread in threads:
        thread.join()
    after = _rss_mib(process_of(server.address))
    for session in sessions:
        session.close()
    told: dict[str, object] = {name: _told(values) for name, values in times.items() if values}
    failed = SESSIONS - len(sessions)
    return told | {"failed": failed, "server_mib": round(after), "mib_per_session": round((after - before) / SESSIONS, 1)}


def main() -> None:
    """Start a server, measure, print."""
    with tempfile.TemporaryDirectory(prefix="cockpit-benchmark-") as name:
        folder = Path(name)
        server = Server(settings().reporting_database_url, f"sqlite:///{folder / 'workspace.sqlite'}", folder / "server.log")
        server.start()
        try:
            warming = Session(server.address)
            for page in (*PAGES_OPENED, "cockpit"):
                warming.run(page)
            warming.close()
            figures = {"alone": _alone(server.address), "thirty_walls": _many(server, _cockpit), "thirty_viewers": _many(server, _viewer)}
        finally:
            server.stop()
    figures["load_average"] = {"now": Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]}
    print(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
