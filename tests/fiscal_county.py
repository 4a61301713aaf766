"""The small insured county with books, workload and contracts of two centres and two hospitals: all of 2024 and ten months of 2025."""

import datetime
from typing import Any

from dashboard.store.engine import writing_engine
from tests.insured import PLACES, make_insured_county, months
from tests.integration.county import insert

FIRST, LAST = datetime.date(2024, 1, 1), datetime.date(2025, 10, 1)
ACCOUNTS = (
    ("F1", "fiscal", "none", "basic_pay"),
    ("F2", "fiscal", "none", "equipment"),
    ("F7", "fiscal", "none", "purchase"),
    ("I1", "income", "outpatient", "drug"),
    ("I2", "income", "outpatient", "service"),
    ("I3", "income", "inpatient", "consumable"),
    ("I4", "income", "inpatient", "examination"),
    ("I5", "income", "inpatient", "laboratory"),
    ("E1", "expense", "none", "staff"),
    ("E2", "expense", "none", "drug"),
)
CENTRE = {"F1": 200_000, "F2": 50_000, "F7": 100_000, "E1": 300_000}
HOSPITAL = {
    "F1": 300_000,
    "I1": 3_500_000,
    "I2": 3_000_000,
    "I3": 1_000_000,
    "I4": 1_800_000,
    "I5": 1_300_000,
    "E1": 4_000_000,
    "E2": 3_500_000,
}


def _finance() -> list[dict[str, Any]]:
    return [
        {"institution_code": code, "account_code": account, "month": month, "amount": amount}
        for _community, _town, hospital, primary in PLACES
        for code, books in ((hospital, HOSPITAL), (primary, CENTRE))
        for account, amount in books.items()
        for month in months(FIRST, LAST)
    ]


def _contracts() -> list[dict[str, Any]]:
    return [
        {"institution_code": primary, "population_group": group, "month": month, "population": 30_000, "contracted": 12_000,
         "fulfilled": 800 * month.month, "fee_fiscal": 50_000, "fee_fund": 40_000, "fee_person": 30_000}
        for _community, _town, _hospital, primary in PLACES
        for group in ("all", "elderly")
        for month in months(FIRST, datetime.date(2025, 9, 1))
    ]  # fmt: skip


def make_fiscal_county(url: str, *, equivalent: float | None = 1.0) -> str:
    """Write the county to ``url`` and return it; without ``equivalent`` the service items are left out of the workload's weights."""
    make_insured_county(url)
    items = [{"service_item_code": "W01", "name": "门急诊", "unit": "人次", "kind": "outpatient_care", "standard_equivalent": equivalent}]
    work = [
        {"institution_code": primary, "service_item_code": "W01", "month": month}
        | {"quantity": 8_000 + 1_000 * place, "quality_coefficient": 0.9}
        for place, (_community, _town, _hospital, primary) in enumerate(PLACES)
        for month in months(FIRST, LAST)
    ]
    accounts = [
        {"account_code": code, "name": code, "side": side, "setting": setting, "item": item} for code, side, setting, item in ACCOUNTS
    ]
    engine = writing_engine(url)
    try:
        insert(
            engine,
            {
                "dim_account": accounts,
                "dim_service_item": items if equivalent is not None else [],
                "fact_finance": _finance(),
                "fact_workload": work if equivalent is not None else [],
                "fact_contract": _contracts(),
            },
        )
    finally:
        engine.dispose()
    return url
