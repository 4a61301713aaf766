"""What the sections of 资源配置 share: the choice of section, choices that stand in the address, a chart with its table and definitions."""

from collections.abc import Callable, Sequence

import plotly.graph_objects as go
import streamlit as st

from dashboard.services.common.database import DataVersion
from dashboard.services.common.indicators import indicator_definition
from dashboard.services.resources.supply import BASES, RESOURCES, Basis, Resource
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.blocks import Table, as_table, chart_foot
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import ExportSource, show_table

_TABLE_ROWS = 9


# Choices ------------------------------------------------------------------------------------------------------------


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


def card_foot(key: str, table: Callable[[], Table], source: ExportSource, contents: Sequence[Definition]) -> None:
    """Draw below a chart: its table with the download, made only when it is opened, and the definitions of its numbers."""
    chart_foot(key, contents, beside=True)
    if as_table(key):
        made = table()
        show_table(made.frame, made.columns, key=key, title=made.title, source=source, rows=_TABLE_ROWS, guard=made.guard)


def figure_card_body(
    figure: go.Figure,
    *,
    key: str,
    alt: str,
    table: Callable[[], Table],
    source: ExportSource,
    contents: Sequence[Definition],
    on_pick: Callable[[int, int], None] | None = None,
) -> None:
    """Draw a chart with its foot; for ``on_pick`` see ``show_figure``."""
    show_figure(figure, key=f"chart_{key}", alt=alt, on_pick=on_pick)
    card_foot(key, table, source, contents)


def note(text: str) -> None:
    """Draw a line of small print."""
    st.caption(escaped(text))
