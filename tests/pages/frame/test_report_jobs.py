"""Reports in the background: finished, stopped, refused and broken ones; nothing half-made is handed out."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.analysis.periods import Period
from dashboard.services.common.filters import Filters
from dashboard.services.reports.report import File, Progress, ReportError, ReportKind, ReportRequest
from dashboard.ui.frame import report_button as reports
from dashboard.workspace.acting import Person, acting

REQUEST = ReportRequest(ReportKind.MONTHLY, Filters(Period.parse("2025-10")))
FRAME: Any = SimpleNamespace(database=None)
_SECONDS = 20


@pytest.fixture(autouse=True)
def _workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "current_workspace", lambda: None)


def _finished(number: str) -> reports.Job:
    job = reports.job_of(number)
    assert job is not None
    for thread in threading.enumerate():
        if thread.name == f"report-{number[:6]}":
            thread.join(_SECONDS)
    assert job.done
    return job


def test_files_are_there_when_it_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [Progress(0, 2, "核心指标"), Progress(1, 2, "写出 DOCX"), File("a.docx", b"x", "")]
    monkeypatch.setattr(reports, "produce", lambda *_asked: iter(steps))
    job = _finished(reports.start(FRAME, REQUEST))
    assert [file.name for file in job.files] == ["a.docx"]
    assert (job.share, job.label, job.error) == (0.5, "写出 DOCX", None)


def test_a_stopped_report_leaves_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def slow(*_asked: object) -> Iterator[Progress | File]:
        yield File("a.docx", b"x", "")
        reached.set()
        go_on.wait(_SECONDS)
        yield File("a.pptx", b"x", "")

    monkeypatch.setattr(reports, "produce", slow)
    number = reports.start(FRAME, REQUEST)
    assert reached.wait(_SECONDS)
    job = reports.job_of(number)
    assert job is not None
    job.stop.set()
    go_on.set()
    assert _finished(number).files == []
    assert job.error is None


def test_a_refused_report_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_asked: object) -> Iterator[Progress]:
        raise ReportError("缺议程", "请先建立议程")
        yield Progress(0, 1, "")

    monkeypatch.setattr(reports, "produce", refuse)
    job = _finished(reports.start(FRAME, REQUEST))
    assert job.error is not None
    assert job.error.text() == "缺议程 · 请先建立议程"


def test_a_fault_of_ours_is_told_without_its_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_asked: object) -> Iterator[Progress]:
        raise RuntimeError("secret path")
        yield Progress(0, 1, "")

    monkeypatch.setattr(reports, "produce", fail)
    job = reports.Job(REQUEST)
    with pytest.raises(RuntimeError):
        reports._work(job, FRAME)
    assert job.done
    assert job.error is not None
    assert "secret" not in job.error.text()


def test_a_report_is_made_in_the_name_of_who_asked_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The documents of the workspace that it holds are those that this person may read; nobody may read everything."""
    clinic, seen = Person("甲", "clinic", None, frozenset()), []
    monkeypatch.setattr(reports, "person", lambda: clinic)

    def made(*_asked: object) -> Iterator[File]:
        seen.append(acting())
        yield File("a.docx", b"x", "")

    monkeypatch.setattr(reports, "produce", made)
    _finished(reports.start(FRAME, REQUEST))
    assert seen == [clinic]


def test_a_finished_report_is_forgotten_before_a_running_one(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    running = ReportRequest(ReportKind.QUARTERLY, Filters(Period.parse("2025-10")))

    def made(_database: object, _workspace: object, request: ReportRequest) -> Iterator[File]:
        if request is running:
            go_on.wait(_SECONDS)
        yield File("a.docx", b"x", "")

    monkeypatch.setattr(reports, "produce", made)
    number = reports.start(FRAME, running)
    for _ in range(reports._JOBS_KEPT + 1):
        _finished(reports.start(FRAME, REQUEST))
    job = reports.job_of(number)
    go_on.set()
    assert job is not None
    assert [file.name for file in _finished(number).files] == ["a.docx"]


def test_old_jobs_are_forgotten_and_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "produce", lambda *_asked: iter([File("a.docx", b"x", "")]))
    first = reports.start(FRAME, REQUEST)
    job = _finished(first)
    for _ in range(reports._JOBS_KEPT):
        _finished(reports.start(FRAME, REQUEST))
    assert reports.job_of(first) is None
    assert job.stop.is_set()
    assert reports.job_of(None) is None
