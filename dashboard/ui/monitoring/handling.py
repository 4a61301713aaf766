"""Answers to alerts: seen, put off until a date, closed with a reason; and what was put away, with why."""

import datetime
from functools import partial

import streamlit as st

from dashboard.errors import ProductError
from dashboard.services.common.clock import today
from dashboard.services.common.workspace import current_workspace
from dashboard.services.monitoring.handling import LONGEST_REASON, Answer, handling_of, save_handling
from dashboard.services.monitoring.watch import Alert, Step, Watched
from dashboard.ui.kit.draft import KEPT, let_go, typed
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.messages import escaped, open_dialog, show_error
from dashboard.ui.kit.signature import signature_field
from dashboard.ui.monitoring.wording import ANSWERS, alert_title, said_words

_PUT_OFF_DAYS = 30


def put_away_words(alerts: tuple[Alert, ...]) -> str:
    """Return how many alerts people put off or closed; empty for none."""
    count = sum(each.put_away and each.step is not Step.CLOSED for each in alerts)
    return _("暂缓或关闭 {count} 项", count=count) if count else ""


def put_away_list(alerts: tuple[Alert, ...]) -> None:
    """Draw what was put off or closed, by whom and why, behind its number; nothing where there is none."""
    away = [each for each in alerts if each.put_away and each.step is not Step.CLOSED]
    if not away:
        return
    with st.popover(put_away_words(alerts), type="tertiary"):
        for each in away:
            assert each.said is not None  # that is why it is away
            st.markdown(f"**{escaped(alert_title(each))}**  \n:small[:gray[{escaped(said_words(each.said, language()))}]]")


def answer_button(alert: Alert, answer: Watched) -> None:
    """Draw the button that opens the answer to ``alert``."""
    if st.button(_("认领、暂缓或关闭"), key="open_alert_handling", icon=":material/done_all:"):
        open_dialog(alert_title(alert), partial(handling_form, alert, answer))


def _answers(alert: Alert) -> list[Answer]:
    found: list[Answer] = ["acknowledged", "snoozed", "closed"]
    return [*found, "reopened"] if alert.said is not None else found


def handling_form(alert: Alert, answer: Watched) -> None:
    """Draw the form of an answer to ``alert``; what is typed stays until it was saved."""
    key = f"handling_{alert.rule_id}_{alert.unit}"
    if alert.said is not None:
        st.caption(escaped(said_words(alert.said, language())))
    with st.form(f"{key}_form", border=False):
        said = st.radio(
            _("怎么处置"),
            _answers(alert),
            format_func=lambda each: _(ANSWERS[each]),
            horizontal=True,
            key=typed(f"{key}_answer", "acknowledged"),
        )
        reason = st.text_area(_("理由"), max_chars=LONGEST_REASON, height=80, key=typed(f"{key}_reason"), persist_state=KEPT)
        later = today() + datetime.timedelta(days=_PUT_OFF_DAYS)
        until = st.date_input(_("暂缓到（只对暂缓）"), format="YYYY-MM-DD", key=typed(f"{key}_until", later), persist_state=KEPT)
        author = signature_field(f"{key}_author")
        sent = st.form_submit_button(_("保存处置"), type="primary")
        st.caption(escaped(_("处置只改变怎样提示，不改变预警的判定；暂缓到期或数据更正后从头再起，会重新提示。")))
    if not sent:
        return
    try:
        handling = handling_of(
            rule=alert.rule_id,
            unit=alert.unit,
            unit_name=alert.unit_name,
            month=answer.month,
            answer=said,
            reason=reason.strip(),
            until=until if said == "snoozed" else None,
        )
        save_handling(current_workspace(), handling, author=author, day=today())
    except ProductError as error:
        show_error(error)
        return
    let_go(*(f"{key}_{field}" for field in ("answer", "reason", "until")))
    st.rerun()
