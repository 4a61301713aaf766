"""Debian's nginx, started and stopped by a test or benchmark on loopback, with the configuration that the product prints."""

import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.services.operation.proxy import nginx_configuration

NGINX = Path("/usr/sbin/nginx")


def free_ports(count: int) -> int:
    """Return the first of ``count`` ports in a row that nobody listens on now."""
    for first in range(18500, 60000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + number))
        except OSError:
            continue
        else:
            return first
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


@contextmanager
def running_nginx(ports: Sequence[int]) -> Iterator[str]:
    """Yield the address of an nginx before the web processes on ``ports``; skips where nginx is missing."""
    if not NGINX.exists():
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    port = free_ports(1)
    with tempfile.TemporaryDirectory(prefix="dashboard-nginx-") as name:
        folder = Path(name)
        places = "\n".join(
            f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        )  # fmt: skip
        made = nginx_configuration(ports, listen=f"127.0.0.1:{port}")
        (folder / "nginx.conf").write_text(
            f"daemon off;\nuser root;\nworker_processes 1;\npid {folder}/pid;\nerror_log {folder}/error.log;\n"
            f"events {{ worker_connections 2048; }}\nhttp {{\naccess_log off;\n{places}\n{made}\n}}\n",
            encoding="utf-8",
        )
        process = subprocess.Popen([NGINX, "-e", f"{folder}/error.log", "-c", f"{folder}/nginx.conf", "-p", name])
        try:
            until = time.monotonic() + 20
            while True:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        break
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "error.log").read_text(encoding="utf-8"))
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)
