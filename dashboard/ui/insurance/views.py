"""Below the results: execution by month, effect on indicators, hospitals and service kinds, how the baseline was made."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.analysis.targets import Standing
from dashboard.services.common.directory import Directory
from dashboard.services.insurance.answer import HOSPITALS, KINDS, Model, hospital_frame, month_frame, spending_bridge
from dashboard.services.insurance.targets import indicator_effects
from dashboard.states import STATE_WORDS, signed, state_of
from dashboard.store.codes import SERVICE_KIND
from dashboard.ui.insurance.panel import scheme_name
from dashboard.ui.kit import formatting
from dashboard.ui.kit.board import BoardCell, show_grid
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import base_figure, show_figure
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.messages import empty_state, escaped
from dashboard.ui.kit.readings import target_chip
from dashboard.ui.kit.tables import ExportSource, TableColumn, show_table
from dashboard.ui.kit.theme import palette
from dashboard.whatif.baseline import PLACES
from dashboard.whatif.outcome import Outcome


def place_name(place: str) -> str:
    """Return what a reader calls a place of care."""
    return {"primary": _("基层机构"), "county": _("县级机构"), "outside": _("县域外")}[place]


def bridge_view(outcome: Outcome, reference: Outcome, communities: Sequence[str], where: str, source: ExportSource) -> None:
    """Draw, term by term, how recorded and expected months make the year-end that Overview, wall and reports show too."""
    names = {
        "recorded": _("已结算的月份（实数）"),
        "last_year": _("其余月份的上年同月"),
        "volume": _("人次趋势（按服务类别和就诊地）"),
        "price": _("全县次均费用增幅"),
        "own": _("各医共体自身费用与报销水平变化"),
        "measures": _("本方案的措施与系数"),
    }
    steps = spending_bridge(outcome, reference, communities)
    total = sum(amount for _name, amount in steps)
    rows = [(names[name], amount) for name, amount in steps] + [(_("年末预计支出"), total)]
    title = _("年末预计支出 {amount} 是怎么来的", amount=formatting.money(total, language()))
    with card("insurance_bridge", title, _("{where} · 没有措施时与总览、大屏、报告的年末预计相同", where=where)):
        columns = [TableColumn("step", _("项目")), TableColumn("amount", _("金额（元）"), "money")]
        show_table(pd.DataFrame(rows, columns=["step", "amount"]), columns, key="insurance_bridge", title=title, source=source)


def months_view(model: Model, outcome: Outcome, communities: Sequence[str], where: str, source: ExportSource) -> None:
    """Draw prepayment, expected spending and what the claims say so far, month by month and summed up."""
    frame = month_frame(model, outcome, communities)
    known = frame[frame["executed"].notna()]
    gap = float((known["executed"] - known["prepaid"]).sum())
    title = (
        _("前 {count} 个月实际支出比预付多 {gap}", count=len(known), gap=formatting.money(gap, language()))
        if gap > 0
        else _("前 {count} 个月实际支出比预付少 {gap}", count=len(known), gap=formatting.money(-gap, language()))
    )
    with card("insurance_months", title if len(known) else _("每月预付与预计支出"), where):
        colours = palette()
        figure = base_figure(colours, 280)
        labels = [f"{outcome.year}-{month:02d}" for month in frame["month"]]
        hover = f"%{{x}} %{{fullData.name}} %{{y:,.1f}} {_('万元')}<extra></extra>"
        sides = (("prepaid", _("月度预付"), colours.bar_background), ("executed", _("实际支出"), colours.primary))
        for column, name, colour in sides:
            figure.add_bar(x=labels, y=frame[column] / 1e4, name=name, marker={"color": colour}, hovertemplate=hover)
        figure.add_scatter(
            x=labels,
            y=frame["spending"] / 1e4,
            name=_("预计支出"),
            mode="lines+markers",
            line={"color": colours.warning, "width": 2, "dash": "dot"},
            hovertemplate=hover,
        )
        figure.update_layout(barmode="group", showlegend=True)
        figure.update_yaxes(title_text=_("万元"), fixedrange=True, rangemode="tozero", tickformat=",")
        figure.update_xaxes(type="category", fixedrange=True)
        show_figure(figure, key="insurance_months", alt=title)
        columns = [
            TableColumn("month", _("月"), "count"),
            TableColumn("prepaid", _("月度预付（元）"), "money"),
            TableColumn("spending", _("预计支出（元）"), "money"),
            TableColumn("executed", _("实际支出（元）"), "money"),
        ]
        with st.expander(_("表格")):
            show_table(frame, columns, key="insurance_months", title=_("月度执行"), source=source)


def indicators_view(outcome: Outcome, reference: Outcome) -> None:
    """Draw what the plan does to the indicators, with the targets of their official namesakes."""
    with card("insurance_indicators", _("对指标的影响"), _("结算口径与官方指标不完全相同，目标仅供对照")):
        rows = []
        for each in indicator_effects(outcome, reference):
            shown = (lambda value: formatting.percent(value)) if each.is_rate else (lambda value: f"{formatting.number(value)} {_('元')}")
            change = None if each.now is None or each.before is None else each.now - each.before
            moved = formatting.points(change) if each.is_rate else formatting.number(change, signed=True)
            target = target_chip(each.target)
            sides = _(
                "分子 {numerator}，分母 {denominator}",
                numerator=formatting.number(each.numerator),
                denominator=formatting.number(each.denominator),
            )
            rows.append(
                [
                    BoardCell(_(each.label), title=sides),
                    BoardCell(shown(each.before)),
                    BoardCell(shown(each.now), state_of(each.standing), sides),
                    BoardCell(moved),
                    BoardCell(f"{target} {_standing_sign(each.standing)}".strip() or "—"),
                ]
            )
        heads = [_("指标"), _("基线"), _("方案"), _("变化"), _("目标")]
        show_grid("indicators", heads, rows, alt=_("对指标的影响"), current=2)


def _standing_sign(found: Standing) -> str:
    state = state_of(found)
    return signed(state, _(STATE_WORDS[state])) if state in STATE_WORDS else ""


def hospitals_view(model: Model, outcome: Outcome, book: Directory, communities: Sequence[str], where: str, source: ExportSource) -> None:
    """Draw what each hospital gets from the inpatient pool."""
    pool = outcome.pool
    if pool is None:
        with card("insurance_hospitals", _("住院点数与各医院所得")):
            empty_state(_("没有住院点数，无法结算到医院。"), _("请在“医保结算月报”里补上住院病组和点数。"))
        return
    frame = hospital_frame(model, outcome)
    frame = frame[frame["community"].isin([*communities, ""])]
    growth = formatting.percent(pool.points_growth, signed=True)
    title = _("每点 {value} 元，总点数比基线 {growth}", value=formatting.number(pool.settlement.point_value, 4), growth=growth)
    with card("insurance_hospitals", title, where):
        st.caption(
            escaped(_("点数是零和：量多了点值就低。差额 = 按点数结算 − 按项目；结余分到机构，基层有保底。医共体以外的医院只参加点数分配。"))
        )
        names = book.institutions["short_name"]
        shown = frame.assign(name=[str(names.get(code, code)) for code in frame["hospital"]])
        columns = [
            TableColumn("name", _("机构")),
            TableColumn("cases", _("基准年住院人次"), "people"),
            TableColumn("points", _("点数"), "count"),
            TableColumn("fund_pays", _("基金应付（元）"), "count"),
            TableColumn("difference", _("与按项目的差额（元）"), "count"),
            TableColumn("settlement_share", _("分得结余/承担超支（元）"), "count"),
        ]
        show_table(shown, columns, key="insurance_hospitals", title=title, source=source, rows=12, guard=HOSPITALS)


def _by_kind(outcome: Outcome, communities: Sequence[str]) -> pd.DataFrame:
    chosen = outcome.kinds[outcome.kinds["community"].isin(list(communities))]
    return chosen.groupby(["service_kind", "place"])[["encounters", "fund_paid"]].sum()


def kinds_view(outcome: Outcome, reference: Outcome, communities: Sequence[str], where: str, source: ExportSource) -> None:
    """Draw where the money of the insured goes by kind of service and place."""
    now, before = (_by_kind(each, communities) for each in (outcome, reference))
    frame = now.assign(change=now["fund_paid"] - before["fund_paid"]).reset_index()
    frame = frame[frame["encounters"] > 0]
    frame["order"] = frame["place"].map({name: place for place, name in enumerate(PLACES)})
    frame = frame.sort_values(["service_kind", "order"])
    frame["kind"] = [code_label(SERVICE_KIND, kind) for kind in frame["service_kind"]]
    frame["where"] = [place_name(place) for place in frame["place"]]
    with card("insurance_kinds", _("钱花在哪类服务、哪一级"), where):
        columns = [
            TableColumn("kind", _("服务类别")),
            TableColumn("where", _("就诊地")),
            TableColumn("encounters", _("人次"), "people"),
            TableColumn("fund_paid", _("基金支出（元）"), "count"),
            TableColumn("change", _("较基线（元）"), "count"),
        ]
        show_table(frame, columns, key="insurance_kinds", title=_("服务类别与就诊地"), source=source, rows=12, guard=KINDS)


def units_view(outcome: Outcome, book: Directory, source: ExportSource) -> None:
    """Draw every community × scheme with its settlement."""
    frame = outcome.units.assign(
        name=[book.community_name(code) for code in outcome.units["community"]],
        kind=[scheme_name(code) for code in outcome.units["scheme"]],
    )
    columns = [
        TableColumn("name", _("医共体")),
        TableColumn("kind", _("险种")),
        TableColumn("fund_base", _("基金基数（元）"), "count"),
        TableColumn("growth", _("增速系数"), "percent"),
        TableColumn("budget", _("总额预算（元）"), "count"),
        TableColumn("spending", _("预计支出（元）"), "count"),
        TableColumn("balance", _("结余（元）"), "count"),
        TableColumn("community_share", _("留用/分担（元）"), "count"),
        TableColumn("fund_share", _("归基金（元）"), "count"),
        TableColumn("prepaid", _("全年预付（元）"), "count"),
        TableColumn("clearing", _("年终清算（元）"), "count"),
    ]
    with card("insurance_units", _("各医共体按险种结算"), _("结余为正，超支为负")):
        show_table(frame, columns, key="insurance_units", title=_("各医共体按险种结算"), source=source)


def baseline_view(model: Model, book: Directory, source: ExportSource) -> None:
    """Say how the baseline was made, and put the recorded budget beside what the claims give."""
    with card("insurance_baseline", _("基线怎么来的"), _("推算和假设都标在这里")):
        for note in model.county.notes:
            st.markdown(f"- {escaped(_(note.text, **note.details))}")
        recorded = model.county.recorded
        if recorded.empty:
            return
        frame = pd.DataFrame(
            {
                "name": [book.community_name(code) for code in recorded["community"]],
                "scheme": [scheme_name(code) for code in recorded["scheme"]],
                "fund_base": recorded["fund_base"],
                "computed": recorded["computed"],
                "factor": recorded["factor"],
                "budget": recorded["budget"],
                "growth": recorded["growth"],
            }
        )
        columns = [
            TableColumn("name", _("医共体")),
            TableColumn("scheme", _("险种")),
            TableColumn("fund_base", _("预算文件基金基数（元）"), "count"),
            TableColumn("computed", _("按结算重算（元）"), "count"),
            TableColumn("factor", _("校准系数"), "percent"),
            TableColumn("budget", _("已定预算（元）"), "count"),
            TableColumn("growth", _("已定增速"), "percent"),
        ]
        show_table(frame, columns, key="insurance_recorded", title=_("基线校准"), source=source)
