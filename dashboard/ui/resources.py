"""What the sections of 资源配置 share: the choice of section, choices that stand in the address, a chart with its table and definitions."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from dashboard.language import marked
from dashboard.services.database import DataVersion
from dashboard.services.indicators import indicator_definition
from dashboard.services.resources import BASES, RESOURCES, Basis, Resource
from dashboard.ui import formatting
from dashboard.ui.address import choice, segments
from dashboard.ui.charts import show_figure
from dashboard.ui.definition import OWN_GRADE, Definition, definition
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped
from dashboard.ui.tables import ExportSource, TableColumn, show_table

SECTIONS: Mapping[str, str] = {
    "supply": marked("供给与缺口"),
    "people": marked("人力结构"),
    "centres": marked("共享中心"),
    "equity": marked("公平性"),
    "access": marked("可及性"),
    "plan": marked("调配推演"),
}
_TABLE_ROWS = 9


@dataclass(frozen=True, eq=False)
class Table:
    """A frame with its columns and the name that it carries in the workbook."""

    frame: pd.DataFrame
    columns: Sequence[TableColumn]
    title: str


# Choices ------------------------------------------------------------------------------------------------------------


def section_choice() -> str:
    """Draw the choice of section and return its code; it stands in the address as ``section``."""
    return segments("section", _("看什么"), SECTIONS, hidden=True)


def resource_choice(key: str, resources: Sequence[str], default: str | None = None) -> Resource:
    """Draw the choice of resource and return it."""
    return RESOURCES[choice(key, _("资源"), {name: RESOURCES[name].name for name in resources}, default=default)]


def basis_choice(key: str, default: Basis) -> Basis:
    """Draw the choice of which institutions a town's figure counts."""
    return Basis(choice(key, _("镇街口径"), {basis.value: label for basis, label in BASES.items()}, default=default.value))


def controls(key: str) -> st.delta_generator.DeltaGenerator:
    """Return the row that holds the controls of a section."""
    return st.container(key=f"controls_{key}", horizontal=True, vertical_alignment="bottom", gap="small")


# Words -----------------------------------------------------------------------------------------------------------------


def basis_words(basis: Basis) -> str:
    """Return the sentence that tells which institutions a town's figure counts."""
    return _("镇街口径：{basis}", basis=_(BASES[basis]))


def rate_unit(resource: Resource) -> str:
    """Return the unit of a resource's rate: 张/千人, 人/万人, 台/十万人."""
    people = {1000: _("千人"), 10000: _("万人"), 100000: _("十万人")}[resource.per]
    return f"{_(resource.unit)}/{people}"


def unique_labels(names: pd.Series) -> dict[str, str]:
    """Return code → name; two units of one name are told apart by their code."""
    doubled = names.duplicated(keep=False)
    return {str(code): f"{name} ({code})" if twice else str(name) for (code, name), twice in zip(names.items(), doubled, strict=True)}


# Definitions -----------------------------------------------------------------------------------------------------------


def resource_definition(resource: Resource, version: DataVersion, target: str = "", target_source: str = "") -> Definition:
    """Return what a resource's rate is: the catalogue's definition where there is one, else this product's."""
    reader = language()
    name = f"{_(resource.name)} ({rate_unit(resource)})"
    counted = Definition(
        name=name,
        formula=_("{amount} ÷ 常住人口 × {per}", amount=_(resource.name), per=formatting.number(resource.per)),
        numerator=_(resource.formula),
        denominator=_("当年常住人口（fact_population），缺则取两年内最近一年"),
        source=f"{resource.table}{_('、')}fact_population",
        data_date=formatting.month(version.data_through, reader),
        target=target,
        target_source=target_source,
        grade=_(OWN_GRADE),
        note=_("往年取年末（12月），当年取截止月；床位缺报时取此前 3 个月内最近一次，人员取 12 个月内最近一次。"),
    )
    if not resource.indicator:
        return counted
    about = indicator_definition(resource.indicator, reader)
    return Definition(
        name=name,
        formula=about.formula_in_words,
        numerator=about.numerator,
        denominator=about.denominator,
        source=_("、").join(about.sources),
        data_date=counted.data_date,
        target=target,
        target_source=target_source,
        grade=f"{about.id} · {about.evidence_label} · {about.evidence}",
        note=" ".join((*about.notes, counted.note)),
    )


def own_definition(name: str, formula: str, *, version: DataVersion, source: str, note: str = "", grade: str = OWN_GRADE) -> Definition:
    """Return the definition of a number of this page that is in no catalogue; ``grade`` is a message id."""
    date = formatting.month(version.data_through, language())
    return Definition(name=name, formula=formula, source=source, data_date=date, grade=_(grade), note=note)


def definitions(key: str, contents: Sequence[Definition]) -> None:
    """Draw one quiet button that opens the definitions of a card's numbers."""
    with st.popover(_("指标口径"), type="tertiary", icon=":material/info:", key=f"definition_{key}"):
        for content in contents:
            definition(content)


def card_foot(key: str, table: Callable[[], Table], source: ExportSource, contents: Sequence[Definition]) -> None:
    """Draw below a chart: its table with the download, made only when it is opened, and the definitions of its numbers."""
    with st.container(horizontal=True, vertical_alignment="center", gap="medium", key=f"foot_{key}"):
        opened = st.popover(
            _("查看表格"), type="tertiary", icon=":material/table:", key=f"table_of_{key}", on_change="rerun", width="content"
        )
        definitions(key, contents)
    if opened.open:
        with opened:
            made = table()
            show_table(made.frame, made.columns, key=key, title=made.title, source=source, rows=_TABLE_ROWS)


def figure_card_body(
    figure: go.Figure, *, key: str, alt: str, table: Callable[[], Table], source: ExportSource, contents: Sequence[Definition]
) -> None:
    """Draw a chart with its foot."""
    show_figure(figure, key=f"chart_{key}", alt=alt)
    card_foot(key, table, source, contents)


def note(text: str) -> None:
    """Draw a line of small print."""
    st.caption(escaped(text))
