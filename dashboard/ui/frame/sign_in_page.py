"""The sign-in pages as the gate writes them itself: the product's look, no request to anybody else, usable by keyboard.

They must work before anybody is known, so nothing of the county's figures is on them but its name.
"""

import datetime
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from dashboard import __version__, formatting
from dashboard.catalogue.roles import password_rules
from dashboard.errors import ProductError
from dashboard.language import LANGUAGES, marked, translate
from dashboard.services.common.cache import current_database
from dashboard.services.common.counties import whole_name
from dashboard.settings import settings
from dashboard.store.scope import COUNTY
from dashboard.topics import PAGES, page_named
from dashboard.ui.kit.theme import DARK, LIGHT, Palette
from dashboard.workspace import KEPT_DAYS_USUALLY

_FOLDER = Path(__file__).parent
_LONGEST_RETURN = 16_000

TOLD = {
    "out": marked("您已退出，其他窗口也已退出。"),
    "idle": marked("空闲时间较长，已自动退出。"),
    "over": marked("登录已满时限，请重新登录。"),
    "revoked": marked("这次登录已被结束，请重新登录。"),
    "failed": marked("没有登录成功。请核对账号和密码后再试。"),
    "provider": marked("没有登录成功。请再试一次；仍不行请联系管理员。"),
    "paused": marked("尝试次数较多，请 {minutes} 分钟后再试。"),
    "first": marked("这是临时密码，请先设一个新密码。"),
    "old": marked("密码已到更换期限，请设一个新密码。"),
    "unfit": marked("这个新密码不能用，请换一个。"),
    "late": marked("时间较长，请重新登录后再设密码。"),
    "unlike": marked("两次填写的新密码不一样，请重填。"),
    "token": marked("这个设备令牌不能使用，请核对，或请管理员换发。"),
}
"""What the page may tell, by the word that stands in its address; nothing says which part of an attempt was wrong."""
_CALM = frozenset({"out", "idle", "over"})


@dataclass(frozen=True)
class Words:
    """What varies of a sign-in page: the language, where it leads back to, what it tells, and what was typed."""

    language: str
    back: str
    told: str = ""
    account: str = ""
    ticket: str = ""
    detail: str = ""
    providers: tuple[tuple[str, str], ...] = ()
    with_password: bool = True
    current: bool = False
    whom: tuple[str, ...] = field(default=())


def language_of(text: str | None) -> str:
    """Return the language that an address asks for; Chinese otherwise."""
    return text if text in LANGUAGES else "zh"


def safe_return(text: str | None) -> str:
    """Return ``text`` when it is an address of this server, ``/`` otherwise: nobody is led elsewhere after signing in."""
    if not text or len(text) > _LONGEST_RETURN or not text.startswith("/") or text.startswith(("//", "/sign-in", "/sign-out")):
        return "/"
    if "\\" in text or any(ord(character) < 32 for character in text):
        return "/"
    parts = urlsplit(text)
    return "/" if parts.scheme or parts.netloc else text


def _place(back: str, language: str) -> str:
    """Return what the address to come back to is called: page and month; empty for the first page without a month."""
    parts = urlsplit(back)
    name = parts.path.strip("/")
    page = page_named(name) if name else PAGES[0]
    month = parse_qs(parts.query).get("month", [""])[0]
    try:
        when = formatting.month(datetime.date.fromisoformat(f"{month}-01"), language)
    except ValueError:
        when = ""
    if page is None or (not name and not when):
        return ""
    return " · ".join(filter(None, [translate(page.title, language), when]))


def _county() -> tuple[str, bool]:
    """Return the name of the county, of several that of their prefecture, and whether its figures are made up; empty without a database."""
    try:
        database = current_database(COUNTY)
        return whole_name(database), database.version.demonstration
    except ProductError:
        return "", False


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(_FOLDER), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _variables(colours: Palette) -> str:
    names = ("page", "card", "text", "muted", "border", "primary", "warning", "good")
    return " ".join(f"--{name}: {getattr(colours, name)};" for name in names)


@cache
def look() -> str:
    """Return the style sheet: the product's two palettes and fonts."""
    text = (_FOLDER / "sign_in.css").read_text(encoding="utf-8")
    return text.replace("/* light */", _variables(LIGHT)).replace("/* dark */", _variables(DARK))


@cache
def script() -> str:
    """Return the pages' script."""
    return (_FOLDER / "sign_in.js").read_text(encoding="utf-8")


def sign_in_page(kind: str, words: Words) -> str:
    """Return a page: ``kind`` is sign_in, password (a new one), device or unknown (no access)."""
    reader = words.language

    def _(message: str, **details: object) -> str:
        return translate(message, reader, **details)

    county, demonstration = _county()
    rules = password_rules()
    told = TOLD.get(words.told, "")
    return _templates().get_template("sign_in.html").render(
        _=_,
        kind=kind,
        words=words,
        html_language="zh-CN" if reader == "zh" else "en",
        county=county,
        demonstration=demonstration,
        version=__version__,
        told=_(told, minutes=rules.pause_minutes) if told else "",
        calm=words.told in _CALM,
        place=_place(words.back, reader),
        rules=rules,
        idle=settings().idle_minutes,
        hours=settings().session_hours,
        days=KEPT_DAYS_USUALLY,
        contact=settings().sign_in_contact,
        whom=_("、").join(words.whom),
        languages={code: (label, f"?{urlencode({'next': words.back, 'lang': code})}") for code, label in LANGUAGES.items()},
    )  # fmt: skip
