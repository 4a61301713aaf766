"""Logs as one JSON object a line, for a collector: without personal data.

A record keeps its time, level, logger, message and, for a fault, its kind and the places in our code. What an exception says may quote what
somebody typed or a row, so it is left out; account names, mail and IP addresses and tokens in a message are masked.
"""

import json
import logging
import re
import time
import traceback

from dashboard.settings import PROJECT, settings

_MASKS = (
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "<mail>"),
    (re.compile(r"\b\d{1,3}(\.\d{1,3}){3}\b"), "<address>"),
    (re.compile(r"\b[0-9a-f]{0,4}(:[0-9a-f]{0,4}){3,7}\b", re.IGNORECASE), "<address>"),
    (re.compile(r"(?<!\d)\d{17}[\dXx](?!\w)"), "<number>"),
    (re.compile(r"(?<!\d)1\d{10}(?!\d)"), "<number>"),
    (re.compile(r"://[^/\s:@]+:[^@\s]+@"), "://<secret>@"),
    (re.compile(r"\b[A-Za-z0-9_-]{32,}\b"), "<token>"),
)


class JsonFormatter(logging.Formatter):
    """One object a line: ``time`` (UTC), ``level``, ``logger``, ``message``, and for a fault ``error`` and ``at``."""

    def __init__(self) -> None:
        super().__init__()
        self.converter = time.gmtime

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as JSON."""
        said: dict[str, object] = {
            "time": f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')}.{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": masked(record.getMessage()),
        }
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["at"] = [_place(frame) for frame in traceback.extract_tb(record.exc_info[2])[-8:]]
        return json.dumps(said, ensure_ascii=False)


def _place(frame: traceback.FrameSummary) -> str:
    return f"{frame.filename.removeprefix(f'{PROJECT}/')}:{frame.lineno} {frame.name}"


def masked(text: str) -> str:
    """Return ``text`` without what tells people apart."""
    for pattern, instead in _MASKS:
        text = pattern.sub(instead, text)
    return text


def log_as_set() -> None:
    """Let every logger write JSON when ``LOG_FORMAT=json``: called once, after Streamlit has set up its own."""
    if settings().log_format != "json":
        return
    handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    for name, logger in list(logging.Logger.manager.loggerDict.items()):
        if isinstance(logger, logging.Logger) and logger.handlers:
            logger.handlers[:] = []
            logger.propagate = True
        elif name == "dashboard" and isinstance(logger, logging.Logger):
            logger.propagate = True
