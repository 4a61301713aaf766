"""No count of 1 to 4 leaves the server in any form: of two counties that differ in nothing else, every page sends the same."""

from collections.abc import Callable, Iterator

import pandas as pd
import pytest

from dashboard.analysis.small_counts import Guard, People
from dashboard.topics import PAGES as DECLARED
from dashboard.ui.frame.drill import Asked
from tests.conftest import Demonstration
from tests.sent import PAGES, Hidden, shown_elsewhere, solved, told, visit, watched_guards
from tests.small_cells import make_small_cells
from tests.views import APART

_BEHIND = ("B02", "B08", "C03", "C05", "D05", "E03")


def _name(value: object) -> str:
    return "-".join(value.values()) if isinstance(value, dict) else str(value) or "overview"


@pytest.fixture(scope="module")
def urls(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    versions = {
        "one": {},
        "other": {"swapped": True},
        "large": {"low": 21, "high": 33},
        "large_other": {"low": 21, "high": 33, "swapped": True},
    }
    return {name: make_small_cells(tmp_path_factory.mktemp(name), **which) for name, which in versions.items()}


@pytest.fixture(scope="module")
def tried() -> Iterator[list[int]]:
    """How many small counts the solver was let loose on, over all pages."""
    counts: list[int] = []
    yield counts
    print(f"small counts tried by linear programming: {sum(counts)}")


@pytest.mark.parametrize(("page", "query"), PAGES, ids=_name)
def test_two_counties_that_differ_in_small_counts_alone_look_alike(
    use_database: Callable[[str], None], urls: dict[str, str], tried: list[int], page: str, query: dict[str, str]
) -> None:
    use_database(urls["one"])
    with watched_guards() as kept:
        one = told(visit(page, query))
    use_database(urls["other"])
    other = told(visit(page, query))
    assert len(one) == len(other)
    assert [pair for pair in zip(one, other, strict=True) if pair[0] != pair[1]] == []
    count, found = solved(kept)
    tried.append(count)
    assert found == []


@pytest.mark.parametrize("indicator", _BEHIND)
def test_what_opens_behind_a_number_looks_alike_too(use_database: Callable[[str], None], urls: dict[str, str], indicator: str) -> None:
    sent = []
    for name in ("one", "other"):
        use_database(urls[name])
        sent.append(told(visit("", {}, {"drill_asked": Asked(indicator)})))
    assert sent[0] == sent[1]


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("", {}),
        ("utilisation", {"use": "pabon"}),
        ("referrals", {"flow": "referrals", "flow_level": "institution"}),
        ("resources", {"section": "centres"}),
        ("performance", {"part": "institutions"}),
        ("cockpit", {}),
    ],
    ids=_name,
)
def test_larger_counts_are_told_so_the_walk_would_see_them(
    use_database: Callable[[str], None], urls: dict[str, str], page: str, query: dict[str, str]
) -> None:
    sent = []
    for name in ("large", "large_other"):
        use_database(urls[name])
        sent.append(told(visit(page, query)))
    assert sent[0] != sent[1]


def test_the_solver_was_let_loose_on_many(tried: list[int]) -> None:
    assert sum(tried) > 100


def test_the_solver_would_find_what_is_hidden_badly() -> None:
    frame = pd.DataFrame({"cases": [3.0, 12.0, 40.0]})
    with watched_guards() as kept:
        Guard((People("cases"),)).hide(frame)
    assert solved(kept) == (1, [])
    kept[0].masked.frame["cases"] = [2.5, 12.0, 40.0]  # the one beside it left open
    assert solved(kept)[1] == ["[3.0] of ['cases'] below 5"]


def test_what_one_frame_hides_and_another_shows_would_be_seen() -> None:
    frame = pd.DataFrame({"name": ["甲", "乙", "丙"], "cases": [3.0, 12.0, 40.0]})
    with watched_guards() as kept:
        Guard((People("cases"),)).hide(frame)
        Guard((People("cases", totalled=False),)).hide(frame.set_index("name"))
    assert len(shown_elsewhere(kept)) == 1, "12 protects the 3 in one and stands open in the other"


def test_every_page_with_business_data_is_walked() -> None:
    assert {page or "overview" for page, _query in PAGES} == {page.name for page in DECLARED} - set(APART)


_DEMONSTRATED: tuple[tuple[str, dict[str, str]], ...] = (
    ("", {}),
    ("resources", {"section": "centres"}),
    ("utilisation", {"use": "pabon"}),
    ("referrals", {"flow": "referrals", "flow_level": "institution", "pairs": "cases"}),
    ("referrals", {"flow": "claims", "flow_level": "town", "pairs": "list"}),
    ("insurance", {"detail": "hospitals"}),
    ("insurance", {"detail": "ladder"}),
    ("performance", {"part": "drill"}),
    *(("quality", {"quality": section}) for section in ("all", "costs", "care", "drg")),
    ("contracts", {}),
    ("cockpit", {}),
)
"""The pages of the demonstration county that hide something."""


def test_no_count_of_the_demonstration_county_can_be_solved(use_database: Callable[[str], None], demonstration: Demonstration) -> None:
    """Every frame of a page by linear programming, and the frames of a page against each other."""
    use_database(demonstration.url)
    tried, seen = 0, set[object]()
    for page, query in _DEMONSTRATED:
        kept: list[Hidden]
        with watched_guards() as kept:
            visit(page, query)
        count, found = solved(kept, seen)
        tried += count
        assert found == [], (page, query)
        assert shown_elsewhere(kept) == [], (page, query)
    assert tried > 500
