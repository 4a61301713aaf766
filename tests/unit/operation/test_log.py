"""Logs as JSON: one object a line, what tells people apart is left out, what maintainers need stays."""

import json
import logging

import pytest

from dashboard.services.operation.log import JsonFormatter, masked


def _record(message: str, *, error: BaseException | None = None) -> logging.LogRecord:
    trace = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("dashboard", logging.ERROR, __file__, 1, message, None, trace)


def test_a_fault_keeps_its_kind_and_place_and_loses_what_it_quotes() -> None:
    try:
        raise ValueError("张三 13800001111")
    except ValueError as error:
        said = json.loads(JsonFormatter().format(_record("Unexpected error, reference 1A2B3C4D", error=error)))
    assert said["message"] == "Unexpected error, reference 1A2B3C4D"
    assert said["error"] == "ValueError"
    assert "test_log.py" in said["at"][-1]
    assert "张三" not in json.dumps(said, ensure_ascii=False)
    assert said["level"] == "error"


def test_lines_stay_lines() -> None:
    assert JsonFormatter().format(_record("two\nlines")).count("\n") == 0


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail to wang@county.example failed", "mail to <mail> failed"),
        ("from 10.1.2.3 refused", "from <address> refused"),
        ("from fe80::1:2:3:4 refused", "from <address> refused"),
        ("id 11010519491231002X", "id <number>"),
        ("phone 13800001111.", "phone <number>."),
        ("postgresql://u:secret@host/db", "postgresql://<secret>@host/db"),
        ("token abcdefghijklmnopqrstuvwxyz0123456789", "token <token>"),
        ("数据库没有回答这个查询 · overview/visits · 2025-10", "数据库没有回答这个查询 · overview/visits · 2025-10"),
    ],
)
def test_what_tells_people_apart_is_masked(text: str, shown: str) -> None:
    assert masked(text) == shown
