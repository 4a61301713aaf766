"""``publish``: the reporting database handed on to engines that only read."""

from pathlib import Path
from typing import Annotated

import typer

from dashboard.cli.common import Language, LanguageOption, application
from dashboard.errors import DatabaseError
from dashboard.language import marked, translate
from dashboard.settings import settings
from dashboard.store.engine import database_url

_PARQUET = "parquet:"


@application.command(help="把报表数据库发布给别的引擎：--to parquet:文件夹 或 --to mysql+pymysql://…；整体替换，不改动来源。")
def publish(
    to: Annotated[str, typer.Option("--to", help="parquet:文件夹，或 MySQL、MariaDB 的数据库地址。")],
    location: Annotated[str, typer.Option("--location", help="引擎看到的文件夹地址，例如 hdfs://…；写进建表语句，默认是本机路径。")] = "",
    lang: LanguageOption = Language.ZH,
) -> None:
    """Write the reporting database as Parquet files or as tables of a server that speaks MySQL's protocol."""
    from dashboard.store.publication.mysql import publish_mysql
    from dashboard.store.publication.parquet import publish_parquet

    source = settings().reporting_database_url
    if to.startswith(_PARQUET) and to != _PARQUET:
        folder = Path(to.removeprefix(_PARQUET))
        rows, where = publish_parquet(source, folder, location=location.rstrip("/") or None), str(folder)
    elif database_url(to).get_backend_name() in ("mysql", "mariadb"):
        rows, where = publish_mysql(source, to), database_url(to).database or ""
    else:
        raise DatabaseError(marked("不能发布到这里"), marked("请写 --to parquet:文件夹 或 --to mysql+pymysql://账号@主机/库名"))
    numbers = {"tables": len(rows), "rows": f"{sum(rows.values()):,}", "place": where}
    typer.echo(translate(marked("已发布 {tables} 张表，{rows} 行：{place}"), lang, **numbers))
