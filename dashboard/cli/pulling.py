"""``pull``: a month straight from the county's own database, whole or not at all."""

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from dashboard.cli.common import Language, LanguageOption, application
from dashboard.cli.loading import CheckOnlyOption, kept_report, load_reported, tell_result
from dashboard.language import marked, translate

if TYPE_CHECKING:
    from pydantic import JsonValue

    from dashboard.store.importing.pulling import Pulled


@application.command(help="从县里自己的报表库取一个月的数据：整批载入，或者一行也不载入；来源写在 data/sources/名称.yaml。")
def pull(
    source: Annotated[str, typer.Argument(help="来源的名称：data/sources 里的文件名，不带 .yaml。")],
    month: Annotated[datetime, typer.Option("--month", formats=["%Y-%m"], help="取哪个月，例如 2025-10。")],
    check_only: CheckOnlyOption = False,
    lang: LanguageOption = Language.ZH,
) -> None:
    """Pull a month from a source, through the very checks of a package."""
    from dashboard.store.importing.pulling import pull as pull_source
    from dashboard.store.importing.sources import read_source

    found = read_source(source)
    with tempfile.TemporaryDirectory(prefix="dashboard-pull-") as scratch:
        folder = Path(scratch) / f"{source}-{month:%Y-%m}"
        folder.mkdir(mode=0o700)
        with _progress(lang) as show:
            rows = pull_source(found, month.date(), folder, show)
        details: dict[str, JsonValue] = {"source": source, "month": f"{month:%Y-%m}", "read": dict(rows)}
        report = load_reported(folder, lang, check_only=check_only, details=details)
        report = replace(report, report_file=kept_report(report.report_file))
    tell_result(report, lang)


@contextmanager
def _progress(language: str) -> Iterator[Callable[["Pulled"], None]]:
    """Yield what shows how many rows came: a line that changes on a terminal, one line a table elsewhere."""
    from dashboard.store.schema import label, metadata

    def words(state: "Pulled") -> str:
        table = label(metadata.tables[state.table]) if language == "zh" else state.table
        return translate(marked("已取 {table}：{rows} 行"), language, table=table, rows=f"{state.rows:,}")

    if not sys.stdout.isatty():
        yield lambda state: typer.echo(words(state)) if state.done else None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(markup=False), transient=True) as bar:
        task = bar.add_task("", total=None)

        def show(state: "Pulled") -> None:
            bar.update(task, description=words(state))
            if state.done:
                bar.console.print(words(state))

        yield show
