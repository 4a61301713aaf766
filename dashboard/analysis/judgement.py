"""Judgement criteria (评判标准): from the grades of the items to a verdict, under thresholds that the reader states."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What the mix of grades amounts to."""

    FORMED = "formed"
    BASIC = "basic"
    NOT_FORMED = "not_formed"
    INCOMPLETE = "incomplete"


@dataclass(frozen=True)
class Judgement:
    """How many items have which grade, how many have none, and the verdict."""

    a: int
    b: int
    c: int
    ungraded: int
    verdict: Verdict


def judge(grades: Iterable[str | None], *, least_a: int, most_c: int, most_c_basic: int) -> Judgement:
    """Judge a mix of grades [INFER].

    ``formed`` (紧密型): at most ``most_c`` C and at least ``least_a`` A. Otherwise ``basic`` (基本成型): at most ``most_c_basic``
    C. An item without a grade leaves the verdict open, unless there are already too many C for ``basic``.

    Args:
        grades: "A", "B", "C" or None (not graded) for every item of the list.
        least_a: fewest A of a formed community.
        most_c: most C of a formed community.
        most_c_basic: most C of a basically formed community.

    Returns:
        Counts and verdict; nothing graded at all is ``incomplete``.
    """
    given = list(grades)
    counts = {grade: given.count(grade) for grade in ("A", "B", "C")}
    missing = len(given) - sum(counts.values())
    if counts["C"] > most_c_basic:
        verdict = Verdict.NOT_FORMED
    elif missing or not given:
        verdict = Verdict.INCOMPLETE
    elif counts["C"] <= most_c and counts["A"] >= least_a:
        verdict = Verdict.FORMED
    else:
        verdict = Verdict.BASIC
    return Judgement(counts["A"], counts["B"], counts["C"], missing, verdict)


def weakest(grades: Iterable[str | None]) -> str | None:
    """Return the lowest of the communities' grades for one item, the county's grade for it; None when one has none."""
    given = list(grades)
    return None if not given or None in given else max(grade for grade in given if grade is not None)
