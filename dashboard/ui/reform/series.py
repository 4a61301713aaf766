"""Section 中断时间序列: one outcome, one date; picture, effects, checks and what other choices would have said."""

import datetime
from functools import partial

import pandas as pd
import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.reform import reform_settings
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.kept import Kept
from dashboard.services.common.workspace import current_workspace
from dashboard.services.reform.outcomes import outcome_of, reform_start
from dashboard.services.reform.questions import LONGEST_SENTENCE, Question, cards, question_of, register
from dashboard.services.reform.series import SeriesAnswer, Study, offered_months, series_answer
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import choice
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import show_figure
from dashboard.ui.kit.definition import OWN_GRADE, Definition, catalogue_definition, definition
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, empty_state, escaped, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.reform.charts import sensitivity_figure, series_figure
from dashboard.ui.reform.words import amount, effect_words, finding, variant_name
from dashboard.workspace import UNSIGNED

FORMS = {"step": marked("只变水平"), "slope": marked("水平和趋势都可变")}
MEASURED = {"own": marked("本身的数值"), "others": marked("与其他医共体之差")}
EXPECTED = {"up": marked("上升"), "down": marked("下降")}


def outcome_labels() -> dict[str, str]:
    """Return the outcomes that may be asked about, by id."""
    catalogue, reader = load_catalogue(), language()
    return {name: f"{name} {catalogue.indicator(name).label(reader)}" for name in reform_settings().outcomes}


def _asked(frame: PageFrame) -> Study | None:
    """Draw the controls and return what is asked; None when the outcome has no months."""
    community = frame.filters.community
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        outcome = choice("outcome", _("结果指标"), outcome_labels(), width=260)
        months = offered_months(outcome_of(frame.database, outcome, frame.filters.period.last, community))
        if not months:
            return None
        labels = {f"{month:%Y-%m}": formatting.month(month, language()) for month in months}
        start = reform_start(frame.database, community, months) or months[len(months) // 2]
        since = choice("since", _("改革开始"), labels, default=f"{start:%Y-%m}", width=150)
        form = choice("form", _("变化的样子"), FORMS, default="slope", width=180)
        phases = {str(count): _("{count} 个月", count=count) for count in reform_settings().phase_in}
        phase = choice("phase", _("过渡期（不用）"), phases, width=130)
        measured = choice("measured", _("看什么数"), MEASURED, default="own", width=180) if community else "own"
    year, month = since.split("-")
    return Study(outcome, community, datetime.date(int(year), int(month), 1), form == "slope", int(phase), measured == "others")


def series_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    study = _asked(frame)
    answer = series_answer(frame.database, study, frame.filters.period.last) if study else None
    if study is None or answer is None:
        empty_state(_("这个指标在所选范围没有足够的月份。"), _("请换一个指标、医共体或月份。"))
        return _("改革效果")
    _registration(study)
    area = frame.area()
    title = finding(answer, area)
    name = _("{name}：{area}", name=answer.indicator.label(language()), area=area)
    with card("reform_series", name, _aside(answer), details=partial(_details, frame, answer)):
        show_figure(series_figure(answer), key="chart_reform_series", alt=title)
        if answer.estimated:
            words = _("；").join(effect_words(answer.indicator, effect) for effect in answer.effects)
            st.markdown(escaped(words))
        else:
            st.markdown(escaped(_too_short(answer)))
    if answer.estimated:
        left, right = st.columns([1.1, 1], gap="small")
        with left:
            _checks_card(frame, answer)
        with right, card("reform_sensitivity", _("换一种做法会怎样"), _("末月效果与 95% 区间")):
            show_figure(sensitivity_figure(answer), key="chart_reform_sensitivity", alt=_("各种做法下的末月效果"))
    return title


def _aside(answer: SeriesAnswer) -> str:
    if not answer.estimated:
        return _("前 {before} 个月，后 {after} 个月", before=answer.before, after=answer.after)
    return _("先看：只有大于 {detectable} 的变化能看见", detectable=amount(answer.indicator, answer.detectable, signed=False))


def _too_short(answer: SeriesAnswer) -> str:
    return _(
        "改革前后各要 8 个完整月份才作估计（现有 {before} 和 {after}）：只列均值，前 {first}，后 {second}。",
        before=answer.before,
        after=answer.after,
        first=formatting.number(answer.means[0], 1),
        second=formatting.number(answer.means[1], 1),
    )


def _checks(answer: SeriesAnswer) -> list[tuple[str, str, str]]:
    """Return (what, value, what it means) of everything that must be printed beside an estimate."""
    told = answer.around.itertuples(index=False, name=None)
    around = _("、").join(f"{title}{f'（{where}）' if where else ''} {pd.Timestamp(day):%Y-%m}" for title, day, where in told)
    alarms = reform_settings().false_alarms
    warn = _("8–11 个月：只作参考") if answer.enough.warn else _("够作估计")
    return [
        (_("完整月份：改革前、后"), f"{answer.before} + {answer.after}", warn),
        (_("缺报或不全的月份"), str(answer.silent), _("不补，空着留在原位")),
        (_("看得见的最小变化"), amount(answer.indicator, answer.detectable, signed=False), _("10 次里能看见 8 次")),
        (_("离散程度"), formatting.number(answer.dispersion, 2), _("大于 1：比抽样误差更散，区间已放宽")),
        (
            _("残差相邻月相关"),
            _(
                "{seen}，校正后 {correlation}",
                seen=formatting.number(answer.autocorrelation, 2),
                correlation=formatting.number(answer.correlation, 2),
            ),
            _(
                "区间已据此放宽；模拟的误报 {low}–{high}（名义 5%）",
                low=formatting.percent(alarms[0], 0),
                high=formatting.percent(alarms[1], 0),
            ),
        ),
        (_("季节项"), str(answer.harmonics), _("正弦余弦对数")),
        (
            _("假日期检验"),
            _("第 {rank}，共 {count} 个日期", rank=answer.placebo_rank, count=len(answer.placebo) + 1),
            _("真日期排第 1 才说明不是随便哪天都有"),
        ),
        (_("窗口内的其他事件"), around or _("无"), _("可能是它们，不能分开时请换对照")),
    ]


def _checks_card(frame: PageFrame, answer: SeriesAnswer) -> None:
    rows = pd.DataFrame(_checks(answer), columns=["what", "value", "meaning"])
    columns = [TableColumn("what", _("核对项")), TableColumn("value", _("结果")), TableColumn("meaning", _("怎么读"))]
    with card("reform_checks", _("先看这些检查"), _("“与……一致”不等于“由……引起”")):
        show_table(rows, columns, key="reform_checks", title=_("检查"), source=frame.source())


def _details(frame: PageFrame, answer: SeriesAnswer) -> None:
    columns = [
        TableColumn("month", _("月份"), "month"),
        TableColumn("value", _("实际"), "number"),
        TableColumn("fitted", _("模型"), "number"),
        TableColumn("counterfactual", _("若没有这项改革（模型）"), "number"),
    ]
    show_table(answer.months, columns, key="reform_series", title=_("中断时间序列"), source=frame.source(), rows=12)
    table = answer.sensitivity.assign(name=[variant_name(code) for code in answer.sensitivity["variant"]])
    if len(table):
        columns = [
            TableColumn("name", _("做法")),
            TableColumn("value", _("末月效果"), "number"),
            TableColumn("low", _("下限"), "number"),
            TableColumn("high", _("上限"), "number"),
        ]
        show_table(table, columns, key="reform_sensitivity", title=_("换一种做法会怎样"), source=frame.source())
    definition(
        Definition(
            name=_("中断时间序列"),
            meaning=_(
                "改革首月的跳变加趋势变化；份额按分母加权（拟二项），其余用最小二乘；"
                "误差取普通、Newey–West 与按相邻月相关放宽的三者中最大者，区间用 t 分布。"
            ),
            formula=_("常数 + 时间 + 跳变 × 改革后 + 斜率 × (月 − 首月) × 改革后 + 季节"),
            source="dim_event",
            grade=_(OWN_GRADE),
        )
    )
    definition(catalogue_definition(answer.indicator.id, frame.database.version))


# Written down before looking -------------------------------------------------------------------------------------------


def _matching(study: Study) -> Kept[Question] | None:
    return next((each for each in cards(current_workspace()) if each.content.study() == study), None)


def _registration(study: Study) -> None:
    """Say whether this very question was written down before, and offer to do so."""
    try:
        known = _matching(study)
    except ProductError as error:
        show_error(error)
        return
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if known is not None:
            day = formatting.moment(known.created_at)
            st.badge(badge_text(_("已登记")), color="green")
            st.caption(escaped(f"{known.content.sentence} · {known.author or _(UNSIGNED)} · {day}"), width="content")
            return
        st.badge(badge_text(_("探索：没有事先登记")), color="orange")
        st.caption(escaped(_("先写下问题再看结果，才算检验；否则只是探索。")), width="content")
        opened = st.popover(_("登记这个问题"), icon=":material/edit_note:", key="register_question", on_change="rerun")
    if opened.open:
        with opened:
            _form(study)


def _form(study: Study) -> None:
    with st.form("reform_question_form", border=False):
        sentence = st.text_input(_("一句话的问题"), max_chars=LONGEST_SENTENCE, key=typed("reform_sentence"), persist_state=KEPT)
        directions = {code: _(label) for code, label in EXPECTED.items()}
        expected = st.radio(_("预期方向"), list(directions), format_func=directions.__getitem__, horizontal=True, key="reform_expected")
        reason = st.text_input(_("为什么是这个日期"), max_chars=LONGEST_SENTENCE, key=typed("reform_reason"), persist_state=KEPT)
        author = signature_field("reform_author")
        sent = st.form_submit_button(_("登记"), type="primary")
    if not sent:
        return
    try:
        question = question_of(
            sentence=sentence.strip(),
            outcome=study.outcome,
            community=study.community,
            since=study.since,
            expected=expected,
            slope=study.slope,
            phase_in=study.phase_in,
            against_others=study.against_others,
            reason=reason.strip(),
        )
        register(current_workspace(), question, author=author)
    except ProductError as error:
        show_error(error)
        return
    let_go("reform_sentence", "reform_reason")
    st.rerun()
