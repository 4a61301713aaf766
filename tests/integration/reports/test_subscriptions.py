"""Scheduled reports: once each, under the reader's scope as it is now, whole or with the reason, by mail or into a folder."""

import datetime
import email
import shutil
import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import policy
from pathlib import Path

import pandas as pd
import pytest
from docx import Document
from sqlalchemy import update
from typer.testing import CliRunner

from dashboard import cli
from dashboard.documents.content import Report
from dashboard.services.common.counties import CountyError, chosen_county, county_view
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.people.changes import NewPerson, add_person, revoke_person
from dashboard.services.reports import due
from dashboard.services.reports.delivery import MOST_BYTES, DeliveryError, Letter, deliver, folder_name
from dashboard.services.reports.due import Done, Run
from dashboard.services.reports.report import File, ReportError, ReportKind, build_report
from dashboard.services.reports.subscriptions import Subscription, SubscriptionError, add_subscription, list_subscriptions
from dashboard.settings import settings
from dashboard.store.importing.loader import load_package
from dashboard.workspace import Action, Workspace
from dashboard.workspace.accounts import GrantRequest
from dashboard.workspace.county import CountyView, in_county
from dashboard.workspace.deliveries import DeliveryState
from dashboard.workspace.engine import transaction
from dashboard.workspace.schema import report_turn
from tests.integration.importing.test_counties import FIRST, SECOND, second_package
from tests.integration.packages import write_csv_package
from tests.integration.reports.conftest import county, loaded

OCTOBER_10 = datetime.date(2025, 10, 10)
Configure = Callable[..., None]


@pytest.fixture(autouse=True)
def configure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, database: ReportingDatabase) -> Iterator[Configure]:
    """Return what sets settings until the test ends; the workspace and the county are the test's own."""

    def configured(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, str(value))
        settings.cache_clear()

    workspace_url = f"sqlite:///{tmp_path / 'workspace.sqlite'}"
    configured(REPORTING_DATABASE_URL=database.url, WORKSPACE_DATABASE_URL=workspace_url, SIGN_IN="none")
    yield configured
    settings.cache_clear()


def subscribe(workspace: Workspace, **changes: object) -> str:
    wanted = {"report": "monthly", "reader": "王局", "owner": "李科"} | changes
    return add_subscription(workspace, Subscription.model_validate(wanted)).document_id


def run(database: ReportingDatabase, workspace: Workspace, folder: Path, **changes: object) -> list[Done]:
    return list(replace(Run(database, workspace, folder, "timer", OCTOBER_10), **changes).all_due())  # type: ignore[arg-type]


def files(folder: Path) -> list[str]:
    return sorted(str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file())


def words(file: Path) -> str:
    document = Document(str(file))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in document.paragraphs), *cells])


def reload(database: ReportingDatabase) -> ReportingDatabase:
    return replace(database, version=replace(database.version, load_id=database.version.load_id + 1))


@pytest.mark.parametrize(
    ("day", "rhythm", "last"),
    [
        ("2025-10-09", "monthly", "2025-08-01"),
        ("2025-10-10", "monthly", "2025-09-01"),
        ("2025-10-10", "quarterly", "2025-09-01"),
        ("2025-10-09", "quarterly", "2025-06-01"),
        ("2025-12-31", "quarterly", "2025-09-01"),
        ("2026-01-10", "quarterly", "2025-12-01"),
        ("2026-01-09", "monthly", "2025-11-01"),
    ],
)
def test_a_period_is_due_when_it_is_over_and_its_day_has_come(day: str, rhythm: str, last: str) -> None:
    wanted = Subscription(report=ReportKind.ONE_PAGER, reader="w", owner="l", rhythm=rhythm)  # type: ignore[arg-type]
    assert wanted.due_month(datetime.date.fromisoformat(day)) == datetime.date.fromisoformat(last)


def test_a_report_goes_out_once_per_data_version(database: ReportingDatabase, workspace: Workspace, tmp_path: Path) -> None:
    folder = tmp_path / "out"
    number = subscribe(workspace, formats=("docx", "xlsx"))
    (done,) = run(database, workspace, folder)
    assert (done.state, done.where) == (DeliveryState.SENT, str(folder / "王局"))
    assert files(folder) == ["王局/月度考核_2025-09_v1.docx", "王局/月度考核_2025-09_v1.xlsx"]
    assert "全县" in words(folder / "王局" / "月度考核_2025-09_v1.docx")
    assert run(database, workspace, folder) == []
    exports = workspace.audit.entries(action=Action.EXPORT)
    assert {entry.details["subscription"] for entry in exports} == {number}
    assert {(entry.actor, entry.details["reader"], entry.details["to"]) for entry in exports} == {("timer", "王局", "folder")}
    assert len(exports) == 2
    (again,) = run(reload(database), workspace, folder)
    assert again.state is DeliveryState.SENT
    assert "王局/月度考核_2025-09_v2.docx" in files(folder)


def test_a_month_that_has_not_come_is_told_once_and_made_up_for(database: ReportingDatabase, workspace: Workspace, tmp_path: Path) -> None:
    subscribe(workspace)
    november = datetime.date(2025, 11, 12)
    (done,) = run(database, workspace, tmp_path, day=november)
    assert done.state is DeliveryState.HELD
    notices = [file for file in files(tmp_path) if file.endswith(".txt")]
    assert [notice.partition("/")[0] for notice in notices] == ["李科", "王局"]
    text = (tmp_path / notices[1]).read_text(encoding="utf-8")
    assert "2025年10月的数据还没有载入，现有数据到2025年9月" in text
    (tmp_path / notices[1]).unlink()
    (again,) = run(database, workspace, tmp_path, day=november)
    assert again.state is DeliveryState.HELD
    assert not (tmp_path / notices[1]).exists()
    (sent,) = run(database, workspace, tmp_path, day=november, month=datetime.date(2025, 9, 1))
    assert sent.state is DeliveryState.SENT


def test_an_incomplete_month_is_not_sent(workspace: Workspace, tmp_path: Path) -> None:
    tables = county()
    beds = tables["fact_bed"]
    tables["fact_bed"] = beds[~(beds["institution_code"].eq("H2") & beds["month"].eq("2025-09-01"))]
    database = loaded(tmp_path / "county", tables)
    subscribe(workspace)
    subscribe(workspace, report="quarterly", rhythm="quarterly")
    subscribe(workspace, community="A", reader="甲")
    folder = tmp_path / "out"
    found = {done.subscribed.content.reader + done.subscribed.content.report: done for done in run(database, workspace, folder)}
    assert found["王局monthly"].state is found["王局quarterly"].state is DeliveryState.HELD
    assert "“床位月报”（fact_bed）" in found["王局monthly"].error.text()  # type: ignore[union-attr]
    assert found["甲monthly"].state is DeliveryState.SENT  # the hospital that is silent belongs to the other community
    assert not [file for file in files(folder / "王局") if file.endswith(".docx")]


def test_a_reader_gets_their_own_and_after_their_grant_nothing(
    database: ReportingDatabase, workspace: Workspace, tmp_path: Path, configure: Configure
) -> None:
    configure(SIGN_IN="local")
    add_person(workspace, NewPerson("wang", "王"), GrantRequest("community", communities=("A",)), actor="root")
    subscribe(workspace, reader="wang")
    subscribe(workspace, reader="wang", community="B")
    folder = tmp_path / "out"
    outside, own = run(database, workspace, folder)
    assert own.state is DeliveryState.SENT
    (name,) = files(folder / "wang")
    text = words(folder / "wang" / name)
    assert "数据范围" in text
    whole = tmp_path / "whole"
    configure(SIGN_IN="none")
    subscribe(workspace, reader="县里")
    run(reload(database), workspace, whole)
    (county_name,) = files(whole / "县里")
    assert text != words(whole / "县里" / county_name)
    configure(SIGN_IN="local")
    assert outside.state is DeliveryState.HELD
    assert "不在收件人的数据范围内" in outside.error.text()  # type: ignore[union-attr]
    assert [file.partition("/")[0] for file in files(folder)] == ["wang", "李科"]  # the owner alone is told
    revoke_person(workspace, "wang", actor="root", reason="调离")
    ended = tmp_path / "ended"
    newer = replace(database, version=replace(database.version, load_id=9))
    assert {done.state for done in run(newer, workspace, ended)} == {DeliveryState.HELD}
    assert {file.partition("/")[0] for file in files(ended)} == {"李科"}
    assert "授权已结束" in "".join(file.read_text(encoding="utf-8") for file in ended.rglob("*.txt"))


def test_empty_and_broken_reports_stay_here_and_do_not_keep_others(
    database: ReportingDatabase, workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made(source: ReportingDatabase, saved: Workspace, request: due.ReportRequest) -> Iterator[object]:
        for state in build_report(source, saved, request):
            if request.language == "en" and isinstance(state, Report):
                raise ZeroDivisionError
            if request.filters.community == "A":
                raise ReportError("坏了", "修好")
            yield replace(state, sections=()) if isinstance(state, Report) and request.filters.community == "B" else state

    monkeypatch.setattr(due, "build_report", made)
    for changes in ({"language": "en"}, {"community": "A"}, {"community": "B"}, {}):
        subscribe(workspace, **changes)
    found = run(database, workspace, tmp_path / "out")
    assert [done.state for done in found].count(DeliveryState.HELD) == 3
    assert [done.state for done in found].count(DeliveryState.SENT) == 1
    reasons = "\n".join(done.error.text() for done in found if done.error)
    for words_of in ("程序内部错误", "坏了", "报告是空的"):
        assert words_of in reasons
    assert "ZeroDivisionError" not in reasons
    monkeypatch.setattr(due, "build_report", build_report)
    assert {done.state for done in run(database, workspace, tmp_path / "out")} == {DeliveryState.SENT}


# One at a time ---------------------------------------------------------------------------------------------------------


def test_one_run_at_a_time_and_a_dead_one_is_taken_over(workspace: Workspace) -> None:
    with workspace.deliveries.turn() as first, workspace.deliveries.turn() as second:
        assert (first, second) == (True, False)
        with transaction(workspace._engine, writes=True) as connection:
            past = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=1)
            connection.execute(update(report_turn).values(ends_at=past))
        with workspace.deliveries.turn() as third:
            assert third
    with workspace.deliveries.turn() as after:
        assert after


def test_what_a_dead_run_had_begun_is_sent(database: ReportingDatabase, workspace: Workspace, tmp_path: Path) -> None:
    number = subscribe(workspace)
    key = due.DeliveryKey(number, "month:2025-09", database.version.load_id)
    assert workspace.deliveries.claim(key) is None
    (done,) = run(database, workspace, tmp_path / "out")
    assert done.state is DeliveryState.SENT
    assert workspace.deliveries.claim(key) is DeliveryState.SENT


# Mail ------------------------------------------------------------------------------------------------------------------


class _Post(socketserver.StreamRequestHandler):
    """As much of SMTP as a client needs to hand over a message."""

    def handle(self) -> None:
        self.wfile.write(b"220 here\r\n")
        for line in self.rfile:
            verb = line.split()[0].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                lines = list(iter(self.rfile.readline, b".\r\n"))
                self.server.received.append(b"".join(lines))  # type: ignore[attr-defined]
            self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 good\r\n")
            if verb == b"QUIT":
                return


@pytest.fixture
def post(configure: Configure) -> Iterator[list[bytes]]:
    """Run a mail server and return what it receives."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Post) as server:
        server.received = []  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        configure(SMTP_HOST="127.0.0.1", SMTP_PORT=server.server_address[1], SMTP_SENDER="dashboard@county.example")
        yield server.received  # type: ignore[attr-defined]
        server.shutdown()


def test_a_mail_has_figures_to_read_and_the_file_under_its_chinese_name(
    database: ReportingDatabase, workspace: Workspace, tmp_path: Path, post: list[bytes]
) -> None:
    subscribe(workspace, mail="wang@county.example")
    (done,) = run(database, workspace, tmp_path / "out")
    assert (done.state, done.where) == (DeliveryState.SENT, "wang@county.example")
    assert files(tmp_path / "out") == []
    (raw,) = post
    assert b"filename*=utf-8''%E6%9C%88%E5%BA%A6%E8%80%83%E6%A0%B8" in raw
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    message = email.message_from_bytes(raw, policy=policy.default)
    assert message["Subject"] == "月度考核 2025年9月"
    assert message["To"] == "wang@county.example"
    (attached,) = message.iter_attachments()
    assert attached.get_filename() == "月度考核_2025-09_v1.docx"
    assert attached["Content-Type"].params["name"] == "report-2025-09-v1.docx"
    assert attached.get_content()[:2] == b"PK"
    body = message.get_body().get_content()  # type: ignore[union-attr]
    assert "病床使用率" in body
    assert "数据版本 1" in body


def test_a_mail_server_that_is_away_is_an_error_and_the_next_run_sends(
    database: ReportingDatabase, workspace: Workspace, tmp_path: Path, post: list[bytes], configure: Configure
) -> None:
    good = settings().smtp_port
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        configure(SMTP_PORT=free.getsockname()[1])
        subscribe(workspace, mail="wang@county.example")
        (done,) = run(database, workspace, tmp_path)
        assert done.state is DeliveryState.FAILED
        assert "邮件没有发出" in done.error.text()  # type: ignore[union-attr]
        (held,) = run(database, workspace, tmp_path, month=datetime.date(2025, 10, 1))  # nor could the notice be sent
        assert held.state is DeliveryState.FAILED
    configure(SMTP_PORT=good)
    assert [done.state for done in run(database, workspace, tmp_path)] == [DeliveryState.SENT]
    (told,) = run(database, workspace, tmp_path, month=datetime.date(2025, 10, 1))
    assert told.state is DeliveryState.HELD
    subjects = [str(email.message_from_bytes(raw, policy=policy.default)["Subject"]) for raw in post]
    assert subjects == ["月度考核 2025年9月", "月度考核 2025年10月没有发出"]


def test_a_mail_is_refused_without_a_server_and_beyond_its_size(configure: Configure, tmp_path: Path) -> None:
    letter = Letter("k", "s\r\nBcc: x@y", ("l",), (File("a.docx", b"0" * (MOST_BYTES + 1), "application/zip"),))
    with pytest.raises(DeliveryError, match="没有设置邮件服务器"):
        deliver(letter, person="w", mail="w@county.example", folder=tmp_path)
    configure(SMTP_HOST="127.0.0.1", SMTP_SENDER="d@county.example")
    with pytest.raises(DeliveryError, match="5 MB"):
        deliver(letter, person="w", mail="w@county.example", folder=tmp_path)


def test_no_two_people_share_a_folder() -> None:
    assert folder_name("王局") == "王局"
    odd = ["a/b", "a-b", "a b", "..", "../x", "x", "/"]
    names = [folder_name(name) for name in odd]
    assert len(set(names)) == len(odd)
    assert all("/" not in name and name.strip(".") for name in names)


# Subscriptions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"report": "quarterly"}, "每季"),
        ({"report": "one-pager"}, "医共体"),
        ({"formats": ("doc",)}, "格式"),
        ({"mail": "a@b\nBcc: c@d"}, "邮箱"),
        ({"owner_mail": "nobody"}, "邮箱"),
    ],
)
def test_what_could_never_be_sent_is_refused(workspace: Workspace, changes: dict, reason: str) -> None:
    with pytest.raises(SubscriptionError, match=reason):
        subscribe(workspace, **changes)
    assert list_subscriptions(workspace) == ()


def test_an_unknown_account_cannot_be_subscribed(workspace: Workspace, configure: Configure) -> None:
    configure(SIGN_IN="local")
    with pytest.raises(SubscriptionError, match="没有这个账号"):
        subscribe(workspace, reader="nobody")


def test_the_command_line_adds_lists_runs_and_removes(workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = CliRunner()

    def said(*arguments: str, code: int = 0) -> str:
        result = line.invoke(cli.application, ["reports", *arguments])
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    number = said("add", "monthly", "--reader", "王局", "--community", "A", "--owner", "李科").split()[-1]
    assert number in said("list")
    assert "—" in said("list")
    sent = said("run", "--due", "--month", "2025-09", "--folder", str(tmp_path / "out"))
    assert "已发出" in sent
    (file,) = files(tmp_path / "out")
    assert pd.Series([file]).str.match(r"王局/月度考核_.*2025-09_v1\.docx").all()
    assert said("run", "--due", "--month", "2025-09", "--folder", str(tmp_path / "out")) == ""
    assert "2025-09 v1 已发出" in said("list")
    said("run", code=2)
    with workspace.deliveries.turn():
        assert "另一次运行" in said("run", "--due")
    assert isinstance(line.invoke(cli.application, ["reports", "add", "pack", "--reader", "w"]).exception, SubscriptionError)
    assert number in said("remove", number)
    assert said("list") == ""
    assert isinstance(line.invoke(cli.application, ["reports", "remove", number]).exception, SubscriptionError)
    said("add", "quarterly", "--reader", "王局", "--to", "wang@county.example")
    assert "每季" in said("list")
    assert "没有设置邮件服务器" in said("run", "--due", "--month", "2025-09", code=1)


# Several counties ------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(database: ReportingDatabase, tmp_path: Path, configure: Configure) -> str:
    """The county, and its twin loaded into the same database after it; the settings lead there."""
    file = tmp_path / "two.duckdb"
    shutil.copyfile(database.url.removeprefix("duckdb:///"), file)
    url = f"duckdb:///{file}"
    report = load_package(write_csv_package(tmp_path / "second", second_package(county())), url)
    assert report.accepted, report.findings[:3]
    configure(REPORTING_DATABASE_URL=url)
    return url


def test_each_subscription_is_of_its_county(two: str, workspace: Workspace, tmp_path: Path) -> None:
    """One from before the second county came is the first one's; a load of the one sends nothing of the other again."""
    first = subscribe(workspace)
    database = open_database(two)
    with in_county(county_view(chosen_county(database, SECOND))):
        second = subscribe(workspace)
    assert {each.document_id for each in list_subscriptions(workspace)} == {first, second}
    done = {each.subscribed.document_id: each for each in run(database, workspace, tmp_path / "out")}
    assert {each.state for each in done.values()} == {DeliveryState.SENT}
    sent = files(tmp_path / "out")
    assert sent == ["王局/演示县_月度考核_2025-09_v2.docx", "王局/邻县_月度考核_2025-09_v2.docx"]
    for file, own, other in zip(sent, ("演示县", "邻县"), ("邻县", "演示县"), strict=True):
        text = words(tmp_path / "out" / file)
        assert own in text
        assert other not in text
    assert {entry.details["county"] for entry in workspace.audit.entries(action=Action.EXPORT)} == {FIRST, SECOND}
    changed = second_package(county())["fact_bed"]
    changed["occupied_bed_days"] += 1
    assert load_package(write_csv_package(tmp_path / "again", {"fact_bed": changed}), two).accepted
    again = run(open_database(two), workspace, tmp_path / "out")
    assert [each.subscribed.document_id for each in again] == [second]


def test_a_subscription_of_a_county_that_is_gone_is_held_and_told(
    database: ReportingDatabase, workspace: Workspace, tmp_path: Path
) -> None:
    with in_county(CountyView("999999", frozenset({"999999"}))):
        subscribe(workspace)
    (done,) = run(database, workspace, tmp_path)
    assert done.state is DeliveryState.HELD
    assert done.error is not None
    assert "所订的县已不在库里" in done.error.what()


def test_the_command_line_names_the_county_where_there_are_several(two: str, tmp_path: Path) -> None:
    line = CliRunner()
    out = ["--format", "docx", "--out", str(tmp_path / "made")]
    for command in (["report", "monthly", *out], ["reports", "add", "monthly", "--reader", "王局"]):
        refused = line.invoke(cli.application, command)
        assert isinstance(refused.exception, CountyError)
        assert f"--county，可用的有：{FIRST} 演示县、{SECOND} 邻县" in refused.exception.text()
        unknown = line.invoke(cli.application, [*command, "--county", "外县"])
        assert isinstance(unknown.exception, CountyError)
        assert line.invoke(cli.application, [*command, "--county", "邻县"]).exit_code == 0
    assert files(tmp_path / "made") == ["邻县_月度考核_2025-09_v2.docx"]
    assert f"\t{SECOND} 全部可见范围\t" in line.invoke(cli.application, ["reports", "list"]).output
