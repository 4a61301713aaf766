"""What opens behind the title of a card: its details and the notes, as the head of the card tells what is open."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.components import card_heads
from tests.pages.conftest import OpenApp


def _with_open(app: AppTest, card: str, *names: object) -> AppTest:
    app.session_state[f"head_{card}"] = {"open": list(names)}
    return app.run()


def _open(app: AppTest) -> dict[str, list[str]]:
    """Return by card what the browser is told to show as open."""
    return {head["key"]: head["open"] for head in card_heads(app) if head["open"]}


def test_the_table_behind_a_card_opens_and_closes(open_app: OpenApp) -> None:
    app = open_app()
    assert _open(app) == {}
    before = len(app.dataframe)
    _with_open(app, "strip", "details")
    assert _open(app) == {"strip": ["details"]}
    assert len(app.dataframe) == before + 1
    assert len(app.run().dataframe) == before + 1, "it stays open"
    _with_open(app, "strip")
    assert _open(app) == {}
    assert len(app.dataframe) == before


def test_a_server_that_was_restarted_learns_from_the_browser_what_is_open(open_app: OpenApp) -> None:
    closed = open_app()
    app = open_app(state={"head_strip": {"open": ["details"]}})
    assert len(app.dataframe) == len(closed.dataframe) + 1


def test_a_note_is_written_behind_a_title_and_counted_in_its_head(open_app: OpenApp) -> None:
    app = _with_open(open_app(), "strip", "notes")
    app.text_area(key="note_text_strip").set_value("为何下降？")
    app.text_input(key="note_author_strip").set_value("李主任")
    next(button for button in app.button if button.label == "添加批注").click()
    app.run()
    counts = {head["key"]: part["count"] for head in card_heads(app) for part in head["parts"] if part["name"] == "notes"}
    assert {key for key, count in counts.items() if count} == {"strip"}
    assert _open(app) == {"strip": ["notes"]}, "the note that was written is read where it was written"
    assert any("为何下降？" in str(each.value) for each in app.markdown)


@pytest.mark.parametrize("said", [["performance_scheme", "", None, 1], None, "details", 3, {"details": True}])
def test_a_browser_opens_only_what_the_head_offers(open_app: OpenApp, said: object) -> None:
    app = open_app()
    before = len(app.dataframe), len(app.text_area)
    app.session_state["head_strip"] = {"open": said}
    app.run()
    assert not app.exception
    assert not app.error
    assert (len(app.dataframe), len(app.text_area)) == before
