"""Debian's nginx, started and stopped by a test or benchmark on loopback, with the configuration that the product prints."""

import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from dashboard.services.operation.proxy import nginx_configuration
from tests.loopback import free_port, is_listening

NGINX = Path("/usr/sbin/nginx")


@contextmanager
def running_nginx(ports: Sequence[int]) -> Iterator[str]:
    """Yield the address of an nginx before the web processes on ``ports``; skips where nginx is missing."""
    if not NGINX.exists():
        pytest.skip("nginx is not installed (apt-get install nginx-light)")
    port = free_port()
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
            while not is_listening(port):
                if process.poll() is not None or time.monotonic() > until:
                    raise RuntimeError((folder / "error.log").read_text(encoding="utf-8"))
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(timeout=20)
