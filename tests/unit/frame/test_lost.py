"""An address that no page has, in front of an application that says what reached it."""

import pytest

from dashboard.topics import PAGES
from dashboard.ui.frame.lost import KnownPages
from tests.unit.frame.test_door import Reached, ask, headers_of, scope_of


@pytest.mark.parametrize(
    ("path", "query", "led"),
    [
        ("/overview", b"", "/"),
        ("/overview", b"month=2025-09&lang=en", "/?month=2025-09&lang=en"),
        ("/nowhere", b"", "/?no_page=nowhere"),
        ("/utilisation/", b"", None),
        ("/utilisation/further", b"", "/?no_page=utilisation%2Ffurther"),
        ("/%3Cscript%3E", b"lang=en", "/?no_page=%253Cscript%253E&lang=en"),
        ("//elsewhere.example", b"", "/?no_page=elsewhere.example"),
        ("/a" + "b" * 300, b"", "/?no_page=a" + "b" * 59),
    ],
)
def test_a_browser_is_led_to_the_first_page_with_the_rest_of_its_address(path: str, query: bytes, led: str | None) -> None:
    app = Reached()
    (start, *_rest) = ask(KnownPages(app), scope_of(path, accept="text/html") | {"query_string": query})
    assert len(app.scopes) == (led is None)
    if led is not None:
        assert (start["status"], headers_of(start)[b"location"].decode()) == (303, led)


@pytest.mark.parametrize("page", [page.name for page in PAGES[1:]])
def test_every_page_is_there(page: str) -> None:
    app = Reached()
    ask(KnownPages(app), scope_of(f"/{page}", accept="text/html"))
    assert len(app.scopes) == 1


@pytest.mark.parametrize(
    ("path", "accept"),
    [("/static/a.js", "*/*"), ("/api/v1/docs", "text/html"), ("/media/a.png", "text/html"), ("/nowhere.png", "image/png")],
)
def test_what_is_no_page_is_left_alone(path: str, accept: str) -> None:
    app = Reached()
    ask(KnownPages(app, beside=frozenset({"api"})), scope_of(path, accept=accept))
    assert len(app.scopes) == 1
