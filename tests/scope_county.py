"""A small county of five communities in which every table has rows inside and outside of any scope, drawn with a fixed seed.

It is made of frames, so that a test can change the rows that a reader may not see and ask again. Who may see a row is said here once more,
row by row and without SQL: the slow second implementation that the query gate is held against.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, Float, Integer, Numeric, StaticPool, Table, Text, create_engine

from dashboard.analysis.periods import shift_months
from dashboard.store.schema import agg_claim_month, metadata
from dashboard.store.scope import Scope
from tests.schema import create_tables

COMMUNITIES = ("C1", "C2", "C3", "C4", "C5")
LAST = datetime.date(2025, 10, 1)
MONTHS = tuple(shift_months(LAST, step) for step in range(-13, 1))
QUARTERS = tuple(month for month in MONTHS if month.month in (1, 4, 7, 10))
YEARS = (2024, 2025)
_MOST_ROWS = 3

Frames = dict[str, pd.DataFrame]


def _dimensions() -> Frames:
    communities = [
        {"community_code": code, "name": f"{code}医共体", "short_name": code, "display_order": order}
        for order, code in enumerate(COMMUNITIES)
    ]
    towns = [
        {
            "town_code": f"T{number}{part}",
            "name": f"镇{number}{part}",
            "community_code": f"C{number}",
            "area_km2": 50.0,
            "longitude": 120.0 + number / 10,
            "latitude": 30.0,
        }
        for number in range(1, 6)
        for part in "ab"
    ] + [{"town_code": "T0", "name": "无医共体镇", "community_code": None, "area_km2": 10.0, "longitude": 120.0, "latitude": 30.5}]
    institutions = []
    for number in range(1, 6):
        common = {
            "community_code": f"C{number}",
            "in_county": True,
            "in_province": True,
            "in_alliance": False,
            "tier": "secondary",
            "grade": "none",
        }
        common |= {"opened_on": datetime.date(2010, 1, 1), "longitude": 120.0 + number / 10, "latitude": 30.0}
        institutions += [
            {
                "institution_code": f"H{number}",
                "kind": "general_hospital",
                "role": "lead",
                "town_code": f"T{number}a",
                "capability_level": "recommended",
                **common,
            },
            {
                "institution_code": f"P{number}",
                "kind": "township_centre",
                "role": "member",
                "town_code": f"T{number}a",
                "capability_level": "basic",
                **common,
            },
            {
                "institution_code": f"Q{number}",
                "kind": "community_centre",
                "role": "member",
                "town_code": f"T{number}b",
                "capability_level": "none",
                **common,
            },
        ]
    outside = {
        "kind": "general_hospital",
        "role": "none",
        "tier": "tertiary",
        "grade": "none",
        "capability_level": "none",
        "in_province": True,
    }
    institutions += [
        {"institution_code": "N1", "town_code": "T0", "in_county": True, "in_alliance": False, **outside},
        {"institution_code": "X1", "in_county": False, "in_alliance": True, **outside},
    ]
    for row in institutions:
        row["name"] = f"机构{row['institution_code']}"
    devices = [
        {"equipment_code": f"E{row['institution_code']}", "name": f"设备{row['institution_code']}", "equipment_type_code": "CT",
         "institution_code": row["institution_code"], "purchase_value": 100.0, "purchased_on": datetime.date(2020, 1, 1)}
        for row in institutions
        if row["in_county"]
    ]  # fmt: skip
    return {
        "dim_county": pd.DataFrame([{"county_code": "K", "name": "小县", "short_name": "小县"}]),
        "dim_community": pd.DataFrame(communities),
        "dim_town": pd.DataFrame(towns),
        "dim_institution": pd.DataFrame(institutions),
        "dim_department": pd.DataFrame([{"department_code": "D", "name": "内科", "kind": "other"}]),
        "dim_disease_group": pd.DataFrame(
            [
                {
                    "disease_group_code": code,
                    "name": code,
                    "kind": kind,
                    "primary_capable": True,
                    "county_capable": True,
                    "low_risk": False,
                    "base_points": 100.0,
                }
                for code, kind in (("G1", "medical"), ("G2", "outpatient"))
            ]
        ),
        "dim_equipment_type": pd.DataFrame([{"equipment_type_code": "CT", "name": "CT", "is_large": True, "positive_rate_reference": 0.6}]),
        "dim_equipment": pd.DataFrame(devices),
        "dim_account": pd.DataFrame(
            [
                {"account_code": "I", "name": "收入", "side": "income", "setting": "inpatient", "item": "service"},
                {"account_code": "E", "name": "支出", "side": "expense", "setting": "none", "item": "staff"},
                {"account_code": "B", "name": "资产", "side": "balance", "setting": "none", "item": "assets"},
            ]
        ),
        "dim_drug_class": pd.DataFrame([{"drug_class_code": "W", "name": "辅助用药"}]),
        "dim_drug_list": pd.DataFrame(
            [{"drug_class_code": "W", "list_kind": "monitored", "list_version": "2024", "valid_from": pd.Timestamp("2024-01-01")}]
        ),
        "dim_service_item": pd.DataFrame(
            [{"service_item_code": "S", "name": "项目", "unit": "次", "kind": "outpatient_care", "standard_equivalent": 1.0}]
        ),
        "dim_travel_time": pd.DataFrame(
            [{"town_code": f"T{number}a", "institution_code": f"H{number}", "minutes": 10.0} for number in range(1, 6)]
        ),
    }


def _facts(dimensions: Frames) -> Frames:
    random = np.random.default_rng(14)
    members = dimensions["dim_institution"].loc[dimensions["dim_institution"]["in_county"], "institution_code"].tolist()
    every = dimensions["dim_institution"]["institution_code"].tolist()
    pools: dict[str, list[Any]] = {
        "institution_code": members,
        "requester_code": members,
        "provider_code": members,
        "from_code": members,
        "to_code": every,
        "lead_code": [code for code in members if code.startswith("H")],
        "member_code": members,
        "town_code": dimensions["dim_town"]["town_code"].tolist(),
        "community_code": list(COMMUNITIES),
        "equipment_code": dimensions["dim_equipment"]["equipment_code"].tolist(),
        "department_code": ["D"],
        "disease_group_code": ["G1", "G2"],
        "account_code": ["I", "E", "B"],
        "service_item_code": ["S"],
        "drug_class_code": ["W"],
        "month": list(MONTHS),
        "quarter": list(QUARTERS),
        "year": list(YEARS),
        "catalogue": ["criteria_2019"],
        "item": ["1.1"],
        "item_code": ["PR1"],
    }
    facts = {}
    for table in metadata.sorted_tables:
        if not table.info.get("file") or table.name.startswith("dim_"):
            continue
        facts[table.name] = _rows(table, pools | ({"institution_code": every} if table.name == "fact_claim" else {}), random)
    claims = facts["fact_claim"]
    claims["county_code"] = "K"
    facts["agg_claim_month"] = aggregated(claims)
    return facts


def aggregated(claims: pd.DataFrame) -> pd.DataFrame:
    """The rows of ``agg_claim_month`` for ``claims``."""
    keys = [
        column.name
        for column in agg_claim_month.columns
        if not isinstance(column.type, Numeric) and column.name in claims and column.name != "encounters"
    ]
    sums = [column.name for column in agg_claim_month.columns if column.name not in keys]
    return claims.groupby(keys, as_index=False)[sums].sum()


_SECTIONS = {"fact_conduct": "conduct"} | dict.fromkeys(
    ("fact_finance", "fact_fiscal_plan", "fact_price_item", "fact_purchase", "fact_drug_supply"), "finance"
)
"""The tables of restricted sections, told here a second time."""


def _rows(table: Table, pools: Mapping[str, list[Any]], random: np.random.Generator) -> pd.DataFrame:
    """A few rows for every reporter and period."""
    period, reporter = table.info["period"], table.info["reporter"]
    others = [column.name for column in table.primary_key.columns if column.name not in (period, reporter)]
    choices = {name: pools.get(name) or list(table.columns[name].info["codes"]) for name in others}
    rows = []
    for who, when in product(pools[reporter], pools[period]):
        for _ in range(_MOST_ROWS if others else 1):
            row = {reporter: who, period: when} | {name: choices[name][int(random.integers(len(choices[name])))] for name in others}
            rows.append(row)
    frame = pd.DataFrame(rows).drop_duplicates(ignore_index=True)
    ends = [name for name in ("from_code", "to_code", "lead_code", "member_code") if name in frame]
    if ends and table.name != "fact_shared_service":
        frame = frame[frame[ends[0]] != frame[ends[1]]].reset_index(drop=True)
    for column in table.columns:
        if column.info.get("measure"):
            frame[column.name] = random.integers(50, 5_000, len(frame))
    if table.name == "fact_claim":
        frame["total_cost"] = frame["eligible_cost"] = frame["fund_paid"] + frame["patient_paid"]
    if "quality_coefficient" in table.columns:
        frame["quality_coefficient"] = 1.0
    if table.name == "fact_assessment":
        frame["value"], frame["grade"], frame["evidence"], frame["assessor"] = random.integers(50, 100, len(frame)), "A", "佐证", "单位"
    if table.name == "fact_price_item":
        frame["name"] = "诊查费"
    return _possible(frame)


def _possible(rows: pd.DataFrame) -> pd.DataFrame:
    """Return ``rows`` as a package may hold them: nobody is satisfied who was not asked."""
    return rows.assign(satisfied=rows[["satisfied", "surveyed"]].min(axis=1)) if "satisfied" in rows else rows


def county() -> Frames:
    """The rows of every table, the caller's own."""
    return {name: frame.copy() for name, frame in _county().items()}


@cache
def _county() -> Frames:
    dimensions = _dimensions()
    facts = _facts(dimensions)
    freshness = [
        {"table_name": name, "load_id": 1, "row_count": len(frame), "first_period": MONTHS[0], "last_period": LAST}
        for name, frame in facts.items()
        if name.startswith("fact_")
    ]
    load = {"load_id": 1, "package": "小县", "checksum": "0" * 64, "data_kind": "demonstration", "row_count": 1, "rejected_count": 0}
    load |= {
        "warning_count": 0,
        "data_through": LAST,
        "loaded_at": datetime.datetime(2025, 11, 3, tzinfo=datetime.UTC).replace(tzinfo=None),
        "app_version": "0",
    }
    return dimensions | facts | {"meta_load": pd.DataFrame([load]), "meta_freshness": pd.DataFrame(freshness)}


# Writing it ----------------------------------------------------------------------------------------------------------------


def write(engine: Engine, frames: Frames) -> None:
    """Create the schema behind ``engine`` and insert ``frames``, referenced tables first."""
    create_tables(engine)
    with engine.begin() as connection:
        for table in metadata.sorted_tables:
            rows = frames.get(table.name)
            if rows is None or rows.empty:
                continue
            if engine.dialect.name == "duckdb":
                raw: Any = connection.connection.driver_connection
                raw.register("incoming", rows)
                raw.execute(f"INSERT INTO {table.name} ({', '.join(rows.columns)}) SELECT {', '.join(rows.columns)} FROM incoming")
                raw.unregister("incoming")
            else:
                connection.execute(table.insert(), rows.astype(object).where(rows.notna(), None).to_dict("records"))


@dataclass(frozen=True, eq=False)
class Asked:
    """An engine under a scope."""

    engine: Engine
    scope: Scope


def in_memory(frames: Frames) -> Engine:
    engine = create_engine("duckdb:///:memory:", poolclass=StaticPool, connect_args={"config": {"threads": 1}})
    write(engine, frames)
    return engine


# Who may see a row, once more ------------------------------------------------------------------------------------------------


def _pairs(frame: pd.DataFrame, key: str, value: str) -> dict[str, str]:
    return dict(zip(frame[key], frame[value], strict=True))


@dataclass(frozen=True)
class Seer:
    """Says for a row whether a reader of ``scope`` may see it when a query asks for ``views``; B3 of the house's notes, without SQL."""

    scope: Scope
    views: frozenset[str]
    frames: Frames

    def institution(self, code: str) -> bool:
        community = self._homes["dim_institution"].get(code)
        ours = self.scope.communities is None or community in self.scope.communities
        return bool(ours and (self.scope.institutions is None or code in self.scope.institutions))

    def community(self, code: str | None) -> bool:
        return self.scope.institutions is None and (self.scope.communities is None or code in self.scope.communities)

    def town(self, code: str) -> bool:
        return self.community(self._homes["dim_town"].get(code))

    @cached_property
    def _homes(self) -> Mapping[str, Mapping[str, str]]:
        """By table, the community of each institution and town."""
        keys = {"dim_institution": "institution_code", "dim_town": "town_code"}
        return {table: _pairs(self.frames[table], key, "community_code") for table, key in keys.items()}

    @cached_property
    def _owners(self) -> Mapping[str, str]:
        return _pairs(self.frames["dim_equipment"], "equipment_code", "institution_code")

    def _pair(self, row: Any, names: Mapping[str, str]) -> bool:
        asked = [column for view, column in names.items() if view in self.views] or list(names.values())
        return any(self.institution(getattr(row, column)) for column in asked)

    def sees(self, table: str, row: Any) -> bool:
        section = _SECTIONS.get(table)
        if section and self.scope.sections is not None and section not in self.scope.sections:
            return False
        if table in ("fact_claim", "agg_claim_month"):
            by_view = {"population": self.town(row.town_code), "provider": self.institution(row.institution_code)}
            return any(seen for view, seen in by_view.items() if view in self.views or not self.views & by_view.keys())
        if table == "fact_population":
            return self.town(row.town_code)
        if table in ("fact_fund_budget", "fact_assessment"):
            return self.community(row.community_code)
        if table in ("fact_referral", "fact_posting"):
            return self._pair(row, {"sender": "from_code", "receiver": "to_code"})
        if table == "fact_support":
            return self._pair(row, {"sender": "lead_code", "receiver": "member_code"})
        if table == "fact_shared_service":
            return self._pair(row, {"requester": "requester_code", "responder": "provider_code"})
        if table == "fact_equipment_use":
            return self.institution(self._owners[row.equipment_code])
        return self.institution(row.institution_code)

    def hidden(self, table: str) -> pd.Series:
        """Which rows of ``table`` the reader may not see."""
        return pd.Series([not self.sees(table, row) for row in self.frames[table].itertuples(index=False)], dtype=bool)


def scoped_tables() -> Iterator[str]:
    yield from (name for name in metadata.tables if name.startswith("fact_") or name in ("agg_claim_month", "dim_equipment"))


def changed_outside(frames: Frames, scope: Scope, views: frozenset[str]) -> Frames:
    """``frames`` with every row changed or gone that a reader of ``scope`` may not see: figures, periods' presence and devices' values.

    Attributes of others that stay hidden change too: what their institutions are capable of.
    """
    seer, random = Seer(scope, views, frames), np.random.default_rng(41)
    changed = dict(frames)
    for name in scoped_tables():
        table, rows = metadata.tables[name], frames[name].copy()
        hidden = seer.hidden(name).to_numpy()
        measures = [
            column.name
            for column in table.columns
            if isinstance(column.type, (Numeric, Integer, Float)) and not column.primary_key and column.name in rows
        ]
        for column in set(measures) - {"quality_coefficient"}:
            rows.loc[hidden, column] = random.integers(6_000, 90_000, hidden.sum())
        for column in rows.columns:
            if isinstance(table.columns[column].type, Text):
                rows.loc[hidden, column] = "别人的"
        gone = hidden & (random.random(len(rows)) < 0.3) if name != "dim_equipment" else np.zeros(len(rows), bool)
        changed[name] = _possible(rows[~gone].reset_index(drop=True))
    institutions = frames["dim_institution"].copy()
    others = ~institutions["institution_code"].map(seer.institution).astype(bool)
    flipped = institutions["capability_level"].map({"recommended": "none"}).fillna("recommended")
    institutions["capability_level"] = institutions["capability_level"].mask(others, flipped)
    return changed | {"dim_institution": institutions}
