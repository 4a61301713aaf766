"""Run the command line so that every error a user may meet is one line."""

import os
import sys
import tempfile
import traceback
from types import TracebackType

import typer

from dashboard.cli.common import CANNOT, FAILED, INTERRUPTED, application
from dashboard.errors import ProductError
from dashboard.language import marked, translate


def main() -> None:
    """Run the command line; every error a user may meet is one line, never a traceback."""
    language = _language(sys.argv[1:])
    try:
        _run_commands()
    except ProductError as error:
        typer.echo(error.text(language), err=True)
        sys.exit(CANNOT)
    except KeyboardInterrupt:
        typer.echo(translate(marked("已中断，数据库保持原样"), language), err=True)
        sys.exit(INTERRUPTED)


def _run_commands() -> None:
    """Run the command; what is no message for a reader is logged. Typer's own call would put its traceback hook in the way of ours."""
    try:
        typer.main.get_command(application)()
    except (ProductError, KeyboardInterrupt):
        raise
    except Exception as error:  # noqa: BLE001 the last stop before the terminal
        _unexpected(type(error), error, error.__traceback__)
        sys.exit(FAILED)


def _language(arguments: list[str]) -> str:
    """Return the language asked for, before the arguments are parsed: parsing itself can fail."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return "en" if "--lang=en" in arguments or ("--lang", "en") in pairs else "zh"


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep the details of a fault of ours for the maintainers and tell the user one line."""
    handle, log = tempfile.mkstemp(prefix="dashboard-error-", suffix=".log")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write("".join(traceback.format_exception(kind, error, trace)))
    language = _language(sys.argv[1:])
    typer.echo(translate(marked("程序内部错误，数据库保持原样；请把 {file} 交给维护人员"), language, file=log), err=True)
