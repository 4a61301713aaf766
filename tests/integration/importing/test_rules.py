"""One planted fault at a time: the rule, file, physical line and column that the import must name."""

from collections import Counter, defaultdict
from pathlib import Path

import pandas as pd
import pytest

from dashboard.store.importing.columns import _AT_LEAST, _BETWEEN, _DIFFERENT, conditions
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.importing.rules import ERROR, ROW_RULES, RULES, WARNING
from dashboard.store.schema import metadata, package_tables
from tests.integration.packages import small_county, write_csv_package

# (table, row, column changed, new value, rule, column reported); the line is row + 2: header first
CELL_FAULTS = [
    ("fact_outpatient", 2, "visits", "", "missing", "visits"),
    ("fact_outpatient", 2, "visits", "12a", "type_integer", "visits"),
    ("fact_outpatient", 2, "visits", "12.5", "type_integer", "visits"),
    ("fact_outpatient", 2, "visits", "0x10", "type_integer", "visits"),
    ("fact_outpatient", 2, "visits", "1,23", "type_integer", "visits"),
    ("fact_outpatient", 2, "visits", "9" * 30, "too_large", "visits"),
    ("fact_outpatient", 3, "visits", "-5", "negative", "visits"),
    ("fact_outpatient", 3, "month", "上个月", "type_month", "month"),
    ("fact_outpatient", 3, "month", "2025-13", "type_month", "month"),
    ("fact_outpatient", 3, "month", "2025-01-15", "not_first_day", "month"),
    ("fact_outpatient", 3, "month", "2199-01", "future", "month"),
    ("fact_survey", 0, "quarter", "2025-02-01", "not_quarter_start", "quarter"),
    ("fact_survey", 0, "quarter", "2025Q5", "type_quarter", "quarter"),
    ("fact_population", 1, "year", "25年", "type_year", "year"),
    ("fact_population", 1, "year", "1066", "out_of_range", "year"),
    ("fact_claim", 4, "total_cost", "abc", "type_decimal", "total_cost"),
    ("fact_claim", 4, "total_cost", "60000.555", "decimal_places", "total_cost"),
    ("fact_claim", 4, "total_cost", "1" + "0" * 17, "too_large", "total_cost"),
    ("fact_claim", 4, "total_cost", "nan", "type_decimal", "total_cost"),
    ("fact_claim", 1, "scheme", "商业保险", "unknown_code", "scheme"),
    ("fact_claim", 1, "town_code", "T9", "unknown_reference", "town_code"),
    ("dim_institution", 3, "parent_institution_code", "C9", "unknown_reference", "parent_institution_code"),
    ("dim_institution", 2, "parent_institution_code", "S1", "circular_parent", "parent_institution_code"),
    ("dim_institution", 4, "in_county", "也许", "type_boolean", "in_county"),
    ("dim_institution", 0, "name", "长" * 201, "too_long", "name"),
    ("dim_institution", 0, "name", "甲\x01乙", "control_character", "name"),
    ("dim_institution", 0, "community_code", "", "lead_without_community", "community_code"),
    ("dim_institution", 2, "community_code", "", "member_without_community", "community_code"),
    ("dim_institution", 4, "community_code", "A", "foreign_community", "community_code"),
    ("dim_town", 1, "area_km2", "0", "out_of_range", "area_km2"),
    ("dim_town", 1, "longitude", "999", "out_of_range", "longitude"),
    ("dim_town", 1, "longitude", "inf", "type_float", "longitude"),
    ("dim_town", 1, "longitude", "", "coordinate_incomplete", "longitude"),
    ("dim_town", 1, "longitude", "30.4", "coordinate_far", "longitude"),
    ("fact_population", 1, "resident", "0", "population_zero", "resident"),
    ("fact_population", 1, "age_0_6", "2101", "part_over_whole", "age_0_6"),
    ("fact_outpatient", 1, "emergency_visits", "5000", "part_over_whole", "emergency_visits"),
    ("fact_outpatient", 1, "infusion_visits", "5000", "part_over_whole", "infusion_visits"),
    ("fact_bed", 1, "occupied_bed_days", "0", "discharges_without_bed_days", "occupied_bed_days"),
    ("fact_bed", 1, "discharged_bed_days", "0", "discharged_bed_days_zero", "discharged_bed_days"),
    ("fact_bed", 1, "occupied_bed_days", "3001", "beds_over_open", "occupied_bed_days"),
    ("fact_inpatient_quality", 0, "low_risk_deaths", "1", None, None),
    ("fact_inpatient_quality", 0, "low_risk_deaths", "51", "part_over_whole", "low_risk_deaths"),
    ("fact_discharge_group", 0, "readmissions", "101", "part_over_whole", "readmissions"),
    ("fact_discharge_group", 0, "below_line_cases", "3", "part_over_whole", "below_line_cases"),
    ("fact_discharge_group", 0, "readmissions", "100", None, None),
    ("fact_inpatient_quality", 0, "grade4_operations", "101", "part_over_whole", "grade4_operations"),
    ("fact_equipment_use", 0, "working_hours", "176.01", "hours_over_available", "working_hours"),
    ("fact_equipment_use", 0, "available_hours", "744.5", "hours_over_calendar", "available_hours"),
    ("fact_equipment_use", 0, "positives", "601", "part_over_whole", "positives"),
    ("fact_shared_service", 0, "reports", "51", "reports_over_requests", "reports"),
    ("fact_referral", 0, "to_code", "C1", "to_itself", "to_code"),
    ("fact_referral", 0, "closed_cases", "13", "part_over_whole", "closed_cases"),
    ("fact_claim", 0, "eligible_cost", "80000.01", "part_over_whole", "eligible_cost"),
    ("fact_claim", 0, "fund_paid", "80000.01", "part_over_whole", "fund_paid"),
    ("fact_claim", 0, "patient_paid", "30100", "paid_over_total", "patient_paid"),
    ("fact_claim", 0, "patient_paid", "30079", None, None),
    ("fact_claim", 0, "patient_paid", "2000", "paid_under_total", "patient_paid"),
    ("fact_finance", 0, "account_code", "40", "account_not_leaf", "account_code"),
    ("fact_posting", 0, "qualified_people", "4", "part_over_whole", "qualified_people"),
    ("fact_contract", 0, "contracted", "1001", "part_over_whole", "contracted"),
    ("fact_contract", 0, "renewed", "21", "part_over_whole", "renewed"),
    ("fact_contract", 0, "fulfilled", "501", "fulfilled_over_contracted", "fulfilled"),
    ("fact_public_health", 0, "managed", "201", "managed_over_eligible", "managed"),
    ("fact_public_health", 0, "managed_to_standard", "151", "part_over_whole", "managed_to_standard"),
    ("fact_survey", 0, "satisfied", "101", "part_over_whole", "satisfied"),
    ("fact_assessment", 0, "grade", "D", "unknown_code", "grade"),
]


# A circle is reported at each of its rows.
ALSO_FOUND = {("circular_parent", "dim_institution.csv", 5, "parent_institution_code")}


def _load(tmp_path: Path, url: str, tables: dict[str, pd.DataFrame]) -> LoadReport:
    return load_package(write_csv_package(tmp_path / "package", tables), url)


def _county(*names: str) -> dict[str, pd.DataFrame]:
    """The registers, the population and the tables ``names``: that the others have no findings is held by the test of the whole package."""
    needed = {"fact_population", *names}
    return {name: frame for name, frame in small_county().items() if name.startswith("dim_") or name in needed}


Fault = tuple[str, int, str, str, str | None, str | None]


def _batches() -> list[list[Fault]]:
    """Faults that refuse and faults that only warn apart, each batch with one fault per table: a load is not free."""
    batches: dict[tuple[bool, int], list[Fault]] = defaultdict(list)
    seen: Counter[tuple[str, bool]] = Counter()
    for fault in CELL_FAULTS:
        refused = fault[4] is not None and RULES[fault[4]].severity == ERROR
        batches[refused, seen[fault[0], refused]].append(fault)
        seen[fault[0], refused] += 1
    return [batches[key] for key in sorted(batches)]


@pytest.mark.parametrize("faults", _batches())
def test_planted_faults_are_named_with_their_places(faults: list[Fault], tmp_path: Path, duckdb_url: str) -> None:
    tables = _county(*(fault[0] for fault in faults))
    for table, row, changed, value, _, _ in faults:
        tables[table].loc[row, changed] = value
    report = _load(tmp_path, duckdb_url, tables)
    found = {(item.rule, item.file, item.line, item.column) for item in report.findings}
    expected = {(rule, f"{table}.csv", row + 2, column) for table, row, _, _, rule, column in faults if rule is not None}
    assert found == expected | {place for place in ALSO_FOUND if place[0] in {rule for rule, *_ in expected}}
    assert report.accepted == all(RULES[rule].severity == WARNING for rule, *_ in expected)
    assert (tmp_path / "reporting.duckdb").exists() == report.accepted


def test_a_correct_package_has_no_findings(tmp_path: Path, duckdb_url: str) -> None:
    report = _load(tmp_path, duckdb_url, small_county())
    assert report.accepted
    assert report.findings == ()
    assert report.load_id == 1
    assert report.row_count == sum(len(frame) for frame in small_county().values())
    assert report.report_file is None


def test_a_duplicate_names_the_other_line(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_outpatient")
    tables["fact_outpatient"] = pd.concat([tables["fact_outpatient"], tables["fact_outpatient"].iloc[[1, 1]]])
    report = _load(tmp_path, duckdb_url, tables)
    assert [(item.rule, item.line, item.details["other_line"]) for item in report.findings] == [
        ("duplicate_key", 8, 3),
        ("duplicate_key", 9, 3),
    ]
    assert "fact_outpatient.csv 第 3 行" in report.findings[0].message()


def test_every_fault_of_a_row_is_reported_at_once(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_outpatient")
    tables["fact_outpatient"].loc[0, ["institution_code", "month", "visits"]] = ["H9", "2025", "-1"]
    report = _load(tmp_path, duckdb_url, tables)
    assert {(item.rule, item.column) for item in report.findings if item.line == 2} >= {
        ("unknown_reference", "institution_code"),
        ("type_month", "month"),
        ("negative", "visits"),
    }
    assert "missing" not in {item.rule for item in report.findings}


def test_a_town_without_population_is_a_warning(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    tables["fact_population"] = tables["fact_population"].iloc[:1]
    report = _load(tmp_path, duckdb_url, tables)
    assert report.accepted
    assert [(item.rule, item.file, item.line, item.value) for item in report.findings] == [
        ("town_without_population", "dim_town.csv", 3, "T2")
    ]


def test_a_month_far_outside_its_own_history_is_a_warning(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_outpatient")
    months = [f"2024-{month:02d}" for month in range(1, 13)] + ["2025-01"]
    visits = [1000, 1020, 980, 990, 1010, 1005, 995, 1030, 970, 1000, 1015, 985, 9000]
    frame = pd.DataFrame({"institution_code": "H1", "month": months, "visits": visits})
    tables["fact_outpatient"] = frame.iloc[:12]
    first = _load(tmp_path, duckdb_url, tables)
    assert first.findings == ()
    second = load_package(write_csv_package(tmp_path / "january", {"fact_outpatient": frame.iloc[12:]}), duckdb_url)
    assert second.accepted
    assert [(item.rule, item.line, item.column) for item in second.findings] == [("far_from_history", 2, "visits")]
    assert second.findings[0].value == "H1 · 2025-01 · 9000 · 1000"


def test_the_number_of_findings_is_bounded_and_the_count_exact(tmp_path: Path, duckdb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dashboard.store.importing.findings.FILE_LIMIT", 5)
    tables = _county("fact_outpatient")
    tables["fact_outpatient"]["visits"] = "x"
    report = _load(tmp_path, duckdb_url, tables)
    assert len([item for item in report.findings if item.file == "fact_outpatient.csv"]) == 5
    assert report.counts["fact_outpatient.csv", "type_integer"] == 6
    assert report.error_count == 6


def test_english_messages_use_column_names(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_survey")
    tables["fact_survey"].loc[0, "satisfied"] = 101
    finding = _load(tmp_path, duckdb_url, tables).findings[0]
    assert "满意人数大于调查人数" in finding.text("zh")
    assert "satisfied" in finding.text("en")


def _is_understood(condition: str) -> bool:
    """Return whether the import checks ``condition`` itself, before the database does."""
    by_kind = " IN (" in condition or condition.startswith("EXTRACT(DAY")
    return by_kind or any(pattern.match(condition) for pattern in (_AT_LEAST, _BETWEEN, _DIFFERENT))


def test_every_check_of_the_schema_is_checked_before_the_database_does() -> None:
    """A row that the database would refuse must be a finding, so each constraint must be one the import understands."""
    by_row_rule = {
        "closed_on IS NULL OR opened_on IS NULL OR closed_on >= opened_on",
        "ends_on IS NULL OR ends_on >= starts_on",
        "valid_to IS NULL OR valid_to >= valid_from",
    }
    found = {condition for table in package_tables() for condition in conditions(table)}
    assert len(found) > 50
    assert {condition for condition in found if not _is_understood(condition)} == by_row_rule


def test_row_rules_name_real_columns_and_rules() -> None:
    for table, rules in ROW_RULES.items():
        for rule in rules:
            assert rule.code in RULES
            assert {rule.column, *rule.needs, *rule.shown} <= set(metadata.tables[table].columns.keys())


def test_warnings_need_no_details_to_be_shown_again() -> None:
    assert {rule.severity for rule in RULES.values()} == {ERROR, WARNING}
    assert [rule.code for rule in RULES.values() if rule.severity == WARNING and "{" in rule.message] == []
