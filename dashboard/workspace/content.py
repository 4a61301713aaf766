"""What may be written: contents are JSON objects of bounded size, texts are cleaned of what a screen cannot show."""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping

from pydantic import JsonValue

from dashboard.language import marked
from dashboard.workspace.errors import WorkspaceError

CONTENT_LIMIT = 256 * 1024
NAME_LIMIT = 200
PERSON_LIMIT = 100
REASON_LIMIT = 2000
SUBJECT_LIMIT = 300
PERIOD_LIMIT = 32

# Marks that turn the direction of the text after them: a name could show as another one.
_DIRECTION_MARKS = dict.fromkeys([0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def encoded(content: Mapping[str, JsonValue], limit: int = CONTENT_LIMIT) -> str:
    """Return ``content`` as the one JSON text that is stored: keys sorted, no spaces, Chinese as it is.

    Objects have no order in JSON; what is ordered belongs in a list. Raises ``WorkspaceError`` when the content is not a
    JSON object of text keys and finite numbers, or its text exceeds ``limit`` bytes.
    """
    try:
        text = json.dumps(content, allow_nan=False, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        size = len(text.encode())
        same = isinstance(content, dict) and json.loads(text) == content
    except (TypeError, ValueError, RecursionError) as error:
        raise _not_storable() from error
    if not same:
        raise _not_storable()
    if size > limit:
        raise WorkspaceError(
            marked("内容过大：{size} kB，上限 {limit} kB"),
            marked("请删去不需要的部分，或分成几份保存"),
            size=-(-size // 1024),
            limit=limit // 1024,
        )
    return text


def _not_storable() -> WorkspaceError:
    return WorkspaceError(
        marked("内容不能保存：只能包含文字、有限的数、是否、列表和以文字为键的对象"),
        marked("请检查是否有空数、无穷大或无法识别的字符"),
    )


def checksum(text: str) -> str:
    """Return the SHA-256 of a stored content, in hexadecimal: equal for equal contents."""
    return hashlib.sha256(text.encode()).hexdigest()


def _shown(character: str, kept: str) -> str:
    if character in kept:
        return character
    category = unicodedata.category(character)
    if category == "Cs":
        return ""
    return " " if category in ("Cc", "Zl", "Zp") else character


def _clean(text: str, kept: str = "") -> str:
    turned = unicodedata.normalize("NFC", text).translate(_DIRECTION_MARKS)
    return "".join(_shown(character, kept) for character in turned).strip()


def clean_line(text: str) -> str:
    """Return ``text`` on one line: control characters and runs of blanks become one blank, direction marks go. Markup stays text."""
    return re.sub(r"\s+", " ", _clean(text)).strip()


def clean_name(text: str) -> str:
    """Return a document's name cleaned. Raises ``WorkspaceError`` when nothing is left or it is too long."""
    name = clean_line(text)
    if not name:
        raise WorkspaceError(marked("名称是空的"), marked("请填写名称"))
    return _within(name, NAME_LIMIT, marked("名称过长：{length} 字，上限 {limit} 字"))


def clean_person(text: str | None) -> str | None:
    """Return a person's name cleaned, None when there is none (not signed in). Raises ``WorkspaceError`` when too long."""
    name = clean_line(text or "")
    return _within(name, PERSON_LIMIT, marked("姓名过长：{length} 字，上限 {limit} 字")) or None


def clean_reason(text: str, *, required: bool) -> str:
    """Return a reason cleaned; lines stay. Raises ``WorkspaceError`` when it is too long, or missing where it is required."""
    reason = _clean(text.replace("\r\n", "\n"), kept="\n\t")
    if required and not reason:
        raise WorkspaceError(marked("没有填写理由"), marked("批准、冻结以及更正已生效的内容都须说明理由"))
    return _within(reason, REASON_LIMIT, marked("理由过长：{length} 字，上限 {limit} 字"))


def clean_period(text: str | None) -> str | None:
    """Return a period's code cleaned. Raises ``WorkspaceError`` when it is too long."""
    return _within(clean_line(text or ""), PERIOD_LIMIT, marked("期间过长：{length} 字，上限 {limit} 字")) or None


def _within(text: str, limit: int, message: str) -> str:
    if len(text) > limit:
        raise WorkspaceError(message, marked("请缩短后重试，填写的内容仍在本页"), length=len(text), limit=limit)
    return text
