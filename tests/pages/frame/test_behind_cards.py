"""What opens behind the title of a card: its details and the notes, by a click in its head and closed by another."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.ui.kit import cards
from tests.components import card_heads
from tests.pages.conftest import ClickIn, OpenApp

Press = Callable[[AppTest, str, object], AppTest]


@pytest.fixture
def press(click_in: ClickIn) -> Press:
    """Return ``press(app, card, what)``: the page after the browser has said that ``what`` was clicked in the head of ``card``."""
    return lambda app, card, what: click_in(app, cards, "_head_drawn", f"head_{card}", "opened", what).run()


def _open(app: AppTest, card: str) -> dict[str, bool]:
    head = next(each for each in card_heads(app) if each["key"] == card)
    return {part["name"]: part["open"] for part in head["parts"]}


def test_a_click_opens_the_table_behind_a_card_and_another_closes_it(open_app: OpenApp, press: Press) -> None:
    app = open_app()
    assert _open(app, "strip") == {"details": False, "notes": False}
    before = len(app.dataframe)
    press(app, "strip", "details")
    assert _open(app, "strip") == {"details": True, "notes": False}
    assert len(app.dataframe) == before + 1
    assert not any(_open(app, head["key"]).get("details") for head in card_heads(app) if head["key"] != "strip")
    press(app, "strip", "details")
    assert _open(app, "strip")["details"] is False
    assert len(app.dataframe) == before


def test_a_note_is_written_behind_a_title_and_counted_in_its_head(open_app: OpenApp, press: Press) -> None:
    app = press(open_app(), "strip", "notes")
    app.text_area(key="note_text_strip").set_value("为何下降？")
    app.text_input(key="note_author_strip").set_value("李主任")
    next(button for button in app.button if button.label == "添加批注").click()
    app.run()
    counts = {head["key"]: part["count"] for head in card_heads(app) for part in head["parts"] if part["name"] == "notes"}
    assert {key for key, count in counts.items() if count} == {"strip"}
    assert _open(app, "strip")["notes"], "the note that was written is read where it was written"
    assert any("为何下降？" in str(each.value) for each in app.markdown)


@pytest.mark.parametrize("said", ["performance_scheme", "", None, {"name": "details"}])
def test_a_browser_opens_only_what_the_head_offers(open_app: OpenApp, press: Press, said: object) -> None:
    app = press(open_app(), "strip", said)
    assert not any(_open(app, "strip").values())
    assert not app.exception
