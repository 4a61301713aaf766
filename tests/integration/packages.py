"""Small import packages for tests: a valid county of a few rows in every table, and writers."""

import zipfile
from pathlib import Path

import pandas as pd

MONTHS = ("2025-01-01", "2025-02-01", "2025-03-01")


def _frame(columns: str, *rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split(), dtype=object)


def small_county() -> dict[str, pd.DataFrame]:
    """A valid county: two communities, two towns, five institutions (one outside), one or two rows in every fact table."""
    return {
        "dim_county": _frame("county_code name", ("330110", "演示县")),
        "dim_community": _frame("community_code name short_name display_order", ("A", "第一医共体", "一", 1), ("B", "第二医共体", "二", 2)),
        "dim_town": _frame(
            "town_code name community_code area_km2 longitude latitude",
            ("T1", "东镇", "A", 50.5, 120.1, 30.3),
            ("T2", "西镇", "B", 80, 119.9, 30.4),
        ),
        "dim_institution": _frame(
            "institution_code name short_name kind tier role community_code town_code parent_institution_code in_county longitude latitude",
            ("H1", "第一医院", "一院", "general_hospital", "secondary", "lead", "A", "T1", None, True, 120.11, 30.31),
            ("H2", "第二医院", "二院", "综合医院", "二级", "牵头医院", "B", "T2", None, "是", 119.91, 30.41),
            ("C1", "东镇卫生院", "东卫", "township_centre", "primary", "member", "A", "T1", None, True, 120.12, 30.32),
            ("S1", "东镇一站", "一站", "station", "ungraded", "member", "A", "T1", "C1", True, 120.13, 30.33),
            ("X1", "省医院", "省医", "general_hospital", "tertiary", "none", None, None, None, False, 120.2, 30.2),
        ),
        "dim_department": _frame("department_code name kind", ("D1", "内科", "internal_medicine"), ("D2", "外科", "surgery")),
        "dim_disease_group": _frame("disease_group_code name kind", ("G1", "肺炎", "medical"), ("G2", "阑尾切除", "surgical")),
        "dim_equipment_type": _frame("equipment_type_code name is_large", ("CT", "CT", True)),
        "dim_equipment": _frame("equipment_code name equipment_type_code institution_code", ("E1", "64排CT", "CT", "H1")),
        "dim_account": _frame(
            "account_code name parent_account_code side item",
            ("40", "医疗收入", None, "income", "other"),
            ("4001", "药品收入", "40", "income", "drug"),
            ("50", "人员经费", None, "expense", "staff"),
        ),
        "dim_service_item": _frame(
            "service_item_code name unit kind standard_equivalent", ("P1", "门诊诊疗", "人次", "outpatient_care", 1)
        ),
        "dim_event": _frame("event_code title kind starts_on", ("V1", "分级诊疗启动", "reform", "2025-02-01")),
        "dim_travel_time": _frame("town_code institution_code minutes", ("T1", "H1", 12.5)),
        "fact_population": _frame(
            "town_code year registered resident age_0_6 age_65_over", ("T1", 2025, 900, 1000, 60, 200), ("T2", 2025, 2000, 2100, 120, 400)
        ),
        "fact_outpatient": _frame(
            "institution_code month visits emergency_visits",
            *(("H1", month, 1000 + number, 100) for number, month in enumerate(MONTHS)),
            *(("C1", month, 300 + number, 10) for number, month in enumerate(MONTHS)),
        ),
        "fact_bed": _frame(
            "institution_code department_code month open_bed_days occupied_bed_days discharges discharged_bed_days",
            *(("H1", "D1", month, 3000, 2500, 300, 2400) for month in MONTHS),
            *(("H1", "D2", month, 3000, 2600, 310, 2500) for month in MONTHS),
        ),
        "fact_inpatient_quality": _frame(
            "institution_code month operations grade3_operations grade4_operations low_risk_cases low_risk_deaths deaths",
            ("H1", "2025-01-01", 100, 30, 10, 50, 0, 2),
        ),
        "fact_discharge_group": _frame(
            "institution_code department_code disease_group_code month cases bed_days readmissions low_ratio_cases below_line_cases",
            ("H1", "D1", "G1", "2025-01-01", 100, 800, 3, 2, 1),
        ),
        "fact_equipment_use": _frame(
            "equipment_code month available_hours working_hours examinations positives", ("E1", "2025-01-01", 176, 150.5, 600, 420)
        ),
        "fact_shared_service": _frame(
            "centre requester_code provider_code month requests reports", ("imaging", "C1", "H1", "2025-01-01", 50, 49)
        ),
        "fact_referral": _frame(
            "from_code to_code direction disease_group_code month cases closed_cases",
            ("C1", "H1", "up", "G1", "2025-01-01", 12, 10),
            ("H1", "C1", "下转", "G1", "2025-01-01", 6, 6),
        ),
        "fact_claim": _frame(
            "town_code scheme institution_code service_kind disease_group_code month encounters "
            "total_cost eligible_cost fund_paid patient_paid",
            *(("T1", "resident", "H1", "inpatient", "G1", month, 10, "80000.00", "70000.00", "50000.00", "30000.00") for month in MONTHS),
            *(("T2", "employee", "X1", "inpatient", "G2", month, 3, "60000.55", "50000.00", "30000.55", "30000.00") for month in MONTHS),
        ),
        "fact_fund_budget": _frame(
            "community_code scheme year base_cost fund_base growth_volume budget", ("A", "resident", 2025, 1000000, 800000, 0.02, 900000)
        ),
        "fact_finance": _frame(
            "institution_code account_code month amount", ("H1", "4001", "2025-01-01", 5000), ("H1", "50", "2025-01-01", -20)
        ),
        "fact_fiscal_plan": _frame("institution_code track year approved", ("C1", "guarantee", 2025, 100000)),
        "fact_price_item": _frame(
            "institution_code item_code month name old_price new_price volume", ("H1", "Z01", "2025-01-01", "普通门诊诊查费", 10, 14, 8000)
        ),
        "fact_purchase": _frame("institution_code purchase_class month amount saved", ("H1", "drug", "2025-01-01", 3000, 400)),
        "fact_workforce": _frame(
            "institution_code category education age_band quarter headcount", ("H1", "physician", "bachelor", "35_44", "2025-01-01", 20)
        ),
        "fact_posting": _frame(
            "from_code to_code kind month people person_days qualified_people", ("H1", "C1", "posting_down", "2025-01-01", 3, 60, 2)
        ),
        "fact_support": _frame("lead_code member_code kind month sessions", ("H1", "C1", "ward_round", "2025-01-01", 4)),
        "fact_contract": _frame(
            "institution_code population_group month population contracted fulfilled due renewed",
            ("C1", "all", "2025-01-01", 1000, 500, 100, 20, 15),
        ),
        "fact_contract_use": _frame(
            "institution_code population_group contract_status month people visits own_visits first_visits primary_first_visits admissions",
            ("C1", "all", "signed", "2025-01-01", 600, 240, 120, 100, 70, 6),
        ),
        "fact_public_health": _frame(
            "institution_code programme month eligible managed managed_to_standard controlled",
            ("C1", "hypertension", "2025-01-01", 200, 150, 120, 90),
        ),
        "fact_workload": _frame("institution_code service_item_code month quantity", ("C1", "P1", "2025-01-01", 300)),
        "fact_survey": _frame("institution_code respondent quarter surveyed satisfied", ("H1", "outpatient", "2025Q1", 100, 92)),
        "fact_conduct": _frame("institution_code kind month cases", ("H1", "complaint", "2025-01-01", 1)),
        "fact_assessment": _frame("community_code catalogue item month value grade", ("A", "criteria_2019", "1.1", "2025-12-01", 5, "A")),
    }


def write_csv_package(folder: Path, tables: dict[str, pd.DataFrame], *, encoding: str = "utf-8", manifest: str | None = None) -> Path:
    """Write ``tables`` as CSV files named after them (and ``package.yaml`` when given); return ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_csv(folder / f"{name}.csv", index=False, encoding=encoding)
    if manifest is not None:
        (folder / "package.yaml").write_text(manifest, encoding="utf-8")
    return folder


def write_xlsx_package(folder: Path, tables: dict[str, pd.DataFrame]) -> Path:
    """Write ``tables`` as one workbook each; return ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in tables.items():
        frame.to_excel(folder / f"{name}.xlsx", index=False, sheet_name="Sheet1")
    return folder


def zip_package(folder: Path, target: Path, *, inside: str = "") -> Path:
    """Zip the files of ``folder`` (below the folder ``inside`` in the zip); return ``target``."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.iterdir()):
            archive.write(path, f"{inside}{path.name}")
    return target
