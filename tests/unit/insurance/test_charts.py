"""Drawings of the insurance what-if: bars add up, bands hold their point, names of the data stay plain text marks."""

import pytest

from dashboard.services.insurance.answer import Standing
from dashboard.ui.insurance.charts import dumbbell, tornado_chart, waterfall
from dashboard.ui.insurance.panel import GROUPS, MAIN, value_words
from dashboard.whatif.outcome import Step
from dashboard.whatif.scenario import Scenario, run
from dashboard.whatif.sensitivity import TornadoBar, tornado
from tests.unit.whatif_county import county

BASELINE = county(3)
PLAN = Scenario(id="s", name="s", data_version="12", coefficients={"recapture_rate": 0.1, "recapture_credit": 0.5, "extra_growth": -0.01})


def rectangles(picture: object) -> list[dict]:
    return [mark for mark in picture.marks if mark["m"] == "rect"]  # type: ignore[attr-defined]


def test_waterfall_bars_start_where_the_one_before_ended() -> None:
    picture = waterfall(run(PLAN, BASELINE).waterfall())
    bars = rectangles(picture)
    first, last, steps = bars[0], bars[-1], bars[1:-1]
    level = first["y"]
    signs = [step.change for step in run(PLAN, BASELINE).waterfall()[1:-1] if step.change != 0]
    assert len(signs) == len(steps)
    for bar, change in zip(steps, signs, strict=True):
        top, bottom = bar["y"], bar["y"] + bar["h"]
        start, end = (bottom, top) if change > 0 else (top, bottom)
        assert start == pytest.approx(level, abs=1e-4)
        level = end
    assert last["y"] == pytest.approx(level, abs=1e-4)
    assert all(0 <= bar["x"] < bar["x2"] <= 1 and bar["h"] >= 0 for bar in bars)


def test_waterfall_of_a_budget_of_zero_draws() -> None:
    assert waterfall([Step("base", 0.0, 0.0), Step("volume", 0.0, 0.0), Step("budget", 0.0, 0.0)]).marks


def test_dumbbell_keeps_everything_inside_and_says_it_in_words() -> None:
    rows = [Standing("C1", -5e6, 2e6, -9e6, 1e6, 0.8, 1e8, 1.05e8), Standing("C2", 3e6, 3e6, 3e6, 3e6, 0.0, 1e8, 0.97e8)]
    names = {"C1": "<script>alert(1)</script>", "C2": "二院"}
    picture = dumbbell(rows, names, {"C1": 0, "C2": 1})
    assert "<script>alert(1)</script>" in [mark.get("t") for mark in picture.marks]
    assert "−500万元" in picture.alt
    assert "+300万元" in picture.alt
    for mark in picture.marks:
        assert -1e-9 <= mark["x"] <= 1 + 1e-9
    assert dumbbell([], {}, {}).marks


def test_tornado_shows_the_largest_first_and_skips_what_does_nothing() -> None:
    bars = tornado(PLAN, BASELINE)
    picture = tornado_chart([*bars, TornadoBar("reserve", 0, 0.1, 0.0, 0.0)], BASELINE.coefficients.coefficients)
    labels = [mark["t"] for mark in picture.marks if mark["m"] == "text" and mark["dx"] == -226]
    assert len(labels) == 9
    assert labels[0].startswith(BASELINE.coefficients.coefficients[bars[0].coefficient].name)
    assert tornado_chart([], BASELINE.coefficients.coefficients).marks


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("extra_growth", -0.01, "−1.0%"),
        ("k_max", 1.06, "6.0%"),
        ("k_min", 0.95, "−5.0%"),
        ("gate_on", 1.0, "开"),
        ("same_price_groups", 28.0, "28组"),
        ("base_weights", (2, 3, 5), "2 : 3 : 5"),
        ("a_volume", 0.4, "0.40"),
        ("gate_factors", (1.0, 0.9, 0.7), "100% : 90% : 70%"),
    ],
)
def test_values_are_said_as_people_say_them(name: str, value: object, words: str) -> None:
    assert value_words(BASELINE.coefficients.coefficients[name], value) == words  # type: ignore[arg-type]


def test_the_panel_knows_every_movable_coefficient_of_the_chain() -> None:
    sets = {group.id: group for group in BASELINE.coefficients.sets}
    shown = {coefficient.id for name in GROUPS for coefficient in sets[name].coefficients}
    assert set(BASELINE.coefficients.of_model("budget_chain")) <= shown
    assert set(MAIN) <= shown
