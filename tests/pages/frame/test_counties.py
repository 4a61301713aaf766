"""A database of several counties shows one of them at a time; one of a single county knows no choice."""

import datetime
from pathlib import Path

import pytest

from dashboard.services.common.counties import in_view, whole_name
from dashboard.services.common.database import open_database
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import agenda_of, list_agendas, save_agenda
from dashboard.store.engine import writing_engine
from dashboard.store.scope import Scope
from dashboard.workspace.county import CountyView, in_county
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.pages.conftest import OpenApp, texts
from tests.pages.frame.test_scope import become
from tests.pages.numbers import headline_cards
from tests.scope_county import write

ONE = Scope(frozenset({"C1"}), None, None, 3)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> str:
    return _written(tmp_path_factory.mktemp("counties") / "two.duckdb", together(one_county(), second_county()))


def _written(file: Path, frames: dict) -> str:
    engine = writing_engine(f"duckdb:///{file}")
    write(engine, frames)
    engine.dispose()
    return f"duckdb:///{file}"


def _options(app: object, key: str) -> list[str]:
    return next((list(box.options) for box in app.selectbox if box.key == key), [])  # type: ignore[attr-defined]


def test_the_county_in_view_is_chosen_in_the_frame_and_named(open_app: OpenApp, two: str) -> None:
    app = open_app(url=two)
    assert _options(app, "county") == ["小县", "大县"]
    assert "小县" in texts(app)
    assert _options(app, "community")[1:] == ["C1", "C2", "C3", "C4", "C5"]
    other = open_app(url=two, county=SECOND)
    assert next(box.value for box in other.selectbox if box.key == "county") == SECOND
    assert "大县" in texts(other)
    assert len(_options(other, "community")) == len(_options(app, "community"))
    unknown = open_app(url=two, county="999999")
    assert "无法识别" in texts(unknown)
    assert "小县" in texts(unknown)
    for each in (app, other, unknown):
        assert not each.exception


def test_with_one_county_there_is_nothing_to_choose(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app(url=_written(tmp_path / "one.duckdb", one_county()), county=SECOND)
    assert _options(app, "county") == []
    assert "无法识别" not in texts(app)


def test_who_sees_a_part_sees_the_county_that_it_lies_in(open_app: OpenApp, two: str, monkeypatch: pytest.MonkeyPatch) -> None:
    become(monkeypatch, ONE)
    app = open_app(url=two)
    assert _options(app, "county") == ["小县"]
    assert _options(app, "community") == ["C1"]
    refused = open_app(url=two, county=SECOND)
    assert "“大县”不在您的数据范围内" in texts(refused)
    assert headline_cards(app)
    assert not headline_cards(refused)


def test_a_county_is_asked_for_by_code_or_name(two: str) -> None:
    database = open_database(two)
    assert [in_view(database, text).scope.county for text in ("", FIRST, SECOND, "大县", "?")] == [FIRST, FIRST, SECOND, SECOND, FIRST]
    institutions = Scope(None, frozenset({"ZP4"}), None, 1)
    assert in_view(database.under(institutions)).scope.county == SECOND


def _meeting(title: str, view: CountyView) -> str:
    with in_county(view):
        return save_agenda(current_workspace(), agenda_of(title, datetime.date(2026, 11, 30)), author="王敏").agenda_id


def _everything(app: object) -> str:
    return texts(app) + "".join(str(box.options) for box in app.selectbox)  # type: ignore[arg-type,attr-defined]


def test_what_people_write_is_read_and_written_in_the_county_in_view(open_app: OpenApp, two: str) -> None:
    """What names no county is the first's; a page writes beside what it writes which county it shows."""
    open_app("meeting", url=two)
    _meeting("小县例会", CountyView())
    _meeting("大县例会", CountyView(SECOND, frozenset({SECOND})))
    first, second = open_app("meeting", url=two), open_app("meeting", url=two, county=SECOND)
    assert ("小县例会" in _everything(first), "大县例会" in _everything(first)) == (True, False)
    assert ("小县例会" in _everything(second), "大县例会" in _everything(second)) == (False, True)
    second.session_state["meeting_new"] = True
    second.run()
    second.text_input(key="meeting_new_title").input("大县又一次例会")
    next(button for button in second.button if button.label == "新建").click().run()
    assert not second.exception
    written = {each.agenda.title: current_workspace().document(each.agenda_id).county for each in list_agendas(current_workspace())}
    assert written == {"小县例会": None, "大县例会": SECOND, "大县又一次例会": SECOND}


def test_with_one_county_what_people_write_names_none(open_app: OpenApp, tmp_path: Path) -> None:
    app = open_app("meeting", url=_written(tmp_path / "one.duckdb", one_county()))
    app.session_state["meeting_new"] = True
    app.run()
    app.text_input(key="meeting_new_title").input("例会")
    next(button for button in app.button if button.label == "新建").click().run()
    assert [current_workspace().document(each.agenda_id).county for each in list_agendas(current_workspace())] == [None]


def test_the_page_to_sign_in_names_no_county_of_several(two: str, tmp_path: Path) -> None:
    """It names what all of them lie in, or nothing; of one county its name."""
    database = open_database(two)
    assert whole_name(database) == ""
    frames = together(one_county(), second_county())
    frames["dim_county"]["prefecture"] = "某市"
    assert whole_name(open_database(_written(tmp_path / "named.duckdb", frames))) == "某市"
    assert whole_name(open_database(_written(tmp_path / "one.duckdb", one_county()))) == "小县"
