"""A tiny county whose every indicator can be worked out by hand."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Engine

from dashboard.store import schema
from dashboard.store.engine import writing_engine
from tests.schema import create_tables

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


def month(text: str) -> datetime.date:
    return datetime.date(int(text[:4]), int(text[5:7]), 1)


def fill(url: str, rows: Rows) -> None:
    """Create the schema at ``url`` and insert ``rows`` by table, referenced tables first."""
    engine = writing_engine(url)
    try:
        create_tables(engine)
        insert(engine, rows)
    finally:
        engine.dispose()


def insert(engine: Engine, rows: Rows) -> None:
    with engine.begin() as connection:
        for table in schema.metadata.sorted_tables:
            for row in rows.get(table.name, ()):
                connection.execute(table.insert().values(**row))


def institution(code: str, kind: str, **more: Any) -> dict[str, Any]:
    return {"institution_code": code, "name": f"机构{code}", "kind": kind, "in_county": True} | more


INSTITUTIONS = [
    institution("H1", "general_hospital", role="lead", community_code="C1", town_code="T1", capability_level="recommended"),
    institution("P1", "township_centre", role="member", community_code="C1", town_code="T1"),
    institution("H2", "tcm_hospital", role="lead", community_code="C2", town_code="T2"),
    institution("P2", "community_centre", role="member", community_code="C2", town_code="T2", capability_level="recommended"),
    institution("D1", "pharmacy"),
    institution("X1", "general_hospital", in_county=False),
    institution("X2", "general_hospital", in_county=False, in_province=False, in_alliance=True),
]


def visits(code: str, when: str, count: int, **more: int) -> dict[str, Any]:
    return {"institution_code": code, "month": month(when), "visits": count} | more


def bed(code: str, when: str, opened: int, occupied: int, discharges: int, bed_days: int, **more: int) -> dict[str, Any]:
    return {
        "institution_code": code,
        "department_code": "D",
        "month": month(when),
        "open_bed_days": opened,
        "occupied_bed_days": occupied,
        "discharges": discharges,
        "discharged_bed_days": bed_days,
    } | more


def claim(
    town: str, code: str, kind: str, when: str, encounters: int, fund: float, cost: float, group: str = "G1", **more: Any
) -> dict[str, Any]:
    return {
        "town_code": town,
        "scheme": "resident",
        "institution_code": code,
        "service_kind": kind,
        "disease_group_code": group,
        "month": month(when),
        "encounters": encounters,
        "total_cost": cost,
        "fund_paid": fund,
        "patient_paid": cost - fund,
    } | more


def staff(code: str, quarter: str, category: str, headcount: int, education: str = "bachelor", **more: Any) -> dict[str, Any]:
    return {
        "institution_code": code,
        "quarter": month(quarter),
        "category": category,
        "title": "none",
        "education": education,
        "age_band": "35_44",
        "sex": "unknown",
        "headcount": headcount,
    } | more


def money(code: str, account: str, when: str, amount: float) -> dict[str, Any]:
    return {"institution_code": code, "account_code": account, "month": month(when), "amount": amount}


def _claims() -> list[dict[str, Any]]:
    return [
        claim("T1", "P1", "outpatient", "2025-10", 600, 30_000, 60_000),
        claim("T1", "H1", "outpatient", "2025-10", 250, 40_000, 75_000),
        claim("T1", "H1", "inpatient", "2025-10", 50, 300_000, 450_000, drg_points=5_000),
        claim("T1", "X1", "inpatient", "2025-10", 10, 90_000, 180_000, group="G1"),
        claim("T1", "X2", "outpatient", "2025-10", 90, 20_000, 40_000, group="G2"),
        claim("T1", "D1", "pharmacy", "2025-10", 500, 10_000, 20_000),
        claim("T2", "P2", "outpatient", "2025-10", 900, 50_000, 90_000),
        claim("T2", "H2", "inpatient", "2025-10", 40, 200_000, 320_000, drg_points=4_000, scheme="employee"),
        claim("T2", "X1", "outpatient", "2025-10", 60, 15_000, 30_000, group="G2"),
    ]


def _aggregated(claims: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in row.items() if key != "disease_group_code"} for row in claims]


ROWS: Rows = {
    "dim_county": [{"county_code": "K", "name": "小县"}],
    "dim_community": [
        {"community_code": "C1", "name": "第一医共体", "short_name": "一", "display_order": 1},
        {"community_code": "C2", "name": "第二医共体", "short_name": "二", "display_order": 2},
    ],
    "dim_town": [{"town_code": "T1", "name": "东镇", "community_code": "C1"}, {"town_code": "T2", "name": "西镇", "community_code": "C2"}],
    "dim_institution": INSTITUTIONS,
    "dim_department": [{"department_code": "D", "name": "内科"}],
    "dim_disease_group": [{"disease_group_code": "G1", "name": "组一"}, {"disease_group_code": "G2", "name": "组二"}],
    "dim_account": [
        {"account_code": "I1", "name": "门诊药品", "side": "income", "setting": "outpatient", "item": "drug"},
        {"account_code": "I2", "name": "门诊服务", "side": "income", "setting": "outpatient", "item": "service"},
        {"account_code": "I3", "name": "住院服务", "side": "income", "setting": "inpatient", "item": "service"},
        {"account_code": "E1", "name": "人员", "side": "expense", "item": "staff"},
        {"account_code": "E2", "name": "其他", "side": "expense", "item": "other"},
        {"account_code": "B1", "name": "资产", "side": "balance", "item": "assets"},
        {"account_code": "B2", "name": "负债", "side": "balance", "item": "liabilities"},
    ],
    "fact_population": [
        {"town_code": "T1", "year": 2024, "registered": 40_000, "resident": 50_000, "insured_employee": 10_000, "insured_resident": 30_000},
        {"town_code": "T2", "year": 2024, "registered": 30_000, "resident": 30_000, "insured_employee": 5_000, "insured_resident": 20_000},
        {"town_code": "T2", "year": 2025, "registered": 30_000, "resident": 32_000, "insured_employee": 5_000, "insured_resident": 21_000},
    ],
    "fact_outpatient": [
        visits("H1", "2024-10", 2_000),
        visits("P1", "2024-10", 3_000),
        visits("H1", "2025-09", 2_100),
        visits("P1", "2025-09", 3_100),
        visits("H2", "2025-09", 1_000),
        visits("P2", "2025-09", 1_500, tcm_visits=300),
        visits("H1", "2025-10", 2_500, tcm_visits=0, infusion_visits=210),
        visits("P1", "2025-10", 5_000, tcm_visits=1_000, infusion_visits=840),
        visits("H2", "2025-10", 1_000),
        # P2 has not reported October 2025
    ],
    # H1 is the worked example of beds (docs/sources.md): 100 beds over 2025
    "fact_bed": [
        bed("H1", "2025-01", 36_500, 31_025, 3_650, 29_930, approved_beds=90),
        bed("H1", "2025-10", 3_100, 2_480, 300, 2_400, approved_beds=100),
        bed("P1", "2025-10", 620, 310, 0, 0, approved_beds=20),
        bed("H2", "2025-10", 0, 0, 10, 60, approved_beds=0),
    ],
    "fact_inpatient_quality": [
        {
            "institution_code": "H1",
            "month": month("2025-10"),
            "grouped_cases": 350,
            "case_weight_sum": 330,
            "operations": 100,
            "grade3_operations": 30,
            "grade4_operations": 12,
            "pathway_cases": 189,
        }
    ],
    "fact_claim": _claims(),
    "agg_claim_month": _aggregated(_claims()),
    "fact_fund_budget": [
        {"community_code": "C1", "scheme": "resident", "year": 2025, "base_cost": 9e6, "fund_base": 6e6, "budget": 6_000_000},
        {"community_code": "C2", "scheme": "resident", "year": 2025, "base_cost": 9e6, "fund_base": 3e6, "budget": 3_000_000},
    ],
    "fact_finance": [
        money("H1", "I1", "2024-10", 80_000),
        money("H1", "I2", "2024-10", 120_000),
        money("H1", "I1", "2025-10", 90_000),
        money("H1", "I2", "2025-10", 130_000),
        money("H1", "I3", "2025-10", 780_000),
        money("H1", "E1", "2025-10", 400_000),
        money("H1", "E2", "2025-10", 600_000),
        money("H1", "B1", "2025-10", 5_000_000),
        money("H1", "B2", "2025-10", 2_000_000),
        money("H1", "B1", "2025-09", 1),
    ],
    "fact_workforce": [
        staff("H1", "2025-07", "physician", 40, wage_income=2_000_000),
        staff("H1", "2025-10", "physician", 50, wage_income=3_000_000),
        staff("P1", "2025-07", "gp_registered", 8, wage_income=200_000),
        staff("P1", "2025-07", "gp_certified", 4, "college", wage_income=100_000),
        staff("P1", "2025-07", "non_health", 3, wage_income=30_000),
    ],
    "fact_referral": [
        {
            "from_code": "P1",
            "to_code": "H1",
            "direction": "up",
            "disease_group_code": "G1",
            "month": month("2025-10"),
            "cases": 109,
            "closed_cases": 100,
        },
        {
            "from_code": "H1",
            "to_code": "P1",
            "direction": "down",
            "disease_group_code": "G1",
            "month": month("2025-10"),
            "cases": 41,
            "closed_cases": 41,
            "rehabilitation_cases": 12,
        },
        {
            "from_code": "H1",
            "to_code": "X2",
            "direction": "out",
            "disease_group_code": "G1",
            "month": month("2025-10"),
            "cases": 20,
            "closed_cases": 9,
        },
    ],
    "fact_contract": [
        {
            "institution_code": "P1",
            "population_group": "all",
            "month": month(when),
            "population": 40_000,
            "contracted": signed,
            "due": 100,
            "renewed": 80,
        }
        for when, signed in (("2025-09", 18_000), ("2025-10", 20_000))
    ],
}

BEDS_ONLY: Rows = {
    "dim_institution": [institution("H1", "general_hospital")],
    "dim_department": [{"department_code": "D", "name": "内科"}],
    "fact_bed": [bed("H1", "2025-10", 3_100, 2_480, 300, 2_400)],
}
