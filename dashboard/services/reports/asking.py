"""A report asked for in words, as on the command line: names and codes turned into a request, or told what is wrong."""

from collections.abc import Sequence
from dataclasses import replace

from dashboard.analysis.periods import Period
from dashboard.documents.content import Language
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import FilterOptions, Filters, Scheme, filter_options
from dashboard.services.meeting.agendas import list_agendas
from dashboard.services.reports.report import ReportError, ReportKind, ReportRequest
from dashboard.workspace import Workspace


def asked(
    database: ReportingDatabase,
    workspace: Workspace,
    kind: str,
    *,
    period: str | None,
    community: str | None,
    scheme: str,
    agenda: str,
    formats: tuple[str, ...],
    language: Language,
) -> ReportRequest:
    """Return the request. Raises ``ReportError`` that names what is not known and what there is."""
    options = filter_options(database)
    first = options.default()
    if first is None:
        raise ReportError(marked("数据库里还没有任何月份的数据"), marked("请先载入数据包：python -m dashboard load 数据包"))
    known = _one_of(kind, [each.value for each in ReportKind], marked("没有这种报告"))
    filters = replace(
        first,
        period=_period(period, options, first),
        community=_community(community, options),
        scheme=Scheme(_one_of(scheme, [each.value for each in Scheme], marked("没有这个险种"))),
    )
    report = ReportKind(known)
    return ReportRequest(report, filters, formats, language, _agenda(agenda, workspace) if report is ReportKind.PACK else "")


def _one_of(text: str, known: Sequence[str], problem: str) -> str:
    if text not in known:
        raise ReportError(problem, marked("可用的有：{known}"), where=text, known="、".join(known))
    return text


def _period(text: str | None, options: FilterOptions, first: Filters) -> Period:
    if text is None:
        return first.period
    try:
        period = Period.parse(text)
    except ValueError as error:
        raise ReportError(marked("月份看不懂"), marked("请写成 2026-06 的样子"), where=text) from error
    if period.last not in options.months:
        newest, oldest = options.months[0], options.months[-1]
        raise ReportError(
            marked("这个月没有数据"),
            marked("有数据的月份：{oldest} 至 {newest}"),
            where=text,
            oldest=f"{oldest:%Y-%m}",
            newest=f"{newest:%Y-%m}",
        )
    return period


def _community(text: str | None, options: FilterOptions) -> str | None:
    if text is None:
        return None
    for each in options.communities:
        if text in (each.code, each.short_name, each.name):
            return each.code
    names = "、".join(f"{each.code} {each.short_name}" for each in options.communities)
    raise ReportError(marked("没有这个医共体"), marked("可用的有：{known}"), where=text, known=names)


def _agenda(text: str, workspace: Workspace) -> str:
    """Return the id of the agenda with this id or title; without a text that of the latest meeting."""
    found = list_agendas(workspace)
    chosen = next((each for each in found if text in ("", each.agenda_id, each.agenda.title)), None)
    if chosen is None:
        raise ReportError(marked("没有这份会议议程"), marked("请先在会议页面建立议程"), where=text)
    return chosen.agenda_id
