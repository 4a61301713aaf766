import datetime
from pathlib import Path

import pytest

from dashboard.analysis.periods import Grain
from dashboard.services.common.database import open_database
from dashboard.services.common.filters import FilterOptions, Level, Scheme, filter_options
from dashboard.store import codes
from dashboard.topics import PAGES
from dashboard.ui.frame import filters as filter_widgets
from tests.tiny import MONTHS, PLAIN_NAMES, make_tiny_database


@pytest.fixture
def options(tmp_path: Path) -> FilterOptions:
    return filter_options(open_database(make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}")))


def test_months_come_newest_first_without_gaps(options: FilterOptions) -> None:
    assert options.months == tuple(reversed(MONTHS))


def test_communities_keep_their_order_and_place(options: FilterOptions) -> None:
    assert [community.short_name for community in options.communities] == list(PLAIN_NAMES)
    assert [community.position for community in options.communities] == [0, 1, 2, 3, 4]


def test_default_is_the_newest_month_of_the_whole_county(options: FilterOptions) -> None:
    default = options.default()
    assert default is not None
    assert default.period.last == datetime.date(2025, 10, 1)
    assert (default.period.grain, default.community, default.level, default.scheme) == (Grain.MONTH, None, Level.ALL, Scheme.ALL)


def test_no_facts_give_no_months_and_no_default(tmp_path: Path) -> None:
    empty = filter_options(open_database(make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False)))
    assert empty.months == ()
    assert empty.default() is None
    assert len(empty.communities) == len(PLAIN_NAMES)


def test_unknown_community_is_none(options: FilterOptions) -> None:
    assert options.community("C3") == options.communities[2]
    assert options.community("nobody") is None
    assert options.community(None) is None


def test_labels_cover_every_code() -> None:
    assert set(filter_widgets.GRAINS) == set(Grain)
    assert set(filter_widgets.LEVELS) == set(Level)
    assert set(filter_widgets.SCHEMES) == set(Scheme)
    assert set(Scheme) == {Scheme.ALL, *codes.INSURANCE_SCHEME}


def test_pages_name_only_filters_that_exist() -> None:
    for entry in PAGES:
        assert set(entry.filters) <= set(filter_widgets.LABELS)
