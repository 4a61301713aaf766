"""Drugs by class, their supply, prescription review, and conduct in points: the optional tables of 运行监测, with their planted stories."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World

_CENTS = 100


def _reporters(world: World) -> np.ndarray:
    return np.concatenate([world.network.of("hospital"), world.network.of("centre")])


def _size(world: World) -> np.ndarray:
    return np.where(world.network.table["level"].to_numpy()[_reporters(world)] == "hospital", 1.0, 0.09)


def _told(world: World, story: str) -> np.ndarray:
    """Return reporters × months: where and when a story of ``stories.yaml`` is told."""
    told = world.parameters.stories[story]
    rows = _reporters(world)
    if "institution" in told:
        here = world.network.codes[rows] == told["institution"]
    else:
        level = world.network.table["level"].to_numpy()[rows]
        here = (world.network.table["town_code"].to_numpy()[rows] == told["town"]) & (level == "centre")
    return np.outer(here, world.timeline.months >= pd.Timestamp(told["from"]))


def drug_tables(world: World) -> dict[str, pd.DataFrame]:
    """Return ``dim_drug_class``, ``dim_drug_list``, ``fact_drug_use`` and ``fact_drug_supply``; amounts in cents."""
    known, line, net = world.parameters.values["drugs"], world.timeline, world.network
    classes, rng = pd.DataFrame(known["classes"]), world.rng("drugs")
    rows, size = _reporters(world), _size(world)
    shape = (len(rows), len(classes), len(line.months))
    level = size[:, None, None] * classes["share"].to_numpy(dtype=float)[None, :, None] * known["amount"]
    season = line.activity("steady", "outpatient") / line.days * 30.4
    amount = level * season * line.growth(0.02) * rng.normal(1, 0.03, shape)
    monitored = classes["code"].isin([each["class"] for each in known["lists"] if each["kind"] == "monitored"]).to_numpy()
    more = world.parameters.stories["monitored_drug"]["factor"]
    amount = np.where(_told(world, "monitored_drug")[:, None, :] & monitored[None, :, None], amount * more, amount)
    place, kind, month = (index.ravel() for index in np.indices(shape))
    keys = {"institution_code": net.codes[rows][place], "drug_class_code": classes["code"].to_numpy()[kind], "month": line.months[month]}
    cents = np.rint(amount.ravel() * _CENTS).astype("int64")
    use = pd.DataFrame(
        {**keys, "amount": cents, "ddd": (amount / 9.0).ravel().round(2), "items": np.rint(amount / 60).astype("int64").ravel()}
    )
    lists = pd.DataFrame(known["lists"]).rename(
        columns={"class": "drug_class_code", "kind": "list_kind", "version": "list_version", "from": "valid_from", "to": "valid_to"}
    )
    return {
        "dim_drug_class": classes[["code", "name"]].rename(columns={"code": "drug_class_code"}),
        "dim_drug_list": lists.assign(valid_from=pd.to_datetime(lists["valid_from"]), valid_to=pd.to_datetime(lists["valid_to"])),
        "fact_drug_use": use,
        "fact_drug_supply": _supply(world, use, shape),
    }


def _supply(world: World, use: pd.DataFrame, shape: tuple[int, ...]) -> pd.DataFrame:
    """Return what was agreed, used, due and paid; only classes on the central list have an agreed volume."""
    rng, known = world.rng("drug supply"), world.parameters.values["drugs"]
    central = use["drug_class_code"].isin([each["class"] for each in known["lists"] if each["kind"] == "central"])
    agreed = (use["ddd"] * 0.96).round(2)
    used = (agreed * rng.normal(1.06, 0.02, len(use))).round(2)
    late = np.repeat(_told(world, "late_payment")[:, None, :], shape[1], axis=1).ravel()
    share = np.clip(np.where(late, world.parameters.stories["late_payment"]["share"], 0.99) + rng.normal(0, 0.003, len(use)), 0, 1)
    return use[["institution_code", "drug_class_code", "month"]].assign(
        agreed_volume=agreed.where(central),
        used_volume=used.where(central),
        due=use["amount"],
        paid_on_time=np.rint(use["amount"] * share).astype("int64"),
    )


def review_table(world: World) -> pd.DataFrame:
    """Return ``fact_prescription_review`` of hospitals and centres."""
    rng, rows, line = world.rng("prescription review"), _reporters(world), world.timeline
    usual, told = world.parameters.values["unreasonable"], world.parameters.stories["unreasonable_prescribing"]
    reviewed = rng.integers(
        np.where(_size(world) == 1, 700, 140)[:, None], np.where(_size(world) == 1, 1_100, 220)[:, None], (len(rows), len(line.months))
    )
    share = np.where(_told(world, "unreasonable_prescribing"), told["share"], usual)
    unreasonable = rng.binomial(reviewed, share)
    place, month = np.divmod(np.arange(reviewed.size), len(line.months))
    return pd.DataFrame(
        {
            "institution_code": world.network.codes[rows][place],
            "month": line.months[month],
            "reviewed": reviewed.ravel(),
            "unreasonable": unreasonable.ravel(),
            "intervened": rng.binomial(unreasonable, 0.8).ravel(),
        }
    )


def points_table(world: World) -> pd.DataFrame:
    """Return the rows of ``fact_conduct`` that count in points; staff with points are counted, never named."""
    rng, rows, line = world.rng("points"), _reporters(world), world.timeline
    told = world.parameters.stories["points"]
    frames = []
    for kind, level in world.parameters.values["points"].items():
        rate = np.where(_size(world) == 1, 1.0, 0.1)[:, None] * level * np.ones(len(line.months))
        cases = rng.poisson(np.where(_told(world, "points"), told["cases"], rate))
        place, month = np.divmod(np.arange(cases.size), len(line.months))
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": world.network.codes[rows][place],
                    "kind": kind,
                    "month": line.months[month],
                    "cases": cases.ravel(),
                    "demerit_points": cases.ravel().astype(float),
                    "people_with_points": np.minimum(cases, rng.integers(1, 6, cases.shape)).ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)
