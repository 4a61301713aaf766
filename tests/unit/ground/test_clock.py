"""One time zone, the county's, and a year on every date that a reader sees."""

import ast
import datetime
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dashboard import formatting
from dashboard.settings import PROJECT

EVENING = datetime.datetime(2025, 12, 31, 18, 30, tzinfo=datetime.UTC)
SOURCES = [path for path in (PROJECT / "dashboard").rglob("*.py") if path.name != "formatting.py" and "migrations" not in path.parts]


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Shanghai"])
def server_zone(request: pytest.FixtureRequest) -> Iterator[str]:
    """The server stands somewhere else."""
    before = os.environ.get("TZ")
    os.environ["TZ"] = request.param
    time.tzset()
    yield request.param
    os.environ.pop("TZ")
    if before is not None:
        os.environ["TZ"] = before
    time.tzset()


def test_a_moment_is_the_countys_wherever_the_server_stands(server_zone: str) -> None:
    assert formatting.moment(EVENING) == "2026-01-01 02:30"
    assert formatting.moment(EVENING.replace(tzinfo=None)) == "2026-01-01 02:30", "stored moments are in UTC"
    assert formatting.moment(EVENING, seconds=True) == "2026-01-01 02:30:00"


def _wrong(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
            written = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))  # type: ignore[attr-defined]
            if "%H" in written:
                yield f"{path.name}:{node.lineno} writes a time of day"
            if "%m" in written and "%Y" not in written and "%y" not in written:
                yield f"{path.name}:{node.lineno} writes a date without its year"
        called = node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else ""
        to_storage = called == "astimezone" and [ast.unparse(each) for each in node.args] == ["datetime.UTC"]  # type: ignore[attr-defined]
        if called in ("astimezone", "fromtimestamp", "utcnow", "strftime") and not to_storage:
            yield f"{path.name}:{node.lineno} has a clock of its own"


def test_only_the_formatter_writes_moments() -> None:
    found = [each for path in SOURCES for each in _wrong(path)]
    assert not found, found


def test_a_second_clock_would_be_seen(tmp_path: Path) -> None:
    file = tmp_path / "clock.py"
    file.write_text("def f(d):\n    return f'{d:%m-%d %H:%M}', d.astimezone()\n", encoding="utf-8")
    assert len(list(_wrong(file))) == 3
