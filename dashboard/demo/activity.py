"""What institutions report of their work: outpatient visits, beds, inpatient quality. Built on the claims, so claims never exceed it.

The county's insured are part of all patients: visits and discharges are the claims plus people without county insurance.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World
from dashboard.demo.inpatient import open_beds, stay_factor

_FULL = 0.985
_EXTRA_BED_LIMIT = 1.06
GENERAL_CARE = "D20"


@dataclass(frozen=True, eq=False)
class Activity:
    """Counts by institution × month: all visits and discharges, and those of them that the claims hold; the bed table."""

    visits: np.ndarray
    insured_visits: np.ndarray
    discharges: np.ndarray
    insured_discharges: np.ndarray
    emergency: np.ndarray
    tcm: np.ndarray
    chronic: np.ndarray
    beds: pd.DataFrame


def _sum(world: World, cells: pd.DataFrame, values: np.ndarray) -> np.ndarray:
    """Return ``values`` of the cells summed by institution × month."""
    shape = (len(world.network.table), len(world.timeline.months))
    flat = np.bincount(
        cells["institution"].to_numpy() * shape[1] + cells["month"].to_numpy(), weights=values, minlength=shape[0] * shape[1]
    )
    return flat.reshape(shape)


def _outside_rate(world: World, inpatient: bool) -> np.ndarray:
    """Return patients without county insurance per insured one (institution)."""
    table, values = world.network.table, world.parameters.values
    rate = np.zeros(len(table))
    rate[world.network.of("hospital")] = world.parameters.hospitals["outside"]
    for level in ("station", "centre"):
        rule = values["inpatient"]["outside_per_insured_centre"] if inpatient else values["outpatient"]["outside_per_insured"][level]
        rate[world.network.of(level)] = rule
    return rate


def _with_outsiders(world: World, insured: np.ndarray, inpatient: bool) -> np.ndarray:
    noise = world.rng(f"outsiders {inpatient}").normal(1, 0.05, insured.shape)
    return insured + np.rint(insured * _outside_rate(world, inpatient)[:, None] * np.clip(noise, 0.8, 1.2)).astype(np.int64)


def activity(world: World, cells: pd.DataFrame) -> Activity:
    """Return the activity behind ``fact_outpatient`` and ``fact_bed``."""
    count = cells["encounters"].to_numpy(dtype=float)
    visit = cells["kind"].isin([1, 2]).to_numpy()
    group = np.where(visit, cells["group"] - world.inpatient_count, 0)
    groups = world.parameters.outpatient_groups
    insured_visits = _sum(world, cells, count * visit).astype(np.int64)
    insured_discharges = _sum(world, cells, count * (cells["kind"] == 0)).astype(np.int64)
    visits = _with_outsiders(world, insured_visits, inpatient=False)
    scale = np.divide(visits, insured_visits, out=np.zeros(visits.shape), where=insured_visits > 0)
    emergency = (groups["name"] == "急诊与外伤").to_numpy(dtype=float)
    chronic = groups["name"].isin(["高血压", "2型糖尿病"]).to_numpy() | (groups["service_kind"] == "chronic").to_numpy()
    return Activity(
        visits=visits,
        insured_visits=insured_visits,
        discharges=_with_outsiders(world, insured_discharges, inpatient=True),
        insured_discharges=insured_discharges,
        emergency=np.floor(_sum(world, cells, count * visit * emergency[group]) * scale),
        tcm=np.floor(_sum(world, cells, count * visit * groups["tcm"].to_numpy()[group]) * scale),
        chronic=np.floor(_sum(world, cells, count * visit * chronic[group]) * scale),
        beds=_bed_cells(world, cells),
    )


def _bed_cells(world: World, cells: pd.DataFrame) -> pd.DataFrame:
    """Return insured discharges and the bed-days they need by institution × department × month, complete over the months."""
    groups, net = world.parameters.inpatient_groups, world.network
    inpatient = cells[(cells["kind"] == 0) & net.table["in_county"].to_numpy()[cells["institution"]]]
    department = groups["department_code"].to_numpy()[inpatient["group"]]
    centre = net.table["level"].to_numpy()[inpatient["institution"]] == "centre"
    department = np.where(centre & (department != "D08"), GENERAL_CARE, department)
    stay = np.where(centre, world.parameters.values["inpatient"]["centre_stay"], 1.0) * stay_factor(world)[inpatient["month"]]
    needed = inpatient["encounters"] * groups["days"].to_numpy()[inpatient["group"]] * stay
    frame = inpatient[["institution", "month", "encounters"]].assign(department=department, needed=needed)
    summed = frame.groupby(["institution", "department", "month"])[["encounters", "needed"]].sum()
    pairs = summed.reset_index()[["institution", "department"]].drop_duplicates()
    index = pd.MultiIndex.from_frame(pairs.merge(pd.DataFrame({"month": range(len(world.timeline.months))}), how="cross"))
    return summed.reindex(index, fill_value=0).reset_index()


def _open(world: World, beds: pd.DataFrame) -> np.ndarray:
    """Return the open beds of each row of ``beds``: the institution's beds shared out by the bed-days its departments need."""
    total = np.zeros((len(world.network.table), len(world.timeline.months)))
    total[world.network.of("hospital")] = open_beds(world)
    total[world.network.of("centre")] = world.parameters.towns["centre_beds"].to_numpy()[:, None]
    need = beds.groupby(["institution", "department"])["needed"].transform("sum")
    share = need / beds.groupby("institution")["needed"].transform("sum")
    here = total[beds["institution"], beds["month"]]
    upper = (share.groupby([beds["institution"], beds["month"]]).cumsum() * here).round()
    return (upper - upper.groupby([beds["institution"], beds["month"]]).shift(fill_value=0)).clip(lower=1).to_numpy()


def _most(world: World, beds: pd.DataFrame) -> np.ndarray:
    """Return the highest occupancy of each row: below full, but for the planted 加床."""
    story = world.parameters.stories["extra_beds"]
    extra = beds["institution"] == list(world.network.codes).index(story["institution"])
    extra &= beds["department"].isin(story["departments"])
    months = world.timeline.months.get_indexer(pd.to_datetime(story["months"]))
    return np.where(extra & beds["month"].isin(months), _EXTRA_BED_LIMIT, _FULL)


def bed_table(world: World, done: Activity) -> pd.DataFrame:
    """Return ``fact_bed``: institution × department × month."""
    beds = done.beds
    rng = world.rng("beds")
    scale = np.divide(done.discharges, done.insured_discharges, out=np.ones(done.discharges.shape), where=done.insured_discharges > 0)
    factor = scale[beds["institution"], beds["month"]]
    upper = np.rint(beds.assign(all=beds["encounters"] * factor).groupby(["institution", "month"])["all"].cumsum())
    keys = [beds["institution"], beds["month"]]
    discharges = (upper - upper.groupby(keys).shift(fill_value=0)).astype("int64")
    beds_open = _open(world, beds)
    open_days = beds_open * world.timeline.days[beds["month"]]
    needed = beds["needed"] * factor * rng.normal(1, 0.012, len(beds))
    boost = np.where(_most(world, beds) > 1, np.maximum(1.03 * open_days / needed.clip(lower=1), 1), 1)
    occupied = np.minimum(needed * boost, _most(world, beds) * open_days)
    discharged = np.where(discharges > 0, np.maximum(occupied * rng.normal(0.992, 0.008, len(beds)), discharges), 0)
    occupied = np.maximum(occupied, np.where(discharges > 0, discharges, 0))
    present = (occupied / world.timeline.days[beds["month"]]).round()
    change = present - present.groupby([beds["institution"], beds["department"]]).shift().fillna(present)
    return pd.DataFrame(
        {
            "institution_code": world.network.codes[beds["institution"]],
            "department_code": beds["department"],
            "month": world.timeline.months[beds["month"]],
            "approved_beds": np.ceil(beds_open * 0.95).astype("int64"),
            "open_bed_days": open_days.astype("int64"),
            "occupied_bed_days": np.rint(occupied).astype("int64"),
            "admissions": (discharges + change).clip(lower=0).astype("int64"),
            "discharges": discharges,
            "discharged_bed_days": np.rint(discharged).astype("int64"),
        }
    )


def _booking_pool(world: World) -> np.ndarray:
    """Return what the common booking pool adds to the booked share, institution × month (planted effect)."""
    story = world.parameters.stories["booking_pool"]
    members = world.network.table["community"].to_numpy() == world.parameters.position(story["community"])
    return story["points"] * np.outer(members, world.timeline.months >= pd.Timestamp(story["from"]))


def _tcm_clinics(world: World) -> np.ndarray:
    """Return what the TCM clinics add to the share of TCM visits, institution × month (planted effect)."""
    story, added = world.parameters.stories["tcm_clinics"], np.zeros((len(world.network.codes), len(world.timeline.months)))
    towns, centres = world.parameters.towns["town_code"].tolist(), world.network.of("centre")
    for start, opened in story["starts"].items():
        for town in opened:
            added[centres[towns.index(town)], world.timeline.months >= pd.Timestamp(start)] = story["points"]
    return added


def _infusion_share(world: World) -> np.ndarray:
    """Return the share of visits with an infusion, institution × month; at one centre it jumps (planted effect)."""
    rule, story, table = world.parameters.values["infusion"], world.parameters.stories["infusions"], world.network.table
    rng, months = world.rng("infusions"), world.timeline.months
    level = table["level"].map(rule["share"]).fillna(0.0).to_numpy(dtype=float)
    own = rng.normal(1, rule["units"], len(table))[:, None] * rng.normal(1, rule["months"], (len(table), len(months)))
    told = np.outer((table["town_code"] == story["town"]) & (table["level"] == "centre"), months >= pd.Timestamp(story["from"]))
    return np.clip(level[:, None] * own * world.timeline.between(1.0, rule["reform"]) * np.where(told, story["factor"], 1.0), 0, 1)


def outpatient_table(world: World, done: Activity, referred: np.ndarray) -> pd.DataFrame:
    """Return ``fact_outpatient``; ``referred`` are the referrals that arrive (institution × month)."""
    inside = world.network.inside
    level = world.network.table["level"].to_numpy()[inside]
    booking = np.where(level == "hospital", 0.52, np.where(level == "centre", 0.34, 0.10))[:, None] * world.timeline.between(0.62, 1.0)
    visits = done.visits[inside]
    booking = np.clip(booking * world.rng("booking").normal(1, 0.02, visits.shape).clip(0.9, 1.1) + _booking_pool(world)[inside], 0, 1)
    booked = np.floor(visits * booking)
    tcm = np.minimum(done.tcm[inside] + np.floor(visits * _tcm_clinics(world)[inside]), visits)
    infusions = world.rng("infused visits").binomial(visits, _infusion_share(world)[inside])
    institution, month = np.divmod(np.arange(visits.size), visits.shape[1])
    return pd.DataFrame(
        {
            "institution_code": world.network.codes[inside][institution],
            "month": world.timeline.months[month],
            "visits": visits.ravel(),
            "emergency_visits": done.emergency[inside].ravel().astype("int64"),
            "appointment_visits": booked.ravel().astype("int64"),
            "referral_visits": np.minimum(referred[inside], visits).ravel().astype("int64"),
            "tcm_visits": tcm.ravel().astype("int64"),
            "chronic_visits": done.chronic[inside].ravel().astype("int64"),
            "infusion_visits": infusions.ravel(),
        }
    )


_MATCHED, _IN_THREE_DAYS, _RESCUES, _RESCUED, _IMPROVED, _LONG = 0.974, 0.934, 0.018, 0.915, 0.967, 0.006
_INFECTIONS, _DEATHS = 0.0095, 0.0034
_FALLS, _ULCERS, _DDDS = 0.00006, 0.000009, 0.38
"""Chances of a case (infections by its weight, deaths by the square of it), events and daily doses of a bed-day: invented [INFER]."""


def _three_axes(world: World, table: pd.DataFrame, discharges: np.ndarray, beds: pd.DataFrame) -> pd.DataFrame:
    """Return the optional columns of the three axes: diagnosis, treatment, suffering; drawn apart from all else."""
    rng = world.rng("three axes")
    days = beds.groupby(["institution_code", "month"])["occupied_bed_days"].sum()
    exposure = days.reindex(pd.MultiIndex.from_frame(table[["institution_code", "month"]]), fill_value=0).to_numpy(dtype=float)
    rescues = rng.binomial(discharges, _RESCUES)
    return table.assign(
        diagnosis_matched=rng.binomial(discharges, _MATCHED),
        diagnosed_in_three_days=rng.binomial(discharges, _IN_THREE_DAYS),
        rescues=rescues,
        rescued=rng.binomial(rescues, _RESCUED),
        improved=rng.binomial(discharges, _IMPROVED),
        falls=rng.poisson(exposure * _FALLS),
        pressure_ulcers=rng.poisson(exposure * _ULCERS),
        long_stays=rng.binomial(discharges, _LONG),
        antibiotic_ddds=np.round(exposure * _DDDS * rng.normal(1, 0.04, len(table)), 2),
    )


def _on_pathway(world: World, rows: np.ndarray, discharges: np.ndarray) -> np.ndarray:
    """Return the discharges managed by a clinical pathway; ``discharges`` are those of the institutions at ``rows`` by month."""
    rule, rng = world.parameters.values["pathway"], world.rng("pathways")
    share = np.array([world.timeline.between(*rule["share"][level]) for level in world.network.table["level"].to_numpy()[rows]])
    own = rng.normal(1, rule["units"], (len(rows), 1)) * rng.normal(1, rule["months"], discharges.shape)
    return rng.binomial(discharges, np.clip(share * own, 0, 1))


def quality_table(world: World, cells: pd.DataFrame, done: Activity, beds: pd.DataFrame) -> pd.DataFrame:
    """Return ``fact_inpatient_quality`` of the hospitals and of the centres that have beds; ``beds`` is ``fact_bed``."""
    groups, rng = world.parameters.inpatient_groups, world.rng("quality")
    inpatient = cells[cells["kind"] == 0]
    count, group = inpatient["encounters"].to_numpy(dtype=float), inpatient["group"].to_numpy()
    scale = np.divide(done.discharges, done.insured_discharges, out=np.zeros(done.discharges.shape), where=done.insured_discharges > 0)
    rows = np.flatnonzero((done.discharges.sum(axis=1) > 0) & np.isin(np.arange(len(scale)), world.network.inside))
    grade = groups["operation"].to_numpy()[group]
    hospital = world.network.table["level"].to_numpy()[inpatient["institution"]] == "hospital"

    def counted(weights: np.ndarray) -> np.ndarray:
        return (_sum(world, inpatient, count * weights) * scale)[rows]

    surgical = np.floor(counted(((grade > 0) & hospital).astype(float)))
    grade3, grade4 = np.floor(counted(((grade == 3) & hospital) * 0.82)), np.floor(counted(((grade == 4) & hospital) * 0.72))
    operations = np.floor(surgical * 1.14)
    low_risk = np.floor(counted(groups["low_risk"].to_numpy(dtype=float)[group]))
    discharges = done.discharges[rows]
    severity, low = groups["weight"].to_numpy(dtype=float)[group], groups["low_risk"].to_numpy(dtype=bool)[group]
    # By severity, so that a hospital of lighter cases is not taken for a better one.
    infected, dead = rng.poisson(counted(severity) * _INFECTIONS), rng.poisson(counted(np.where(low, 0.0, severity**2)) * _DEATHS)
    institution, month = np.divmod(np.arange(discharges.size), discharges.shape[1])
    table = pd.DataFrame(
        {
            "institution_code": world.network.codes[rows][institution],
            "month": world.timeline.months[month],
            "grouped_cases": np.floor(discharges * 0.985).ravel(),
            "case_weight_sum": (counted(groups["weight"].to_numpy()[group]) * 0.985).round(4).ravel(),
            "surgical_discharges": surgical.ravel(),
            "operations": operations.ravel(),
            "grade3_operations": grade3.ravel(),
            "grade4_operations": grade4.ravel(),
            "low_risk_cases": low_risk.ravel(),
            "low_risk_deaths": rng.binomial(low_risk.astype(int), 0.00012).ravel(),
            "deaths": dead.ravel(),
            "infections": infected.ravel(),
        }
    )
    table["deaths"] += table["low_risk_deaths"]
    whole = table.columns.drop(["institution_code", "month", "case_weight_sum"])
    table = _three_axes(world, table.astype(dict.fromkeys(whole, "int64")), discharges.ravel(), beds)
    return table.assign(pathway_cases=_on_pathway(world, rows, discharges).ravel())
