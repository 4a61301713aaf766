"""What is not known, too little or not the reader's is said as that by 费用与质量: never 0, never good news, never a number of its own."""

import datetime
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.control_charts import INSUFFICIENT
from dashboard.analysis.periods import Grain, Period
from dashboard.errors import ScopeError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.quality import care, checks, costs, drg
from dashboard.services.quality.cells import Peers, Scope, disease_groups, shown_units
from dashboard.store import scope as readers
from tests.quality_county import county
from tests.utilisation_county import LAST, MONTHS, Rows, make_county

YEAR = Scope(Period(Grain.YEAR_TO_DATE, LAST))
ONE = readers.Scope(frozenset({"C1"}), None, None, 1)
SOME = readers.Scope(None, frozenset({"H1"}), None, 1)
Open = Callable[[Rows], ReportingDatabase]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return open_database(make_county(f"duckdb:///{tmp_path_factory.mktemp('quality') / 'reporting.duckdb'}", county()))


@pytest.fixture
def open_county(tmp_path: Path) -> Open:
    def opened(rows: Rows) -> ReportingDatabase:
        return open_database(make_county(f"duckdb:///{tmp_path / 'reporting.duckdb'}", rows))

    return opened


def _reported(*missing: datetime.date) -> Rows:
    rows = county()
    rows["fact_inpatient_quality"] = [row for row in rows["fact_inpatient_quality"] if row["month"] not in missing]
    return rows


class TestRareEvents:
    def test_months_that_nobody_reported_are_not_free_of_events(self, database: ReportingDatabase, open_county: Open) -> None:
        whole = care.rare_events(database, YEAR, "E04")
        assert whole is not None
        assert (whole.since, whole.until) == (MONTHS[0], Period(Grain.MONTH, LAST).end)
        late = care.rare_events(open_county(_reported(*MONTHS[-2:])), YEAR, "E04")
        assert late is not None
        assert late.until == Period(Grain.MONTH, MONTHS[-3]).end
        assert late.chart.open_days < whole.chart.open_days  # the newest event is the same, the months after it are not known

    def test_the_days_between_do_not_run_across_a_gap(self, open_county: Open) -> None:
        found = care.rare_events(open_county(_reported(MONTHS[10])), YEAR, "E04")
        assert found is not None
        assert found.since == MONTHS[11]
        assert len(found.chart.days) == 3  # events of MONTHS[12, 15, 18, 21]

    def test_a_month_that_a_hospital_did_not_report_is_a_gap_too(self, open_county: Open) -> None:
        rows = county()
        rows["fact_inpatient_quality"] = [
            row for row in rows["fact_inpatient_quality"] if (row["institution_code"], row["month"]) != ("H2", MONTHS[-1])
        ]
        found = care.rare_events(open_county(rows), YEAR, "E04")
        assert found is not None
        assert found.until == Period(Grain.MONTH, MONTHS[-2]).end


class TestTooLittle:
    def test_missing_limits_are_no_judgement(self) -> None:
        units = pd.DataFrame({"ratio": [1.4, 1.0, 1.0]})
        limits = pd.DataFrame({"lower": [float("nan"), 0.9, 0.9], "upper": [float("nan"), 1.1, 1.1]})
        assert costs.judged(units, limits, limits, pd.Series([True] * 3))["level"].tolist() == ["few", "", ""]
        unknown = costs.judged(units.assign(ratio=float("nan")), limits.fillna(1.0), limits.fillna(1.0), pd.Series([True] * 3))
        assert set(unknown["level"]) == {"few"}

    def test_one_institution_has_nobody_to_be_compared_with(self, database: ReportingDatabase) -> None:
        centres = Scope(YEAR.period, peers=Peers.CENTRE)
        found = costs.cost_funnel(database, centres)
        assert found is not None
        assert found.units["level"].tolist() == ["few"]
        asked = drg.signals(database, centres)
        assert set(asked["level"]) == {"few"}
        assert checks.checks(database, centres).count == 0
        assert checks.checks(database, centres).few > 0

    def test_months_of_a_few_events_are_blank_and_not_judged(self, database: ReportingDatabase) -> None:
        hidden = care.outcome_months(database, YEAR, "E15", "H1")  # two a month
        assert hidden is not None
        assert hidden.chart.values.isna().all()
        assert hidden.hidden == len(MONTHS)
        assert set(hidden.chart.marks) == {INSUFFICIENT}
        shown = care.outcome_months(database, YEAR, "E10", "H3")  # 97 of 100
        assert shown is not None
        assert shown.chart.sufficient
        assert shown.hidden == 0

    def test_a_bridge_of_a_few_cases_is_not_shown(self, open_county: Open) -> None:
        rows = county()
        for row in rows["fact_claim"]:
            if row["institution_code"] == "H3":
                row["encounters"] = int(row["disease_group_code"] == "A" and row["scheme"] == "resident")
        found = open_county(rows)
        month = Scope(Period(Grain.MONTH, LAST))
        assert costs.too_few(found, month, "H3")
        assert not costs.too_few(found, month, "H2")

    @pytest.mark.parametrize("column", ["cost_money", "due_money", "gain_money", "points", "growth"])
    def test_money_of_a_few_cases_is_hidden(self, column: str) -> None:
        table = pd.DataFrame({"cases": [3.0, 100.0, 100.0], column: [1.0, 2.0, 3.0]})
        shown = drg.CLEARING.hide(table).frame
        assert shown[column].isna().tolist()[0]
        assert shown[column].notna().any()

    @pytest.mark.parametrize("column", ["time_index", "groups", "mix", "coding", "cmi"])
    def test_indices_of_a_few_cases_are_hidden(self, column: str) -> None:
        sides = {"cases": [3.0, 100.0, 100.0], "low_risk_cases": [0.0, 40.0, 40.0], "low_risk_deaths": [0.0, 0.0, 0.0]}
        shown = drg.INDICES.hide(pd.DataFrame({**sides, column: [1.0, 2.0, 3.0]})).frame
        assert shown[column].isna().tolist()[0]
        assert shown[column].notna().any()


class TestPoints:
    @staticmethod
    def _half() -> Rows:
        """H3 reports no points from 2025 on, in group A never."""
        rows = county()
        for row in rows["fact_claim"]:
            if row["institution_code"] == "H3" and (row["disease_group_code"] == "A" or row["month"].year == LAST.year):
                row["drg_points"] = None
        return rows

    def test_cases_without_points_are_no_loss(self, open_county: Open) -> None:
        rows = county()
        for row in rows["fact_claim"]:
            if row["institution_code"] == "H3" and row["disease_group_code"] == "B":
                row["drg_points"] = None
        found = open_county(rows)
        money = drg.clearing(found, YEAR)
        centre = drg.clearing(found, Scope(YEAR.period, peers=Peers.CENTRE))
        assert money["gain"].sum() + centre["gain"].sum() == pytest.approx(0, abs=0.01)
        assert money.loc["H3", "cases"] == 500  # of 1,000
        groups = drg.group_table(found, YEAR)
        assert groups is not None
        rest = drg.group_table(found, Scope(YEAR.period, peers=Peers.CENTRE))
        assert rest is not None
        assert groups.groups["gain"].sum() + rest.groups["gain"].sum() == pytest.approx(0, abs=0.01)
        assert groups.groups.loc["B", "gain_cases"] == 400
        assert groups.groups.loc["B", "cases"] == 900
        at = drg.group_units(found, YEAR, "B")
        assert pd.isna(at.loc["H3", "gain_per_case"])
        assert at.loc["H1", "gain_per_case"] == pytest.approx(groups.groups.loc["B", "gain_per_case"])

    def test_who_has_no_points_is_not_settled(self, open_county: Open) -> None:
        money = drg.clearing(open_county(self._half()), YEAR)
        assert len(money)
        assert "H3" not in money.index

    def test_points_grow_over_the_same_months_only(self, open_county: Open) -> None:
        rows = county()
        rows["fact_claim"] = [
            row for row in rows["fact_claim"] if (row["institution_code"], row["month"]) != ("H3", datetime.date(2024, 3, 1))
        ]
        found = open_county(rows)
        money = drg.clearing(found, YEAR)
        assert money.loc["H3", "growth"] == pytest.approx(0)
        assert money.loc["H3", "points_compared"] / money.loc["H3", "points_before"] == pytest.approx(1)
        assert drg.points_growth(found, YEAR) == pytest.approx(money["points_compared"].sum() / money["points_before"].sum() - 1)


class TestSameMonths:
    def test_a_first_year_has_shares_but_no_change(self, open_county: Open) -> None:
        rows = county()
        rows["fact_finance"] = [row for row in rows["fact_finance"] if row["month"].year == LAST.year]
        shares = costs.item_shares(open_county(rows), YEAR)
        assert shares.loc["H1", "examination"] == pytest.approx(0.7)
        assert shares["change_examination"].isna().all()

    def test_shares_of_a_new_institution_do_not_wait_for_last_year(self, open_county: Open) -> None:
        rows = county()
        rows["fact_finance"] += [row | {"institution_code": "H2"} for row in rows["fact_finance"] if row["month"].year == LAST.year]
        shares = costs.item_shares(open_county(rows), YEAR)
        assert shares.loc["H2", "examination"] == pytest.approx(0.7)
        assert pd.isna(shares.loc["H2", "change_examination"])
        assert shares.loc["H1", "change_examination"] == pytest.approx(0.1)
        assert shares.loc["", "change_examination"] == pytest.approx(0.1)

    def test_schemes_are_compared_over_the_same_months(self, open_county: Open) -> None:
        rows = county()
        rows["fact_claim"] = [
            row for row in rows["fact_claim"]
            if (row["institution_code"], row["month"], row["scheme"]) != ("H3", datetime.date(2024, 3, 1), "employee")
        ]  # fmt: skip
        found = open_county(rows)
        table = costs.changes(found, YEAR, "scheme")
        assert table.loc["employee", "cases"] == table.loc["employee", "cases_before"] + 0
        assert costs.changes(found, Scope(YEAR.period, scheme="resident"), "scheme").index.tolist() == ["resident"]


COMPARING = {
    "cost_funnel": lambda found: costs.cost_funnel(found, YEAR),
    "cost_months": lambda found: costs.cost_months(found, YEAR, "H1"),
    "dearest_groups": lambda found: costs.dearest_groups(found, YEAR),
    "group_prices": lambda found: costs.group_prices(found, YEAR, "B"),
    "outcome_funnel": lambda found: care.outcome_funnel(found, YEAR, "E15"),
    "wards": lambda found: care.wards(found, YEAR, "E15"),
    "index_picture": lambda found: drg.index_picture(found, YEAR),
    "group_table": lambda found: drg.group_table(found, YEAR),
    "group_units": lambda found: drg.group_units(found, YEAR, "B"),
    "signals": lambda found: drg.signals(found, YEAR),
    "clearing": lambda found: drg.clearing(found, YEAR),
    "checks": lambda found: checks.checks(found, YEAR),
}


class TestScope:
    @pytest.mark.parametrize("name", COMPARING)
    def test_what_compares_everybody_needs_the_county(self, database: ReportingDatabase, name: str) -> None:
        assert COMPARING[name](database) is not None
        for reader in (ONE, SOME):
            with pytest.raises(ScopeError):
                COMPARING[name](database.under(reader))

    def test_own_institutions_keep_what_is_their_own(self, database: ReportingDatabase) -> None:
        for reader in (ONE, SOME):
            mine = database.under(reader)
            assert costs.cost_change(mine, YEAR, "H1") is not None
            assert costs.cost_change(mine, YEAR, "H3") is None
            assert shown_units(mine, YEAR).index.tolist() == ["H1"]
            assert costs.changes(mine, YEAR).index.tolist() == ["H1"]
            assert care.outcome_months(mine, YEAR, "E10", "H1") is not None
            assert len(drg.cmi_months(mine, YEAR, "H1"))
        assert costs.changes(database.under(ONE), YEAR, "community").index.tolist() == ["C1"]
        assert costs.changes(database.under(SOME), YEAR, "community").empty, "some institutions are not their community"


def test_equal_names_of_groups_are_told_apart(open_county: Open) -> None:
    rows = county()
    for row in rows["dim_disease_group"]:
        row["name"] = "肺炎"
    assert disease_groups(open_county(rows))["name"].is_unique


def test_chance_is_counted_on_the_side_that_is_looked_at(database: ReportingDatabase) -> None:
    found = checks.checks(database, YEAR)
    assert found.by_chance == pytest.approx(0.025 * found.count)
    assert found.by_chance_action == pytest.approx(0.001 * found.count)
    high = found.found[found.found["side"].eq("high")]
    assert found.beyond == len(high)
    assert found.surely_beyond == high["level"].eq("action").sum() > 0
