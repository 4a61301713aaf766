"""Documents: English, or Chinese with an English summary at the head; what a page points at is there; the README opens with pictures."""

import re
import struct
from pathlib import Path

import pytest

from dashboard.settings import PROJECT

PAGES = sorted([*(PROJECT / "docs").rglob("*.md"), PROJECT / "README.md", PROJECT / "CONTRIBUTING.md", PROJECT / "CHANGELOG.md"])
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEAD_LINES = 12
SUMMARY = re.compile(r"English summary|In English:")


def share_of_chinese(text: str) -> float:
    """Return Chinese characters ÷ (Chinese characters + English words) of the prose; words of one script in the other are names."""
    prose = re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL)
    chinese, english = len(re.findall(r"[\u4e00-\u9fff]", prose)), len(re.findall(r"[A-Za-z]{2,}", prose))
    return chinese / (chinese + english)


def name(page: Path) -> str:
    return str(page.relative_to(PROJECT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_is_english_or_chinese_with_an_english_summary(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    head = "\n".join(text.splitlines()[:HEAD_LINES]) if page.parent != PROJECT else text[:1500]
    assert share_of_chinese(text) < 0.2 or SUMMARY.search(head), "Chinese without an English summary"


def test_a_page_without_a_summary_would_be_found() -> None:
    assert share_of_chinese("# 数据导入\n\n数据包是一个文件夹。") > 0.2
    assert (
        share_of_chinese(
            "# Importing\n\nA package is a folder with 床位月报 in it, or a zip of the same files by month; names of tables are ids."
        )
        < 0.2
    )


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_points_at_is_there(page: Path) -> None:
    targets = [target.split("#")[0] for target in LINK.findall(re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8")))]
    inside = [target for target in targets if target and not re.match(r"[a-z]+:", target)]
    assert [target for target in inside if not (page.parent / target).exists()] == []


def test_the_readme_opens_with_three_pictures_of_a_screen() -> None:
    text = (PROJECT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\((docs/pictures/[^)]+)\)", text)
    assert len(pictures) == 3
    assert text.index(pictures[-1]) < text.index("make run")
    assert len(text.splitlines()) <= 50, "one screen"
    for picture in pictures:
        content = (PROJECT / picture).read_bytes()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        assert struct.unpack(">II", content[16:24]) == (1366, 768)
        assert len(content) < 150_000, "compressed"
