"""The golden lock of the requirement, and every refusal beside what is allowed in its place."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.approval import (
    COUNTY,
    SIGNED,
    UNASKED,
    Act,
    Done,
    Hierarchy,
    Refusal,
    Signed,
    Standing,
    Tier,
    Unit,
    refusal,
    standings,
    unlocking,
)

A, B = Unit(Tier.COMMUNITY, "A"), Unit(Tier.COMMUNITY, "B")
C1, C2, H2, D1 = (Unit(Tier.INSTITUTION, code) for code in ("C1", "C2", "H2", "D1"))
TREE = Hierarchy({"C1": "A", "C2": "A", "H2": "B", "D1": None})
MAY = datetime.date(2026, 5, 1)


def _all(act: Act, *units: Unit) -> dict[Unit, Act]:
    return dict.fromkeys(units, act)


def test_everybody_signs_centre_then_community_then_county() -> None:
    assert TREE.units == (COUNTY, A, B, C1, C2, H2, D1)
    assert TREE.children(COUNTY) == (A, B, D1)
    assert TREE.above(C1) == (COUNTY, A)
    assert TREE.above(D1) == (COUNTY,)
    assert TREE.above(COUNTY) == ()
    before = standings(TREE, {})
    assert before == {COUNTY: Standing.WAITING, A: Standing.WAITING, B: Standing.WAITING, C1: Standing.READY, C2: Standing.READY,
                      H2: Standing.READY, D1: Standing.READY}  # fmt: skip
    newest = _all(Act.APPROVED, C1, C2)
    assert standings(TREE, newest)[A] is Standing.READY
    assert standings(TREE, newest)[B] is Standing.WAITING
    assert refusal(TREE, newest, COUNTY, Act.APPROVED) is Refusal.LOWER_FIRST
    assert refusal(TREE, newest, A, Act.APPROVED) is None
    assert refusal(TREE, newest, C1, Act.APPROVED) is Refusal.ALREADY
    assert refusal(TREE, newest, Unit(Tier.INSTITUTION, "X"), Act.APPROVED) is Refusal.UNKNOWN_UNIT


def test_golden_lock_a_centre_takes_back_until_its_community_has_signed() -> None:
    newest = _all(Act.APPROVED, C1, C2)
    assert refusal(TREE, newest, C1, Act.WITHDRAWN) is None
    newest[A] = Act.APPROVED
    assert refusal(TREE, newest, C1, Act.WITHDRAWN) is Refusal.UPPER_FIRST
    assert refusal(TREE, newest, A, Act.WITHDRAWN) is None
    newest |= {H2: Act.APPROVED, B: Act.APPROVED, D1: Act.APPROVED, COUNTY: Act.APPROVED}
    assert standings(TREE, newest)[COUNTY] is Standing.APPROVED
    assert refusal(TREE, newest, A, Act.WITHDRAWN) is Refusal.UPPER_FIRST
    assert refusal(TREE, newest, COUNTY, Act.WITHDRAWN) is None
    assert unlocking(TREE, newest, C1) == (COUNTY, A, C1)
    opened = newest | _all(Act.UNLOCKED, COUNTY, A, C1)
    after = standings(TREE, opened)
    assert (after[C1], after[C2], after[A], after[B], after[COUNTY]) == (
        Standing.READY, Standing.APPROVED, Standing.WAITING, Standing.APPROVED, Standing.WAITING,
    )  # fmt: skip
    assert unlocking(TREE, opened | {C1: Act.APPROVED}, C1) == (C1,)
    assert refusal(TREE, opened, C1, Act.UNLOCKED) is Refusal.NOT_APPROVED
    assert refusal(TREE, newest, C1, Act.UNLOCKED) is None


def test_where_acceptance_is_asked_for_an_approval_counts_above_only_when_it_was_accepted() -> None:
    tree = Hierarchy({"C1": "A"}, acceptance=True)
    newest = {C1: Act.APPROVED}
    assert standings(tree, newest)[A] is Standing.WAITING
    assert refusal(tree, newest, C1, Act.ACCEPTED) is None
    assert refusal(tree, {}, C1, Act.ACCEPTED) is Refusal.NOT_APPROVED
    newest = {C1: Act.ACCEPTED}
    assert standings(tree, newest) == {COUNTY: Standing.WAITING, A: Standing.READY, C1: Standing.ACCEPTED}
    assert refusal(tree, newest, C1, Act.ACCEPTED) is Refusal.ALREADY
    assert refusal(tree, newest, C1, Act.WITHDRAWN) is Refusal.ACCEPTED_FIRST
    assert refusal(tree, newest, C1, Act.RETURNED) is None
    assert refusal(tree, {C1: Act.RETURNED}, C1, Act.RETURNED) is Refusal.NOT_APPROVED
    assert standings(tree, {C1: Act.RETURNED})[C1] is Standing.APPROVED
    assert refusal(tree, {C1: Act.APPROVED, A: Act.APPROVED}, COUNTY, Act.ACCEPTED) is Refusal.NO_ACCEPTANCE
    assert refusal(TREE, {C1: Act.APPROVED}, C1, Act.ACCEPTED) is Refusal.NO_ACCEPTANCE


def test_months_before_the_first_approval_are_neither_signed_nor_provisional() -> None:
    april, june = datetime.date(2026, 4, 1), datetime.date(2026, 6, 1)
    signed = Signed(frozenset({(MAY, COUNTY), (MAY, A)}), since=MAY, version=7)
    assert signed.provisional([june, april, MAY]) == (june,)
    assert signed.provisional([MAY], B) == (MAY,)
    assert UNASKED.provisional([MAY]) == ()
    assert signed.has(MAY, A)
    assert signed.cache_key == (True, 7)


def test_what_is_signed_in_one_county_follows_from_its_own_acts() -> None:
    """An act that names no county is of the county that has them: taken back by the same one after it has got a neighbour."""
    june = datetime.date(2026, 6, 1)
    done = (
        Done(None, MAY, COUNTY, Act.APPROVED), Done("L", june, COUNTY, Act.APPROVED), Done("K", MAY, COUNTY, Act.WITHDRAWN),
        Done("K", MAY, A, Act.APPROVED),
    )  # fmt: skip
    signed = Signed.after(done, 4)
    first, second = signed.of(frozenset({"K", None})), signed.of(frozenset({"L"}))
    assert (first.units, first.since) == ({(MAY, A)}, MAY)
    assert (second.units, second.since) == ({(june, COUNTY)}, june)
    assert second.provisional([MAY]) == (), "nobody of this county was ever asked for May"
    assert {first.version, second.version} == {4}, "an act in either makes both anew"
    assert signed.of(frozenset({"L"})) is second
    assert signed.of(None) is signed
    assert UNASKED.of(frozenset({"L"})) is UNASKED


@given(st.lists(st.tuples(st.sampled_from(TREE.units), st.sampled_from(list(Act))), max_size=40))
def test_whatever_is_allowed_in_any_order_nobody_stands_signed_over_somebody_who_is_not(steps: list[tuple[Unit, Act]]) -> None:
    newest: dict[Unit, Act] = {}
    for unit, act in steps:
        if refusal(TREE, newest, unit, act) is None:
            newest |= dict.fromkeys(unlocking(TREE, newest, unit) if act is Act.UNLOCKED else (unit,), act)
        known = standings(TREE, newest)
        assert all(known[each] in SIGNED for over in TREE.units if known[over] in SIGNED for each in TREE.children(over))


@pytest.mark.parametrize("act", list(Act))
def test_nothing_but_approval_is_possible_before_anybody_has_signed(act: Act) -> None:
    assert (refusal(TREE, {}, C1, act) is None) == (act is Act.APPROVED)
