"""``marts``: the comparison of counties made anew."""

import time

import typer

from dashboard.cli.common import Language, LanguageOption, application
from dashboard.language import marked, translate
from dashboard.settings import settings


@application.command(help="重做各县并排比较的汇总(全市各县页用)；库里只有一个县时什么也不做。")
def marts(lang: LanguageOption = Language.ZH) -> None:
    """Make the marts of every county anew."""
    from dashboard.services.prefecture.marts import make_marts

    begun = time.monotonic()

    def show(name: str, done: int, of: int) -> None:
        typer.echo(translate(marked("{name}：{done}/{of}"), lang, name=name, done=done, of=of))

    count = make_marts(settings().reporting_database_url, progress=show)
    if count:
        seconds = f"{time.monotonic() - begun:.0f}"
        typer.echo(translate(marked("已重做 {count} 个县的汇总，用时 {seconds} 秒"), lang, count=count, seconds=seconds))
    else:
        typer.echo(translate(marked("库里只有一个县，不需要汇总"), lang))
