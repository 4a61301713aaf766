"""Reports to take away: monthly assessment, quarterly bulletin, community one-pager and meeting pack, in four file formats.

``produce`` makes one in steps, so that a page can show progress and stop; ``write_file`` puts it on disk whole or not at all.
The numbers are those of the pages: the same services, the same formatter.
"""

import datetime
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from pydantic import JsonValue

from dashboard.analysis.periods import Grain, Period
from dashboard.documents.content import Language, Paragraph, Report, Section
from dashboard.documents.formats import FORMATS, write_document
from dashboard.errors import ProductError, ScopeError
from dashboard.language import marked, translate
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory, scope_names
from dashboard.services.common.filters import Filters
from dashboard.services.reports.kinds import Outline, Step, monthly, one_pager, pack, quarterly
from dashboard.services.reports.parts import Brief, Part, dictionary, labels, made_at, provenance
from dashboard.workspace import Workspace

__all__ = [
    "FORMATS", "KINDS", "File", "Progress", "ReportError", "ReportKind", "ReportRequest", "build_report", "document", "produce",
    "trace", "write_file",
]  # fmt: skip


class ReportKind(StrEnum):
    """The four reports."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    ONE_PAGER = "one-pager"
    PACK = "pack"


KINDS = {
    ReportKind.MONTHLY: marked("月度考核"),
    ReportKind.QUARTERLY: marked("季度通报"),
    ReportKind.ONE_PAGER: marked("医共体一页纸"),
    ReportKind.PACK: marked("会议材料"),
}
_OUTLINES: dict[ReportKind, Callable[[Brief, str], Outline]] = {
    ReportKind.MONTHLY: lambda brief, _agenda: monthly(brief),
    ReportKind.QUARTERLY: lambda brief, _agenda: quarterly(brief),
    ReportKind.ONE_PAGER: lambda brief, _agenda: one_pager(brief),
    ReportKind.PACK: pack,
}
_GRAINS = {ReportKind.MONTHLY: Grain.MONTH, ReportKind.QUARTERLY: Grain.QUARTER}


class ReportError(ProductError):
    """A report that cannot be made as asked; no file was written."""


@dataclass(frozen=True)
class ReportRequest:
    """What is wanted.

    ``filters`` give the last month, the community and the insurance scheme: a monthly assessment covers that month, a quarterly
    bulletin its quarter so far, a one-pager the period as it is and needs a community. ``agenda_id`` is the meeting pack's agenda.
    """

    kind: ReportKind
    filters: Filters
    formats: tuple[str, ...] = ("docx",)
    language: Language = "zh"
    agenda_id: str = ""


@dataclass(frozen=True)
class Progress:
    """How far the work is: ``done`` of ``total`` steps, and what comes next, in the report's language."""

    done: int
    total: int
    label: str

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.done / self.total


@dataclass(frozen=True)
class File:
    """A finished document."""

    name: str
    content: bytes
    mime: str


def _brief(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> Brief:
    filters = request.filters
    if request.kind is ReportKind.ONE_PAGER and not filters.community:
        raise ReportError(marked("医共体一页纸需要选定一个医共体"), marked("请先选择医共体"))
    if request.kind is ReportKind.PACK and not request.agenda_id:
        raise ReportError(marked("会议材料需要一份议程"), marked("请先在会议页面建立议程"))
    unknown = [name for name in request.formats if name not in FORMATS]
    if unknown or not request.formats:
        raise ReportError(marked("不支持的文件格式"), marked("可用的格式：docx、pptx、xlsx、pdf"), where=", ".join(unknown))
    grain = _GRAINS.get(request.kind, filters.period.grain)
    return Brief(database, workspace, replace(filters, period=Period(grain, filters.period.last)), request.language)


def _file_name(text: str) -> str:
    """Return ``text`` as every file system takes it: names come from a county's files."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*\s]+', "-", text).strip("-. ")[:120] or "report"


def _part(step: Step, language: Language) -> Part:
    """Return a part; one that compares with what the reader may not see says so in its place, and the rest of the report stands."""
    try:
        return step.make()
    except ScopeError as error:
        said = translate(marked("{what}；{remedy}"), language, what=error.what(language), remedy=error.remedy(language))
        return Part((Section(step.label, "", (Paragraph(said),)),))


def county_named(database: ReportingDatabase) -> tuple[str, ...]:
    """Return the name of the county in view, of several: what tells its files from another's; nothing in a database of one."""
    return (directory(database).county_name,) if database.scope.county else ()


def build_report(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> Iterator[Progress | Report]:
    """Yield the progress of each part, and at last the report itself.

    Raises:
        ReportError: the request lacks something. QueryError, DatabaseError, CatalogueError: as the services do.
    """
    brief = _brief(database, workspace, request)
    outline = _OUTLINES[request.kind](brief, request.agenda_id)
    parts = []
    for done, step in enumerate(outline.steps):
        yield Progress(done, len(outline.steps) + len(request.formats), step.label)
        parts.append(_part(step, request.language))
    versions = tuple(dict.fromkeys([*outline.versions, *(version for part in parts for version in part.versions)]))
    yield Report(
        name=_file_name("_".join((*county_named(database), outline.name, f"v{outline.version}"))),
        title=outline.title,
        subtitle=outline.subtitle,
        language=request.language,
        sections=outline.arrange(parts),
        provenance=provenance(
            brief, outline.title, made_at(brief, datetime.datetime.now(datetime.UTC)), versions, one_scope=outline.one_scope
        ),
        dictionary=dictionary(brief, (name for part in parts for name in part.indicators)),
        labels=labels(brief),
        compact=outline.compact,
    )


def produce(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> Iterator[Progress | File]:
    """Yield progress and, one after the other, the finished files.

    Whoever hands a file out notes it in the audit trail with ``trace`` (the command line here, the screen in its one download button).
    Stop iterating to cancel: nothing is written anywhere until a file is yielded, and then the caller holds it whole.

    Raises:
        ReportError: the request lacks something. DocumentError: a format cannot be written here (PDF without LibreOffice).
    """
    report, total = None, len(request.formats)
    for state in build_report(database, workspace, request):
        if isinstance(state, Report):
            report = state
        else:
            total = state.total
            yield state
    assert report is not None
    for left, format_name in zip(range(len(request.formats), 0, -1), request.formats, strict=True):
        yield Progress(total - left, total, translate(marked("写出 {format}"), request.language, format=format_name.upper()))
        yield document(report, format_name)


def document(report: Report, format_name: str) -> File:
    """Return a report as a file of one format. Raises ``DocumentError`` for one that cannot be written here (PDF without LibreOffice)."""
    return File(f"{report.name}.{format_name}", write_document(report, format_name), FORMATS[format_name].mime)


def trace(database: ReportingDatabase, request: ReportRequest) -> dict[str, JsonValue]:
    """Return what the audit trail keeps of a report beside its name: kind, period, filters, data version, county of several, agenda."""
    filters = request.filters
    details: dict[str, JsonValue] = {
        "report": request.kind.value,
        "period": f"{filters.period.grain.value}:{filters.period}",
        "community": filters.community or "all",
        "scheme": filters.scheme.value,
        "data_version": database.version.load_id,
        "language": request.language,
    }
    seen = scope_names(database)
    details |= {"scope": seen} if seen else {}
    details |= {"county": database.scope.county} if database.scope.county else {}
    return details | ({"agenda": request.agenda_id} if request.agenda_id else {})


def write_file(file: File, folder: Path) -> Path:
    """Write ``file`` into ``folder`` and return its path: under another name first, then renamed, so that no half file is ever seen.

    Raises ``ReportError`` when the folder cannot be written to.
    """
    path = folder / file.name
    temporary = ""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".part", delete=False) as handle:
            temporary = handle.name
            handle.write(file.content)
            handle.flush()
            os.fsync(handle.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError as error:
        raise ReportError(marked("文件写不进去"), marked("请检查文件夹是否存在、可写，磁盘是否已满"), where=file.name) from error
    finally:
        if temporary:
            Path(temporary).unlink(missing_ok=True)
    return path
