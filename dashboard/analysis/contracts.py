"""Family-doctor contracts, the chain of chronic care, the eight ways of sinking resources, and questions about figures too good to be true.

The eight ways stand in the order of the provincial presentation [SEED 1]; only ways 5 to 7 carry a number there, so only they can be *met*.
Pace, end-to-end share and the checks are ours [INFER].
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import pandas as pd

from dashboard.analysis.sequences import counts, ratio
from dashboard.analysis.suppression import ON_SCREEN

_MONTHS = 12
CHAIN = ("eligible", "managed", "to_standard", "controlled")


def expected_share(month: int, curve: Sequence[float] | Mapping[int, float] | None = None) -> float:
    """Return which share of the year's services should be done by the end of ``month``.

    Args:
        month: 1 to 12; the count begins anew in January.
        curve: cumulative share by month, twelve in a row or by number; evenly spread (month ÷ 12) unless a county gives its own.

    Raises:
        ValueError: no month of a year, or a curve that does not rise to at most 1.
    """
    if month not in range(1, _MONTHS + 1):
        raise ValueError("month must be 1 to 12")
    if curve is None:
        return month / _MONTHS
    shares = [curve[number] for number in range(1, _MONTHS + 1)] if isinstance(curve, Mapping) else list(curve)
    if len(shares) != _MONTHS or any(later < earlier for earlier, later in zip([0.0, *shares], [*shares, 1.0], strict=True)):
        raise ValueError("a curve has twelve cumulative shares that rise to at most 1")
    return float(shares[month - 1])


def pace(fulfilled: Any, contracted: Any, month: int, curve: Sequence[float] | Mapping[int, float] | None = None) -> Any:
    """Return the pace index: fulfilled ÷ contracted over the share of the year that should be done; 1 is on pace.

    Args:
        fulfilled: people whose yearly package is done, counted from January; a number or a Series.
        contracted: people under contract at the end of the month, likewise.
        month: 1 to 12.
        curve: as in ``expected_share``.

    Returns:
        Number or Series as given; NaN without contracts, without a figure, or where nothing is expected yet.

    Raises:
        ValueError: as ``expected_share``; negative figures.
    """
    expected = expected_share(month, curve)
    done, signed = (counts(each if isinstance(each, pd.Series) else [each], "people") for each in (fulfilled, contracted))
    index = ratio(ratio(done, signed), pd.Series(expected, index=done.index))
    return index if isinstance(fulfilled, pd.Series) else float(index.iloc[0])


def care_chain(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the shares of the chain eligible → managed → to standard → controlled, each over its own denominator, and end to end.

    Args:
        frame: eligible, managed, to_standard, controlled: people, one row per unit. What is *eligible* is whom the county registered; an
            estimated prevalence may stand there instead, and the heading has to say which.

    Returns:
        On the rows of ``frame``, as shares: managed_share (÷ eligible), to_standard_share and controlled_share (÷ managed, the national
        form), end_to_end (controlled ÷ eligible, the honest end). Missing where a side is missing or the denominator 0.

    Raises:
        KeyError: a column is not there.
        ValueError: negative figures.
    """
    eligible, managed, to_standard, controlled = (counts(frame[name], name) for name in CHAIN)
    return pd.DataFrame(
        {
            "managed_share": ratio(managed, eligible),
            "to_standard_share": ratio(to_standard, managed),
            "controlled_share": ratio(controlled, managed),
            "end_to_end": ratio(controlled, eligible),
        },
        index=frame.index,
    )


def four_way_split(frame: pd.DataFrame) -> pd.DataFrame:
    """Return where the registered patients stand: four shares that add up to 1, those newly registered left out of all of them.

    After the definitions of the public chronic-care register Simple [FOUND]: over the patients registered before the last three months.

    Args:
        frame: registered, new_3m (of them in the last three months), controlled, missed (no visit), no_reading (visit without
            reading): people.

    Returns:
        base (people), controlled, not_controlled, missed, no_reading (shares of the base; missing where the parts exceed it or it is 0).
    """
    base = counts(frame["registered"], "registered") - counts(frame["new_3m"], "new_3m")
    parts = {name: counts(frame[name], name) for name in ("controlled", "missed", "no_reading")}
    rest = base - sum(parts.values())
    sound = (base > 0) & (rest >= 0)
    shares = {name: ratio(part, base).where(sound) for name, part in (parts | {"not_controlled": rest}).items()}
    order = ["controlled", "not_controlled", "missed", "no_reading"]
    return pd.DataFrame({"base": base} | {name: shares[name] for name in order}, index=frame.index)


@dataclass(frozen=True)
class Way:
    """One of the eight ways: ``number`` in the seed's order, ``kind`` of its rows, ``needed`` in twelve months (None: no number)."""

    number: int
    kind: str
    needed: float | None = None


WAYS = (
    Way(1, "help_plan"),
    Way(2, "resident_team"),
    Way(3, "contract_team"),
    Way(4, "apprenticeship"),
    Way(5, "training_up", 1.0),
    Way(6, "training_course", 2.0),
    Way(7, "quality_check", 2.0),
    Way(8, "referral_down"),
)
"""``needed`` of way 5 is the share of staff trained for three months or longer within the agreed years; of 6 and 7 sessions a year."""
_SESSIONS = frozenset({"training_course", "quality_check", "help_plan", "resident_team", "apprenticeship", "contract_team"})


def sinking_grid(support: pd.DataFrame, postings: pd.DataFrame, referrals: pd.DataFrame, months: Sequence[Any]) -> pd.DataFrame:
    """Return how far each centre gets help in each of the eight ways within ``months``.

    Args:
        support: member_code, kind, month, sessions, and as far as known people: ``fact_support`` (and help plans of the workspace as kind
            ``help_plan``). Other kinds are other support and not part of the eight.
        postings: from_code (the centre that sends), kind (``training_up``), month, people, and as far as known people_3_months and staff
            (to be trained).
        referrals: to_code (the centre that receives), direction (``down``), month, cases.
        months: first days of the months that count; usually twelve.

    Returns:
        One row per centre and way in the order of ``WAYS``; centres are all that appear in any of the three tables in any month, sorted:
        centre, way (1–8), kind, value (sessions; people trained, or their share where the base is known; cases), needed (missing where
        the text gives no number) and state: ``none`` (nothing), ``some``, ``met`` (reaches the number). Way 5 is at most ``some`` while
        the people trained for three months or the base are unknown.
    """
    inside = pd.DatetimeIndex([pd.Timestamp(month) for month in months])
    centres = sorted({*support["member_code"], *postings["from_code"], *referrals["to_code"]})
    given = _within(support, inside)
    sessions = given[given["kind"].isin(_SESSIONS)].pivot_table(index="member_code", columns="kind", values="sessions", aggfunc="sum")
    down = _within(referrals, inside)
    received = down[down["direction"] == "down"].groupby("to_code")["cases"].sum()
    trained, reached = _training(_within(postings, inside))
    rows = []
    for way in WAYS:
        if way.kind == "referral_down":
            value = received
        elif way.kind == "training_up":
            value = trained
        else:
            value = sessions[way.kind] if way.kind in sessions else pd.Series(dtype="float64")
        figures = value.reindex(centres).fillna(0.0).astype("float64")
        needed = np.nan if way.needed is None else way.needed
        met = figures >= needed
        if way.kind == "training_up":
            met &= reached.reindex(centres).fillna(False).astype(bool)
        state = np.where(met, "met", np.where(figures > 0, "some", "none"))
        rows.append(
            pd.DataFrame(
                {"centre": centres, "way": way.number, "kind": way.kind, "value": figures.to_numpy(), "needed": needed, "state": state}
            )
        )
    return pd.concat(rows, ignore_index=True).sort_values(["centre", "way"], kind="stable").reset_index(drop=True)


def _within(rows: pd.DataFrame, months: pd.DatetimeIndex) -> pd.DataFrame:
    return rows[pd.to_datetime(rows["month"]).isin(months)]


def _training(postings: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """Return people trained by centre (their share where it can be told), and whether it is such a share."""
    sent = postings[postings["kind"] == "training_up"].groupby("from_code")
    people = sent["people"].sum().astype("float64")
    if not {"people_3_months", "staff"} <= set(postings.columns):
        return people, pd.Series(False, index=people.index)
    share = ratio(sent["people_3_months"].sum(min_count=1), sent["staff"].max())
    return share.fillna(people), share.notna()


QUESTIONS: Mapping[str, str] = MappingProxyType(
    {
        "jump": "contracts grew by more than a fifth in one month",
        "same": "contracts are equal to the person in three months or more in a row",
        "complete": "every contract is fulfilled to the person",
        "falling": "services of the year fell within the year",
        "december": "more than two fifths of the year's services were entered in December",
        "controlled": "everybody managed is controlled",
        "workload": "more services a doctor and working day than can be done",
    }
)
"""What each check asks; a question, never a verdict."""


def authenticity(
    frame: pd.DataFrame,
    *,
    jump: float = 0.20,
    equal_months: int = 3,
    december: float = 0.40,
    least: int = 30,
    daily_ceiling: float | None = None,
    working_days: float = 251 / 12,
) -> pd.DataFrame:
    """Return where the figures of contracts and chronic care raise a question.

    Args:
        frame: unit, month, contracted, fulfilled (of the year), and as far as known managed, controlled, doctors; one row per
            unit and month.
        jump: growth of contracts within a month above which it is asked.
        equal_months: months in a row with the very same number of contracts.
        december: share of the year's services above which December is asked.
        least: people below which nothing is asked: small numbers repeat by chance. Whatever it is, nothing is asked whose answer is a
            count of 1 to 4, or would tell one (``analysis.suppression``).
        daily_ceiling: services a doctor and working day; None asks nothing.
        working_days: of a month.

    Returns:
        One row per question: unit, month, question (a key of ``QUESTIONS``), value and limit in the unit of the question; sorted by both.

    Raises:
        ValueError: a unit twice in one month.
    """
    if frame.duplicated(["unit", "month"]).any():
        raise ValueError("a unit stands twice in one month")
    rows = frame.assign(month=pd.to_datetime(frame["month"])).sort_values(["unit", "month"], kind="stable").reset_index(drop=True)
    months = rows["month"].dt.year * _MONTHS + rows["month"].dt.month
    follows = rows["unit"].eq(rows["unit"].shift()) & months.diff().eq(1)
    contracted, fulfilled = rows["contracted"].astype("float64"), rows["fulfilled"].astype("float64")
    enough = contracted >= least
    growth = contracted / contracted.shift().where(follows & _may_be_told(contracted.shift())) - 1
    same = contracted.eq(contracted.shift()) & follows
    run = same.groupby((~same).cumsum()).cumsum() + 1
    january = rows["month"].dt.month.eq(1)
    added = fulfilled - fulfilled.shift().where(follows)
    both = _may_be_told(fulfilled) & _may_be_told(fulfilled.shift())
    found = [
        _asked(rows, "jump", growth, jump, enough & (growth > jump) & (contracted.shift() > 0)),
        _asked(rows, "same", run.astype("float64"), equal_months, enough & (run >= equal_months)),
        _asked(rows, "complete", ratio(fulfilled, contracted), 1.0, enough & fulfilled.eq(contracted)),
        _asked(rows, "falling", added, 0.0, (added < 0) & ~january & both),
        _asked(
            rows,
            "december",
            ratio(added, fulfilled),
            december,
            rows["month"].dt.month.eq(12) & enough & (added > december * fulfilled) & both & _may_be_told(added),
        ),
    ]
    if {"managed", "controlled"} <= set(rows.columns):
        managed, controlled = rows["managed"].astype("float64"), rows["controlled"].astype("float64")
        found.append(_asked(rows, "controlled", ratio(controlled, managed), 1.0, (managed >= least) & (controlled >= managed)))
    if daily_ceiling is not None and "doctors" in rows:
        done = added.where(~january, fulfilled)
        load = ratio(done, rows["doctors"].astype("float64") * working_days)
        found.append(_asked(rows, "workload", load, daily_ceiling, load > daily_ceiling))
    return pd.concat(found, ignore_index=True).sort_values(["unit", "month"], kind="stable").reset_index(drop=True)


def _may_be_told(people: pd.Series) -> pd.Series:
    """Return which counts are none that a question would give away."""
    return ~((people.abs() > 0) & (people.abs() < ON_SCREEN))


def _asked(rows: pd.DataFrame, question: str, value: pd.Series, limit: float, where: pd.Series) -> pd.DataFrame:
    part = rows.loc[where, ["unit", "month"]]
    return part.assign(question=question, value=value[where], limit=float(limit))
