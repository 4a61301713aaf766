"""A figure that the kit draws itself: every mark where Plotly would set it, the same words on hover, nothing left out without a word."""

import datetime
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.control_charts import control_chart
from dashboard.ui.kit.board import Drawing
from dashboard.ui.kit.charts import (
    BarRow,
    Bubble,
    HeatCell,
    ProgressRow,
    bars,
    base_figure,
    enlarged,
    heat_strip,
    progress_bars,
    quadrants,
)
from dashboard.ui.kit.control_figure import control_figure
from dashboard.ui.kit.figure_axis import axis_of, plain_lines, written
from dashboard.ui.kit.figure_drawing import figure_drawing
from dashboard.ui.kit.figure_parts import NotDrawnError
from dashboard.ui.kit.hatch import Hatch, hatch_months, hatched
from dashboard.ui.kit.theme import LIGHT


def drawn(figure, *, pick: bool = False) -> Drawing:
    return figure_drawing(figure, alt="图", colours=LIGHT, pick=pick)


def of(picture: Drawing, kind: str) -> list[dict]:
    return [mark for mark in picture.marks if mark["m"] == kind]


def texts(picture: Drawing) -> list[str]:
    return [mark["t"] for mark in of(picture, "text")]


def test_bars_begin_at_zero_and_tell_name_and_value() -> None:
    figure = bars([BarRow("<b>一院</b>", 4, "4.0"), BarRow("二院", 2, "2.0", "#123456")], unit="张", height=100, colours=LIGHT)
    picture = drawn(figure, pick=True)
    first, second = of(picture, "rect")
    assert (first["x"], first["x2"], second["x2"]) == (0, 1, 0.5)
    assert second["c"] == "#123456"
    assert first["y"] + first["h"] < second["y"]  # the first on top
    assert [spot["t"] for spot in picture.spots] == [["<b>一院</b> 4.0 张"], ["二院 2.0 张"]]
    assert [spot["pick"] for spot in picture.spots] == ["0,0", "1,0"]
    assert {"4.0", "2.0", "二院", "<b>一院</b>"} <= set(texts(picture))
    assert picture.left >= 4 * 10.5  # room for the widest name
    assert not [spot for spot in drawn(figure).spots if "pick" in spot]


def test_a_bar_below_zero_runs_to_the_left_and_has_its_text_there() -> None:
    picture = drawn(bars([BarRow("甲", -2, "−2"), BarRow("乙", 4, "4")], unit="分", colours=LIGHT))
    lost, won = of(picture, "rect")
    assert lost["x2"] < lost["x"] == won["x"] < won["x2"]
    ends = {mark["t"]: mark for mark in of(picture, "text") if mark["t"] in ("−2", "4")}
    assert (ends["−2"]["a"], ends["4"]["a"]) == ("end", "start")


def test_no_line_runs_through_a_word_at_a_mark() -> None:
    figure = bars([BarRow("甲", 4, "4.0")], unit="张", colours=LIGHT)
    figure.add_scatter(x=[2], y=[0], mode="markers+text", text=["乙院"], textposition="top center")
    for layer in ("below", "above"):
        figure.add_vline(x=3.9, line={"color": LIGHT.text}, layer=layer)
    picture = drawn(figure)
    words = [mark for mark in of(picture, "text") if mark["t"] in ("4.0", "乙院")]
    assert [mark["e"] for mark in words] == [LIGHT.card] * 2
    last_line = max(place for place, mark in enumerate(picture.marks) if mark["m"] == "line")
    assert all(picture.marks.index(mark) > last_line for mark in words)
    inside = drawn(base_figure(LIGHT, 90, [{"x": [1], "y": [1], "mode": "text", "text": ["✓"]}]))
    assert all("e" not in mark for mark in of(inside, "text"))


def test_cells_are_found_as_wide_as_they_are_and_those_without_data_stay_empty() -> None:
    cells = [[HeatCell(0, "✕", "差"), HeatCell(None, "—")], [HeatCell(3, "✓"), HeatCell(2, "·")]]
    picture = drawn(heat_strip(["东", "西"], ["甲", "乙"], cells, height=120, colours=LIGHT), pick=True)
    assert [mark["c"] for mark in of(picture, "rect")] == [LIGHT.heat[0], LIGHT.heat[3], LIGHT.heat[2]]
    assert "—" in texts(picture)
    assert {mark["t"]: (mark.get("fits"), mark.get("wide")) for mark in of(picture, "text") if mark["t"] in "✕✓甲乙"} == {
        "✕": (0.5, None), "✓": (0.5, None), "甲": (None, 0.5), "乙": (None, 0.5),  # a sign stands in its cell, a head above its column
    }  # fmt: skip
    assert [spot["t"] for spot in picture.spots] == [["东 · 甲 · 差"], ["东 · 乙 · —"], ["西 · 甲 · ✓"], ["西 · 乙 · ·"]]
    assert [(spot["x"], spot["x2"]) for spot in picture.spots] == [(0, 0.5), (0.5, 1), (0, 0.5), (0.5, 1)]
    assert picture.spots[0]["y2"] == picture.spots[2]["y"]  # no gap between two rows
    assert picture.spots[1]["pick"] == "1,1"  # the second mark of the second trace


def test_budgets_keep_their_track_tick_and_notes() -> None:
    row = ProgressRow("一院", 0.8, "超支", "已支出 80%", "#2490F3", hover="4 ÷ 5")
    picture = drawn(progress_bars([row], expected=0.5, colours=LIGHT), pick=True)
    track, spent = of(picture, "rect")
    assert (track["x2"], spent["x2"]) == (1, 0.8)
    (tick,) = of(picture, "line")
    assert tick["x"] == tick["x2"] == 0.5
    assert [(mark["t"], mark["a"], mark["b"]) for mark in of(picture, "text")] == [
        ("一院", "start", True), ("超支", "end", True), ("已支出 80%", "start", False),
    ]  # fmt: skip
    assert picture.spots[0]["t"] == ["一院", "4 ÷ 5"]


def test_a_control_chart_has_its_band_its_gap_and_its_months() -> None:
    months = pd.date_range("2024-01-01", periods=24, freq="MS")
    values = pd.Series(80.0 + np.arange(24) % 3, index=months)
    values.iloc[5] = np.nan
    picture = drawn(control_figure(control_chart(values), [f"{value:.1f}%" for value in values], suffix="%", height=300))
    assert len(of(picture, "marker")) == len(picture.spots) == 23
    assert picture.spots[0]["t"] == ["2024-01 80.0%", "普通波动"]
    lines = [mark for mark in of(picture, "path") if mark["c"] == LIGHT.primary]
    assert [len(mark["p"]) // 2 for mark in lines] == [5, 18]  # a missing month leaves a gap
    assert sum(1 for mark in of(picture, "path") if mark.get("z")) == 1
    assert {"2024-07", "2025-01"} <= set(texts(picture))
    assert all(mark.get("row") for mark in of(picture, "text") if mark["t"] == "2024-07")  # left out where there is no room
    assert any(text.endswith("%") for text in texts(picture))


def test_bubbles_are_as_large_as_plotly_draws_them() -> None:
    figure = quadrants(
        [Bubble("甲", 0.5, 10, 100, "#111111", "床 100"), Bubble("乙", 0.9, 30, 25, "#222222", "床 25")],
        x_line=0.7, y_line=20, x_title="率", y_title="次", names=("一", "二", "三", "四"), colours=LIGHT,
    )  # fmt: skip
    picture = drawn(figure)
    assert [mark["r"] for mark in of(picture, "marker")] == pytest.approx([13, 6.5])  # a quarter of the area, half the radius
    assert [spot["t"] for spot in picture.spots] == [["甲", "床 100"], ["乙", "床 25"]]
    notes = {mark["t"]: mark for mark in of(picture, "text") if mark["t"] in "一二三四"}
    assert {name: mark["a"] for name, mark in notes.items()} == {"一": "start", "二": "end", "三": "start", "四": "end"}
    assert notes["一"]["y"] < notes["三"]["y"]
    assert {"50%", "60%"} & set(texts(picture))
    assert [mark["t"] for mark in of(picture, "text") if mark.get("turned")] == ["次"]


def test_what_is_not_approved_is_hatched_here_too() -> None:
    hatch_months(Hatch(waiting=lambda _months: set(), whole=True))
    try:
        figure = hatched(bars([BarRow("甲", 1, "1")], unit="张", colours=LIGHT), LIGHT.muted)
    finally:
        hatch_months(None)
    (bar,) = of(drawn(figure), "rect")
    assert bar["hatch"]
    (plain,) = of(drawn(bars([BarRow("甲", 1, "1")], unit="张", colours=LIGHT)), "rect")
    assert "hatch" not in plain


def test_months_that_are_not_approved_are_striped_inside_the_plot() -> None:
    months = pd.date_range("2024-01-01", periods=3, freq="MS")
    hatch_months(Hatch(waiting=set, whole=False))
    try:
        figure = base_figure(
            LIGHT, 200, [{"type": "scatter", "mode": "lines", "x": [f"{each:%Y-%m-%d}" for each in months], "y": [1, 2, 3]}]
        )
        picture = drawn(hatched(figure, LIGHT.muted))
    finally:
        hatch_months(None)
    (band,) = of(picture, "rect")
    assert (band["x"], band["x2"], band["o"]) == (0, 1, 0.12)
    stripes = [mark for mark in of(picture, "line") if mark.get("o")]
    assert len(stripes) >= 4
    assert all(0 <= mark["x"] <= mark["x2"] <= 1 and mark["o"] == 0.35 for mark in stripes)


def test_letters_and_height_grow_while_an_agenda_is_presented() -> None:
    figure = bars([BarRow("甲", 1, "1")], unit="张", height=100, colours=LIGHT)
    plain, large = drawn(figure), drawn(enlarged(figure.to_dict(), 1.2))
    assert large.height == 120
    sizes = [[mark["s"] for mark in of(picture, "text")] for picture in (plain, large)]
    assert sizes[1] == pytest.approx([1.2 * size for size in sizes[0]])


def test_a_legend_stands_above_and_a_hollow_symbol_is_hollow() -> None:
    both = {"type": "scatter", "mode": "lines+markers", "x": [1, 2]}
    year = {**both, "y": [1, 2], "name": "今年", "hovertemplate": "%{x:02d} %{y:.1f}%<extra></extra>"}
    ahead = {
        **both,
        "y": [2, 3],
        "name": "预测",
        "marker": {"symbol": "circle-open", "size": 6},
        "line": {"color": "#111111", "dash": "dash"},
    }
    lines = [year, ahead]
    picture = drawn(base_figure(LIGHT, 200, lines, showlegend=True))
    assert [entry["t"] for entry in picture.legend] == ["今年", "预测"]
    assert [(entry["dash"], entry["fill"]) for entry in picture.legend] == [("", LIGHT.communities[0]), ("9 9", LIGHT.card)]
    assert picture.height < 200  # what stands above it is a part of the figure
    assert [mark["f"] for mark in of(picture, "marker")][2:4] == ["none", "none"]
    assert picture.spots[0]["t"] == ["01 1.0%"]


def test_a_part_that_is_not_known_is_refused() -> None:
    line = {"type": "scatter", "x": [1, 2], "y": [1, 2]}
    bar = {"type": "bar", "x": [1], "y": [1]}
    bridge = {"type": "waterfall", "x": [1], "y": ["甲"], "measure": ["relative"]}
    for part, figure in (
        ("pie", base_figure(LIGHT, 100, [{"type": "pie", "values": [1]}])),
        ("stackgroup", base_figure(LIGHT, 100, [line | {"stackgroup": "one"}])),
        ("fill", base_figure(LIGHT, 100, [line | {"fill": "tozeroy"}])),
        ("xaxis2", base_figure(LIGHT, 100, [line | {"xaxis": "x2"}], xaxis2={"domain": [0.5, 1]})),
        ("shape circle", base_figure(LIGHT, 100, [line], shapes=[{"type": "circle", "x0": 0, "x1": 1, "y0": 0, "y1": 1}])),
        (
            "bgcolor",
            base_figure(LIGHT, 100, [line], annotations=[{"x": 1, "y": 1, "text": "甲", "showarrow": False, "bgcolor": "#FFFFFF"}]),
        ),
        ("upright bar", base_figure(LIGHT, 100, [bar | {"text": ["1"], "textposition": "inside"}])),
        ("beside another", base_figure(LIGHT, 100, [bridge, line])),
    ):
        with pytest.raises(NotDrawnError, match=f"not drawn by the kit: .*{part}"):
            drawn(figure)
    assert drawn(base_figure(LIGHT, 100, [line, bar])).marks


def _level_bars(*lengths: Sequence[float | None], **more: object) -> list[dict]:
    return [{"type": "bar", "orientation": "h", "x": list(each), "y": list(range(len(each))), "name": str(number), **more}
            for number, each in enumerate(lengths)]  # fmt: skip


def test_bars_side_by_side_share_their_place() -> None:
    picture = drawn(base_figure(LIGHT, 124, _level_bars([1, 2], [3, 4]), bargap=0.5, xaxis={"range": [0, 4]}))
    heights = {mark["h"] for mark in of(picture, "rect")}
    assert len(heights) == 1
    first, _other, second, _last = of(picture, "rect")
    assert second["y"] + second["h"] == pytest.approx(first["y"])  # of one place: the axis runs upwards
    assert first["x2"] < second["x2"] == 0.75


def test_bars_on_top_of_each_other_begin_where_the_one_before_ends_and_nothing_is_no_bar() -> None:
    picture = drawn(base_figure(LIGHT, 100, _level_bars([1, 0], [2, 4], [None, float("nan")]), barmode="stack", xaxis={"range": [0, 4]}))
    assert [(mark["x"], mark["x2"]) for mark in of(picture, "rect")] == [(0, 0.25), (0.25, 0.75), (0, 1)]


def test_what_is_below_zero_hangs_from_it() -> None:
    given = _level_bars([-1], [3], [-2])
    picture = drawn(base_figure(LIGHT, 100, given, barmode="relative", xaxis={"range": [-4, 4]}))
    assert [(mark["x"], mark["x2"]) for mark in of(picture, "rect")] == [(0.5, 0.375), (0.5, 0.875), (0.375, 0.125)]
    together = drawn(base_figure(LIGHT, 100, given, barmode="stack", xaxis={"range": [-4, 4]}))
    assert [(mark["x"], mark["x2"]) for mark in of(together, "rect")] == [(0.5, 0.375), (0.375, 0.75), (0.75, 0.5)]


def test_bars_of_months_are_as_wide_as_their_months_are_apart_or_as_they_say() -> None:
    months = ["2025-01-01", "2025-02-01", "2025-03-01"]
    trace = {"type": "bar", "x": months, "y": [1, 2, 3]}
    span = {"xaxis": {"range": ["2024-12-18", "2025-03-16"]}}
    (first, *_rest) = of(drawn(base_figure(LIGHT, 100, [trace], bargap=0.5, **span)), "rect")
    assert (first["x2"] - first["x"]) * 88 == pytest.approx(14, abs=0.01)  # half of the 28 days of the shortest month
    days = 24 * 3600 * 1000
    (first, *_rest) = of(drawn(base_figure(LIGHT, 100, [trace | {"width": 22 * days}], **span)), "rect")
    assert (first["x2"] - first["x"]) * 88 == pytest.approx(22, abs=0.01)


def test_bars_at_the_ends_of_their_axis_stand_inside_the_plot() -> None:
    trace = {"type": "bar", "x": ["2025-01-01", "2025-02-01", "2025-03-01"], "y": [1, 2, 3]}
    for figure in (trace, {"type": "bar", "x": [2021, 2022, 2023], "y": [1, 2, 3]}):
        edges = of(drawn(base_figure(LIGHT, 100, [figure])), "rect")
        assert 0 <= edges[0]["x"] < edges[-1]["x2"] <= 1


def test_what_is_higher_than_the_plot_ends_with_it() -> None:
    line = {"type": "scatter", "mode": "lines", "x": [1, 2], "y": [1, 2]}
    band = {"type": "rect", "x0": 1, "x1": 2, "y0": -50, "y1": 50, "fillcolor": "#ABCDEF", "line": {"width": 0}}
    tick = {"type": "line", "x0": 1.5, "x1": 1.5, "y0": -50, "y1": 50, "line": {"color": "#123456"}}
    picture = drawn(base_figure(LIGHT, 100, [line], shapes=[band, tick], yaxis={"range": [1, 2]}))
    (surface,) = [mark for mark in of(picture, "rect") if mark["c"] == "#ABCDEF"]
    (upright,) = [mark for mark in of(picture, "line") if mark["c"] == "#123456"]
    assert 0 <= surface["y"] < surface["y"] + surface["h"] <= 100
    assert {upright["y"], upright["y2"]} == {surface["y"], surface["y"] + surface["h"]}


def test_a_text_stands_in_its_bar_where_it_fits_and_else_beside_it() -> None:
    def ends(where: str, length: float) -> list[tuple]:
        trace = _level_bars([length], text=["12 人"], textposition=where, marker={"color": "#102030"})
        picture = drawn(base_figure(LIGHT, 60, trace, xaxis={"range": [-4, 4]}))
        return [
            (mark["x"], mark["a"], mark.get("fits"), mark.get("spills"), mark["c"]) for mark in of(picture, "text") if mark["t"] == "12 人"
        ]

    assert ends("auto", 2) == [(0.75, "end", 0.25, None, "#FFFFFF"), (0.75, "start", None, 0.25, LIGHT.muted)]
    assert ends("auto", -2) == [(0.25, "start", 0.25, None, "#FFFFFF"), (0.25, "end", None, 0.25, LIGHT.muted)]
    assert ends("inside", 2) == [(0.625, "middle", 0.25, None, "#FFFFFF")]
    assert ends("outside", 2) == [(0.75, "start", None, None, LIGHT.muted)]
    assert ends("none", 2) == []
    bright = _level_bars([1], text=["x"], textposition="inside", marker={"color": "#E0E0E0"})
    assert [mark["c"] for mark in of(drawn(base_figure(LIGHT, 60, bright)), "text") if mark["t"] == "x"] == [LIGHT.text]


def test_a_bridge_leads_from_one_figure_to_the_other() -> None:
    figure = base_figure(LIGHT, 150)
    figure.add_waterfall(
        orientation="h", measure=["relative", "relative", "total"], x=[3, -1, 0], y=["甲", "乙", "相差"], text=["+3", "−1", "+2"],
        textposition="outside", increasing={"marker": {"color": "#00AA00"}}, decreasing={"marker": {"color": "#AA0000"}},
        totals={"marker": {"color": "#0000AA"}}, hovertemplate="%{y} %{text}<extra></extra>",
    )  # fmt: skip
    figure.update_xaxes(range=[0, 4])
    picture = drawn(figure)
    assert [(mark["x"], mark["x2"], mark["c"]) for mark in of(picture, "rect")] == [
        (0, 0.75, "#00AA00"), (0.75, 0.5, "#AA0000"), (0, 0.5, "#0000AA"),
    ]  # fmt: skip
    joints = [mark for mark in of(picture, "line") if mark["x"] == mark["x2"] and mark["c"] == LIGHT.border]
    assert [mark["x"] for mark in joints] == [0.75, 0.5]
    assert [spot["t"] for spot in picture.spots] == [["甲 +3"], ["乙 −1"], ["相差 +2"]]


def test_a_legend_has_the_surface_the_line_or_the_symbol_of_its_trace() -> None:
    traces = [
        *_level_bars([1], marker={"color": "#111111"}),
        {"type": "scatter", "mode": "markers", "x": [1], "y": [0], "name": "点",
         "marker": {"symbol": "line-ns-open", "size": 40, "color": "#222222"}},
        {"type": "scatter", "mode": "lines", "x": [1], "y": [0], "name": "线", "line": {"color": "#333333", "dash": "dot", "width": 3}},
        {"type": "scatter", "mode": "lines", "x": [1], "y": [0], "name": "无", "showlegend": False},
    ]  # fmt: skip
    picture = drawn(
        base_figure(LIGHT, 100, traces, showlegend=True, legend={"traceorder": "reversed", "entrywidth": 0.5, "entrywidthmode": "fraction"})
    )
    line, point, surface = picture.legend
    assert surface["f"] == "#111111"
    assert (point["q"], point["c"], point["r"], "w" in point) == ("line", "#222222", 5.5, False)
    assert (line["c"], line["w"], line["dash"], "q" in line) == ("#333333", 3, "3 3", False)
    assert picture.legend_columns == 2


def test_an_axis_reaches_to_the_ends_of_error_bars_the_edges_of_cells_and_the_lines_across() -> None:
    point = {
        "type": "scatter",
        "mode": "markers",
        "x": [1],
        "y": [0],
        "error_x": {"array": [4], "arrayminus": [1], "symmetric": False, "color": "#111111"},
    }
    (bar,) = [mark for mark in of(drawn(base_figure(LIGHT, 100, [point])), "line") if mark["c"] == "#111111"]
    assert 0 <= bar["x"] < bar["x2"] <= 1
    cells = {"type": "heatmap", "x": [0, 1], "y": [0, 1], "z": [[0, 1], [1, 0]], "colorscale": [[0, "#000000"], [1, "#FFFFFF"]],
             "showscale": False, "customdata": [["甲", "乙"], ["丙", "丁"]], "hovertemplate": "%{customdata}<extra></extra>"}  # fmt: skip
    grid = drawn(base_figure(LIGHT, 100, [cells]))
    assert (min(mark["x"] for mark in of(grid, "rect")), max(mark["x2"] for mark in of(grid, "rect"))) == (0, 1)
    assert [spot["t"] for spot in grid.spots] == [["甲"], ["乙"], ["丙"], ["丁"]]
    high = {"type": "line", "x0": 0, "x1": 1, "xref": "paper", "y0": 9, "y1": 9, "line": {"color": "#123456"}}
    line = {"type": "scatter", "mode": "lines", "x": [1, 2], "y": [1, 2]}
    (across,) = [mark for mark in of(drawn(base_figure(LIGHT, 100, [line], shapes=[high])), "line") if mark["c"] == "#123456"]
    assert across["y"] >= 0
    beside = drawn(base_figure(LIGHT, 100, [line], shapes=[high], yaxis={"range": [0, 2]}))
    assert not [mark for mark in of(beside, "line") if mark["c"] == "#123456"]


def test_names_above_slanted_columns_climb_from_them() -> None:
    figure = heat_strip(["东"], ["甲乙丙丁", "戊"], [[HeatCell(0, "1"), HeatCell(1, "2")]], colours=LIGHT, heads={"tickangle": -60})
    heads = [mark for mark in of(drawn(figure), "text") if mark.get("turned") == -60]
    assert [(mark["t"], mark["a"]) for mark in heads] == [("甲乙 丙丁", "start"), ("戊", "start")]


def test_a_flow_has_its_bands_nodes_and_words() -> None:
    trace = {
        "type": "sankey", "textfont": {"color": "#101010", "size": 12},
        "node": {"label": ["甲", "乙", "丙", "无"], "color": ["#111111", "#222222", "#333333", "#444444"], "pad": 8, "thickness": 10,
                 "customdata": ["甲 5", "乙 3", "丙 8", ""], "hovertemplate": "%{customdata}<extra></extra>"},
        "link": {"source": [0, 1], "target": [2, 2], "value": [5, 3], "color": ["#AAAAAA", "#BBBBBB"],
                 "customdata": ["甲 → 丙 5", "乙 → 丙 3"], "hovertemplate": "%{customdata}<extra></extra>"},
    }  # fmt: skip
    picture = drawn(base_figure(LIGHT, 108, [trace]))
    assert [mark["f"] for mark in of(picture, "path")] == ["#AAAAAA", "#BBBBBB"]
    nodes = of(picture, "line")
    assert [(mark["x"], mark["c"], mark["w"]) for mark in nodes] == [(0, "#111111", 10), (0, "#222222", 10), (1, "#333333", 10)]
    assert sum(mark["y2"] - mark["y"] for mark in nodes[:2]) == pytest.approx(nodes[2]["y2"] - nodes[2]["y"])
    assert [spot["t"] for spot in picture.spots] == [["甲 → 丙 5"], ["乙 → 丙 3"], ["甲 5"], ["乙 3"], ["丙 8"]]
    assert {mark["t"]: mark["a"] for mark in of(picture, "text")} == {"甲": "start", "乙": "start", "丙": "end"}


@pytest.mark.parametrize(
    "figure",
    [
        bars([], unit="张", colours=LIGHT),
        heat_strip([], ["甲"], [], colours=LIGHT),
        progress_bars([], expected=None, height=40, colours=LIGHT),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [], "y": []}]),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [1, 2], "y": [None, float("nan")], "hovertemplate": "%{y}"}]),
        base_figure(LIGHT, 100, [{"type": "bar", "x": ["甲"], "y": [0.0]}]),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [], "y": []}], xaxis={"rangemode": "tozero"}, yaxis={"rangemode": "tozero"}),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [None], "y": [None], "error_x": {"array": [None], "color": "#111111"}}]),
        base_figure(LIGHT, 100, [{"type": "bar", "x": [], "y": []}, {"type": "bar", "x": [], "y": []}], barmode="stack"),
        base_figure(LIGHT, 100, [{"type": "bar", "x": [], "y": []}, {"type": "bar", "x": [], "y": []}], showlegend=True),
        base_figure(LIGHT, 100, [{"type": "bar", "orientation": "h", "x": [None], "y": [0], "text": [""]}] * 2, barmode="relative"),
        base_figure(LIGHT, 100, [{"type": "heatmap", "x": [], "y": [], "z": [], "colorscale": [[0, "#000000"], [1, "#FFFFFF"]]}]),
        base_figure(LIGHT, 100, [{"type": "waterfall", "orientation": "h", "x": [], "y": [], "measure": [], "text": []}]),
    ],
)
def test_nothing_at_all_is_an_empty_picture(figure) -> None:
    assert drawn(figure).spots == []


def test_an_axis_of_dates_names_and_powers() -> None:
    dates = axis_of({}, [datetime.date(2025, 1, 1), datetime.date(2025, 3, 1)], [], zero=False)
    assert (dates.form, dates.share("2025-01-01"), dates.share(np.datetime64("2025-03-01"))) == ("date", 0, 1)
    names = axis_of({}, ["甲", "乙"], [], zero=False)
    assert names.ticks(6) == [(0.25, "甲"), (0.75, "乙")]
    powers = axis_of({"type": "log", "range": [0, 2]}, [1, 100], [], zero=False)
    assert powers.share(10) == pytest.approx(0.5)
    assert np.isnan(powers.share(0))
    assert axis_of({}, [], [2.0, 4.0], zero=True).low == 0
    assert axis_of({"autorange": "reversed", "range": None}, [0, 4], [], zero=False).share(0) == 1


@pytest.mark.parametrize("given", [{"range": [0, 0]}, {"range": [20, 20]}, {"range": ["2025-01-01", "2025-01-01"]}, {}])
def test_a_span_of_nothing_is_widened(given: dict) -> None:
    """A bridge in which nothing changed, one month alone: what stands there stands in the middle."""
    value = given.get("range", [7])[0]
    axis = axis_of(given, [value], [], zero=False)
    assert axis.share(value) == 0.5
    assert axis.ticks(6)


def test_ticks_that_a_figure_sets_are_written_as_numbers_are() -> None:
    powers = axis_of({"tickvals": [500.0, 1000.0], "type": "log", "range": [2, 4]}, [], [], zero=False)
    assert [text for _place, text in powers.ticks(5)] == ["500", "1,000"]
    assert [text for _place, text in axis_of({"dtick": 1, "range": [2.5, 5.5], "tickformat": "d"}, [], [], zero=False).ticks(9)] == [
        "3",
        "4",
        "5",
    ]
    assert axis_of({"rangemode": "tozero"}, [3.0, 4.0], [], zero=False).low == 0


def test_numbers_are_written_as_plotly_writes_them() -> None:
    assert [written(-0.05, ".0%"), written(1234.5, ","), written(1234.56, ",.1f"), written(3.0, "02d"), written(-2.0, ".2f")] == [
        "−5%", "1,234.5", "1,234.6", "03", "−2.00",
    ]  # fmt: skip
    assert plain_lines("<b>甲</b> &lt;乙&gt;<br>丙<extra></extra>") == ["甲 <乙>", "丙"]
