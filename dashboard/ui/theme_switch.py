"""The switch between the light (desk) and the dark (wall) theme.

Streamlit offers no call for it and its own menu is English only, so this small component reopens the same address with
``embed_options=dark_theme`` or ``light_theme``: a documented option that is kept on page changes, so that a link can fix it.
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
  const button = parentElement.querySelector("button");
  button.textContent = data.label;
  button.onclick = () => {
    const address = new URL(window.location.href);
    const others = address.searchParams.getAll("embed_options").filter((option) => !option.endsWith("_theme"));
    address.searchParams.delete("embed_options");
    others.concat(data.option).forEach((option) => address.searchParams.append("embed_options", option));
    window.location.assign(address);
  };
}
"""
_switch = st.components.v2.component("theme_switch", html=_HTML, css=_CSS, js=_SCRIPT)


def theme_switch() -> None:
    """Draw the switch to the other theme."""
    dark = palette().name == "dark"
    label = _("○ 浅色（办公）") if dark else _("● 深色（大屏）")
    _switch(key="theme_switch", data={"label": label, "option": "light_theme" if dark else "dark_theme"}, height="content")
