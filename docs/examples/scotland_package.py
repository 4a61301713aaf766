"""Turn published hospital-bed tables of Public Health Scotland into an import package.

    python docs/examples/scotland_package.py SOURCE_FOLDER PACKAGE_FOLDER

SOURCE_FOLDER holds ``input_beds.csv`` (staffed and occupied bed-days by hospital and quarter) and ``input_stays.csv``
(stays and days by hospital, admission type and deprivation fifth). See ``docs/scotland.md`` for what is done and why.
"""

import re
import sys
from pathlib import Path

import pandas as pd

TOTALS = re.compile(r"S(08|92)\d{6}|SB\d{4}")
"""Health boards and the whole country stand in the same column as hospitals; some hospital codes begin with S too."""

MANIFEST = """name: Scotland, staffed beds (Public Health Scotland, Open Government Licence v3.0)
data_kind: county
coordinate_system: WGS-84
"""


def hospital_quarters(source: Path) -> pd.DataFrame:
    """Return bed-days, stays and days of stay by hospital and quarter, totals of boards and country left out.

    A hospital that two boards report (their beds stand in one building) is added up. Where stays are not published for
    a quarter they stay missing: the hospital has an occupancy there and no turnover.
    """
    beds = pd.read_csv(source / "input_beds.csv")
    stays = pd.read_csv(source / "input_stays.csv")
    beds = beds[~beds["Location"].str.fullmatch(TOTALS)]
    stays = stays[~stays["Location"].str.fullmatch(TOTALS) & (stays["AdmissionType"] == "All Inpatients")]
    keys = ["Location", "Quarter"]
    used = beds.groupby(keys).agg(
        name=("LocationName", "first"),
        open_bed_days=("AllStaffedBeddays", "sum"),
        occupied_bed_days=("TotalOccupiedBeddays", "sum"),
    )
    left = stays.groupby(keys).agg(discharges=("Stays", "sum"), discharged_bed_days=("LengthOfStay", "sum"))
    return used.join(left).reset_index()


def spread_over_months(quarters: pd.DataFrame, measures: list[str]) -> pd.DataFrame:
    """Return one row per hospital and month; each quarter's whole numbers are spread by calendar days and add up exactly."""
    starts = pd.PeriodIndex(quarters["Quarter"], freq="Q").to_timestamp()
    rows = []
    passed = pd.Series(0, index=quarters.index)
    days = (starts + pd.DateOffset(months=3) - starts).days
    before = pd.DataFrame(0, index=quarters.index, columns=measures, dtype="Int64")
    for step in range(3):
        month = starts + pd.DateOffset(months=step)
        passed = passed + month.days_in_month
        until = quarters[measures].mul(passed / days, axis=0).round().astype("Int64")
        rows.append(quarters[["Location", "name"]].assign(month=month.strftime("%Y-%m-%d"), **(until - before)))
        before = until
    return pd.concat(rows, ignore_index=True)


def write_package(source: Path, target: Path) -> None:
    """Write the package folder ``target`` from the published tables in ``source``."""
    measures = ["open_bed_days", "occupied_bed_days", "discharges", "discharged_bed_days"]
    months = spread_over_months(hospital_quarters(source), measures)
    names = months.groupby("Location")["name"].first()
    institutions = pd.DataFrame(
        {"institution_code": names.index, "name": names.fillna(names.index.to_series()), "kind": "general_hospital", "in_county": True}
    )
    target.mkdir(parents=True, exist_ok=True)
    (target / "package.yaml").write_text(MANIFEST, encoding="utf-8")
    institutions.to_csv(target / "dim_institution.csv", index=False)
    pd.DataFrame({"department_code": ["ACUTE"], "name": ["All acute"], "kind": ["other"]}).to_csv(
        target / "dim_department.csv", index=False
    )
    beds = months.rename(columns={"Location": "institution_code"}).assign(department_code="ACUTE")
    beds[["institution_code", "department_code", "month", *measures]].to_csv(target / "fact_bed.csv", index=False)


if __name__ == "__main__":
    write_package(Path(sys.argv[1]), Path(sys.argv[2]))
