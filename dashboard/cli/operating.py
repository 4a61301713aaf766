"""``migrate``, ``backup``, ``restore``, ``doctor``: what an operator does to databases and machine."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.common import FAILED, Language, LanguageOption, application, operator
from dashboard.language import marked, translate
from dashboard.settings import settings


@application.command(help="建立或升级工作库，升级报表库的结构：只补缺少的，不删不改数据。")
def migrate(lang: LanguageOption = Language.ZH) -> None:
    """Create the workspace database or bring it to this version; add to the reporting database what it lacks."""
    from dashboard.store.importing.migration import migrate_reporting
    from dashboard.workspace import migrate as migrate_workspace

    typer.echo(translate(marked("工作库已是版本 {revision}"), lang, revision=migrate_workspace()))
    done = migrate_reporting(settings().reporting_database_url)
    if done is None:
        typer.echo(translate(marked("还没有报表库，载入数据时建立"), lang))
    elif done.before == done.after and not done.added:
        typer.echo(translate(marked("报表库已是结构 {version}"), lang, version=done.after))
    else:
        details = {"before": done.before, "after": done.after, "count": len(done.added)}
        typer.echo(translate(marked("报表库已从结构 {before} 升到 {after}，补上 {count} 项"), lang, **details))


class Database(StrEnum):
    """Which database is meant."""

    REPORTING = "reporting"
    WORKSPACE = "workspace"


@application.command(help="备份两个数据库：运行中即可，写完即核对；默认保留最近 14 份。")
def backup(
    folder: Annotated[Path | None, typer.Argument(help="放备份的文件夹；默认 BACKUP_FOLDER。")] = None,
    keep: Annotated[int, typer.Option("--keep", min=1, help="保留最近几份，更早的在新备份核对后删除。")] = 14,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Save both databases into a new folder and verify what was written."""
    from dashboard.services.common.audit import record_export
    from dashboard.services.operation.backup import make_backup

    made = make_backup(folder or settings().backup_folder, keep)
    record_export(f"backup {made.folder.name}", actor=operator(), details={each.database: each.sha256 for each in made.databases})
    for each in made.databases:
        details = {"database": each.database, "file": each.file, "size": f"{each.size / 1e6:,.1f}", "rows": f"{sum(each.rows.values()):,}"}
        typer.echo(translate(marked("{database} → {file}：{rows} 行，{size} MB，已核对"), lang, **details))
    for name in made.not_saved:
        typer.echo(translate(marked("{database} 在别的数据库引擎里，请用它自己的备份"), lang, database=name))
    typer.echo(translate(marked("已备份到 {folder}"), lang, folder=made.folder.resolve()))


@application.command(help="恢复备份：先停止服务；原来的文件留作 .before-restore。")
def restore(
    folder: Annotated[Path, typer.Argument(help="一份备份的文件夹，或放备份的文件夹(取最近一份)。")],
    only: Annotated[Database | None, typer.Option("--only", help="只恢复 reporting 报表库或 workspace 工作库。")] = None,
    yes: Annotated[bool, typer.Option("--yes", help="确认替换现有数据。")] = False,
    as_saved: Annotated[bool, typer.Option("--as-saved", help="恢复后不升级结构：退回旧版本程序时用。")] = False,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Put a verified backup in the place of what is there, and upgrade it to this program."""
    from dashboard.services.common.audit import record_load
    from dashboard.services.operation.backup import chosen_backup, restore_backup

    found = chosen_backup(folder)
    typer.echo(translate(marked("备份 {name}：程序 {program}，校验值相符"), lang, name=found.folder.name, program=found.program))
    if not yes:
        typer.echo(translate(marked("恢复会替换现有数据；确认请加 --yes，并先停止服务"), lang))
        raise typer.Exit(FAILED)
    for name in restore_backup(found, frozenset({only.value} if only else set(Database)), upgrade=not as_saved):
        if not as_saved:  # writing the entry would upgrade the workspace
            record_load(f"restore {found.folder.name}", actor=operator(), details={"database": name, "result": "restored"})
        typer.echo(translate(marked("已恢复 {database}，行数与备份时一致"), lang, database=name))


@application.command(help="检查这台机器和数据库：版本、磁盘、时钟、权限、端口、备份、数据时效；有问题时退出状态为 1。")
def doctor(
    archive: Annotated[Path | None, typer.Option("--archive", help="另写一个诊断包(zip)给维护人员：不含数据、地址和密码。")] = None,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Look at machine and databases; the exit status is 1 when something must be put right."""
    from dashboard.services.operation.doctor import examine, write_archive
    from dashboard.store.checks import NOTICE, PROBLEM

    marks = {PROBLEM: "✕", NOTICE: "!"}
    results = examine()
    for result in results:
        typer.echo(f"{marks.get(result.level, '✓')} {result.text(lang)}")
    if archive is not None:
        write_archive(archive, results)
        typer.echo(translate(marked("诊断包：{file}"), lang, file=archive))
    if any(result.level == PROBLEM for result in results):
        raise typer.Exit(FAILED)
