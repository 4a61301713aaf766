"""The flow map's arcs and names: few are drawn whole; of very many the largest stand out, and names without room are left out."""

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.flow_geometry import fitted_window
from dashboard.ui.kit.flow_map import PlaceLabel, arc_groups, arc_layers, arc_widths, label_rows
from dashboard.ui.kit.theme import LIGHT

BROWN, GREEN = "#A85400", "#1E7F4F"


def flows(count: int) -> pd.DataFrame:
    """Return ``count`` arcs of 1, 2, 3, … cases."""
    return pd.DataFrame(
        {
            "origin": [f"town:T{number}" for number in range(count)],
            "destination": [f"site:H{number % 7}" for number in range(count)],
            "cases": np.arange(1, count + 1, dtype=float),
            "origin_longitude": 120.0, "origin_latitude": 30.0, "destination_longitude": 120.12345, "destination_latitude": 30.5,
        }
    )  # fmt: skip


def grouped(count: int):
    """Return the groups of ``count`` arcs, every other one green."""
    rows = flows(count)
    colours = [BROWN if number % 2 else GREEN for number in range(count)]
    return arc_groups(rows, rows["cases"], colours, [f"{cases:.0f}" for cases in rows["cases"]])


def test_few_arcs_are_one_group_a_colour_with_the_largest_on_top() -> None:
    groups = grouped(2_000)
    assert [(group.colour, group.leading, len(group.rows)) for group in groups] == [(GREEN, True, 1_000), (BROWN, True, 1_000)]
    for group in groups:
        assert [float(row["hover"]) for row in group.rows] == sorted(float(row["hover"]) for row in group.rows)
    assert groups[-1].rows[-1] == {
        "s": [120.0, 30.0], "t": [120.1234, 30.5], "w": 11.0, "o": "town:T1999", "d": "site:H4", "hover": "2000",
    }  # fmt: skip


def test_of_very_many_arcs_the_largest_stand_out_and_none_is_lost() -> None:
    groups = grouped(10_000)
    assert sum(len(group.rows) for group in groups) == 10_000
    assert [group.leading for group in groups] == [False, False, True, True]
    leading = [float(row["hover"]) for group in groups if group.leading for row in group.rows]
    ground = [float(row["hover"]) for group in groups if not group.leading for row in group.rows]
    assert min(leading) > max(ground)
    layers = arc_layers(groups)
    assert {layer.get_width for layer, group in zip(layers, groups, strict=True) if not group.leading} == {0.5}
    assert min(row["w"] for group in groups if group.leading for row in group.rows) > 1
    clear, full = (
        [layer.get_target_color[3] for layer, group in zip(layers, groups, strict=True) if group.leading is each] for each in (False, True)
    )
    assert max(clear) < 64 < min(full)
    assert len({layer.id for layer in layers}) == 4


@pytest.mark.parametrize("weights", [[], [0.0, 0.0], [5.0], [1.0, 4.0, 16.0]])
def test_widths_grow_with_the_root_of_the_weight(weights: list[float]) -> None:
    widths = arc_widths(weights)
    assert len(widths) == len(weights)
    assert widths == sorted(widths)
    assert all(1.2 <= width <= 11.0 for width in widths)
    if len(weights) == 3:
        assert widths == [pytest.approx(1.2 + 9.8 / 4, abs=0.06), pytest.approx(1.2 + 9.8 / 2, abs=0.06), 11.0]


def test_names_without_room_are_left_out_the_heavier_stay_and_some_stay_always() -> None:
    window = fitted_window((119.7, 30.1, 120.4, 30.6), 668, 490)
    crowd = [PlaceLabel(120.0, 30.3, f"镇{number}", float(number)) for number in range(40)]
    beyond = PlaceLabel(120.0, 30.3, "省外A 165 km\n242 人次", 0.0, always=True)
    shown = [row["text"] for row in label_rows([*crowd, beyond], window, LIGHT)]
    assert shown[0] == beyond.text
    assert 2 <= len(shown) < 20
    assert set(shown[1:]) == {f"镇{number}" for number in range(40 - len(shown) + 1, 40)}


def test_a_long_name_is_cut() -> None:
    window = fitted_window((119.7, 30.1, 120.4, 30.6), 668, 490)
    (row,) = label_rows([PlaceLabel(120.0, 30.3, "某某省某某市某某县第一人民医院医共体总院", 1.0)], window, LIGHT)
    assert row["text"] == "某某省某某市某某县第一人…"


@pytest.mark.parametrize("longitude", [119.7, 120.4])
def test_a_name_at_the_edge_is_not_cut(longitude: float) -> None:
    window = fitted_window((119.7, 30.1, 120.4, 30.6), 400, 300, (10, 10))
    (row,) = label_rows([PlaceLabel(longitude, 30.3, "省级A等 10 家 15–26 km\n3,611 人次", always=True)], window, LIGHT)
    middle = window.pixel(longitude, 30.3)[0] + row["offset"][0]
    assert 70 < middle < 330
