"""What the section 载入 says after a load, and after one was taken back, of several counties whose marts could not be made."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.errors import DatabaseError
from dashboard.services.common.database import open_database
from dashboard.services.data.inbox import open_inbox
from dashboard.services.data.loading import check
from dashboard.store.importing.loader import load_package
from tests.integration.importing.test_counties import second_package
from tests.integration.packages import small_county, write_csv_package
from tests.pages.conftest import OpenApp

LOADED, UNDONE = "已载入第 3 批", "已撤回第 3 批"
LEFT = ("各县并排比较的汇总没有做成", "python -m dashboard marts")


@pytest.fixture
def two(tmp_path: Path) -> str:
    """Two counties that came in by a package each."""
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    for name, package in (("first", small_county()), ("second", second_package())):
        assert load_package(write_csv_package(tmp_path / name, package), url).accepted
    return url


def _cannot_be_written(*_arguments: object) -> None:
    raise DatabaseError("数据库没有完成这次载入", "请检查磁盘空间")


def _press(app: AppTest, key: str) -> AppTest:
    return next(button for button in app.button if button.key == key).click().run()


def _ready(open_app: OpenApp, url: str) -> AppTest:
    """Return the section with one checked row, whose reason is written."""
    app = open_app("data", url=url, about="load")
    inbox = open_inbox(None)
    inbox.put("fact_outpatient.csv", b"institution_code,month,visits\nH1,2025-01,5151\n")
    checked = check(inbox, open_database(url), None, "reporter", lambda _state: None)
    assert checked.report.passed
    app.session_state["loading_inbox"], app.session_state["loading_checked"] = inbox.token, checked
    app.run()
    app.text_area(key="load_reason").set_value("一院更正 1 月").run()
    return app


def _told(app: AppTest) -> tuple[str, str]:
    """What the page says was done, and what it says went wrong."""
    assert not app.exception
    return tuple("\n".join(each.value.replace("\\", "") for each in kind) for kind in (app.success, app.error))  # type: ignore[return-value]


def test_a_load_whose_marts_cannot_be_made_is_told_with_what_to_do(open_app: OpenApp, two: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside what was done, not instead of it, and once; so is a load that was taken back."""
    app = _ready(open_app, two)
    with monkeypatch.context() as broken:
        broken.setattr("dashboard.services.prefecture.marts.write_marts", _cannot_be_written)
        done, wrong = _told(_press(app, "load_go"))
        assert LOADED in done
        assert all(words in wrong for words in LEFT)
        assert open_database(two).version.load_id == 3, "the load stands"
        assert _told(app.run()) == ("", "")
        app.text_input(key="undo_reason").set_value("载错了").run()
        done, wrong = _told(_press(app, "undo_go"))
        assert UNDONE in done
        assert all(words in wrong for words in LEFT)
        assert open_database(two).version.load_id == 4


def test_a_load_whose_marts_are_made_says_nothing_more(open_app: OpenApp, two: str) -> None:
    done, wrong = _told(_press(_ready(open_app, two), "load_go"))
    assert LOADED in done
    assert wrong == ""
