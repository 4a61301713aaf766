"""A county in which two of everything bear one name: communities, towns, hospitals, centres, devices, disease groups, departments."""

import pandas as pd

from tests.integration.packages import small_county

TWINS = ("人民医院", "中心卫生院", "城关镇", "人民医院医共体", "同名病组", "同名科室", "CT机")
_CODES = {"H1": "H2", "C1": "C2", "T1": "T2", "A": "B", "E1": "E2", "D1": "D2", "G1": "G2"}
_COPIED = (
    "fact_outpatient",
    "fact_bed",
    "fact_inpatient_quality",
    "fact_equipment_use",
    "fact_shared_service",
    "fact_referral",
    "fact_claim",
    "fact_fund_budget",
    "fact_finance",
    "fact_workforce",
    "fact_posting",
    "fact_support",
    "fact_contract",
    "fact_public_health",
)


def twin_county() -> dict[str, pd.DataFrame]:
    """Return the package of the county: what the first unit of each kind reports, the second reports as well."""
    tables = small_county()
    centre = tables["dim_institution"].set_index("institution_code").loc["C1"].copy()
    second = centre.to_frame().T.assign(institution_code="C2", community_code="B", town_code="T2", longitude=119.92, latitude=30.42)
    institutions = pd.concat([tables["dim_institution"], second], ignore_index=True)
    codes = institutions["institution_code"]
    for chosen, name in ((["H1", "H2"], TWINS[0]), (["C1", "C2"], TWINS[1])):
        institutions.loc[codes.isin(chosen), ["name", "short_name"]] = name
    tables["dim_institution"] = institutions
    tables["dim_community"] = tables["dim_community"].assign(name=TWINS[3], short_name=TWINS[3])
    tables["dim_town"] = tables["dim_town"].assign(name=TWINS[2])
    tables["dim_disease_group"] = tables["dim_disease_group"].assign(name=TWINS[4], county_capable=True, primary_capable=True)
    tables["dim_department"] = tables["dim_department"].assign(name=TWINS[5])
    devices = pd.concat([tables["dim_equipment"], tables["dim_equipment"].assign(equipment_code="E2", institution_code="H2")])
    tables["dim_equipment"] = devices.assign(name=TWINS[6])
    for name in _COPIED:
        rows = tables[name]
        twins = rows.replace(_CODES)
        kept = rows[~rows.astype(str).apply(lambda row: bool({"H2", "C2", "T2", "B", "D2"} & set(row)), axis=1)]
        tables[name] = pd.concat([kept, twins], ignore_index=True).drop_duplicates(_keys(rows), ignore_index=True)
    return tables


def _keys(rows: pd.DataFrame) -> list[str]:
    return [column for column in rows.columns if not pd.api.types.is_number(rows[column].iloc[0]) and not _decimal(rows[column].iloc[0])]


def _decimal(value: object) -> bool:
    return str(value).replace(".", "", 1).isdigit()
