"""The map of the counties in the colours of the chosen indicator, and below it the way into the county that is marked."""

import itertools
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.analysis.counties import round_steps
from dashboard.language import marked
from dashboard.services.common.addresses import PageAddress
from dashboard.services.prefecture.answer import everywhere
from dashboard.services.prefecture.places import MAP_HEIGHT, MAP_WIDTH, CountyMap, county_map
from dashboard.services.prefecture.wording import names_text, value_text
from dashboard.states import SIGNS, State
from dashboard.topics import page_named
from dashboard.ui.frame.follow import follow
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import Drawing, show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import Classes, ramp
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.prefecture.asked import Asked, picked, row_of, short_month

_CLASSES = 5
_LEGEND, _LINE = 26, 16
_NAME_PIXELS = 13
_LINKS = (("overview", marked("进入该县总览")), ("referrals", marked("看转诊流向")), ("insurance", marked("看医保总额推演")))


def map_card(asked: Asked) -> None:
    """Draw the map and the bar of the county that is marked."""
    where = county_map(everywhere(asked.frame.database))
    compared = asked.compared
    name = compared.indicator.short_label(language())
    with card(
        "prefecture_map",
        _("{name}：地图", name=name),
        " · ".join(filter(None, [compared.indicator.unit, _("示意，非行政区划") if where.schematic else ""])),
        details=partial(_details, asked, where),
    ):
        if where.outlines:
            show_drawing("prefecture_map", _picture(asked, where), on_pick=picked)
            st.caption(_legend_words(asked))
            absent = [str(code) for code in compared.table.index if code not in where.outlines]
            if absent:
                names = names_text([asked.name(code) for code in absent], language())
                st.caption(escaped(_("地图上没有{names}：边界文件里没有它们的镇街，或镇街没有坐标；数值仍在并排的表里", names=names)))
        else:
            empty_state(where.text(language()), _("请给镇街补上经纬度，或设置 BOUNDARY_FILE。"))
        _way_in(asked)


def _classes(asked: Asked, shade: Palette) -> Classes:
    values = asked.compared.on_time["value"]
    edges = tuple(round_steps(float(values.min()), float(values.max()), _CLASSES)) if len(values) else ()
    return Classes(edges, ramp(shade, len(edges) + 1) if edges else (ramp(shade)[0],), shade.bar_background)


def _picture(asked: Asked, where: CountyMap) -> Drawing:
    shade, table = palette(), asked.compared.table
    classes = _classes(asked, shade)
    drawing = Drawing(
        MAP_HEIGHT + _LEGEND, 0, 0, _("各县地图，颜色深浅是{name}", name=asked.compared.indicator.short_label(language())), MAP_WIDTH
    )
    order = sorted((code for code in where.outlines if code in table.index), key=lambda code: code == asked.county)
    for code in order:
        row = table.loc[code]
        fill = classes.missing if row["late"] or pd.isna(row["value"]) else classes.fill(float(row["value"]))
        on = code == asked.county
        for ring in where.outlines[code].rings:
            drawing.path(
                [(x / MAP_WIDTH, y) for x, y in ring],
                shade.text if on else shade.card,
                fill=fill,
                width=2.5 if on else 1.5,
                dash="4 3" if row["late"] and not on else "",
                closed=True,
                title=_cell_words(asked, code),
                pick=f"county:{code}",
            )
    for code in order:
        _label(asked, drawing, shade, where, code)
    _legend(asked, drawing, shade, classes)
    return drawing


def _label(asked: Asked, drawing: Drawing, shade: Palette, where: CountyMap, code: str) -> None:
    outline, row = where.outlines[code], row_of(asked.compared.table, code)
    x, y = outline.label[0] / MAP_WIDTH, outline.label[1]
    name = asked.name(code)
    if outline.room < formatting.line_width(name, _NAME_PIXELS, _NAME_PIXELS / 2):
        return
    drawing.text(x, y, name, shade.text, anchor="middle", size=12.5, bold=True, dy=-2)
    if row["late"]:
        words = _("{month}未报", month=short_month(asked.answer.month))
        drawing.text(x, y, words, shade.muted, anchor="middle", size=11, dy=_LINE - 2)
        return
    sign = SIGNS[State(str(row["state"]))]
    text = formatting.number(row["value"], asked.compared.indicator.decimals)
    drawing.text(x, y, f"{text} {sign}".strip(), shade.text, anchor="middle", size=12.5, dy=_LINE - 2)


def _legend(asked: Asked, drawing: Drawing, shade: Palette, classes: Classes) -> None:
    """Draw the classes of values: a field each, its words beside it."""
    decimals = 0 if all(edge == round(edge) for edge in classes.edges) else 1
    edges = [formatting.number(edge, decimals) for edge in classes.edges]
    words = [f"<{edges[0]}", *(f"{low}–{high}" for low, high in itertools.pairwise(edges)), f"≥{edges[-1]}"] if edges else []
    width = 1 / max(len(words), 1)
    for place, text in enumerate(words):
        drawing.rect(place * width, place * width + 0.035, MAP_HEIGHT + 10, 10, classes.fills[place], edge=shade.border)
        drawing.text(place * width + 0.045, MAP_HEIGHT + 19, text, shade.muted, size=11)


def _legend_words(asked: Asked) -> str:
    compared = asked.compared
    if compared.target is not None:
        words = _("✓ 达到目标　! 接近　✕ 未达到　灰 = 该月未报齐")
    elif compared.funnel is not None:
        words = _("✓ 好于 95% 限　! 差于 95% 限　✕ 差于 99.8% 限　灰 = 该月未报齐")
    else:
        words = _("无公布目标，不判状态　灰 = 该月未报齐")
    return " · ".join(escaped(part) for part in words.split("　"))  # markup has no wide spaces


def _cell_words(asked: Asked, code: str) -> str:
    row = row_of(asked.compared.table, code)
    words = value_text(asked.compared, float(row["value"]), language())
    month = asked.month(row["month"]) if row["late"] else ""
    sides = _("分子 {part}，分母 {whole}", part=formatting.number(row["numerator"]), whole=formatting.number(row["denominator"]))
    return " · ".join(filter(None, [asked.name(code), words, month, sides if pd.notna(row["value"]) else ""]))


def _way_in(asked: Asked) -> None:
    """Draw which county is marked and the buttons that open its own pages with month and scheme of this one."""
    filters = asked.frame.filters
    own = (("county", asked.county), ("month", f"{filters.period.last:%Y-%m}"), ("scheme", filters.scheme.value))
    with st.container(border=True, key="prefecture_way_in", gap="xsmall"):
        st.markdown(f"{escaped(_('已选 {name}', name=asked.name(asked.county)))}", width="content")
        with st.container(horizontal=True, gap="small"):
            for place, (page, words) in enumerate(_LINKS):
                if page_named(page) and st.button(
                    _(words), key=f"prefecture_to_{page}", type="primary" if place == 0 else "secondary", icon=":material/arrow_forward:"
                ):
                    follow(PageAddress(page, own))


def _details(asked: Asked, where: CountyMap) -> None:
    version = asked.frame.database.version
    definition(catalogue_definition(asked.indicator, version))
    st.caption(escaped(where.text(language())))
    table = asked.with_names(asked.compared.table)
    shown = [
        TableColumn("name", _("县")),
        TableColumn("numerator", _("分子"), "count"),
        TableColumn("denominator", _("分母"), "count"),
        TableColumn("value", asked.compared.indicator.short_label(language()), "number"),
        TableColumn("change", _("同比"), "number"),
        TableColumn("month", _("月份"), "month"),
        TableColumn("state", _("状态")),
    ]
    told = table.assign(state=[SIGNS[State(str(state))] for state in table["state"]])
    show_table(told, shown, key="prefecture_map", title=_("各县一项指标"), source=asked.frame.source(), rows=9)
