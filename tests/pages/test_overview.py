"""The Overview on whole, sparse and hostile data."""

from pathlib import Path

import pandas as pd
import pytest

from dashboard.store.loader import load_package
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp, texts


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
    return {metric.value.replace("\\", "") for metric in app.metric}  # type: ignore[attr-defined]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("grain", ["month", "quarter", "ytd", "rolling12"])
def test_whole_county_in_every_period_and_language(open_app: OpenApp, small_url: str, grain: str, language: str) -> None:
    app = open_app(url=small_url, grain=grain, lang=language)
    _no_error(app)
    assert len(app.metric) == 6


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
    assert "<script>" not in texts(app).replace("\\<script\\>", "")
