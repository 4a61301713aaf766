"""报告: the button that makes a report in the background, shows how far it is, can be stopped, and hands out the files."""

import threading
import uuid
from collections import OrderedDict
from dataclasses import dataclass, field, replace

import streamlit as st

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.workspace import current_workspace
from dashboard.services.reports.report import FORMATS, KINDS, File, ReportKind, ReportRequest, produce
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, show_error
from dashboard.ui.kit.person import person
from dashboard.ui.kit.tables import ExportSource, download
from dashboard.workspace.acting import Person, acting_as
from dashboard.workspace.county import EVERY_COUNTY, CountyView, county_in_view, in_county

OVERVIEW_REPORTS = (ReportKind.MONTHLY, ReportKind.QUARTERLY, ReportKind.ONE_PAGER)
_JOBS_KEPT = 12
_POLL_SECONDS = 0.7
_FORMAT_NAMES = {"docx": "Word", "pptx": "PowerPoint", "xlsx": "Excel", "pdf": "PDF"}


@dataclass
class Job:
    """One report in the making, shared by its thread and the screen. What changes is written by the thread and read by the screen.

    ``source`` is what the files state about themselves, ``who`` and ``county`` whose documents of the workspace may stand in them.
    """

    request: ReportRequest
    source: ExportSource | None = None
    who: Person | None = None
    county: CountyView = EVERY_COUNTY
    share: float = 0.0
    label: str = ""
    files: list[File] = field(default_factory=list)
    error: ProductError | None = None
    done: bool = False
    stop: threading.Event = field(default_factory=threading.Event)


_jobs: OrderedDict[str, Job] = OrderedDict()
_lock = threading.Lock()


def _work(job: Job, frame: PageFrame) -> None:
    """Make the report step by step until it is done or stopped; what was begun and not finished is nowhere kept."""
    files: list[File] = []
    try:
        with acting_as(job.who), in_county(job.county):  # this thread is no page's run
            for state in produce(frame.database, current_workspace(), job.request):
                if job.stop.is_set():
                    return
                if isinstance(state, File):
                    files.append(state)
                else:
                    job.share, job.label = state.share, state.label
        job.files = files
    except ProductError as error:
        job.error = error
    finally:
        # A fault of ours goes on to the log of the server; the screen says that there is no report.
        if not job.files and job.error is None and not job.stop.is_set():
            job.error = ProductError(marked("报告没有做成"), marked("请稍后再试；仍不行请联系管理员"))
        job.done = True


def start(frame: PageFrame, request: ReportRequest, source: ExportSource | None = None) -> str:
    """Start the work in the name of who acts and return its number; of too many the oldest finished is forgotten, else the oldest."""
    number, job = uuid.uuid4().hex, Job(request, source, person(), county_in_view())
    with _lock:
        _jobs[number] = job
        while len(_jobs) > _JOBS_KEPT:
            _jobs.pop(next((each for each, kept in _jobs.items() if kept.done), next(iter(_jobs)))).stop.set()
    threading.Thread(target=_work, args=(job, frame), name=f"report-{number[:6]}", daemon=True).start()
    return number


def job_of(number: str | None) -> Job | None:
    """Return the work of this number, None when it is forgotten."""
    with _lock:
        return _jobs.get(number or "")


def report_button(frame: PageFrame, *kinds: ReportKind, agenda_id: str = "", key: str = "report") -> None:
    """Draw the button 报告: it opens the choice of report and formats, the progress, and the finished files.

    Args:
        frame: the page.
        kinds: what may be made here; more than one are offered as a choice.
        agenda_id: the agenda of a meeting pack.
        key: tells several on one page apart.
    """
    place = st.popover(_("报告"), icon=":material/description:", type="tertiary", key=f"reports_{key}", on_change="rerun")
    if place.open:  # only then: a closed popover costs nothing
        with place, st.container(key=f"reports_panel_{key}", width=340):
            _panel(frame, kinds, agenda_id, f"reports_{key}")


def _panel(frame: PageFrame, kinds: tuple[ReportKind, ...], agenda_id: str, key: str) -> None:
    number = st.session_state.get(f"{key}_job")
    job = job_of(number)
    if job is not None and not job.done:
        _running(job, key)
        return
    kind = kinds[0]
    if len(kinds) > 1:
        kind = st.radio(
            _("报告"),
            kinds,
            format_func=lambda each: _(KINDS[each]),
            key=f"{key}_kind",
            label_visibility="collapsed",
            persist_state="session",
        )
    community = frame.filters.community
    if kind is ReportKind.ONE_PAGER and community is None and frame.options.communities:
        names = {each.code: each.short_name for each in frame.options.communities}
        community = st.selectbox(_("医共体"), list(names), format_func=names.__getitem__, key=f"{key}_community", persist_state="session")
    formats = st.pills(
        _("格式"),
        list(FORMATS),
        selection_mode="multi",
        default=["docx"],
        format_func=_FORMAT_NAMES.__getitem__,
        key=f"{key}_formats",
        persist_state="session",
        label_visibility="collapsed",
    )
    filters = replace(frame.filters, community=community)
    wanted = ReportRequest(kind, filters, tuple(formats), "en" if language() == "en" else "zh", agenda_id)
    if st.button(_("生成"), type="primary", key=f"{key}_start", disabled=not formats, icon=":material/play_arrow:"):
        st.session_state[f"{key}_job"] = start(frame, wanted, replace(frame, filters=filters).source())
        st.rerun()
    if job is not None:
        _finished(frame, job, key)


def _running(job: Job, key: str) -> None:
    """Show how far the work is until it is done, with the button that stops it."""

    @st.fragment(run_every=_POLL_SECONDS)
    def watch() -> None:
        if job.done:
            st.rerun()
        st.progress(job.share, text=escaped(job.label))
        if st.button(_("停止"), key=f"{key}_stop", icon=":material/stop_circle:", disabled=job.stop.is_set()):
            job.stop.set()
            job.done = True
            st.rerun()

    watch()


def _finished(frame: PageFrame, job: Job, key: str) -> None:
    if job.error is not None:
        show_error(job.error)
    elif job.stop.is_set():
        st.caption(_("已停止，没有留下文件。"))
    for file in job.files:
        ending = file.name.rpartition(".")[2]
        download(
            file.name,
            lambda content=file.content: content,  # type: ignore[misc]
            key=f"{key}_{ending}",
            file_name=file.name,
            title=_(KINDS[job.request.kind]),
            source=job.source or frame.source(),
            mime=file.mime,
            type="secondary",
        )
