"""Questions about figures that look too good, or too odd, to be true: for the centre to answer, never a verdict."""

import datetime
from dataclasses import dataclass
from functools import partial

import pandas as pd

from dashboard.analysis.contracts import authenticity
from dashboard.catalogue.contracts import contract_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.contracts.care import programme_rows
from dashboard.services.contracts.coverage import contract_rows

_RECENT = 12


@dataclass(frozen=True)
class Question:
    """One question to one centre: its key (``analysis.contracts.QUESTIONS``), the newest month concerned, how many months, value, limit.

    ``programme`` is the public-health programme that it is about, empty for contracts. Values are shares (0–1), months for
    ``same``, people for ``falling``.
    """

    centre: str
    name: str
    community: str
    question: str
    programme: str
    month: datetime.date
    months: int
    value: float
    limit: float


@dataclass(frozen=True)
class Questions:
    """The questions of the last twelve months, the newest first, and how many checks were made: centre × month with figures × rule."""

    asked: tuple[Question, ...]
    checks: int


@cached(max_entries=16)
def questions(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> Questions:
    """Return what to ask about the twelve months that end with ``month``."""
    lines = contract_settings()
    asked_of = partial(authenticity, jump=lines.jump, equal_months=lines.equal_months, december=lines.december, least=lines.least_people)
    rows, care = _of(contract_rows(database, month), community), _of(programme_rows(database, month), community)
    rows = rows[rows["population_group"] == "all"]
    contracts = rows.rename(columns={"institution_code": "unit"})[["unit", "month", "contracted", "fulfilled"]]
    found = [asked_of(contracts).assign(programme="")]
    checks = 5 * _recent(contracts.dropna(subset=["contracted"]), month)
    for disease in lines.prevalence:
        own = care[care["programme"] == disease].rename(columns={"institution_code": "unit"})
        both = own[["unit", "month", "managed", "controlled"]].merge(contracts, on=["unit", "month"], how="left")
        asked = asked_of(both)
        found.append(asked[asked["question"] == "controlled"].assign(programme=disease))
        checks += _recent(own.dropna(subset=["managed", "controlled"]), month)
    about = pd.concat([rows, care]).drop_duplicates("institution_code").set_index("institution_code")[["name", "community"]]
    table = pd.concat(found, ignore_index=True)
    table = table[table["month"] > pd.Timestamp(month) - pd.DateOffset(months=_RECENT)]
    table = table.join(about, on="unit")
    return Questions(tuple(_question(part) for _key, part in table.groupby(["unit", "question", "programme"], sort=False)), checks)


def _of(rows: pd.DataFrame, community: str | None) -> pd.DataFrame:
    return rows if community is None else rows[rows["community"] == community]


def _recent(rows: pd.DataFrame, month: datetime.date) -> int:
    return int((rows["month"] > pd.Timestamp(month) - pd.DateOffset(months=_RECENT)).sum())


def _question(part: pd.DataFrame) -> Question:
    newest = part.sort_values("month").iloc[-1]
    return Question(
        centre=str(newest["unit"]),
        name=str(newest["name"]),
        community=str(newest["community"]),
        question=str(newest["question"]),
        programme=str(newest["programme"]),
        month=newest["month"].date(),
        months=len(part),
        value=float(newest["value"]),
        limit=float(newest["limit"]),
    )
