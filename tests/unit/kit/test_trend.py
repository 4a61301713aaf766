"""The foot of a headline number: where bar, tick, line and dot stand."""

import math
import xml.etree.ElementTree as ElementTree
from urllib.parse import unquote

from dashboard.analysis.chart_geometry import sparkline
from dashboard.ui.kit.theme import LIGHT
from dashboard.ui.kit.trend import _bar, _line, _picture


def _drawn(parts: list[str]) -> list[ElementTree.Element]:
    source = _picture(parts)
    assert source.startswith("data:image/svg+xml,")
    drawn = ElementTree.fromstring(unquote(source.partition(",")[2]))
    for part in drawn.iter():
        part.tag = part.tag.rpartition("}")[2]
    return list(drawn)


def test_the_bar_takes_half_the_width_and_is_cut_at_its_end() -> None:
    background, bar, tick = _drawn(_bar(LIGHT, "#123456", 0.5, 0.8))
    assert (background.get("width"), bar.get("width"), tick.get("x1")) == ("50.00%", "25.00%", "40.00%")
    assert bar.get("fill") == "#123456"
    _background, bar, tick = _drawn(_bar(LIGHT, "#123456", 3.0, -1.0))
    assert (bar.get("width"), tick.get("x1")) == ("50.00%", "0.00%")


def test_without_share_or_target_nothing_stands_for_them() -> None:
    assert _bar(LIGHT, "#123456", None, None) == []
    assert [part.tag for part in _drawn(_bar(LIGHT, "#123456", None, 0.5))] == ["line"]


def test_a_missing_month_leaves_a_gap_and_the_last_known_one_carries_the_dot() -> None:
    box, dot = _drawn(_line(sparkline([1.0, 2.0, None, 3.0, math.nan]), "#123456", 56.0, 100.0, dot=True))
    (path,) = box
    assert (path.get("d") or "").count("M") == 2
    assert path.get("vector-effect") == "non-scaling-stroke"
    assert 56 < float((dot.get("cx") or "").rstrip("%")) < 100
    assert dot.get("cy") == "12.0%"  # the highest value, a little below the edge


def test_a_line_of_nothing_is_nothing_and_a_flat_one_stands() -> None:
    assert _line(sparkline([None, math.nan]), "#123456", 0.0, 100.0, dot=True) == []
    (box,) = _drawn(_line(sparkline([5.0, 5.0]), "#123456", 0.0, 100.0, dot=False))
    assert "NaN" not in (box[0].get("d") or "")
