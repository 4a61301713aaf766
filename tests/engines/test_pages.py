"""Pages from MariaDB and Spark: what is drawn is, word for word, what is drawn from the DuckDB file they were published from."""

import re
from itertools import zip_longest

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Demonstration
from tests.pages.conftest import OpenApp
from tests.pages.walk import drawn
from tests.views import VIEWS, View

_NAMED_ANEW = re.compile(r"[0-9a-f]{32}|^[0-9a-f]{5}$|\b\d\d:\d\d\b")
"""What Streamlit calls a chart or a file and pandas a table: another name each time; and what the clock says."""
_IMPLAUSIBLE = "quality-care"
"""The small county is drawn by chance and has more events than cases: this section refuses it on every engine."""


def _words(app: AppTest) -> list[str]:
    assert [each.value for each in app.exception] == []
    found = [_NAMED_ANEW.sub("#", text) for text in drawn(app)]
    assert not [text for text in found if "错误编号" in text]
    assert len(found) > 10
    return found


def differing(expected: list[str], found: list[str]) -> list[tuple[str, str]]:
    """What is not the same, text by text; all of what is there more in one of them."""
    return [pair for pair in zip_longest(expected, found, fillvalue="") if pair[0] != pair[1]]


@pytest.mark.parametrize("view", [view for view in VIEWS if str(view) != _IMPLAUSIBLE], ids=str)
def test_a_page_from_mariadb_is_the_page_from_duckdb(view: View, open_app: OpenApp, small_url: str, small_mariadb: str) -> None:
    """Every page and section of the small county."""
    expected, found = (_words(open_app(view.page, url=url, **view.query)) for url in (small_url, small_mariadb))
    assert differing(expected, found) == []


@pytest.mark.parametrize("view", [view for view in VIEWS if str(view) in (_IMPLAUSIBLE, "overview", "insurance-baseline")], ids=str)
def test_a_page_of_the_demonstration_county(
    view: View, open_app: OpenApp, demonstration: Demonstration, demonstration_mariadb: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages that ask much, of a million and a half rows; a busy machine is no difference."""
    monkeypatch.setenv("DATABASE_SECONDS", "120")
    expected, found = (_words(open_app(view.page, url=url, **view.query)) for url in (demonstration.url, demonstration_mariadb))
    assert differing(expected, found) == []


@pytest.mark.parametrize("page", ["overview", "utilisation"])
def test_a_page_from_spark_is_the_page_from_duckdb(page: str, open_app: OpenApp, small_url: str, small_spark: str) -> None:
    """Two pages of the small county: a question takes Spark a second or more, however little it is asked for."""
    expected, found = (_words(open_app(page, url=url)) for url in (small_url, small_spark))
    assert differing(expected, found) == []
