"""Scheduled reports: what is due is made under its reader's scope as it is now, and sent whole, or a notice says why not.

Each subscription's report of a period goes out once per data version; what could not be sent is tried again at the next run, and told once.
"""

import datetime
import logging
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from dashboard import formatting
from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.completeness import FIRST_PAGE
from dashboard.documents.content import Bullets, Figures, Report
from dashboard.errors import ProductError, ScopeError
from dashboard.language import marked, translate
from dashboard.services.common.audit import record_export
from dashboard.services.common.counties import CountyError, county_view, kept_county, newest_load
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.filters import Filters, filter_options
from dashboard.services.common.identity import EVERYBODY, Identity, identity_for
from dashboard.services.common.kept import Kept
from dashboard.services.common.reach import communities_of
from dashboard.services.common.reporting import incomplete_tables, table_words
from dashboard.services.reports.delivery import Letter, deliver, told
from dashboard.services.reports.report import File, ReportKind, ReportRequest, build_report, county_named, document, trace
from dashboard.services.reports.subscriptions import STATES, Subscription, list_subscriptions, period_code
from dashboard.settings import settings
from dashboard.workspace import Workspace
from dashboard.workspace.acting import acting_as
from dashboard.workspace.county import in_county
from dashboard.workspace.deliveries import DeliveryKey, DeliveryState

logger = logging.getLogger("dashboard")
_LINES = 5


class NotSentError(ProductError):
    """A report that is not sent as things are; the reason is told instead. ``reader_too``: the reader may know it."""

    def __init__(self, what: str, remedy: str, *, reader_too: bool = True, **details: object) -> None:
        super().__init__(what, remedy, where="", **details)
        self.reader_too = reader_too


@dataclass(frozen=True)
class Done:
    """What a run did for one subscription: its state now, where it went or why it did not; ``error`` None when it was sent."""

    subscribed: Kept[Subscription]
    period: Period
    state: DeliveryState
    where: str = ""
    error: ProductError | None = None


@dataclass(frozen=True)
class Run:
    """One run over the subscriptions: the county's data, what people saved, where files go, and who is named in the audit trail."""

    database: ReportingDatabase
    workspace: Workspace
    folder: Path
    actor: str | None
    day: datetime.date
    month: datetime.date | None = None
    """The last month to report on instead of the one that is due."""

    def all_due(self) -> Iterator[Done]:
        """Yield what became of each subscription that was due; of those sent already nothing. The caller has the turn."""
        for subscribed in list_subscriptions(self.workspace):
            done = self._one(subscribed)
            if done is not None:
                yield done

    def _one(self, subscribed: Kept[Subscription]) -> Done | None:
        asked = subscribed.content
        period = _period(asked, self.month or asked.due_month(self.day))
        county = self.workspace.document(subscribed.document_id).county
        key = DeliveryKey(subscribed.document_id, period_code(period), self._data_version(county))
        before = self.workspace.deliveries.claim(key)
        if before is DeliveryState.SENT:
            return None
        try:
            where = self._sent(asked, period, key, county)
            done = Done(subscribed, period, DeliveryState.SENT, where)
        except NotSentError as error:
            done = self._held(subscribed, period, error, key, tell=before is not DeliveryState.HELD)
        except ProductError as error:
            logger.error("Report %s of %s: %s", subscribed.document_id, period, error.text())
            done = Done(subscribed, period, DeliveryState.FAILED, error=error)
        self.workspace.deliveries.finish(key, done.state)
        return done

    def _data_version(self, county: str | None) -> int:
        """Return the load that the report is of: of several counties the newest of its own, so that another's sends nothing again."""
        try:
            return newest_load(kept_county(self.database, county))
        except CountyError:  # gone from the database, which is told when the report is made
            return self.database.version.load_id

    def _sent(self, asked: Subscription, period: Period, key: DeliveryKey, county: str | None) -> str:
        """Make the report of ``county``, hand it over and note it; return where it went."""
        reader = _reader(self.workspace, asked)
        database = _database(self.database.under(reader.scope), county)
        request = ReportRequest(asked.report, _filters(database, asked, period), asked.formats, asked.language)
        _check_data(database, request)
        with acting_as(reader.person(None, communities_of(reader.scope))), in_county(county_view(database)):
            report, files = _made(database, self.workspace, request)
        subject = " ".join((*county_named(database), report.title, formatting.period(period, asked.language)))
        letter = Letter(str(key), subject, _key_lines(report), files)
        where = deliver(letter, person=asked.reader, mail=asked.mail, folder=self.folder)
        details = trace(database, request) | {"subscription": key.subscription_id, "reader": asked.reader, "to": asked.mail or "folder"}
        for file in files:
            record_export(file.name, actor=self.actor, details=details)
        return where

    def _held(self, subscribed: Kept[Subscription], period: Period, error: NotSentError, key: DeliveryKey, *, tell: bool) -> Done:
        asked = subscribed.content
        done = Done(subscribed, period, DeliveryState.HELD, error=error)
        if not tell:
            return done
        people = [(asked.owner, asked.owner_mail), *([(asked.reader, asked.mail)] if error.reader_too else [])]
        failed = told(_notice(subscribed, period, key.data_version, error), people, self.folder)
        return replace(done, state=DeliveryState.FAILED, error=failed[0]) if failed else done


def _period(asked: Subscription, month: datetime.date) -> Period:
    by_quarter = asked.report is ReportKind.QUARTERLY or (asked.report is ReportKind.ONE_PAGER and asked.rhythm == "quarterly")
    return Period(Grain.QUARTER if by_quarter else Grain.MONTH, month)


def _reader(workspace: Workspace, asked: Subscription) -> Identity:
    """Return who reads, as they stand now. Raises ``NotSentError`` when they may see no pages of the business any more."""
    if settings().sign_in == "none":
        return EVERYBODY
    found = identity_for(workspace, asked.reader)
    if found is None or not found.opens("business"):
        raise NotSentError(
            marked("收件人 {reader} 的账号已停用，或授权已结束"),
            marked("请续期授权，或用 reports remove 删除订阅"),
            reader_too=False,
            reader=asked.reader,
        )
    return found


def _database(database: ReportingDatabase, county: str | None) -> ReportingDatabase:
    """Return the database with the subscription's county in view. Raises ``NotSentError`` when it, or the reader's right to it, is gone."""
    try:
        return kept_county(database, county)
    except CountyError as error:
        raise NotSentError(marked("所订的县已不在库里"), marked("请用 reports remove 删除订阅，或重新载入这个县的数据")) from error
    except ScopeError as error:
        raise NotSentError(
            marked("所订的范围不在收件人的数据范围内"), marked("请重新订阅，用 --community 写明收件人能看的医共体"), reader_too=False
        ) from error  # fmt: skip


def _filters(database: ReportingDatabase, asked: Subscription, period: Period) -> Filters:
    """Return the filters of the report. Raises ``NotSentError`` for what the reader may not see, and for months that have not come."""
    options = filter_options(database)
    if not options.months or options.months[0] < period.last:
        raise NotSentError(
            marked("{month}的数据还没有载入，现有数据到{newest}"), marked("载入后的下一次运行会补发"),
            month=formatting.month(period.last, asked.language),
            newest=formatting.month(options.months[0], asked.language) if options.months else formatting.MISSING,
        )  # fmt: skip
    community = asked.community
    if community is None and not options.whole and len(options.communities) == 1:
        community = options.communities[0].code
    if options.community(community) is None and (community is not None or not options.whole):
        raise NotSentError(
            marked("所订的范围不在收件人的数据范围内"), marked("请重新订阅，用 --community 写明收件人能看的医共体"), reader_too=False
        )  # fmt: skip
    return Filters(period, community, scheme=asked.scheme)


def _check_data(database: ReportingDatabase, request: ReportRequest) -> None:
    """Raise ``NotSentError`` when the tables of the overview are not complete in the report's period."""
    filters = request.filters
    lacking = incomplete_tables(database, FIRST_PAGE, filters.period, filters.community)
    if lacking:
        names = "、".join(table_words(table, request.language) for table in lacking)
        raise NotSentError(
            marked("{period}的数据没有报齐：{tables}"), marked("补报并载入后的下一次运行会补发"),
            period=formatting.period(filters.period, request.language), tables=names,
        )  # fmt: skip


def _made(database: ReportingDatabase, workspace: Workspace, request: ReportRequest) -> tuple[Report, tuple[File, ...]]:
    """Return the report and its files, all of them or none. Raises ``NotSentError`` when it is empty or cannot be made."""
    try:
        report = [state for state in build_report(database, workspace, request) if isinstance(state, Report)][-1]
        files = tuple(document(report, format_name) for format_name in request.formats)
    except ProductError as error:
        raise NotSentError(
            marked("报告没有做成：{reason}"), marked("排除后的下一次运行会补发"), reason=error.text(request.language)
        ) from error  # fmt: skip
    except Exception as error:
        logger.exception("Report %s", request.kind.value)  # a fault of ours in one report must not keep the others from their readers
        raise NotSentError(marked("报告没有做成：程序内部错误"), marked("请把服务器日志交给维护人员；下一次运行会再试")) from error
    if not any(table.rows for table in report.tables):
        raise NotSentError(marked("报告是空的：没有任何数字"), marked("请核对数据包和订阅的范围"))
    return report, files


def _key_lines(report: Report) -> tuple[str, ...]:
    """Return the report's first figures and sentences, to be read without opening the file."""
    lines: list[str] = [report.title, report.subtitle, *([report.provenance.demonstration] if report.provenance.demonstration else []), ""]
    figures = [f"{each.name} {each.value}" for section in report.sections for block in section.blocks if isinstance(block, Figures)
               for each in block.items]  # fmt: skip
    sentences = [item for section in report.sections for block in section.blocks if isinstance(block, Bullets) for item in block.items]
    return (*lines, *figures[:_LINES], "", *sentences[:_LINES], "", report.provenance.line)


def _notice(subscribed: Kept[Subscription], period: Period, load_id: int, error: NotSentError) -> Letter:
    asked = subscribed.content
    words = formatting.period(period, asked.language)
    subject = translate(marked("{report} {period}没有发出"), asked.language, report=asked.title(asked.language), period=words)
    lines = (error.what(asked.language), error.remedy(asked.language), subscribed.document_id)
    return Letter(f"notice {subscribed.document_id} {period_code(period)} {load_id}", subject, lines)


def words_of_done(done: Done, language: str = "zh") -> str:
    """Return on one line what became of a subscription's report."""
    asked = done.subscribed.content
    head = f"{done.subscribed.document_id}\t{asked.title(language)}\t{asked.reader}\t{formatting.period(done.period, language)}"
    return f"{head}\t{translate(STATES[done.state], language)}\t{done.error.text(language) if done.error else done.where}"
