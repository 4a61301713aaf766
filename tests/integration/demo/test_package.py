"""The demonstration package goes through the import, is consistent with itself, and tells the planted stories."""

import datetime
import hashlib
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from dashboard.analysis.periods import Grain, Period
from dashboard.demo import write_package
from dashboard.demo.inpatient import hospital_admissions
from dashboard.demo.package import world
from dashboard.demo.parameters import parameters
from dashboard.services.common.boundaries import town_boundaries
from dashboard.services.common.database import open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.indicators import indicator_values
from dashboard.services.monitoring.watch import Step, standing, watched
from dashboard.services.quality.cells import Scope
from dashboard.services.quality.checks import checks
from dashboard.services.quality.costs import changes
from dashboard.store.engine import reporting_engine
from dashboard.store.importing.loader import LoadReport
from dashboard.store.schema import package_tables
from tests.conftest import Demonstration
from tests.one_number import SOURCES, contradictions, shown

PRIMARY = "('township_centre', 'community_centre', 'station')"


@pytest.fixture(scope="module")
def package(demonstration: Demonstration) -> Path:
    return demonstration.package


@pytest.fixture(scope="module")
def loaded(demonstration: Demonstration) -> tuple[LoadReport, Engine]:
    return demonstration.report, reporting_engine(demonstration.url)


@pytest.fixture(scope="module")
def ask(loaded):
    def answer(sql: str) -> pd.DataFrame:
        with loaded[1].connect() as connection:
            return pd.read_sql_query(text(sql), connection)

    return answer


def _value(frame: pd.DataFrame) -> float:
    return float(frame.iloc[0, 0])


def _checksums(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


def test_the_same_seed_gives_the_same_bytes(package, tmp_path):
    assert _checksums(write_package(tmp_path / "again")) == _checksums(package)


def test_another_seed_gives_other_claims_of_the_same_people(monkeypatch, tmp_path):
    """The admissions stand for all: every other table follows what is drawn, and a second whole county takes long."""
    known = parameters()
    first, other = (world(seed, known) for seed in (known.values["seed"], 1))
    assert not hospital_admissions(first).equals(hospital_admissions(other))
    assert first.population.equals(other.population)

    asked = []

    def frames(seed, given):
        asked.append(seed)
        raise InterruptedError

    monkeypatch.setattr("dashboard.demo.package.package_frames", frames)
    for more in ({}, {"seed": 1}):
        with pytest.raises(InterruptedError):
            write_package(tmp_path / "none", **more)
    assert asked == [known.values["seed"], 1]


def test_the_import_takes_it_without_an_error_and_only_flags_the_planted_extra_beds(loaded):
    report = loaded[0]
    assert report.error_count == 0
    assert {rule for _, rule in report.counts} == {"beds_over_open"}


def test_every_table_but_travel_time_is_filled_and_labelled_as_a_demonstration(ask, package):
    for table in package_tables():
        rows = _value(ask(f"SELECT COUNT(*) FROM {table.name}"))
        assert (rows > 0) is (table.name != "dim_travel_time"), table.name
    kind = ask("SELECT data_kind, data_through, row_count FROM meta_load")
    assert kind["data_kind"].tolist() == ["demonstration"]
    assert pd.Timestamp(kind["data_through"].iloc[0]) == pd.Timestamp("2025-10-01")
    assert 500_000 <= kind["row_count"].iloc[0] <= 2_000_000


def test_claims_add_up_and_stay_below_what_institutions_report(ask):
    wrong = """
        SELECT COUNT(*) FROM fact_claim
        WHERE fund_paid + patient_paid <> total_cost OR eligible_cost > total_cost OR fund_paid > eligible_cost"""
    assert _value(ask(wrong)) == 0
    over = """
        SELECT COUNT(*) FROM (
            SELECT c.institution_code, c.month, SUM(c.encounters) AS claims, MAX(o.visits) AS visits
            FROM fact_claim c JOIN fact_outpatient o ON o.institution_code = c.institution_code AND o.month = c.month
            WHERE c.service_kind IN ('outpatient', 'chronic') GROUP BY 1, 2
        ) AS compared WHERE claims > visits"""
    assert _value(ask(over)) == 0
    over = """
        WITH claims AS (SELECT institution_code, month, SUM(encounters) AS claims
            FROM fact_claim WHERE service_kind = 'inpatient' GROUP BY 1, 2),
        beds AS (SELECT institution_code, month, SUM(discharges) AS discharges FROM fact_bed GROUP BY 1, 2)
        SELECT COUNT(*) FROM claims JOIN beds ON beds.institution_code = claims.institution_code AND beds.month = claims.month
        WHERE claims.claims > beds.discharges"""
    assert _value(ask(over)) == 0


def test_income_is_the_claims_at_the_average_of_all_patients_to_the_cent(ask):
    sql = """
        WITH income AS (
            SELECT f.institution_code, f.month, SUM(f.amount) AS income
                FROM fact_finance f JOIN dim_account a ON a.account_code = f.account_code
            WHERE a.side = 'income' AND a.setting = '{setting}' GROUP BY 1, 2),
        claims AS (
            SELECT institution_code, month, SUM(total_cost) AS cost, SUM(encounters) AS encounters FROM fact_claim
            WHERE service_kind IN {kinds} GROUP BY 1, 2),
        work AS (SELECT institution_code, month, SUM({measure}) AS patients FROM {table} GROUP BY 1, 2)
        SELECT MAX(ABS(CAST(income AS DOUBLE) - CAST(cost AS DOUBLE) * patients / encounters)) AS gap, COUNT(*) AS compared
        FROM income JOIN claims ON claims.institution_code = income.institution_code AND claims.month = income.month
        JOIN work ON work.institution_code = income.institution_code AND work.month = income.month"""
    for setting, kinds, measure, table, least in (
        ("outpatient", "('outpatient', 'chronic')", "visits", "fact_outpatient", 11_000),
        ("inpatient", "('inpatient')", "discharges", "fact_bed", 1_000),
    ):
        answer = ask(sql.format(setting=setting, kinds=kinds, measure=measure, table=table))
        assert answer["compared"].iloc[0] > least
        assert answer["gap"].iloc[0] < 0.011, setting


def test_bed_days_fit_the_beds_but_for_the_flagged_extra_beds(ask):
    over = ask("SELECT institution_code, CAST(month AS DATE) AS month FROM fact_bed WHERE occupied_bed_days > open_bed_days ORDER BY 1, 2")
    assert set(over["institution_code"]) == {"H1"}
    assert set(pd.to_datetime(over["month"]).dt.strftime("%Y-%m")) == {"2023-01", "2025-01"}
    assert _value(ask("SELECT COUNT(*) FROM fact_bed WHERE discharges > 0 AND discharged_bed_days < discharges")) == 0


def test_referrals_match_visits_admissions_and_out_of_county_claims(ask):
    arrived = """
        SELECT COUNT(*) FROM fact_outpatient o
        JOIN (SELECT to_code, month, SUM(cases) AS cases FROM fact_referral GROUP BY 1, 2) r ON r.to_code = o.institution_code
            AND r.month = o.month
        WHERE o.referral_visits <> r.cases"""
    assert _value(ask(arrived)) == 0
    up = """
        SELECT COUNT(*) FROM (SELECT to_code, month, SUM(cases) AS cases FROM fact_referral WHERE direction = 'up' GROUP BY 1, 2) r
        JOIN (SELECT institution_code, month, SUM(admissions) AS admissions FROM fact_bed GROUP BY 1, 2) b
          ON b.institution_code = r.to_code AND b.month = r.month
        WHERE r.cases > b.admissions"""
    assert _value(ask(up)) == 0
    out = """
        SELECT COUNT(*) FROM (SELECT to_code, disease_group_code, month, SUM(cases) AS cases
            FROM fact_referral WHERE direction = 'out' GROUP BY 1, 2, 3) r
        LEFT JOIN (SELECT institution_code, disease_group_code, month, SUM(encounters) AS encounters FROM fact_claim
              WHERE service_kind = 'inpatient' GROUP BY 1, 2, 3) c
          ON c.institution_code = r.to_code AND c.disease_group_code = r.disease_group_code AND c.month = r.month
        WHERE r.cases > COALESCE(c.encounters, 0)"""
    assert _value(ask(out)) == 0


def test_staff_cost_is_the_wages_with_on_costs(ask):
    sql = """
        SELECT (SELECT SUM(amount) FROM fact_finance WHERE account_code = 'E1' AND month BETWEEN '2024-01-01' AND '2024-12-01')
             / (SELECT SUM(wage_income) FROM fact_workforce WHERE quarter BETWEEN '2024-01-01' AND '2024-10-01')"""
    assert 1.24 < _value(ask(sql)) < 1.34


def test_workload_contracts_and_purchase_follow_their_sources(ask):
    visits = f"""
        SELECT ABS(SUM(quantity) - (SELECT SUM(visits) FROM fact_outpatient o
            JOIN dim_institution i ON i.institution_code = o.institution_code
                                    WHERE i.kind IN {PRIMARY} AND o.month = '2025-10-01'))
        FROM fact_workload WHERE service_item_code = 'W01' AND month = '2025-10-01'"""
    assert _value(ask(visits)) == 0
    purchase = """
        SELECT ABS((SELECT SUM(amount) FROM fact_finance WHERE account_code = 'F7')
             - (SELECT SUM(quantity * standard_equivalent * quality_coefficient) * 12.5
                FROM fact_workload w JOIN dim_service_item s ON s.service_item_code = w.service_item_code))"""
    assert _value(ask(purchase)) < 10
    fees = """
        SELECT ABS((SELECT SUM(amount) FROM fact_finance WHERE account_code = 'I31')
             - (SELECT SUM(fee_fiscal + fee_fund + fee_person) FROM fact_contract WHERE population_group = 'all'))"""
    assert _value(ask(fees)) == 0


def test_the_headline_figures_lie_where_a_leader_expects_them(ask):
    def county(month: str) -> float:
        return _value(
            ask(f"""SELECT 1.0 * SUM(CASE WHEN i.in_county THEN c.encounters ELSE 0 END) / SUM(c.encounters) FROM fact_claim c
            JOIN dim_institution i ON i.institution_code = c.institution_code WHERE c.service_kind <> 'pharmacy' AND c.month = '{month}'""")
        )

    primary = f"""SELECT 1.0 * SUM(CASE WHEN i.kind IN {PRIMARY} THEN o.visits ELSE 0 END) / SUM(o.visits) FROM fact_outpatient o
        JOIN dim_institution i ON i.institution_code = o.institution_code WHERE o.month = '2025-10-01'"""
    fund = """SELECT SUM(CASE WHEN i.in_county THEN c.fund_paid ELSE 0 END) / SUM(c.fund_paid) FROM fact_claim c
        JOIN dim_institution i ON i.institution_code = c.institution_code WHERE c.month BETWEEN '2025-01-01' AND '2025-10-01'"""
    assert 0.90 < county("2025-10-01") < 0.925
    assert 0.004 < county("2025-10-01") - county("2024-10-01") < 0.012
    assert 0.60 < _value(ask(primary)) < 0.635
    assert 0.70 < _value(ask(fund)) < 0.75
    assert 0.82 < _value(ask("SELECT 1.0 * SUM(occupied_bed_days) / SUM(open_bed_days) FROM fact_bed WHERE month = '2025-10-01'")) < 0.86
    key = "SELECT 1.0 * SUM(contracted) / SUM(population) FROM fact_contract WHERE population_group = 'key' AND month = '2025-10-01'"
    assert 0.87 < _value(ask(key)) < 0.90


def test_budgets_follow_their_formula_and_stand_where_the_stories_put_them(ask):
    formula = """
        SELECT MAX(ABS(budget - fund_base * (1 + growth_volume + growth_quality + growth_price + growth_case_mix)))
        FROM fact_fund_budget"""
    assert _value(ask(formula)) < 0.02
    execution = (
        ask("""
        SELECT b.community_code, SUM(p.paid) / SUM(b.budget) AS execution FROM fact_fund_budget b
        JOIN (SELECT t.community_code, c.scheme, SUM(c.fund_paid) AS paid FROM fact_claim c JOIN dim_town t ON t.town_code = c.town_code
              WHERE c.month BETWEEN '2025-01-01' AND '2025-10-01' GROUP BY 1, 2) p
          ON p.community_code = b.community_code AND p.scheme = b.scheme
        WHERE b.year = 2025 GROUP BY 1""")
        .set_index("community_code")["execution"]
        .astype(float)
    )
    assert execution.between(0.78, 0.885).all()
    assert execution.idxmax() == "M4"
    assert execution["M4"] > 0.865


def test_cost_of_a_discharge_grew_nine_or_ten_percent_in_one_community_only(ask):
    cost = ask("""
        SELECT i.community_code, EXTRACT(YEAR FROM c.month) AS year, SUM(c.total_cost) / SUM(c.encounters) AS cost FROM fact_claim c
        JOIN dim_institution i ON i.institution_code = c.institution_code
        WHERE c.service_kind = 'inpatient' AND i.community_code IS NOT NULL AND EXTRACT(MONTH
            FROM c.month) <= 10 AND c.month >= '2024-01-01'
        GROUP BY 1, 2""")
    wide = cost.astype({"cost": float}).pivot(index="community_code", columns="year", values="cost")
    growth = wide[2025] / wide[2024] - 1
    assert 0.085 < growth["M4"] < 0.105
    assert growth.drop("M4").abs().max() < 0.03


def test_the_ten_costliest_outside_diseases_of_one_community_grew_by_about_fourteen_percent(ask):
    spent = ask("""
        SELECT t.community_code, c.disease_group_code, EXTRACT(YEAR FROM c.month) AS year, SUM(c.total_cost) AS cost FROM fact_claim c
        JOIN dim_institution i ON i.institution_code = c.institution_code JOIN dim_town t ON t.town_code = c.town_code
        WHERE NOT i.in_county AND c.service_kind = 'inpatient' AND EXTRACT(MONTH FROM c.month) <= 10 AND c.month >= '2024-01-01'
        GROUP BY 1, 2, 3""").astype({"cost": float})
    wide = spent.pivot(index=["community_code", "disease_group_code"], columns="year", values="cost").fillna(0)
    top = wide.sort_values(2025, ascending=False).groupby("community_code").head(10).groupby("community_code").sum()
    growth = top[2025] / top[2024] - 1
    assert 0.12 < growth["M2"] < 0.16
    assert growth.drop("M2").max() < 0.05


def test_one_community_sends_few_patients_back(ask):
    balance = ask("""
        SELECT i.community_code, 1.0 * SUM(CASE WHEN r.direction = 'down' THEN r.cases ELSE 0 END)
            / SUM(CASE WHEN r.direction = 'up' THEN r.cases ELSE 0 END) AS ratio
        FROM fact_referral r JOIN dim_institution i ON i.institution_code = r.from_code WHERE r.month >= '2025-01-01' GROUP BY 1""")
    ratio = balance.set_index("community_code")["ratio"]
    assert 0.20 < ratio["M5"] < 0.24
    assert ratio.drop("M5").min() > 0.37


def test_one_ward_stands_idle_for_months(ask):
    use = ask(
        """SELECT month, 1.0 * SUM(occupied_bed_days) / SUM(open_bed_days) AS use FROM fact_bed
        WHERE institution_code = 'C17' AND month >= '2025-05-01' GROUP BY 1"""
    )
    assert len(use) == 6
    assert (use["use"] < 0.45).all()


def test_one_scanner_finds_little(ask):
    found = ask("""
        SELECT e.institution_code, 1.0 * SUM(u.positives) / SUM(u.examinations) AS positive FROM fact_equipment_use u
        JOIN dim_equipment e ON e.equipment_code = u.equipment_code
            WHERE e.equipment_type_code = 'Q1' AND u.month >= '2025-08-01' GROUP BY 1""")
    positive = found.set_index("institution_code")["positive"]
    assert 0.35 < positive["C19"] < 0.41
    assert positive.drop("C19").min() > 0.58


def test_one_centre_did_not_report_one_month(ask):
    for table in ("fact_outpatient", "fact_bed"):
        months = ask(f"SELECT DISTINCT month FROM {table} WHERE institution_code = 'C16'")["month"]
        missing = set(pd.date_range("2021-11-01", "2025-10-01", freq="MS")) - set(pd.to_datetime(months))
        assert missing == {pd.Timestamp("2025-06-01")}, table


def test_a_discharge_costs_what_the_settled_cases_of_its_disease_do(ask):
    """Everybody costs what the insured cost: a group's mean in an institution and month is the same in both tables."""
    apart = ask("""
        WITH claims AS (
            SELECT institution_code, disease_group_code, month, SUM(total_cost) / SUM(encounters) AS mean FROM fact_claim
            WHERE service_kind = 'inpatient' GROUP BY 1, 2, 3)
        SELECT ABS(d.total_cost / d.cases - claims.mean) AS yuan FROM fact_discharge_group d
        JOIN claims USING (institution_code, disease_group_code, month)""")["yuan"].astype("float64")
    assert len(apart) > 10_000
    assert apart.max() < 0.02


def test_discharges_by_ward_add_up_to_beds_and_to_the_quality_report(ask):
    wards = """
        SELECT COUNT(*) FROM (SELECT institution_code, department_code, month, SUM(cases) AS cases, SUM(bed_days) AS days
            FROM fact_discharge_group GROUP BY 1, 2, 3) d
        JOIN (SELECT institution_code, department_code, month, discharges, discharged_bed_days FROM fact_bed) b
          ON b.institution_code = d.institution_code AND b.department_code = d.department_code AND b.month = d.month
        WHERE b.discharges <> d.cases OR b.discharged_bed_days <> d.days"""
    assert _value(ask(wards)) == 0
    events = """
        SELECT COUNT(*) FROM (SELECT institution_code, month, SUM(deaths) AS deaths, SUM(infections) AS infections,
            SUM(readmissions) AS readmissions FROM fact_discharge_group GROUP BY 1, 2) d
        JOIN fact_inpatient_quality q ON q.institution_code = d.institution_code AND q.month = d.month
        WHERE q.infections <> d.infections OR q.readmissions <> d.readmissions OR q.deaths <> d.deaths"""
    assert _value(ask(events)) <= 5  # a month whose low-risk groups are all empty keeps its death elsewhere


def test_each_story_of_costs_and_quality_is_found_and_nothing_else(loaded, package):
    """The reader's way: the page's own answers, year to date and for the newest month alone."""
    database = open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}")
    scope = Scope(Period(Grain.YEAR_TO_DATE, datetime.date(2025, 10, 1)))
    table = changes(database, scope)
    assert table.loc["H6", "mix"] > 4 * abs(table.loc["H6", "within"])  # other patients
    assert table.loc["H4", "within"] > 4 * abs(table.loc["H4", "mix"])  # the same diseases, by examinations
    assert table.loc["H4", "item"] == "examination"
    assert table.index[:2].tolist() == ["H4", "H6"]
    found = checks(database, scope).found
    sure = found[found["level"].eq("action") & found["side"].eq("high")]
    assert set(zip(sure["topic"], sure["unit"], sure["ward"], strict=True)) == {
        ("E15", "H3", ""), ("E15", "H3", "呼吸与危重症医学科"), ("coding", "H5", ""), ("low_ratio", "H5", ""),
    }  # fmt: skip
    month = Scope(Period(Grain.MONTH, datetime.date(2025, 10, 1)))
    alone = checks(database, month).found
    alone = alone[alone["level"].eq("action") & alone["side"].eq("high")]
    assert {("E15", "呼吸与危重症医学科"), ("coding", "")} <= set(zip(alone["topic"], alone["ward"], strict=True))


def test_the_year_before_the_stories_raises_no_alarm(loaded, package):
    database = open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}")
    answer = checks(database, Scope(Period(Grain.YEAR_TO_DATE, datetime.date(2024, 10, 1))))
    sure = answer.found[answer.found["level"].eq("action") & answer.found["side"].eq("high")]
    assert answer.count > 100
    assert len(sure) <= 1  # 0.2 % of the comparisons by chance


def test_the_map_gets_a_schematic_shape_for_every_town(loaded, package):
    boundaries = town_boundaries(open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}"))
    assert len(boundaries.geojson) == 20
    assert boundaries.schematic
    assert boundaries.unmatched == ()
    assert boundaries.text() == "示意边界，非行政区划界线"


def test_no_name_has_two_values(package: Path, loaded: tuple[LoadReport, Engine]) -> None:
    database = open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}")
    for grain in (Grain.MONTH, Grain.ROLLING_12):
        found = shown(database, Period(grain, datetime.date(2025, 10, 1)))
        assert set(found["place"]) == set(SOURCES) - ({"resources"} if grain is not Grain.MONTH else set())
        assert contradictions(found).empty, contradictions(found).to_string()


def test_orderly_referral_is_plausible(package: Path, loaded: tuple[LoadReport, Engine]) -> None:
    """A third to a half of the admissions outside carry a referral; never more than all of them."""
    database = open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}")
    year = Period(Grain.ROLLING_12, datetime.date(2025, 10, 1))
    values = indicator_values(database, level="community", period=year, indicators=("B05",))["value"]
    assert values.between(30, 60).all()


PLANTED = {
    "overspending": {("projected_overspend", "M4·employee"), ("projected_overspend", "M4·resident")},
    "cost_growth": {("community_cost_growth", "M4")},
    "idle_ward": {("idle_beds", "T17")},
    "weak_down_referral": {("weak_down_referral", "M5")},
    "low_positive_rate": {("low_positive_rate", "T19")},
    "missing_month": {("silence", "T16")},
    "outside_spending": {("outside_top_disease_growth", "M2")},
    "signs_without_serving": {("contract_pace", "T08")},
    "monitored_drug": {("monitored_drug_growth", "H5")},
    "late_payment": {("supplier_payment", "H3")},
    "unreasonable_prescribing": {("unreasonable_prescriptions", "T08")},
    "points": {("points", "T13")},
    "infusions": {("infusion", "T12")},
}
"""The planted stories that a rule of 运行监测 watches: rule and, of its units, the community or the town they lie in."""


def test_no_month_has_more_new_alerts_than_the_budget_and_every_story_is_among_them(loaded, package):
    """One replay of the newest data answers for every month; where a unit stands is told by the directory."""
    database = open_database(f"duckdb:///{package.parent / 'reporting.duckdb'}")
    homes = directory(database).institutions["town_code"].to_dict()
    told = set()
    for month in pd.date_range("2024-11-01", "2025-10-01", freq="MS"):
        alerts, _left = standing(watched(database, month.date()))
        assert sum(alert.step is Step.NEW for alert in alerts) <= 12
        told |= {(alert.rule_id, unit) for alert in alerts for unit in (alert.unit, homes.get(alert.place.institution))}
    assert {story for story, found in PLANTED.items() if not found & told} == set()
