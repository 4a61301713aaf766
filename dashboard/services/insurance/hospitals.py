"""The inpatient pool of a county as the chain reads it: points of each institution, and which groups vary least between hospitals."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from dashboard.store.codes import PRIMARY_KINDS
from dashboard.whatif.baseline import GROUP_POINT_COLUMNS, HOSPITAL_COLUMNS
from dashboard.whatif.drg_base import difference_coefficients, spread_between_hospitals

BED_DAY = "bed_day"
# Recorded points that differ less than this from base points · cases carry no difference coefficient.
_NO_DIFFERENCE = 0.005


@dataclass(frozen=True, eq=False)
class Pool:
    """``hospitals`` and ``group_points`` as ``Baseline`` wants them, the groups from least to most variation.

    ``recorded``: the difference coefficients are read off the recorded points; else they are built from past cost and case mix.
    ``cases``: inpatients of the base year by institution, however they are paid for.
    """

    hospitals: pd.DataFrame
    group_points: pd.DataFrame
    group_order: tuple[str, ...]
    recorded: bool = True
    cases: pd.Series = field(default_factory=lambda: pd.Series(dtype=float))


NO_POOL = Pool(pd.DataFrame(columns=list(HOSPITAL_COLUMNS)), pd.DataFrame(columns=list(GROUP_POINT_COLUMNS)), ())


def inpatient_pool(rows: pd.DataFrame, institutions: pd.DataFrame) -> Pool:
    """Return the pool of ``rows`` (``insurance/hospital_groups``).

    The difference coefficient of an institution is read off its own points: recorded points ÷ (base points · cases). Where the recorded
    points carry none, it is built by the 2025 rule from tier, past cost, case mix and patients' share (``drg_base``). Points of a group
    are base points · cases, or the recorded points where the group has no base points.
    """
    if rows.empty:
        return NO_POOL
    numbers = ["base_points", "encounters", "total_cost", "fund_paid", "patient_paid", "drg_points"]
    rows = rows.assign(**{name: pd.to_numeric(rows[name], errors="coerce").astype(float) for name in numbers})
    grouped, bed_days = rows[rows["group_kind"] != BED_DAY].copy(), rows[rows["group_kind"] == BED_DAY]
    plain = grouped["base_points"] * grouped["encounters"]
    grouped["points"] = plain.fillna(grouped["drg_points"]).fillna(0.0)
    paid = rows.groupby("institution_code")[["fund_paid", "patient_paid"]].sum()
    both = grouped[plain.notna() & grouped["drg_points"].notna()].groupby("institution_code")[["drg_points", "points"]].sum()
    coefficient = (both["drg_points"] / both["points"].where(both["points"] > 0)).dropna()
    recorded = bool(((coefficient - 1).abs() > _NO_DIFFERENCE).any())
    if not recorded:
        coefficient = _built_coefficients(grouped, institutions)
    hospitals = paid.assign(
        coefficient=coefficient.reindex(paid.index).fillna(1.0),
        bed_day_points=bed_days.groupby("institution_code")["drg_points"].sum().reindex(paid.index).fillna(0.0),
        community=institutions["community_code"].reindex(paid.index),
        place=["primary" if kind in PRIMARY_KINDS else "county" for kind in institutions["kind"].reindex(paid.index)],
    )
    hospitals = hospitals.rename_axis("hospital").reset_index()[list(HOSPITAL_COLUMNS)]
    points = grouped.rename(columns={"institution_code": "hospital", "disease_group_code": "group"})[list(GROUP_POINT_COLUMNS)]
    return Pool(hospitals, points, _by_variation(grouped), recorded, rows.groupby("institution_code")["encounters"].sum())


def _built_coefficients(rows: pd.DataFrame, institutions: pd.DataFrame) -> "pd.Series[float]":
    """Return difference coefficients from past data, scaled so that they leave the sum of all points as it is.

    Grade: cost per point of all institutions of the same tier; cost: of the institution itself; visits per person is not collected and
    counts as average.
    """
    sums = rows.groupby("institution_code")[["points", "encounters", "total_cost", "patient_paid"]].sum()
    sums = sums[(sums > 0).all(axis=1)]
    if sums.empty:
        return pd.Series(dtype=float)
    tier = institutions["tier"].reindex(sums.index).fillna("")
    tiers = sums.groupby(tier)[["total_cost", "points"]].transform("sum")
    table = pd.DataFrame(
        {
            "hospital": sums.index,
            "grade": tiers["total_cost"] / tiers["points"],
            "cost": sums["total_cost"] / sums["points"],
            "case_mix": sums["points"] / sums["encounters"],
            "visits_per_person": 1.0,
            "burden": sums["patient_paid"] / sums["total_cost"],
        }
    )
    built = pd.Series(difference_coefficients(table))
    return built / np.average(built, weights=sums["points"])


def _by_variation(rows: pd.DataFrame) -> tuple[str, ...]:
    """Return the groups by the spread of mean cost between institutions, the least first; those of one institution only at the end."""
    sums = rows.groupby(["disease_group_code", "institution_code"])[["total_cost", "encounters"]].sum()
    means = (sums["total_cost"] / sums["encounters"].where(sums["encounters"] > 0)).unstack("institution_code")
    return tuple(map(str, spread_between_hospitals(means).sort_values(kind="stable", na_position="last").index))
