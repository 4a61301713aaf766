"""The one error style, the one empty state, and the escaping that keeps data from becoming markup."""

import html
import logging
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import count
from typing import Literal

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.errors import StreamlitDuplicateElementKey

from dashboard.errors import DatabaseError, ProductError, QueryError
from dashboard.ui.kit import recovery
from dashboard.ui.kit.address import take_misread
from dashboard.ui.kit.i18n import _, language

logger = logging.getLogger("dashboard")

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~:$&=^@/\"'])")
# Bare addresses become links even when escaped; an invisible word joiner breaks the pattern and nothing that is seen.
_ADDRESS = re.compile(r"https?:|www(?=\.)|@", re.IGNORECASE)
_WORD_JOINER = "\u2060"


def escaped(text: object) -> str:
    """Return ``text`` so that Streamlit's Markdown shows it letter by letter.

    Names come from a county's files: ``[x](http://…)``, ``:red[x]`` or ``<script>`` must stay text.
    """
    unlinked = _ADDRESS.sub(lambda found: found.group() + _WORD_JOINER, " ".join(str(text).split()))
    return _MARKDOWN.sub(r"\\\1", unlinked)


def badge_text(text: object) -> str:
    """Return ``text`` for ``st.badge``, which escapes square brackets itself: twice escaped they would open again."""
    return escaped(text).replace("\\[", "[").replace("\\]", "]")


def plotly_text(text: object) -> str:
    """Return ``text`` so that Plotly, which reads a few HTML tags in texts, shows it letter by letter; lines stay lines."""
    return html.escape(str(text), quote=False).replace("\n", "<br>")


def _error_box(what: str, where: str, remedy: str) -> None:
    parts = [(_("发生了什么"), what), (_("在哪里"), where), (_("怎么办"), remedy)]
    lines = [f"**{label}**  {escaped(text)}" for label, text in parts if text]
    with _box():
        st.error("\n\n".join(lines), icon=":material/warning:")


def _box() -> DeltaGenerator:
    """Return a container for one message; several on a page each have a key of their own."""
    for number in count(1):
        with suppress(StreamlitDuplicateElementKey):
            return st.container(key="error_box" if number == 1 else f"error_box_{number}")
    raise AssertionError


def show_error(error: ProductError) -> None:
    """Show a ``ProductError``: what happened, where, what to do, in the reader's language."""
    reader = language()
    _error_box(error.what(reader), error.where, error.remedy(reader))


def show_unexpected(error: Exception) -> None:
    """Show a fault of ours as one calm message; details go to the server's log under a reference number."""
    reference = secrets.token_hex(4).upper()
    logger.error("Unexpected error, reference %s", reference, exc_info=error)
    _error_box(
        _("这个页面暂时无法显示，其他页面不受影响。"),
        _("错误编号 {reference}", reference=reference),
        _("请稍后刷新重试；仍不行请把错误编号告诉系统管理员。"),
    )


def show_any(error: Exception) -> bool:
    """Show ``error`` whatever it is; the last net, which the server hangs below every script, fragment, dialog and callback.

    Returns True: Streamlit then leaves out its own, English message.
    """
    if isinstance(error, ProductError):
        logger.warning("%s", error.text(), exc_info=error.__cause__)
        show_error(error)
    else:
        show_unexpected(error)
    return True


@contextmanager
def error_boundary(*, watched: bool = True) -> Iterator[None]:
    """Show whatever goes wrong inside as one calm message; details go to the server's log under a reference number.

    Below the message that a database is away, a pulse looks for its return and draws the page again, unless ``watched`` is off: in a
    dialog, which drawing the page again would close.
    """
    try:
        yield
    except Exception as error:  # noqa: BLE001 - the boundary: a reader never sees internals, the log has them all
        show_any(error)
        if watched and isinstance(error, DatabaseError | QueryError):
            recovery.watch()


def open_dialog(title: str, draw: Callable[[], None], *, width: Literal["small", "medium", "large"] = "medium") -> None:
    """Open a dialog called ``title``, which is plain text, with what ``draw`` draws; what goes wrong inside stays inside."""
    st.dialog(escaped(title), width=width)(_in_boundary)(draw)


def _in_boundary(draw: Callable[[], None]) -> None:
    with error_boundary(watched=False):
        draw()


def empty_state(why: str, what_to_do: str) -> None:
    """Say in one sentence why there is nothing to show and in another what to do. Both are translated texts."""
    st.info(f"**{escaped(why)}**\n\n{escaped(what_to_do)}", icon=":material/info:")


def tell_misread() -> None:
    """Say kindly, once, what of a link was replaced by its default because nobody understands it."""
    names = take_misread()
    if names:
        st.info(escaped(_("链接里的“{names}”无法识别，已改用默认值。", names=_("、").join(names))), icon=":material/info:")
