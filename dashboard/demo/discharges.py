"""Discharges by ward and disease group: ``fact_discharge_group``, which adds up to the beds and to the inpatient quality report.

Random numbers of its own, so that no other table changes. All risks are invented [INFER].
"""

import numpy as np
import pandas as pd

from dashboard.demo.activity import GENERAL_CARE
from dashboard.demo.encounters import World

_READMISSION, _LOW_RATIO, _HIGH_RATIO, _SPLIT = 0.021, 0.016, 0.012, 0.004
_ABOVE_LINE, _BELOW_LINE = 0.0012, 0.16
_COLUMNS = (
    "cases", "bed_days", "deaths", "readmissions", "infections", "low_ratio_cases", "high_ratio_cases", "above_line_cases",
    "below_line_cases", "split_stays", "total_cost",
)  # fmt: skip


def _cells(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Return insured cases of the county's wards and their cost (cents) by institution, department, group and month (positions)."""
    net = world.network
    rows = cells[(cells["kind"] == 0) & net.table["in_county"].to_numpy()[cells["institution"]]]
    department = world.parameters.inpatient_groups["department_code"].to_numpy()[rows["group"]]
    centre = net.table["level"].to_numpy()[rows["institution"]] == "centre"
    department = np.where(centre & (department != "D08"), GENERAL_CARE, department)
    keys = ["institution", "department", "month", "group"]
    return rows.assign(department=department).groupby(keys)[["encounters", "total_cost"]].sum().reset_index()


def _shared_out(total: pd.Series, weight: pd.Series, keys: list[pd.Series]) -> np.ndarray:
    """Return ``total`` (the same in all rows of a key) shared out by ``weight`` in whole numbers that add up to it."""
    share = weight.groupby(keys).cumsum() / weight.groupby(keys).transform("sum")
    upper = (share * total).round()
    return (upper - upper.groupby(keys).shift(fill_value=0)).astype("int64").to_numpy()


def _struck(rng: np.random.Generator, table: pd.DataFrame, risk: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return how many of the cases of each row an event strikes, so that each institution and month has ``wanted`` (by row) of them.

    Weighted drawing without replacement (Efraimidis and Spirakis): nobody is struck twice.
    """
    row = np.repeat(np.arange(len(table)), table["cases"])
    key = rng.exponential(size=len(row)) / risk[row]
    where = table["institution"].to_numpy()[row] * 1_000 + table["month"].to_numpy()[row]
    place = pd.Series(key).groupby(where).rank(method="first").to_numpy()
    return np.bincount(row[place <= wanted[row]], minlength=len(table))


def discharge_table(world: World, cells: pd.DataFrame, beds: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_discharge_group``; cases and bed-days add up to ``beds``, deaths and infections to ``quality``; total_cost in cents."""
    rng, groups, stories = world.rng("discharge groups"), world.parameters.inpatient_groups, world.parameters.stories
    table = _cells(world, cells)
    table = table.assign(
        institution_code=world.network.codes[table["institution"]],
        month_start=world.timeline.months[table["month"]],
        weight=table["encounters"] * groups["days"].to_numpy()[table["group"]],
    )
    keys = {"institution_code": "institution_code", "month_start": "month"}
    known = beds.rename(columns={"department_code": "department", "month": "month_start"})
    table = table.merge(known[[*keys, "department", "discharges", "discharged_bed_days"]], on=[*keys, "department"], validate="many_to_one")
    ward = [table["institution"], table["department"], table["month"]]
    table["cases"] = _shared_out(table["discharges"], table["encounters"], ward)
    table["bed_days"] = _shared_out(table["discharged_bed_days"], table["weight"] * (table["cases"] > 0), ward)
    low = groups["low_risk"].to_numpy(dtype=bool)[table["group"]]
    severity = groups["weight"].to_numpy(dtype=float)[table["group"]]
    events = quality.rename(columns={"month": "month_start"})[[*keys, "deaths", "low_risk_deaths", "infections"]]
    wanted = table[list(keys)].merge(events, on=list(keys), how="left", validate="many_to_one").fillna(0)
    table["infections"] = _struck(rng, table, severity, wanted["infections"].to_numpy())
    table["deaths"] = 0
    for part, number in ((low, wanted["low_risk_deaths"]), (~low, wanted["deaths"] - wanted["low_risk_deaths"])):
        table.loc[part, "deaths"] = _struck(rng, table[part], severity[part] ** 2, number.to_numpy()[part])
    story, ward_code = stories["readmissions"], table["department"].to_numpy()
    told = (table["institution_code"] == story["institution"]).to_numpy() & (ward_code == story["department"])
    told &= (table["month_start"] >= pd.Timestamp(story["from"])).to_numpy()
    table["readmissions"] = rng.binomial(table["cases"], _READMISSION * np.clip(severity, 0.5, 2.0) + np.where(told, story["extra"], 0.0))
    coded = stories["coding"]
    upcoded = (table["institution_code"] == coded["institution"]).to_numpy() & groups["core_group"].notna().to_numpy()[table["group"]]
    upcoded &= (table["month_start"] >= pd.Timestamp(coded["from"])).to_numpy()
    table["low_ratio_cases"] = rng.binomial(table["cases"], np.where(upcoded, coded["low_ratio"], _LOW_RATIO))
    table["high_ratio_cases"] = rng.binomial(table["cases"] - table["low_ratio_cases"], _HIGH_RATIO)
    table["above_line_cases"] = rng.binomial(table["cases"] - table["low_ratio_cases"] - table["high_ratio_cases"], _ABOVE_LINE)
    table["below_line_cases"] = rng.binomial(table["low_ratio_cases"], _BELOW_LINE)
    table["split_stays"] = rng.binomial(table["cases"], _SPLIT)
    # Everybody costs what the insured cost: total_cost is in cents and of the insured only.
    table["total_cost"] = np.rint(table["total_cost"] * table["cases"] / table["encounters"]).astype("int64")
    shown = table[table["cases"] > 0]
    codes = world.groups["disease_group_code"].to_numpy()[shown["group"]]
    return pd.DataFrame(
        {
            "institution_code": shown["institution_code"].to_numpy(),
            "department_code": shown["department"].to_numpy(),
            "disease_group_code": codes,
            "month": shown["month_start"].to_numpy(),
            **{name: shown[name].to_numpy() for name in _COLUMNS},
        }
    )


def with_readmissions(quality: pd.DataFrame, discharges: pd.DataFrame) -> pd.DataFrame:
    """Return ``quality`` with the readmissions of its wards."""
    found = discharges.groupby(["institution_code", "month"])["readmissions"].sum()
    keys = pd.MultiIndex.from_frame(quality[["institution_code", "month"]])
    return quality.assign(readmissions=found.reindex(keys, fill_value=0).to_numpy())
