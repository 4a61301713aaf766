"""Charts place their rows by number: two of one name stay two, every mark finds its click, and long labels are told whole on hover."""

import plotly.graph_objects as go
import pytest

from dashboard.ui.kit import charts
from dashboard.ui.kit.charts import (
    LABEL_LETTERS,
    BarRow,
    HeatCell,
    bars,
    base_figure,
    drawn_once,
    heat_strip,
    mark_names,
    named_axis,
    named_rows,
    touch_cells,
)
from dashboard.ui.kit.i18n import language, speaking
from dashboard.ui.kit.theme import DARK, LIGHT

LONG = "积石山保安族东乡族撒拉族自治县第一人民医院"


def test_two_bars_of_one_name_stay_two() -> None:
    figure = bars([BarRow("中心卫生院", 1, "1"), BarRow("中心卫生院", 2, "2")], unit="张", colours=LIGHT)
    assert list(figure.data[0].y) == [0, 1]
    assert list(figure.layout.yaxis.ticktext) == ["中心卫生院", "中心卫生院"]
    assert tuple(figure.layout.yaxis.range) == (1.5, -0.5)  # the first on top


def test_a_long_label_is_elided_beside_the_axis_and_whole_on_hover() -> None:
    figure = bars([BarRow(LONG, 1, "1")], unit="张", colours=LIGHT)
    assert len(figure.layout.yaxis.ticktext[0]) == LABEL_LETTERS
    assert "…" in figure.layout.yaxis.ticktext[0]
    assert list(figure.data[0].customdata) == [LONG]
    assert "%{customdata}" in figure.data[0].hovertemplate


def test_names_beside_marks_are_elided_and_never_alike() -> None:
    long = "积石山保安族东乡族撒拉族自治县吹麻滩镇中心卫生院"
    assert mark_names(["一院", f"{long}1号", f"{long}2号"]) == ["一院", "积石山保安族…卫生院1号", "积石山保安族…卫生院2号"]
    assert mark_names([f"甲{long}乙", f"甲{long[:12]}镇{long[12:]}乙"]) == [f"甲{long}乙", f"甲{long[:12]}镇{long[12:]}乙"]


def test_labels_never_vanish_at_the_rim() -> None:
    assert named_axis(["a", "b"])["ticklabeloverflow"] == "allow"
    assert named_rows(["a", "b"])["range"] == [1.5, -0.5]


def test_cells_of_a_heat_map_are_found_row_by_row() -> None:
    cells = [[HeatCell(0, "1", "一"), HeatCell(None, "—")], [HeatCell(3, "2"), HeatCell(2, "3")]]
    figure = heat_strip(["同名", "同名"], ["甲", "乙"], cells, colours=LIGHT)
    touch = figure.data[1]
    assert list(zip(touch.y, touch.x, strict=True)) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert list(touch.customdata) == ["同名 · 甲 · 一", "同名 · 乙 · —", "同名 · 甲 · 2", "同名 · 乙 · 3"]
    assert touch.marker.opacity == 0


def test_a_figure_is_drawn_once_for_each_language_and_theme(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    @drawn_once
    def figure(values: list[int]) -> go.Figure:
        drawn.append(language())
        return base_figure(LIGHT, 100, [{"type": "bar", "y": values}])

    first = figure([1, 2])
    assert figure([1, 2]) is first
    assert list(figure([1, 3]).data[0].y) == [1, 3]
    with speaking("en"):
        assert figure([1, 2]) is not first
    monkeypatch.setattr(charts, "palette", lambda: DARK)
    assert figure([1, 2]) is not first
    assert drawn == ["zh", "zh", "en", "zh"]


@pytest.mark.parametrize(("rows", "columns"), [(0, 0), (1, 3), (4, 2)])
def test_one_touch_a_cell(rows: int, columns: int) -> None:
    touch = touch_cells(rows, columns)
    assert len(touch["x"]) == len(touch["y"]) == rows * columns


def test_heads_of_columns_break_where_columns_are_narrow() -> None:
    heads = ["基层就诊", "床位 (张)", "Community health stations (stations)"]
    figure = heat_strip(["甲"], heads, [[HeatCell(0, "1")] * 3], colours=LIGHT)
    assert list(figure.layout.xaxis.ticktext) == ["基层<br>就诊", "床位 (张)", "Community health<br>stations<br>(stations)"]


@pytest.mark.parametrize(
    ("heading", "shown"),
    [
        ("社区卫生服务站 (个)", "社区卫生<br>服务站<br>(个)"),
        ("全科医生（注册） (人)", "全科医生<br>（注册）<br>(人)"),
        ("乡镇卫生院 (所)", "乡镇卫生院<br>(所)"),
    ],
)
def test_a_long_chinese_head_stands_above_its_unit_in_short_lines(heading: str, shown: str) -> None:
    figure = heat_strip(["甲"], [heading], [[HeatCell(0, "1")]], colours=LIGHT)
    assert list(figure.layout.xaxis.ticktext) == [shown]
