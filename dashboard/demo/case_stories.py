"""Planted stories of 费用与质量 that move cases from one disease group to another: case mix, and coding. Everybody else's figures stay.

They work on finished claims with random numbers of their own, so that no draw of another topic changes.
"""

from typing import Any

import numpy as np
import pandas as pd

from dashboard.demo.encounters import AXES, World

_MONEY = ("total_cost", "eligible_cost", "fund_paid")
_KEY = [*AXES, "kind"]
_ORDER = ["month", "institution", "kind", "group", "town", "scheme"]


def _late(world: World, rows: pd.DataFrame, story: dict[str, Any]) -> np.ndarray:
    """Return which rows are of the institution and the months of a story."""
    here = rows["institution"].to_numpy() == list(world.network.codes).index(story["institution"])
    return here & (rows["month"].to_numpy() >= world.timeline.months.get_loc(pd.Timestamp(story["from"])))


def _position(world: World, code: str) -> int:
    return int(world.groups["disease_group_code"].tolist().index(code))


def _moved(world: World, rows: pd.DataFrame, count: np.ndarray, group: np.ndarray, weight: np.ndarray, price: np.ndarray) -> pd.DataFrame:
    """Return ``rows`` with ``count`` of the cases of each in ``group``.

    Of a row's money the moved cases take a part that goes by ``weight`` (what one of them costs against one that stays), times ``price``.
    """
    left = rows["encounters"].to_numpy() - count
    part = np.divide(count * weight, count * weight + left, out=np.zeros(len(rows)), where=rows["encounters"].to_numpy() > 0)
    taken = {name: np.rint(rows[name].to_numpy() * part).astype(np.int64) for name in _MONEY}
    stay = rows.assign(encounters=left, **{name: rows[name].to_numpy() - taken[name] for name in _MONEY})
    go = rows.assign(encounters=count, group=group, **{name: np.rint(taken[name] * price).astype(np.int64) for name in _MONEY})
    both = pd.concat([stay[left > 0], go[count > 0]], ignore_index=True)
    both["patient_paid"] = both["total_cost"] - both["fund_paid"]
    points = world.groups["base_points"].to_numpy()[both["group"]] * both["encounters"]
    both["drg_points"] = np.where(both["drg_points"].notna(), np.round(points, 4), np.nan)
    return both.groupby(_KEY, as_index=False)[["encounters", *_MONEY, "patient_paid", "drg_points"]].sum(min_count=1)


def _with(claims: pd.DataFrame, touched: np.ndarray, new: pd.DataFrame) -> pd.DataFrame:
    whole = pd.concat([claims[~touched], new.astype(claims.dtypes.to_dict())[claims.columns]], ignore_index=True)
    return whole.sort_values(_ORDER, kind="stable", ignore_index=True)


def with_other_patients(world: World, claims: pd.DataFrame) -> pd.DataFrame:
    """Return ``claims`` with the case-mix story: a hospital that treats costlier diseases at the cost that they always had."""
    story = world.parameters.stories["case_mix"]
    old, new = _position(world, story["group"]), _position(world, story["becomes"])
    touched = _late(world, claims, story) & (claims["kind"] == 0).to_numpy() & claims["group"].isin([old, new]).to_numpy()
    rows = claims[touched]
    share = np.where(rows["group"] == old, story["share"], 0.0)
    count = world.rng("case mix story").binomial(rows["encounters"], share)
    cost = world.groups["cost"].to_numpy(dtype=float)
    ones = np.ones(len(rows))
    return _with(claims, touched, _moved(world, rows, count, np.full(len(rows), new), ones, ones * cost[new] / cost[old]))


def with_severity(world: World, claims: pd.DataFrame) -> pd.DataFrame:
    """Return ``claims`` with severe cases in groups of their own, and the coding story: far more of them, at no more cost."""
    story, groups = world.parameters.stories["coding"], world.parameters.inpatient_groups
    pairs = groups[groups["core_group"].notna()].sort_values("weight").groupby("core_group")["disease_group_code"].agg(["first", "last"])
    severe = {_position(world, mild): _position(world, hard) for mild, hard in zip(pairs["first"], pairs["last"], strict=True)}
    hospital = (world.network.table["level"] == "hospital").to_numpy()[claims["institution"]]
    touched = hospital & (claims["kind"] == 0).to_numpy() & claims["group"].isin(list(severe)).to_numpy()
    rows = claims[touched]
    rng, late = world.rng("coding story"), _late(world, rows, story)
    usual = rng.binomial(rows["encounters"], story["usual"])
    more = rng.binomial(rows["encounters"] - usual, np.where(late, (story["share"] - story["usual"]) / (1 - story["usual"]), 0.0))
    target = rows["group"].map(severe).to_numpy()
    weights = world.groups["case_weight"].to_numpy(dtype=float)
    ratio = weights[target] / weights[rows["group"]]
    count = usual + more
    weight = np.divide(usual * ratio + more, count, out=np.ones(len(rows)), where=count > 0)
    return _with(claims, touched, _moved(world, rows, count, target, weight, np.ones(len(rows))))
