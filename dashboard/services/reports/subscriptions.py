"""Subscriptions to reports: which report, of what, for whom, how often and where to; kept in the workspace."""

import datetime
import re
import secrets
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from dashboard import formatting
from dashboard.analysis.periods import Period, shift_months
from dashboard.documents.content import Language
from dashboard.language import marked, translate
from dashboard.services.common.filters import Scheme
from dashboard.services.common.identity import identity_for
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.services.reports.report import FORMATS, KINDS, ReportKind
from dashboard.settings import settings
from dashboard.workspace import Kind, Workspace, WorkspaceError
from dashboard.workspace.content import PERSON_LIMIT
from dashboard.workspace.deliveries import DeliveryState

Rhythm = Literal["monthly", "quarterly"]
RHYTHMS: dict[Rhythm, str] = {"monthly": marked("每月"), "quarterly": marked("每季")}
STATES = {
    DeliveryState.RUNNING: marked("进行中"),
    DeliveryState.SENT: marked("已发出"),
    DeliveryState.HELD: marked("没有发出"),
    DeliveryState.FAILED: marked("出错"),
}
_MONTHS: dict[Rhythm, int] = {"monthly": 1, "quarterly": 3}
_ADDRESS = re.compile(r"[^@\s,;<>\"]+@[^@\s,;<>\"]+")


class SubscriptionError(WorkspaceError):
    """A subscription that cannot be taken as it is, or that there is not; nothing was written."""


class Subscription(BaseModel):
    """One subscription.

    ``reader`` is an account, or any name where sign-in is off; ``owner`` is told when nothing can be sent. ``mail`` and ``owner_mail``
    are addresses, empty for the folder. ``from_day`` is the day of the month from which the period before is due.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    report: ReportKind
    reader: str = Field(min_length=1, max_length=PERSON_LIMIT)
    owner: str = Field(min_length=1, max_length=PERSON_LIMIT)
    rhythm: Rhythm = "monthly"
    community: str | None = Field(default=None, max_length=64)
    scheme: Scheme = Scheme.ALL
    formats: tuple[str, ...] = Field(default=("docx",), min_length=1)
    mail: str = Field(default="", max_length=200)
    owner_mail: str = Field(default="", max_length=200)
    from_day: int = Field(default=10, ge=1, le=28)
    language: Language = "zh"

    def title(self, language: str = "zh") -> str:
        """Return what the report is called."""
        return translate(KINDS[self.report], language)

    def due_month(self, day: datetime.date) -> datetime.date:
        """Return the last month of the newest period that is due on ``day``: one that is over, from ``from_day`` on."""
        newest = shift_months(day, -1 if day.day >= self.from_day else -2)
        return shift_months(newest, -(newest.month % _MONTHS[self.rhythm]))


def subscribable(kind: str) -> str:
    """Return a report's code. Raises ``SubscriptionError`` for the one that belongs to a meeting, not to a month."""
    if kind == ReportKind.PACK:
        raise SubscriptionError(marked("会议材料按会议生成，不能订阅"), marked("可订阅的有：monthly、quarterly、one-pager"))
    return kind


def add_subscription(workspace: Workspace, wanted: Subscription) -> Kept[Subscription]:
    """Keep a subscription. Raises ``SubscriptionError`` for what could never be sent: wrong address or format, unknown account."""
    _check(workspace, wanted)
    name = f"{wanted.title()} · {wanted.reader}"
    return keep(workspace, Kind.SUBSCRIPTION, name, wanted, author=wanted.owner, document_id=f"report-{secrets.token_hex(4)}")


def _check(workspace: Workspace, wanted: Subscription) -> None:
    if wanted.report is ReportKind.QUARTERLY and wanted.rhythm != "quarterly":
        raise SubscriptionError(marked("季度通报只能每季发一次"), marked("请加上 --rhythm quarterly"))
    if wanted.report is ReportKind.ONE_PAGER and not wanted.community:
        raise SubscriptionError(marked("医共体一页纸需要选定一个医共体"), marked("请先选择医共体"))
    unknown = [name for name in wanted.formats if name not in FORMATS]
    if unknown:
        raise SubscriptionError(marked("不支持的文件格式"), marked("可用的格式：docx、pptx、xlsx、pdf"), where=", ".join(unknown))
    for address in filter(None, (wanted.mail, wanted.owner_mail)):
        if not _ADDRESS.fullmatch(address):
            raise SubscriptionError(marked("邮箱地址看不懂"), marked("请写成 name@county.example 的样子，一个地址"), where=address)
    if settings().sign_in != "none" and identity_for(workspace, wanted.reader) is None:
        raise SubscriptionError(marked("没有这个账号，或已停用"), marked("请用 users list 核对账号"), where=wanted.reader)


def list_subscriptions(workspace: Workspace) -> tuple[Kept[Subscription], ...]:
    """Return the subscriptions, the newest first; one that a newer program wrote is left out. Raises ``DatabaseError``."""
    return list_kept(workspace, Kind.SUBSCRIPTION, Subscription)


def remove_subscription(workspace: Workspace, subscription_id: str, *, actor: str | None) -> None:
    """End a subscription; what was sent stays known. Raises ``SubscriptionError`` when there is none of this number."""
    if subscription_id not in {each.document_id for each in workspace.list_documents(Kind.SUBSCRIPTION)}:
        raise SubscriptionError(marked("没有这个订阅"), marked("请用 reports list 核对编号"), where=subscription_id)
    workspace.archive(subscription_id, actor=actor)


def period_code(period: Period) -> str:
    """Return the period as the table of deliveries keeps it: month:2026-06."""
    return f"{period.grain.value}:{period}"


def words_of_subscription(workspace: Workspace, each: Kept[Subscription], language: str = "zh") -> tuple[str, ...]:
    """Return a subscription in words: report, area, reader, rhythm, where to, owner, and what became of its newest report.

    The area begins with the county's code where the subscription names one: where the database held several.
    """
    asked, newest = each.content, workspace.deliveries.newest(each.document_id)
    county = workspace.document(each.document_id).county
    area = " ".join(filter(None, (county, asked.community or translate(marked("全部可见范围"), language))))
    where = asked.mail or translate(marked("文件夹"), language)
    last = "—"
    if newest is not None:
        key, state, moment = newest
        last = f"{key.period.partition(':')[2]} v{key.data_version} {translate(STATES[state], language)} {formatting.moment(moment)}"
    return (asked.title(language), area, asked.reader, translate(RHYTHMS[asked.rhythm], language), where, asked.owner, last)
