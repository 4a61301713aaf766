"""A county that has loaded only beds and outpatients of two months: every page works, and asks for what it truly lacks."""

import datetime
import re
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.catalogue.reform import reform_settings
from dashboard.services.common.cache import forget_answers
from dashboard.services.common.database import open_database
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import save_plan
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.answer import fiscal_model
from dashboard.services.insurance.answer import insurance_model
from dashboard.services.prefecture.marts import fund_rows, measure_rows
from dashboard.services.reform.outcomes import outcome_of
from dashboard.store import query
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.smallest import SMALLEST, write_smallest
from dashboard.store.schema import label, metadata
from dashboard.topics import PAGES
from dashboard.topics.declaration import REGISTERS
from dashboard.whatif.scenario import Scenario
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp
from tests.pages.walk import drawn
from tests.views import VIEWS, View

_ASKED = re.compile(r"(?:请载入|缺少数据：|未纳入（缺少数据）：|有其中一张即可：)([^。\n]*)")
_TABLE = re.compile(r"\b(?:FROM|JOIN)\s+((?:dim|fact|agg)_\w+)")
_WHO_REPORTED = (
    "measures/reporters", "measures/units", "measures/coverage", "overview/reported_months",
    "common/changed_reports", "common/register", "common/restated", "common/returns", "common/table_months",
)  # fmt: skip
"""Queries about who reports at all: they look at every table."""
LACKS = {
    "overview": {"fact_claim", "fact_fund_budget", "fact_referral", "fact_contract", "fact_shared_service", "fact_finance"},
    "resources-supply": {"dim_town", "fact_population"},
    "resources-people": {"fact_workforce", "fact_posting", "fact_support"},
    "resources-centres": {"fact_shared_service"},
    "resources-equity": {"dim_town", "fact_population"},
    "resources-access": {"dim_town", "fact_population"},
    "resources-plan": {"dim_town", "fact_population"},
    "utilisation-efficiency": {"fact_workforce"},
    "utilisation-equipment": {"dim_equipment", "fact_equipment_use"},
    "referrals-claims": {"fact_referral", "fact_claim"},
    "insurance-saved": {"fact_claim"},
}


@pytest.fixture(scope="module")
def first_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("first")
    write_smallest(folder / "package")
    return _loaded(folder)


@pytest.fixture(scope="module")
def whole_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A row or two in every table, claims of the year before, a centre's fiscal books: without them there is no baseline."""
    folder = tmp_path_factory.mktemp("whole")
    tables = small_county()
    one = tables["fact_claim"].drop_duplicates(["town_code", "scheme"])
    months = [f"{day:%Y-%m-%d}" for day in pd.date_range("2024-01-01", "2025-03-01", freq="MS")]
    claims = pd.concat([one.assign(month=month) for month in months])
    referrals = tables["fact_referral"].assign(month=months[-1])
    granted = pd.DataFrame([{"account_code": "60", "name": "财政补助", "side": "fiscal", "item": "other"}])
    accounts = pd.concat([tables["dim_account"], granted], ignore_index=True)
    booked = pd.DataFrame([{"institution_code": "C1", "account_code": "60", "month": "2025-01-01", "amount": 900}])
    books = pd.concat([tables["fact_finance"], booked], ignore_index=True)
    rest = {"fact_claim": claims, "fact_referral": referrals, "dim_account": accounts, "fact_finance": books}
    write_csv_package(folder / "package", tables | rest)
    return _loaded(folder)


def _loaded(folder: Path) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(folder / "package", url)
    assert report.accepted, [item.text() for item in report.findings]
    return url


def asked_for(texts: list[str]) -> set[str]:
    """Return the tables that a page asks to be loaded, by their file name or their Chinese name."""
    words = "、".join(found for text in texts for found in _ASKED.findall(text.replace("\\", "")))
    return {name for name, table in metadata.tables.items() if name in words or label(table) in re.split(r"[、“”（）()，,]", words)}


def test_what_is_asked_for_would_be_seen() -> None:
    texts = ["请载入“床位月报”（fact_bed）。", "缺少数据：医保结算月汇总、转诊月报"]
    assert asked_for(texts) == {"fact_bed", "agg_claim_month", "fact_referral"}


@pytest.mark.parametrize("view", VIEWS, ids=str)
def test_each_page_asks_for_what_it_truly_lacks(open_app: OpenApp, first_url: str, view: View) -> None:
    app = open_app(view.page, url=first_url, **view.query)
    assert not app.exception
    assert not app.error, [error.value for error in app.error]
    found = asked_for(drawn(app))
    assert not {name for name in found if name.startswith(("agg_", "meta_"))}, "nobody can load a derived table"
    assert not found & set(SMALLEST), "it is loaded"
    assert found >= LACKS.get(str(view), set())


def test_english_says_the_same(open_app: OpenApp, first_url: str) -> None:
    words = " ".join(drawn(open_app("resources", url=first_url, section="equity", lang="en"))).replace("\\", "")
    assert "fact_population" in words
    assert "fact_bed." not in words


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """The names of the queries that are run."""
    names: set[str] = set()
    read = query.scoped_query

    def record(name: str) -> object:
        names.add(name)
        return read(name)

    monkeypatch.setattr(query, "scoped_query", record)
    yield names
    forget_answers()


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_a_page_is_fed_by_the_tables_that_its_topic_declares(open_app: OpenApp, whole_url: str, page: str, asked: set[str]) -> None:
    forget_answers()  # once: what one view has asked, another of the same page need not ask again
    for view in (view for view in VIEWS if view.page == page):
        open_app(page, url=whole_url, **view.query)
    if page == "reform":  # its other outcomes, and what-ifs that were saved
        _read_every_outcome(whole_url)
        open_app(page, url=whole_url, study="stack", stack=_saved_reforms(whole_url))
    if page == "prefecture":  # its marts, made with every load
        measure_rows(open_database(whole_url), "330110")
        fund_rows(open_database(whole_url), "330110")
    told = {name for name in asked if name.split("/")[0] not in ("directory", "filters", "meta") and name not in _WHO_REPORTED}
    texts = (re.sub(r"--[^\n]*", "", query.query_text(name)) for name in told)
    fed = {name.replace("agg_claim_month", "fact_claim") for text in texts for name in _TABLE.findall(text)} - set(REGISTERS)
    declared = next(each.tables for each in PAGES if each.name == page)
    assert sorted(fed ^ set(declared)) == [], fed


def _read_every_outcome(url: str) -> None:
    database = open_database(url)
    for name in reform_settings().outcomes:
        outcome_of(database, name, datetime.date(2025, 3, 1))


def _saved_reforms(url: str) -> str:
    """Save a scenario of each what-if; return both as the address of 改革叠加 has them."""
    insurance, fiscal = (model(open_database(url)) for model in (insurance_model, fiscal_model))
    changed = {"insurance": (insurance, {"recapture_rate": 0.2}), "fiscal": (fiscal, {"transition_weight": 1.0})}
    keys = []
    for name, (model, values) in changed.items():
        plan = Plan(Scenario(id="current", name=name, data_version=model.baseline.data_version, coefficients=values))  # type: ignore[union-attr]
        saved = save_plan(current_workspace(), plan, model=name, name=name, author="甲", reason="", load_id=1)
        year = model.baseline.year  # type: ignore[union-attr]
        keys.append(f"{saved.document_id}@{year}-01~")
    return ";".join(keys)
