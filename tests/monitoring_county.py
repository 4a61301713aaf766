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
