"""The switch between the light (desk) and the dark (cockpit) theme.

Streamlit offers no call for it and its own menu is English only, so this small component reopens the same address with
``embed_options=dark_theme`` or ``light_theme``, a documented option, so that a link can fix the theme. Streamlit drops the
option from the address on a change of page while the theme stays; the component puts it back, for a reload to find it.
"""

from pathlib import Path

from dashboard.ui.kit.component import component
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.theme import palette

_switch = component(Path(__file__).parent, "theme_switch", html='<button type="button"></button>', key="theme_switch")


def theme_switch(page: str) -> None:
    """Draw the switch to the other theme; ``page`` lets the component see a change of page."""
    dark = palette().name == "dark"
    themes = ("dark_theme", "light_theme") if dark else ("light_theme", "dark_theme")
    label = _("○ 浅色（办公）") if dark else _("● 深色（大屏）")
    _switch(key="theme_switch", data={"label": label, "current": themes[0], "other": themes[1], "page": page}, height="content")
