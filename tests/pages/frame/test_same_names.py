"""Two units of one name stay two on every page: chart rows, choices and tables; codes are keys, names are labels."""

from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.periods import Period
from dashboard.catalogue.models import Level
from dashboard.formatting import line_width
from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import indicator_values
from dashboard.store.importing.loader import load_package
from dashboard.ui.performance.page import SECTIONS as PERFORMANCE
from dashboard.ui.resources.page import SECTIONS as RESOURCES
from dashboard.ui.utilisation.page import SECTIONS as UTILISATION
from tests.integration.packages import write_csv_package
from tests.pages.conftest import OpenApp
from tests.twins import TWINS, twin_county

SECTIONS = {"resources": RESOURCES, "utilisation": UTILISATION, "performance": PERFORMANCE}
PLACES = [
    ("", {}),
    ("insurance", {}),
    ("meeting", {}),
    ("referrals", {"flow": "referrals"}),
    ("referrals", {"flow": "claims"}),
    *((page, {sections.key: code}) for page, sections in SECTIONS.items() for code in sections.labels),
    ("performance", {"kind": "hospitals"}),
]


@pytest.fixture(scope="module")
def twins_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("twins")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", twin_county()), url)
    assert report.accepted, [finding.text() for finding in report.findings]
    return url


LONG = "积石山保安族东乡族撒拉族自治县吹麻滩镇中心卫生院暨社区卫生服务中心（城东分院、含三个服务站）"
MOST_IN_A_CHOICE, MOST_IN_A_CELL, MOST_BESIDE_A_MARK = 26, 33, 12


@pytest.fixture(scope="module")
def long_names_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The same county with names that no box has room for, two of them equal."""
    folder = tmp_path_factory.mktemp("long")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    tables = twin_county()
    names = tables["dim_institution"]["institution_code"].map({"H1": LONG, "H2": LONG, "C1": f"{LONG}1号", "C2": f"{LONG}2号"})
    tables["dim_institution"] = tables["dim_institution"].assign(name=names.fillna(tables["dim_institution"]["name"]), short_name=None)
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [finding.text() for finding in report.findings]
    return url


def chart_rows(figures: list[dict]) -> Iterator[list[str]]:
    """Yield the places of every named axis and of every trace that has names as places."""
    for figure in figures:
        for name, axis in figure["layout"].items():
            if name.startswith(("xaxis", "yaxis")) and axis.get("ticktext"):
                yield [str(text) for text in axis["ticktext"]]
        for trace in figure["data"]:
            for side in ("x", "y"):
                places = trace.get(side) or []
                if isinstance(places, list) and places and all(isinstance(place, str) and not place[:4].isdigit() for place in places):
                    yield places


def choices(app: AppTest) -> Iterator[list[str]]:
    for kind in ("selectbox", "multiselect", "radio"):
        for widget in app.get(kind):
            yield [str(option) for option in widget.options]


def cells(app: AppTest) -> Iterator[str]:
    for table in app.dataframe:
        for column in table.value.columns:
            if table.value[column].dtype == object or str(table.value[column].dtype).startswith("str"):
                yield from table.value[column].dropna().astype(str)


@pytest.mark.parametrize(("page", "query"), PLACES, ids=lambda part: part if isinstance(part, str) else "-".join(part.values()))
def test_nothing_merges(open_app: OpenApp, twins_url: str, figures: list[dict], page: str, query: dict[str, str]) -> None:
    app = open_app(page, url=twins_url, month="2025-01", **query)
    assert not app.error, [error.value for error in app.error]
    for rows in (*chart_rows(figures), *choices(app)):
        assert len(rows) == len(set(rows)), rows
        assert not set(rows) & set(TWINS), rows
    assert not set(cells(app)) & set(TWINS)


def test_the_twins_are_seen(open_app: OpenApp, twins_url: str) -> None:
    """What the test above does not find would be found: both of a pair are there, each with its mark."""
    app = open_app("utilisation", url=twins_url, month="2025-01", use="beds")
    options = {option for rows in choices(app) for option in rows}
    assert {"人民医院 (人民医院医共体 (A))", "人民医院 (人民医院医共体 (B))"} <= options
    assert {"人民医院 (人民医院医共体 (A))", "人民医院 (人民医院医共体 (B))"} <= set(cells(app))


@pytest.mark.parametrize("level", ["community", "town", "institution"])
def test_values_of_the_catalogue_carry_the_marks(twins_url: str, level: Level) -> None:
    """Reports, exports and the drill panel name their units by these."""
    names = indicator_values(open_database(twins_url), level=level, period=Period.parse("2025-01"))[["unit", "unit_name"]]
    assert names.drop_duplicates()["unit_name"].is_unique
    assert len(names["unit"].unique()) > 1


@pytest.mark.parametrize(
    ("page", "query"),
    [
        ("utilisation", {UTILISATION.key: "beds"}),
        ("utilisation", {UTILISATION.key: "equipment"}),
        ("resources", {RESOURCES.key: "centres"}),
        ("resources", {RESOURCES.key: "plan"}),
        ("referrals", {"flow": "referrals"}),
    ],
)
def test_very_long_names_lose_their_middle_and_stay_apart(
    open_app: OpenApp, long_names_url: str, figures: list[dict], page: str, query: dict[str, str]
) -> None:
    app = open_app(page, url=long_names_url, month="2025-01", **query)
    assert not app.error, [error.value for error in app.error]
    for rows in choices(app):
        assert len(rows) == len(set(rows)), rows
        assert max(line_width(row, 1, 0.5) for row in rows) <= MOST_IN_A_CHOICE, rows
    long = [cell for cell in cells(app) if cell.startswith(LONG[:6])]
    assert all(line_width(cell, 1, 0.5) <= MOST_IN_A_CELL for cell in long), long
    nodes = [trace["node"] for figure in figures for trace in figure["data"] if trace["type"] == "sankey"]
    for node in nodes:
        assert all(line_width(label, 1, 0.5) <= MOST_BESIDE_A_MARK for label in node["label"]), node["label"]
    if (page, query) == ("resources", {RESOURCES.key: "centres"}):
        assert any(LONG in told for node in nodes for told in node["customdata"]), "the hover has the whole name"


def test_a_link_with_a_whole_long_name_is_understood(open_app: OpenApp, long_names_url: str) -> None:
    """The box has room for its ends only; links that were written by hand, or before, have it whole."""
    names = directory(open_database(long_names_url)).institutions["short_name"]
    app = open_app("utilisation", url=long_names_url, hospital=names["H1"])
    assert not [each.value for each in app.info if "无法识别" in each.value]
    box = next(box for box in app.selectbox if box.key == "hospital")
    assert box.value == "H1"
    assert len(names["H1"]) > MOST_IN_A_CHOICE
    assert len(app.query_params["hospital"][0]) <= MOST_IN_A_CHOICE
