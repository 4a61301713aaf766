"""A small county with four years of claims: two communities, a hospital of no community, an outside hospital, recorded budgets."""

import datetime
from collections.abc import Iterable, Iterator
from itertools import groupby, islice
from typing import Any

import numpy as np
from sqlalchemy import insert

from dashboard.store import schema
from dashboard.store.engine import writing_engine
from tests.schema import create_tables

FIRST, LAST = datetime.date(2022, 1, 1), datetime.date(2025, 10, 1)
BUDGET_YEAR = 2025
GROUPS = ("G1", "G2", "G3", "G4")
# community, town, hospital, primary institution
PLACES = (("C1", "T1", "H1", "P1"), ("C2", "T2", "H2", "P2"))


def months(first: datetime.date = FIRST, last: datetime.date = LAST) -> Iterator[datetime.date]:
    day = first
    while day <= last:
        yield day
        day = datetime.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def claims(
    first: datetime.date = FIRST, last: datetime.date = LAST, schemes: tuple[str, ...] = ("employee", "resident")
) -> list[dict[str, Any]]:
    """Claims that grow a little each month, with every kind of place in it; amounts in whole cents."""
    random = np.random.default_rng(3)
    rows = []
    for step, month in enumerate(months(first, last)):
        for _community, town, hospital, primary in PLACES:
            for scheme in schemes:
                for institution, kind, group, visits, price, share in (
                    (primary, "outpatient", "G4", 4000, 90, 0.6),
                    (hospital, "outpatient", "G4", 2500, 210, 0.5),
                    (hospital, "inpatient", "G1", 120, 8000, 0.65),
                    (hospital, "inpatient", "G2", 60, 15000, 0.62),
                    (primary, "inpatient", "G3", 20, 2500, 0.75),
                    ("H9", "inpatient", "G2", 10, 12000, 0.6),
                    ("X1", "inpatient", "G2", 15, 26000, 0.5),
                ):
                    count = int(visits * (1 + 0.003 * step) * random.uniform(0.95, 1.05))
                    cost = round(count * price * random.uniform(0.98, 1.02), 2)
                    fund = round(cost * share, 2)
                    rows.append(
                        {
                            "town_code": town,
                            "scheme": scheme,
                            "institution_code": institution,
                            "service_kind": kind,
                            "disease_group_code": group,
                            "month": month,
                            "encounters": count,
                            "total_cost": cost,
                            "eligible_cost": round(0.9 * cost, 2),
                            "fund_paid": fund,
                            "patient_paid": round(cost - fund, 2),
                            "drg_points": None,
                        }
                    )
    return rows


def budgets(year: int = BUDGET_YEAR) -> list[dict[str, Any]]:
    """Recorded budgets with the growth that was granted."""
    return [
        {
            "community_code": community,
            "scheme": scheme,
            "year": year,
            "base_cost": 60_000_000,
            "fund_base": 34_000_000.55 + 1_000_000 * place,
            "growth_volume": 0.02,
            "growth_quality": 0.004,
            "growth_price": 0.008,
            "growth_case_mix": 0.006,
            "budget": 35_292_000.33 + 900_000 * place,
            "reserve": 1_700_000,
        }
        for place, community in enumerate(("C1", "C2"))
        for scheme in ("employee", "resident")
    ]


def _fixed(first_name: str) -> dict[str, list[dict[str, Any]]]:
    def house(code: str, kind: str, community: str | None, town: str | None, **more: Any) -> dict[str, Any]:
        return {
            "institution_code": code,
            "name": f"机构{code}",
            "kind": kind,
            "in_county": True,
            "community_code": community,
            "town_code": town,
        } | more

    return {
        "dim_county": [{"county_code": "K", "name": "小县"}],
        "dim_community": [
            {"community_code": "C1", "name": first_name, "short_name": first_name, "display_order": 1},
            {"community_code": "C2", "name": "第二医共体", "short_name": "二院", "display_order": 2},
        ],
        "dim_town": [{"town_code": town, "name": town, "community_code": community} for community, town, _h, _p in PLACES],
        "dim_institution": [
            *(
                house(hospital, "general_hospital", community, town, tier="secondary", role="lead")
                for community, town, hospital, _p in PLACES
            ),
            *(house(primary, "township_centre", community, town, tier="primary", role="member") for community, town, _h, primary in PLACES),
            house("H9", "maternal_child", None, None, tier="secondary"),
            house("X1", "general_hospital", None, None, in_county=False),
        ],
        "dim_disease_group": [
            {
                "disease_group_code": code,
                "name": f"病组{code}",
                "base_points": points,
                "county_capable": True,
                "primary_capable": code == "G3",
            }
            for code, points in zip(GROUPS, (80, 150, 25, None), strict=True)
        ],
        "fact_population": [
            {"town_code": town, "year": 2024, "registered": 60_000, "resident": 60_000, "age_65_over": 10_000}
            | {"insured_employee": 20_000, "insured_resident": 35_000}
            for _c, town, _h, _p in PLACES
        ],
        "fact_contract": [
            {"institution_code": primary, "population_group": "all", "month": LAST, "population": 60_000, "contracted": 24_000}
            for _c, _t, _h, primary in PLACES
        ],
        "meta_load": [
            {
                "load_id": 1,
                "package": "small",
                "checksum": "0" * 64,
                "data_kind": "county",
                "row_count": 1,
                "rejected_count": 0,
                "warning_count": 0,
                "data_through": LAST,
                "loaded_at": datetime.datetime(2025, 11, 5, tzinfo=datetime.UTC).replace(tzinfo=None),
                "app_version": "0",
            }
        ],
    }


def batched(rows: Iterable[dict[str, Any]], size: int) -> Iterator[list[dict[str, Any]]]:
    source = iter(rows)
    while chunk := list(islice(source, size)):
        yield chunk


def make_insured_county(
    url: str, *, claim_rows: list[dict[str, Any]] | None = None, budget_rows: list[dict[str, Any]] | None = None, first_name: str = "一院"
) -> str:
    """Write the county to ``url`` and return it."""
    rows = _fixed(first_name)
    given = claims() if claim_rows is None else claim_rows
    rows["fact_claim"] = given
    totals: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in given:
        key = tuple(row[name] for name in ("town_code", "scheme", "institution_code", "service_kind", "month"))
        held = totals.setdefault(
            key, {name: value for name, value in row.items() if name != "disease_group_code"} | dict.fromkeys(_SUMMED, 0)
        )
        for name in _SUMMED:
            held[name] = round(held[name] + row[name], 2)
    rows["agg_claim_month"] = list(totals.values())
    if given:
        period = {"first_period": min(row["month"] for row in given), "last_period": max(row["month"] for row in given)}
        rows["meta_freshness"] = [{"table_name": "fact_claim", "load_id": 1, "row_count": len(given)} | period]
    rows["fact_fund_budget"] = budgets() if budget_rows is None else budget_rows
    engine = writing_engine(url)
    try:
        create_tables(engine)
        with engine.begin() as connection:
            for table in schema.metadata.sorted_tables:
                # One statement for rows of the same columns: DuckDB is slow at many small ones.
                for _columns, part in groupby(rows.get(table.name, []), key=list):
                    for chunk in batched(part, 400):
                        connection.execute(insert(table).values(chunk))
    finally:
        engine.dispose()
    return url


_SUMMED = ("encounters", "total_cost", "fund_paid", "patient_paid")
