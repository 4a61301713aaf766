"""``report`` and ``reports …``: reports made at once, and those that people subscribed to."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dashboard.cli.common import FAILED, CountyOption, Language, LanguageOption, application, operator
from dashboard.language import marked, translate
from dashboard.settings import settings

reports = typer.Typer(no_args_is_help=True, help="定时报告：订阅、列出、取消、发送到期的。")
application.add_typer(reports, name="reports")


@application.command(help="生成报告文件：monthly 月度考核，quarterly 季度通报，one-pager 医共体一页纸，pack 会议材料。")
def report(
    kind: Annotated[str, typer.Argument(help="monthly、quarterly、one-pager 或 pack。")],
    period: Annotated[str | None, typer.Option("--period", help="截止月份，例如 2026-06；默认最近一个月。")] = None,
    community: Annotated[str | None, typer.Option("--community", help="医共体编码或简称；一页纸必填。")] = None,
    scheme: Annotated[str, typer.Option("--scheme", help="险种：all、employee 或 resident。")] = "all",
    agenda: Annotated[str, typer.Option("--agenda", help="会议材料的议程编号或名称；默认最近的一份。")] = "",
    formats: Annotated[list[str] | None, typer.Option("--format", help="docx、pptx、xlsx、pdf，可重复；默认 docx。")] = None,
    out: Annotated[Path, typer.Option("--out", help="写入的文件夹。")] = Path(),
    county: CountyOption = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Make one report and write it, each file whole or not at all; prints the files, one a line."""
    from dashboard.services.common.approvals import signed_now
    from dashboard.services.common.audit import record_export
    from dashboard.services.common.counties import chosen_county, county_view
    from dashboard.services.common.database import open_database
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.reports.asking import asked
    from dashboard.services.reports.report import File, produce, trace, write_file
    from dashboard.workspace.county import in_county

    database, workspace = chosen_county(open_database().with_signed(signed_now()), county), current_workspace()
    with in_county(county_view(database)), _report_progress() as show:
        request = asked(
            database, workspace, kind, period=period, community=community, scheme=scheme, agenda=agenda,
            formats=tuple(formats or ["docx"]), language=lang.value,
        )  # fmt: skip
        for state in produce(database, workspace, request):
            if isinstance(state, File):
                path = write_file(state, out)
                record_export(state.name, actor=operator(), details=trace(database, request))
                typer.echo(str(path))
            else:
                show(state.share, state.label)


@contextmanager
def _report_progress() -> Iterator[Callable[[float, str], None]]:
    """Yield what shows the share done and the step: a bar on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda _share, _label: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(markup=False, stderr=True), transient=True) as bar:
        task = bar.add_task("", total=1.0)
        yield lambda share, label: bar.update(task, completed=share, description=label.replace("[", "("))


class Rhythm(StrEnum):
    """How often a report is due."""

    MONTHLY = "monthly"
    QUARTERLY = "quarterly"


@reports.command("add", help="订阅一种报告：monthly 月度考核、quarterly 季度通报、one-pager 医共体一页纸。")
def add_report(
    kind: Annotated[str, typer.Argument(help="monthly、quarterly 或 one-pager。")],
    reader: Annotated[str, typer.Option("--reader", help="收件人：账号；不登录的服务上写姓名。")],
    rhythm: Annotated[
        Rhythm | None, typer.Option("--rhythm", help="monthly 每月，quarterly 每季；季度通报默认每季，其他默认每月。")
    ] = None,
    community: Annotated[str | None, typer.Option("--community", help="医共体编码或简称；一页纸必填。")] = None,
    scheme: Annotated[str, typer.Option("--scheme", help="险种：all、employee 或 resident。")] = "all",
    formats: Annotated[list[str] | None, typer.Option("--format", help="docx、pptx、xlsx、pdf，可重复；默认 docx。")] = None,
    mail: Annotated[str, typer.Option("--to", help="收件人的邮箱；不写则写入文件夹。")] = "",
    owner: Annotated[str, typer.Option("--owner", help="负责人：发不出时告诉谁，默认运行本命令的人。")] = "",
    owner_mail: Annotated[str, typer.Option("--owner-mail", help="负责人的邮箱；不写则写入文件夹。")] = "",
    from_day: Annotated[int, typer.Option("--from-day", min=1, max=28, help="每月几日起发上一期。")] = 10,
    county: CountyOption = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Subscribe somebody to a report; prints its number."""
    from dashboard.services.common.counties import chosen_county, county_view
    from dashboard.services.common.database import open_database
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.reports.asking import asked
    from dashboard.services.reports.subscriptions import Subscription, add_subscription, subscribable
    from dashboard.workspace.county import in_county

    database, workspace = chosen_county(open_database(), county), current_workspace()
    request = asked(
        database, workspace, subscribable(kind), period=None, community=community, scheme=scheme, agenda="",
        formats=tuple(formats or ["docx"]), language=lang.value,
    )  # fmt: skip
    wanted = Subscription(
        report=request.kind, reader=reader, owner=owner or operator() or reader, rhythm=_rhythm(kind, rhythm),
        community=request.filters.community if community else None, scheme=request.filters.scheme, formats=request.formats,
        mail=mail, owner_mail=owner_mail, from_day=from_day, language=lang.value,
    )  # fmt: skip
    with in_county(county_view(database)):
        added = add_subscription(workspace, wanted)
    typer.echo(translate(marked("已订阅 {title}，编号 {number}"), lang, title=wanted.title(lang), number=added.document_id))


def _rhythm(kind: str, rhythm: Rhythm | None) -> str:
    chosen = rhythm or (Rhythm.QUARTERLY if kind == Rhythm.QUARTERLY.value else Rhythm.MONTHLY)
    return chosen.value


@reports.command("list", help="列出订阅和最近一次的结果。")
def list_reports(lang: LanguageOption = Language.ZH) -> None:
    """List subscriptions, one a line."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.reports.subscriptions import list_subscriptions, words_of_subscription

    workspace = current_workspace()
    for each in list_subscriptions(workspace):
        typer.echo("\t".join((each.document_id, *words_of_subscription(workspace, each, lang))))


@reports.command("remove", help="取消一个订阅；发过什么仍可查。")
def remove_report(
    number: Annotated[str, typer.Argument(help="订阅的编号，见 reports list。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """End a subscription."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.reports.subscriptions import remove_subscription

    remove_subscription(current_workspace(), number, actor=operator())
    typer.echo(translate(marked("已取消订阅 {number}"), lang, number=number))


@reports.command("run", help="发送到期的报告，由 systemd 定时器或 cron 运行；发过的不重发，有失败的退出状态为 1。")
def run_reports(
    due: Annotated[bool, typer.Option("--due", help="只发到期而没有发过的；必须写明。")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="写入的文件夹，每个收件人一个子文件夹；默认 REPORT_FOLDER。")] = None,
    month: Annotated[datetime | None, typer.Option("--month", formats=["%Y-%m"], help="改发截至这个月的一期，用来补发。")] = None,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Send what is due and was not sent, each once per data version; one run at a time."""
    from dashboard.services.common.approvals import signed_now
    from dashboard.services.common.clock import today
    from dashboard.services.common.database import open_database
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.reports.due import Run, words_of_done
    from dashboard.workspace.deliveries import DeliveryState

    if not due:
        raise typer.BadParameter("reports run --due")
    workspace = current_workspace()
    with workspace.deliveries.turn() as mine:
        if not mine:
            typer.echo(translate(marked("另一次运行还没有结束，这次不做"), lang))
            return
        database = open_database().with_signed(signed_now())
        run = Run(database, workspace, folder or settings().report_folder, operator(), today(), month.date() if month else None)
        failed = 0
        for done in run.all_due():
            failed += done.state is DeliveryState.FAILED
            typer.echo(words_of_done(done, lang))
    if failed:
        raise typer.Exit(FAILED)
