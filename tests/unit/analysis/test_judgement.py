"""The verdict on a mix of grades."""

import pytest

from dashboard.analysis.judgement import Verdict, judge, weakest

RULE = {"least_a": 7, "most_c": 0, "most_c_basic": 2}


@pytest.mark.parametrize(
    ("grades", "verdict"),
    [
        ("AAAAAAABBB", Verdict.FORMED),
        ("AAAAAABBBB", Verdict.BASIC),  # one A short
        ("AAAAAAAAAC", Verdict.BASIC),  # one C too many
        ("AAAAAAAACC", Verdict.BASIC),
        ("AAAAAAACCC", Verdict.NOT_FORMED),
        ("AAAAAAAAA-", Verdict.INCOMPLETE),
        ("CCC-------", Verdict.NOT_FORMED),  # whatever the missing ones will be
        ("", Verdict.INCOMPLETE),
    ],
)
def test_verdict(grades: str, verdict: Verdict) -> None:
    given = [None if grade == "-" else grade for grade in grades]
    found = judge(given, **RULE)
    assert found.verdict is verdict
    assert (found.a, found.b, found.c, found.ungraded) == tuple(grades.count(each) for each in "ABC-")


def test_weakest_grade_counts_for_the_county() -> None:
    assert weakest(["A", "C", "B"]) == "C"
    assert weakest(["A", None]) is None
    assert weakest([]) is None
