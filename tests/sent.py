"""Everything that a page sends to the browser, and what somebody could solve it for.

``visit`` runs a page as a browser does, opens every definition and table on it and makes every file that it offers; ``told`` gives all of
that as text, element by element. ``Frames`` keeps every frame that a ``Guard`` masks meanwhile; ``solved`` tries to compute its hidden
counts from what is shown, by linear programming: the slow way, separate from the one by which they are hidden.
"""

import base64
import datetime
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
from tests.components import behind_cards
from tests.views import APART, VIEWS

_IDENTITY = re.compile(
    r"\$\$ID-[0-9a-f]+-|\"uuid\": \"[0-9a-f]+\"|\b[0-9a-f]{24,64}\b|\b[0-9a-f]{8}…|/uploads/[\w-]+|\b\d{2}:\d{2}(?::\d{2})?\b"
)
_PACKED = re.compile(r"[A-Za-z0-9+/=]{40,}")
_TOLERANCE = 1e-6
_IMPOSSIBLE = 2  # what linprog says of sums that no table fulfils

_MORE: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {"grain": "quarter"}),
    ("", {"community": "A"}),
    ("utilisation", {"use": "beds", "hospital": "C1", "rate": "turnover"}),
    *(
        ("referrals", {"flow": flow, "flow_level": level, "pairs": pairs})
        for flow in ("referrals", "claims")
        for level, pairs in (("institution", "cases"), ("town", "list"), ("community", "row"))
    ),
    ("quality", {"quality": "costs", "peers": "centre", "grain": "rolling12"}),
    ("contracts", {"community": "A"}),
)
_TRAIL = "meeting-audit"  # what was done, these visits themselves included: no patients, and another text each time
_WALKED = [view for view in VIEWS if view.page not in APART and str(view) != _TRAIL]
PAGES = (*(("" if view.page == "overview" else view.page, dict(view.query)) for view in _WALKED), *_MORE)
"""Every page with each of its sections, and some of them filtered further, as addresses."""


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
    for key, value in (behind_cards(app) | (state or {})).items():
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
    """Return all that is sent, one text for each element and file; identities, drawn by lot, checksums and moments are left out."""
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
        grouped: dict[tuple[str, tuple[str, ...], object], tuple[int, list[int]]] = {}
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
                    grouped[(each.name, by, key)] = places[-1], list(rows)
                    self._sum([cells[each.name][row] for row in rows], places[-1])
                if each.name in totals:
                    self._sum(places, totals[each.name])
        for each in hidden.guard.counts:
            if each.part_of:
                pairs = zip(cells[each.name], cells[each.part_of], strict=True)
                rests = [self._rest(part, whole) for part, whole in pairs]
                for (name, by, key), (part, rows) in list(grouped.items()):
                    if name == each.name and (each.part_of, by, key) in grouped:
                        rest = self._rest(part, grouped[(each.part_of, by, key)][0])
                        members = [rests[row] for row in rows]
                        if rest is not None and None not in members:
                            self._sum(members, rest)  # type: ignore[arg-type]
            for row, whole in enumerate(cells[each.name] if each.total_of else ()):
                self._sum([cells[name][row] for name in each.total_of], whole)

    def _rest(self, part: int, whole: int) -> int | None:
        """Add what a part leaves of its whole, which nobody prints; None where the part is larger, and so no part of it."""
        if self.truth[whole] < self.truth[part]:
            return None
        rest = self._figure(self.truth[whole] - self.truth[part], None)
        self._sum([part, rest], whole)
        return rest

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
        if not small:
            return 0, []
        wanted = min(LEAST_POSSIBLE, self.smallest - 1) - 1 - _TOLERANCE
        rows = [(line, place, sign) for line, terms in enumerate(self.sums) for place, sign in terms]
        lines, places, signs = zip(*rows, strict=True) if rows else ((), (), ())
        matrix = csr_array((signs, (lines, places)), shape=(len(self.sums), len(self.truth)))
        known = {"A_eq": matrix, "b_eq": np.zeros(len(self.sums)), "bounds": self.bounds}
        least, most = np.array(self.truth), np.array(self.truth)

        def solve(goal: np.ndarray) -> bool:
            """Push figures as far as ``goal`` says and keep how far each went: each answer is a table that a reader must think possible."""
            answer = linprog(goal, **known)
            assert answer.status != _IMPOSSIBLE, "the true table must be possible"
            if answer.status == 0:
                np.minimum(least, answer.x, out=least)
                np.maximum(most, answer.x, out=most)
            return bool(answer.status == 0)

        random = np.random.default_rng(7)
        for signs_of in (np.ones(len(small)), *(random.choice([-1.0, 1.0], len(small)) for _ in range(4))):
            goal = np.zeros(len(self.truth))
            goal[small] = signs_of
            solve(goal)
            solve(-goal)
        found = []
        for place in [each for each in small if most[each] - least[each] < wanted]:
            goal = np.zeros(len(self.truth))
            goal[place] = 1.0
            bounded = solve(goal), solve(-goal)
            if all(bounded) and most[place] - least[place] < wanted:
                found.append(float(self.truth[place]))
        return len(small), found


def _identities(frame: pd.DataFrame) -> list[frozenset[str]]:
    """Return by which words each row is known: codes, names and months of its columns and index."""
    whole = frame.reset_index(names=[f"{name} of the index" for name in frame.index.names]) if frame.index.names != [None] else frame
    return [frozenset(str(value) for value in row if isinstance(value, str | datetime.date)) for row in whole.itertuples(index=False)]


def shown_elsewhere(kept: list[Hidden]) -> list[str]:
    """Return the counts that one frame of a page hides and another shows: the same column, count and further numbers of the same thing.

    Two rows are of one thing when all words of the one are among those of the other, and no number that both tell differs.
    """
    rows: dict[tuple[int, str, float], list[tuple[int, frozenset[str], dict[str, object], bool]]] = {}
    for number, each in enumerate(kept):
        numbers = each.raw.select_dtypes("number").to_dict("records")
        for person in each.guard.counts:
            raw, told = (frame[person.name].astype(float) for frame in (each.raw, each.masked.frame))
            for who, about, truth, seen in zip(_identities(each.raw), numbers, raw, told, strict=True):
                if who and truth > 0:
                    rows.setdefault((each.smallest, person.name, float(truth)), []).append((number, who, about, seen == truth))
    return [
        f"{key} of {sorted(who)} is hidden in frame {number} and shown in frame {other}"
        for key, found in rows.items()
        for number, who, about, open_here in found
        for other, whose, beside, open_there in found
        if not open_here
        and open_there
        and (who <= whose or whose <= who)
        and all(about[name] == beside[name] for name in about.keys() & beside.keys())
    ]


def solved(kept: list[Hidden], seen: set[object] | None = None) -> tuple[int, list[str]]:
    """Return how many small counts of all frames were tried, and the frames of which one can be solved; not those ``seen`` before."""
    tried, found, seen = 0, [], set() if seen is None else seen
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
