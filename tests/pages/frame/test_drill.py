"""What opens behind numbers, charts and alerts of every page: institutions and months with both sides, and the definition."""

from collections.abc import Callable

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.store.importing.loader import load_package
from dashboard.ui.frame.drill import Asked
from dashboard.ui.kit import attention, blocks
from dashboard.ui.referrals import keep
from dashboard.ui.resources import parts as resource_parts
from dashboard.ui.resources import supply
from tests.integration.packages import MONTHS, write_csv_package
from tests.pages.conftest import ClickIn, OpenApp, OpenLine, OpenNumber, texts
from tests.twins import twin_county


@pytest.fixture(scope="module")
def county_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The county of twins, with one hospital that fell silent in the last month and a positive rate far below its reference."""
    tables = twin_county()
    visits = tables["fact_outpatient"]
    tables["fact_outpatient"] = visits[~(visits["institution_code"].eq("H2") & visits["month"].eq(MONTHS[-1]))]
    tables["dim_equipment_type"] = tables["dim_equipment_type"].assign(positive_rate_reference=0.7)
    tables["fact_equipment_use"] = tables["fact_equipment_use"].assign(examinations=6000, positives=[420, 4200])
    folder = tmp_path_factory.mktemp("drill")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [finding.text() for finding in report.findings]
    return url


def table(app: AppTest, key: str) -> pd.DataFrame:
    """Return the table of the panel that ``key`` names."""
    found = [each for each in app.dataframe if f"table_{key}" in each.proto.id]
    assert len(found) == 1, [each.proto.id for each in app.dataframe]
    return found[0].value


def months(app: AppTest) -> pd.DataFrame:
    """Return the table of the panel with the months; a table that cannot be clicked has no name."""
    found = [each.value for each in app.dataframe if {"month", "numerator"} <= set(each.value.columns)]
    assert len(found) == 1
    return found[0]


def reports(app: AppTest) -> pd.DataFrame:
    """Return the table of the panel of what did not come."""
    found = [each.value for each in app.dataframe if {"now_words", "month_words"} <= set(each.value.columns)]
    assert len(found) == 1
    return found[0]


def press(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click().run()
    assert not app.error, [error.value for error in app.error]
    return app


def test_a_cell_of_the_overview_opens_institutions_months_and_the_definition(open_app: OpenApp, county_url: str) -> None:
    app = open_app(url=county_url, month="2025-02", scheme="resident")
    app.session_state["drill_asked"] = Asked("B02", "A")  # what the click on the cell of the strip notes
    app.run()
    assert not app.error, [error.value for error in app.error]
    parts = table(app, "drill_B02")
    assert dict(zip(parts["unit_name"].str[:2], parts["numerator"], strict=True)) == {"人民": 0, "中心": 301}
    assert dict(zip(parts["unit_name"].str[:2], parts["denominator"], strict=True)) == {"人民": 1001, "中心": 301}
    assert months(app)["denominator"].dropna().tolist() == [1302, 1300]  # newest first
    words = texts(app)
    assert "23\\.1%" in words
    assert "口径" in str(app.expander[-1].label)
    assert "基层" in "".join(str(each.value) for each in app.expander[-1].markdown)


def test_a_row_of_the_panel_shows_the_months_of_its_institution(open_app: OpenApp, county_url: str) -> None:
    app = open_app(url=county_url, month="2025-02")
    app.session_state["drill_asked"] = Asked("B02", "A", "C1")
    app.run()
    assert app.selectbox(key="drill_unit_B02_A_C1").value == "C1"
    assert months(app)["denominator"].dropna().tolist() == [301, 300]


@pytest.mark.parametrize(
    ("page", "query", "button", "indicator"),
    [
        ("utilisation", {"use": "beds"}, "", "C01"),
        ("utilisation", {"use": "equipment"}, "behind_device_positive", "C11"),
        ("referrals", {"flow": "referrals"}, "", "B08"),
        ("", {}, "", "B02"),
    ],
)
def test_headline_numbers_of_the_other_pages_open(
    open_app: OpenApp, county_url: str, open_number: OpenNumber, page: str, query: dict[str, str], button: str, indicator: str
) -> None:
    app = open_app(page, url=county_url, month="2025-01", **query)
    app = press(app, button) if button else open_number(app, indicator)
    parts = table(app, f"drill_{indicator}")
    assert len(parts) >= 2
    assert parts[["numerator", "denominator"]].notna().all(axis=None)


def test_the_panel_keeps_the_level_of_the_page(open_app: OpenApp, county_url: str, open_number: OpenNumber) -> None:
    app = open_number(open_app("utilisation", url=county_url, month="2025-01", use="beds", level="lead"), "C01")
    assert "只列牵头医院" in texts(app)
    assert len(table(app, "drill_C01")) == 2


def test_public_figures_are_shown_however_small(open_app: OpenApp, county_url: str) -> None:
    """One of the sides counts staff: three physicians posted down are no patients."""
    app = open_app("resources", url=county_url, month="2025-01", section="people")
    app.session_state["drill_asked"] = Asked("A09")
    app.run()
    assert table(app, "drill_A09")["numerator"].tolist() == [2, 2]


def test_the_alert_on_silence_opens_who_did_not_report(open_app: OpenApp, open_line: OpenLine, county_url: str) -> None:
    rows = reports(open_line(open_app(url=county_url, month="2025-03"), "未报本期"))
    assert rows["name"].str.contains("人民医院").all()
    assert "2025-03" in set(rows["month_words"])
    assert "2/3" in set(rows["reports"])


def test_the_alert_on_the_positive_rate_opens_its_institution(open_app: OpenApp, open_line: OpenLine, county_url: str) -> None:
    app = open_line(open_app(url=county_url, month="2025-01"), "阳性率")
    parts = table(app, "drill_C11")
    assert parts["numerator"].tolist() == [420]  # of the community of that hospital
    assert app.selectbox(key="drill_unit_C11_A_H1").value == "H1"


@pytest.mark.parametrize("said", [99, -1, True, "0", None])
def test_a_browser_opens_only_a_line_that_is_there(open_app: OpenApp, click_in: ClickIn, county_url: str, said: object) -> None:
    app = click_in(open_app(url=county_url, month="2025-03"), attention, "_lines", "attention_matters", "opened", said)
    assert not app.exception
    assert "drill_asked" not in app.session_state
    assert not [frame for frame in app.dataframe if "drill" in str(frame.proto.id)]


CHARTS = [
    ("resources", {"section": "supply"}, "chart_gaps", "A01"),
    ("resources", {"section": "supply"}, "chart_ranking", "A01"),
    ("resources", {"section": "supply"}, "chart_years", "A01"),
    ("resources", {"section": "people"}, "chart_sinking", "A09"),
    ("resources", {"section": "centres"}, "chart_requesters", "C12a"),
    ("utilisation", {"use": "beds"}, "chart_bed_trend", "C01"),
    ("utilisation", {"use": "beds"}, "chart_bed_calendar", "C01"),
    ("utilisation", {"use": "equipment"}, "chart_devices", "C10"),
    ("utilisation", {"use": "equipment"}, "chart_positive", "C11"),
    ("referrals", {"flow": "referrals"}, "flow_kept", "B09"),
    ("referrals", {"flow": "referrals"}, "flow_two_way", "B08"),
    ("referrals", {"flow": "claims"}, "flow_kept", "B01"),
]


@pytest.mark.parametrize(("page", "query", "chart", "indicator"), CHARTS, ids=lambda part: part if isinstance(part, str) else "")
def test_a_mark_of_a_chart_opens_the_panel(
    open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch, page: str, query: dict[str, str], chart: str, indicator: str
) -> None:
    """The first mark of the first trace is clicked while the page draws: AppTest knows no clicks on charts."""

    def click(_figure: object, *, key: str, alt: str, on_pick: Callable[[int, int], None] | None = None) -> None:
        if key == chart:
            assert on_pick is not None
            on_pick(0, 0)

    for module in (keep, resource_parts, supply, blocks):
        monkeypatch.setattr(module, "show_figure", click)
    app = open_app(page, url=county_url, month="2025-01", **query)
    assert not app.error, [error.value for error in app.error]
    assert len(table(app, f"drill_{indicator}"))
    assert len(months(app))
    assert "口径" in str(app.expander[-1].label)


def test_a_resource_without_an_indicator_opens_who_has_it(open_app: OpenApp, county_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Centres per 100,000 are no indicator of the catalogue."""

    def click(_figure: object, *, key: str, alt: str, on_pick: Callable[[int, int], None] | None = None) -> None:
        if key == "chart_ranking":
            assert on_pick is not None
            on_pick(0, 0)

    monkeypatch.setattr(resource_parts, "show_figure", click)
    app = open_app("resources", url=county_url, month="2025-01", section="supply", resource="centres", unit="town")
    assert not app.error, [error.value for error in app.error]
    found = [each.value for each in app.dataframe if {"name", "town", "2025"} <= set(each.value.columns)]
    assert len(found) == 1
    assert found[0]["2025"].tolist() == [1]
    assert "÷ 常住人口" in texts(app)
    assert "口径" in str(app.expander[-1].label)
