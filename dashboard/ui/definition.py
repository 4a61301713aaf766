"""What opens behind a number: definition, formula, both sides of the rate, source, data date and where the target is from."""

from dataclasses import dataclass

import streamlit as st

from dashboard.ui.i18n import _
from dashboard.ui.messages import badge_text, escaped


@dataclass(frozen=True)
class Definition:
    """A number explained. All texts are in the reader's language and may come from data; empty ones are left out."""

    name: str
    meaning: str = ""
    formula: str = ""
    numerator: str = ""
    denominator: str = ""
    source: str = ""
    data_date: str = ""
    target: str = ""
    target_source: str = ""
    grade: str = ""
    """How well the definition is sourced, e.g. "待核实"; shown as a badge."""
    note: str = ""

    def lines(self) -> list[tuple[str, str]]:
        """Return (label, text) of everything there is to say, in reading order."""
        pairs = [
            (_("公式"), self.formula),
            (_("分子"), self.numerator),
            (_("分母"), self.denominator),
            (_("来源表"), self.source),
            (_("数据截至"), self.data_date),
            (_("目标"), self.target),
            (_("目标出处"), self.target_source),
            (_("说明"), self.note),
        ]
        return [(label, text) for label, text in pairs if text]


def definition(content: Definition) -> None:
    """Draw ``content``; for use inside a popover or a side panel."""
    st.markdown(f"**{escaped(content.name)}**")
    if content.grade:
        st.badge(badge_text(content.grade), color="gray")
    if content.meaning:
        st.markdown(escaped(content.meaning))
    for label, text in content.lines():
        st.caption(f"**{label}**  {escaped(text)}")


def definition_popover(content: Definition, key: str) -> None:
    """Draw the name of the number as a quiet button that opens its definition."""
    with st.popover(escaped(content.name), type="tertiary", key=f"definition_{key}"):
        definition(content)
