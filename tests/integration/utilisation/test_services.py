import math
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.equipment import RELIEVE
from dashboard.analysis.periods import Period
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import Level
from dashboard.services.utilisation.beds import bed_calendar, bed_trend, bed_use, department_use
from dashboard.services.utilisation.efficiency import efficiency_answer, productivity_answer
from dashboard.services.utilisation.equipment import device_types, equipment_answer
from dashboard.services.utilisation.forecast import forecast_answer
from dashboard.services.utilisation.pabon import department_picture, pabon_picture
from dashboard.services.utilisation.peers import peer_answer, streaks
from tests.utilisation_county import GAP, county, make_county, only_beds

OCTOBER = Period.parse("2025-10")
YEAR = Period.parse("2025-10", "rolling12")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return open_database(make_county(f"duckdb:///{tmp_path_factory.mktemp('small') / 'reporting.duckdb'}", county()))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return open_database(make_county(f"duckdb:///{tmp_path_factory.mktemp('bare') / 'reporting.duckdb'}", only_beds()))


def test_month_of_a_hospital_by_hand(small: ReportingDatabase) -> None:
    use = bed_use(small, OCTOBER)
    assert use is not None
    hospital = use.institutions.loc["H1"]
    assert hospital["open_beds"] == 150
    assert hospital["approved_beds"] == 140
    assert hospital["occupancy"] == pytest.approx(110)  # flagged, never clipped
    assert hospital["approved_occupancy"] == pytest.approx(100 * 5115 / 4340)
    assert hospital["alos"] == pytest.approx((426 * 8 + 85 * 20) / (426 + 85))
    assert hospital["full_months"] == 1
    assert use.institutions.loc["P1", "idle_months"] == 2
    assert use.total["open_bed_days"] == 170 * 31
    assert "P2" not in use.institutions.index


def test_rates_of_a_total_come_from_sums(small: ReportingDatabase) -> None:
    use = bed_use(small, YEAR)
    assert use is not None
    sums = use.institutions[["occupied_bed_days", "open_bed_days"]].sum()
    assert use.total["occupancy"] == pytest.approx(100 * sums["occupied_bed_days"] / sums["open_bed_days"])
    assert use.last_year is not None
    assert use.last_year["occupancy"] < use.total["occupancy"]


def test_a_missing_month_does_not_make_beds_look_fewer(small: ReportingDatabase) -> None:
    use = bed_use(small, YEAR)
    assert use is not None
    assert use.institutions.loc["P1", "missing_months"] == 1
    assert use.institutions.loc["P1", "open_beds"] == pytest.approx(20)
    trend = bed_trend(small, "occupancy", OCTOBER)
    assert trend is not None
    assert trend.missing[pd.Timestamp(GAP)] == 1
    assert bed_calendar(small, OCTOBER)[pd.Timestamp(GAP)].isna().to_dict() == {"H1": False, "P1": True}


def test_filters_keep_institutions(small: ReportingDatabase) -> None:
    lead, primary = bed_use(small, OCTOBER, level=Level.LEAD), bed_use(small, OCTOBER, level=Level.PRIMARY)
    assert lead is not None
    assert primary is not None
    assert list(lead.institutions.index) == ["H1"]
    assert list(primary.institutions.index) == ["P1"]
    assert bed_use(small, OCTOBER, "C1") is not None
    assert bed_use(small, OCTOBER, "C9") is None
    assert department_use(small, OCTOBER, "C9").empty


def test_departments_add_up_to_their_institution(small: ReportingDatabase) -> None:
    of_hospital, of_all = department_use(small, OCTOBER, institution="H1"), department_use(small, OCTOBER)
    use = bed_use(small, OCTOBER)
    assert use is not None
    assert of_hospital["occupied_bed_days"].sum() == use.institutions.loc["H1", "occupied_bed_days"]
    assert of_all.loc["D1", "institutions"] == 2
    assert of_all["occupied_bed_days"].sum() == use.total["occupied_bed_days"]


def test_special_cause_of_the_last_month(small: ReportingDatabase) -> None:
    trend = bed_trend(small, "occupancy", OCTOBER, institution="H1")
    assert trend is not None
    assert trend.chart.marks.iloc[-1] == "special_high"


def test_pabon_lines_and_movement(small: ReportingDatabase) -> None:
    picture = pabon_picture(small, OCTOBER, OCTOBER.previous(), occupancy_line=85, turnover_line=20)
    assert picture is not None
    assert picture.units["sector"].to_dict() == {"H1": "III", "P1": "I"}
    assert picture.units["turnover"]["H1"] == pytest.approx(511 / 150 * 365 / 31)
    assert picture.units["occupancy_before"]["P1"] == pytest.approx(40)
    assert pabon_picture(small, OCTOBER, OCTOBER.last_year()) is None  # a hospital and a centre are no peers
    departments = department_picture(small, OCTOBER, "H1")
    assert departments is not None
    assert set(departments.units.index) == {"D1", "D2"}


def test_too_few_peers_are_not_compared(small: ReportingDatabase) -> None:
    answer = peer_answer(small, OCTOBER)
    assert answer is not None
    assert answer.institutions["peer_count"].tolist() == [0, 0]
    assert answer.institutions["beds_freed"].isna().all()


def test_cost_of_a_bed_day_by_hand(small: ReportingDatabase) -> None:
    answer = peer_answer(small, OCTOBER)
    assert answer is not None
    assert answer.has_cost
    assert answer.institutions.loc["H1", "cost_per_bed_day"] == pytest.approx(4_000_000 * 0.75 / 5115)
    assert answer.institutions["cost_per_bed_day"].isna().to_dict() == {"H1": False, "P1": True}


def test_peers_of_one_kind_share_their_median(tmp_path: Path) -> None:
    rows = county()
    centre = rows["dim_institution"][1]
    for number, use in enumerate((0.5, 0.8), start=3):
        code = f"P{number}"
        rows["dim_institution"].append(centre | {"institution_code": code})
        rows["fact_bed"] += [row | {"institution_code": code, "occupied_bed_days": round(620 * use)} for row in rows["fact_bed"][-1:]]
    answer = peer_answer(open_database(make_county(f"duckdb:///{tmp_path / 'peers.duckdb'}", rows)), OCTOBER)
    assert answer is not None
    centres = answer.institutions.loc[["P1", "P3", "P4"]]
    assert centres["peer_count"].tolist() == [3, 3, 3]
    assert centres["median_occupancy"].tolist() == pytest.approx([50, 50, 50])
    assert centres["beds_freed_by_occupancy"].tolist() == pytest.approx([20 - 248 / 31 / 0.5, 0, 20 - 496 / 31 / 0.5])


def test_streaks_move_with_their_lines(small: ReportingDatabase) -> None:
    found = streaks(small, OCTOBER, 60.0, 100.0)
    assert found.idle["months"].to_dict() == {"P1": 2}
    assert found.idle.loc["P1", "bed_days"] == pytest.approx(0.2 * 20 * (30 + 31) / 2)
    assert found.overfull["months"].to_dict() == {"H1": 1}
    assert streaks(small, OCTOBER, 30.0, 120.0).overfull.empty


def test_efficiency_fills_a_gap_and_says_the_sample_is_small(small: ReportingDatabase) -> None:
    told: list[tuple[int, int]] = []
    answer = efficiency_answer(small, OCTOBER, progress=lambda done, total: told.append((done, total)))
    assert answer is not None
    assert told[-1] == (3, 3)
    assert (answer.inputs, answer.outputs) == (("beds", "staff"), ("visits", "discharges"))
    assert answer.units.loc["P1", "beds"] == pytest.approx(20)
    assert answer.units.loc["P1", "visits"] == 36_000
    assert answer.units["beds"]["P2"] == 0
    assert answer.units["discharges"]["P2"] == 0
    assert answer.result.small_sample
    targets = answer.targets("H1").set_index("measure")
    assert targets["now"]["beds"] == pytest.approx(150)
    assert targets["difference"][["beds", "staff"]].max() <= 1e-9
    again: list[tuple[int, int]] = []
    assert efficiency_answer(small, OCTOBER, progress=lambda done, total: again.append((done, total))) is answer
    assert not again


def test_productivity_over_two_years(small: ReportingDatabase) -> None:
    answer = productivity_answer(small, OCTOBER)
    assert answer is not None
    assert len(answer.means) == 1
    product = answer.changes["efficiency_change"] * answer.changes["technical_change"]
    assert answer.changes["total"].tolist() == pytest.approx(product.tolist())


def test_devices_by_hand(small: ReportingDatabase) -> None:
    assert [(kind.code, kind.pieces) for kind in device_types(small, OCTOBER)] == [("CT", 2)]
    answer = equipment_answer(small, OCTOBER)
    assert answer is not None
    busy, idle = answer.devices.loc["CT-H1"], answer.devices.loc["CT-P1"]
    assert (busy["use"], idle["use"]) == (0.9, 0.1)
    assert busy["examinations_per_day"] == pytest.approx(1_800 / 31)
    assert not busy["below_reference"]
    assert idle["below_reference"]
    assert busy["written_off_per_examination"] == pytest.approx(4_000_000 / 8 * 31 / 365 / 1_800)
    assert idle["written_off_per_examination"] == 0
    assert answer.total["use"] == 0.5
    assert answer.total["written_off_per_examination"] == pytest.approx(4_000_000 / 8 * 31 / 365 / 1_900)
    pair = answer.sharing.iloc[0]
    assert (pair["way"], pair["place_name"], pair["partner_name"]) == (RELIEVE, "县医院", "东镇卫生院")
    assert pair["kilometres"] == pytest.approx(5.0, abs=0.05)
    assert pair["hours"] == pytest.approx(360 - 0.75 * 400)


def test_forecast_leaves_out_a_month_with_too_much_missing(small: ReportingDatabase) -> None:
    answer = forecast_answer(small, "bed_days", OCTOBER)
    assert answer is not None
    assert not answer.history["used"][pd.Timestamp(GAP)]
    assert list(answer.forecast.table.index[[0, -1]]) == [pd.Timestamp("2025-11-01"), pd.Timestamp("2026-10-01")]
    assert answer.open_beds == 170
    needed = answer.beds(85)
    november = answer.forecast.table["forecast"].iloc[0]
    assert needed["forecast"].iloc[0] == math.ceil(round(november / 30 / 0.85, 6))
    visits = forecast_answer(small, "visits", OCTOBER, institution="P2")
    assert visits is not None
    assert visits.forecast.table["forecast"].iloc[0] == pytest.approx(2_000)


def test_forecast_knows_nothing_of_later_months(small: ReportingDatabase) -> None:
    answer = forecast_answer(small, "bed_days", Period.parse("2025-08"))
    assert answer is not None
    assert answer.history.index[-1] == pd.Timestamp("2025-08-01")


def test_a_county_with_nothing_but_beds(bare: ReportingDatabase) -> None:
    use = bed_use(bare, YEAR)
    assert use is not None
    assert use.total["occupancy"] > 0
    assert math.isnan(use.total["alos"])
    assert use.institutions["position"].tolist() == [-1, -1]
    assert pabon_picture(bare, OCTOBER, OCTOBER.previous()) is None
    assert department_picture(bare, OCTOBER, "H1") is None
    assert bed_trend(bare, "alos", OCTOBER) is None
    assert efficiency_answer(bare, OCTOBER) is None
    assert productivity_answer(bare, OCTOBER) is None
    assert device_types(bare, OCTOBER) == ()
    assert equipment_answer(bare, OCTOBER) is None
    assert forecast_answer(bare, "visits", OCTOBER) is None
    assert forecast_answer(bare, "bed_days", OCTOBER) is not None


def test_postgresql_gives_the_same_answers(small: ReportingDatabase, postgresql_url: str) -> None:
    server = open_database(make_county(postgresql_url, county()))
    here, there = bed_use(small, YEAR), bed_use(server, YEAR)
    assert here is not None
    assert there is not None
    pd.testing.assert_series_equal(here.total, there.total)
    one, other = equipment_answer(small, YEAR), equipment_answer(server, YEAR)
    assert one is not None
    assert other is not None
    pd.testing.assert_frame_equal(one.places, other.places, check_dtype=False)
    pd.testing.assert_frame_equal(department_use(small, YEAR), department_use(server, YEAR), check_dtype=False)
    a, b = efficiency_answer(small, YEAR), efficiency_answer(server, YEAR)
    assert a is not None
    assert b is not None
    pd.testing.assert_series_equal(a.result.efficiency, b.result.efficiency)
