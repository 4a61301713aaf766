"""Write the demonstration county as an import package: one CSV file for each table and ``package.yaml``."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv
import yaml
from sqlalchemy import Boolean, Date, Integer, Numeric, Table

from dashboard.demo.activity import Activity, activity, bed_table, outpatient_table, quality_table
from dashboard.demo.appraisal import assessment_table, conduct_table, survey_table
from dashboard.demo.budget import budget_table
from dashboard.demo.case_stories import with_other_patients, with_severity
from dashboard.demo.claims import claim_table
from dashboard.demo.cooperation import posting_table, shared_service_table, support_table
from dashboard.demo.discharges import discharge_table, with_readmissions
from dashboard.demo.encounters import AXES, KINDS, World
from dashboard.demo.equipment import equipment_table, equipment_use_table
from dashboard.demo.events import event_table
from dashboard.demo.finance import books, finance_table
from dashboard.demo.fiscal import fiscal_plan_table, price_item_table, purchase_table
from dashboard.demo.inpatient import centre_admissions, hospital_admissions, outside_admissions
from dashboard.demo.institutions import disease_group_table, network, town_table
from dashboard.demo.outpatient import outpatient_cells, pharmacy_cells
from dashboard.demo.parameters import SCHEMES, Parameters, parameters
from dashboard.demo.population import insured, population_table
from dashboard.demo.prescribing import drug_tables, points_table, review_table
from dashboard.demo.primary_care import contract_table, contract_use_table, public_health_table, purchased, workload
from dashboard.demo.referrals import arrivals, referral_cells, referral_table
from dashboard.demo.timeline import Timeline
from dashboard.demo.workforce import staffing
from dashboard.store.schema import MONEY, package_tables

_LEFT_OUT = ("dim_travel_time",)  # optional: without it the pages estimate by straight line and say so
_CENTS = 100


def world(seed: int, given: Parameters | None = None) -> World:
    """Return the people and institutions that the tables are drawn from."""
    known = given or parameters()
    line = Timeline(known.values)
    people = population_table(known, line)
    return World(
        parameters=known,
        timeline=line,
        network=network(known, seed),
        population=people,
        insured=insured(people, known, line),
        groups=disease_group_table(known),
        seed=seed,
    )


def all_cells(world: World) -> pd.DataFrame:
    """Return every insured encounter, one row for each key of ``fact_claim``, in a fixed order."""
    parts = [
        hospital_admissions(world),
        centre_admissions(world),
        outside_admissions(world),
        outpatient_cells(world),
        pharmacy_cells(world),
    ]
    cells = pd.concat(parts, ignore_index=True)
    cells = cells.astype(dict.fromkeys((*AXES, "kind"), "int32"))
    return cells.sort_values(["month", "institution", "kind", "group", "town", "scheme"], kind="stable", ignore_index=True)


def _dimensions(here: World) -> dict[str, pd.DataFrame]:
    known = here.parameters
    return {
        "dim_county": pd.DataFrame([known.values["county"]]),
        "dim_community": known.communities,
        "dim_town": town_table(known),
        "dim_institution": here.network.table,
        "dim_department": known.departments,
        "dim_disease_group": here.groups,
        "dim_equipment_type": known.equipment_types,
        "dim_account": known.accounts,
        "dim_service_item": known.service_items,
        "dim_event": event_table(here),
    }


def _coded_claims(here: World, claims: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_claim`` with codes in place of positions (as categories: a million rows stay small)."""
    names: dict[str, tuple[str, Iterable[str]]] = {
        "town_code": ("town", here.network.towns["town_code"]),
        "scheme": ("scheme", SCHEMES),
        "institution_code": ("institution", here.network.codes),
        "service_kind": ("kind", KINDS),
        "disease_group_code": ("group", here.groups["disease_group_code"]),
    }
    coded = {name: pd.Categorical.from_codes(claims[column].to_numpy(), pd.Index(list(labels))) for name, (column, labels) in names.items()}
    measures = claims[["encounters", "total_cost", "eligible_cost", "fund_paid", "patient_paid", "drg_points"]]
    return pd.DataFrame({**coded, "month": here.timeline.months.to_numpy()[claims["month"]]}).join(measures)


def _contract_fees(here: World, contracts: pd.DataFrame) -> np.ndarray:
    everyone = contracts[contracts["population_group"] == "all"]
    fees = everyone[["fee_fiscal", "fee_fund", "fee_person"]].sum(axis=1).to_numpy()
    return fees.reshape(len(here.network.of("centre")), len(here.timeline.months))


def _money_tables(here: World, claims: pd.DataFrame, done: Activity, beds: pd.DataFrame) -> dict[str, pd.DataFrame]:
    contracts, work, staff = contract_table(here), workload(here, done, beds), staffing(here)
    fees = _contract_fees(here, contracts)
    accounts = books(here, claims, done, staff, purchased(here, work), fees)
    return {
        "fact_contract": contracts,
        "fact_contract_use": contract_use_table(here, contracts),
        "fact_workload": work,
        "fact_workforce": staff.table,
        "fact_finance": finance_table(here, accounts),
        "fact_fiscal_plan": fiscal_plan_table(here, accounts, contracts),
        "fact_price_item": price_item_table(here, done),
        "fact_purchase": purchase_table(here, accounts),
        "fact_fund_budget": budget_table(here, claims),
    }


def _without_missing_month(here: World, tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Take out the month that one centre did not report (planted story)."""
    story = here.parameters.stories["missing_month"]
    centre = here.network.codes[here.network.of("centre")][here.parameters.towns["town_code"].tolist().index(story["town"])]
    for name in story["tables"]:
        table = tables[name]
        gone = (table["institution_code"] == centre) & (table["month"] == pd.Timestamp(story["month"]))
        tables[name] = table[~gone]
    return tables


def package_frames(seed: int, given: Parameters | None = None) -> dict[str, pd.DataFrame]:
    """Return every table of the package by name. Money is in whole cents until it is written."""
    here = world(seed, given)
    cells = all_cells(here)
    referrals = referral_cells(here, cells)
    treated = with_other_patients(here, claim_table(here, cells))
    done = activity(here, treated)
    claims = with_severity(here, treated)
    beds, equipment = bed_table(here, done), equipment_table(here)
    quality = quality_table(here, claims, done, beds)
    discharges = discharge_table(here, claims, beds, quality)
    tables = {
        **_dimensions(here),
        "dim_equipment": equipment,
        "fact_population": here.population,
        "fact_outpatient": outpatient_table(here, done, arrivals(here, referrals)),
        "fact_bed": beds,
        "fact_inpatient_quality": with_readmissions(quality, discharges),
        "fact_discharge_group": discharges,
        "fact_equipment_use": equipment_use_table(here, equipment),
        "fact_shared_service": shared_service_table(here),
        "fact_referral": referral_table(here, referrals),
        "fact_claim": _coded_claims(here, claims),
        "fact_posting": posting_table(here),
        "fact_support": support_table(here),
        "fact_public_health": public_health_table(here),
        "fact_survey": survey_table(here),
        "fact_conduct": pd.concat([conduct_table(here), points_table(here)], ignore_index=True),
        "fact_prescription_review": review_table(here),
        **drug_tables(here),
        "fact_assessment": assessment_table(here),
        **_money_tables(here, claims, done, beds),
    }
    return _without_missing_month(here, tables)


def _column(values: pd.Series, kind: object) -> pa.Array:
    """Return one column as it is written: cents as yuan, dates as days, missing as an empty field."""
    if kind is MONEY:
        return pa.array(values.to_numpy() / _CENTS)
    if isinstance(kind, Numeric) and kind.scale is not None:
        return pa.array(values.astype(float).round(kind.scale), from_pandas=True)
    if isinstance(kind, Date):
        return pa.array(pd.to_datetime(values), from_pandas=True).cast(pa.date32())
    if isinstance(kind, Boolean):
        return pa.array(values.astype(bool))
    if isinstance(kind, Integer):
        return pa.array(values, from_pandas=True).cast(pa.int64())
    array = pa.array(values, from_pandas=True)
    return array.cast(pa.string()) if isinstance(array.type, pa.DictionaryType) else array


def arrow_table(table: Table, frame: pd.DataFrame) -> pa.Table:
    """Return ``frame`` in the columns, order and types of ``table``; columns that the demonstration leaves out are not written."""
    columns = [column for column in table.columns if column.name in frame]
    return pa.table({column.name: _column(frame[column.name], column.type) for column in columns})


def write_package(folder: Path, *, seed: int | None = None) -> Path:
    """Write the demonstration package into ``folder`` (made if missing) and return it.

    The same ``seed`` (default: that of ``county.yaml``) gives the same bytes in every file.
    """
    known = parameters()
    frames = package_frames(known.values["seed"] if seed is None else seed, known)
    folder.mkdir(parents=True, exist_ok=True)
    options = pyarrow.csv.WriteOptions(quoting_style="none")
    for table in package_tables():
        if table.name not in _LEFT_OUT:
            pyarrow.csv.write_csv(arrow_table(table, frames.pop(table.name)), folder / f"{table.name}.csv", options)
    manifest = {"name": known.values["package_name"], "data_kind": "demonstration", "coordinate_system": "WGS-84"}
    (folder / "package.yaml").write_text(yaml.safe_dump(manifest, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return folder
