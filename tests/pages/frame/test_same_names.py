"""Two units of one name stay two on every page: chart rows, choices and tables; codes are keys, names are labels."""

import json
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.analysis.periods import Period
from dashboard.catalogue.models import Level
from dashboard.services.common.database import open_database
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


def chart_rows(app: AppTest) -> Iterator[list[str]]:
    """Yield the places of every named axis and of every trace that has names as places."""
    for chart in app.get("plotly_chart"):
        figure = json.loads(chart.proto.spec)
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
def test_nothing_merges(open_app: OpenApp, twins_url: str, page: str, query: dict[str, str]) -> None:
    app = open_app(page, url=twins_url, month="2025-01", **query)
    assert not app.error, [error.value for error in app.error]
    for rows in (*chart_rows(app), *choices(app)):
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
