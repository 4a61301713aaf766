"""A small county for 床位与设备 with 24 months, whose figures can be worked out by hand.

H1 (lead hospital) has two departments and is over 100 % in the last month; P1 has been idle for two months and misses June 2025; P2 has no
beds. P1 has an idle CT, H1 a busy one, five kilometres apart.
"""

import datetime
from collections.abc import Mapping
from typing import Any

from dashboard.analysis.periods import shift_months
from dashboard.store.engine import writing_engine
from dashboard.store.schema import metadata
from tests.schema import create_tables

LAST = datetime.date(2025, 10, 1)
MONTHS = tuple(shift_months(LAST, step) for step in range(-23, 1))
GAP = datetime.date(2025, 6, 1)
Rows = dict[str, list[dict[str, Any]]]


def days_of(month: datetime.date) -> int:
    return (shift_months(month, 1) - month).days


def bed(code: str, department: str, month: datetime.date, beds: int, use: float, stay: int, approved: int | None = None) -> dict[str, Any]:
    occupied = round(beds * days_of(month) * use)
    discharges = occupied // stay
    return {
        "institution_code": code,
        "department_code": department,
        "month": month,
        "approved_beds": approved,
        "open_bed_days": beds * days_of(month),
        "occupied_bed_days": occupied,
        "admissions": discharges,
        "discharges": discharges,
        "discharged_bed_days": discharges * stay,
    }


def _beds() -> list[dict[str, Any]]:
    rows = []
    for month in MONTHS:
        rows.append(bed("H1", "D1", month, 100, 1.1 if month == LAST else 0.9, 8, approved=90))
        rows.append(bed("H1", "D2", month, 50, 1.1 if month == LAST else 0.8, 20, approved=50))
        if month != GAP:
            rows.append(bed("P1", "D1", month, 20, 0.4 if month >= shift_months(LAST, -1) else 0.7, 10, approved=20))
    return rows


def _visits() -> list[dict[str, Any]]:
    monthly = {"H1": 9_000, "P1": 3_000, "P2": 2_000}
    return [{"institution_code": code, "month": month, "visits": visits} for month in MONTHS for code, visits in monthly.items()]


def _staff() -> list[dict[str, Any]]:
    base = {"category": "nurse", "title": "none", "education": "bachelor", "age_band": "35_44", "sex": "unknown"}
    quarters = [month for month in MONTHS if month.month in (1, 4, 7, 10)]
    people = {"H1": 300, "P1": 60, "P2": 40}
    return [
        base | {"institution_code": code, "quarter": quarter, "headcount": count} for quarter in quarters for code, count in people.items()
    ]


def _finance() -> list[dict[str, Any]]:
    amounts = {"E": 4_000_000, "I": 3_000_000, "O": 1_000_000}
    return [{"institution_code": "H1", "account_code": code, "month": LAST, "amount": amount} for code, amount in amounts.items()]


def _devices() -> Rows:
    base = {"equipment_type_code": "CT", "purchase_value": 4_000_000}
    use = {"H1": (360, 1_800, 1_260), "P1": (40, 100, 20)}
    reports = [
        {
            "equipment_code": f"CT-{code}", "month": month, "available_hours": 400, "working_hours": hours, "examinations": cases,
            "positives": positives, "downtime_hours": 8,
        }
        for month in MONTHS
        for code, (hours, cases, positives) in use.items()
    ]  # fmt: skip
    return {
        "dim_equipment_type": [{"equipment_type_code": "CT", "name": "CT", "is_large": True, "positive_rate_reference": 0.6}],
        "dim_equipment": [
            base | {"equipment_code": "CT-H1", "name": "H1的CT", "institution_code": "H1", "purchased_on": datetime.date(2023, 1, 1)},
            base | {"equipment_code": "CT-P1", "name": "P1的CT", "institution_code": "P1", "purchased_on": datetime.date(2010, 1, 1)},
        ],
        "fact_equipment_use": reports,
    }


def county() -> Rows:
    """Return the rows of the whole county by table; take tables away to see what a page then says."""
    place = {"in_county": True, "community_code": "C1", "town_code": "T1", "tier": "primary", "role": "member", "longitude": 120.0}
    return {
        "dim_community": [{"community_code": "C1", "name": "第一医共体", "short_name": "一", "display_order": 1}],
        "dim_town": [{"town_code": "T1", "name": "东镇", "community_code": "C1", "longitude": 120.0, "latitude": 30.0}],
        "dim_institution": [
            place
            | {
                "institution_code": "H1",
                "name": "县医院",
                "kind": "general_hospital",
                "role": "lead",
                "tier": "secondary",
                "latitude": 30.0,
            },
            place | {"institution_code": "P1", "name": "东镇卫生院", "kind": "township_centre", "latitude": 30.045},
            place | {"institution_code": "P2", "name": "西镇卫生院", "kind": "township_centre", "latitude": 30.1},
        ],
        "dim_department": [
            {"department_code": "D1", "name": "内科", "kind": "internal_medicine"},
            {"department_code": "D2", "name": "康复科", "kind": "rehabilitation"},
        ],
        "dim_account": [
            {"account_code": "E", "name": "支出", "side": "expense", "setting": "none"},
            {"account_code": "I", "name": "住院收入", "side": "income", "setting": "inpatient"},
            {"account_code": "O", "name": "门诊收入", "side": "income", "setting": "outpatient"},
        ],
        "fact_bed": _beds(),
        "fact_outpatient": _visits(),
        "fact_workforce": _staff(),
        "fact_finance": _finance(),
        **_devices(),
    }


def only_beds() -> Rows:
    """Return a county with nothing but beds: no community, no coordinates, no discharges, no approved beds."""
    rows = county()
    bare = ("institution_code", "name", "kind", "in_county")
    empty = {"approved_beds": None, "admissions": None, "discharges": None, "discharged_bed_days": None}
    return {
        "dim_institution": [{key: row[key] for key in bare} for row in rows["dim_institution"][:2]],
        "dim_department": rows["dim_department"],
        "fact_bed": [row | empty for row in rows["fact_bed"]],
    }


def make_county(url: str, rows: Mapping[str, list[dict[str, Any]]]) -> str:
    """Write ``rows`` with a load record to a new database at ``url`` and return it."""
    engine = writing_engine(url)
    create_tables(engine)
    load = {
        "load_id": 1, "package": "small", "checksum": "0" * 64, "data_kind": "county", "row_count": 1, "rejected_count": 0,
        "warning_count": 0, "data_through": LAST, "loaded_at": datetime.datetime.fromisoformat("2025-11-03 06:10"), "app_version": "0",
    }  # fmt: skip
    freshness = [
        {"table_name": name, "load_id": 1, "row_count": len(rows[name]), "first_period": MONTHS[0], "last_period": LAST}
        for name in rows
        if name.startswith("fact_")
    ]
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            if rows.get(table.name):
                connection.execute(table.insert(), rows[table.name])
        connection.execute(metadata.tables["meta_load"].insert(), load)
        connection.execute(metadata.tables["meta_freshness"].insert(), freshness)
    engine.dispose()
    return url
