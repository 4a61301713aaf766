"""A county of two communities whose contracts, chronic care and help can be worked out by hand; C1 serves, C2 only signs."""

from typing import Any

import pandas as pd

from tests.integration.packages import small_county

MONTHS = [f"{month:%Y-%m-%d}" for month in pd.date_range("2024-01-01", "2025-06-01", freq="MS")]
CENTRES = {"C1": ("A", 12_000, 6_000, 0.45), "C2": ("B", 8_000, 4_000, 0.2)}
"""Centre: community, people, under contract, share fulfilled by June."""


def _rows(columns: str, rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=columns.split(), dtype=object)


def _contracts() -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for code, (_community, people, signed, served) in CENTRES.items():
        for place, month in enumerate(MONTHS):
            part = int(month[5:7]) / 6 * served
            grown = signed + 7 * place
            rows.append((code, "all", month, people, grown, int(grown * part), 100, 86, "5000.00", "4000.00", "1000.00", 30, 4))
            rows.append((code, "key", month, 3_000, 2_700, None, None, None, None, None, None, None, None))
            rows.append((code, "elderly", month, 1_800, 1_700, None, None, None, None, None, None, None, None))
            rows.append((code, "tuberculosis", month, 4, 3, None, None, None, None, None, None, None, None))
    return rows


def contracts_county(*, optional: bool = True) -> dict[str, pd.DataFrame]:
    """Return the tables of the package; without ``optional`` as a county that has none of the optional columns."""
    tables = small_county()
    centre = (
        tables["dim_institution"]
        .iloc[[2]]
        .assign(institution_code="C2", name="西镇卫生院", short_name="西卫", community_code="B", town_code="T2")
    )
    tables["dim_institution"] = pd.concat([tables["dim_institution"], centre], ignore_index=True)
    contracts = _rows(
        "institution_code population_group month population contracted fulfilled due renewed "
        "fee_fiscal fee_fund fee_person paid_people teams",
        _contracts(),
    )
    care = [
        (code, programme, month, 500, 420, 336, controlled, 40, 20, 50)
        for code, controlled in (("C1", 260), ("C2", 420))
        for programme in ("hypertension", "diabetes", "child")
        for month in MONTHS
    ]
    programmes = _rows("institution_code programme month eligible managed managed_to_standard controlled missed no_reading new_3m", care)
    postings = _rows(
        "from_code to_code kind month people person_days people_3_months",
        [("C1", "H1", "training_up", "2025-02-01", 4, 90, 3), ("H1", "C1", "posting_down", "2025-02-01", 3, 60, None)],
    )
    support = [("H1", "C1", "training_course", "2025-01-01", 1), ("H1", "C1", "quality_check", "2025-02-01", 2)]
    support += [("H1", "C1", "ward_round", "2025-03-01", 5), ("H1", "C1", "training_course", "2024-05-01", 9)]
    if not optional:
        contracts = contracts.drop(columns=["paid_people", "teams"])
        programmes = programmes.drop(columns=["missed", "no_reading", "new_3m"])
        postings = postings.drop(columns=["people_3_months"])
    tables["fact_contract"], tables["fact_public_health"], tables["fact_posting"] = contracts, programmes, postings
    tables["fact_support"] = _rows("lead_code member_code kind month sessions", support)
    tables["fact_referral"] = _rows(
        "from_code to_code direction disease_group_code month cases closed_cases",
        [("H1", "C1", "down", "G1", "2025-04-01", 60, 50), ("H2", "C2", "down", "G1", "2025-04-01", 3, 3)],
    )
    tables["fact_workforce"] = _rows(
        "institution_code category education age_band quarter headcount",
        [("C1", "physician", "bachelor", "35_44", "2025-04-01", 3), ("C2", "nurse", "bachelor", "35_44", "2025-04-01", 10)],
    )
    return tables
