"""Files on their way into the product: who may send them, what is left of a broken line, what a load leaves on record, the tray."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from dashboard.errors import PackageError, ScopeError
from dashboard.services.common.database import open_database
from dashboard.services.common.identity import EVERYBODY, Identity
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.inbox import Arriving, Inbox, find_inbox, open_inbox
from dashboard.services.data.loading import Undone, check, load, may_load, may_submit, refuse_foreign_rows, undo, undoable
from dashboard.services.data.submissions import settle, submit, take_over, tray
from dashboard.settings import settings
from dashboard.store.importing.loader import Progress
from dashboard.store.scope import Scope
from dashboard.ui.frame import uploads
from dashboard.workspace import Action
from dashboard.workspace.errors import WorkspaceError
from tests.integration.packages import MONTHS, small_county
from tests.kept import KeptCounties

_COUNTY = Scope(None, None, None, 0)
MANAGER = Identity("wang", "王敏", "data_manager", _COUNTY, signed_in=True, session="s1", device=False)
CLINIC = Identity("li", "李四", "institution", Scope(None, frozenset({"C1"}), frozenset(), 0), signed_in=True, session="s2", device=False)
LEADER = replace(MANAGER, role="leader")


def _nothing(_state: object) -> None:
    return None


@pytest.fixture
def inbox() -> Iterator[Inbox]:
    found = open_inbox("s1")
    yield found
    found.close()


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory, kept_counties: KeptCounties) -> Path:
    file = tmp_path_factory.mktemp("county") / "reporting.duckdb"
    kept_counties.copied(f"duckdb:///{file}", small_county())
    return file


@pytest.fixture
def live(county: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A county of this test's own, as the settings name it."""
    (tmp_path / "reporting.duckdb").write_bytes(county.read_bytes())
    url = f"duckdb:///{tmp_path / 'reporting.duckdb'}"
    monkeypatch.setenv("REPORTING_DATABASE_URL", url)
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    monkeypatch.setenv("SUBMISSIONS_FOLDER", str(tmp_path / "submissions"))
    settings.cache_clear()
    yield url
    settings.cache_clear()


def _visits(*rows: tuple[str, str, int]) -> bytes:
    return "\n".join(["institution_code,month,visits", *(f"{who},{month},{count}" for who, month, count in rows)]).encode()


# Files -------------------------------------------------------------------------------------------------------------------


def test_a_broken_line_leaves_nothing(inbox: Inbox) -> None:
    def breaks() -> None:
        with Arriving(inbox, "a.csv") as arriving:
            arriving.write(b"half")
            raise ConnectionError

    with pytest.raises(ConnectionError):
        breaks()
    assert inbox.files() == []
    assert [path.name for path in inbox.folder.iterdir()] == [inbox.uploaded.name]
    inbox.put("a.csv", b"whole")
    assert inbox.files() == [("a.csv", 5)]


def test_names_kinds_and_room_are_bounded(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("../../床位月报.csv", b"x")
    assert [name for name, _size in inbox.files()] == ["床位月报.csv"]
    for name in ("", ".hidden.csv", "a\x00.csv", "x" * 300 + ".csv", "a.exe", "a.xls", ".."):
        with pytest.raises(PackageError):
            inbox.put(name, b"x")
    monkeypatch.setattr(settings(), "upload_megabytes", 1)
    inbox.put("床位月报.csv", b"x" * 2**20)  # in place of the one that was there
    with pytest.raises(PackageError, match="1 MB"):
        inbox.put("b.csv", b"x")
    assert len(inbox.files()) == 1


def test_an_inbox_is_its_sessions_own(inbox: Inbox) -> None:
    assert find_inbox(inbox.token, "s1") is inbox
    assert find_inbox(inbox.token, "s2") is None
    assert find_inbox(inbox.token, None) is None
    inbox.close()
    assert find_inbox(inbox.token, "s1") is None
    assert not inbox.folder.exists()


def _put(inbox: Inbox, name: str = "a.csv", *, cut: bool = False) -> int:
    """Put a file over the route; with ``cut`` the browser goes away in the middle."""
    messages: list[dict[str, Any]] = [{"type": "http.request", "body": b"abc", "more_body": True}]
    messages.append({"type": "http.disconnect"} if cut else {"type": "http.request", "body": b"def", "more_body": False})
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return messages.pop(0)

    async def send(message: Any) -> None:
        answers.append(message)

    path = f"/uploads/{inbox.token}/{name}"
    scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode(), "query_string": b"", "headers": [], "root_path": ""}
    served = Starlette(routes=[uploads.upload_route()])(scope, receive, send)  # type: ignore[arg-type]
    with ThreadPoolExecutor(1) as apart:  # a browser test before it may have left a loop in this thread
        apart.submit(asyncio.run, served).result()
    return int(answers[0]["status"])


def test_only_who_may_load_or_submit_sends_a_file(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    for reader, status in ((MANAGER, 201), (LEADER, 403), (None, 403), (replace(MANAGER, session="s9"), 404), (CLINIC, 404)):
        monkeypatch.setattr(uploads, "identity_of", lambda _headers, reader=reader: reader)
        assert _put(inbox) == status
    assert inbox.files() == [("a.csv", 6)]
    monkeypatch.setattr(uploads, "identity_of", lambda _headers: MANAGER)
    assert _put(inbox, "b.exe") == 422
    assert _put(inbox, "b.csv", cut=True) == 400
    assert inbox.files() == [("a.csv", 6)]
    assert len(list(inbox.folder.iterdir())) == 1


# Loading -----------------------------------------------------------------------------------------------------------------


def test_who_may_what() -> None:
    assert [may_load(each) for each in (MANAGER, EVERYBODY, CLINIC, LEADER, None)] == [True, True, False, False, False]
    assert [may_submit(each) for each in (MANAGER, EVERYBODY, CLINIC, LEADER, None)] == [False, False, True, False, False]
    assert not may_load(replace(MANAGER, scope=CLINIC.scope))


def test_checked_loaded_with_a_reason_and_taken_back(live: str, inbox: Inbox) -> None:
    inbox.put("fact_outpatient.csv", _visits(("H1", MONTHS[0], 5000), ("C1", MONTHS[0], 300)))
    database = open_database(live)
    checked = check(inbox, database, None, None, _nothing)
    assert checked.report.checked
    assert [checked.total(name) for name in ("added", "changed", "removed", "same")] == [0, 2, 0, 0]  # emergency visits are gone in C1
    assert checked.headlines is not None
    assert open_database(live).version.load_id == 1
    with pytest.raises(WorkspaceError):
        load(checked, MANAGER, "  ", _nothing)
    with pytest.raises(ScopeError):
        load(checked, CLINIC, "理由", _nothing)
    report = load(checked, MANAGER, "一院更正", _nothing)
    assert (report.accepted, report.load_id) == (True, 2)
    (entry,) = current_workspace().audit.entries(action=Action.LOAD, limit=1)
    assert (entry.details["reason"], entry.details["changed"], entry.details["load_id"]) == ("一院更正", 2, 2)
    assert entry.details["files"].keys() == {"fact_outpatient.csv"}
    last = undoable()
    assert last is not None
    assert last.possible
    with pytest.raises(WorkspaceError):
        undo(last, MANAGER, "")
    with pytest.raises(ScopeError):
        undo(last, LEADER, "理由")
    assert undo(last, MANAGER, "载错了") == Undone(3)
    assert current_workspace().audit.entries(action=Action.UNDO_LOAD, limit=1)[0].details["undone"] == 2


def test_an_institution_submits_its_own_and_the_data_manager_takes_it_over(live: str) -> None:
    theirs = open_inbox("s2")
    database = open_database(live)
    theirs.put("fact_outpatient.csv", _visits(("C1", MONTHS[0], 311), ("H1", MONTHS[0], 5)))
    with pytest.raises(ScopeError, match="H1"):
        refuse_foreign_rows(check(theirs, database, None, "reporter", _nothing), database, CLINIC)
    theirs.put("fact_outpatient.csv", _visits(("C1", MONTHS[0], 311)))
    checked = check(theirs, database, None, "reporter", _nothing)
    refuse_foreign_rows(checked, database, CLINIC)
    workspace = current_workspace()
    kept = submit(workspace, theirs, checked, CLINIC, "1 月更正")
    theirs.close()
    assert open_database(live).version.load_id == 1
    assert [each.content.reporters for each in tray(workspace).waiting] == [("C1",)]
    assert tray(workspace, "别人").waiting == ()
    mine = take_over(kept, "s1")
    report = load(check(mine, database, None, "reporter", _nothing), MANAGER, "接收报送", _nothing)
    settle(workspace, kept, MANAGER, load_id=report.load_id)
    mine.close()
    found = tray(workspace, "李四")
    assert (found.waiting, [(each.content.state, each.content.load_id) for each in found.settled]) == ((), [("taken", 2)])
    assert not list(settings().submissions_folder.iterdir())


def test_the_progress_of_a_check_never_goes_back_and_goes_all_the_way(live: str, inbox: Inbox) -> None:
    tables = small_county()
    for name in ("dim_town", "fact_outpatient", "fact_bed", "fact_claim"):
        inbox.put(
            f"{name}.csv", tables[name].assign(**({"visits": 7777} if name == "fact_outpatient" else {})).to_csv(index=False).encode()
        )
    told: list[Progress] = []
    assert check(inbox, open_database(live), None, None, told.append).report.checked
    whole = [each.whole for each in told]
    assert whole == sorted(whole)
    assert {each.stage for each in told} == {"read", "check", "write"}
    read = [each.whole for each in told if each.stage == "read"]
    assert len(set(read)) == 4, "each file moves it"
    assert read[-1] == pytest.approx(0.4)
    assert 0.8 < whole[-1] <= 1, "to the last table"
