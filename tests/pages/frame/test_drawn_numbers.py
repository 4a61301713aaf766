"""One number for one name, as it is drawn: the same indicator of the same unit and period is one text on every page and presented item."""

import datetime
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import agenda_of, page_item, save_agenda, scheme_item
from dashboard.store.importing.loader import load_package
from tests.components import behind_cards
from tests.conftest import Demonstration
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp
from tests.pages.numbers import COUNTY, drawn_numbers, two_values
from tests.pages.walk import drawn
from tests.views import APART, VIEWS

_BY_LIBRARY = {"resources-plan"}
"""Views with a figure that the kit does not draw: one with two level axes."""
_TELLING = (
    "overview",
    "utilisation-beds",
    "utilisation-equipment",
    "referrals-referrals",
    "referrals-claims",
    "performance-drill",
    "insurance-saved",
    "insurance-indicators",
    "quality-all",
    "quality-costs",
    "quality-care",
    "quality-drg",
    "contracts",
    "cockpit",
)
"""The views of the demonstration county that say an indicator's value with its name; of the small one every view is walked."""
MONTH = "2025-10"
_BEHIND: dict[str, dict[str, object]] = {}
"""By page the tables behind its cards, as far as they have been seen."""
_FEW = re.compile(r"(?<![\d.,–<-])[1-4] (?:人次|人|例)(?!均)")


def _loaded(folder: Path) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(folder / "package", url)
    assert report.accepted, [item.text() for item in report.findings][:5]
    return url


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A sender of no community, a centre that closed while its referrals go on, a month without beds, few referrals."""
    folder = tmp_path_factory.mktemp("odd")
    tables = small_county()
    extra = tables["dim_institution"].iloc[[2, 2]].assign(
        institution_code=["N1", "P9"], name=["独立卫生院", "已关卫生院"], short_name=["独立", "已关"], role=["none", "member"],
        community_code=[None, "B"], town_code=["T2", "T2"], longitude=None, latitude=None,
    )  # fmt: skip
    tables["dim_institution"] = pd.concat([tables["dim_institution"].assign(closed_on=None), extra.assign(closed_on=[None, "2025-02-28"])])
    beds = tables["fact_bed"]
    tables["fact_bed"] = beds[beds["month"] != "2025-02-01"]
    sent = [
        (sender, "H2", direction, "G1", month, cases, cases)
        for month in ("2025-01-01", "2025-02-01", "2025-03-01")
        for sender, direction, cases in (("N1", "up", 12), ("P9", "up", 9), ("C1", "up", 3))
    ]
    tables["fact_referral"] = pd.concat([tables["fact_referral"], pd.DataFrame(sent, columns=tables["fact_referral"].columns)])
    write_csv_package(folder / "package", tables)
    return _loaded(folder)


def _walk(open_app: OpenApp, url: str, *, everywhere: bool = False, **filters: str) -> pd.DataFrame:
    """Return what the telling views draw, or those of ``everywhere``."""
    area = filters.get("community", COUNTY)
    views = [view for view in VIEWS if str(view) in _TELLING]
    assert len(views) == len(_TELLING)
    if everywhere:
        views = [view for view in VIEWS if view.page not in APART]
    if filters.get("grain", "month") != "month":  # the wall has a period of its own
        views = [view for view in views if view.page != "cockpit"]
    units, found = _units(url), []
    for view in views:
        app = _opened(open_app, view.page, url=url, **filters, **view.query)
        assert not app.get("plotly_chart") or str(view) in _BY_LIBRARY, f"{view} makes its reader wait for the chart library"
        found.append(drawn_numbers(app, str(view), area, units))
    return pd.concat(found)


def _units(url: str) -> dict[str, str]:
    """Return the codes behind the names of communities and institutions, full and short."""
    known = directory(open_database(url))
    found = {each.name: each.code for each in known.ordered} | {each.short_name: each.code for each in known.ordered}
    for column in ("name", "short_name"):
        found |= {str(name): str(code) for code, name in known.institutions[column].items()}
    return found


def _opened(open_app: OpenApp, page: str, **address: str) -> AppTest:
    """Open every table behind a card: those that a page had before with the page, and only what is new with a second run."""
    known = _BEHIND.setdefault(page, {})
    app = open_app(page, state=known, **address)
    new = {key: value for key, value in behind_cards(app).items() if key not in known}
    known |= new
    for key, value in new.items():
        app.session_state[key] = value
    return app.run() if new else app


@pytest.mark.parametrize("grain", ["month", "ytd"])
def test_the_demonstration_county_is_drawn_with_one_number_for_one_name(
    open_app: OpenApp, demonstration: Demonstration, grain: str
) -> None:
    found = pd.concat([_walk(open_app, demonstration.url, month=MONTH, grain=grain, **more) for more in ({}, {"community": "M2"})])
    assert (found.groupby(["indicator", "unit"])["place"].nunique() > 1).sum() >= 5, "the same things are told in several places"
    assert two_values(found).empty, two_values(found).to_string()


def test_an_odd_county_is_drawn_with_one_number_for_one_name(open_app: OpenApp, odd: str) -> None:
    whole = _walk(open_app, odd, everywhere=True, month="2025-03")
    found = pd.concat([whole, *(_walk(open_app, odd, month="2025-03", community=code) for code in ("A", "B"))])
    assert (found.groupby(["indicator", "unit"])["place"].nunique() > 1).sum() >= 2
    assert two_values(found).empty, two_values(found).to_string()


def test_two_values_for_one_name_would_be_seen() -> None:
    rows = [
        ("a", "B08", "C1", "0.21", 0.21, 0.01),
        ("b", "B08", "C1", "0.4", 0.4, 0.1),
        ("c", "C01", "H1", "80.1%", 80.1, 0.1),
        ("d", "C01", "H1", "80%", 80.0, 1.0),
    ]
    found = pd.DataFrame(rows, columns=["place", "indicator", "unit", "text", "value", "step"])
    assert set(two_values(found)["indicator"]) == {"B08"}


Presented = Callable[[str, Sequence[object]], list[AppTest]]


@pytest.fixture
def presented(open_app: OpenApp, use_database: Callable[[str], None]) -> Presented:
    """Return each item of an agenda as it is presented."""

    def run(url: str, items: Sequence[object]) -> list[AppTest]:
        use_database(url)
        saved = save_agenda(current_workspace(), agenda_of("例会", datetime.date(2025, 11, 5), items), author=None)  # type: ignore[arg-type]
        place = [
            item.address.partition("?")[0].strip("/") or "overview" if item.kind == "page" else "meeting" for item in saved.agenda.items
        ]
        found = []
        for number, (item, page) in enumerate(zip(saved.agenda.items, place, strict=True), start=1):
            asked = {"agenda": saved.agenda_id, "item": str(number), "present": "1"}
            app = open_app("meeting", url=url, **asked)
            if page != "meeting":  # AppTest does not follow a change of page: the address that it would open
                query = dict(pair.split("=") for pair in item.address.partition("?")[2].split("&") if pair)
                app = open_app(page, url=url, **query, **asked)
            assert not app.exception
            assert not app.error, [error.value for error in app.error]
            found.append(app)
        return found

    return run


def test_presented_items_show_the_pages_numbers_and_no_few(open_app: OpenApp, odd: str, presented: Presented) -> None:
    items = [
        page_item("总览", "/?month=2025-03"),
        page_item("床位", "/utilisation?month=2025-03"),
        page_item("转诊", "/referrals?month=2025-03&flow=referrals"),
        scheme_item("方案", "file:minimal_example", address="/performance?month=2025-03"),
    ]
    shown = presented(odd, items)
    numbers = pd.concat([drawn_numbers(app, f"item {place}") for place, app in enumerate(shown, start=1)])
    assert set(numbers["place"]) >= {"item 1", "item 2", "item 3"}
    whole = pd.concat([numbers, _walk(open_app, odd, month="2025-03")])
    assert two_values(whole).empty, two_values(whole).to_string()
    few = [text for app in shown for text in drawn(app) if _FEW.search(text.replace("\\", ""))]
    assert not few, few


def test_a_few_would_be_seen() -> None:
    assert _FEW.search("上转 3 人次")
    assert not _FEW.search("上转 13 人次")
    assert not _FEW.search("上转 <5 人次")
    assert not _FEW.search("1–4 人次")
