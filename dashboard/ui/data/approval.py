"""Section 审核与锁定: how a month stands from centre to county, what the reader may do about it, and what was done."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from dashboard.analysis.approval import COUNTY, SIGNED, Act, Standing, Tier, Unit
from dashboard.catalogue.reporting import reporting_rules
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.approval import ACT_WORDS, STANDING_WORDS, TIER_WORDS, MonthApproval, month_approval, sign
from dashboard.states import SIGNS, State
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.definition import OWN_GRADE, Definition, definition
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import badge_text, empty_state, error_boundary, escaped
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.kit.tables import TableColumn, show_table
from dashboard.workspace import UNSIGNED
from dashboard.workspace.content import REASON_LIMIT

_NOTICE = "data_approval_notice"
_SIGNS = {Standing.WAITING: "□", Standing.READY: "□", Standing.APPROVED: SIGNS[State.GOOD], Standing.ACCEPTED: SIGNS[State.GOOD] * 2}
_COLOURS = {Standing.WAITING: "gray", Standing.READY: "blue", Standing.APPROVED: "green", Standing.ACCEPTED: "green"}
_ICONS = {Standing.APPROVED: ":material/lock:", Standing.ACCEPTED: ":material/lock:", Standing.READY: ":material/edit:"}
_TILES_A_ROW = 6


def approval_section(frame: PageFrame) -> str:
    """Draw the section; return its finding."""
    message = st.session_state.pop(_NOTICE, None)
    if message:
        st.toast(escaped(message), icon=":material/check_circle:")
    answer = month_approval(frame.database, current_workspace(), frame.filters.period.last)
    if len(answer.standings) == 1:
        empty_state(_("这个月没有应报的机构，无需审定。"), _("应报名单取自机构登记（dim_institution）；请换一个月。"))
        return _("审核与锁定")
    title = _title(answer)
    left, right = st.columns([1.5, 1], gap="small")
    with left:
        _tree_card(answer)
        _acts_card(frame, answer)
    with right:
        _act_card(frame, answer)
    return title


def _title(answer: MonthApproval) -> str:
    def signed(tier: Tier) -> tuple[int, int]:
        units = [each for each in answer.standings if each.tier is tier]
        return sum(answer.standings[each] in SIGNED for each in units), len(units)

    parts = [
        _("{tier} {signed}/{all}", tier=_(TIER_WORDS[tier]), signed=count[0], all=count[1])
        for tier in (Tier.INSTITUTION, Tier.COMMUNITY)
        if (count := signed(tier))[1]
    ]
    parts.append(_("县 {standing}", standing=_(STANDING_WORDS[answer.standings[COUNTY]])))
    return _("{month}审核：{steps}", month=formatting.month(answer.month, language()), steps=" → ".join(parts))


def _badge(standing: Standing) -> None:
    st.badge(badge_text(_(STANDING_WORDS[standing])), color=_COLOURS[standing], icon=_ICONS.get(standing))  # type: ignore[arg-type]


def _tree_card(answer: MonthApproval) -> None:
    with card("data_approval_tree", _("机构 → 医共体 → 县"), _("审定即锁定；撤销自上而下"), details=_rules):
        with st.container(border=True, horizontal=True, vertical_alignment="center", gap="small"):
            st.markdown(escaped(f"{_(TIER_WORDS[Tier.COUNTY])} {answer.names[COUNTY]}"), width="content")
            _badge(answer.standings[COUNTY])
            signed, whole = answer.signed_below(COUNTY)
            st.caption(escaped(_("下级已审定 {signed}/{all}", signed=signed, all=whole)), width="content")
        over = answer.hierarchy.children(COUNTY)
        tiles = [each for each in over if each.tier is Tier.COMMUNITY]
        direct = [each for each in over if each.tier is Tier.INSTITUTION]
        places: list[Unit | None] = [*tiles, *([None] if direct else [])]
        for start in range(0, len(places), _TILES_A_ROW):
            for column, unit in zip(
                st.columns(min(_TILES_A_ROW, len(places)), gap="small"), places[start : start + _TILES_A_ROW], strict=False
            ):
                with column, st.container(border=True, gap="xsmall"):
                    _tile(answer, unit, answer.hierarchy.children(unit) if unit else direct)
        st.caption(escaped(_("□ 未审定 · ✓ 已审定并锁定 · 每一格是一家机构，打开看名单和缺报")))


def _tile(answer: MonthApproval, unit: Unit | None, members: Sequence[Unit]) -> None:
    """Draw one community with its members; None for those directly under the county."""
    signed = sum(answer.standings[each] in SIGNED for each in members)
    name = answer.names[unit] if unit else _("直属")
    st.markdown(f"**{escaped(name)}** {signed}/{len(members)}")
    if unit is not None:
        _badge(answer.standings[unit])
    with st.popover(
        " ".join(_SIGNS[answer.standings[each]] for each in members[:12]) + ("…" if len(members) > 12 else ""), type="tertiary"
    ):
        for each in members:
            parts = [f"{_SIGNS[answer.standings[each]]} {answer.names[each]}", _(STANDING_WORDS[answer.standings[each]])]
            if each in answer.own:
                came, due = answer.reports[each.code]
                parts.append(_("缺 {count} 份", count=due - came) if due > came else _("报齐"))
            st.markdown(escaped(" · ".join(parts)))


def _rules() -> None:
    rules = reporting_rules().approval
    told = [
        _("下级都审定后上级才能审定；审定的月份不能再载入，要改须先撤销（自上而下）或由县级说明理由解锁。"),
        _("上级须先接受下级的审定。") if rules.acceptance else _("不需要上级接受。"),
        _("谁载入谁不审定（四眼）。") if rules.four_eyes else _("不要求四眼。"),
        _("第一次审定以前的月份不要求审定，也不算初步。季度和年度随其最后一个月锁定；医保结算随参保镇街的医共体。"),
    ]
    definition(
        Definition(
            name=_("审核与锁定"),
            meaning="".join(told),
            source=_("reporting.yaml 的 approval"),
            grade=_(OWN_GRADE),
        )
    )


def _act_card(frame: PageFrame, answer: MonthApproval) -> None:
    with card("data_approval_act", _("您现在可以做的"), formatting.month(answer.month, language())):
        choices = {act: answer.possible(act) for act in Act}
        open_acts = [act for act, units in choices.items() if units]
        if not open_acts:
            empty_state(_("现在没有您可以做的一步。"), _("下级还没有审定，或不在您的数据范围内。"))
            return
        act = st.segmented_control(
            _("做什么"), open_acts, format_func=lambda each: _(ACT_WORDS[each]), default=open_acts[0], key="data_approval_what",
            required=True,
        )  # fmt: skip
        with error_boundary(watched=False):
            _act_form(frame, answer, act or open_acts[0], choices[act or open_acts[0]])


def _act_form(frame: PageFrame, answer: MonthApproval, act: Act, units: Sequence[Unit]) -> None:
    names = {f"{each.tier}:{each.code}": each for each in units}
    labels = {code: f"{_(TIER_WORDS[each.tier])} {answer.names[each]}" for code, each in names.items()}
    with st.form("data_approval_form", border=False):
        chosen = st.multiselect(
            _("给谁"), list(names), format_func=lambda code: labels[code], key=f"data_approval_units_{act}_{answer.month}",
            default=list(names) if len(names) == 1 else None, placeholder=_("请选择"),
        )  # fmt: skip
        gone = sum(answer.missing(names[code]) for code in chosen)
        if act is Act.APPROVED and gone:
            st.caption(escaped(f"{SIGNS[State.WARNING]} {_('所选单位还缺 {count} 份报表，审定后不能补载。', count=gone)}"))
        required = act not in (Act.APPROVED, Act.ACCEPTED)
        reason = st.text_input(
            _("理由（必填）") if required else _("说明"), max_chars=REASON_LIMIT, key=typed("data_approval_reason"), persist_state=KEPT
        )
        author = signature_field("data_approval_author")
        sent = st.form_submit_button(_(ACT_WORDS[act]), type="primary")
    if act is Act.UNLOCKED:
        st.caption(escaped(_("解锁一家机构时，它上级的审定一并撤销；同级其他机构仍然锁定。")))
    if not sent:
        return
    if not chosen:
        st.warning(escaped(_("请先选择单位。")))
        return
    ordered = sorted((names[code] for code in chosen), key=lambda each: list(Tier).index(each.tier), reverse=act is not Act.APPROVED)
    done = sign(frame.database, current_workspace(), answer.month, act, ordered, actor=author, reason=reason)
    let_go("data_approval_reason")
    st.session_state[_NOTICE] = _("{act}：{count} 个单位", act=_(ACT_WORDS[act]), count=len(done))
    st.rerun()


def _acts_card(frame: PageFrame, answer: MonthApproval) -> None:
    with card("data_approval_acts", _("这个月的审定记录"), _("只增不改，新的在前")):
        if not answer.acts:
            empty_state(_("这个月还没有人审定。"), _("从机构开始，逐级向上。"))
            return
        rows = pd.DataFrame(
            [
                (
                    formatting.moment(each.at), _(ACT_WORDS[each.act]), _(TIER_WORDS[each.unit.tier]),
                    answer.names.get(each.unit, each.unit.code), each.actor or _(UNSIGNED), each.reason, each.data_version,
                )
                for each in answer.acts
            ],
            columns=["when", "act", "tier", "unit", "who", "why", "version"],
        )  # fmt: skip
        columns = [
            TableColumn("when", _("时间")),
            TableColumn("act", _("动作")),
            TableColumn("tier", _("层级")),
            TableColumn("unit", _("单位")),
            TableColumn("who", _("谁")),
            TableColumn("why", _("理由")),
            TableColumn("version", _("数据版本"), "rank"),
        ]
        show_table(rows, columns, key="data_approval_acts", title=_("这个月的审定记录"), source=frame.source(), rows=8)
