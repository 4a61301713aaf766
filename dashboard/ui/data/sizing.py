"""Section 容量测算: what a county platform must store and carry, every assumption of it a field with its grade."""

from collections.abc import Mapping

import pandas as pd
import streamlit as st

from dashboard.analysis.sizing import concurrency, gross_storage, processes, storage
from dashboard.catalogue.sizing import sizing_defaults
from dashboard.language import marked
from dashboard.services.common.indicators import evidence_words
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import BarRow, bars, show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped
from dashboard.ui.kit.tables import TableColumn, show_table

TERABYTE = 1e12
UNITS = {"%": "%", "份": marked("份"), "天": marked("天"), "个": marked("个"), "秒": marked("秒"), "人": marked("人"), "次": marked("次")}
"""What the units of ``sizing.yaml`` are called."""
_MOST_RECORDS = 100_000_000


def sizing_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    left, right = st.columns([1, 1.2], gap="small")
    with left:
        volumes, years = _content_card()
        with card("data_parameters", _("其他假设"), _("示例值，请换成本县的数")):
            given = _parameters()
    defaults = sizing_defaults()
    net = {
        kind: storage(float(volumes[kind]), float(each.bytes), float(years[kind]), given["growth"]) / TERABYTE
        for kind, each in defaults.kinds.items()
    }
    gross = gross_storage(net.values(), index=given["index"], copies=given["copies"], fill=given["fill"])
    loads = ("working_days", "peak_hour_share", "operations_per_visit", "seconds_per_operation")
    load = concurrency(float(volumes["outpatient"]), **{name: given[name] for name in loads})
    needed = processes(given["users"], **{name: given[name] for name in ("active_share", "think_seconds", "rate")})
    title = _(
        "毛容量 {gross} TB，净 {net} TB；高峰并发 {concurrent} 个操作",
        gross=formatting.number(gross, 1),
        net=formatting.number(sum(net.values()), 1),
        concurrent=formatting.number(load.concurrent, 1),
    )
    words = _(
        "每日 {visits} 人次，高峰小时 {peak} 人次，每秒 {rate} 笔；看板 {users} 人需 {processes} 个进程",
        visits=formatting.number(load.visits_per_day),
        peak=formatting.number(load.peak_hour_visits),
        rate=formatting.number(load.transactions_per_second, 2),
        users=formatting.number(given["users"]),
        processes=needed,
    )
    with right:
        _storage_card(frame, title, net, words)
        _grades_card(frame)
    return title


def _content_card() -> tuple[Mapping[str, float], Mapping[str, float]]:
    """Draw volumes and years of every kind of content; return both by kind."""
    volumes: dict[str, float] = {}
    years: dict[str, float] = {}
    with card("data_assumptions", _("存什么、存多久"), _("示例值，请换成本县的数")):
        for kind, each in sizing_defaults().kinds.items():
            first, second = st.columns([1.3, 1], gap="small")
            told = _("{name}（件/年）", name=each.label(language()))
            volumes[kind] = first.number_input(told, 0, _MOST_RECORDS, each.volume, step=1000, key=f"sizing_volume_{kind}")
            years[kind] = second.number_input(_("在线年数"), 1, 50, each.years, key=f"sizing_years_{kind}", help=each.why(language()))
    return volumes, years


def _parameters() -> dict[str, float]:
    """Draw every other assumption; return them as the formulas take them."""
    found: dict[str, float] = {}
    columns = st.columns(2, gap="small")
    for place, (name, each) in enumerate(sizing_defaults().parameters.items()):
        words = _("{name}（{unit}）", name=each.label(language()), unit=_(UNITS[each.unit]))
        value = columns[place % 2].number_input(
            words, each.low, each.high, each.default, step=each.step, key=f"sizing_{name}", help=each.why(language())
        )
        found[name] = value * each.scale
    return found


def _storage_card(frame: PageFrame, title: str, net: Mapping[str, float], words: str) -> None:
    kinds = sizing_defaults().kinds
    with card("data_storage", title, _("TB = 10¹² 字节")):
        ordered = sorted(kinds, key=lambda kind: -net[kind])
        rows = [BarRow(kinds[kind].label(language()), net[kind], formatting.number(net[kind], 3)) for kind in ordered]
        show_figure(bars(rows, unit="TB"), key="chart_data_storage", alt=title, of_period=False)
        st.caption(escaped(words))
        definition(
            Definition(
                name=_("容量测算"),
                formula=_("净 = 件数 × 大小 × ((1 + 增长)^年数 − 1) ÷ 增长；毛 = 净 × (1 + 索引) × 副本 ÷ 装满度"),
                meaning=_("并发 = 高峰每秒笔数 × 每笔用时（利特尔定律）；进程数按每个进程能力的六成计。"),
                grade=_(OWN_GRADE),
            )
        )


def _grades_card(frame: PageFrame) -> None:
    """Draw every default with its grade and where it comes from."""
    reader, defaults = language(), sizing_defaults()
    rows = []
    for each in defaults.kinds.values():
        name = each.label(reader)
        rows.append((_("{name}：件/年", name=name), formatting.number(each.volume), evidence_words(each.grade, reader), ""))
        rows.append((_("{name}：每件字节", name=name), formatting.number(each.bytes), evidence_words(each.grade, reader), ""))
        rows.append((_("{name}：在线年数", name=name), str(each.years), evidence_words(each.years_grade, reader), each.why(reader)))
    for parameter in defaults.parameters.values():
        told = f"{formatting.number(parameter.default)} {_(UNITS[parameter.unit])}"
        rows.append((parameter.label(reader), told, evidence_words(parameter.grade, reader), parameter.why(reader)))
    with card("data_sizing_grades", _("每个默认值的等级"), _("没有一个是官方数")):
        columns = [
            TableColumn("name", _("假设")),
            TableColumn("default", _("默认值")),
            TableColumn("grade", _("等级")),
            TableColumn("note", _("来历")),
        ]
        table = pd.DataFrame(rows, columns=["name", "default", "grade", "note"])
        show_table(table, columns, key="data_sizing_grades", title=_("容量测算的默认值"), source=frame.source(), rows=9)
