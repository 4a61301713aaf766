"""The command line as a shell runs it, but in this process: a Python started anew takes seconds, and few tests ask for one."""

import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import pytest

from dashboard.cli import main
from dashboard.settings import settings


@dataclass(frozen=True)
class Ended:
    """What a command left: its exit status and what it printed."""

    status: int
    output: str
    errors: str


def run_command(*arguments: str, environment: Mapping[str, str], given: str = "") -> Ended:
    """Run ``python -m dashboard`` with ``arguments``, ``environment`` over this process's own and ``given`` on its standard input."""
    # Strict as a terminal's: a name that is no text can be printed into a mere string.
    output, errors = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", errors=how) for how in ("strict", "backslashreplace"))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(output), redirect_stderr(errors):
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "argv", ["dashboard", *arguments])
        patch.setattr(sys, "stdin", io.StringIO(given))
        settings.cache_clear()
        status = _status()
    settings.cache_clear()
    return Ended(status, *(_read(each) for each in (output, errors)))


def _status() -> int:
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


def _read(printed: io.TextIOWrapper) -> str:
    printed.seek(0)
    return printed.read()
