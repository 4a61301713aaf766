import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.workspace import ConflictError, WorkspaceError
from dashboard.workspace.content import (
    CONTENT_LIMIT,
    NAME_LIMIT,
    checksum,
    clean_line,
    clean_name,
    clean_person,
    clean_reason,
    encoded,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=20
)
OBJECTS = st.dictionaries(st.text(max_size=8), VALUES, max_size=5)


@given(OBJECTS)
def test_what_is_encoded_comes_back_equal(content: dict) -> None:
    assert json.loads(encoded(content)) == content


@given(OBJECTS)
def test_the_order_of_keys_does_not_change_the_checksum(content: dict) -> None:
    turned = dict(reversed(content.items()))
    assert checksum(encoded(turned)) == checksum(encoded(content))


def nested(depth: int) -> list:
    value: list = []
    for _ in range(depth):
        value = [value]
    return value


@pytest.mark.parametrize(
    "content",
    [
        {"rate": math.nan},
        {"rate": math.inf},
        {1: "a key that is no text"},
        {1: "a", "1": "two keys that become one"},
        {"pair": (1, 2)},
        {"what": object()},
        {"half": "\ud800"},
        {"deep": nested(100_000)},
        {"number": 10**5000},
        ["no object"],
        "no object",
        None,
    ],
    ids=["nan", "infinity", "number as key", "doubled key", "tuple", "object", "surrogate", "deep", "long number", "list", "text", "none"],
)
def test_what_json_cannot_hold_is_refused(content: object) -> None:
    with pytest.raises(WorkspaceError, match="内容不能保存"):
        encoded(content)  # type: ignore[arg-type]


def test_a_content_of_the_limit_is_kept_and_one_byte_more_refused() -> None:
    frame = len(encoded({"text": ""}))
    assert len(encoded({"text": "a" * (CONTENT_LIMIT - frame)})) == CONTENT_LIMIT
    with pytest.raises(WorkspaceError, match="257 kB，上限 256 kB"):
        encoded({"text": "a" * (CONTENT_LIMIT - frame + 1)})


def test_the_limit_counts_bytes_not_characters() -> None:
    with pytest.raises(WorkspaceError, match="内容过大"):
        encoded({"text": "县" * (CONTENT_LIMIT // 2)})


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("  稳健方案  ", "稳健方案"),
        ("一\n二\t三\x00四\u2028五", "一 二 三 四 五"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("'; DROP TABLE document; --", "'; DROP TABLE document; --"),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("半\ud800个", "半个"),
        ("e\u0301", "é"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
    ],
)
def test_a_name_becomes_one_plain_line(given_name: str, kept: str) -> None:
    assert clean_name(given_name) == kept


@given(st.text())
def test_a_clean_line_can_be_stored_everywhere_and_stays_as_it_is(text: str) -> None:
    line = clean_line(text)
    line.encode()
    assert "\x00" not in line
    assert "\n" not in line
    assert clean_line(line) == line


@pytest.mark.parametrize("name", ["", "   ", "\x00\n", "\u202e"])
def test_an_empty_name_is_refused(name: str) -> None:
    with pytest.raises(WorkspaceError, match="名称是空的"):
        clean_name(name)


def test_a_long_name_is_refused_not_cut() -> None:
    assert clean_name("名" * NAME_LIMIT) == "名" * NAME_LIMIT
    with pytest.raises(WorkspaceError, match="201 字，上限 200 字"):
        clean_name("名" * (NAME_LIMIT + 1))


def test_nobody_signed_in_is_no_person() -> None:
    assert clean_person(None) is None
    assert clean_person(" \n ") is None
    assert clean_person(" 张三 ") == "张三"


def test_a_reason_keeps_its_lines() -> None:
    assert clean_reason("第一条\r\n第二条\x07\n", required=True) == "第一条\n第二条"


def test_a_required_reason_is_asked_for() -> None:
    assert clean_reason(" ", required=False) == ""
    with pytest.raises(WorkspaceError, match="没有填写理由"):
        clean_reason(" \n", required=True)


def test_a_conflict_tells_who_saved_what_when_in_local_time() -> None:
    import datetime

    at = datetime.datetime(2026, 3, 1, 20, 5, tzinfo=datetime.UTC)
    error = ConflictError(document_id="a", name="稳健方案", version=4, author=None, created_at=at, reason="上限调整")
    assert error.text() == (
        "未登录 已于北京时间 2026-03-02 04:05 保存了第 4 版，您的修改尚未保存 · 稳健方案 · "
        "您的内容仍在本页：可另存为新的一份，或查看最新版后在其上重新保存"
    )
    assert (error.version, error.author, error.created_at, error.reason) == (4, None, at, "上限调整")
