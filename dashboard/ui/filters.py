"""The one filter state of the app: widgets, address and what a hand-edited link may ask for.

Each widget is bound to the address (``bind="query-params"``) and kept between pages (``persist_state="session"``).
Streamlit writes the label that a reader sees into the address, and drops silently what it does not know; ``_first_visit``
also reads codes (``?community=C1``) and labels of the other language, and remembers what nobody understands so that the
page can say it.
"""

import datetime
from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.analysis.periods import Grain, Period
from dashboard.language import LANGUAGES, marked, translate
from dashboard.services.filters import FilterOptions, Filters, Level, Scheme
from dashboard.ui.i18n import _, language
from dashboard.ui.messages import escaped

GRAINS: Mapping[str, str] = {
    Grain.MONTH: marked("月度"),
    Grain.QUARTER: marked("季度"),
    Grain.YEAR_TO_DATE: marked("本年累计"),
    Grain.ROLLING_12: marked("滚动12个月"),
}
LEVELS: Mapping[str, str] = {
    Level.ALL: marked("全部机构"),
    Level.LEAD: marked("牵头医院"),
    Level.PRIMARY: marked("基层机构"),
}
SCHEMES: Mapping[str, str] = {
    Scheme.ALL: marked("全部险种"),
    Scheme.EMPLOYEE: marked("职工医保"),
    Scheme.RESIDENT: marked("居民医保"),
}
WHOLE_COUNTY = "county"
LABELS: Mapping[str, str] = {
    "month": marked("截止月份"),
    "grain": marked("统计周期"),
    "community": marked("医共体"),
    "level": marked("机构层级"),
    "scheme": marked("险种"),
}
FOLLOWED = "filters_followed"
"""Where a link opened inside the session (``ui/follow.py``) leaves its filters: code or label by filter, empty for the default."""
_NOT_UNDERSTOOD = "filters_not_understood"
_WRITTEN_IN = "filters_written_in"


def _community_labels(options: FilterOptions) -> dict[str, str]:
    """Return what each community is called in the filter; two with one short name are told apart by their code."""
    names = [community.short_name for community in options.communities]
    labels = {WHOLE_COUNTY: _("全县")}
    for community in options.communities:
        doubled = names.count(community.short_name) > 1
        labels[community.code] = f"{community.short_name} ({community.code})" if doubled else community.short_name
    return labels


def _in_every_language(labels: Mapping[str, str]) -> dict[str, str]:
    """Return the code behind each code and label, whatever the language of the label."""
    codes = {str(code): str(code) for code in labels}
    for code, label in labels.items():
        codes |= {translate(label, reader): str(code) for reader in LANGUAGES}
    return codes


def _understood(options: FilterOptions) -> dict[str, dict[str, str]]:
    """Return, for each filter, every text that an address may carry and the code it means."""
    months = [f"{month:%Y-%m}" for month in options.months]
    return {
        "month": {month: month for month in months},
        "grain": _in_every_language(GRAINS),
        "community": _in_every_language(_community_labels(options)) | _in_every_language({WHOLE_COUNTY: marked("全县")}),
        "level": _in_every_language(LEVELS),
        "scheme": _in_every_language(SCHEMES),
    }


def _first_visit(options: FilterOptions, choices: Mapping[str, Mapping[str, str]]) -> None:
    """Say what the address asks for in the labels of now, before the widgets of this session read it.

    Runs the script once more when it had to rewrite the address, and notes what nobody understands.
    """
    if _NOT_UNDERSTOOD in st.session_state:
        return
    asked = {key: st.query_params[key] for key in choices if key in st.query_params}
    codes = _understood(options)
    st.session_state[_NOT_UNDERSTOOD] = [key for key, text in asked.items() if text not in codes[key]]
    labels = {key: choices[key][codes[key][text]] for key, text in asked.items() if text in codes[key]}
    changed = {key: label for key, label in labels.items() if label != asked[key]}
    if changed:
        st.query_params.update(changed)
        st.rerun()


def _take_followed(options: FilterOptions, choices: Mapping[str, Mapping[str, str]]) -> None:
    """Set every filter to what a link opened inside the session asks for; what nobody understands goes to its default."""
    asked = st.session_state.pop(FOLLOWED, None)
    if asked is None:
        return
    codes = _understood(options)
    for key, labels in choices.items():
        st.session_state[key] = codes[key].get(asked.get(key, ""), next(iter(labels)))
    st.session_state.setdefault(_NOT_UNDERSTOOD, [])


def _hold(choices: Mapping[str, Mapping[str, str]]) -> None:
    """Drop what the data no longer offers, and say every choice again after a change of language.

    The address carries labels: a choice that is set anew makes Streamlit write address and widget in the language of now.
    """
    changed = st.session_state.get(_WRITTEN_IN, language()) != language()
    st.session_state[_WRITTEN_IN] = language()
    for key, labels in choices.items():
        value = st.session_state.get(key)
        if value not in labels:
            st.session_state.pop(key, None)
        elif changed:
            st.session_state[key] = value


def tell_not_understood() -> None:
    """Say kindly, once, which filters of a hand-edited link were replaced by their default."""
    keys = st.session_state[_NOT_UNDERSTOOD]
    if keys:
        names = _("、").join(_(LABELS[key]) for key in keys)
        st.info(escaped(_("链接里的“{names}”无法识别，已改用默认值。", names=names)), icon="ℹ️")
        st.session_state[_NOT_UNDERSTOOD] = []


def _choices(options: FilterOptions) -> dict[str, dict[str, str]]:
    """Return, for each filter, its codes with their labels in the reader's language."""
    return {
        "month": {f"{month:%Y-%m}": f"{month:%Y-%m}" for month in options.months},
        "grain": {str(code): _(label) for code, label in GRAINS.items()},
        "community": _community_labels(options),
        "level": {str(code): _(label) for code, label in LEVELS.items()},
        "scheme": {str(code): _(label) for code, label in SCHEMES.items()},
    }


def filter_words(options: FilterOptions, asked: Mapping[str, str]) -> list[str]:
    """Return the filters of an address (codes or labels) as the reader calls them; what nobody understands is left out."""
    codes, choices = _understood(options), _choices(options)
    return [choices[key][codes[key][asked[key]]] for key in choices if asked.get(key, "") in codes[key]]


def _choice(key: str, labels: Mapping[str, str], disabled: bool) -> str:
    return st.selectbox(
        _(LABELS[key]),
        list(labels),
        format_func=labels.__getitem__,
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        disabled=disabled,
    )


def filter_row(options: FilterOptions, used: Sequence[str] = tuple(LABELS)) -> Filters:
    """Draw the filters in one row and return the filter state; those a page does not use are greyed and keep their value.

    ``options`` must have at least one month. Call it from the entry point only: a widget of the entry point is the same
    widget on every page, so that its value and its part of the address survive a change of page.
    """
    choices = _choices(options)
    _take_followed(options, choices)
    _first_visit(options, choices)
    _hold(choices)
    with st.container(horizontal=True, gap="small", key="filters"):
        chosen = {key: _choice(key, labels, key not in used) for key, labels in choices.items()}
    return _filters(chosen)


def _filters(chosen: Mapping[str, str]) -> Filters:
    last = datetime.date.fromisoformat(f"{chosen['month']}-01")
    return Filters(
        period=Period(Grain(chosen["grain"]), last),
        community=None if chosen["community"] == WHOLE_COUNTY else chosen["community"],
        level=Level(chosen["level"]),
        scheme=Scheme(chosen["scheme"]),
    )
