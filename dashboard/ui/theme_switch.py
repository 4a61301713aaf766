"""The switch between the light (desk) and the dark (wall) theme.

Streamlit offers no call for it and its own menu is English only, so this small component reopens the same address with
``embed_options=dark_theme`` or ``light_theme``, a documented option, so that a link can fix the theme. Streamlit drops the
option from the address on a change of page while the theme stays; the component puts it back, for a reload to find it.
"""

import streamlit as st

from dashboard.ui.i18n import _
from dashboard.ui.theme import palette

_HTML = '<button type="button"></button>'
_CSS = """
button {
  width: 100%; padding: 0.35rem 0.6rem; cursor: pointer; font: inherit; font-size: 0.9rem;
  color: var(--st-text-color); background: transparent;
  border: 1px solid var(--st-border-color); border-radius: 6px;
}
button:hover, button:focus-visible { border-color: var(--st-primary-color); }
"""
# The label is set as text, never as HTML.
_SCRIPT = """
export default function (component) {
  const { data, parentElement } = component;
  const withTheme = (option) => {
    const address = new URL(window.location.href);
    const others = address.searchParams.getAll("embed_options").filter((each) => !each.endsWith("_theme"));
    address.searchParams.delete("embed_options");
    others.concat(option).forEach((each) => address.searchParams.append("embed_options", each));
    return address;
  };
  const preferred = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark_theme" : "light_theme";
  if (data.current !== preferred && !window.location.search.includes("_theme")) {
    window.history.replaceState(window.history.state, "", withTheme(data.current));
  }
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = () => window.location.assign(withTheme(data.other));
}
"""
_switch = st.components.v2.component("theme_switch", html=_HTML, css=_CSS, js=_SCRIPT)


def theme_switch(page: str) -> None:
    """Draw the switch to the other theme; ``page`` lets the component see a change of page."""
    dark = palette().name == "dark"
    themes = ("dark_theme", "light_theme") if dark else ("light_theme", "dark_theme")
    label = _("○ 浅色（办公）") if dark else _("● 深色（大屏）")
    _switch(key="theme_switch", data={"label": label, "current": themes[0], "other": themes[1], "page": page}, height="content")
