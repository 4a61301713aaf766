"""A figure that the kit draws itself: every mark where Plotly would set it, the same words on hover, nothing left out without a word."""

import datetime

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
    assert {"今年", "预测"} <= set(texts(picture))
    top = min(mark["y"] for mark in of(picture, "line"))  # the grid, or the samples of the legend
    assert min(mark["y"] for mark in of(picture, "text") if mark["t"] == "今年") < top + 20
    assert [mark["f"] for mark in of(picture, "marker")][2:4] == ["none", "none"]
    assert picture.spots[0]["t"] == ["01 1.0%"]


def test_a_part_that_is_not_known_is_refused() -> None:
    pie = base_figure(LIGHT, 100, [{"type": "pie", "values": [1]}])
    beside = base_figure(LIGHT, 100, [{"type": "bar", "x": [1], "y": [1]}, {"type": "bar", "x": [1], "y": [2]}])
    for figure in (pie, beside):
        with pytest.raises(ValueError, match="not drawn by the kit"):
            drawn(figure)


@pytest.mark.parametrize(
    "figure",
    [
        bars([], unit="张", colours=LIGHT),
        heat_strip([], ["甲"], [], colours=LIGHT),
        progress_bars([], expected=None, height=40, colours=LIGHT),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [], "y": []}]),
        base_figure(LIGHT, 100, [{"type": "scatter", "x": [1, 2], "y": [None, float("nan")], "hovertemplate": "%{y}"}]),
        base_figure(LIGHT, 100, [{"type": "bar", "x": ["甲"], "y": [0.0]}]),
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


def test_numbers_are_written_as_plotly_writes_them() -> None:
    assert [written(-0.05, ".0%"), written(1234.5, ","), written(1234.56, ",.1f"), written(3.0, "02d"), written(-2.0, ".2f")] == [
        "−5%", "1,234.5", "1,234.6", "03", "−2.00",
    ]  # fmt: skip
    assert plain_lines("<b>甲</b> &lt;乙&gt;<br>丙<extra></extra>") == ["甲 <乙>", "丙"]
