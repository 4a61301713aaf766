"""An address that no page has: the browser is led to the first page, which says so in the reader's words.

Streamlit would open the first page too, under a window with English words of its own.
"""

from urllib.parse import quote

import streamlit as st
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from dashboard.topics import PAGES
from dashboard.ui.frame.door import is_page
from dashboard.ui.kit.address import asked, put
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped

_LOST = "no_page"
_LONGEST = 60


class KnownPages:
    """ASGI middleware behind the door. ``beside`` are the first parts of addresses that are no pages but answer a browser all the same."""

    def __init__(self, app: ASGIApp, beside: frozenset[str] = frozenset()) -> None:
        self.app = app
        self.beside = beside
        self.pages = {page.name for page in PAGES[1:]} | {""}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through; lead a browser that asks for a page which is not there to the first one, with the rest of its address."""
        if not is_page(scope) or self._is_there(scope["path"]):
            await self.app(scope, receive, send)
            return
        name = scope["path"].strip("/")
        said = "" if name == PAGES[0].name else f"{_LOST}={quote(name[:_LONGEST], safe='')}"
        query = "&".join(part for part in (said, scope.get("query_string", b"").decode("latin-1")) if part)
        await RedirectResponse(f"/?{query}" if query else "/", status_code=303)(scope, receive, send)

    def _is_there(self, path: str) -> bool:
        name = path.strip("/")
        return name in self.pages or name.partition("/")[0] in self.beside


def tell_lost() -> None:
    """Say, once, that the address led nowhere and which page stands here instead."""
    name = asked(_LOST)
    if name:
        st.info(escaped(_("没有“{name}”这个页面，已打开总览；各页在左边。", name=name)), icon=":material/info:")
        put(**{_LOST: ""})
