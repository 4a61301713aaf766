"""``check``, ``templates``, ``row-security`` and ``version``: commands that change no data."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dashboard import __version__
from dashboard.cli.common import FAILED, Language, LanguageOption, application
from dashboard.errors import ProductError
from dashboard.language import marked, translate
from dashboard.settings import settings

if TYPE_CHECKING:
    from dashboard.store.checks import CheckResult


@application.command(help="检查数据库、结构、数据时效、指标目录、数据来源和映射方案；有问题时退出状态为 1。")
def check(lang: LanguageOption = Language.ZH) -> None:
    """Check database, structure, freshness, catalogue, sources and mapping profiles; the exit status is 1 when there is a problem."""
    from dashboard.store.checks import NOTICE, PROBLEM, check_database

    marks = {PROBLEM: "✕", NOTICE: "!"}
    results = [*check_database(settings().reporting_database_url), *_kept_profiles()]
    for result in results:
        typer.echo(f"{marks.get(result.level, '✓')} {result.text(lang)}")
    if any(result.level == PROBLEM for result in results):
        raise typer.Exit(FAILED)


def _kept_profiles() -> list["CheckResult"]:
    """Return what there is to say about the mapping profiles that were made here."""
    from dashboard.services.common.workspace import current_workspace
    from dashboard.services.data.profiles import kept_profiles
    from dashboard.store.checks import OK, PROBLEM, CheckResult

    try:
        good, wrong = kept_profiles(current_workspace())
    except ProductError as error:
        return [CheckResult(PROBLEM, "", error=error)]
    told = CheckResult(OK, marked("本县的映射方案：{count} 个仍合本程序的表"), {"count": good})
    return [*(CheckResult(PROBLEM, "", error=error) for error in wrong), told]


@application.command(help="写出导入模板：每张表一个 XLSX(含字典页)和一个 CSV 表头，以及全部表的数据字典。")
def templates(
    folder: Annotated[Path, typer.Argument(help="写入模板的文件夹。")],
    lang: LanguageOption = Language.ZH,
) -> None:
    """Write the import templates."""
    from dashboard.store.importing.templates import write_templates

    files = write_templates(folder)
    typer.echo(translate(marked("已写入 {count} 个模板：{folder}"), lang, count=len(files), folder=folder))


@application.command(help="打印 PostgreSQL 行级安全的 SQL，由表的所有者执行；--role 是本程序连接所用的角色。")
def row_security(
    role: Annotated[str, typer.Option("--role", help="只读角色，例如 dashboard_reader；须已建好，且不是表的所有者。")],
) -> None:
    """Print the SQL that lets a role read only the rows of the declared scope."""
    from dashboard.store.row_security import row_security_sql

    typer.echo(row_security_sql(role), nl=False)


@application.command(help="显示程序版本。")
def version() -> None:
    """Print the version."""
    typer.echo(__version__)
