"""What people type is there until it was saved, whatever is away meanwhile: the form is drawn, the message stands beside it."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.services.common.workspace import current_workspace
from dashboard.settings import settings
from dashboard.workspace import Kind, engine
from tests.insured import make_insured_county
from tests.pages.conftest import OpenApp, texts


@dataclass(frozen=True)
class Form:
    """A form: its page, the popover before it, the field that must be kept, the button that sends, what it writes, other fields."""

    page: str
    popover: str
    field: str
    button: str
    kind: Kind
    others: tuple[tuple[str, str], ...] = ()


FORMS = (
    Form("", "notes_strip", "note_text_strip", "添加批注", Kind.NOTE),
    Form("resources", "submit_this_page", "submit_page_resources_note", "加入议程", Kind.AGENDA, (("submit_page_resources_name", "十月"),)),
    Form("meeting", "meeting_new", "meeting_new_title", "新建", Kind.AGENDA),
)


def _file(url: str) -> Path:
    return Path(url.partition(":///")[2])


@contextmanager
def _away(file: Path) -> Iterator[None]:
    hidden = file.rename(file.with_name(f"{file.name}.away"))
    try:
        yield
    finally:
        hidden.rename(file)


@contextmanager
def workspace_gone() -> Iterator[None]:
    with _away(_file(settings().workspace_database_url)):
        yield


@contextmanager
def workspace_locked() -> Iterator[None]:
    with closing(sqlite3.connect(_file(settings().workspace_database_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def reporting_gone() -> Iterator[None]:
    with _away(_file(settings().reporting_database_url)):
        yield


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_WAIT_SECONDS", 0.2)


@pytest.fixture(scope="module")
def insured_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('insured') / 'reporting.duckdb'}")


@pytest.fixture
def own_url(tmp_path: Path, tiny_url: str) -> str:
    copy = tmp_path / "own.duckdb"
    copy.write_bytes(_file(tiny_url).read_bytes())
    return f"duckdb:///{copy}"


def _field(app: AppTest, key: str):  # type: ignore[no-untyped-def]
    return next(each for kind in ("text_input", "text_area") for each in app.get(kind) if each.key == key)


def _opened(app: AppTest, form: Form) -> AppTest:
    app.session_state[form.popover] = True
    return app.run()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.field)
@pytest.mark.parametrize("trouble", [workspace_gone, workspace_locked, reporting_gone])
def test_typed_text_stays_through_trouble_and_goes_once_saved(
    open_app: OpenApp, own_url: str, form: Form, trouble: Callable[[], AbstractContextManager[None]]
) -> None:
    app = _opened(open_app(form.page, url=own_url), form)
    assert not app.error, texts(app)
    before = len(current_workspace().list_documents(form.kind))
    _field(app, form.field).set_value("为何下降？请查 2025 年")
    for key, words in form.others:
        _field(app, key).set_value(words)
    with trouble():
        next(each for each in app.button if each.label == form.button).click().run()
        assert not app.exception
        assert app.error, texts(app)
    _opened(app, form)
    assert _field(app, form.field).value == "为何下降？请查 2025 年"
    assert len(current_workspace().list_documents(form.kind)) == before
    next(each for each in app.button if each.label == form.button).click().run()
    assert not app.exception
    assert not app.error, texts(app)
    assert len(current_workspace().list_documents(form.kind)) == before + 1
    _opened(app, form)
    assert _field(app, form.field).value == ""


def _with_save_form(app: AppTest) -> AppTest:
    app.session_state["insurance_save_0"] = True  # what a browser sends with every run, and AppTest only once
    return app.run()


def test_a_scenario_keeps_its_name_and_reason(open_app: OpenApp, insured_url: str) -> None:
    app = _with_save_form(open_app("insurance", url=insured_url))
    _field(app, "insurance_save_name").set_value("稳一点")
    _field(app, "insurance_save_reason").set_value("两会后再议")
    for trouble in (workspace_gone, workspace_locked):
        with trouble():
            next(each for each in app.button if each.label == "保存").click().run()
            assert app.error
            assert not app.exception
            _with_save_form(app)
            assert _field(app, "insurance_save_name").value == "稳一点"
            assert _field(app, "insurance_save_reason").value == "两会后再议"
    next(each for each in app.button if each.label == "保存").click().run()
    assert "已保存“稳一点”" in texts(app)


def test_two_errors_on_one_page_are_two_messages(open_app: OpenApp, insured_url: str) -> None:
    app = open_app("insurance", url=insured_url, agenda="x", present="1", plan="eNqrrgUAAXUA-Q")
    assert not app.exception
    assert len(app.error) == 2
    assert all("发生了什么" in error.value for error in app.error)


def _drafts() -> None:
    import streamlit as st

    from dashboard.ui.kit.draft import KEPT, let_go, typed

    st.text_input("题目", key=typed("title", st.session_state.get("proposal", "甲")), persist_state=KEPT)
    if st.button("存"):
        let_go("title")


def test_a_field_follows_the_proposal_until_somebody_touches_it_and_again_once_saved() -> None:
    app = AppTest.from_function(_drafts).run()
    app.session_state["proposal"] = "乙"
    assert app.run().text_input[0].value == "乙"
    app.text_input[0].set_value("我的题目").run()
    app.session_state["proposal"] = "丙"
    assert app.run().text_input[0].value == "我的题目"
    app.button[0].click().run()
    assert app.run().text_input[0].value == "丙"
