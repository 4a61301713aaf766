"""What a block, a section or a number does not follow of the page's filters it says, and only where the filter asks for less."""

import pytest

from tests.integration.packages import small_county
from tests.kept import KeptCounties
from tests.pages.conftest import OpenApp, texts


@pytest.fixture(scope="module")
def small_url(kept_counties: KeptCounties) -> str:
    """A county with a row or two in every table."""
    return kept_counties.loaded(small_county())


@pytest.mark.parametrize(
    ("page", "view", "name", "code", "words"),
    [
        ("", {}, "scheme", "employee", "险种"),
        ("fiscal", {}, "community", "A", "医共体"),
        ("", {}, "grain", "rolling12", "统计周期"),
        ("quality", {}, "scheme", "employee", "险种"),
        ("quality", {"quality": "care"}, "scheme", "employee", "险种"),
        ("referrals", {"flow": "claims"}, "scheme", "employee", "险种"),
        ("referrals", {"flow": "claims"}, "community", "A", "医共体"),
        ("resources", {"section": "people"}, "community", "A", "医共体"),
        ("resources", {"section": "plan"}, "community", "A", "医共体"),
        ("utilisation", {"use": "beds"}, "grain", "rolling12", "统计周期"),
        ("utilisation", {"use": "efficiency"}, "grain", "rolling12", "统计周期"),
        ("utilisation", {"use": "forecast"}, "grain", "rolling12", "统计周期"),
        ("performance", {"part": "criteria"}, "grain", "rolling12", "统计周期"),
        ("performance", {"part": "criteria"}, "scheme", "employee", "险种"),
    ],
)
def test_what_does_not_follow_a_filter_says_so(
    open_app: OpenApp, small_url: str, page: str, view: dict[str, str], name: str, code: str, words: str
) -> None:
    month = {"month": "2025-01"}
    open_filters = open_app(page, url=small_url, **view, **month)
    assert not open_filters.exception
    assert "不随“" not in texts(open_filters)
    closer = open_app(page, url=small_url, **view, **month, **{name: code})
    assert not closer.exception
    told = texts(closer).replace("\\", "")
    assert any("不随“" in line and words in line for line in told.splitlines())


@pytest.mark.parametrize(
    "page", ["", "contracts", "data", "fiscal", "insurance", "performance", "quality", "referrals", "reform", "resources", "utilisation"]
)
def test_a_filter_that_is_off_says_why_and_the_subtitle_names_the_area(open_app: OpenApp, small_url: str, page: str) -> None:
    app = open_app(page, url=small_url, month="2025-01")
    filters = [box for box in app.selectbox if box.key in ("month", "grain", "community", "level", "scheme")]
    assert len(filters) == 5
    for box in filters:
        assert bool(box.proto.help) == box.disabled
