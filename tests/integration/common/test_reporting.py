"""A county whose newest month is not all there: what opens, what is judged, what is said."""

import datetime
import math
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboard.analysis.periods import Period
from dashboard.services.common import reporting
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.drill import behind, months_of
from dashboard.services.common.filters import filter_options
from dashboard.services.common.reporting import data_age, date_words, newest_complete_months, own_date, silent_units, table_months
from dashboard.services.monitoring.attention import attention
from dashboard.services.monitoring.wording import matter_title
from dashboard.services.overview import wording
from dashboard.services.overview.answer import dimension_strip, headlines
from dashboard.services.overview.fund import fund_progress
from dashboard.states import State
from dashboard.ui.cockpit.fund import fund_finding
from tests.integration.county import bed, claim, fill, institution, visits

MONTHS = [f"2025-{number:02}" for number in range(1, 11)]
NOVEMBER = "2025-11"
CENTRES = [f"P{number}" for number in range(1, 9)]
HOSPITALS = ["H1", "H2"]
EVERYBODY = [*HOSPITALS, *CENTRES]


def _size(code: str) -> int:
    return {"H1": 40_000, "H2": 30_000}.get(code, 20_000 + int(code[1:]))


def _community(code: str) -> str:
    return "C1" if code in ("H1", *CENTRES[:4]) else "C2"


def _rows(outpatient: list[str], beds: list[str], *, claims: bool) -> dict:
    """Ten whole months; in November only ``outpatient`` and ``beds`` have sent theirs."""
    reported = [(code, month) for month in MONTHS for code in EVERYBODY] + [(code, NOVEMBER) for code in outpatient]
    bedded = [(code, month) for month in MONTHS for code in HOSPITALS] + [(code, NOVEMBER) for code in beds]
    paid = ["2024-" + f"{number:02}" for number in range(1, 13)] + MONTHS + ([NOVEMBER] if claims else [])
    claimed = [
        claim(town, code, "outpatient", month, 900, 100_000, 200_000) for month in paid for town, code in (("T1", "P1"), ("T2", "P5"))
    ]
    return {
        "dim_county": [{"county_code": "K", "name": "小县"}],
        "dim_community": [
            {"community_code": code, "name": name, "short_name": name, "display_order": order}
            for order, (code, name) in enumerate((("C1", "一"), ("C2", "二")), start=1)
        ],
        "dim_town": [{"town_code": f"T{number}", "name": f"镇{number}", "community_code": f"C{number}"} for number in (1, 2)],
        "dim_institution": [
            institution(
                code, "general_hospital" if code in HOSPITALS else "township_centre", role="lead" if code in HOSPITALS else "member",
                community_code=_community(code), town_code="T1" if _community(code) == "C1" else "T2", short_name=code,
            )
            for code in EVERYBODY
        ],
        "dim_department": [{"department_code": "D", "name": "内科"}],
        "dim_disease_group": [{"disease_group_code": "G1", "name": "组一"}],
        "fact_outpatient": [visits(code, month, _size(code)) for code, month in reported],
        "fact_bed": [bed(code, month, 3_000, 2_500, 300, 2_400) for code, month in bedded],
        "fact_claim": claimed,
        "agg_claim_month": [{key: value for key, value in row.items() if key != "disease_group_code"} for row in claimed],
        "fact_fund_budget": [
            {"community_code": code, "scheme": "resident", "year": 2025, "base_cost": 2e6, "fund_base": 2e6, "budget": 1_100_000}
            for code in ("C1", "C2")
        ],
        "meta_load": [
            {
                "load_id": 1, "package": "t", "checksum": "0" * 64, "data_kind": "county", "row_count": 1, "rejected_count": 0,
                "warning_count": 0, "data_through": datetime.date(2025, 11, 1), "app_version": "0",
                "loaded_at": datetime.datetime(2025, 12, 1),  # noqa: DTZ001
            }
        ],
        "meta_freshness": [
            {
                "table_name": table, "load_id": 1, "row_count": 1, "first_period": datetime.date(2025, 1, 1),
                "last_period": datetime.date(2025, 11 if late else 10, 1),
            }
            for table, late in (("fact_outpatient", outpatient), ("fact_bed", beds), ("fact_claim", claims))
        ],
    }  # fmt: skip


Make = Callable[..., ReportingDatabase]


@pytest.fixture
def county(tmp_path: Path) -> Make:
    def make(outpatient: list[str], beds: list[str], *, claims: bool) -> ReportingDatabase:
        url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
        fill(url, _rows(outpatient, beds, claims=claims))
        return open_database(url)

    return make


@pytest.fixture
def without_hospitals(county: Make) -> ReportingDatabase:
    """November came, claims and all, but not from the two hospitals."""
    return county(CENTRES, [], claims=True)


def _reading(database: ReportingDatabase, month: str, name: str = "B02"):
    return headlines(database, Period.parse(month), indicators=(name,))[0].reading


def test_the_first_month_is_the_newest_complete_one_of_the_page(without_hospitals: ReportingDatabase) -> None:
    options = filter_options(without_hospitals)
    assert options.months[0] == datetime.date(2025, 11, 1)  # the newer month is there to be chosen
    assert options.first_month() == datetime.date(2025, 10, 1)
    assert options.first_month("insurance") == datetime.date(2025, 11, 1)  # its table is complete
    default = options.default()
    assert default is not None
    assert default.period == Period.parse("2025-10")


def test_three_of_ten_reporters_are_no_month_and_a_whole_month_is(county: Make) -> None:
    database = county(CENTRES[:3], [], claims=False)
    assert filter_options(database).first_month() == datetime.date(2025, 10, 1)


def test_a_month_in_which_everybody_reported_opens(county: Make) -> None:
    database = county(EVERYBODY, HOSPITALS, claims=True)
    assert filter_options(database).first_month() == datetime.date(2025, 11, 1)
    assert newest_complete_months(database, ()) == {}


def test_an_incomplete_value_carries_its_mark_and_no_tick(without_hospitals: ReportingDatabase) -> None:
    october, november = _reading(without_hospitals, "2025-10"), _reading(without_hospitals, NOVEMBER)
    assert october.state is State.GOOD  # the positive twin: 70 % at least, seen as met
    assert october.reported.text() == ""
    assert november.value == pytest.approx(100)
    assert november.incomplete
    assert november.state is State.UNKNOWN
    assert wording.trouble_text(november) == "已报 8/10 家"
    assert all(row.cells[1].state is State.UNKNOWN for row in dimension_strip(without_hospitals, Period.parse(NOVEMBER)))


def test_too_few_reports_tell_no_change_now_nor_when_they_are_compared_with(tmp_path: Path) -> None:
    rows = _rows(CENTRES, [], claims=True)
    rows["fact_outpatient"] += [visits(code, "2025-12", _size(code)) for code in EVERYBODY]
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    fill(url, rows)
    october, november, december = (_reading(open_database(url), month) for month in ("2025-10", NOVEMBER, "2025-12"))
    assert not math.isnan(october.change_previous)
    assert math.isnan(november.change_previous)
    assert december.state is not State.UNKNOWN
    assert math.isnan(december.change_previous)


def test_silence_is_one_alert_with_the_number_and_the_largest_first(without_hospitals: ReportingDatabase) -> None:
    first = attention(without_hospitals, Period.parse(NOVEMBER))[0]
    assert matter_title(first) == "2 个报送单位未报本期：H1、H2"
    assert first.state is State.BAD
    assert not [item for item in attention(without_hospitals, Period.parse("2025-10")) if item.rule.kind == "silence"]
    own = [item for item in attention(without_hospitals, Period.parse(NOVEMBER), "C2") if item.rule.kind == "silence"]
    assert [alert.unit for item in own for alert in item.alerts] == ["H2"]


def test_silent_units_leave_out_a_table_that_did_not_come_at_all(without_hospitals: ReportingDatabase) -> None:
    assert [silence.table for silence in silent_units(without_hospitals, Period.parse(NOVEMBER))] == ["fact_outpatient"]


def test_time_mark_and_projection_belong_to_the_money_shown(county: Make) -> None:
    database = county(CENTRES[:1], [], claims=False)
    answer = fund_progress(database, Period.parse(NOVEMBER))
    assert answer.county is not None
    assert answer.county.through == datetime.date(2025, 10, 1)
    assert answer.county.time_progress == pytest.approx(10 / 12)
    assert answer.county.spent == pytest.approx(2_000_000)
    assert all(row.projected_overspend > 0 for row in answer.communities)
    assert fund_finding(answer) == "2 家有险种预计超支"


def test_without_a_projection_nobody_is_said_to_keep_the_budget(county: Make) -> None:
    database = county(EVERYBODY, HOSPITALS, claims=True)
    answer = fund_progress(database, Period.parse("2025-02"))
    assert answer.county is not None
    assert answer.county.year_end is None
    assert math.isnan(answer.county.projected_overspend)
    assert fund_finding(answer) == "月份不足，不作年末预测"


def test_age_of_data_is_told_and_warned_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reporting, "today", lambda: datetime.date(2026, 11, 28))
    old = data_age(datetime.date(2025, 10, 1), datetime.date(2025, 11, 1))
    assert old.stale
    assert old.text() == "数据截至 2025年10月 · 13 个月前 · 2025年11月 未报齐"
    assert not data_age(datetime.date(2026, 10, 1)).stale


def test_behind_a_rate_stand_the_institutions_with_both_sides(without_hospitals: ReportingDatabase) -> None:
    found = behind(without_hospitals, "B02", Period.parse("2025-10"), "C1")
    assert found.level == "institution"
    assert not found.meant  # no institution has a primary visit rate of its own: it contributes
    assert list(found.parts.index[:1]) == ["H1"]
    assert found.parts.loc["H1", ["numerator", "denominator"]].tolist() == [0.0, 40_000.0]
    whole = _reading_of(without_hospitals, "C1")
    assert found.parts["numerator"].sum() == pytest.approx(whole.numerator)
    assert found.parts["denominator"].sum() == pytest.approx(whole.denominator)
    assert found.parts["share_denominator"].sum() == pytest.approx(1)
    assert months_of(found)["value"].iloc[-1] == pytest.approx(whole.value)
    assert months_of(found, "H1")["denominator"].iloc[-1] == 40_000


def _reading_of(database: ReportingDatabase, community: str):
    return headlines(database, Period.parse("2025-10"), community, indicators=("B02",))[0].reading


def test_behind_the_money_of_a_community_stand_its_towns(without_hospitals: ReportingDatabase) -> None:
    found = behind(without_hospitals, "F04", Period.parse("2025-10"), "C1")
    assert (found.level, found.with_denominator) == ("town", False)
    assert found.parts["numerator"].tolist() == [100_000.0]
    assert found.parts["value"].isna().all()


def test_a_table_reaches_to_the_last_month_of_its_period(county: Make) -> None:
    database = county(EVERYBODY, HOSPITALS, claims=True)
    october = datetime.date(2025, 10, 1)
    reach = table_months(database)["fact_outpatient"]
    assert own_date(database, ("fact_outpatient",), reach) is None
    assert own_date(database, ("fact_outpatient", "dim_town"), datetime.date(2026, 3, 1)) == reach
    assert own_date(database, ("fact_workforce", "dim_town"), october) is None  # nothing of it came
    assert date_words(reach) == "数据到 2025年11月"
    assert date_words(None) == ""
