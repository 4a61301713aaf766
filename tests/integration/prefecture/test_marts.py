"""Two counties in one database: what the marts say of a county is what its own pages say, and a load renews them."""

import datetime
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from click.testing import Result
from typer.testing import CliRunner

from dashboard import cli
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.errors import DatabaseError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_values
from dashboard.services.overview.fund import fund_progress
from dashboard.services.prefecture.answer import everywhere, prefecture
from dashboard.services.prefecture.marts import make_marts, refresh_marts
from dashboard.settings import settings
from dashboard.store.engine import retire, writing_engine
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.integration.importing.test_counties import second_package
from tests.integration.packages import small_county, write_csv_package
from tests.scope_county import LAST, write


def make(url: str, *, both: bool = True) -> str:
    writer = writing_engine(url)
    write(writer, together(one_county(), second_county()) if both else one_county())
    writer.dispose()
    return url


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportingDatabase]:
    url = make(f"duckdb:///{tmp_path_factory.mktemp('prefecture') / 'reporting.duckdb'}")
    assert make_marts(url) == 2
    opened = open_database(url)
    yield opened
    retire(opened.engine)


@pytest.mark.parametrize("scheme", [None, "employee", "resident"])
@pytest.mark.parametrize("month", [LAST, datetime.date(LAST.year, LAST.month - 1, 1)])
@pytest.mark.parametrize("code", [FIRST, SECOND])
def test_each_indicator_is_that_of_the_county_itself(
    database: ReportingDatabase, code: str, month: datetime.date, scheme: str | None
) -> None:
    own = database.under(replace(database.scope, county=code))
    names = prefecture_settings().indicators
    values = indicator_values(own, level="county", period=Period(Grain.MONTH, month), indicators=names, scheme=scheme).set_index(
        "indicator"
    )
    answer = prefecture(everywhere(database), month, scheme)
    compared = {name: each.table.loc[code] for name, each in answer.compared.items()}
    shown = [name for name in names if values.loc[name, "status"] == "ok"]
    assert shown
    for name in shown:
        assert compared[name]["value"] == values.loc[name, "value"]
        assert compared[name]["numerator"] == values.loc[name, "numerator"]
        assert compared[name]["month"] == pd.Timestamp(month)


@pytest.mark.parametrize("code", [FIRST, SECOND])
def test_the_year_end_is_that_of_the_county_itself(database: ReportingDatabase, code: str) -> None:
    own = database.under(replace(database.scope, county=code))
    county = fund_progress(own, Period(Grain.MONTH, LAST)).county
    row = prefecture(everywhere(database), LAST).fund.table.loc[code]
    if county is None:
        assert pd.isna(row["budget"])
        return
    assert row["budget"] == pytest.approx(county.budget)
    assert row["year_end"] == pytest.approx(county.year_end.total if county.year_end else float("nan"), nan_ok=True)


def test_all_together_are_sums_divided(database: ReportingDatabase) -> None:
    for each in prefecture(everywhere(database), LAST).compared.values():
        on_time = each.on_time
        if len(on_time):
            assert each.whole == pytest.approx(100 * on_time["numerator"].sum() / on_time["denominator"].sum())


def test_a_database_of_one_county_has_no_marts(tmp_path) -> None:
    assert make_marts(make(f"duckdb:///{tmp_path / 'reporting.duckdb'}", both=False)) == 0


def test_a_load_renews_the_county_that_it_brought_and_those_without_marts(tmp_path) -> None:
    url = make(f"duckdb:///{tmp_path / 'reporting.duckdb'}")
    assert make_marts(url, {FIRST}) == 1
    assert refresh_marts(url, 2) == 1  # the second county, which the load brought
    opened = open_database(url)
    table = prefecture(everywhere(opened), LAST).compared["B02"].table
    retire(opened.engine)
    assert table["value"].notna().all()
    assert refresh_marts(url, 1) == 1


def test_a_load_stands_when_the_marts_cannot_be_made_of_it(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is told with what to do, and the command's status says which of the two failed."""
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    monkeypatch.setenv("REPORTING_DATABASE_URL", url)
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    settings.cache_clear()
    line = CliRunner()

    def load(package: dict[str, pd.DataFrame], name: str) -> Result:
        return line.invoke(cli.application, ["load", str(write_csv_package(tmp_path / name, package))])

    def fail(*_arguments: object) -> None:
        raise DatabaseError("数据库没有完成这次载入", "请检查磁盘空间")

    with monkeypatch.context() as broken:
        broken.setattr("dashboard.services.prefecture.marts.write_marts", fail)
        assert load(small_county(), "first").exit_code == 0, "one county needs none"
        told = load(second_package(), "second")
        assert told.exit_code == 3
        assert "已载入 second：第 2 批" in told.output
        assert "python -m dashboard marts" in told.output
        assert "请检查磁盘空间" in told.output
    assert open_database(url).version.load_id == 2
    assert line.invoke(cli.application, ["marts"]).exit_code == 0
    assert load(second_package(), "second").exit_code == 0, "unchanged"
    settings.cache_clear()
