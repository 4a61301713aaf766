import pytest

from dashboard.services.common.addresses import PageAddress
from dashboard.services.meeting.text import Block, Run, blocks, runs
from dashboard.ui.meeting.text import markdown_of


def kinds(text: str) -> list[tuple[str, int]]:
    return [(block.kind, block.level) for block in blocks(text)]


def test_the_small_markdown_is_read() -> None:
    text = "# 标题\n\n正文\n- 一\n  - 一之一\n1. 甲\n2、乙\n> 引文\n---\n| a | b |\n|---|---|\n| 1 |"
    assert kinds(text) == [
        ("heading", 1),
        ("paragraph", 0),
        ("bullet", 0),
        ("bullet", 1),
        ("number", 0),
        ("number", 0),
        ("quote", 0),
        ("rule", 0),
        ("table", 0),
    ]
    table = blocks(text)[-1]
    assert table == Block("table", rows=(((Run("a"),), (Run("b"),)), ((Run("1"),), ())))


def test_runs_of_a_line() -> None:
    assert runs("先**粗**后*斜*再`码`") == (
        Run("先"),
        Run("粗", bold=True),
        Run("后"),
        Run("斜", italic=True),
        Run("再"),
        Run("码", code=True),
    )


def test_a_link_inside_the_product_is_one() -> None:
    assert runs("[转诊](/referrals?month=2025-04)") == (Run("转诊", link=PageAddress("referrals", (("month", "2025-04"),))),)
    assert markdown_of("[转诊](/referrals?month=2025-04)").strip() == "[转诊](./referrals?month=2025-04)"


@pytest.mark.parametrize(
    "text",
    [
        "[x](http://evil.example/referrals)",
        "[x](//evil.example/referrals)",
        "[x](javascript:alert(1))",
        "[x](/nowhere)",
        "![x](/referrals)",
        "![x](http://evil.example/x.png)",
        "[x]: http://evil.example",
        "<http://evil.example>",
    ],
)
def test_other_links_and_images_stay_text(text: str) -> None:
    found = blocks(text)
    assert all(run.link is None for block in found for run in block.runs)
    assert "".join(run.text for block in found for run in block.runs) == text
    shown = markdown_of(text)
    assert "](http" not in shown
    assert "](/" not in shown
    assert "![" not in shown


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "$x^2$", ":red[x]", ":material/home:", "a_b_"]
)
def test_nothing_acts_on_screen(text: str) -> None:
    shown = markdown_of(f"{text}\n\n**{text}**\n- {text}\n| {text} |")
    for sign in "<$[":
        assert all(shown[place - 1] == "\\" for place in range(len(shown)) if shown[place] == sign)
    assert ":material/home:" not in shown


def test_numbers_count_on_and_paragraphs_keep_their_lines() -> None:
    assert markdown_of("1. 甲\n1. 乙") == "1. 甲\n2. 乙"
    assert markdown_of("甲\n乙") == "甲  \n乙  "
    assert markdown_of("| a | b |\n| 1 | 2 |").split("\n")[1:4] == ["| a | b |", "|---|---|", "| 1 | 2 |"]


def test_deep_or_strange_texts_are_read_too() -> None:
    assert kinds("                    - tief") == [("bullet", 3)]
    assert blocks("") == ()
    assert blocks("\n \n") == ()
    assert kinds("**" * 2000) == [("rule", 0)]
