"""Turn published flows from English authorities to hospital trusts into an import package.

    python docs/examples/england_package.py SOURCE_FOLDER PACKAGE_FOLDER

SOURCE_FOLDER holds ``input_od.csv`` (hospital spells by local authority and trust), ``nodes_origin_utla.csv`` and
``nodes_destination_trust.csv`` (names and WGS-84 coordinates). See ``docs/england.md`` for what is done and why.
"""

import sys
from pathlib import Path

import pandas as pd

MONTH = "2020-09-01"
"""The source counts January to September 2020 together; it stands in its last month."""

MANIFEST = """name: England, hospital spells by area and trust (covid19.nhs.data MIT; ONS and NHS Choices OGL v3.0)
data_kind: county
coordinate_system: WGS-84
"""


def areas(source: Path) -> pd.DataFrame:
    """Return the local authorities as towns, without a community."""
    nodes = pd.read_csv(source / "nodes_origin_utla.csv")
    return nodes.rename(columns={"geo_code": "town_code", "geo_name": "name", "lon": "longitude", "lat": "latitude"})


def trusts(source: Path) -> pd.DataFrame:
    """Return the trusts as hospitals of the "county", which here is the whole country; one has no coordinates."""
    nodes = pd.read_csv(source / "nodes_destination_trust.csv")
    named = nodes.rename(columns={"trust_code": "institution_code", "trust_name": "name", "lon": "longitude", "lat": "latitude"})
    return named.drop(columns="coordinate_basis").assign(kind="general_hospital", in_county=True)


def spells(source: Path) -> pd.DataFrame:
    """Return the flows as inpatient claims, every pair with the count that the source gives it."""
    pairs = pd.read_csv(source / "input_od.csv").drop(columns="count_status")
    claims = pairs.rename(columns={"geo_code": "town_code", "trust_code": "institution_code", "spells": "encounters"})
    return claims.assign(
        scheme="resident",
        service_kind="inpatient",
        disease_group_code="ALL",
        month=MONTH,
        total_cost=0,
        fund_paid=0,
        patient_paid=0,
    )


def write_package(source: Path, target: Path) -> None:
    """Write the package folder ``target`` from the published tables in ``source``."""
    target.mkdir(parents=True, exist_ok=True)
    (target / "package.yaml").write_text(MANIFEST, encoding="utf-8")
    groups = pd.DataFrame({"disease_group_code": ["ALL"], "name": ["All spells"], "kind": ["medical"]})
    tables = {"dim_town": areas(source), "dim_institution": trusts(source), "dim_disease_group": groups, "fact_claim": spells(source)}
    for name, table in tables.items():
        table.to_csv(target / f"{name}.csv", index=False)


if __name__ == "__main__":
    write_package(Path(sys.argv[1]), Path(sys.argv[2]))
