"""Agenda texts on screen: the blocks of ``services/meeting/text.py`` as Streamlit's Markdown, every word of it escaped."""

import streamlit as st

from dashboard.services.common.addresses import PageAddress
from dashboard.services.meeting.text import Block, Run, blocks
from dashboard.ui.kit.messages import escaped


def _link(address: PageAddress) -> str:
    """Return a link as Markdown takes it; relative, for an installation below a path of its own."""
    return "./" + address.text().removeprefix("/")


def _run(run: Run) -> str:
    lead, tail = " " * (len(run.text) - len(run.text.lstrip())), " " * (len(run.text) - len(run.text.rstrip()))
    words = escaped(run.text)
    if not words:
        return lead
    if run.link is not None:
        return f"[{words}]({_link(run.link)})"
    if run.code:
        return f"{lead}:gray-background[{words}]{tail}"
    mark = "**" if run.bold else "*" if run.italic else ""
    return f"{lead}{mark}{words}{mark}{tail}"


def _words(runs: tuple[Run, ...]) -> str:
    return "".join(_run(run) for run in runs)


def _lines(block: Block, number: int) -> str:
    words = _words(block.runs)
    if block.kind == "heading":
        return f"{'#' * block.level} {words}\n"
    if block.kind == "bullet":
        return f"{'    ' * block.level}- {words}"
    if block.kind == "number":
        return f"{'    ' * block.level}{number}. {words}"
    if block.kind == "quote":
        return f"> {words}\n"
    if block.kind == "rule":
        return "\n---\n"
    if block.kind == "table":
        head, *rest = (f"| {' | '.join(_words(cell) or ' ' for cell in row)} |" for row in block.rows)
        return "\n".join(["", head, "|" + "---|" * len(block.rows[0]), *rest, ""])
    return f"{words}  "


def markdown_of(text: str) -> str:
    """Return ``text`` as Markdown that Streamlit shows as it was meant and in which nothing acts."""
    lines, number, before = [], 0, ""
    for block in blocks(text):
        number = number + 1 if block.kind == "number" else 0
        listed = block.kind in ("bullet", "number")
        if before and (block.kind != before or not (listed or block.kind == "paragraph")):
            lines.append("")
        lines.append(_lines(block, number))
        before = block.kind
    return "\n".join(lines)


def show_text(text: str, key: str) -> None:
    """Draw an agenda text in a container of its own."""
    with st.container(key=key):
        st.markdown(markdown_of(text), anchors=False)
