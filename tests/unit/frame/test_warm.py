"""After a load the server makes the first answers by itself, once, whatever fails on the way."""

import importlib.util
import threading

import pytest

from dashboard.errors import DatabaseError, ProductError
from dashboard.ui.frame import warm
from dashboard.ui.frame.warm import Warmer


class _Server:
    """A database whose loads are counted, and what was made of each."""

    def __init__(self) -> None:
        self.load: int | ProductError = 1
        self.made: list[tuple[str, int | ProductError]] = []

    def newest(self) -> object:
        if isinstance(self.load, ProductError):
            raise self.load
        return self.load

    def first(self) -> None:
        self.made.append(("first", self.load))

    def later(self) -> None:
        self.made.append(("later", self.load))

    def fails(self) -> None:
        raise DatabaseError("没有", "请重试")


def test_every_load_is_made_once() -> None:
    server = _Server()
    warmer = Warmer(server.newest, (server.first, server.later))
    assert [warmer.look(), warmer.look()] == [True, False]
    server.load = 2
    assert [warmer.look(), warmer.look()] == [True, False]
    assert server.made == [("first", 1), ("later", 1), ("first", 2), ("later", 2)]


def test_a_database_that_is_away_is_no_load_and_is_found_again() -> None:
    server = _Server()
    server.load = DatabaseError("没有", "请重试")
    warmer = Warmer(server.newest, (server.first,))
    assert warmer.look() is False
    server.load = 1
    assert warmer.look() is True
    assert server.made == [("first", 1)]


def test_an_answer_that_fails_does_not_keep_the_others_away() -> None:
    server = _Server()
    assert Warmer(server.newest, (server.fails, server.later)).look() is True
    assert server.made == [("later", 1)]


def test_it_goes_on_looking_after_a_fault_of_ours(caplog: pytest.LogCaptureFixture) -> None:
    server = _Server()
    waited: list[float] = []

    def faulty() -> None:
        raise ValueError("a fault")

    def ended(seconds: float) -> bool:
        waited.append(seconds)
        server.load = len(waited)
        return len(waited) > 3

    Warmer(server.newest, (server.first, faulty)).stay(ended)
    assert [load for _name, load in server.made] == [1, 2, 3]
    assert "warming up failed" in caplog.text


def test_a_database_that_takes_long_keeps_nobody_from_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first answers go on being made behind it."""
    asked, may_end, made = threading.Event(), threading.Event(), threading.Event()

    def slow() -> None:
        asked.set()
        may_end.wait(60)
        made.set()

    monkeypatch.setattr(warm, "_FIRST_SECONDS", 0.01)
    monkeypatch.setattr(warm, "_first_answers", slow)
    monkeypatch.setattr(warm, "_import_the_rest", lambda done, _ended: done.set())
    assert warm.warm().wait(60)
    assert asked.wait(60)
    assert not made.is_set()
    may_end.set()
    assert made.wait(60)


def test_what_pages_import_is_known_the_first_page_in_front() -> None:
    modules = warm.page_modules()
    assert (
        modules.index("dashboard.ui.frame.report_button")
        < modules.index("dashboard.ui.audit.page")
        < modules.index("dashboard.ui.quality.page")
    )
    assert all(importlib.util.find_spec(name) for name in modules)
