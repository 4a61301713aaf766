"""What opens behind a number: definition, formula, both sides of the rate, source, data date and where the target is from."""

import math
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.language import marked
from dashboard.services.common.database import DataVersion
from dashboard.services.common.indicators import indicator_definition, target_text
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped

MODEL_GRADE = marked("待核实：本产品模型假设")
OWN_GRADE = marked("待核实：本产品口径")


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

    def told(self) -> dict[str, Any]:
        """Return everything there is to say as ``about.js`` draws it."""
        return {"title": self.name, "grade": self.grade, "pairs": [["", self.meaning]] * bool(self.meaning) + self.lines()}


def definition(*contents: Definition) -> None:
    """Draw one definition or several; for use inside a popover or a side panel.

    All of them are one element: a page carries some fifty, and each element costs a message and the browser's time.
    """
    st.markdown("\n\n".join(part for content in contents for part in _paragraphs(content)))


def _paragraphs(content: Definition) -> list[str]:
    grade = f":gray-badge[{escaped(content.grade)}]" if content.grade else ""
    small = [f":small[:gray[**{label}**  {escaped(text)}]]" for label, text in content.lines()]
    return [part for part in (f"**{escaped(content.name)}**", grade, escaped(content.meaning), *small) if part]


def definition_popover(content: Definition, key: str) -> None:
    """Draw the name of the number as a quiet button that opens its definition."""
    with st.popover(escaped(content.name), type="tertiary", key=f"definition_{key}"):
        definition(content)


def own_definition(name: str, formula: str, *, version: DataVersion, source: str, note: str = "", grade: str = OWN_GRADE) -> Definition:
    """Return the definition of a number that is in no catalogue; ``grade`` is a message id."""
    date = formatting.month(version.data_through, language())
    return Definition(name=name, formula=formula, source=source, data_date=date, grade=_(grade), note=note)


def catalogue_definition(
    name: str, version: DataVersion, numerator: float | None = None, denominator: float | None = None, *, note: str = ""
) -> Definition:
    """Return the catalogue's definition of the indicator ``name``, with both sides of the rate where they are known.

    ``note`` goes before the catalogue's own notes: why this very value is missing or incomplete.
    """
    reader = language()
    about = indicator_definition(name, reader)
    catalogue = load_catalogue()
    entry = catalogue.indicator(name)
    benchmark = entry.target or entry.reference
    return Definition(
        name=f"{about.id} {about.name}",
        formula=about.formula_in_words,
        numerator=_side(about.numerator, numerator),
        denominator=_side(about.denominator, denominator),
        source=_("、").join(about.sources),
        data_date=formatting.month(version.data_through, reader),
        target=target_text(catalogue.targets[benchmark], catalogue, reader) if benchmark else _("无公布目标"),
        grade=f"{about.evidence_label} · {about.evidence}",
        note=" ".join(part for part in (note, about.lacks, *about.notes) if part),
    )


def _side(label: str, value: float | None) -> str:
    return label if value is None or math.isnan(value) or not label else f"{label} {formatting.number(value)}"
