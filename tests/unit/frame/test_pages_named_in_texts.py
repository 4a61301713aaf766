"""No text sends a reader to a page that is not there."""

import re

from dashboard.settings import PROJECT
from dashboard.topics import PAGES

MESSAGES = re.findall(
    r'^msgid "(.+)"$', (PROJECT / "dashboard/locale/en/LC_MESSAGES/dashboard.po").read_text(encoding="utf-8"), re.MULTILINE
)
NAMED = re.compile(r"“([^”]+)”页|在([一-鿿]{2,8}?)页(?!面)")
GENERAL = {"这里和总览", "会议", "任何", "要汇报的", "议程里改用其他"}


def pages_named(text: str) -> set[str]:
    return {quoted or plain for quoted, plain in NAMED.findall(text)} - GENERAL


def test_the_walk_would_see_a_page_that_is_not_there() -> None:
    assert pages_named("请在“数据与口径”页查看") == {"数据与口径"}
    assert pages_named("请在数据与口径页核对") == {"数据与口径"}


def test_every_page_named_in_a_text_exists() -> None:
    titles = {page.title for page in PAGES}
    named = {name: text for text in MESSAGES for name in pages_named(text)}
    assert named, "some texts name a page"
    assert {name: text for name, text in named.items() if name not in titles} == {}
