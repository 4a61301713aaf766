"""Labels of maps stay inside: what an edge would cut is told without its middle, or by the pointer alone."""

from dashboard.analysis.flow_geometry import world_pixel
from dashboard.ui.kit.maps import _Label, _placed
from dashboard.ui.utilisation.map import Dot, _labels

NAME = "中心卫生院 (三院医共体 · 瓶窑镇) 44.5%"


def test_a_label_that_an_edge_would_cut_is_shortened_or_left_out() -> None:
    x, y = world_pixel(120.0, 30.0, 10)
    roomy, narrow, none = ((x - half, y - 100, x + half, y + 100) for half in (400, 90, 20))
    label = _Label(NAME, 120.0, 30.0, 5, centred=False)
    dot = Dot(120.0, 30.0, NAME, "#123456", 1)
    for texts in (
        lambda window: [row["text"] for row in _placed([label], 10, window, [])],
        lambda window: [row["label"] for row in _labels([dot], [5], 10, window)],
    ):
        assert texts(roomy) == [NAME]
        (short,) = texts(narrow)
        assert short.startswith("中心")
        assert "…" in short
        assert short.endswith(" 44.5%"), "no digit is left out"
        assert texts(none) == []
