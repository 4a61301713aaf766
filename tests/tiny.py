"""A reporting database of a few rows for tests of the screens: made from the schema, without the import."""

import datetime
from decimal import Decimal

from sqlalchemy import Connection

from dashboard.store.engine import writing_engine
from dashboard.store.schema import (
    dim_community,
    dim_county,
    dim_institution,
    dim_town,
    fact_outpatient,
    meta_freshness,
    meta_load,
)
from tests.schema import create_tables

HOSTILE_NAMES = (
    "<script>alert(1)</script>",
    "[x](http://evil.example)",
    ":red[x]",
    ":material/home: **b** $x^2$",
    "http://evil.example :smile: &lt;b&gt;",
)
PLAIN_NAMES = ("一院医共体", "二院医共体", "三院医共体", "中医院医共体", "五院医共体")
COUNTY = "330110"
MONTHS = tuple(datetime.date(2025, month, 1) for month in range(1, 11))


def make_tiny_database(url: str, names: tuple[str, ...] = PLAIN_NAMES, *, demonstration: bool = True, facts: bool = True) -> str:
    """Write a county with one community, town and hospital per name and ten months of visits; return ``url``."""
    engine = writing_engine(url)
    create_tables(engine)
    with engine.begin() as connection:
        connection.execute(dim_county.insert(), {"county_code": COUNTY, "name": "测试县", "short_name": "测试"})
        for order, name in enumerate(names, start=1):
            code = f"C{order}"
            community = {"community_code": code, "name": name, "short_name": name, "display_order": order, "county_code": COUNTY}
            connection.execute(dim_community.insert(), community)
            town = {"town_code": f"T{order}", "name": name, "community_code": code, "area_km2": Decimal(50), "county_code": COUNTY}
            connection.execute(dim_town.insert(), town)
            connection.execute(
                dim_institution.insert(),
                {
                    "institution_code": f"H{order}",
                    "name": name,
                    "kind": "general_hospital",
                    "role": "lead",
                    "community_code": code,
                    "town_code": f"T{order}",
                    "in_county": True,
                    "county_code": COUNTY,
                },
            )
            if facts:
                visits = [{"institution_code": f"H{order}", "month": month, "visits": 1000 * order + month.month} for month in MONTHS]
                connection.execute(fact_outpatient.insert(), visits)
        if facts:
            _record_load(connection, len(names) * len(MONTHS), demonstration)
    engine.dispose()
    return url


def _record_load(connection: Connection, rows: int, demonstration: bool) -> None:
    connection.execute(
        meta_load.insert(),
        {
            "load_id": 1,
            "county_code": COUNTY,
            "package": "tiny",
            "checksum": "0" * 64,
            "data_kind": "demonstration" if demonstration else "county",
            "row_count": rows,
            "rejected_count": 0,
            "warning_count": 0,
            "data_through": MONTHS[-1],
            "loaded_at": datetime.datetime(2025, 11, 3, 6, 10, tzinfo=datetime.UTC).replace(tzinfo=None),
            "app_version": "0",
        },
    )
    connection.execute(
        meta_freshness.insert(),
        {"table_name": "fact_outpatient", "load_id": 1, "row_count": rows, "first_period": MONTHS[0], "last_period": MONTHS[-1]},
    )
