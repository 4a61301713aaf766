"""A county full of small counts, in two versions that differ in nothing but what must stay hidden.

In the last two months two centres of one town swap counts of 1 and 2, one way in one month and back in the other; two towns of one
community do so with the patients that they send to these centres, and to two hospitals outside. Every sum over both places, and every sum
over both months, is the same in the two versions: a reader to whom no count of 1 to 4 is told, and nothing that gives one away, gets the
same from both.
"""

import datetime
from pathlib import Path

import pandas as pd
from sqlalchemy import text

from dashboard.store.engine import writing_engine
from dashboard.store.importing.loader import load_package
from tests.integration.packages import write_csv_package

MONTHS = tuple(datetime.date(year, month, 1) for year in (2023, 2024, 2025) for month in range(1, 13))
QUARTERS = tuple(month for month in MONTHS if month.month % 3 == 1)
LAST = MONTHS[-2:]
_HOSPITALS = ("HA", "HB")
_CENTRES = {"C1": "HA", "C2": "HA", "C3": "HA", "C4": "HB", "C5": "HB"}
_SIZES = {"HA": 900, "HB": 700, "C1": 41, "C2": 47, "C3": 66, "C4": 52, "C5": 58}


def _frame(columns: str, rows: list[tuple[object, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split(), dtype=object)


class _Counts:
    """What is counted where and when; ``low`` and ``high`` are what the pair swaps."""

    def __init__(self, swapped: bool, low: int, high: int) -> None:
        self._swapped, self._low, self._high = swapped, low, high

    def pair(self, second: bool, month: datetime.date, otherwise: int) -> int:
        """Return the count of the first or the ``second`` of a pair that swaps in the last two months."""
        if month not in LAST:
            return otherwise
        return self._low if self._swapped ^ second ^ (month == LAST[0]) else self._high

    def of(self, code: str, month: datetime.date, share: float = 1.0) -> int:
        """Return a count of the institution ``code``: small for the two that swap, otherwise ``share`` of its size."""
        otherwise = round(_SIZES[code] * share) + month.month % 3
        return self.pair(code == "C2", month, otherwise) if code in ("C1", "C2") else otherwise


def small_cells(*, swapped: bool = False, low: int = 1, high: int = 2) -> dict[str, pd.DataFrame]:
    """Return the tables of the county. ``swapped`` is its other version; with ``low`` and ``high`` of 5 and more nothing is small."""
    return _places() | _facts(_Counts(swapped, low, high)) | _money(_Counts(swapped, low, high))


def _places() -> dict[str, pd.DataFrame]:
    institutions: list[tuple[object, ...]] = [
        ("HA", "甲医院", "甲院", "general_hospital", "secondary", "lead", "A", "TA", True, 120.11, 30.31),
        ("HB", "乙医院", "乙院", "general_hospital", "secondary", "lead", "B", "TB", True, 119.91, 30.41),
        ("X1", "省医院", "省医", "general_hospital", "tertiary", "none", None, None, False, 120.2, 30.2),
        ("X2", "市医院", "市医", "general_hospital", "tertiary", "none", None, None, False, 120.3, 30.1),
    ]
    for number, (code, lead) in enumerate(_CENTRES.items()):
        town = {"C3": "TA2", "C4": "TB", "C5": "TB"}.get(code, "TA")
        place = (120.0 + number / 100, 30.3 + number / 100)
        institutions.append(
            (code, f"{code}卫生院", f"{code}卫", "township_centre", "primary", "member", lead[1], town, True, *place)  # type: ignore[arg-type]
        )
    people = {"TA": 41000, "TA2": 23000, "TB": 52000}
    return {
        "dim_county": _frame("county_code name", [("330110", "小数县")]),
        "dim_community": _frame("community_code name short_name display_order", [("A", "甲医共体", "甲", 1), ("B", "乙医共体", "乙", 2)]),
        "dim_town": _frame(
            "town_code name community_code area_km2 longitude latitude",
            [("TA", "甲镇", "A", 50, 120.1, 30.3), ("TA2", "甲二镇", "A", 60, 120.2, 30.35), ("TB", "乙镇", "B", 80, 119.9, 30.4)],
        ),
        "dim_institution": _frame(
            "institution_code name short_name kind tier role community_code town_code in_county longitude latitude", institutions
        ),
        "dim_department": _frame("department_code name kind", [("D1", "内科", "internal_medicine")]),
        "dim_disease_group": _frame("disease_group_code name kind", [("G1", "肺炎", "medical"), ("G2", "阑尾切除", "surgical")]),
        "dim_equipment_type": _frame("equipment_type_code name is_large", [("CT", "CT", True)]),
        "dim_equipment": _frame(
            "equipment_code name equipment_type_code institution_code", [(f"E-{code}", f"{code} CT", "CT", code) for code in _SIZES]
        ),
        "fact_population": _frame(
            "town_code year registered resident age_0_6 age_65_over insured_employee insured_resident",
            [
                (town, year, count - 500, count, count // 20, count // 5, count // 3, count // 2)
                for town, count in people.items()
                for year in (2022, 2023, 2024, 2025)
            ],
        ),
    }


def _facts(count: _Counts) -> dict[str, pd.DataFrame]:
    every = [(code, month) for code in _SIZES for month in MONTHS]
    centres = [(code, month) for code in _CENTRES for month in MONTHS]
    sent: list[tuple[object, ...]] = []
    for code, month in centres:
        few = count.of(code, month)
        sent.append((code, _CENTRES[code], "up", "G1", month, few, few, 0))
        sent.append((_CENTRES[code], code, "down", "G1", month, few, few, few))
    sent += [(lead, "X1", "out", "G1", month, 30 + month.month, 20, 0) for lead in _HOSPITALS for month in MONTHS]
    return {
        "fact_outpatient": _frame(
            "institution_code month visits emergency_visits appointment_visits tcm_visits",
            [(code, month, *[count.of(code, month, 10)] * 4) for code, month in every],
        ),
        "fact_bed": _frame(
            "institution_code department_code month approved_beds open_bed_days occupied_bed_days admissions discharges "
            "discharged_bed_days",
            [(code, "D1", month, 20, 600, 480, count.of(code, month), count.of(code, month), 400) for code, month in every],
        ),
        "fact_inpatient_quality": _frame(
            "institution_code month grouped_cases case_weight_sum surgical_discharges operations grade3_operations grade4_operations "
            "low_risk_cases low_risk_deaths deaths readmissions infections",
            [(code, month, count.of(code, month), 50, *[count.of(code, month)] * 9) for code, month in every],
        ),
        "fact_equipment_use": _frame(
            "equipment_code month available_hours working_hours examinations positives",
            [(f"E-{code}", month, 176, 120, count.of(code, month), count.of(code, month)) for code, month in every],
        ),
        "fact_shared_service": _frame(
            "centre requester_code provider_code month requests reports median_turnaround_minutes recognised_results repeated_results",
            [
                ("imaging", code, _CENTRES[code], month, count.of(code, month), count.of(code, month), 35, *[count.of(code, month)] * 2)
                for code, month in centres
            ],
        ),
        "fact_referral": _frame("from_code to_code direction disease_group_code month cases closed_cases rehabilitation_cases", sent),
        "fact_workforce": _frame(
            "institution_code category education age_band quarter headcount",
            [
                (code, kind, "bachelor", "35_44", quarter, 4 + _SIZES[code] // 20)
                for code in _SIZES
                for kind in ("physician", "nurse")
                for quarter in QUARTERS
            ],
        ),
        "fact_contract": _frame(
            "institution_code population_group month population contracted fulfilled due renewed",
            [(code, "all", month, 8000, *[count.of(code, month, 30)] * 4) for code, month in centres],
        ),
        "fact_public_health": _frame(
            "institution_code programme month eligible managed managed_to_standard controlled",
            [
                (code, programme, month, 400, *[count.of(code, month, 3)] * 3)
                for code, month in centres
                for programme in ("hypertension", "diabetes")
            ],
        ),
    }


def _money(count: _Counts) -> dict[str, pd.DataFrame]:
    """Return claims, budgets and accounts: what is paid never follows from how many were treated."""
    treated: list[tuple[object, ...]] = []
    for month in MONTHS:
        for town, lead, near in (("TA", "HA", ()), ("TA2", "HA", ("C3",)), ("TB", "HB", ("C4", "C5"))):
            for scheme in ("employee", "resident"):
                key = (town, scheme)
                treated += [(*key, code, "outpatient", "G1", month, count.of(code, month, 5), *_paid(90_000)) for code in near]
                treated += [(*key, code, "inpatient", "G1", month, count.of(code, month), *_paid(120_000)) for code in near]
                treated.append((*key, lead, "outpatient", "G1", month, 2500, *_paid(500_000)))
                treated += [(*key, lead, "inpatient", group, month, 240, *_paid(1_900_000)) for group in ("G1", "G2")]
        for town in ("TA", "TA2"):
            for group, code, second in (("G1", "C1", False), ("G1", "C2", True), ("G2", "X1", False), ("G2", "X2", True)):
                few = count.pair(second ^ (town == "TA2"), month, 31)
                treated.append((town, "resident", code, "inpatient", group, month, few, *_paid(400_000)))
        treated.append(("TB", "employee", "X1", "inpatient", "G2", month, 40, *_paid(900_000)))
    return {
        "fact_claim": _frame(
            "town_code scheme institution_code service_kind disease_group_code month encounters total_cost eligible_cost fund_paid "
            "patient_paid drg_points",
            treated,
        ),
        "fact_fund_budget": _frame(
            "community_code scheme year base_cost fund_base growth_volume growth_quality growth_price budget",
            [
                (code, scheme, year, 90_000_000, 70_000_000, 0.02, 0.005, 0.003, 72_000_000)
                for code in "AB"
                for scheme in ("employee", "resident")
                for year in (2024, 2025)
            ],
        ),
    }


def _paid(cost: int) -> tuple[object, ...]:
    return cost, round(0.9 * cost), round(0.6 * cost), cost - round(0.6 * cost), cost / 100


def make_small_cells(folder: Path, **which: bool | int) -> str:
    """Load a version of the county into a database in ``folder`` and return its URL; the records of the load are the same in all."""
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", small_cells(**which)), url)  # type: ignore[arg-type]
    assert report.accepted, report.findings[:3]
    engine = writing_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE meta_load SET checksum = '', warning_count = 0, loaded_at = TIMESTAMP '2026-01-05 01:00:00'"))
        connection.execute(text("UPDATE meta_report SET first_loaded_at = NULL, last_loaded_at = NULL"))
    engine.dispose()
    return url
