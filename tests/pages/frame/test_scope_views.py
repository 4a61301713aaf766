"""Every view that an address opens, asked by somebody who may see one community: not a byte of what is sent comes from others' rows."""

import base64
import json
import re

import pyarrow as pa
import pytest
from google.protobuf.json_format import MessageToDict
from streamlit.testing.v1 import AppTest

from dashboard.catalogue.release import release_rules
from dashboard.services.common import indicators
from tests.pages.conftest import OpenApp
from tests.pages.frame.test_scope import ONE, become, changed_url, county_url
from tests.views import APART, VIEWS, View

__all__ = ["changed_url", "county_url"]

_SEEN = [view for view in VIEWS if view.page not in APART]
_MORE = [View("overview", {"community": "county"}), View("performance", {"unit": "C2"}), View("overview", {"scheme": "employee"})]
_VOLATILE = re.compile(r"\$\$[^\"]*|[0-9a-f]{32,}|\d{2}:\d{2}(:\d{2})?|错误编号 [0-9A-F]+|/uploads/[\w-]+")


@pytest.fixture(autouse=True)
def _nothing_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    """County values that the county releases do change with others' rows; here it releases none."""
    rules = release_rules().model_copy(update={"least_communities": 99, "least_others": 99})
    monkeypatch.setattr(indicators, "release_rules", lambda: rules)


def _shown(value: object) -> object:
    """Return what a message says: tables as their cells, since the bytes between them are nobody's."""
    if isinstance(value, dict):
        return {name: _cells(each) if name == "arrowData" else _shown(each) for name, each in value.items()}
    return [_shown(each) for each in value] if isinstance(value, list) else value


def _cells(table: dict) -> object:
    return pa.ipc.open_stream(base64.b64decode(table["data"])).read_all().to_pydict() if "data" in table else None


def sent(app: AppTest) -> list[str]:
    """Return everything that was sent to the browser to be shown, without names of widgets and moments."""
    found = []
    for node in app._tree:
        proto = getattr(node, "proto", None)
        if proto is not None:
            found.append(_VOLATILE.sub("", json.dumps(_shown(MessageToDict(proto)), ensure_ascii=False, sort_keys=True, default=str)))
    return found


@pytest.mark.parametrize("view", [*_SEEN, *_MORE], ids=str)
def test_not_a_byte_comes_from_rows_outside(
    open_app: OpenApp, county_url: str, changed_url: str, monkeypatch: pytest.MonkeyPatch, view: View
) -> None:
    become(monkeypatch, ONE)
    mine, theirs = (open_app(view.page, url=url, **view.query) for url in (county_url, changed_url))
    assert not mine.exception, mine.exception
    assert sent(mine) == sent(theirs)


def test_the_change_would_be_seen_by_who_may_see_it(open_app: OpenApp, county_url: str, changed_url: str) -> None:
    mine, theirs = (open_app("resources", url=url) for url in (county_url, changed_url))
    assert sent(mine) != sent(theirs)
