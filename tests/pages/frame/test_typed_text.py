"""What people type is there until it was saved, whatever is away meanwhile: the form is drawn, the message stands beside it."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button, TextArea, TextInput

from dashboard.settings import settings
from dashboard.store.importing.loader import load_package
from dashboard.workspace import engine
from tests.contracts_county import contracts_county
from tests.insured import make_insured_county
from tests.integration.county import fill
from tests.integration.packages import small_county, write_csv_package
from tests.integration.performance.test_answer import ROWS
from tests.monitoring_county import monitoring_county
from tests.pages.conftest import OpenApp, texts
from tests.pages.forms import FORMS, Form, text_fields
from tests.pages.performance.test_page import META
from tests.reform_county import reform_county
from tests.tiny import PLAIN_NAMES, make_tiny_database


def _file(url: str) -> Path:
    return Path(url.partition(":///")[2])


@contextmanager
def _away(place: Path) -> Iterator[None]:
    hidden = place.rename(place.with_name(f"{place.name}.away"))
    try:
        yield
    finally:
        hidden.rename(place)


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
    """Gone with its folder, as a share that is not mounted: the file is the same when it is back, and nothing is computed anew."""
    with _away(_file(settings().reporting_database_url).parent):
        yield


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_WAIT_SECONDS", 0.2)


@contextmanager
def workspace_refused() -> Iterator[None]:
    """A PostgreSQL server that was stopped: nobody listens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKSPACE_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:9/workspace")
        settings.cache_clear()
        yield
    settings.cache_clear()


FIELDS = ("text_input", "text_area", "date_input")
TROUBLES = (reporting_gone, workspace_gone, workspace_locked, workspace_refused)

# The fields that look something up write nothing.
LOOKED_UP = {
    ("audit/section", "查找人员、对象或细节"),
    ("data/dictionary", "查找"),
    ("performance/custom", "查找"),
}
# What is asked beside other things: the name of who is not signed in, and, of who is, why data are taken out (tests/pages/people); the
# forms of people and grants stand in tests/pages/people too.
ASKED_ASIDE = {("kit/signature", "姓名"), ("kit/tables", "为什么导出")}


def _packed(folder: Path, tables: dict[str, pd.DataFrame]) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(write_csv_package(folder / "package", tables), url).accepted
    return url


def _filled(folder: Path) -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    fill(url, ROWS | META)
    return url


COUNTIES: dict[str, Callable[[Path], str]] = {
    "tiny": lambda folder: make_tiny_database(f"duckdb:///{folder / 'reporting.duckdb'}", PLAIN_NAMES),
    "insured": lambda folder: make_insured_county(f"duckdb:///{folder / 'reporting.duckdb'}"),
    "county": _filled,
    "county_loaded": lambda folder: _packed(folder, small_county()),
    "contracts": lambda folder: _packed(folder, contracts_county()),
    "monitoring": lambda folder: _packed(folder, monitoring_county()),
    "reform": lambda folder: _packed(folder, reform_county()),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return the URL of a county, made once."""
    return cache(lambda name: COUNTIES[name](tmp_path_factory.mktemp(name)))


@pytest.fixture(scope="module")
def lent(made: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return the URL of a county that may be moved away and loaded into: the same as before, unless something was loaded into it."""
    copies: dict[str, tuple[Path, object]] = {}

    def lend(name: str) -> str:
        if name not in copies or _written(copies[name][0]) != copies[name][1]:
            file = tmp_path_factory.mktemp("own") / "own.duckdb"
            file.write_bytes(_file(made(name)).read_bytes())
            copies[name] = file, _written(file)
        return f"duckdb:///{copies[name][0]}"

    return lend


def _written(file: Path) -> tuple[int, int]:
    """Return what a load changes of a file."""
    status = file.stat()
    return status.st_ino, status.st_mtime_ns


def _field(app: AppTest, form: Form, label: str) -> TextInput | TextArea:
    found = [each for kind in FIELDS for each in app.get(kind) if each.label.startswith(label)]
    return next(each for each in found if form.within in (each.key or ""))


def _button(app: AppTest, form: Form) -> Button | None:
    found = [each for each in app.button if each.label.replace("\\", "").startswith(form.send)]
    return next((each for each in found if form.within in f"{each.key} {each.proto.form_id}"), next(iter(found), None))


def _drawn(app: AppTest, form: Form, prepared: object) -> AppTest:
    form.draw(app.run(), prepared)
    return app.run()


def _send(app: AppTest, form: Form, prepared: object) -> None:
    """Press the button, with the form open as it is in a browser; where it is not drawn yet, what was typed is sent by itself."""
    form.draw(app, prepared)
    button = _button(app, form)
    if button is not None and not button.disabled:
        button.click()
    app.run()


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_typed_text_stays_through_trouble_and_goes_once_saved(
    open_app: OpenApp, use_database: Callable[[str], None], lent: Callable[[str], str], form: Form
) -> None:
    own = lent(form.county)
    use_database(own)
    prepared = form.prepare()
    app = open_app(form.page, url=own, **form.query)
    _drawn(app, form, prepared)
    assert not app.error, texts(app)
    before = form.written(app)
    for label, words in form.fields:
        _field(app, form, label).set_value(words)
    for trouble in (each for each in TROUBLES if each.__name__ not in form.goes_on):
        with trouble():
            app.run() if form.in_hand else _send(app, form, prepared)
            assert not app.exception
            assert app.error or form.in_hand, (trouble.__name__, texts(app))
            assert all("发生了什么" in each.value for each in app.error)
        _drawn(app, form, prepared)
        for label, words in form.fields:
            assert _field(app, form, label).value == words, (trouble.__name__, label)
        assert form.written(app) == before, trouble.__name__
    _send(app, form, prepared)
    assert not app.exception
    assert not app.error, texts(app)
    assert form.written(app) == before + 1
    _drawn(app, form, prepared)
    for label, words in form.fields:
        if label not in form.stays and words:
            assert words not in [each.value for kind in FIELDS for each in app.get(kind) if form.within in (each.key or "")], label


def test_no_form_is_forgotten_and_every_field_of_one_stays() -> None:
    known = {(form.module, label) for form in FORMS for label in (*dict(form.fields), *form.also)}
    apart = LOOKED_UP | ASKED_ASIDE
    fields = [each for each in text_fields() if (each.module, each.label) not in apart and not each.module.startswith("people/")]
    forgotten = [each for each in fields if not any(each.module == module and each.label.startswith(label) for module, label in known)]
    assert not forgotten
    assert [each for each in text_fields() if not each.kept and (each.module, each.label) not in LOOKED_UP | ASKED_ASIDE] == []
    assert len(fields) > 30


def test_what_went_wrong_is_told_in_english_too(open_app: OpenApp, use_database: Callable[[str], None], made: Callable[[str], str]) -> None:
    url = made("insured")
    for trouble in TROUBLES:
        app = open_app("insurance", url=url, lang="en")
        app.session_state["insurance_save_0"] = True
        app.run()
        with trouble():
            app.session_state["insurance_save_0"] = True
            next(each for each in app.button if each.label == "Save").click().run()
            assert app.error, trouble.__name__
            assert not [each.value for each in app.error if re.search("[\u4e00-\u9fff]", each.value)]


def test_two_errors_on_one_page_are_two_messages(open_app: OpenApp, made: Callable[[str], str]) -> None:
    app = open_app("insurance", url=made("insured"), agenda="x", present="1", plan="eNqrrgUAAXUA-Q")
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
