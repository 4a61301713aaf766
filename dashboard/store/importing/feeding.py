"""Which table feeds which page: ``python -m dashboard.store.importing.feeding`` rewrites that part of ``docs/importing.md``.

What a page stands on is declared with its topic; a test walks the pages and holds the declaration against the queries they ask.
"""

from collections.abc import Iterator
from pathlib import Path

from dashboard.catalogue.loader import load_catalogue
from dashboard.settings import PROJECT
from dashboard.store.schema import label, metadata, package_tables
from dashboard.topics import PAGES
from dashboard.topics.declaration import REGISTERS

PAGE_OF_THE_DOCS = PROJECT / "docs" / "importing.md"
_BEGIN, _END = "<!-- feeding: begin -->", "<!-- feeding: end -->"


def feeding_rows() -> list[tuple[str, str, str]]:
    """Return, in the order of the schema, each table of a package (Chinese name), its file name, and the pages that it feeds."""
    return [(label(table), table.name, "、".join(pages)) for table in package_tables() for pages in [_fed(table.name)]]


def _fed(table: str) -> list[str]:
    if table in REGISTERS:
        return ["各页"]
    pages = [page.title for page in PAGES if table in page.tables]
    in_catalogue = any(table in cube.tables for cube in load_catalogue().cubes.values())
    return pages or (["可选入评价方案的指标"] if in_catalogue else ["—"])


def feeding_text() -> str:
    """Return the two tables, page by page and table by table, as Markdown."""
    return "\n".join(_lines())


def _lines() -> Iterator[str]:
    registers = "、".join(_named(name) for name in REGISTERS)
    yield f"各页都要：{registers}。其余按页；只载入其中几张时，缺的块写明缺哪张表，其他块照常。"
    yield ""
    yield from ("| 页面 | 用到的表 |", "| --- | --- |")
    for page in PAGES:
        if page.tables:
            yield f"| {page.title} | {'、'.join(_named(name) for name in page.tables)} |"
    yield ""
    yield from ("| 表 | 文件名 | 用在 |", "| --- | --- | --- |")
    yield from (f"| {name} | `{file}` | {pages} |" for name, file, pages in feeding_rows())


def _named(table: str) -> str:
    return label(metadata.tables[table])


def with_feeding(text: str) -> str:
    """Return the page of the docs with its generated part made anew."""
    before, rest = text.split(_BEGIN)
    return f"{before}{_BEGIN}\n{feeding_text()}\n{_END}{rest.split(_END)[1]}"


def write(file: Path = PAGE_OF_THE_DOCS) -> None:
    """Rewrite the generated part of ``file``."""
    file.write_text(with_feeding(file.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    write()
