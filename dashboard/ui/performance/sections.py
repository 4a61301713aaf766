"""The sections behind the ranking: where a difference comes from, other methods, institutions, and how far data can be trusted."""

import math
from functools import partial
from itertools import accumulate

import pandas as pd
import streamlit as st

from dashboard.analysis.control_charts import HIGH, LOW
from dashboard.analysis.scoring.composite import DEMERITS
from dashboard.analysis.small_counts import Guard
from dashboard.catalogue.scheme import Scheme
from dashboard.services.common.database import DataVersion
from dashboard.services.performance.answer import METHODS, Ranking, compare_methods, needed_ids, number_at, rank, score_inputs
from dashboard.services.performance.detail import IndicatorDrill, difference, indicator_drill, without_each
from dashboard.store.codes import INSTITUTION_KIND
from dashboard.ui.frame.filters import SCHEMES
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_select, fitted_width
from dashboard.ui.kit.blocks import definitions
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, plotly_text
from dashboard.ui.kit.tables import ExportSource, Kind, TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.ui.performance.details import methods_table, own_definition, ranking_details
from dashboard.ui.performance.methods import METHOD_LABELS
from dashboard.ui.performance.ranking import ranking_block
from dashboard.ui.performance.shortfall import signal_words, treatment_words, value_text
from dashboard.ui.performance.strip import unit_names
from dashboard.ui.performance.weights import label, part_names

_WATERFALL_PARTS = 12


def source(ranking: Ranking, frame: PageFrame, scheme_words: str) -> ExportSource:
    """Return what every export of the page states about itself."""
    period = formatting.period(ranking.inputs.period, language())
    insurance = _(SCHEMES[frame.filters.scheme])
    words = " · ".join([period, scheme_words, _("方法：综合指数"), insurance, _("10,000 组权重，集中度 100，随机种子固定")])
    return ExportSource(words, frame.database.version, frame.provisional())


def _steps(ranking: Ranking, first: str, second: str) -> list[tuple[str, float]]:
    """Return the parts of the difference, the largest first, the small ones added up; they sum to it as printed."""
    parts = difference(ranking, first, second)
    names = part_names(ranking.scheme)
    ordered = parts.reindex(parts.abs().sort_values(ascending=False, kind="stable").index)
    steps = [(names[str(name)], float(value)) for name, value in ordered.iloc[:_WATERFALL_PARTS].items()]
    rest = round(float(ordered.iloc[_WATERFALL_PARTS:].sum()), 1)
    return [*steps, (_("其余"), rest)] if rest else steps


def _waterfall(ranking: Ranking, first: str, second: str) -> None:
    steps = _steps(ranking, first, second)
    colours = palette()
    total = sum(value for _name, value in steps)
    figure = base_figure(colours, 26 * len(steps) + 60)
    figure.add_waterfall(
        orientation="h",
        measure=["relative"] * len(steps) + ["total"],
        x=[*(value for _name, value in steps), 0],
        y=[plotly_text(text) for text in [*(name for name, _value in steps), _("相差")]],
        text=[formatting.number(value, 1, signed=True) for value in [*(value for _name, value in steps), total]],
        textposition="outside",
        increasing={"marker": {"color": colours.good}},
        decreasing={"marker": {"color": colours.bad}},
        totals={"marker": {"color": colours.primary}},
        connector={"line": {"color": colours.border}},
        cliponaxis=False,
        hovertemplate="%{y} %{text}<extra></extra>",
    )
    running = list(accumulate(value for _name, value in steps))
    reach = max([abs(value) for value in running], default=1.0) or 1.0
    figure.update_xaxes(range=[min([0.0, *running]) - 0.1 * reach, max([0.0, *running]) + 0.1 * reach], fixedrange=True, ticksuffix="")
    figure.update_yaxes(autorange="reversed", fixedrange=True, type="category", tickfont={"color": colours.text})
    title = _(
        "{first}比{second}{sign} {points} 分：差在哪些指标",
        first=ranking.inputs.names[first],
        second=ranking.inputs.names[second],
        sign=_("高") if total >= 0 else _("低"),
        points=formatting.number(abs(total), 1),
    )
    st.markdown(f"###### {escaped(title)}", anchors=False)
    show_figure(figure, key="performance_waterfall", alt=title)


def _gap_details(ranking: Ranking, about: ExportSource) -> None:
    """Draw the points of every unit in every indicator as a table."""
    definition(
        Definition(
            name=_("相差"),
            formula=_("两家每个指标得到的分（权重 × 得分 ÷ 100）之差；各项相加等于总分之差"),
            grade=_(OWN_GRADE),
        )
    )
    names = part_names(ranking.scheme)
    points = ranking.current.by_indicator["points"].unstack("unit").reindex(list(ranking.scheme.weights))[ranking.order]
    points.loc[DEMERITS] = ranking.current.demerits[ranking.order]
    table = points.reset_index(drop=True)
    table.insert(0, "name", [names[str(each)] for each in points.index])
    columns = [TableColumn("name", _("指标")), *(TableColumn(unit, str(ranking.inputs.names[unit]), "number") for unit in ranking.order)]
    show_table(table, columns, key="performance_points", title=_("各指标得到的分"), source=about, rows=10)


def gap_section(ranking: Ranking, about: ExportSource) -> None:
    """Draw the waterfall of the difference between two units."""
    with card("performance_gap", _("差距从哪来"), details=partial(_gap_details, ranking, about)):
        if len(ranking.order) < 2:
            empty_state(_("只有一个有得分的单位，没有可比较的对象。"), _("请载入其他医共体的数据。"))
            return
        names = unit_names(ranking)
        wide = fitted_width(names.values())
        with st.container(horizontal=True, gap="small"):
            first = st.selectbox(_("单位"), ranking.order, format_func=names.__getitem__, key="performance_first", width=wide)
            others = [unit for unit in reversed(ranking.order) if unit != first]
            second = st.selectbox(_("相比"), others, format_func=names.__getitem__, key="performance_second", width=wide)
        _waterfall(ranking, first, second)


def leave_out_section(ranking: Ranking, about: ExportSource) -> None:
    """Draw which ranks change when an indicator is left out."""
    weighted = [indicator for indicator in ranking.scheme.indicators if indicator.weight > 0]
    explained = partial(
        own_definition,
        _("去掉一项"),
        _("逐个去掉有权重的指标，其余权重按比例补足到 100，重新计分排名"),
        _("名次变化大的方案靠少数指标支撑"),
    )
    with card("performance_leave_out", _("去掉一项会怎样"), _("名次变化：▲ 上升 ▼ 下降；其余权重按比例补足"), details=explained):
        if len(weighted) < 2:
            empty_state(_("方案只有一个有权重的指标。"), _("请加入指标。"))
            return
        result = without_each(ranking.scheme, ranking.inputs)
        changes = result.rank_change.loc[ranking.order]
        names = part_names(ranking.scheme)
        moved = [name for name in changes.columns if changes[name].fillna(0).ne(0).any()]
        rows = [[names[str(name)], *(_change(float(value)) for value in changes[name])] for name in moved]
        if not rows:
            st.caption(_("去掉任何一项，名次都不变。"))
            return
        columns = ["name", *ranking.order]
        table = pd.DataFrame(rows, columns=columns)
        heads = [TableColumn("name", _("去掉的指标")), *(TableColumn(unit, str(ranking.inputs.names[unit])) for unit in ranking.order)]
        st.caption(_("{total} 项中去掉这 {count} 项会改变名次。", total=len(weighted), count=len(rows)))
        show_table(table, heads, key="performance_leave_out", title=_("去掉一项指标后的名次变化"), source=about)


def _change(value: float) -> str:
    if math.isnan(value) or value == 0:
        return ""
    text = formatting.number(abs(value), 0 if value.is_integer() else 1)
    return f"▼{text}" if value > 0 else f"▲{text}"


def methods_section(ranking: Ranking, about: ExportSource) -> None:
    """Draw the scores of every method, the entropy weights, and why they disagree."""
    with card("performance_methods_detail", _("算法细节")):
        on_values = st.toggle(_("其他算法直接读指标原值（默认读方案得分）"), key="performance_on_values")
        comparison = compare_methods(ranking, on_values=on_values)
        if comparison is None:
            empty_state(_("没有一个指标是所有单位都有的，其他算法无法比较。"), _("请补齐数据，或换一个方案。"))
            return
        names = part_names(ranking.scheme)
        table, heads = methods_table(ranking, comparison)
        show_table(table, heads, key="performance_methods_table", title=_("各算法的得分与名次"), source=about)
        top = comparison.entropy.sort_values(ascending=False).head(5)
        entropy = _("、").join(f"{names[str(name)]} {formatting.percent(value, 0)}" for name, value in top.items())
        st.caption(
            escaped(
                _(
                    "熵权最大的五项：{items}（{form}）；差异大的指标在熵权里更重，与方案权重无关",
                    items=entropy,
                    form=_("占比形式") if comparison.entropy_form == "share" else _("有负值，用极差形式"),
                )
            )
        )
        line = _(
            "RSR = {intercept} + {slope} × 概率单位",
            intercept=formatting.number(comparison.intercept, 3),
            slope=formatting.number(comparison.slope, 3),
        )
        kendall = _("、").join(
            f"{_(METHOD_LABELS[method])} {formatting.number(comparison.kendall[method], 2)}" for method in METHODS if method != "composite"
        )
        st.caption(escaped(f"{line}；{_('与综合指数的 Kendall τ')}：{kendall}"))
        if comparison.left_out:
            st.caption(
                escaped(_("有单位缺数据、其他算法不用的指标：{names}", names=_("、").join(names[name] for name in comparison.left_out)))
            )


def drill_section(frame: PageFrame, ranking: Ranking, about: ExportSource) -> None:
    """Draw one indicator of one unit: its months with the control chart's verdict, and its institutions."""
    names = part_names(ranking.scheme)
    with card("performance_drill", _("从指标到机构和月份")):
        units = unit_names(ranking)
        with st.container(horizontal=True, gap="small"):
            unit = fitted_select(_("医共体"), {each: units[each] for each in ranking.order}, key="performance_drill_unit")
            weighed = {each: names[each] for each in ranking.scheme.weights}
            indicator = fitted_select(_("指标"), weighed, key="performance_drill_indicator")
        drill = indicator_drill(frame.database, indicator, unit, frame.filters.period, frame.filters.scheme_code)
        if drill is None:
            empty_state(_("这一项由评定、扣分记录或自定义公式得出，没有机构和月份明细。"), _("请换一个指标。"))
            return
        left, right = st.columns(2, gap="small")
        with left:
            _months(drill, indicator, names[indicator])
            with st.container(horizontal=True, gap="small"):
                definitions("drill", [catalogue_definition(indicator, frame.database.version)])
                opened = st.popover(_("数据表"), type="tertiary", icon=":material/table:", key="drill_months", on_change="rerun")
                if opened.open:
                    with opened:
                        _months_table(drill, names[indicator], about)
        with right:
            if drill.institutions.empty:
                empty_state(_("这个指标不按机构计算（例如按参保人所在镇街）。"), _("月份走势见左图。"))
            else:
                rows = drill.institutions.reset_index(drop=True)
                columns = [TableColumn("name", _("机构")), *side_columns(rows, drill.guard)]
                show_table(rows, columns, key="performance_institutions", title=names[indicator], source=about, rows=8, guard=drill.guard)


def _months_table(drill: IndicatorDrill, title: str, about: ExportSource) -> None:
    months = drill.months.reset_index(drop=True)
    columns = [TableColumn("month", _("月份"), "month"), *side_columns(months, drill.guard)]
    show_table(months, columns, key="performance_drill_months", title=title, source=about, rows=12, guard=drill.guard)


def side_columns(rows: pd.DataFrame, guard: Guard) -> list[TableColumn]:
    """Return the columns of both sides of a rate and of the rate; a side that counts people says so."""
    people = {each.name for each in guard.counts}

    def kind(side: str) -> Kind:
        known = rows[side].astype(float).dropna()
        return "people" if side in people else "count" if len(known) and bool((known == known.round()).all()) else "number"

    return [
        TableColumn("numerator", _("分子"), kind("numerator")),
        TableColumn("denominator", _("分母"), kind("denominator")),
        TableColumn("value", _("值"), "number"),
    ]


def _months(drill: IndicatorDrill, indicator: str, name: str) -> None:
    """Draw the months with the control chart's limits; a special cause is a diamond, a month with missing reports is hollow."""
    colours, months, chart = palette(), drill.guard.hide(drill.months).frame, drill.chart
    incomplete = (months["status"] == "incomplete").tolist()
    special = [mark in (HIGH, LOW) for mark in chart.marks]
    at = months["month"].tolist()
    dotted = {"color": colours.muted, "width": 1, "dash": "dot"}
    limits: list[dict[str, object]] = [
        {"type": "scatter", "mode": "lines", "x": at, "y": side.tolist(), "line": dotted, "hoverinfo": "skip"}
        for side in (chart.lower, chart.centre, chart.upper)
        if chart.sufficient
    ]
    line = {
        "type": "scatter",
        "mode": "lines+markers",
        "x": at,
        "y": [None if math.isnan(value) else value for value in months["value"].astype(float)],
        "line": {"color": colours.primary, "width": 2},
        "marker": {
            "color": [
                colours.card if part else colours.warning if mark else colours.primary
                for part, mark in zip(incomplete, special, strict=True)
            ],
            "symbol": ["diamond" if mark else "circle" for mark in special],
            "size": [10 if mark else 7 for mark in special],
            "line": {"color": colours.primary, "width": 1.5},
        },
        "customdata": [value_text(indicator, value) for value in months["value"]],
        "hovertemplate": "%{x|%Y-%m}  %{customdata}<extra></extra>",
    }
    title = _("{name}近 24 个月：{verdict}", name=name, verdict=signal_words(drill))
    st.markdown(f"###### {escaped(title)}", anchors=False)
    figure = base_figure(colours, 280, [*limits, line], xaxis={"tickformat": MONTH_TICKS, "fixedrange": True}, yaxis={"fixedrange": True})
    show_figure(figure, key="performance_months", alt=title)
    words = [_("虚线 = 均值与 SPC 控制限（有季节的先扣除季节），◆ = 特殊原因")] if chart.sufficient else []
    if any(incomplete):
        words.append(_("空心点 = 有机构未报的月份"))
    if words:
        st.caption(_("；").join(words))


def institutions_section(frame: PageFrame, scheme: Scheme) -> None:
    """Draw the ranking of the institutions of a kind under the same scheme, without what institutions do not have."""
    reader = language()
    kinds = {code: each.zh if reader == "zh" else each.en for code, each in INSTITUTION_KIND.items() if code not in ("pharmacy", "other")}
    chosen = fitted_select(_("机构类别"), kinds, index=list(kinds).index("township_centre"), key="performance_kind")
    inputs = score_inputs(frame.database, frame.filters.period, needed_ids(scheme), frame.filters.scheme_code, (chosen,))
    if inputs.names.empty:
        empty_state(_("县域内没有这一类机构。"), _("请换一个类别。"))
        return
    known = inputs.values.reindex(columns=list(scheme.weights)).notna().any()
    reduced = scheme
    lost = [name for name in scheme.weights if not known[name]]
    left = [indicator for indicator in scheme.indicators if known[indicator.id] and indicator.weight > 0]
    if not left:
        empty_state(_("方案里没有一个指标可以算到这一类机构。"), _("请换一个方案或类别。"))
        return
    for name in lost:
        reduced = reduced.without(name)
    names = part_names(scheme)
    if lost:
        st.caption(
            escaped(
                _("机构层面没有、已按比例让出权重的 {count} 项：{names}", count=len(lost), names=_("、").join(names[name] for name in lost))
            )
        )
    ranking = rank(reduced, inputs)
    kind = INSTITUTION_KIND[chosen].zh if reader == "zh" else INSTITUTION_KIND[chosen].en
    about = frame.source(kind, label(scheme), _("方法：综合指数"))
    details = partial(ranking_details, ranking, None, about, "performance_institution_league") if ranking and ranking.order else None
    ranking_block(ranking, key="performance_institution_ranking", details=details)


def trust_section(ranking: Ranking, about: ExportSource, version: DataVersion) -> None:
    """Draw what every score lacks and how the scheme treated it."""
    current = ranking.current
    least = formatting.percent(ranking.scheme.minimum_completeness, 0)
    doubted = [str(ranking.inputs.names[unit]) for unit in ranking.order if not current.trusted[unit]]
    title = (
        _("{names}的得分不可信：数据不足 {least}", names=_("、").join(doubted), least=least)
        if doubted
        else _("所有得分的数据都达到 {least}", least=least)
    )
    explained = partial(
        own_definition,
        _("数据完整度"),
        _("有数据的指标权重之和 ÷ 100"),
        _("低于方案写明的 {least} 时得分变灰，注明不可信；缺失的指标按方案处理", least=least),
    )
    with card("performance_trust", title, _("数据版本 {version}", version=version.load_id), details=explained):
        names = part_names(ranking.scheme) | {gate.id: label(gate) for gate in ranking.scheme.gates}
        shares = pd.DataFrame(
            {"name": [str(ranking.inputs.names[unit]) for unit in ranking.inputs.units], "share": current.completeness.to_numpy()}
        )
        rows = [
            (str(ranking.inputs.names[str(row.unit)]), names[str(row.indicator)], treatment_words(str(row.treatment)))
            for row in current.missing.itertuples()
        ]
        incomplete = _incomplete(ranking)
        left, right = st.columns([1, 2.4], gap="small")
        with left:
            show_table(
                shares,
                [TableColumn("name", _("单位")), TableColumn("share", _("数据完整度"), "percent")],
                key="performance_completeness",
                title=_("数据完整度"),
                source=about,
            )
        with right:
            table = pd.DataFrame([*rows, *incomplete], columns=["name", "indicator", "treatment"])
            if table.empty:
                st.caption(_("没有缺失的指标，也没有漏报的月份。"))
                return
            show_table(
                table,
                [TableColumn("name", _("单位")), TableColumn("indicator", _("指标")), TableColumn("treatment", _("怎样处理"))],
                key="performance_missing",
                title=_("缺失的指标"),
                source=about,
                rows=9,
            )


def _incomplete(ranking: Ranking) -> list[tuple[str, str, str]]:
    """Return the values that stand on incomplete reports."""
    readings = ranking.inputs.readings
    found = readings[readings["status"] == "incomplete"]
    names = part_names(ranking.scheme)
    return [
        (
            str(ranking.inputs.names[unit]),
            names[str(name)],
            _(
                "已报 {present}/{expected} 份月报，按已报数据计",
                present=formatting.number(number_at(found, (name, unit), "months_present")),
                expected=formatting.number(number_at(found, (name, unit), "months_expected")),
            ),
        )
        for name, unit in found.index
        if name in names and unit in ranking.inputs.names.index
    ]
