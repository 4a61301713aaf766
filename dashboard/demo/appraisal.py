"""Satisfaction surveys, conduct cases and the appraisal results."""

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World


def _reporters(world: World) -> np.ndarray:
    return np.concatenate([world.network.of("hospital"), world.network.of("centre")])


def survey_table(world: World) -> pd.DataFrame:
    """Return ``fact_survey`` of hospitals and centres by quarter; inpatients are asked where there are beds."""
    rng, net, quarters = world.rng("survey"), world.network, world.timeline.quarters
    rows = _reporters(world)
    hospital = (net.table["level"].to_numpy() == "hospital")[rows]
    beds = np.concatenate([np.ones(len(net.of("hospital"))), world.parameters.towns["centre_beds"].to_numpy()]) > 0
    effect = rng.normal(0, 0.018, len(rows))[:, None]
    time = np.linspace(-0.012, 0.012, len(quarters))
    frames = []
    for respondent, level in world.parameters.values["satisfaction"].items():
        asked = beds if respondent == "inpatient" else ~hospital if respondent == "resident" else np.ones(len(rows), dtype=bool)
        surveyed = rng.integers(
            np.where(hospital, 220, 60)[asked][:, None], np.where(hospital, 420, 140)[asked][:, None], (asked.sum(), len(quarters))
        )
        satisfied = rng.binomial(surveyed, np.clip(level + effect[asked] + time, 0, 1))
        place, quarter = np.divmod(np.arange(surveyed.size), len(quarters))
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": net.codes[rows[asked]][place],
                    "respondent": respondent,
                    "quarter": quarters[quarter],
                    "surveyed": surveyed.ravel(),
                    "satisfied": satisfied.ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def conduct_table(world: World) -> pd.DataFrame:
    """Return ``fact_conduct`` of hospitals and centres; a month without a case is reported as zero."""
    rng, net, line = world.rng("conduct"), world.network, world.timeline
    rows = _reporters(world)
    size = np.where(net.table["level"].to_numpy()[rows] == "hospital", 1.0, 0.22)
    frames = []
    for kind, (level, points) in world.parameters.values["conduct"].items():
        cases = rng.poisson(size[:, None] * level * line.between(1.15, 0.85))
        place, month = np.divmod(np.arange(cases.size), len(line.months))
        codes = net.codes[rows][place]
        frames.append(
            pd.DataFrame(
                {
                    "institution_code": codes,
                    "kind": kind,
                    "month": line.months[month],
                    "cases": cases.ravel(),
                    "demerit_points": (cases * points).ravel(),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


def assessment_table(world: World) -> pd.DataFrame:
    """Return ``fact_assessment``: grades A, B, C for criteria, numbers for the rest."""
    communities = world.parameters.communities["community_code"].tolist()
    long = world.parameters.assessments.melt(
        id_vars=["catalogue", "item", "month"], value_vars=communities, var_name="community_code", value_name="result"
    )
    graded = long["result"].isin(["A", "B", "C"])
    return long.assign(
        grade=long["result"].where(graded),
        value=pd.to_numeric(long["result"].where(~graded)),
        month=pd.to_datetime(long["month"]),
        evidence="演示数据，无佐证材料",
        assessor="演示评定组",
    ).drop(columns="result")
