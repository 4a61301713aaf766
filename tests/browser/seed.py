"""A process that has imported the app and makes servers by forking: they start in a tenth of the time that the imports take.

Its input is one JSON object a line, each answered by one line: what to start (``module``, ``arguments``, ``environment``, ``log``; answered
by the process's id), or an id to ``ask`` whether it has ended, or one to ``end``. It ends its servers and itself when its input does.
"""

import contextlib
import importlib
import json
import os
import runpy
import signal
import sys
import warnings
from typing import Any

from dashboard.settings import settings
from dashboard.ui.frame import server, warm

_STARTED: set[int] = set()


def _start(module: str, arguments: list[str], environment: dict[str, str], log: str) -> int:
    process = os.fork()
    if process:
        _STARTED.add(process)
        return process
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for number, target in ((0, nothing), (1, output), (2, output)):
        os.dup2(target, number)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = [module, *arguments]
    warnings.filterwarnings("ignore", message=".*found in sys.modules", category=RuntimeWarning)
    ended = 1
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        ended = 0
    finally:
        os._exit(ended)


def _has_ended(process: int) -> bool:
    if process in _STARTED and os.waitpid(process, os.WNOHANG)[0]:
        _STARTED.remove(process)
    return process not in _STARTED


def _end(process: int) -> bool:
    if not _has_ended(process):
        os.kill(process, signal.SIGTERM)
        os.waitpid(process, 0)
        _STARTED.remove(process)
    return True


def _answer(asked: dict[str, Any]) -> object:
    if "ask" in asked:
        return _has_ended(asked["ask"])
    return _end(asked["end"]) if "end" in asked else _start(**asked)


if __name__ == "__main__":
    assert server.serve
    for name in (*warm.FIRST, *warm.page_modules()):
        importlib.import_module(name)
    assert settings.cache_info().currsize == 0, "a server has settings of its own: none may be read before it is made"
    with contextlib.suppress(KeyboardInterrupt):
        for line in sys.stdin:
            print(json.dumps(_answer(json.loads(line))), flush=True)
    for each in tuple(_STARTED):
        _end(each)
