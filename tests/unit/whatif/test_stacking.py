"""Stacked reforms: conflicts named, settled by hand, dates and bases checked, and a total that no order changes."""

import datetime
from collections.abc import Hashable, Mapping
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import load_coefficients, load_fiscal_coefficients
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.stacking import (
    MOST_STACKED,
    DateProblem,
    Reform,
    date_problems,
    hard_conflicts,
    in_force,
    merged,
    refuse_other_bases,
    stacked,
)

YEARS = {"insurance": 2025, "fiscal": 2025}
CATALOGUES = {"insurance": load_coefficients(), "fiscal": load_fiscal_coefficients()}
NEW_YEAR = datetime.date(2025, 1, 1)


def reform(
    key: str, model: str = "fiscal", first: datetime.date = NEW_YEAR, last: datetime.date | None = None, **changes: Hashable
) -> Reform:
    return Reform(key, key.upper(), model, "1:2025", changes, first, last)


def test_different_values_of_one_parameter_in_one_year_are_a_hard_conflict() -> None:
    one, other = reform("a", unit_value=12.0), reform("b", unit_value=15.0)
    (found,) = hard_conflicts([other, one], YEARS)
    assert (found.key, found.values) == ("fiscal.unit_value", ((12.0, ("a",)), (15.0, ("b",))))
    assert hard_conflicts([one, other], YEARS) == (found,)  # in whichever order they come
    assert hard_conflicts([one, reform("b", unit_value=12.0)], YEARS) == ()
    assert hard_conflicts([one, reform("b", model="insurance", unit_value=15.0)], YEARS) == ()
    over = reform("b", first=datetime.date(2026, 1, 1), unit_value=15.0)
    assert hard_conflicts([one, over], YEARS) == ()
    assert in_force([over, one], YEARS) == (one,)


def test_a_conflict_is_settled_by_hand_or_refused() -> None:
    pair = [reform("a", unit_value=12.0, history_floor=0.9), reform("b", unit_value=15.0, history_floor=0.9)]
    with pytest.raises(ScenarioError, match="冲突还没有处理"):
        merged(pair, {})
    assert merged(pair, {"fiscal.unit_value": 15.0}) == {"fiscal": {"unit_value": 15.0, "history_floor": 0.9}}
    assert merged(pair[:1], {"fiscal.unit_value": 15.0}) == {"fiscal": {"unit_value": 12.0, "history_floor": 0.9}}


def test_reforms_on_other_data_are_refused() -> None:
    refuse_other_bases([reform("a")], {"fiscal": "1:2025"})
    with pytest.raises(ScenarioError) as raised:
        refuse_other_bases([reform("a"), reform("b")], {"fiscal": "1:2024"})
    assert "A、B" in raised.value.what()


def test_what_is_to_be_known_of_the_dates() -> None:
    early, whole = datetime.date(2015, 1, 1), reform("whole", unit_value=12.0)
    assert date_problems([whole], YEARS, CATALOGUES) == ()
    ended = reform("ended", first=datetime.date(2023, 1, 1), last=datetime.date(2024, 6, 30), unit_value=11.0)
    part = reform("part", first=datetime.date(2025, 7, 1), unit_value=12.0, unknown=1.0)
    insurance = reform("early", model="insurance", first=early, recapture_rate=0.2)
    since = CATALOGUES["insurance"].coefficients["recapture_rate"].values[0].effective_from
    assert since > early
    found = date_problems([ended, part, insurance], YEARS, CATALOGUES)
    assert DateProblem("outside", ("ENDED",)) in found
    assert DateProblem("part", ("PART",), months=6) in found
    assert DateProblem("rule", ("EARLY",), "recapture_rate", since=since) in found
    assert DateProblem("gap", ("ENDED", "PART"), "unit_value", 12) in found
    assert len(found) == 4
    following = reform("next", first=datetime.date(2024, 7, 1), unit_value=12.0)
    assert [each.kind for each in date_problems([ended, following], YEARS, CATALOGUES)] == ["outside"]
    other_field = reform("other", first=datetime.date(2025, 1, 1), history_floor=0.9)
    assert [each.kind for each in date_problems([ended, other_field, insurance], YEARS, CATALOGUES)] == ["outside", "rule"]


def growth(chosen: frozenset[str]) -> Mapping[str, float]:
    """The golden of the order: A adds 10 %, B adds 20 %, on one amount of 100."""
    return {"budget": 100.0 * (1.1 if "a" in chosen else 1.0) * (1.2 if "b" in chosen else 1.0), "fund": 5.0}


def test_first_in_last_in_shapley_and_the_total() -> None:
    for order in permutations("ab"):
        found = stacked(order, growth)
        assert found.totals == pytest.approx({"budget": 32.0, "fund": 0.0})
        frame = found.shares["budget"]
        assert frame.loc["a"].to_dict() == pytest.approx({"first": 10.0, "last": 12.0, "share": 11.0})
        assert frame.loc["b"].to_dict() == pytest.approx({"first": 20.0, "last": 22.0, "share": 21.0})
        assert found.together.loc[[("a", "b")], "budget"].tolist() == pytest.approx([2.0])


def test_reforms_that_do_not_touch_each_other_have_no_common_part_and_none_changes_nothing() -> None:
    apart = stacked(["a", "b"], lambda chosen: {"budget": 3.0 * ("a" in chosen) + 4.0 * ("b" in chosen)})
    assert apart.together.empty
    assert stacked([], growth).totals == {"budget": 0.0, "fund": 0.0}
    with pytest.raises(ScenarioError, match="最多叠加"):
        stacked([str(number) for number in range(MOST_STACKED + 1)], growth)


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=16, max_size=16), st.permutations(["a", "b", "c", "d"]))
def test_the_total_and_every_share_are_the_same_in_every_order(amounts: list[float], order: list[str]) -> None:
    def run(chosen: frozenset[str]) -> Mapping[str, float]:
        return {"budget": amounts[sum(1 << "abcd".index(key) for key in chosen)]}

    first, again = stacked(["a", "b", "c", "d"], run), stacked(order, run)
    assert first.totals == again.totals
    assert first.shares["budget"].to_dict() == again.shares["budget"].to_dict()
    assert first.shares["budget"]["share"].sum() == pytest.approx(first.totals["budget"], abs=1e-6)
