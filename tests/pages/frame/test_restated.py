"""A load that moves an institution to another community moves its past: pages and exports of earlier periods say so, those since do not."""

import pytest

from dashboard.store.importing.loader import load_package
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp, texts

_WORDS = "2025年3月的数据改变了机构或乡镇的归属、属性，本期按新的重算"


@pytest.fixture(scope="module")
def moved_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("moved")
    url, tables = f"duckdb:///{folder / 'reporting.duckdb'}", small_county()
    assert load_package(write_csv_package(folder / "package", tables), url).accepted
    visits = tables["fact_outpatient"]
    moved = tables["dim_institution"].query("institution_code in ['C1', 'S1']").assign(community_code="B")
    newest = visits[visits["month"] == visits["month"].max()].assign(month="2025-03-01")
    report = load_package(write_csv_package(folder / "moved", {"dim_institution": moved, "fact_outpatient": newest}), url)
    assert report.accepted, [item.text() for item in report.findings]
    assert "history_restated" in {item.rule for item in report.findings}
    return url


def test_a_page_of_an_earlier_period_says_that_its_history_was_restated(open_app: OpenApp, moved_url: str) -> None:
    for page in ("", "performance", "resources"):
        earlier = open_app(page, url=moved_url, month="2025-01")
        assert not earlier.exception
        assert _WORDS in texts(earlier).replace("\\", ""), page
        assert _WORDS not in texts(open_app(page, url=moved_url, month="2025-03")).replace("\\", ""), page
