"""A user-defined indicator: formula, check that points at the character, values to look at before saving."""

import streamlit as st

from dashboard.catalogue.expression import FUNCTIONS, ExpressionError
from dashboard.catalogue.loader import load_catalogue
from dashboard.errors import ProductError
from dashboard.services.common.indicators import FEW
from dashboard.services.common.workspace import current_workspace
from dashboard.services.performance.custom import CustomIndicator, check_formula, shown_readings
from dashboard.services.performance.schemes import custom_indicators, next_custom_id, save_custom
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import error_boundary, escaped, show_error
from dashboard.ui.kit.signature import signature

_UNITS = {"%": 100.0, "‰": 1000.0, "比值": 1.0, "元": 1.0, "人次": 1.0}


def _point_at(text: str, error: ExpressionError) -> None:
    """Show the formula with a mark under the wrong character, then the message."""
    # A Chinese sign is two columns wide in a fixed-width font.
    before = text[: error.position - 1]
    width = formatting.line_width(before, 2, 1)
    st.code(f"{text}\n{' ' * round(width)}^", language=None)
    show_error(error)


def _checked(text: str, optional: bool = False) -> bool:
    """Check one formula and say in words what it means; False when it is wrong."""
    if optional and not text.strip():
        return True
    try:
        st.caption(escaped(check_formula(text)))
    except ExpressionError as error:
        _point_at(text, error)
        return False
    return True


def _palette_of_measures() -> None:
    measures = load_catalogue().measures
    with st.popover(_("可用的指标量"), type="tertiary", icon=":material/menu_book:"):
        word = st.text_input(_("查找"), key="performance_measure_search")
        found = [
            (name, measure.label(language())) for name, measure in measures.items() if word in name or word in measure.label(language())
        ]
        st.markdown("\n".join(f"- `{name}` {escaped(text)}" for name, text in found[:40]))


def custom_section(frame: PageFrame) -> None:
    """Draw the editor of user-defined indicators."""
    existing: tuple[CustomIndicator, ...] = ()
    with error_boundary():
        existing = custom_indicators(current_workspace())
    with card("performance_custom", _("自定义指标"), _("可用：指标量、数字、+ − × ÷、括号、{functions}", functions="、".join(FUNCTIONS))):
        if existing:
            st.caption(escaped(_("已有：{names}", names=_("、").join(f"{entry.id} {entry.name}" for entry in existing))))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name = st.text_input(_("名称"), max_chars=60, key=typed("performance_custom_name"), persist_state=KEPT)
            unit = st.selectbox(_("单位"), list(_UNITS), format_func=_, key="performance_custom_unit", width=120)
            direction = st.selectbox(
                _("方向"), ["higher", "lower"], format_func={"higher": _("越高越好"), "lower": _("越低越好")}.__getitem__,
                key="performance_custom_direction", width=140,
            )  # fmt: skip
            _palette_of_measures()
        numerator = st.text_input(_("分子"), max_chars=500, key=typed("performance_custom_numerator"), persist_state=KEPT)
        denominator = st.text_input(
            _("分母（数量型可不填）"), max_chars=500, key=typed("performance_custom_denominator"), persist_state=KEPT
        )
        if not numerator.strip():
            st.caption(_("写下分子公式即可看到结果；公式只被解析，不会当作程序运行。"))
            return
        sound = _checked(numerator)
        if not (_checked(denominator, optional=True) and sound):
            return
        custom = CustomIndicator(
            next_custom_id(existing), name.strip() or _("未命名"), numerator, denominator, unit, _UNITS[unit], direction
        )
        try:
            readings = shown_readings(frame.database, "community", frame.filters.period, (custom,), frame.filters.scheme_code)
        except ExpressionError as error:
            _point_at(numerator, error)
            return
        values = readings["value"].droplevel("indicator")
        st.markdown(" · ".join(f"{escaped(code)} **{formatting.number(value, 2)}**" for code, value in values.items()))
        if readings["status"].eq(FEW).any():
            st.caption(escaped(_("“—”：人数过少，或由它能算出人数过少的数，不显示。")))
        if st.button(_("保存为 {id}，之后可加入方案", id=custom.id), disabled=not name.strip()):
            try:
                save_custom(current_workspace(), custom, author=signature(), reason=_("新建自定义指标"))
            except ProductError as error:
                show_error(error)
                return
            let_go("performance_custom_name", "performance_custom_numerator", "performance_custom_denominator")
            st.rerun()
