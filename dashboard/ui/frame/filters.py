"""The one filter state of the app: widgets, address and what a hand-edited link may ask for.

Each widget is bound to the address (``bind="query-params"``) and kept between pages (``persist_state="session"``).
Streamlit writes the label that a reader sees into the address, and drops silently what it does not know; ``_first_visit``
also reads codes (``?community=C1``) and labels of the other language, and notes what nobody understands so that the page
can say it.
"""

from collections.abc import Mapping, Sequence

import streamlit as st

from dashboard.analysis.periods import Grain
from dashboard.catalogue.completeness import FIRST_PAGE
from dashboard.errors import ScopeError
from dashboard.language import LANGUAGES, marked, translate
from dashboard.services.common.filters import WHOLE_COUNTY, FilterOptions, Filters, Level, Scheme
from dashboard.topics import COUNTY_CHOICE
from dashboard.ui.kit.address import given, misread, put
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.person import note_refusal
from dashboard.ui.kit.reader import FOLLOWED

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
LABELS: Mapping[str, str] = {
    "month": marked("截止月份"),
    "grain": marked("统计周期"),
    "community": marked("医共体"),
    "level": marked("机构层级"),
    "scheme": marked("险种"),
}
_ALL_LABELS: Mapping[str, str] = {COUNTY_CHOICE: marked("县(市、区)"), **LABELS}
"""With the choice of the county, which stands before the filters where there are several."""
_READ = "filters_read"
_WRITTEN_IN = "filters_written_in"
_OPENED_WITH = "filters_opened_with"


def _community_labels(options: FilterOptions) -> dict[str, str]:
    """Return what each community is called in the filter."""
    whole = {WHOLE_COUNTY: _("全县")} if options.whole else {}
    return whole | {community.code: community.short_name for community in options.communities}


def _county_labels(options: FilterOptions) -> dict[str, str]:
    return {county.code: county.short_name for county in options.counties}


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
        COUNTY_CHOICE: _in_every_language(_county_labels(options)),
        "month": {month: month for month in months},
        "grain": _in_every_language(GRAINS),
        "community": _in_every_language(_community_labels(options)) | _whole_county(options.whole),
        "level": _in_every_language(LEVELS),
        "scheme": _in_every_language(SCHEMES),
    }


def _whole_county(named: bool) -> dict[str, str]:
    return _in_every_language({WHOLE_COUNTY: marked("全县")}) if named else {}


def _refuse_outside(options: FilterOptions, asked: Mapping[str, str]) -> None:
    """Raise ``ScopeError``, noted in the audit trail, when a link names what lies outside of the reader's scope.

    It is not replaced by what they may see: who follows a link to another's figures would take their own for them.
    """
    outside = {text: each.short_name for each in options.outside for text in (each.code, each.short_name)}
    outside |= dict.fromkeys(_whole_county(not options.whole), _("全县"))
    name = outside.get(asked.get("community", ""))
    if name is None or asked["community"] in _understood(options)["community"]:
        return
    note_refusal(f"community={asked['community']}")
    raise ScopeError(
        marked("这个链接要看的“{name}”不在您的数据范围内，没有查询"),
        marked("请从左侧菜单重新打开本页，看您范围内的医共体；需要查看请向安全管理员申请授权"),
        name=name,
    )


def _first_visit(options: FilterOptions, choices: Mapping[str, Mapping[str, str]]) -> None:
    """Say what the address asks for in the labels of now, before the widgets of this session read it.

    Runs the script once more when it had to rewrite the address, and notes what nobody understands.
    """
    if _READ in st.session_state:
        return
    asked = given(choices)
    _refuse_outside(options, asked)
    codes = _understood(options)
    st.session_state[_READ] = True
    _note_misread(asked, codes)
    labels = {key: choices[key][codes[key][text]] for key, text in asked.items() if text in codes[key]}
    changed = {key: label for key, label in labels.items() if label != asked[key]}
    if changed:
        put(**changed)
        st.rerun()


def _note_misread(asked: Mapping[str, str], codes: Mapping[str, Mapping[str, str]]) -> None:
    for key in [key for key, text in asked.items() if text not in codes[key]]:
        misread(key, _(_ALL_LABELS[key]))


def _take_followed(options: FilterOptions, choices: Mapping[str, Mapping[str, str]]) -> None:
    """Set every filter to what a link opened inside the session asks for; what nobody understands goes to its default."""
    asked = st.session_state.pop(FOLLOWED, None)
    if asked is None:
        return
    _refuse_outside(options, asked)
    codes = _understood(options)
    _note_misread({key: asked[key] for key in choices if asked.get(key)}, codes)
    for key, labels in choices.items():
        first = f"{options.first_month():%Y-%m}" if key == "month" else next(iter(labels))
        st.session_state[key] = codes[key].get(asked.get(key, ""), first)
    st.session_state[_READ] = True


def _hold(choices: Mapping[str, Mapping[str, str]], firsts: Mapping[str, str]) -> bool:
    """Replace what the data no longer offers, and say every choice again after a change of language; return whether a month went.

    The address carries labels: a choice that is set anew makes Streamlit write address and widget in the language of now. One that was
    only forgotten would still stand in the browser's field: another county's month, or its community.
    """
    changed = st.session_state.get(_WRITTEN_IN, language()) != language()
    st.session_state[_WRITTEN_IN] = language()
    gone = {key for key, labels in choices.items() if key in st.session_state and st.session_state[key] not in labels}
    for key in choices:
        if key in gone:
            st.session_state[key] = firsts[key]
        elif changed and key in st.session_state:
            st.session_state[key] = st.session_state[key]
    return "month" in gone


def _choices(options: FilterOptions) -> dict[str, dict[str, str]]:
    """Return, for each filter, its codes with their labels in the reader's language; the choice of the county where there is one."""
    counties = _county_labels(options)
    return ({COUNTY_CHOICE: counties} if counties else {}) | {
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


def _choice(key: str, labels: Mapping[str, str], followed: bool, first: str) -> str:
    return st.selectbox(
        _(_ALL_LABELS[key]),
        list(labels),
        index=[*labels].index(first),
        format_func=labels.__getitem__,
        key=key,
        bind="query-params",
        persist_state="session",
        label_visibility="collapsed",
        disabled=not followed,
        help=None if followed else _("本页不按“{name}”筛选；所选值保留给其他页面", name=_(_ALL_LABELS[key])),
    )


def _open_with(options: FilterOptions, page: str, *, anew: bool) -> None:
    """Let the month be the newest complete one of ``page`` until the reader, or a link, chooses another; ``anew``: theirs is gone."""
    common, first = f"{options.first_month():%Y-%m}", f"{options.first_month(page):%Y-%m}"
    value, opened = st.session_state.get("month"), st.session_state.get(_OPENED_WITH, common)
    if anew:
        st.session_state[_OPENED_WITH] = st.session_state["month"] = first
    elif value is None and given(("month",)):
        st.session_state[_OPENED_WITH] = ""
    elif value in (None, opened):
        st.session_state[_OPENED_WITH] = first
        if first != (value or common):
            st.session_state["month"] = first


def filter_row(options: FilterOptions, used: Sequence[str] = tuple(LABELS), page: str = FIRST_PAGE, *, one_county: bool = True) -> Filters:
    """Draw the filters in one row and return the filter state; those a page does not use are greyed and keep their value.

    The choice of the county is one of them where not ``one_county``: on a page that compares all. ``options`` must have at least one
    month and something that the reader may see. ``page`` opens with its newest complete month.

    Raises ``ScopeError`` for a link to what the reader may not see.

    Call it from the entry point only: a widget of the entry point is the same
    widget on every page, so that its value and its part of the address survive a change of page.
    """
    choices = _choices(options)
    _take_followed(options, choices)
    _first_visit(options, choices)
    firsts = {key: next(iter(labels)) for key, labels in choices.items()} | {"month": f"{options.first_month():%Y-%m}"}
    _open_with(options, page, anew=_hold(choices, firsts))
    followed = {*used, COUNTY_CHOICE} if one_county else {*used}
    with st.container(horizontal=True, gap="small", key="filters"):
        chosen = {key: _choice(key, labels, key in followed, firsts[key]) for key, labels in choices.items()}
    return Filters.of(chosen)
