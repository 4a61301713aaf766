"""A prefecture of twelve invented counties for tests: its registers and its marts, written down instead of computed from facts."""

import datetime
from collections.abc import Sequence

import numpy as np
from sqlalchemy import Connection

from dashboard.store.engine import writing_engine
from dashboard.store.schema import (
    dim_community,
    dim_county,
    dim_town,
    mart_county_fund,
    mart_county_measure,
    meta_freshness,
    meta_load,
    meta_report,
)
from tests.schema import create_tables

NAMES = ("东澜县", "西屏县", "云溪县", "松岭县", "青湾县", "禾田县", "白渡县", "石桥县", "沙岭县", "望湖县", "柳坪县", "竹浦县")
RESIDENTS = (1_124, 968, 882, 745, 661, 583, 517, 439, 362, 315, 248, 186)
"""In thousands."""
SHARES = (81.6, 83.9, 84.5, 85.9, 83.1, 84.4, 78.4, 85.2, 84.9, 82.2, 80.6, 86.1)
"""县域住院占比 of the newest month, per cent: 白渡 has lost patients beyond chance."""
OUTFLOW, LATE = "P07", "P12"
"""The county with the outflow, and the one that did not report the newest month."""
MONTHS = tuple(datetime.date(2023 + place // 12, place % 12 + 1, 1) for place in range(34))
NEWEST = MONTHS[-1]
SCHEMES = ("all", "employee", "resident")


def code(place: int) -> str:
    """Return the code of the county at ``place`` of ``NAMES``."""
    return f"P{place + 1:02d}"


def make_prefecture(url: str, names: Sequence[str] = NAMES) -> str:
    """Write the first counties of ``names`` with 34 months; return ``url``. Equal numbers every time."""
    engine = writing_engine(url)
    create_tables(engine)
    with engine.begin() as connection:
        for place, name in enumerate(names):
            _county(connection, place, name)
        _load(connection)
    engine.dispose()
    return url


def _county(connection: Connection, place: int, name: str) -> None:
    own, generator = code(place), np.random.Generator(np.random.PCG64(place))
    connection.execute(dim_county.insert(), {"county_code": own, "name": name, "short_name": name, "prefecture": "虚构市"})
    community = {
        "community_code": f"{own}C",
        "name": f"{name}医共体",
        "short_name": f"{name}医共体",
        "display_order": 1,
        "county_code": own,
    }
    connection.execute(dim_community.insert(), community)
    across, down = place % 4, place // 4
    for number in range(3):
        town = {"town_code": f"{own}T{number}", "name": f"{name}{number + 1}镇", "community_code": f"{own}C", "county_code": own}
        spread = generator.uniform(-0.12, 0.12, 2)
        connection.execute(
            dim_town.insert(), town | {"longitude": 119.0 + 0.5 * across + spread[0], "latitude": 29.0 + 0.45 * down + spread[1]}
        )
    months = MONTHS[:-1] if own == LATE else MONTHS
    reported = {"table_name": "fact_claim", "reporter": f"{own}C", "first_load_id": 1, "last_load_id": 1}
    connection.execute(meta_report.insert(), [reported | {"period": month} for month in months])
    connection.execute(mart_county_measure.insert(), [row for month in months for row in _measures(own, place, month, generator)])
    connection.execute(mart_county_fund.insert(), [_fund(own, place, month, scheme) for month in MONTHS[-13:] for scheme in SCHEMES])


def _measures(own: str, place: int, month: datetime.date, generator: np.random.Generator) -> list[dict[str, object]]:
    people = RESIDENTS[place] * 1000
    back = (NEWEST.year - month.year) * 12 + NEWEST.month - month.month
    fall = 0.34 * min(back, 12) if own == OUTFLOW else 0.0
    share = (SHARES[place] + fall + generator.normal(0, 0.35)) / 100
    admissions, visits = people * 0.0125, people * 0.42
    values = {
        "insured_admissions": admissions,
        "insured_admissions_in": admissions * share,
        "insured_encounters": visits,
        "insured_encounters_in": visits * (0.908 + (share - 0.833) * 0.8),
        "visits": visits * 0.95,
        "primary_visits": visits * 0.95 * (0.644 + (share - 0.833) * 1.6 + generator.normal(0, 0.004)),
        "key_population": people * 0.31,
        "key_contracted": people * 0.31 * (0.899 + (share - 0.833) * 1.3),
        "fund_institutions": people * 95.0,
        "fund_institutions_in": people * 95.0 * (0.731 + (share - 0.833) * 1.2),
        "resident": float(people),
    }
    return [
        {
            "county_code": own,
            "month": month,
            "scheme": scheme,
            "measure": name,
            "value": round(value * factor, 0),
            "incomplete": False,
            "reported": 1,
            "expected": 1,
        }
        for scheme, factor in zip(SCHEMES, (1.0, 0.4, 0.6), strict=True)
        for name, value in values.items()
    ]


def _fund(own: str, place: int, month: datetime.date, scheme: str) -> dict[str, object]:
    budget = RESIDENTS[place] * 1000 * 1300.0 * {"all": 1.0, "employee": 0.55, "resident": 0.45}[scheme]
    execution = 1.0 + (83.4 - SHARES[place]) * 0.0065
    ahead = 12 - month.month
    reach = budget * 0.004 * ahead
    through = MONTHS[-2] if own == LATE and month == NEWEST else month
    return {
        "county_code": own,
        "month": month,
        "scheme": scheme,
        "year": month.year,
        "budget": round(budget, 2),
        "spent": round(budget * execution * through.month / 12, 2),
        "through": through,
        "year_end": round(budget * execution, 2),
        "year_end_low": round(budget * execution - reach, 2),
        "year_end_high": round(budget * execution + reach, 2),
    }


def _load(connection: Connection) -> None:
    loaded = datetime.datetime(2025, 11, 3, 6, 10, tzinfo=datetime.UTC).replace(tzinfo=None)
    record = {"load_id": 1, "package": "prefecture", "checksum": "0" * 64, "data_kind": "demonstration", "row_count": 1}
    record |= {"rejected_count": 0, "warning_count": 0, "data_through": NEWEST, "loaded_at": loaded, "app_version": "0"}
    connection.execute(meta_load.insert(), record)
    freshness = {"table_name": "fact_claim", "load_id": 1, "row_count": 1, "first_period": MONTHS[0], "last_period": NEWEST}
    connection.execute(meta_freshness.insert(), freshness)
