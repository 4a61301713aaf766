"""The answers of 费用与质量 on a county that can be worked out by hand, and on counties that lack half of it."""

import datetime
import math
from collections.abc import Callable

import pandas as pd
import pytest

from dashboard.analysis.periods import Grain, Period
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.quality.care import (
    OUTCOMES,
    axis_readings,
    outcome_funnel,
    outcome_months,
    rare_events,
    wards,
)
from dashboard.services.quality.cells import Peers, Scope, same_months, shown_units
from dashboard.services.quality.checks import checks
from dashboard.services.quality.costs import (
    CHANGES,
    changes,
    cost_change,
    cost_funnel,
    cost_months,
    dearest_groups,
    group_prices,
    item_shares,
)
from dashboard.services.quality.departments import DEPARTMENTS, department_changes, department_table, knows_ward_costs
from dashboard.services.quality.drg import clearing, cmi_months, group_table, group_units, index_picture, signals
from tests.quality_county import county, only_claims, only_quality, without
from tests.utilisation_county import LAST, Rows, make_county

MONTH, YEAR = Scope(Period(Grain.MONTH, LAST)), Scope(Period(Grain.YEAR_TO_DATE, LAST))
Open = Callable[[Rows], ReportingDatabase]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return open_database(make_county(f"duckdb:///{tmp_path_factory.mktemp('quality') / 'reporting.duckdb'}", county()))


@pytest.fixture
def open_county(tmp_path) -> Open:
    def opened(rows: Rows) -> ReportingDatabase:
        return open_database(make_county(f"duckdb:///{tmp_path / 'reporting.duckdb'}", rows))

    return opened


class TestCosts:
    def test_the_worked_change_of_one_hospital(self, database: ReportingDatabase) -> None:
        found = cost_change(database, MONTH, "H1")
        assert found is not None
        assert (found.change.before, found.change.after) == pytest.approx((9_600, 10_440))
        assert (found.change.mix, found.change.within) == pytest.approx((1_080, -240))
        # drug: 0.30 x 10,440 - 0.40 x 9,600 - 1,080 x 0.35
        assert found.items.to_dict() == pytest.approx({"drug": -1_086, "examination": 846})
        assert (found.cases, found.cases_before) == (100, 100)

    def test_units_stand_side_by_side_and_contributions_add_up(self, database: ReportingDatabase) -> None:
        table = changes(database, YEAR)
        assert table.index.tolist() == ["H1", "H2", "H3"]
        assert table.loc["H1", "item"] == "examination"
        assert table.loc["H2", "total"] == pytest.approx(0)
        whole = cost_change(database, YEAR)
        assert whole is not None
        for by in ("mdc", "group"):
            parts = changes(database, YEAR, by)  # type: ignore[arg-type]
            assert parts["total"].sum() == pytest.approx(whole.change.total)
            assert parts["mix"].sum() == pytest.approx(whole.change.mix)
        assert set(changes(database, YEAR, "community").index) == {"C1", "C2"}
        schemes = changes(database, YEAR, "scheme")
        assert schemes["before"].to_dict() == pytest.approx({"resident": whole.change.before, "employee": whole.change.before})

    def test_the_filters_keep_their_rows(self, database: ReportingDatabase) -> None:
        one = Scope(YEAR.period, community="C1", scheme="resident")
        assert shown_units(database, one).index.tolist() == ["H1"]
        found = cost_change(database, one)
        assert found is not None
        assert found.cases == 600
        assert changes(database, Scope(YEAR.period, peers=Peers.CENTRE)).index.tolist() == ["P1"]

    def test_only_months_of_both_years_are_compared(self) -> None:
        now = pd.DataFrame({"unit": ["x", "x", "y"], "month": pd.to_datetime(["2025-01-01", "2025-02-01", "2025-01-01"])})
        before = pd.DataFrame({"unit": ["x", "y"], "month": pd.to_datetime(["2024-02-01", "2024-02-01"])})
        kept = same_months(now, before)
        assert [side["unit"].tolist() for side in kept] == [["x"], ["x"]]

    def test_a_period_without_last_year_has_no_change(self, database: ReportingDatabase) -> None:
        early = Scope(Period(Grain.MONTH, datetime.date(2024, 3, 1)))
        assert cost_change(database, early) is None
        assert changes(database, early).empty
        assert changes(database, early, "group").empty

    def test_the_same_diseases_at_the_means_of_all_peers(self, database: ReportingDatabase) -> None:
        found = cost_funnel(database, MONTH)
        assert found is not None
        # group A: 140 cases for 876,000; B: 90 for 1,548,000; A2 stands alone
        expected = 60 * 876_000 / 140 + 40 * 1_548_000 / 90
        assert found.units.loc["H1", "expected"] == pytest.approx(expected)
        assert found.units["observed"].sum() == pytest.approx(found.units["expected"].sum())
        assert cost_funnel(database, Scope(Period(Grain.MONTH, datetime.date(2020, 1, 1)))) is None
        chart = cost_months(database, MONTH, "H3")
        assert chart is not None
        assert len(chart.values) == 24
        assert cost_months(database, MONTH, "nobody") is None

    def test_what_one_disease_costs_where(self, database: ReportingDatabase) -> None:
        assert dearest_groups(database, YEAR).index.tolist() == ["B", "A"]
        prices = group_prices(database, YEAR, "B")
        assert prices["mean"].to_dict() == {"H3": 18_000, "H1": 16_200, "outside": 25_000}
        assert prices.loc["H3", "share_of_mean"] == pytest.approx(18_000 / 17_200)
        assert dearest_groups(database, YEAR).loc["B", "excess"] == pytest.approx(500 * 800)

    def test_what_bills_are_made_of(self, database: ReportingDatabase) -> None:
        shares = item_shares(database, YEAR)
        assert shares.loc["", "examination"] == pytest.approx(0.7)
        assert shares.loc["H1", "change_drug"] == pytest.approx(-0.1)
        assert shares.loc["H1", "herbal"] == 0
        assert item_shares(database, YEAR, "outpatient").empty

    def test_without_finance_the_change_has_no_items(self, open_county: Open) -> None:
        found = cost_change(open_county(only_claims()), YEAR)
        assert found is not None
        assert found.items.empty

    def test_few_cases_are_hidden_with_all_that_is_made_of_them(self, database: ReportingDatabase) -> None:
        table = changes(database, YEAR).assign(cases=[3.0, 1_000, 1_000])
        shown = CHANGES.hide(table).frame
        assert shown["total"].isna().to_list()[0]
        assert shown["total"].notna().any()


class TestCare:
    def test_the_axes_carry_both_sides_interval_and_judgement(self, database: ReportingDatabase) -> None:
        table = axis_readings(database, MONTH).set_index("indicator")
        assert table.loc["E10", ["numerator", "denominator", "value"]].to_list() == [291, 300, 97.0]
        assert table.loc["E10", "lower"] < 97 < table.loc["E10", "upper"]
        assert table.loc["E13b", "value"] == pytest.approx(3 / 2_400 * 1_000)
        assert table.loc["E13b", "upper"] > table.loc["E13b", "value"]
        assert table.loc["E09", "value"] == pytest.approx(37.5)
        assert math.isnan(table.loc["E09", "lower"])
        assert table.loc["E09", "judgement"] == "unknown"
        assert set(table.loc[["E10", "E11", "E13a"], "judgement"]) == {"noise"}
        assert axis_readings(database, Scope(MONTH.period, community="C1"))["denominator"].iloc[0] == 100

    def test_the_ward_with_real_excess_is_found_and_no_other(self, database: ReportingDatabase) -> None:
        table = wards(database, YEAR, "E15")
        assert table.index[0] == ("H3", "D2")
        # group B: 900 cases, 100 readmissions; 500 of the cases here
        assert table["expected"].iloc[0] == pytest.approx(500 * 100 / 900)
        assert table["observed"].iloc[0] == 90
        assert set(table.index[table["level"].eq("action") & table["side"].eq("high")]) == {("H3", "D2")}
        assert wards(database, YEAR, "E15", "H1").index.get_level_values("unit").unique().tolist() == ["H1"]
        assert wards(database, YEAR, "E10").empty

    def test_events_against_those_expected(self, database: ReportingDatabase) -> None:
        found = outcome_funnel(database, YEAR, "E15")
        assert found is not None
        assert found.standardised
        assert found.units["observed"].sum() == pytest.approx(found.units["expected"].sum())
        assert found.units["ratio"].idxmax() == "H3"
        matched = outcome_funnel(database, YEAR, "E10")
        assert matched is not None
        assert not matched.standardised
        assert matched.units["observed"].to_dict() == {"H1": 30, "H2": 30, "H3": 30}  # the cases that did not match
        assert outcome_funnel(database, YEAR, "E12c") is None  # nobody died in a ward
        assert len(found.shown(OUTCOMES)) == 3

    def test_months_and_rare_events(self, database: ReportingDatabase) -> None:
        months = outcome_months(database, YEAR, "E10", "H3")
        assert months is not None
        assert months.chart.values.dropna().unique().tolist() == [97.0]
        assert outcome_months(database, YEAR, "E09") is None
        rare = rare_events(database, YEAR, "E04")
        assert rare is not None
        assert len(rare.chart.days) == 7
        assert rare.chart.open_mark == "insufficient"
        assert rare_events(database, YEAR, "E13b") is None  # three a month


class TestGroups:
    def test_difficulty_jumps_by_coding_in_one_hospital_only(self, database: ReportingDatabase) -> None:
        picture = index_picture(database, MONTH)
        assert picture is not None
        units = picture.units
        assert units["cmi"].to_dict() == pytest.approx({"H1": 1.28, "H2": 0.3 * 0.8 + 0.7 * 1.3, "H3": 1.4})
        assert units.loc["H2", "coding"] == pytest.approx(0.25)
        assert units.loc["H2", "mix"] == pytest.approx(0)
        assert units.loc["H2", "z"] > 3.09
        assert units.loc["H1", "mix"] == pytest.approx(0.12)
        assert units.loc["H1", "coding"] == pytest.approx(0)
        assert units["time_index"].to_list() == pytest.approx([1, 1, 1])
        assert units.loc["H1", "groups"] == 2
        assert cmi_months(database, MONTH, "H2")["cmi"].iloc[-1] == pytest.approx(1.15)

    def test_points_settle_a_closed_pool(self, database: ReportingDatabase) -> None:
        money = clearing(database, YEAR)
        centre = clearing(database, Scope(YEAR.period, peers=Peers.CENTRE))
        assert money["gain"].sum() + centre["gain"].sum() == pytest.approx(0, abs=0.01)
        assert money.loc["H2", "growth"] == pytest.approx((30 * 80 + 70 * 130) / (80 * 80 + 20 * 130) - 1)
        groups = group_table(database, YEAR)
        assert groups is not None
        assert groups.groups.loc["B", "outside_share"] == pytest.approx(200 / (200 + 900))
        assert groups.groups["gain"].is_monotonic_increasing
        assert group_table(database, Scope(Period(Grain.MONTH, datetime.date(2020, 1, 1)))) is None

    def test_supervision_asks_and_the_checks_say_how_many(self, database: ReportingDatabase) -> None:
        asked = signals(database, YEAR)
        first = asked[(asked["code"] == "coding") & (asked["unit"] == "H2")].iloc[0]
        assert first["level"] == "action"
        assert set(asked["code"]) == {"coding", "low_ratio", "high_ratio", "above_line", "split_stays", "primary_capable"}
        found = checks(database, YEAR)
        assert ("coding", "H2") in set(zip(found.found["topic"], found.found["unit"], strict=True))


class TestDepartments:
    def test_each_ward_against_the_same_diseases_at_all_peers(self, database: ReportingDatabase) -> None:
        table = department_table(database, YEAR)
        dear, cheap = table.loc[("H3", "D2")], table.loc[("H1", "D2")]
        # B, every month: 50 at 21,600 in H3, 40 at 16,200 in H1: 19,200 at both together
        assert dear[["unit_name", "name"]].tolist() == ["三医院", "外科"]
        assert (dear["mean"], dear["ratio"], dear["level"], dear["side"]) == (pytest.approx(21_600), pytest.approx(1.125), "action", "high")
        # all of H3: 300,000 for A and 1,080,000 for B, where A at 6,257.14 and B at 19,200 were expected
        assert dear["own_ratio"] == pytest.approx(1.125 / (1_380_000 / (50 * 876_000 / 140 + 50 * 19_200)))
        assert (cheap["mean"], cheap["ratio"]) == (pytest.approx(16_200), pytest.approx(0.84375))
        assert (dear["cases"], dear["groups"], dear["cmi"], dear["time_index"]) == (500, 1, pytest.approx(2.0), pytest.approx(1.0))
        # H2's ward D1: 30 A of weight 0.8 and 70 A2 of 1.3
        assert table.loc[("H2", "D1"), "cmi"] == pytest.approx((30 * 0.8 + 70 * 1.3) / 100)
        assert department_table(database, YEAR, "H2").index.tolist() == [("H2", "D1")]

    def test_what_is_beyond_its_limits_counts_among_the_comparisons(self, database: ReportingDatabase) -> None:
        found = checks(database, YEAR).found
        rows = found[found["topic"].eq("cost") & found["ward"].eq("外科") & found["side"].eq("high")]
        assert rows["unit"].tolist() == ["H3"]
        # the only ward of H2 has nothing of its own hospital to be held against
        assert department_table(database, YEAR)["level"].to_list() == ["action"] * 4 + [""]

    def test_why_the_mean_of_a_ward_changed(self, database: ReportingDatabase) -> None:
        table = department_changes(database, MONTH)
        assert table.index[0] == ("H3", "D2")
        assert table.loc[[("H3", "D2")], ["before", "after", "mix", "within", "total", "growth"]].iloc[0].tolist() == pytest.approx(
            [18_000, 21_600, 0, 3_600, 3_600, 0.2]
        )
        heavier = table.loc[[("H2", "D1")]].iloc[0]
        assert heavier[["name", "cases", "total"]].tolist() == ["二医院 内科", 100, pytest.approx(0)]
        assert {unit for unit, _ward in department_changes(database, MONTH, "H1").index} == {"H1"}
        assert department_changes(database, Scope(Period(Grain.MONTH, datetime.date(2024, 3, 1)))).empty

    def test_few_cases_are_hidden_with_all_that_is_made_of_them(self, database: ReportingDatabase) -> None:
        table = department_table(database, MONTH).assign(cases=[3.0, 40.0, 60.0, 50.0, 100.0])
        shown = DEPARTMENTS.hide(table).frame
        assert shown.iloc[0][["mean", "ratio", "cmi", "time_index", "observed"]].isna().all()

    def test_a_county_that_does_not_tell_what_wards_cost(self, open_county: Open) -> None:
        rows = county()
        rows["fact_discharge_group"] = [row | {"total_cost": None} for row in rows["fact_discharge_group"]]
        database = open_county(rows)
        assert not knows_ward_costs(database, YEAR)
        table = department_table(database, YEAR)
        assert table["cmi"].notna().all()
        assert table[["mean", "ratio"]].isna().all(axis=None)
        assert set(table["level"]) == {"few"}
        assert department_changes(database, YEAR).empty

    def test_a_county_without_wards(self, open_county: Open) -> None:
        database = open_county(without("fact_discharge_group"))
        assert not knows_ward_costs(database, YEAR)
        assert department_table(database, YEAR).empty
        assert department_changes(database, YEAR).empty


class TestHalfACounty:
    def test_claims_only(self, open_county: Open) -> None:
        database = open_county(only_claims())
        assert index_picture(database, YEAR) is not None
        assert wards(database, YEAR, "E15").empty
        assert outcome_funnel(database, YEAR, "E15") is None
        assert axis_readings(database, YEAR)["value"].isna().all()
        assert outcome_months(database, YEAR, "E15") is None
        assert rare_events(database, YEAR, "E04") is None
        assert checks(database, YEAR).count > 0

    def test_quality_only(self, open_county: Open) -> None:
        database = open_county(only_quality())
        assert index_picture(database, YEAR) is None
        assert signals(database, YEAR).empty
        assert cost_change(database, YEAR) is None
        found = outcome_funnel(database, YEAR, "E15")
        assert found is not None
        assert not found.standardised
        assert clearing(database, YEAR).empty
        assert checks(database, YEAR).count > 0

    def test_a_period_without_anything(self, database: ReportingDatabase) -> None:
        empty = Scope(Period(Grain.MONTH, datetime.date(2019, 1, 1)))
        assert signals(database, empty).empty
        assert checks(database, empty).count == 0
        assert index_picture(database, empty) is None
        assert dearest_groups(database, empty).empty
        assert cmi_months(database, empty).empty

    def test_one_group_at_each_institution(self, database: ReportingDatabase) -> None:
        table = group_units(database, YEAR, "B")
        assert table["cases"].to_dict() == {"H1": 400, "H3": 500}
        assert table["low_ratio"].to_dict() == pytest.approx({"H1": 20 / 400, "H3": 20 / 500})

    def test_wards_only(self, open_county: Open) -> None:
        database = open_county(without("fact_claim", "fact_finance"))
        picture = index_picture(database, YEAR)
        assert picture is not None
        assert not picture.by_claims
        assert picture.units.loc["H2", "z"] > 3.09
        assert group_table(database, YEAR) is None
        assert not cmi_months(database, YEAR).empty
