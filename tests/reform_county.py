"""Five communities with sixty months of booked visits: community A books 10 points more from 2023-01 on, nothing else happens."""

import numpy as np
import pandas as pd

from tests.integration.packages import small_county

MONTHS = [f"{month:%Y-%m-%d}" for month in pd.date_range("2021-01-01", "2024-12-01", freq="MS")]
POINTS = 0.10


def reform_county() -> dict[str, pd.DataFrame]:
    """Return the tables of the package."""
    tables = small_county()
    codes = list("ABCDE")
    tables["dim_community"] = pd.DataFrame(
        {"community_code": codes, "name": [f"第{code}医共体" for code in codes], "short_name": codes, "display_order": range(1, 6)},
        dtype=object,
    )
    town = tables["dim_town"].iloc[0]
    more = [
        town.to_dict() | {"town_code": f"T{place}", "name": f"镇{place}", "community_code": code}
        for place, code in enumerate("CDE", start=3)
    ]
    tables["dim_town"] = pd.concat([tables["dim_town"], pd.DataFrame(more)], ignore_index=True)
    centre = tables["dim_institution"].iloc[2].to_dict()
    added = [
        centre
        | {
            "institution_code": f"C{code}",
            "name": f"{code}卫生院",
            "short_name": f"{code}卫",
            "community_code": code,
            "town_code": f"T{place}",
        }
        for place, code in enumerate(codes, start=1)
    ]
    tables["dim_institution"] = pd.concat([tables["dim_institution"], pd.DataFrame(added)], ignore_index=True)
    random = np.random.default_rng(7)
    rows = []
    for code in codes:
        for month in MONTHS:
            share = 0.30 + (POINTS if code == "A" and month >= "2023-01-01" else 0.0)
            rows.append((f"C{code}", month, 5000, 10, int(random.binomial(5000, share))))
    tables["fact_outpatient"] = pd.DataFrame(
        rows, columns=["institution_code", "month", "visits", "emergency_visits", "appointment_visits"], dtype=object
    )
    tables["dim_event"] = pd.DataFrame(
        [("V1", "pool", "统一号源池", "reform", "2023-01-01", "A"), ("V2", None, "口径变更", "definition", "2022-01-01", None)],
        columns=["event_code", "reform_code", "title", "kind", "starts_on", "community_code"], dtype=object,
    )  # fmt: skip
    return tables
