import datetime

import pandas as pd
import plotly.graph_objects as go
import pytest

from dashboard.ui.kit.hatch import Hatch, hatch_months, hatched

OCTOBER = datetime.date(2025, 10, 1)
MONTHS = pd.to_datetime(["2025-08-01", "2025-09-01", "2025-10-01"])


@pytest.fixture(autouse=True)
def _none_left_behind():
    yield
    hatch_months(None)


def _shapes(figure: object) -> list:
    return figure["data"][0].get("marker", {}).get("pattern", {}).get("shape")  # type: ignore[index]


def test_bars_of_months_that_nobody_has_approved_are_hatched_and_the_others_are_not() -> None:
    hatch_months(Hatch(lambda months: {OCTOBER} & set(months), whole=True))
    drawn = hatched(go.Figure(go.Bar(x=MONTHS, y=[1, 2, 3])), "#000000")
    assert _shapes(drawn) == ["", "", "/"]


def test_lines_get_a_band_over_those_months() -> None:
    hatch_months(Hatch(lambda months: {OCTOBER} & set(months), whole=True))
    drawn = hatched(go.Figure(go.Scatter(x=MONTHS, y=[1, 2, 3])), "#000000")
    shapes = drawn["layout"]["shapes"]
    assert {shape["type"] for shape in shapes} == {"rect", "line"}
    assert shapes[0]["x0"] < "2025-10-01" < shapes[0]["x1"]
    approved = hatched(go.Figure(go.Scatter(x=MONTHS[:2], y=[1, 2])), "#000000")
    assert not approved["layout"].get("shapes")


def test_bars_without_a_date_are_of_the_page_and_what_only_a_pointer_finds_is_left_alone() -> None:
    units = go.Figure([go.Bar(y=["一院", "二院"], x=[1, 2], orientation="h")])
    hatch_months(Hatch(lambda months: set(), whole=True))
    assert _shapes(hatched(units, "#000000")) == "/"
    assert _shapes(hatched(go.Figure(go.Bar(x=[1], y=[1], marker={"color": "rgba(0,0,0,0)"})), "#000000")) is None
    hatch_months(Hatch(lambda months: set(), whole=False))
    assert _shapes(hatched(units, "#000000")) is None


def test_a_county_that_approves_nothing_draws_the_very_figure() -> None:
    figure = go.Figure(go.Bar(x=MONTHS, y=[1, 2, 3]))
    assert hatched(figure, "#000000") is figure
    hatch_months(Hatch(lambda months: set(months), whole=True, any=False))
    assert hatched(figure, "#000000") is figure
