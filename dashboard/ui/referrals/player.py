"""The month player of 转诊流向: bars of cases by month, play, pause and step; the map shows the month that plays."""

import datetime

import pandas as pd
import streamlit as st

from dashboard.services.referrals.flows import DIRECTIONS
from dashboard.services.referrals.map import flow_map, month_totals
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import fitted_width
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.charts import MONTH_TICKS, base_figure, show_figure
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.maps import blend
from dashboard.ui.kit.messages import error_boundary, plotly_text
from dashboard.ui.kit.theme import Palette, palette
from dashboard.ui.referrals.controls import MAP_PART, PAGE_PART, Controls, as_drawn_now
from dashboard.ui.referrals.map import cases_text, map_block

STEP_SECONDS = 1.5
_BAR_PIXELS = 92
_BAR_MILLISECONDS = 24 * 86_400_000
_MONTH, _PLAYING, _TICKED, _SPAN, _OF = "flow_month", "flow_playing", "flow_ticked", "flow_span", "flow_month_of"
_SPANS = (12, 24, 36, 48)


def _months(totals: pd.DataFrame) -> list[datetime.date]:
    return [month.date() for month in totals.index]


def _current(months: list[datetime.date]) -> datetime.date | None:
    """Return the month that the player shows, None while it shows the period."""
    month = st.session_state.get(_MONTH)
    return month if month in months else None


def _step(months: list[datetime.date], steps: int) -> None:
    current = _current(months)
    place = months.index(current) + steps if current else (0 if steps > 0 else len(months) - 1)
    st.session_state[_MONTH] = months[place % len(months)]


def _toggle(months: list[datetime.date]) -> None:
    st.session_state[_PLAYING] = not st.session_state.get(_PLAYING, False)
    if st.session_state[_PLAYING] and _current(months) is None:
        _step(months, 1)
    st.rerun(PAGE_PART)  # the clock of the fragment is set where it is declared


def _stop() -> None:
    st.session_state[_PLAYING] = False
    st.session_state[_MONTH] = None


def _stop_all() -> None:
    _stop()
    st.rerun(PAGE_PART)


def map_and_player(frame: PageFrame, asked: Controls) -> None:
    """Draw the map with its player. They are a fragment: while months play, or the map is drawn otherwise, the rest stays as it is."""
    if st.session_state.get(_OF) != asked.question:
        st.session_state[_OF] = asked.question
        _stop()
    playing = bool(st.session_state.get(_PLAYING, False))
    st.fragment(_draw, run_every=STEP_SECONDS if playing else None, key=MAP_PART)(frame, asked)


def _draw(frame: PageFrame, asked: Controls) -> None:
    with error_boundary():
        now = as_drawn_now(asked)
        span = int(st.session_state.get(_SPAN, _SPANS[1]))
        totals = month_totals(frame.database, now.question, now.selection).tail(span)
        months = _months(totals)
        playing = bool(st.session_state.get(_PLAYING, False)) and len(months) > 1
        if playing and st.session_state.get(_TICKED, False):
            _step(months, 1)
        st.session_state[_TICKED] = playing
        month = _current(months)
        picture = flow_map(frame.database, now.question, now.selection, now.measure, now.comparison, month, now.limit)
        map_block(frame, now, picture, formatting.month(month, language()) if month else "")
        _player(frame, now, totals, month)


def _player(frame: PageFrame, asked: Controls, totals: pd.DataFrame, month: datetime.date | None) -> None:
    months = _months(totals)
    title = _("按月播放：{month}", month=formatting.month(month, language())) if month else _("按月播放")
    with card("flow_player", title, _("播放时只有地图变化，其余仍为所选时期")):
        if not months:
            st.caption(_("没有可播放的月份。"))
            return
        playing = bool(st.session_state.get(_PLAYING, False))
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            with st.container(key="flow_buttons", horizontal=True, gap="xxsmall", width="content"):
                st.button(
                    _("暂停") if playing else _("播放"),
                    key="flow_play",
                    icon=":material/pause:" if playing else ":material/play_arrow:",
                    type="primary",
                    help=_("暂停") if playing else _("播放"),
                    on_click=_toggle,
                    args=(months,),
                    disabled=len(months) < 2,
                )
                st.button(
                    _("上一月"), key="flow_earlier", icon=":material/skip_previous:", help=_("上一月"), on_click=_step, args=(months, -1)
                )
                st.button(_("下一月"), key="flow_later", icon=":material/skip_next:", help=_("下一月"), on_click=_step, args=(months, 1))
                st.button(
                    _("回到所选时期"),
                    key="flow_stop",
                    icon=":material/stop:",
                    help=_("回到所选时期"),
                    on_click=_stop_all,
                    disabled=month is None,
                )
            alt = _("{count} 个月的人次，按方向", count=len(months))
            show_figure(month_bars(totals, asked, month, palette()), key="flow_bars", alt=alt)
            spans = {count: _("{count} 个月", count=count) for count in _SPANS}
            st.selectbox(
                _("月数"), _SPANS, index=1, key=_SPAN, width=fitted_width(spans.values()), label_visibility="collapsed",
                format_func=spans.__getitem__,
            )  # fmt: skip


def month_bars(totals: pd.DataFrame, asked: Controls, month: datetime.date | None, colours: Palette) -> object:
    """Return stacked bars of cases by month and direction; months outside the period (or not playing) are pale."""
    names = DIRECTIONS[asked.question.view]
    chosen = {month} if month else set(asked.question.period.months)
    data = []
    for code in [code for code in names if code in totals.columns]:
        full = colours.direction(code)
        pale = blend(colours.card, full, 0.4)
        data.append(
            {
                "type": "bar",
                "x": [stamp.date() for stamp in totals.index],
                "y": totals[code].tolist(),
                "customdata": [cases_text(value) for value in totals[code]],
                "width": _BAR_MILLISECONDS,
                "name": plotly_text(_(names[code])),
                "marker": {"color": [full if stamp.date() in chosen else pale for stamp in totals.index]},
                "hovertemplate": f"%{{x|%Y-%m}} {plotly_text(_(names[code]))} %{{customdata}}<extra></extra>",
            }
        )
    return base_figure(
        colours, _BAR_PIXELS, data, margin={"l": 4, "r": 4, "t": 4, "b": 20}, barmode="stack",
        xaxis={"tickformat": MONTH_TICKS, "fixedrange": True, "nticks": 6},
        yaxis={"visible": False, "fixedrange": True},
    )  # fmt: skip
