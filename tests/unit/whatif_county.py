"""A made-up county for the tests and the benchmark of the what-if models: any number of communities, two schemes, fixed seed."""

import numpy as np
import pandas as pd

from dashboard.catalogue.coefficients import load_coefficients
from dashboard.whatif.baseline import PLACES, SERVICE_KINDS, Baseline

SCHEMES = ("employee", "resident")
# Mean total cost per encounter (yuan) by kind and place: realistic orders of magnitude, nothing official.
UNIT_COST = np.array([[120, 280, 420], [110, 250, 380], [3200, 9800, 19000], [90, 90, 90]], dtype=float)
PAY_RATIO = np.array([[0.62, 0.52, 0.40], [0.66, 0.60, 0.48], [0.74, 0.64, 0.50], [0.35, 0.35, 0.35]])
PER_HEAD = np.array([[2.9, 2.0, 0.5], [0.8, 0.5, 0.05], [0.012, 0.075, 0.02], [1.2, 0.0, 0.0]])
GROUPS = tuple(f"G{number:03d}" for number in range(40))


def county(communities: int = 5, *, seed: int = 7, available_share: float | None = 1.2, **changes: object) -> Baseline:
    """Return a baseline of ``communities`` communities; ``available_share`` × spending is the county's fund (None: no county cap)."""
    random = np.random.default_rng(seed)
    names = [f"C{position + 1:03d}" for position in range(communities)]
    units, spending, outflows = [], [], []
    for name in names:
        score = float(np.round(random.uniform(72, 96), 1))
        for scheme in SCHEMES:
            people = int(random.integers(60_000, 180_000))
            visits = people * PER_HEAD * random.normal(1, 0.06, PER_HEAD.shape).clip(0.7, 1.3)
            cost = visits * UNIT_COST * random.normal(1, 0.05, PER_HEAD.shape).clip(0.8, 1.2)
            fund = cost * PAY_RATIO
            season = random.dirichlet(np.full(12, 60.0))
            for kind, kind_name in enumerate(SERVICE_KINDS):
                for place, place_name in enumerate(PLACES):
                    if visits[kind, place] > 0:
                        spending += [
                            (
                                name,
                                scheme,
                                kind_name,
                                place_name,
                                month + 1,
                                *(values[kind, place] * season[month] for values in (visits, cost, fund)),
                            )
                            for month in range(12)
                        ]
            total = cost.sum()
            units.append((name, scheme, total * 0.93, total * 0.99, total * 1.04, 0.05, 0.01, people, int(people * 0.4), 1.0, score))
            for group, capability, share in (("G001", "primary", 0.05), ("G002", "county", 0.20), ("G003", "county", 0.10)):
                outflows.append((name, scheme, group, capability, *(share * values[2, 2] for values in (visits, cost, fund))))
    unit_frame = pd.DataFrame(
        units,
        columns=[
            "community", "scheme", "cost_first", "cost_second", "cost_third", "volume_growth", "case_mix_growth",
            "insured", "contracted", "risk", "quality_score",
        ],
    )  # fmt: skip
    measures = ["encounters", "total_cost", "fund_paid"]
    spending_frame = pd.DataFrame(spending, columns=["community", "scheme", "service_kind", "place", "month", *measures])
    hospitals, points = _hospitals(names, spending_frame, random)
    paid = spending_frame.groupby("scheme")["fund_paid"].sum()
    given: dict[str, object] = {
        "data_version": "12",
        "year": 2026,
        "coefficients": load_coefficients(),
        "units": unit_frame,
        "spending": spending_frame,
        "available": {} if available_share is None else {scheme: float(paid[scheme] * available_share) for scheme in SCHEMES},
        "trend": pd.DataFrame(
            [(name, scheme, "inpatient", 0.03) for name in names for scheme in SCHEMES],
            columns=["community", "scheme", "service_kind", "trend"],
        ),
        "outflows": pd.DataFrame(outflows, columns=["community", "scheme", "disease_group", "capability", *measures]),
        "hospitals": hospitals,
        "group_points": points,
        "group_order": GROUPS,
    }
    return Baseline(**{**given, **changes})  # type: ignore[arg-type]


def _hospitals(names: list[str], spending: pd.DataFrame, random: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    inpatients = spending[(spending["service_kind"] == "inpatient") & (spending["place"] != "outside")]
    sums = inpatients.groupby(["community", "place"])[["total_cost", "fund_paid"]].sum()
    rows, points = [], []
    for name in names:
        for place, count, coefficient in (("county", 1, 1.05), ("primary", 4, 0.8)):
            cost, fund = sums.loc[(name, place)]
            for number in range(count):
                code = f"{name}-{place}-{number}"
                rows.append((code, name, place, coefficient, cost / count / 1000, fund / count, (cost - fund) / count))
                shares = random.dirichlet(np.ones(len(GROUPS)))
                points += [(code, group, cost / count / 100 * share) for group, share in zip(GROUPS, shares, strict=True)]
    columns = ["hospital", "community", "place", "coefficient", "bed_day_points", "fund_paid", "patient_paid"]
    return pd.DataFrame(rows, columns=columns), pd.DataFrame(points, columns=["hospital", "group", "points"])
