"""Section 叠加: saved scenarios of both what-ifs stacked as reforms; what is in conflict, what they do together, who adds what."""

import datetime
from collections.abc import Mapping
from functools import partial

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.scenarios import Saved
from dashboard.services.common.workspace import current_workspace
from dashboard.services.fiscal.together import PARTY_NAMES
from dashboard.services.insurance.answer import frozen_scores
from dashboard.services.reform.stack_words import date_text, parameter_name, stack_finding, together_text, value_text
from dashboard.services.reform.stacking import (
    MODEL_NAMES,
    Picked,
    StackAnswer,
    counted_year,
    picked_of,
    read_settled,
    read_stack,
    settled_text,
    share_table,
    stack_answer,
    stack_text,
    stackable,
)
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.scenario_lines import short_money
from dashboard.ui.frame.scenario_pairs import pairs_grid
from dashboard.ui.frame.submit import current_page_item, submit_to_meeting
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import misread, news, put, segments
from dashboard.ui.kit.board import BoardCell, show_grid
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.draft import KEPT
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import empty_state, escaped, show_error
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.ui.kit.theme import State
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.stacking import MOST_STACKED, HardConflict

_PICKS, _SETTLED = "stack_picks", "stack_settled"
_ON = ""
_PARTY_LABELS = {party: PARTY_NAMES[party] for party in ("budget", "fund", "hospital", "people")}


def stacking_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    title = _("改革叠加：几项改革放在一起，谁得谁付")
    try:
        known = stackable(current_workspace())
        scores = frozen_scores(current_workspace())
    except ProductError as error:
        show_error(error)
        return title
    year = counted_year(frame.database, scores) if known else None
    if year is None:
        empty_state(_("还没有可以叠加的改革。"), _("请在“医保总额推演”或“财政补偿推演”里改动系数并另存为方案：已存方案就是改革。"))
        return title
    _take_link(known)
    picked = _pick(known, year)
    if not picked:
        put(stack="", settled="")
        st.caption(escaped(_("选两项以上看合计和冲突；只选一项就是它单独的效果。")))
        return title
    try:
        answer = stack_answer(frame.database, scores, picked, tuple(sorted(_settled().items())))
        if answer.conflicts:
            _conflicts(answer)
            answer = stack_answer(frame.database, scores, picked, tuple(sorted(_settled().items())))
    except ScenarioError as error:
        put(stack=stack_text(picked), settled="")
        show_error(error)
        return title
    put(stack=stack_text(picked), settled=settled_text(_settled()))
    finding = stack_finding(answer, language())
    _dates(answer)
    _result(frame, answer, finding)
    return finding


# What is stacked ---------------------------------------------------------------------------------------------------------


def _settled() -> dict[str, str]:
    held = st.session_state.get(_SETTLED)
    return dict(held) if isinstance(held, dict) else {}


def _take_link(known: Mapping[str, tuple[str, Saved]]) -> None:
    """Take over what a link says, once: the reforms with their months, and what was settled."""
    text = news("stack")
    if text:
        found = read_stack(text, known)
        if len(found) < len(text.split(";")):
            misread("stack", _("叠加哪些改革（已存方案）"))
        st.session_state[_PICKS] = [each.key for each in found]
        for each in found:
            st.session_state[f"stack_first_{each.key}"] = f"{each.first:%Y-%m}"
            st.session_state[f"stack_last_{each.key}"] = f"{each.last:%Y-%m}" if each.last else _ON
    settled = news("settled")
    if settled:
        st.session_state[_SETTLED] = read_settled(settled)


def _pick(known: Mapping[str, tuple[str, Saved]], year: int) -> tuple[Picked, ...]:
    """Let the reader choose reforms and the months in which each holds."""
    st.session_state[_PICKS] = [key for key in st.session_state.get(_PICKS, []) if key in known]
    names = {key: f"{_(MODEL_NAMES[model])}{_('：')}{saved.name} v{saved.version}" for key, (model, saved) in known.items()}
    left, right = st.columns([6, 1], gap="small", vertical_alignment="bottom")
    with left:
        keys = st.multiselect(
            _("叠加哪些改革（已存方案）"), list(names), format_func=names.__getitem__, key=_PICKS, max_selections=MOST_STACKED,
            placeholder=_("请选择"), persist_state=KEPT,
        )  # fmt: skip
    with right, st.popover(_("生效月份"), icon=":material/date_range:", disabled=not keys, width="stretch"):
        return _dated(keys, names, known, year)


def _dated(keys: list[str], names: Mapping[str, str], known: Mapping[str, tuple[str, Saved]], year: int) -> tuple[Picked, ...]:
    months = [f"{datetime.date(each, month, 1):%Y-%m}" for each in range(year - 2, year + 2) for month in range(1, 13)]
    picked = []
    for key in keys:
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(escaped(names[key]), width=300)
            first = _month_box(f"stack_first_{key}", _("从"), months, f"{year}-01")
            last = _month_box(f"stack_last_{key}", _("到"), [_ON, *months], _ON)
        begin = datetime.date.fromisoformat(f"{first}-01")
        end = datetime.date.fromisoformat(f"{last}-01") if last else None
        if end is not None and end < begin:
            st.caption(escaped(_("结束早于开始，按一直生效计。")))
            end = None
        picked.append(picked_of(key, known, begin, end))
    return tuple(picked)


def _month_box(key: str, label: str, months: list[str], start: str) -> str:
    if st.session_state.get(key) not in months:
        st.session_state[key] = start
    words = {_ON: _("一直生效")}
    return str(st.selectbox(label, months, format_func=lambda code: words.get(code, code), key=key, width=130, persist_state=KEPT))


# Conflicts ---------------------------------------------------------------------------------------------------------------


def _conflicts(answer: StackAnswer) -> None:
    """Let the reader settle every hard conflict: nothing is added up before, and no order decides."""
    title = _("硬冲突 {count} 处：同一系数、不同取值，须选定一个", count=len(answer.conflicts))
    with card("reform_conflicts", title, _("两项都生效时用选定的值；只有一项时用它自己的")):
        for conflict in answer.conflicts:
            _conflict(answer, conflict)


def _conflict(answer: StackAnswer, conflict: HardConflict) -> None:
    reader, settled = language(), _settled()
    options = {
        keys[0]: f"{value_text(conflict.model, conflict.parameter, value, reader)} · {_('、').join(map(answer.name, keys))}"
        for value, keys in conflict.values
    }
    held = settled.get(conflict.key)
    winner = next((keys[0] for _value, keys in conflict.values if held in keys), None)
    name = f"{_(MODEL_NAMES[conflict.model])}{_('：')}{parameter_name(conflict.model, conflict.parameter, reader)}"
    codes = list(options)
    chosen = st.radio(
        escaped(name), codes, index=codes.index(winner) if winner else None, format_func=lambda code: escaped(options.get(code, code)),
        horizontal=True, key=f"stack_conflict_{conflict.key}",
    )  # fmt: skip
    if chosen is not None:
        st.session_state[_SETTLED] = settled | {conflict.key: chosen}


def _dates(answer: StackAnswer) -> None:
    for problem in answer.dates:
        st.caption(f":orange[**\\!**] {escaped(date_text(problem, answer, language()))}")


# What comes of it --------------------------------------------------------------------------------------------------------


def _result(frame: PageFrame, answer: StackAnswer, finding: str) -> None:
    if answer.stack is None:
        return
    aside = _("全年金额，正数为得益；四方合计为零")
    with card("reform_stack", _("放在一起：每项改革摊到多少"), aside, details=partial(_details, frame, answer)):
        parties = list(_PARTY_LABELS)
        rows = [
            [BoardCell(answer.name(each.key)), *(_cell(float(answer.stack.shares[party].loc[each.key, "share"])) for party in parties)]  # type: ignore[arg-type]
            for each in sorted(answer.counted, key=lambda each: each.name)
        ]
        rows.append([BoardCell(_("合计")), *(_cell(answer.stack.totals[party]) for party in parties)])
        heads = [_("改革（各种先后次序的平均）"), *(_(_PARTY_LABELS[party]) for party in parties)]
        show_grid("reform_stack", heads, rows, alt=finding)
        st.caption(escaped(_base_words(answer)))
        submit_to_meeting(frame, current_page_item(frame, finding[:120]), key="stack")
    left, right = st.columns([1.15, 1], gap="small")
    with left:
        _shares(frame, answer)
    with right:
        _same_money(answer)


def _cell(amount: float) -> BoardCell:
    state = State.NEUTRAL if abs(amount) < 0.005 else State.GOOD if amount > 0 else State.BAD
    return BoardCell(short_money(0.0 if abs(amount) < 0.005 else amount, signed=True), state)


def _base_words(answer: StackAnswer) -> str:
    if answer.base is None:
        return _("计 {year} 年全年，与医保基线相比。", year=answer.year)
    return _("计 {year} 年全年，与两个推演的默认系数相比；财政一侧以 {base} 年的账和工作量为底。", year=answer.year, base=answer.base)


def _shares(frame: PageFrame, answer: StackAnswer) -> None:
    with card("reform_shares", _("先上、后上和平均"), _("先后次序不改变合计")):
        party = segments("stack_party", _("看哪一方"), _PARTY_LABELS, hidden=True)
        table = share_table(answer, party)
        shown = table.assign(kind=[_(MODEL_NAMES[str(model)]) for model in table["model"]])
        columns = [
            TableColumn("name", _("改革")),
            TableColumn("kind", _("推演")),
            TableColumn("first", _("单独上（元）"), "count"),
            TableColumn("last", _("最后上（元）"), "count"),
            TableColumn("share", _("平均摊到（元）"), "count"),
        ]
        name = _("改革叠加：{party}", party=_(_PARTY_LABELS[party]))
        show_table(shown, columns, key="reform_shares", title=name, source=frame.source(stack_finding(answer, language())))


def _same_money(answer: StackAnswer) -> None:
    with card("reform_pairs", _("软冲突：动同一笔钱"), _("不阻止合计，金额写明")):
        found = [] if answer.stack is None else [(str(left), str(right)) for left, right in answer.stack.together.index]
        for left, right in found:
            st.markdown(f"- {escaped(together_text(answer, left, right, language()))}")
        if not found:
            st.caption(escaped(_("所选改革互不影响：各算各的之和等于合计。")))
        if answer.pairs:
            grid = pairs_grid(answer.pairs)
            show_grid("reform_pairs", grid.columns, grid.rows, alt=grid.alt)


def _details(frame: PageFrame, answer: StackAnswer) -> None:
    definition(
        Definition(
            name=_("改革叠加"),
            meaning=_("单独上 = 只有这一项时多出的；最后上 = 全部生效比缺这一项多出的；平均 = 所有先后次序的平均，各项之和等于合计。"),
            formula=_("平均摊到 = Σ 各次序下加入时的变化 ÷ 次序数（Shapley）"),
            source=_("已存方案；基线为各推演的默认系数"),
            grade=_(OWN_GRADE),
        )
    )
    rows = [
        [
            BoardCell(answer.name(each.key)),
            BoardCell(_(MODEL_NAMES[each.model])),
            BoardCell(parameter_name(each.model, name, language())),
            BoardCell(value_text(each.model, name, value, language())),
            BoardCell(formatting.month(each.first, language())),
        ]
        for each in answer.reforms
        for name, value in each.changes.items()
    ]
    show_grid("reform_changes", [_("改革"), _("推演"), _("系数"), _("取值"), _("从")], rows, alt=_("每项改革改了什么"))
