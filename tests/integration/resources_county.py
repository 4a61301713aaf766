"""The hand-computed county with coordinates, a third hospital, equipment, postings, support and a shared centre."""

import datetime

from tests.integration.county import ROWS, Rows, bed, institution, month, staff

_PLACES = {"T1": (120.0, 30.0), "T2": (120.2, 30.0)}  # about 19 km apart
_POSTS = {("P1", "gp_registered"): 6, ("P1", "gp_certified"): 2, ("P1", "non_health"): 2}


def _located(row: dict) -> dict:
    longitude, latitude = _PLACES.get(row.get("town_code", ""), (None, None))
    return row | ({"longitude": longitude, "latitude": latitude} if longitude else {})


def _device(code: str, where: str, kind: str, bought: str, retired: str | None = None) -> dict:
    return {
        "equipment_code": code,
        "name": code,
        "equipment_type_code": kind,
        "institution_code": where,
        "purchased_on": datetime.date.fromisoformat(bought),
        "retired_on": datetime.date.fromisoformat(retired) if retired else None,
    }


def _shared(requester: str, provider: str, count: int, minutes: float, recognised: int, repeated: int) -> dict:
    return {
        "centre": "imaging",
        "requester_code": requester,
        "provider_code": provider,
        "month": month("2025-10"),
        "requests": count,
        "reports": count,
        "median_turnaround_minutes": minutes,
        "recognised_results": recognised,
        "repeated_results": repeated,
    }


RESOURCES_COUNTY: Rows = {
    **ROWS,
    "dim_town": [_located(dict(row)) | {"area_km2": 60 if row["town_code"] == "T1" else 40} for row in ROWS["dim_town"]],
    "dim_institution": [
        *(dict(row) for row in ROWS["dim_institution"]),
        institution("H3", "specialist_hospital", town_code="T2"),
        institution("S1", "station", role="member", community_code="C1", town_code="T1", parent_institution_code="P1"),
    ],
    "fact_bed": [*ROWS["fact_bed"], bed("H3", "2025-10", 930, 465, 10, 100)],
    "fact_workforce": [
        *(row | {"establishment_posts": _POSTS.get((row["institution_code"], row["category"]))} for row in ROWS["fact_workforce"]),
        staff("H1", "2025-10", "nurse", 60),
        staff("H2", "2025-10", "nurse", 20),
    ],
    "dim_equipment_type": [
        {"equipment_type_code": "Q1", "name": "CT", "is_large": True},
        {"equipment_type_code": "Q2", "name": "DR", "is_large": False},
    ],
    "dim_equipment": [
        _device("E1", "H1", "Q1", "2020-01-01"),
        _device("E2", "H1", "Q1", "2018-01-01", "2025-09-30"),
        _device("E3", "H1", "Q2", "2025-10-31"),
        _device("E4", "P2", "Q2", "2025-11-01"),
    ],
    "fact_posting": [
        {
            "from_code": "H1",
            "to_code": "P1",
            "kind": "posting_down",
            "month": month("2025-10"),
            "people": 3,
            "person_days": 60,
            "qualified_people": 2,
        },
        {"from_code": "P1", "to_code": "H1", "kind": "training_up", "month": month("2025-10"), "people": 1, "person_days": 20},
    ],
    "fact_support": [
        {"lead_code": "H1", "member_code": "P1", "kind": "ward_round", "month": month("2025-10"), "sessions": 4, "people": 30},
        {"lead_code": "H2", "member_code": "P2", "kind": "ward_round", "month": month("2025-10"), "sessions": 0, "people": 0},
    ],
    "fact_shared_service": [_shared("P1", "H1", 90, 10, 27, 9), _shared("P2", "H2", 10, 40, 3, 1)],
}
