"""Guards: which columns of a frame count people, what would give them away, and sums between columns."""

import pandas as pd
import pytest

from dashboard.analysis import suppression
from dashboard.analysis.small_counts import Guard, People, open_order, shown_order
from dashboard.analysis.suppression import COVERED, Figures, few, is_few


def test_few_is_between_nothing_and_the_limit() -> None:
    assert [is_few(value, 5) for value in (0, 1, 4, 5, float("nan"))] == [False, True, True, False, False]


def test_a_guard_hides_what_gives_a_count_away_and_knows_columns_that_are_not_there() -> None:
    frame = pd.DataFrame({"name": ["甲", "乙", "丙"], "cases": [3, 40, 50], "share": [0.03, 0.43, 0.54]})
    told = Guard((People("cases", totalled=False),), {"share": ("cases",), "cost": ("cases",)}).hide(frame, 5)
    assert told.frame["cases"].tolist() == [few(5), 40, 50]
    assert told.frame["share"].isna().tolist() == [True, False, False]
    assert dict(told.totals) == {}, "a column without a total has none to protect"


def test_sums_of_groups_protect_their_parts_without_a_total_of_all() -> None:
    frame = pd.DataFrame({"kind": ["一", "一", "二"], "cases": [3, 40, 50]})
    told = Guard((People("cases", within=(("kind",),), totalled=False),)).hide(frame, 5)
    assert told.frame["cases"][0] == few(5)
    assert COVERED in (told.frame["cases"][1], told.sums[("cases", ("kind",))]["一"]), "43 less 40 would give the 3 away"
    assert told.frame["cases"][2] == 50


def test_a_part_protects_the_rest_of_its_whole_with_and_without_totals() -> None:
    frame = pd.DataFrame({"all": [40, 60], "positive": [38, 20]})
    for totalled in (True, False):
        guard = Guard((People("all", totalled=totalled), People("positive", part_of="all", totalled=totalled)))
        told = guard.hide(frame, 5)
        assert told.hidden.loc[0].any(), "2 of 40 were negative: one of the two figures goes"
        assert not told.hidden.loc[1].any() or totalled


def test_a_part_larger_than_its_whole_is_no_sum() -> None:
    frame = pd.DataFrame({"all": [10], "positive": [12]})
    assert not Guard((People("all"), People("positive", part_of="all"))).hide(frame, 5).hidden.any(axis=None)


def test_columns_that_add_up_protect_each_other() -> None:
    frame = pd.DataFrame({"up": [3, 30], "down": [20, 40], "both": [23, 70]})
    for totalled in (True, False):
        columns = (People("up", totalled=totalled), People("down", totalled=totalled))
        told = Guard((*columns, People("both", total_of=("up", "down"), totalled=totalled))).hide(frame, 5)
        assert told.frame["up"][0] == few(5)
        assert COVERED in told.frame.loc[0, ["down", "both"]].tolist(), "23 less 20 would give the 3 away"


def test_an_order_tells_nothing_of_hidden_counts() -> None:
    raw = pd.DataFrame({"name": ["乙", "甲", "丙"], "cases": [40, 3, 2]})
    shown = raw.assign(cases=[40.0, few(5), few(5)])
    assert shown_order(shown, raw, ["cases"], ["name"])["name"].tolist() == ["乙", "丙", "甲"]
    assert shown_order(raw.astype({"cases": float}), raw, ["cases"], ["name"])["name"].tolist() == ["乙", "甲", "丙"], "nothing hidden"
    mixed = pd.DataFrame({"name": ["甲", "乙", "丙"], "cases": [3, 40, 2]})
    told = mixed.assign(cases=[few(5), 40.0, few(5)])
    assert shown_order(told, mixed, ["cases"], ["name"])["name"].tolist() == ["甲", "乙", "丙"], "not sorted by the count"


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        Figures(0).protect()


def test_the_search_ends_when_nothing_is_left_to_hide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression._Protection, "_narrow_by_programme", lambda self: [0])
    monkeypatch.setattr(suppression._Protection, "_hide_beside", lambda self, count: None)
    figures = Figures(5)
    figures.add_total(figures.add([3.0, 40.0, 50.0]))
    assert figures.protect()[0]


def test_a_programme_without_an_answer_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame([[3, 20, 30], [40, 50, 60], [70, 80, 90]])
    solved = suppression.suppressed(frame, 10)[0]

    class _Nothing:
        x = None

    monkeypatch.setattr(suppression, "linprog", lambda *args, **more: _Nothing())
    unsolved = suppression.suppressed(frame, 10)[0]
    assert (unsolved | ~solved).to_numpy().all(), "what is unsure stays hidden, and more with it"


def test_hidden_counts_stand_last_whatever_they_are() -> None:
    values = pd.Series({"c": 3.0, "a": 4.0, "d": 90.0, "b": 50.0, "e": 50.0})
    few, covered = pd.Series({"a": True, "c": True}), pd.Series({"e": True, "d": False})
    assert list(open_order(values, few, covered)) == ["d", "b", "a", "c", "e"]
    swapped = values.rename({"a": "c", "c": "a"})
    assert list(open_order(swapped, few, covered)) == ["d", "b", "a", "c", "e"], "the order tells nothing of the hidden"


def test_a_frame_is_worked_out_once_and_what_is_handed_out_is_the_callers_own(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[Guard] = []
    work_out = Guard._work_out
    monkeypatch.setattr(Guard, "_work_out", lambda guard, *asked: worked.append(guard) or work_out(guard, *asked))
    guard, other = Guard((People("cases"),)), Guard((People("cases", totalled=False),))
    frame = pd.DataFrame({"cases": [2.0, 713.0, 88.0], "note": ["a", "b", "c"]})
    first = guard.hide(frame)
    first.frame.loc[1, "cases"] = -1.0
    first.hidden.loc[1, "cases"] = True
    again = guard.hide(frame.copy())
    assert again.frame["cases"][1] == 713.0
    assert again.hidden["cases"].tolist() == [True, False, True]
    assert worked == [guard]
    other.hide(frame)
    guard.hide(frame, 10)
    guard.hide(frame.assign(note=["a", "b", "d"]))
    guard.hide(frame.set_index("note", drop=False))
    assert len(worked) == 5


def test_cells_that_are_no_plain_values_are_worked_out_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    worked: list[Guard] = []
    work_out = Guard._work_out
    monkeypatch.setattr(Guard, "_work_out", lambda guard, *asked: worked.append(guard) or work_out(guard, *asked))
    frame = pd.DataFrame({"cases": [2.0, 713.0], "months": [[1], [2]]})
    shown = [Guard((People("cases", totalled=False),)).hide(frame).frame["cases"].tolist() for _ in range(2)]
    assert shown[0] == shown[1] == [few(5), 713.0]
    assert len(worked) == 2


def test_a_part_of_sums_that_are_shown_protects_the_rest_of_each_sum() -> None:
    """1 and 2 without report in the flows of one requester: the requester's own sums, shown beside, would tell that they are 3."""
    frame = pd.DataFrame({"asks": ["甲", "甲", "乙"], "requests": [40.0, 50.0, 70.0], "reports": [39.0, 48.0, 60.0]})
    by = (("asks",),)
    told = Guard((People("requests", within=by), People("reports", part_of="requests", within=by))).hide(frame, 5)
    assert COVERED in (told.sums[("requests", ("asks",))]["甲"], told.sums[("reports", ("asks",))]["甲"])
    assert told.sums[("reports", ("asks",))]["乙"] in (60.0, COVERED)


def test_a_group_whose_part_is_larger_than_its_whole_is_no_sum() -> None:
    frame = pd.DataFrame({"asks": ["甲", "甲"], "requests": [40.0, 50.0], "reports": [45.0, 48.0]})
    by = (("asks",),)
    told = Guard((People("requests", within=by), People("reports", part_of="requests", within=by))).hide(frame, 5)
    assert told.frame["requests"][0] == 40.0
    assert told.hidden.loc[1].any(), "2 of 50 came without a report"


def test_sums_of_a_part_alone_say_nothing_of_its_whole() -> None:
    frame = pd.DataFrame({"asks": ["甲", "甲"], "requests": [40.0, 50.0], "reports": [20.0, 30.0]})
    told = Guard((People("requests"), People("reports", part_of="requests", within=(("asks",),)))).hide(frame, 5)
    assert not told.hidden.any(axis=None)
    assert told.sums[("reports", ("asks",))]["甲"] == 50.0


def test_what_protects_a_count_is_hidden_where_it_helps_and_nowhere_else() -> None:
    """All cases have points: a reader who sees those of a group knows that it has no fewer cases, so hiding its cases alone is no help.

    Every group of such a table was hidden, one after the other, before the first figure that helps.
    """
    cases = [2.0, 1.0, 12.0, *range(20, 500, 12)]
    guard = Guard((People("cases"), People("settled", part_of="cases", totalled=False)))
    hidden = guard.hide(pd.DataFrame({"cases": cases, "settled": cases}), 5).hidden
    assert hidden["cases"].tolist() == [True] * 3 + [False] * 40
    assert hidden["settled"].tolist() == [True] * 3 + [False] * 40
