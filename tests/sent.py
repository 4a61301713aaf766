"""Everything that a page sends to the browser, and what somebody could solve it for.

``visit`` runs a page as a browser does, opens every definition and table on it and makes every file that it offers; ``told`` gives all of
that as text, element by element. ``Frames`` keeps every frame that a ``Guard`` masks meanwhile; ``solved`` tries to compute its hidden
counts from what is shown, by linear programming: the slow way, separate from the one by which they are hidden.
"""

import base64
import io
import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import openpyxl
import pandas as pd
import pyarrow as pa
import streamlit as st
from google.protobuf.json_format import MessageToDict
from scipy.optimize import linprog
from scipy.sparse import csr_array
from streamlit.testing.v1 import AppTest

from dashboard.analysis.small_counts import Guard, Masked
from dashboard.analysis.suppression import COVERED, LEAST_POSSIBLE, few
from dashboard.settings import PROJECT

_OPENED = re.compile(r"-((?:details|definition)_\w+)\"")
_IDENTITY = re.compile(r"\$\$ID-[0-9a-f]+-|\"uuid\": \"[0-9a-f]+\"")
_PACKED = re.compile(r"[A-Za-z0-9+/=]{40,}")
_TOLERANCE = 1e-6

PAGES: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("", {"grain": "quarter"}),
    ("", {"community": "A"}),
    *(("resources", {"section": section}) for section in ("supply", "people", "centres", "equity", "access", "plan")),
    *(("utilisation", {"use": use}) for use in ("beds", "pabon", "peers", "efficiency", "equipment", "forecast")),
    ("utilisation", {"use": "beds", "hospital": "C1", "rate": "turnover"}),
    *(
        ("referrals", {"flow": flow, "flow_level": level, "pairs": pairs})
        for flow in ("referrals", "claims")
        for level, pairs in (("institution", "cases"), ("town", "list"), ("community", "row"))
    ),
    *(("insurance", {"detail": detail}) for detail in ("months", "hospitals", "units", "ladder", "baseline")),
    *(
        ("performance", {"part": part})
        for part in ("gap", "trend", "money", "drill", "methods", "institutions", "criteria", "trust", "custom", "export")
    ),
    *(("quality", {"quality": section}) for section in ("all", "costs", "care", "drg")),
    ("quality", {"quality": "costs", "peers": "centre", "grain": "rolling12"}),
    ("fiscal", {}),
    ("meeting", {}),
    ("cockpit", {}),
)
"""Every page with each of its parts open, as addresses."""


# What is sent ----------------------------------------------------------------------------------------------------------


@dataclass
class Visit:
    """A page that was opened: the app, and the files that it offers."""

    app: AppTest
    files: list[tuple[str, object]] = field(default_factory=list)


def visit(page: str, query: dict[str, str], state: dict[str, Any] | None = None) -> Visit:
    """Open ``page`` at the settings' databases with everything on it open; ``state`` is set before the second run, as a click would."""
    app = AppTest.from_file(str(PROJECT / "dashboard" / "app.py"), default_timeout=120)
    for key, value in query.items():
        app.query_params[key] = value
    if page:
        app.switch_page(str(Path("..") / "pages" / f"{page}.py"))
    opened = Visit(app.run())
    for key in {key for proto in _protos(app) for key in _OPENED.findall(str(proto))}:
        app.session_state[key] = True
    for key, value in (state or {}).items():
        app.session_state[key] = value
    with _files(opened.files):
        app.run()
    assert not app.exception, app.exception[0].value
    return opened


@contextmanager
def _files(made: list[tuple[str, object]]) -> Iterator[None]:
    """Make every file that is offered and keep what is in it."""
    original = st.download_button

    def offered(label: str, data: object = None, **options: Any) -> bool:
        content = data() if callable(data) else data
        made.append((str(options.get("file_name")), _content(content)))  # type: ignore[arg-type]
        return original(label, data=b"", **options)

    with mock.patch.object(st, "download_button", offered):
        yield


def _content(content: bytes | str) -> object:
    if isinstance(content, bytes) and content.startswith(b"PK"):
        try:
            book = openpyxl.load_workbook(io.BytesIO(content))
        except (KeyError, ValueError, OSError):  # Word or slides: reports have their own tests
            return ""
        return {sheet.title: [[cell.value for cell in row] for row in sheet.iter_rows()] for sheet in book.worksheets}
    return content.decode("utf-8", "replace") if isinstance(content, bytes) else content


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in (getattr(node, "children", None) or {}).values():
        yield from _nodes(child)


def _protos(app: AppTest) -> Iterator[Any]:
    return (node.proto for node in _nodes(app._tree) if getattr(node, "proto", None) is not None)


def _plain(value: object) -> object:
    """Return what a message carries with JSON in texts and tables in bytes unpacked."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return _plain(json.loads(value))
        except ValueError:
            return value
    if isinstance(value, str) and _PACKED.fullmatch(value):
        try:
            return pa.ipc.open_stream(base64.b64decode(value)).read_all().to_pandas().to_string()
        except (ValueError, OSError, pa.ArrowInvalid):
            return value
    return value


def told(opened: Visit) -> list[str]:
    """Return all that is sent, one text for each element and file; what is drawn by lot (identities) is left out."""
    messages = [_plain(MessageToDict(proto, preserving_proto_field_name=True)) for proto in _protos(opened.app)]
    texts = [json.dumps(each, ensure_ascii=False, sort_keys=True, default=str) for each in (*messages, *opened.files)]
    return [_IDENTITY.sub("", text) for text in texts]


# What can be solved ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Hidden:
    """A frame before and after it was masked."""

    guard: Guard
    raw: pd.DataFrame
    smallest: int
    masked: Masked


@contextmanager
def watched_guards() -> Iterator[list[Hidden]]:
    """Keep every frame that a guard masks."""
    kept: list[Hidden] = []
    original: Callable[..., Masked] = Guard.hide

    def hide(self: Guard, frame: pd.DataFrame, smallest: int = 5) -> Masked:
        masked = original(self, frame, smallest)
        kept.append(Hidden(self, frame, smallest, masked))
        return masked

    with mock.patch.object(Guard, "hide", hide):
        yield kept


class _Puzzle:
    """The figures of a masked frame as unknowns with bounds, and the sums that a reader knows to hold."""

    def __init__(self, hidden: Hidden) -> None:
        self.smallest = hidden.smallest
        self.truth: list[float] = []
        self.bounds: list[tuple[float, float | None]] = []
        self.sums: list[list[tuple[int, float]]] = []
        raw, shown = hidden.raw.reset_index(drop=True), hidden.masked.frame.reset_index(drop=True)
        cells: dict[str, list[int]] = {}
        totals: dict[str, int] = {}
        sums = {each.part_of for each in hidden.guard.counts} | {each.name for each in hidden.guard.counts if each.total_of}
        for each in hidden.guard.counts:
            truth = raw[each.name].to_numpy(dtype=float).clip(min=0)
            seen = shown[each.name].to_numpy(dtype=float)
            pairs = zip(np.nan_to_num(truth), np.nan_to_num(seen), strict=True)
            cells[each.name] = [self._figure(a, b, is_total=each.name in sums) for a, b in pairs]
            if each.name in hidden.masked.totals:
                totals[each.name] = self._figure(float(np.nansum(truth)), hidden.masked.totals[each.name], is_total=True)
                self._sum(cells[each.name], totals[each.name])
            for by in each.within:
                groups = raw.groupby(list(by) if len(by) > 1 else by[0], observed=True, dropna=False, sort=False).indices
                told_sums = hidden.masked.sums[(each.name, by)]
                places = []
                for key, rows in groups.items():
                    seen_sum = float(told_sums.iloc[list(told_sums.index).index(key)])
                    places.append(self._figure(float(np.nansum(truth[rows])), seen_sum, is_total=True))
                    self._sum([cells[each.name][row] for row in rows], places[-1])
                if each.name in totals:
                    self._sum(places, totals[each.name])
        for each in hidden.guard.counts:
            if each.part_of:
                for part, whole in zip(cells[each.name], cells[each.part_of], strict=True):
                    if self.truth[whole] >= self.truth[part]:
                        self._sum([part, self._figure(self.truth[whole] - self.truth[part], None)], whole)
            for row, whole in enumerate(cells[each.name] if each.total_of else ()):
                self._sum([cells[name][row] for name in each.total_of], whole)

    def _figure(self, truth: float, seen: float | None, *, is_total: bool = False) -> int:
        """Add a figure: shown as ``seen``, or not printed at all (None)."""
        self.truth.append(truth)
        if seen is None:
            self.bounds.append((0.0, None))
        elif seen == COVERED:
            self.bounds.append((1.0 if is_total else float(self.smallest), None))
        else:
            self.bounds.append((1.0, self.smallest - 1.0) if seen == few(self.smallest) else (seen, seen))
        return len(self.truth) - 1

    def _sum(self, members: list[int], total: int) -> None:
        self.sums.append([*((member, 1.0) for member in members), (total, -1.0)])

    def solved(self) -> tuple[int, list[float]]:
        """Return how many small counts were tried, and those that could be pinned down further than is allowed."""
        small = [place for place, value in enumerate(self.truth) if 0 < value < self.smallest]
        wanted = min(LEAST_POSSIBLE, self.smallest - 1) - 1 - _TOLERANCE
        rows = [(line, place, sign) for line, terms in enumerate(self.sums) for place, sign in terms]
        lines, places, signs = zip(*rows, strict=True) if rows else ((), (), ())
        matrix = csr_array((signs, (lines, places)), shape=(len(self.sums), len(self.truth)))
        found = []
        for place in small:
            goal = np.zeros(len(self.truth))
            goal[place] = 1.0
            ends = [linprog(sign * goal, A_eq=matrix, b_eq=np.zeros(len(self.sums)), bounds=self.bounds) for sign in (1.0, -1.0)]
            assert ends[0].status == 0, "the true table must be possible"
            if ends[1].status == 0 and -ends[1].fun - ends[0].fun < wanted:
                found.append(float(self.truth[place]))
        return len(small), found


def solved(kept: list[Hidden]) -> tuple[int, list[str]]:
    """Return how many small counts of all frames were tried, and the frames of which one can be solved."""
    tried, found, seen = 0, [], set()
    for each in kept:
        mark = (each.smallest, repr(each.guard.counts), pd.util.hash_pandas_object(each.raw, index=False).to_numpy().tobytes())
        if mark in seen:
            continue
        seen.add(mark)
        count, broken = _Puzzle(each).solved()
        tried += count
        if broken:
            found.append(f"{broken} of {list(each.raw.columns)} below {each.smallest}")
    return tried, found
