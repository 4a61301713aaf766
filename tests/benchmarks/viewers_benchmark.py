"""Print as JSON how many people one and two web processes serve: ``python -m tests.benchmarks.viewers_benchmark [--viewers 30 100 300]``.

``serve --processes N`` on the database of REPORTING_DATABASE_URL behind Debian's nginx with the printed configuration. Each viewer is a raw
websocket that opens another page every THINK_SECONDS on the average; a time runs from sending the request to ``script_finished``. The
generator runs on the same cores: on two cores the figures are a lower bound. Growth is the memory that the viewers brought, per viewer.
"""

import argparse
import contextlib
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dashboard.settings import PROJECT
from tests.benchmarks.cockpit_benchmark import PAGES_OPENED, Session
from tests.loopback import DIRECT, answers, free_ports
from tests.nginx import running_nginx

THINK_SECONDS = 20.0
SECONDS = 60.0


def _ready(port: int) -> bool:
    return answers(f"http://127.0.0.1:{port}/health/ready")


@contextmanager
def _served(processes: int) -> Iterator[tuple[str, dict[int, int]]]:
    first = free_ports(processes)
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        environment = {**os.environ, "WORKSPACE_DATABASE_URL": f"sqlite:///{Path(folder) / 'workspace.sqlite'}"}
        command = [sys.executable, "-m", "dashboard", "serve", "--processes", str(processes), "--port", str(first)]
        if processes == 1:
            command = [sys.executable, "-m", "dashboard.ui.frame.server", "--port", str(first)]
        with log.open("w", encoding="utf-8") as output:
            server = subprocess.Popen(command, cwd=PROJECT, env=environment, stdout=output, stderr=subprocess.STDOUT)
            try:
                until = time.monotonic() + 300
                while not all(_ready(first + number) for number in range(processes)):
                    if time.monotonic() > until:
                        raise RuntimeError(log.read_text(encoding="utf-8"))
                    time.sleep(0.5)
                found = re.findall(r"^(\d+): (\d+)$", log.read_text(encoding="utf-8"), re.MULTILINE)
                children = {int(port): int(number) for port, number in found} or {first: server.pid}
                with running_nginx(sorted(children)) as address:
                    yield address, children
            finally:
                server.terminate()
                server.wait(timeout=60)


def _memory(pids: list[int]) -> float:
    total = 0.0
    for pid in pids:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
        total += next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
    return total


def _viewer(address: str, times: list[float], faults: list[str], until: float) -> None:
    time.sleep(random.random() * THINK_SECONDS)
    try:
        with DIRECT.open(f"{address}/", timeout=60) as answer:
            cookie = str(answer.headers["Set-Cookie"]).partition(";")[0]
        session = Session(address, cookie)
        session.run()
        while time.perf_counter() < until:
            time.sleep(THINK_SECONDS * (0.5 + random.random()))
            times.append(session.run(random.choice(PAGES_OPENED)))
        session.close()
    except Exception as error:  # noqa: BLE001 a viewer who fails is counted
        faults.append(type(error).__name__)


def _measured(processes: int, viewers: int) -> dict[str, Any]:
    with _served(processes) as (address, children):
        warming = Session(address)
        for page in PAGES_OPENED:
            warming.run(page)
        warming.close()
        before = _memory(list(children.values()))
        times: list[float] = []
        faults: list[str] = []
        begun = time.perf_counter()
        until = begun + SECONDS
        threads = [threading.Thread(target=_viewer, args=(address, times, faults, until), daemon=True) for _ in range(viewers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        lasted, after = time.perf_counter() - begun, _memory(list(children.values()))
    ordered = sorted(times)
    return {
        "runs": len(ordered),
        "runs_per_second": round(len(ordered) / lasted, 1),
        "p50_ms": round(1000 * statistics.median(ordered)) if ordered else None,
        "p95_ms": round(1000 * ordered[round(0.95 * (len(ordered) - 1))]) if ordered else None,
        "faults": len(faults),
        "memory_mib": round(after),
        "growth_kib_per_viewer": round(1024 * (after - before) / viewers),
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Viewers over one and two web processes.")
    parser.add_argument("--viewers", type=int, nargs="+", default=[30, 100, 300])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    given = parser.parse_args()
    answer: dict[str, Any] = {"think_seconds": THINK_SECONDS, "seconds": SECONDS}
    for viewers in given.viewers:
        for processes in given.processes:
            answer[f"{viewers} viewers, {processes} processes"] = _measured(processes, viewers)
    with contextlib.suppress(OSError):
        answer["load_average"] = Path("/proc/loadavg").read_text(encoding="ascii").split()[:3]
    print(json.dumps(answer, indent=2))


if __name__ == "__main__":
    main()
