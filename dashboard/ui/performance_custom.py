"""A user-defined indicator: formula, check that points at the character, values to look at before saving."""

import streamlit as st

from dashboard.catalogue.expression import FUNCTIONS, ExpressionError
from dashboard.catalogue.loader import load_catalogue
from dashboard.services.performance_custom import CustomIndicator, check_formula, custom_readings
from dashboard.services.performance_schemes import custom_indicators, next_custom_id, save_custom
from dashboard.services.workspace import current_workspace
from dashboard.ui import formatting
from dashboard.ui.cards import card
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped, show_error
from dashboard.ui.shell import PageFrame
from dashboard.ui.signature import signature

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
    existing = custom_indicators(current_workspace())
    with card("performance_custom", _("自定义指标"), _("可用：指标量、数字、+ − × ÷、括号、{functions}", functions="、".join(FUNCTIONS))):
        if existing:
            st.caption(escaped(_("已有：{names}", names=_("、").join(f"{entry.id} {entry.name}" for entry in existing))))
        with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
            name = st.text_input(_("名称"), max_chars=60, key="performance_custom_name")
            unit = st.selectbox(_("单位"), list(_UNITS), key="performance_custom_unit", width=120)
            direction = st.selectbox(
                _("方向"), ["higher", "lower"], format_func={"higher": _("越高越好"), "lower": _("越低越好")}.__getitem__,
                key="performance_custom_direction", width=140,
            )  # fmt: skip
            _palette_of_measures()
        numerator = st.text_input(_("分子"), max_chars=500, key="performance_custom_numerator")
        denominator = st.text_input(_("分母（数量型可不填）"), max_chars=500, key="performance_custom_denominator")
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
            readings = custom_readings(frame.database, "community", frame.filters.period, (custom,), frame.filters.scheme_code)
        except ExpressionError as error:
            _point_at(numerator, error)
            return
        values = readings["value"].droplevel("indicator")
        st.markdown(" · ".join(f"{escaped(code)} **{formatting.number(value, 2)}**" for code, value in values.items()))
        if st.button(_("保存为 {id}，之后可加入方案", id=custom.id), disabled=not name.strip()):
            save_custom(current_workspace(), custom, author=signature(), reason=_("新建自定义指标"))
            st.rerun()
