"""A small county for 费用与质量 whose figures can be worked out by hand, 24 months.

H1 carries the worked change of a mean (9,600 to 10,440 yuan from January 2025). H2 codes far heavier from 2025 on at no more cost. H3
stays as it was, but too many come back to its ward D2, which costs a fifth
more from 2025 on by its own count. P1 is a township ward that nobody holds against the hospitals. X1 lies outside.
"""

import datetime
from typing import Any

from tests.utilisation_county import MONTHS, Rows

TURN = datetime.date(2025, 1, 1)
BEFORE = {
    "H1": {"A": (70, 6_000), "B": (30, 18_000)},
    "H2": {"A": (80, 6_000), "A2": (20, 6_000)},
    "H3": {"A": (50, 6_000), "B": (50, 18_000)},
    "P1": {"A": (30, 2_000)},
    "X1": {"B": (20, 25_000)},
}
AFTER = BEFORE | {"H1": {"A": (60, 6_600), "B": (40, 16_200)}, "H2": {"A": (30, 6_000), "A2": (70, 6_000)}}
POINTS = {"A": 80, "A2": 130, "B": 200}
ITEMS = {"DRUG": (0.4, 0.3), "TEST": (0.6, 0.7)}


def treated(code: str, month: datetime.date) -> dict[str, tuple[int, int]]:
    return (BEFORE if month < TURN else AFTER)[code]


def _claims() -> list[dict[str, Any]]:
    rows = []
    for month in MONTHS:
        for code in BEFORE:
            for group, (cases, mean) in treated(code, month).items():
                for scheme, part in (("resident", 0.6), ("employee", 0.4)):
                    count = round(cases * part)
                    cost = count * mean
                    rows.append(
                        {
                            "town_code": "T1", "scheme": scheme, "institution_code": code, "service_kind": "inpatient",
                            "disease_group_code": group, "month": month, "encounters": count, "total_cost": cost, "eligible_cost": cost,
                            "fund_paid": cost * 0.7, "patient_paid": cost * 0.3,
                            "drg_points": None if code == "X1" else count * POINTS[group],
                        }
                    )  # fmt: skip
    return rows


def _finance() -> list[dict[str, Any]]:
    rows = []
    for month in MONTHS:
        income = sum(cases * mean for cases, mean in treated("H1", month).values())
        for account, shares in ITEMS.items():
            rows.append({"institution_code": "H1", "account_code": account, "month": month, "amount": income * shares[month >= TURN]})
    return rows


def _discharges() -> list[dict[str, Any]]:
    rows = []
    for month in MONTHS:
        for code in ("H1", "H2", "H3", "P1"):
            for group, (cases, mean) in treated(code, month).items():
                department = "D2" if group == "B" else "D1"
                told = (code, department) == ("H3", "D2")
                back = 9 if told else 1
                rows.append(
                    {
                        "institution_code": code, "department_code": department, "disease_group_code": group, "month": month,
                        "cases": cases, "bed_days": cases * (10 if group == "B" else 6), "deaths": 0, "readmissions": back, "infections": 1,
                        "low_ratio_cases": 2, "high_ratio_cases": 1, "above_line_cases": 0, "below_line_cases": 1, "split_stays": 0,
                        "total_cost": cases * mean * (1.2 if told and month >= TURN else 1.0),
                    }
                )  # fmt: skip
    return rows


def _quality() -> list[dict[str, Any]]:
    return [
        {
            "institution_code": code, "month": month, "grouped_cases": 100, "case_weight_sum": 120.0, "low_risk_cases": 60,
            "low_risk_deaths": 1 if code == "H1" and place % 3 == 0 else 0, "deaths": 2, "readmissions": 10 if code == "H3" else 2,
            "infections": 2, "diagnosis_matched": 97, "diagnosed_in_three_days": 93, "rescues": 10, "rescued": 9, "improved": 96,
            "falls": 1, "pressure_ulcers": 0, "long_stays": 1, "antibiotic_ddds": 300.0,
        }
        for place, month in enumerate(MONTHS)
        for code in ("H1", "H2", "H3")
    ]  # fmt: skip


def _beds() -> list[dict[str, Any]]:
    return [
        {
            "institution_code": code, "department_code": "D1", "month": month, "open_bed_days": 1_000, "occupied_bed_days": 800,
            "admissions": 100, "discharges": 100, "discharged_bed_days": 800,
        }
        for month in MONTHS
        for code in ("H1", "H2", "H3")
    ]  # fmt: skip


def county() -> Rows:
    """Return the rows of the whole county by table."""
    place = {"in_county": True, "town_code": "T1", "tier": "secondary", "role": "lead", "kind": "general_hospital"}
    group = {"kind": "medical", "county_capable": True}
    return {
        "dim_community": [
            {"community_code": "C1", "name": "第一医共体", "short_name": "一共体", "display_order": 1},
            {"community_code": "C2", "name": "第二医共体", "short_name": "二共体", "display_order": 2},
        ],
        "dim_town": [{"town_code": "T1", "name": "东镇", "community_code": "C1"}],
        "dim_institution": [
            place | {"institution_code": "H1", "name": "县医院", "community_code": "C1"},
            place | {"institution_code": "H2", "name": "二医院", "community_code": "C2"},
            place | {"institution_code": "H3", "name": "三医院", "community_code": "C2"},
            place | {"institution_code": "P1", "name": "东镇卫生院", "kind": "township_centre", "role": "member", "community_code": "C1"},
            place | {"institution_code": "X1", "name": "市医院", "in_county": False, "role": "none", "community_code": None},
        ],
        "dim_department": [
            {"department_code": "D1", "name": "内科", "kind": "internal_medicine"},
            {"department_code": "D2", "name": "外科", "kind": "surgery"},
        ],
        "dim_disease_group": [
            group | {"disease_group_code": "A", "name": "肺炎", "mdc": "呼吸", "core_group": "A", "case_weight": 0.8, "base_points": 80,
                     "low_risk": True, "primary_capable": True},
            group | {"disease_group_code": "A2", "name": "肺炎伴合并症", "mdc": "呼吸", "core_group": "A", "case_weight": 1.3,
                     "base_points": 130, "low_risk": False, "primary_capable": False},
            group | {"disease_group_code": "B", "name": "骨折手术", "mdc": "骨骼", "core_group": None, "case_weight": 2.0,
                     "base_points": 200, "low_risk": False, "primary_capable": False},
        ],
        "dim_account": [
            {"account_code": "DRUG", "name": "药品", "side": "income", "setting": "inpatient", "item": "drug"},
            {"account_code": "TEST", "name": "检查", "side": "income", "setting": "inpatient", "item": "examination"},
        ],
        "fact_bed": _beds(),
        "fact_claim": _claims(),
        "fact_discharge_group": _discharges(),
        "fact_finance": _finance(),
        "fact_inpatient_quality": _quality(),
    }  # fmt: skip


def without(*tables: str) -> Rows:
    """Return the county without some of its tables."""
    return {name: rows for name, rows in county().items() if name not in tables}


def only_claims() -> Rows:
    """Return a county with nothing but claims."""
    return without("fact_bed", "fact_discharge_group", "fact_finance", "fact_inpatient_quality")


def only_quality() -> Rows:
    """Return a county with beds and the quality report."""
    return without("fact_claim", "fact_discharge_group", "fact_finance")
