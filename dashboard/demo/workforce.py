"""Staff: ``fact_workforce`` by quarter, and the physicians and wages that other tables rest on."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.demo.encounters import World
from dashboard.demo.inpatient import open_beds
from dashboard.store.codes import AGE_BAND, EDUCATION, SEX, TITLE

_CATEGORY_TITLES = {
    "hospital": {"senior": 0.09, "associate": 0.19, "intermediate": 0.36, "junior": 0.36},
    "centre": {"senior": 0.015, "associate": 0.10, "intermediate": 0.37, "junior": 0.515},
    "station": {"intermediate": 0.22, "junior": 0.78},
}
_TITLE_EDUCATION = {
    "hospital": {"postgraduate": 0.20, "bachelor": 0.60, "college": 0.17, "secondary": 0.03},
    "centre": {"postgraduate": 0.03, "bachelor": 0.49, "college": 0.37, "secondary": 0.11},
    "station": {"bachelor": 0.16, "college": 0.50, "secondary": 0.34},
}
_AGES = {
    "senior": {"45_54": 0.45, "55_59": 0.45, "60_over": 0.10},
    "associate": {"35_44": 0.30, "45_54": 0.50, "55_59": 0.20},
    "intermediate": {"under_35": 0.22, "35_44": 0.52, "45_54": 0.22, "55_59": 0.04},
    "junior": {"under_35": 0.70, "35_44": 0.20, "45_54": 0.08, "55_59": 0.02},
    "none": {"under_35": 0.35, "35_44": 0.33, "45_54": 0.24, "55_59": 0.08},
}
_FEMALE = {"nurse": 0.97, "physician": 0.47, "gp_registered": 0.55, "non_health": 0.52}
_NO_TITLE = ("non_health",)


@dataclass(frozen=True, eq=False)
class Staffing:
    """``table`` is ``fact_workforce``; ``wages`` is the wage income in cents by institution × quarter."""

    table: pd.DataFrame
    wages: np.ndarray


def _heads(world: World) -> dict[str, np.ndarray]:
    """Return the headcount aimed at by category: institution at the end of the months."""
    rule, net = world.parameters.values["staff"], world.network
    heads: dict[str, np.ndarray] = {}
    beds = open_beds(world)[:, -1]
    people = world.parameters.towns["residents"].to_numpy(dtype=float)
    small = np.where(people < 20, 1.5, 1.0)
    sources = (
        ("hospital", rule["hospital_per_bed"], beds * world.parameters.hospitals["staff"].to_numpy()),
        ("centre", rule["centre_per_thousand"], people * small),
        ("station", rule["station"], np.ones(len(net.of("station")))),
    )
    for level, shares, size in sources:
        for category, share in shares.items():
            heads.setdefault(category, np.zeros(len(net.table)))[net.of(level)] = share * size
    return heads


def _profile(level: str, category: str) -> pd.DataFrame:
    """Return the shares of title × education × age × sex of a category at a level, small cells left out."""
    titles = {"none": 1.0} if category in _NO_TITLE else _CATEGORY_TITLES[level]
    female = _FEMALE.get(category, 0.62)
    rows = [
        (title, education, age, sex, share * study * band * of_sex)
        for title, share in titles.items()
        for education, study in _TITLE_EDUCATION[level].items()
        for age, band in _AGES[title].items()
        for sex, of_sex in (("female", female), ("male", 1 - female))
    ]
    return pd.DataFrame(rows, columns=["title", "education", "age_band", "sex", "share"])


def _members(world: World) -> pd.DataFrame:
    """Return the staff at the end of the months, one row for each institution and profile with its headcount."""
    rng, frames = world.rng("staff"), []
    level_of = world.network.table["level"].to_numpy()
    for category, heads in _heads(world).items():
        for level in ("hospital", "centre", "station"):
            profile = _profile(level, category)
            for institution in np.flatnonzero((level_of == level) & (heads > 0)):
                size = int(np.floor(heads[institution] + rng.random()))
                counts = rng.multinomial(size, profile["share"] / profile["share"].sum())
                kept = counts > 0
                frames.append(
                    profile.loc[kept, ["title", "education", "age_band", "sex"]].assign(
                        institution=institution, category=category, heads=counts[kept]
                    )
                )
    return pd.concat(frames, ignore_index=True)


def _ordered(frame: pd.DataFrame) -> pd.DataFrame:
    for name, codes in (("title", TITLE), ("education", EDUCATION), ("age_band", AGE_BAND), ("sex", SEX)):
        frame[name] = pd.Categorical(frame[name], categories=list(codes))
    return frame.sort_values(["quarter", "institution", "category", "title", "education", "age_band", "sex"], ignore_index=True)


def _by_quarter(world: World) -> pd.DataFrame:
    """Return the members of every quarter, fewer the further back it lies."""
    rule, quarters, members = world.parameters.values["staff"], world.timeline.quarters, _members(world)
    frames = []
    for place, quarter in enumerate(quarters):
        years = (len(quarters) - 1 - place) / 4
        noise = world.rng(f"staff {place}").random(len(members))
        heads = np.floor(members["heads"] * (1 - rule["yearly_growth"]) ** years + noise).astype("int64")
        frames.append(members.assign(quarter=quarter, heads=np.minimum(heads, members["heads"]))[heads > 0])
    return _ordered(pd.concat(frames, ignore_index=True))


def _wage_income(world: World, table: pd.DataFrame, level: pd.Series) -> np.ndarray:
    """Return the quarter's wage income of each row in cents: by category, title, level, year and reform."""
    rule, quarter = world.parameters.values["staff"], pd.DatetimeIndex(table["quarter"])
    ramp = world.timeline.ramp[world.timeline.months.get_indexer(quarter.shift(2, "MS"))]
    years = (quarter - pd.Timestamp("2025-01-01")).days.to_numpy() / 365.25
    wage = table["category"].map(rule["wage"]) * level.map(rule["wage_level"]) * table["title"].astype(str).map(rule["title_factor"])
    wage = wage * (1 + rule["wage_growth"]) ** years * (1 + level.map(rule["wage_reform"]) * ramp)
    return np.rint(wage * table["heads"] * 100).to_numpy().astype(np.int64)


def staffing(world: World) -> Staffing:
    """Return the staff of every quarter with its wages and posts."""
    table, quarters = _by_quarter(world), world.timeline.quarters
    level = pd.Series(world.network.table["level"].to_numpy()[table["institution"]])
    income = _wage_income(world, table, level)
    wages = np.zeros((len(world.network.table), len(quarters)), dtype=np.int64)
    np.add.at(wages, (table["institution"].to_numpy(), quarters.get_indexer(pd.DatetimeIndex(table["quarter"]))), income)
    posts = world.rng("posts").binomial(table["heads"], level.map({"hospital": 0.72, "centre": 0.80, "station": 0.35}))
    columns = ["category", "title", "education", "age_band", "sex", "quarter"]
    result = table[columns].assign(
        institution_code=world.network.codes[table["institution"]], headcount=table["heads"], establishment_posts=posts, wage_income=income
    )
    return Staffing(table=result, wages=wages)
