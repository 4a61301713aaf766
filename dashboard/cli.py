"""``python -m dashboard …``: demonstration data, import, checks, templates and the server.

Each command imports what it needs itself: the import machinery takes seconds to load and ``serve`` should start at once.
"""

import getpass
import logging
import os
import socket
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dashboard import __version__
from dashboard.errors import DatabaseError, ProductError
from dashboard.language import marked, translate
from dashboard.settings import PROJECT, settings
from dashboard.store.engine import duckdb_file, reporting_engine

if TYPE_CHECKING:
    from dashboard.store.loader import LoadReport, ProgressCallback
    from dashboard.store.loader import Progress as LoadProgress

SHOWN_FINDINGS = 30
_FAILED = 1
_CANNOT = 2
_INTERRUPTED = 130

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="县域医共体决策支持：演示数据、载入数据包、检查、模板、启动服务。",
)


class Language(StrEnum):
    """The language of messages."""

    ZH = "zh"
    EN = "en"


LanguageOption = Annotated[Language, typer.Option("--lang", help="消息语言：zh 中文，en English。")]


def main() -> None:
    """Run the command line; every error a user may meet is one line, never a traceback."""
    language = _language(sys.argv[1:])
    sys.excepthook = _unexpected
    try:
        application()
    except ProductError as error:
        typer.echo(error.text(language), err=True)
        sys.exit(_CANNOT)
    except KeyboardInterrupt:
        typer.echo(translate(marked("已中断，数据库保持原样"), language), err=True)
        sys.exit(_INTERRUPTED)


def _language(arguments: list[str]) -> str:
    """Return the language asked for, before the arguments are parsed: parsing itself can fail."""
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return "en" if "--lang=en" in arguments or ("--lang", "en") in pairs else "zh"


def _unexpected(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep the details of a fault of ours for the maintainers and tell the user one line."""
    log = Path(tempfile.gettempdir()) / f"dashboard-error-{os.getpid()}.log"
    log.write_text("".join(traceback.format_exception(kind, error, trace)), encoding="utf-8")
    language = _language(sys.argv[1:])
    typer.echo(translate(marked("程序内部错误，数据库保持原样；请把 {file} 交给维护人员"), language, file=log), err=True)


# Loading ---------------------------------------------------------------------------------------------------------------

_STAGES = {"read": marked("读取"), "check": marked("校验"), "write": marked("写入")}


@contextmanager
def _progress(language: str) -> Iterator["ProgressCallback | None"]:
    """Yield a callback that draws a bar on a terminal, None elsewhere."""
    if not sys.stdout.isatty():
        yield None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[rows]}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(markup=False), transient=True) as bar:
        task = bar.add_task("", total=1.0, rows="")

        def show(state: "LoadProgress") -> None:
            rows = translate(marked("{count} 行"), language, count=f"{state.rows:,}")
            description = f"{translate(_STAGES[state.stage], language)} {state.file}".replace("[", "(")
            total = 1.0 if state.stage == "read" else None
            bar.update(task, description=description, completed=state.fraction, total=total, rows=rows)

        yield show


def _load(package: Path, language: str) -> "LoadReport":
    from dashboard.services.audit import record_load
    from dashboard.store.loader import load_package

    with _progress(language) as callback:
        report = load_package(package, settings().reporting_database_url, progress=callback, language=language)
    outcome = "unchanged" if report.unchanged else "accepted" if report.accepted else "refused"
    record_load(
        report.package,
        actor=_operator(),
        details={"result": outcome, "load_id": report.load_id, "rows": report.row_count, "errors": report.error_count},
    )
    return report


def _operator() -> str | None:
    """Return the account that runs the command; None where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def _print_report(report: "LoadReport", language: str) -> None:
    for finding in report.findings[:SHOWN_FINDINGS]:
        typer.echo(finding.text(language))
    hidden = report.error_count + report.warning_count - min(len(report.findings), SHOWN_FINDINGS)
    if hidden:
        typer.echo(translate(marked("……另有 {count} 条未显示"), language, count=f"{hidden:,}"))
        by_rule: Counter[str] = Counter()
        for (_, rule), count in report.counts.items():
            by_rule[rule] += count
        typer.echo("  " + "  ".join(f"{rule}: {count:,}" for rule, count in by_rule.most_common()))
    if report.report_file is not None:
        typer.echo(translate(marked("检查结果已写入 {file}"), language, file=report.report_file))
    numbers = {"package": report.package, "rows": f"{report.row_count:,}", "errors": f"{report.error_count:,}"}
    numbers |= {"warnings": f"{report.warning_count:,}", "load_id": str(report.load_id)}
    if report.unchanged:
        message = marked("数据包 {package} 与最近一次载入(第 {load_id} 批)相同，没有改动")
    elif report.accepted:
        message = marked("已载入 {package}：第 {load_id} 批，{rows} 行，{warnings} 条提示")
    else:
        message = marked("未载入 {package}：{errors} 个错误，{warnings} 条提示；数据库保持原样")
    typer.echo(translate(message, language, **numbers))


@application.command(help="载入一个数据包：整包载入，或者一行也不载入。")
def load(
    package: Annotated[Path, typer.Argument(help="数据包：文件夹或 zip。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Load a package, whole or not at all."""
    report = _load(package, lang)
    _print_report(report, lang)
    if not report.accepted:
        raise typer.Exit(_FAILED)


@application.command(help="生成演示县的数据包并载入(数值为模拟，不代表任何机构的真实情况)。")
def demo(
    if_missing: Annotated[bool, typer.Option("--if-missing", help="已有数据时什么也不做。")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="保留演示数据包的文件夹。")] = None,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Write the demonstration package and load it."""
    if if_missing and _has_data():
        typer.echo(translate(marked("数据库里已有数据，不再生成演示数据"), lang))
        return
    from dashboard.demo import write_package

    with tempfile.TemporaryDirectory(prefix="dashboard-demo-") as scratch:
        report = _load(write_package(folder or Path(scratch) / "demo"), lang)
    # What lay beside a package that was not kept is gone with it.
    _print_report(report if folder is not None else replace(report, report_file=None), lang)
    if not report.accepted:
        raise typer.Exit(_FAILED)


def _has_data() -> bool:
    from dashboard.services.database import EMPTY, open_database

    file = duckdb_file(settings().reporting_database_url)
    if file is not None and not file.exists():
        return False
    try:
        return open_database().version != EMPTY
    except ProductError:
        return False


# Looking ---------------------------------------------------------------------------------------------------------------


@application.command(help="检查数据库、结构、数据时效和指标目录；有问题时退出状态为 1。")
def check(lang: LanguageOption = Language.ZH) -> None:
    """Check database, structure, freshness and catalogue; the exit status is 1 when there is a problem."""
    from dashboard.store.checks import NOTICE, PROBLEM, check_database

    marks = {PROBLEM: "✗", NOTICE: "!"}
    results = check_database(settings().reporting_database_url)
    for result in results:
        typer.echo(f"{marks.get(result.level, '✓')} {result.text(lang)}")
    if any(result.level == PROBLEM for result in results):
        raise typer.Exit(_FAILED)


@application.command(help="写出导入模板：每张表一个 XLSX(含字典页)和一个 CSV 表头，以及全部表的数据字典。")
def templates(
    folder: Annotated[Path, typer.Argument(help="写入模板的文件夹。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Write the import templates."""
    from dashboard.store.templates import write_templates

    files = write_templates(folder)
    typer.echo(translate(marked("已写入 {count} 个模板：{folder}"), lang, count=len(files), folder=folder))


@application.command(help="建立或升级工作库（方案、版本、审计）。")
def migrate(lang: LanguageOption = Language.ZH) -> None:
    """Create the workspace database or bring it to this version."""
    from dashboard.workspace import migrate as migrate_workspace

    typer.echo(translate(marked("工作库已是版本 {revision}"), lang, revision=migrate_workspace()))


@application.command(help="生成报告文件：monthly 月度考核，quarterly 季度通报，one-pager 医共体一页纸，pack 会议材料。")
def report(
    kind: Annotated[str, typer.Argument(help="monthly、quarterly、one-pager 或 pack。")],
    period: Annotated[str | None, typer.Option("--period", help="截止月份，例如 2026-06；默认最近一个月。")] = None,
    community: Annotated[str | None, typer.Option("--community", help="医共体编码或简称；一页纸必填。")] = None,
    scheme: Annotated[str, typer.Option("--scheme", help="险种：all、employee 或 resident。")] = "all",
    agenda: Annotated[str, typer.Option("--agenda", help="会议材料的议程编号或名称；默认最近的一份。")] = "",
    formats: Annotated[list[str] | None, typer.Option("--format", help="docx、pptx、xlsx、pdf，可重复；默认 docx。")] = None,
    out: Annotated[Path, typer.Option("--out", help="写入的文件夹。")] = Path(),
    lang: LanguageOption = Language.ZH,
) -> None:
    """Make one report and write it, each file whole or not at all; prints the files, one a line."""
    # Streamlit's caches serve the reports too; that no server runs is no news here.
    logging.getLogger("streamlit.runtime.caching.cache_data_api").disabled = True
    from dashboard.services.audit import record_export
    from dashboard.services.database import open_database
    from dashboard.services.report_asking import asked
    from dashboard.services.reports import File, produce, trace, write_file
    from dashboard.services.workspace import current_workspace

    database, workspace = open_database(), current_workspace()
    request = asked(
        database, workspace, kind, period=period, community=community, scheme=scheme, agenda=agenda, formats=tuple(formats or ["docx"]),
        language=lang.value,
    )  # fmt: skip
    with _report_progress() as show:
        for state in produce(database, workspace, request):
            if isinstance(state, File):
                path = write_file(state, out)
                record_export(state.name, actor=_operator(), details=trace(database, request))
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


@application.command(help="显示程序版本。")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)


# Serving ---------------------------------------------------------------------------------------------------------------


def _check_port(address: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            raise DatabaseError(
                marked("端口或地址不能使用"), marked("请换一个端口，例如 --port 8502"), where=f"{address}:{port}"
            ) from error


@application.command(help="启动服务并显示网址。")
def serve(
    port: Annotated[int | None, typer.Option("--port", min=1, max=65535, help="端口，默认 8501。")] = None,
    address: Annotated[str | None, typer.Option("--address", help="监听地址，默认只限本机 127.0.0.1。")] = None,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Start the server and print its address."""
    chosen_port, chosen_address = port or settings().port, address or settings().address
    reporting_engine(settings().reporting_database_url).dispose()
    _check_port(chosen_address, chosen_port)
    shown = f"[{chosen_address}]" if ":" in chosen_address else chosen_address
    typer.echo(translate(marked("服务地址：{url}(按 Ctrl+C 结束)"), lang, url=f"http://{shown}:{chosen_port}"))
    sys.stdout.flush()
    # The server takes the place of this process: signals and exit status are its own. Its settings lie in the project folder.
    os.chdir(PROJECT)
    options = ["--port", str(chosen_port), "--address", chosen_address]
    os.execv(sys.executable, [sys.executable, "-m", "dashboard.ui.server", *options])  # noqa: S606
