"""Chronic care as a chain from estimated prevalence to control, and the other programmes of basic public health."""

import datetime
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from dashboard.analysis.contracts import care_chain, four_way_split
from dashboard.analysis.periods import shift_months
from dashboard.analysis.sequences import ratio
from dashboard.analysis.small_counts import Guard, People
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.catalogue.contracts import contract_settings
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.contracts.coverage import shown_months
from dashboard.store.query import run_query

_MEASURES = ["eligible", "managed", "managed_to_standard", "controlled", "missed", "no_reading", "new_3m"]
_SPLIT = ("missed", "no_reading", "new_3m")
REACHED = Guard(
    (
        People("eligible", totalled=False),
        People("managed", part_of="eligible", totalled=False),
        People("managed_to_standard", part_of="managed", totalled=False),
    ),
    {"managed_share": ("eligible", "managed"), "standard_share": ("managed", "managed_to_standard")},
)
"""Programmes reach the same people several times: their sum is shown nowhere."""
STEPS = Guard(
    (
        People("registered", totalled=False),
        People("managed", part_of="registered", totalled=False),
        People("to_standard", part_of="managed", totalled=False),
        People("controlled", part_of="managed", totalled=False),
        People("new", part_of="managed", totalled=False),
    ),
    {
        "managed_share": ("registered", "managed"),
        "to_standard_share": ("managed", "to_standard"),
        "controlled_share": ("managed", "controlled"),
        "end_to_end": ("registered", "controlled"),
        "of_estimated": ("controlled",),
        "base": ("managed", "new"),
    },
)
"""The steps of one chain; its shares, and how many were managed for longer than three months."""
SPLIT = Guard(
    (
        People("base", totalled=False),
        *(People(name, part_of="base", totalled=False) for name in ("controlled", "not_controlled", "missed", "no_reading")),
    )
)
"""The people of the four-way split."""


@dataclass(frozen=True, eq=False)
class Chain:
    """One chronic disease in a month: people at each step, and shares.

    ``estimated`` is adults × prevalence, both assumptions (``contracts.yaml``), missing without a population; ``registered`` is the column
    *eligible* of the county's return. ``shares``: managed_share (÷ registered), to_standard_share, controlled_share (÷ managed), end_to_end
    (controlled ÷ registered); ``of_estimated`` is controlled ÷ estimated. ``split`` are the four shares of those managed for longer than
    three months, empty where the county does not report visits missed and without reading; ``base`` and ``new`` are its people.
    """

    disease: str
    adults: float
    prevalence: float
    estimated: float
    registered: float
    managed: float
    to_standard: float
    controlled: float
    shares: pd.Series
    of_estimated: float
    split: pd.Series
    base: float
    new: float


@cached(max_entries=8)
def programme_rows(database: ReportingDatabase, month: datetime.date) -> pd.DataFrame:
    """Return ``fact_public_health`` as ``shown_months`` does."""
    return shown_months(database, "contracts/programmes", month, _MEASURES)


def _residents(database: ReportingDatabase, month: datetime.date, community: str | None) -> float:
    """Return the residents of the newest year up to ``month`` that every town of the area reported; missing without one."""
    rows = run_query(database, "contracts/residents", first_year=month.year - 2, last_year=month.year)
    towns = directory(database).towns
    wanted = towns.index[towns["community_code"] == community] if community is not None else towns.index
    known = rows[rows["town_code"].isin(wanted)].dropna(subset=["resident"])
    complete = known.groupby("year")["town_code"].nunique()
    years = complete.index[complete == len(wanted)]
    return float(known.loc[known["year"] == years.max(), "resident"].sum()) if len(years) else float("nan")


def _here(database: ReportingDatabase, month: datetime.date, community: str | None) -> pd.DataFrame:
    rows = programme_rows(database, month)
    rows = rows[rows["month"] == pd.Timestamp(month)]
    return rows if community is None else rows[rows["community"] == community]


@cached()
def chains(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> tuple[Chain, ...]:
    """Return the chain of each disease of the settings that was reported in ``month``."""
    lines, rows = contract_settings(), _here(database, month, community)
    adults = _residents(database, month, community) * lines.adult_share
    found = []
    for disease, prevalence in lines.prevalence.items():
        own = rows[rows["programme"] == disease]
        if own.empty:
            continue
        sums = own[_MEASURES].sum(min_count=1).rename({"managed_to_standard": "to_standard"})
        shares = care_chain(sums[["eligible", "managed", "to_standard", "controlled"]].to_frame().T).iloc[0]
        split, base = pd.Series(dtype="float64"), float("nan")
        if own[list(_SPLIT)].notna().all(axis=None):
            whole = four_way_split(sums.rename({"managed": "registered"}).to_frame().T).iloc[0]
            base, split = float(whole["base"]), whole.drop("base")
        estimated = adults * prevalence
        found.append(
            Chain(
                disease=disease,
                adults=adults,
                prevalence=prevalence,
                estimated=estimated,
                registered=float(sums["eligible"]),
                managed=float(sums["managed"]),
                to_standard=float(sums["to_standard"]),
                controlled=float(sums["controlled"]),
                shares=shares,
                of_estimated=float(sums["controlled"]) / estimated if estimated > 0 else float("nan"),
                split=split,
                base=base,
                new=float(sums["new_3m"]),
            )
        )
    return tuple(found)


def shown_chain(chain: Chain, smallest: int = ON_SCREEN) -> Chain:
    """Return ``chain`` as it may be shown: small counts stood in for, shares that would give one away missing, the split left out with it.

    ``smallest`` is ``ON_SCREEN``, in exports and on the cockpit ``ON_EXPORT``.
    """
    names = ("registered", "managed", "to_standard", "controlled", "new", "of_estimated", "base")
    steps = pd.DataFrame([{name: getattr(chain, name) for name in names} | chain.shares.to_dict()])
    shown = STEPS.hide(steps, smallest).frame.iloc[0]
    people = pd.DataFrame([(chain.split * chain.base).round().to_dict() | {"base": chain.base}])
    open_split = len(chain.split) > 0 and not pd.isna(shown["base"]) and not SPLIT.hide(people, smallest).hidden.any(axis=None)
    registered, managed, to_standard, controlled, new, of_estimated, base = (float(shown[name]) for name in names)
    return replace(
        chain,
        registered=registered,
        managed=managed,
        to_standard=to_standard,
        controlled=controlled,
        new=new,
        of_estimated=of_estimated,
        base=base,
        shares=shown[list(chain.shares.index)].astype("float64"),
        split=chain.split if open_split else chain.split.iloc[:0],
    )


@cached()
def programmes(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> pd.DataFrame:
    """Return the other programmes of the settings in ``month``, in their order.

    Returns:
        Indexed by programme code: eligible, managed, managed_to_standard (people), managed_share (÷ eligible), standard_share (÷ managed),
        both 0–1, and last_year (managed_share a year earlier, missing without it). Empty when nothing was reported.
    """
    names = contract_settings().programmes
    columns = ["eligible", "managed", "managed_to_standard"]

    def sums(when: datetime.date) -> pd.DataFrame:
        rows = programme_rows(database, month)
        rows = rows[(rows["month"] == pd.Timestamp(when)) & rows["programme"].isin(names)]
        rows = rows if community is None else rows[rows["community"] == community]
        return rows.groupby("programme")[columns].sum(min_count=1)

    now, before = sums(month), sums(shift_months(month, -12))
    table = now.reindex([name for name in names if name in now.index])
    earlier = before.reindex(table.index)
    return table.assign(
        managed_share=ratio(table["managed"], table["eligible"]),
        standard_share=ratio(table["managed_to_standard"], table["managed"]),
        last_year=ratio(earlier["managed"], earlier["eligible"]) if len(table) else np.nan,
    )
