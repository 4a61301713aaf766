"""Several web processes under one that watches them: one that dies is started again, a restart goes one by one."""

import contextlib
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass

import typer

from dashboard.services.common.serving import url_of

_GRACE_SECONDS = 20
_READY_SECONDS = 180
_SHORT_SECONDS = 10.0
_LONGEST_PAUSE = 30.0


@dataclass
class _Child:
    port: int
    process: subprocess.Popen[bytes]
    began: float
    pause: float = 1.0
    again_at: float = 0.0


class Processes:
    """``ports`` each get a web process on ``address``; ``run`` returns when all were told to end."""

    def __init__(self, address: str, ports: list[int], say: Callable[[str], None] = typer.echo) -> None:
        self._address = address
        self._say = say
        self._ending = self._renewing = False
        self._children = [self._born(port) for port in ports]

    def _born(self, port: int) -> _Child:
        command = [sys.executable, "-m", "dashboard.ui.frame.server", "--port", str(port), "--address", self._address]
        # A signal of the terminal reaches this process alone, which passes it on in order.
        process = subprocess.Popen(command, start_new_session=True)  # noqa: S603
        self._say(f"{port}: {process.pid}")
        return _Child(port, process, time.monotonic())

    def run(self) -> None:
        """Watch until SIGTERM or SIGINT; SIGHUP starts the processes anew, one after the other, each ready before the next."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._end())
        signal.signal(signal.SIGHUP, lambda *_: self._renew())
        while not self._ending:
            if self._renewing:
                self._renewing = False
                self._one_by_one()
            self._start_again()
            time.sleep(0.3)
        self._stop([child.process for child in self._children])

    def _end(self) -> None:
        self._ending = True

    def _renew(self) -> None:
        self._renewing = True

    def _start_again(self) -> None:
        """Start what has ended, after a pause that grows while it ends at once."""
        for number, child in enumerate(self._children):
            if child.process.poll() is None:
                continue
            now = time.monotonic()
            if not child.again_at:
                lived = now - child.began
                child.pause = 1.0 if lived > _SHORT_SECONDS else min(child.pause * 2, _LONGEST_PAUSE)
                child.again_at = now + (0 if lived > _SHORT_SECONDS else child.pause)
            if now >= child.again_at:
                pause = child.pause
                self._children[number] = self._born(child.port)
                self._children[number].pause = pause

    def _one_by_one(self) -> None:
        for number, child in enumerate(self._children):
            if self._ending:
                return
            self._stop([child.process])
            self._children[number] = self._born(child.port)
            self._wait(self._children[number])

    def _wait(self, child: _Child) -> None:
        address = "127.0.0.1" if self._address == "0.0.0.0" else self._address  # noqa: S104
        asked = f"{url_of(address, child.port)}/health/ready"
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        until = time.monotonic() + _READY_SECONDS
        while time.monotonic() < until and not self._ending and child.process.poll() is None:
            with contextlib.suppress(OSError, urllib.error.URLError), opener.open(asked, timeout=10):
                return
            time.sleep(0.3)

    @staticmethod
    def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
        for process in processes:
            if process.poll() is None:
                process.terminate()
        until = time.monotonic() + _GRACE_SECONDS
        for process in processes:
            try:
                process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
