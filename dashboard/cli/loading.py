"""``load`` and ``demo``: packages into the reporting database, whole or not at all."""

import io
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dashboard.cli.common import FAILED, UNFINISHED, Language, LanguageOption, application, operator
from dashboard.errors import ProductError
from dashboard.language import marked, translate
from dashboard.settings import settings
from dashboard.store.engine import duckdb_file

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pydantic import JsonValue

    from dashboard.store.importing.findings import FileReport
    from dashboard.store.importing.loader import LoadReport, Places, ProgressCallback
    from dashboard.store.importing.loader import Progress as LoadProgress
    from dashboard.store.importing.package import Scope

SHOWN_FINDINGS = 30
CheckOnlyOption = Annotated[bool, typer.Option("--check-only", help="只检查，不载入。")]


class Coverage(StrEnum):
    """What a fact file replaces."""

    MONTH = "month"
    REPORTER = "reporter"


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


def load_reported(
    package: Path,
    language: str,
    scope: "Scope | None" = None,
    *,
    check_only: bool = False,
    details: "Mapping[str, JsonValue] | None" = None,
    places: "Places | None" = None,
) -> "LoadReport":
    """Load or only check a package, with progress, and note it in the audit trail together with ``details``."""
    from dashboard.services.common.approvals import signed_months
    from dashboard.services.common.audit import record_load
    from dashboard.services.prefecture.marts import marts_after
    from dashboard.store.importing.loader import load_package

    signed = signed_months()
    with _progress(language) as callback:
        report = load_package(
            package, settings().reporting_database_url, progress=callback, language=language, scope=scope, check_only=check_only,
            places=places, signed=signed,
        )  # fmt: skip
    facts = {"result": report.outcome, "load_id": report.load_id, "rows": report.row_count, "errors": report.error_count}
    record_load(report.package, actor=operator(), details=facts | dict(details or {}))
    return marts_after(report)


def tell_result(report: "LoadReport", language: str) -> None:
    """Print what became of a package and end the command: with the status of failure when something stands against it.

    A load that was accepted while something could not be made of it has a status of its own.
    """
    _print_report(report, language)
    if not report.passed:
        raise typer.Exit(FAILED)
    if report.unfinished is not None:
        for error in (report.unfinished, report.unfinished.__cause__):
            if isinstance(error, ProductError):
                typer.echo(error.text(language), err=True)
        raise typer.Exit(UNFINISHED)


def _print_report(report: "LoadReport", language: str) -> None:
    # A name may hold bytes that are no text.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    for finding in report.findings[:SHOWN_FINDINGS]:
        typer.echo(finding.text(language))
    hidden = report.error_count + report.warning_count - min(len(report.findings), SHOWN_FINDINGS)
    if hidden:
        typer.echo(translate(marked("……另有 {count} 条未显示"), language, count=f"{hidden:,}"))
        by_rule: Counter[str] = Counter()
        for (_, rule), count in report.counts.items():
            by_rule[rule] += count
        typer.echo("  " + "  ".join(f"{rule}: {count:,}" for rule, count in by_rule.most_common()))
    for file in () if report.unchanged else report.files:
        typer.echo(_read_line(file, language))
    for item in report.left_out:
        place = f"{item.file}［{item.part}］" if item.part else item.file
        typer.echo(translate(marked("没有读取 {place}：{why}"), language, place=place, why=item.why(language)))
    if report.report_file is not None:
        typer.echo(translate(marked("检查结果已写入 {file}"), language, file=report.report_file))
    numbers = {"package": report.package, "rows": f"{report.row_count:,}", "errors": f"{report.error_count:,}"}
    numbers |= {"warnings": f"{report.warning_count:,}", "load_id": str(report.load_id)}
    if report.unchanged:
        message = marked("数据包 {package} 与最近一次载入(第 {load_id} 批)相同，没有改动")
    elif report.checked:
        message = marked("检查通过 {package}：{rows} 行，{warnings} 条提示；只检查，没有载入")
    elif report.accepted:
        message = marked("已载入 {package}：第 {load_id} 批，{rows} 行，{warnings} 条提示")
    else:
        message = marked("未载入 {package}：{errors} 个错误，{warnings} 条提示；数据库保持原样")
    typer.echo(translate(message, language, **numbers))


def _read_line(file: "FileReport", language: str) -> str:
    """Return what was read of a file or sheet: rows, periods, rows replaced."""
    from dashboard.store.importing.findings import shown_item
    from dashboard.store.schema import metadata

    table = metadata.tables[file.table]
    details = {"file": file.file, "table": shown_item(table, language), "rows": f"{file.rows:,}"}
    text = translate(marked("已读 {file} → {table}：{rows} 行"), language, **details)
    if file.first_period is not None and file.last_period is not None:
        first, last = (f"{day:%Y-%m}" for day in (file.first_period, file.last_period))
        text += f" · {first}" if first == last else f" · {first} – {last}"
    if file.replaced:
        text += " · " + translate(marked("替换原有 {count} 行"), language, count=f"{file.replaced:,}")
    return text


@application.command(help="载入一个数据包：整包载入，或者一行也不载入。")
def load(
    package: Annotated[Path, typer.Argument(help="数据包：文件夹或 zip；带 --profile 时也可以是一个 CSV 或 XLSX 文件。")],
    scope: Annotated[
        Coverage | None, typer.Option("--scope", help="业务表替换什么：month 整个期间，reporter 只替换数据包里有的上报单位。")
    ] = None,
    profile: Annotated[str, typer.Option("--profile", help="映射方案：名称，或 名称@版本；别家格式的文件按它变成数据包。")] = "",
    check_only: CheckOnlyOption = False,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Load a package, whole or not at all."""
    coverage: Scope | None = scope.value if scope is not None else None
    if profile:
        report = _load_mapped(package, lang, coverage, profile, check_only)
    else:
        report = load_reported(package, lang, coverage, check_only=check_only)
    tell_result(report, lang)


def _load_mapped(source: Path, language: str, scope: "Scope | None", profile: str, check_only: bool) -> "LoadReport":
    """Make a package of a foreign file by a profile and load it; findings name the lines of the foreign file."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.data.profiles import convert, find_profile

    known = find_profile(current_workspace(), profile)
    with tempfile.TemporaryDirectory(prefix="dashboard-profile-") as scratch:
        made = convert(known, source, Path(scratch))
        details: dict[str, JsonValue] = {"profile": known.called, "file": source.name}
        package = made.folder.rename(made.folder.with_name(source.stem))
        report = load_reported(package, language, scope, check_only=check_only, details=details, places=made.places)
        return replace(report, report_file=kept_report(report.report_file))


def kept_report(file: Path | None) -> Path | None:
    """Move the findings out of the folder that goes away, to where the command was given; None where nothing can be written."""
    if file is None:
        return None
    try:
        return Path(shutil.move(file, Path.cwd() / file.name))
    except OSError:
        return None


@application.command(help="生成演示县的数据包并载入(数值为模拟，不代表任何机构的真实情况)。")
def demo(
    if_missing: Annotated[bool, typer.Option("--if-missing", help="已有数据时什么也不做。")] = False,
    folder: Annotated[Path | None, typer.Option("--folder", help="保留演示数据包的文件夹。")] = None,
    counties: Annotated[int, typer.Option("--counties", min=1, max=96, help="演示市的县数：演示县加虚构的县，供“全市各县”页演示。")] = 1,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Write the demonstration package and load it."""
    if if_missing and _has_data():
        typer.echo(translate(marked("数据库里已有数据，不再生成演示数据"), lang))
        return
    from dashboard.demo import write_package

    with tempfile.TemporaryDirectory(prefix="dashboard-demo-") as scratch:
        report = load_reported(write_package(folder or Path(scratch) / "demo"), lang)
    # What lay beside a package that was not kept is gone with it.
    tell_result(report if folder is not None else replace(report, report_file=None), lang)
    if counties > 1:
        _make_prefecture(counties, lang)


def _make_prefecture(count: int, language: str) -> None:
    """Add invented counties to the demonstration county and make the marts of all."""
    from dashboard.demo.prefecture import multiply
    from dashboard.services.prefecture.marts import make_marts

    url = settings().reporting_database_url

    def made(name: str, done: int, of: int) -> None:
        typer.echo(translate(marked("虚构县 {name}：{done}/{of}"), language, name=name, done=done, of=of))

    multiply(url, count, made)
    total = make_marts(url)
    typer.echo(translate(marked("演示市共 {count} 个县，汇总已做好"), language, count=total))


def _has_data() -> bool:
    from dashboard.services.common.database import EMPTY, open_database

    file = duckdb_file(settings().reporting_database_url)
    if file is not None and not file.exists():
        return False
    try:
        return open_database().version != EMPTY
    except ProductError:
        return False
