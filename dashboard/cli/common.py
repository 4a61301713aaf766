"""What every command stands on: the application, the language of messages, exit statuses, who runs it."""

import getpass
from enum import StrEnum
from typing import Annotated

import typer

FAILED = 1
CANNOT = 2
UNFINISHED = 3
INTERRUPTED = 130

application = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="县域医共体决策支持：演示数据、载入数据包、检查、模板、账号、启动服务。",
)


class Language(StrEnum):
    """The language of messages."""

    ZH = "zh"
    EN = "en"


CountyOption = Annotated[str, typer.Option("--county", help="县的编码或名称；库里有几个县时必填。")]
LanguageOption = Annotated[Language, typer.Option("--lang", help="消息语言：zh 中文，en English。")]


def operator() -> str | None:
    """Return the account that runs the command; None where the system knows none."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
