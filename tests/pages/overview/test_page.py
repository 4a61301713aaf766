"""The Overview on whole, sparse and hostile data."""

from pathlib import Path

import pandas as pd
import pytest

from dashboard.store.importing.loader import load_package
from tests.insured import budgets, claims, make_insured_county
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp, texts
from tests.pages.numbers import headline_cards
from tests.tiny import HOSTILE_NAMES


@pytest.fixture(scope="module")
def small_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A county with a row or two in every table."""
    return _loaded(tmp_path_factory.mktemp("small"), small_county())


@pytest.fixture(scope="module")
def beds_only_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A county that reports nothing but beds."""
    whole = small_county()
    institutions = whole["dim_institution"].loc[[0], ["institution_code", "name", "kind", "in_county"]]
    beds = whole["fact_bed"][whole["fact_bed"]["institution_code"] == "H1"]
    tables = {"dim_institution": institutions, "dim_department": whole["dim_department"], "fact_bed": beds}
    return _loaded(tmp_path_factory.mktemp("beds"), tables)


def _loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted
    return url


def _no_error(app: object) -> None:
    assert not app.error, [error.value for error in app.error]  # type: ignore[attr-defined]


def _metrics(app: object) -> set[str]:
    return {card["value"] for card in headline_cards(app)}  # type: ignore[arg-type]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("grain", ["month", "quarter", "ytd", "rolling12"])
def test_whole_county_in_every_period_and_language(open_app: OpenApp, small_url: str, grain: str, language: str) -> None:
    app = open_app(url=small_url, grain=grain, lang=language)
    _no_error(app)
    assert len(headline_cards(app)) == 6


def test_one_community(open_app: OpenApp, small_url: str) -> None:
    app = open_app(url=small_url, community="A")
    _no_error(app)
    assert "100.0%" in _metrics(app)  # all encounters of A's insured are inside the county


def test_a_county_with_only_beds_says_what_each_block_lacks(open_app: OpenApp, beds_only_url: str) -> None:
    app = open_app(url=beds_only_url)
    _no_error(app)
    words = texts(app)
    for lacking in ("没有医共体名单", "没有 2025 年的总额预算", "没有转诊数据", "没有共享中心数据", "医保结算月报"):
        assert lacking in words
    assert "85.0%" in _metrics(app)  # (2500 + 2600) of 6000 bed-days


def test_names_of_communities_stay_text(open_app: OpenApp, hostile_url: str) -> None:
    app = open_app(url=hostile_url)
    _no_error(app)
    offered = [option.replace("\u2060", "") for box in app.selectbox for option in box.options]
    assert any(HOSTILE_NAMES[0] in option for option in offered)  # the names are on the page
    assert "<script>" not in texts(app).replace("\\<script\\>", "")


def test_blocks_and_values_tell_their_own_date_where_it_is_not_the_pages(open_app: OpenApp, small_url: str) -> None:
    quarter = texts(open_app(url=small_url, month="2025-03", grain="quarter"))
    assert quarter.count("数据到 2025年1月") >= 2  # referrals and shared centres came for January only
    assert "数据到" not in texts(open_app(url=small_url, month="2025-01"))


def test_the_share_of_the_fund_used_carries_the_mark_of_the_time(open_app: OpenApp, small_url: str) -> None:
    for chosen in ({}, {"community": "A"}):
        targets = [card["target"]["text"] for card in headline_cards(open_app(url=small_url, month="2025-03", **chosen)) if card["target"]]
        assert [text for text in targets if "时序 25.0%" in text]


def test_with_a_scheme_chosen_the_title_is_of_this_scheme(open_app: OpenApp, tmp_path: Path) -> None:
    """Budgets that only the residents' spending exceeds: the title of the employees must not name it."""
    rows = [{**row, "budget": (0.5 if row["scheme"] == "resident" else 2) * row["budget"]} for row in budgets()]
    url = make_insured_county(f"duckdb:///{tmp_path / 'insured.duckdb'}", budget_rows=rows)
    titles = {scheme: open_app(url=url, month="2025-10", scheme=scheme).title[0].value for scheme in ("all", "resident", "employee")}
    assert "居民医保 年末预计占预算" in titles["all"]
    assert titles["resident"] == titles["all"]
    assert "居民医保" not in titles["employee"]
    assert "占预算" not in titles["employee"]
    assert "基金预计不超支" in titles["employee"]


def test_a_scheme_on_neither_side_of_the_fund_is_named(open_app: OpenApp, tmp_path: Path) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path / 'insured.duckdb'}", claim_rows=claims(schemes=("resident",)))
    told = texts(open_app(url=url, month="2025-10"))
    assert "只有预算或只有结算、没有列入" in told
    assert "职工医保" in told
