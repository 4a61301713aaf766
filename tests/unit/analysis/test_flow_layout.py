"""Where nodes and bands of a flow diagram stand."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.flow_layout import flow_layout


def test_two_flows_into_one_fill_the_height_by_what_passes() -> None:
    found = flow_layout(3, [(0, 2, 6.0), (1, 2, 4.0)], 110, 10)
    assert [(node.column, node.top, node.bottom) for node in found.nodes[:2]] == [(0, 0, 60), (0, 70, 110)]
    assert found.nodes[2].bottom - found.nodes[2].top == pytest.approx(100)
    first, second = found.bands
    assert (first.leaves, first.width, second.leaves, second.width) == (0, 60, 70, 40)
    assert (first.reaches, second.reaches) == pytest.approx((found.nodes[2].top, found.nodes[2].top + 60))
    assert found.columns == 2


def test_what_nothing_leaves_stands_in_the_last_column() -> None:
    found = flow_layout(5, [(0, 1, 1.0), (1, 2, 1.0), (0, 3, 1.0)], 100, 5)
    assert [node.column for node in found.nodes] == [0, 1, 2, 2, 0]
    assert found.nodes[4].top == found.nodes[4].bottom  # nothing passes it
    assert [found.across(node) for node in range(5)] == [0, 0.5, 1, 1, 0]


def test_a_single_column_stands_at_the_left() -> None:
    assert flow_layout(2, [], 100, 5).across(1) == 0


def test_nodes_are_ordered_so_that_bands_do_not_cross() -> None:
    found = flow_layout(4, [(0, 3, 5.0), (1, 2, 5.0)], 100, 10)
    assert found.nodes[3].top < found.nodes[2].top


def test_nothing_is_an_empty_picture_and_a_circle_is_refused() -> None:
    assert flow_layout(0, [], 100, 10).nodes == ()
    assert flow_layout(2, [(0, 1, 0.0)], 100, 10).bands[0].width == 0
    with pytest.raises(ValueError, match="circle"):
        flow_layout(2, [(0, 1, 1.0), (1, 0, 1.0)], 100, 10)


_LINKS = st.lists(st.tuples(st.integers(0, 4), st.integers(5, 9), st.floats(0, 1_000)), min_size=1, max_size=25)


@given(_LINKS, st.floats(40, 600), st.floats(0, 60))
def test_no_two_nodes_of_a_column_touch_and_all_bands_stay_at_their_nodes(links, height: float, pad: float) -> None:
    found = flow_layout(10, links, height, pad)
    for column in range(found.columns):
        nodes = sorted((node for node in found.nodes if node.column == column), key=lambda node: (node.top, node.bottom))
        assert all(after.top >= before.bottom - 1e-6 for before, after in pairwise(nodes))
        assert not nodes or (nodes[0].top >= -1e-6 and nodes[-1].bottom <= height + 1e-6)
    for (source, target, _amount), band in zip(links, found.bands, strict=True):
        for node, edge in ((found.nodes[source], band.leaves), (found.nodes[target], band.reaches)):
            assert node.top - 1e-6 <= edge <= edge + band.width <= node.bottom + 1e-6
