"""A county of two communities and stories of June 2025 that can be worked out by hand: beds, reports, and a centre that only signs."""

import pandas as pd

from tests.contracts_county import MONTHS, contracts_county

QUIET, OVER = 0.85, 1.04


def _beds(code: str, opened: int, share: dict[str, float], months: list[str] = MONTHS) -> list[dict[str, object]]:
    return [
        {
            "institution_code": code,
            "department_code": "D1",
            "month": month,
            "open_bed_days": opened,
            "occupied_bed_days": round(opened * (share.get(month, QUIET) + 0.002 * (place % 4))),
            "discharges": 100,
            "discharged_bed_days": 700,
        }
        for place, month in enumerate(months)
    ]


def monitoring_county(*, corrected: bool = False) -> dict[str, pd.DataFrame]:
    """Return the tables of the package.

    Beds: H1 is overfull in May and June 2025 (``corrected``: in June alone), H2 was in March and April and is not since; C1 has 300 open
    bed-days a month, too few to be judged; C2 reports none for June. C2 fulfils too few contracts in both years.
    """
    tables = contracts_county()
    over = ("2025-06-01",) if corrected else ("2025-05-01", "2025-06-01")
    rows = _beds("H1", 3_000, dict.fromkeys(over, OVER))
    rows += _beds("H2", 2_000, dict.fromkeys(("2025-03-01", "2025-04-01"), OVER))
    rows += _beds("C1", 300, dict.fromkeys(MONTHS, 0.2)) + _beds("C2", 900, {}, MONTHS[:-1])
    tables["fact_bed"] = pd.DataFrame(rows, dtype=object)
    return tables


def examining_county() -> dict[str, pd.DataFrame]:
    """Return the county of ``monitoring_county`` with two CTs and surveys.

    In June 2025 the CT of H1 examined 5,200 outpatients of 58,000 visits, 1,900 inpatients and 400 healthy people; in May it did not tell
    them apart; its ultrasound is not large equipment. Of H1 300 of 400 patients were satisfied in the first quarter of 2025, and all of
    its staff.
    """
    tables = monitoring_county()
    tables["dim_equipment_type"] = pd.DataFrame(
        [("CT", "CT", True), ("US", "超声", False)], columns=["equipment_type_code", "name", "is_large"], dtype=object
    )
    tables["dim_equipment"] = pd.DataFrame(
        [("E1", "CT", "CT", "H1"), ("E2", "超声", "US", "H1")],
        columns=["equipment_code", "name", "equipment_type_code", "institution_code"],
        dtype=object,
    )
    used = [
        ("E1", "2025-05-01", 400, 300, 7_000, None, None, None),
        ("E1", "2025-06-01", 400, 300, 7_500, 5_200, 1_900, 400),
        ("E2", "2025-06-01", 400, 300, 900, 500, 300, 100),
    ]
    columns = ["equipment_code", "month", "available_hours", "working_hours", "examinations"]
    columns += [f"{side}_examinations" for side in ("outpatient", "inpatient", "checkup")]
    tables["fact_equipment_use"] = pd.DataFrame(used, columns=columns, dtype=object)
    seen = pd.DataFrame(
        [("H1", "2025-06-01", 58_000, 900)], columns=["institution_code", "month", "visits", "emergency_visits"], dtype=object
    )
    tables["fact_outpatient"] = pd.concat([tables["fact_outpatient"], seen], ignore_index=True)
    surveys = [
        ("H1", "outpatient", "2025-01-01", 250, 200),
        ("H1", "inpatient", "2025-01-01", 150, 100),
        ("H1", "staff", "2025-01-01", 90, 90),
    ]
    tables["fact_survey"] = pd.DataFrame(
        surveys, columns=["institution_code", "respondent", "quarter", "surveyed", "satisfied"], dtype=object
    )
    return tables
