"""What the browser gets of a headline number: every text as it is said, a picture only where there is a value."""

from typing import Any

from dashboard.states import State
from dashboard.ui.kit.definition import Definition
from dashboard.ui.kit.headlines import HeadlineCard, _card
from dashboard.ui.kit.theme import LIGHT

ABOUT = Definition("B01 县域内就诊率", meaning="说明", formula="甲 ÷ 乙", grade="待核实")


def _of(*, slim: bool = False, **more: Any) -> dict[str, Any]:
    return _card(HeadlineCard("B01", ABOUT, **{"value": "91.4%", **more}), LIGHT, slim=slim)


def test_a_card_says_value_target_changes_and_what_it_is_made_of() -> None:
    card = _of(
        label="就诊率", indicator="B01", state=State.BAD, target="目标 ≥90%", previous_change="+0.1", last_year_change="−2.0",
        incomplete="缺 1 家", dated="数据到 2025年9月", share=0.9, trend=(1.0, 2.0),
    )  # fmt: skip
    assert (card["label"], card["name"], card["value"], card["indicator"]) == ("就诊率", "B01 县域内就诊率", "91.4%", "B01")
    assert card["target"] == {"text": "✕ 目标 ≥90%", "tone": "bad"}
    assert card["changes"] == ["环比 +0.1", "同比 −2.0"]
    assert card["below"] == [{"text": "缺 1 家", "strong": True}, {"text": "数据到 2025年9月", "strong": False}]
    assert card["picture"]["source"].startswith("data:image/svg+xml,")
    assert "91.4%" in card["picture"]["alt"]
    assert card["about"] == {"title": "B01 县域内就诊率", "grade": "待核实", "pairs": [["", "说明"], ("公式", "甲 ÷ 乙")]}


def test_a_missing_value_says_why_opens_nothing_and_has_no_picture() -> None:
    card = _of(value="—", note="缺少数据", indicator="B01", trend=(1.0, 2.0))
    assert card["below"] == [{"text": "缺少数据", "strong": False}]
    assert (card["indicator"], card["picture"]) == ("", None)


def test_a_slim_card_keeps_the_change_against_the_year_before() -> None:
    assert _of(slim=True, previous_change="+1", last_year_change="+2")["changes"] == ["同比 +2"]
    assert _of(slim=True, note="还没有去年")["below"] == [{"text": "还没有去年", "strong": False}]
    assert _of(slim=True)["below"] == [{"text": "—", "strong": False}]  # not known, and nothing says why
    assert _of(note="还没有去年")["below"] == []


def test_names_that_would_be_markup_stay_what_they_are() -> None:
    hostile = "<script>alert(1)</script> **粗** [链接](http://evil)"
    card = _card(HeadlineCard("x", Definition(hostile), "1", label=hostile, note=hostile), LIGHT, slim=False)
    assert card["label"] == card["name"] == card["about"]["title"] == hostile  # the script sets texts, never markup
