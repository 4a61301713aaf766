"""The performance page put together: controls, the live part that follows the weights, and the sections behind it."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import streamlit as st

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.performance import performance_plan
from dashboard.errors import CatalogueError
from dashboard.language import marked
from dashboard.services.common.reporting import date_words
from dashboard.services.common.workspace import current_workspace
from dashboard.services.meeting.agendas import AgendaItem, scheme_item
from dashboard.services.performance.answer import (
    PoolShares,
    Ranking,
    ScoreInputs,
    compare_methods,
    needed_ids,
    own_dates,
    rank,
    score_inputs,
)
from dashboard.services.performance.custom import CustomIndicator
from dashboard.services.performance.schemes import custom_indicators, frozen_result, scheme_choices, weights_text, with_weights_text
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.frame.submit import current_address, submit_to_meeting
from dashboard.ui.kit import formatting
from dashboard.ui.kit.address import misread, news, put
from dashboard.ui.kit.board import show_drawing
from dashboard.ui.kit.cards import card
from dashboard.ui.kit.i18n import _, language, speaking
from dashboard.ui.kit.messages import error_boundary, escaped, show_error
from dashboard.ui.kit.sections import Section, Sections, show
from dashboard.ui.kit.tables import ExportSource
from dashboard.ui.kit.theme import palette
from dashboard.ui.performance.criteria import criteria_section
from dashboard.ui.performance.custom import custom_section
from dashboard.ui.performance.details import methods_details, ranking_details, strip_details, weights_details
from dashboard.ui.performance.export import export_section
from dashboard.ui.performance.methods import methods_block
from dashboard.ui.performance.money import all_pools_section, money_block
from dashboard.ui.performance.ranking import finding, ranking_block, ranking_drawing
from dashboard.ui.performance.sections import (
    drill_section,
    gap_section,
    institutions_section,
    leave_out_section,
    methods_section,
    source,
    trust_section,
)
from dashboard.ui.performance.shortfall import shortfall_box
from dashboard.ui.performance.strip import DIMENSION_KEY, UNIT_KEY, chosen_cell, ranking_strip
from dashboard.ui.performance.trend import trend_section
from dashboard.ui.performance.versions import frozen_words, tell_notice, versions_section
from dashboard.ui.performance.weights import (
    CHOICE_KEY,
    Working,
    choice_label,
    choose_scheme,
    followed,
    in_hand,
    source_words,
    take,
    weights_block,
)

_DATED_NAMED = 4
_RANKED = "performance_ranked"
"""Session key: the scheme ranked last, what it was ranked from, and its ranking."""
EVALUATION, WEIGHTS, UNIT, DIMENSION = "evaluation", "weights", "unit", "dimension"
"""What stands in the address beside the open section: the scheme, its moved weights and the open cell."""


@dataclass(frozen=True, eq=False)
class _Scene:
    """What the sections draw from; ``ranking`` may have no unit with a score, ``scored`` and ``about`` are None then."""

    frame: PageFrame
    working: Working
    ranking: Ranking | None
    scored: Ranking | None
    shares: PoolShares | None
    about: ExportSource | None


def _no_scores(scene: _Scene) -> tuple[str, str] | None:
    return None if scene.scored and scene.about else (_("这一部分要有得分才能显示。"), _("请换一个时期或方案。"))


def _of_scores(code: str, label: str, draw: Callable[[_Scene, Ranking, ExportSource], None]) -> Section[_Scene, None]:
    """Return a section that needs scores."""

    def drawn(scene: _Scene) -> None:
        assert scene.scored is not None
        assert scene.about is not None
        draw(scene, scene.scored, scene.about)

    return Section(code, label, drawn, _no_scores)


SECTIONS: Sections[_Scene, None] = Sections(
    "part",
    _of_scores("gap", marked("差距从哪来"), lambda _scene, ranking, about: gap_section(ranking, about)),
    _of_scores(
        "trend",
        marked("走势与进步"),
        lambda scene, ranking, about: trend_section(scene.frame, ranking, about, _custom(_ids(scene.working))),
    ),
    _of_scores("money", marked("资金总表"), lambda _scene, ranking, about: all_pools_section(ranking, about)),
    _of_scores("leave_out", marked("去掉一项"), lambda _scene, ranking, about: leave_out_section(ranking, about)),
    _of_scores("drill", marked("机构与月份"), lambda scene, ranking, about: drill_section(scene.frame, ranking, about)),
    _of_scores("methods", marked("算法细节"), lambda _scene, ranking, about: methods_section(ranking, about)),
    Section("institutions", marked("机构排名"), lambda scene: institutions_section(scene.frame, scene.working.scheme)),
    Section("criteria", marked("评判标准"), lambda scene: criteria_section(scene.frame), ignores=("grain", "scheme")),
    _of_scores("trust", marked("数据可信度"), lambda scene, ranking, about: trust_section(ranking, about, scene.frame.database.version)),
    Section("versions", marked("方案与审定"), lambda scene: versions_section(scene.frame, scene.working, scene.ranking)),
    Section("custom", marked("自定义指标"), lambda scene: custom_section(scene.frame)),
    _of_scores(
        "export",
        marked("排名表与报告"),
        lambda scene, ranking, about: export_section(scene.frame, ranking, scene.shares, about, _scheme_words(scene.working)),
    ),
)
"""Behind the ranking. Only the open one is drawn: the others cost nothing."""


def _custom(ids: tuple[str, ...]) -> tuple[CustomIndicator, ...]:
    """Return the user-defined indicators; the workspace is asked only when a scheme names what the catalogue does not have."""
    known = load_catalogue().indicators
    return custom_indicators(current_workspace()) if any(name.startswith("U") and name not in known for name in ids) else ()


def _ids(working: Working) -> tuple[str, ...]:
    return tuple(sorted({*needed_ids(working.choice.scheme), *needed_ids(working.scheme)}))


def _inputs(frame: PageFrame, working: Working) -> ScoreInputs:
    ids = _ids(working)
    return score_inputs(frame.database, frame.filters.period, ids, frame.filters.scheme_code, (), _custom(ids))


def _completeness(ranking: Ranking | None) -> str:
    if ranking is None or not ranking.order:
        return ""
    return _("数据完整度 {share}", share=formatting.percent(ranking.current.completeness[ranking.order].mean(), 0))


def _headline(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    scheme = _("方案“{name}”", name=choice_label(working.choice)) + (_("（有未保存的改动）") if working.edited else "")
    official = "" if working.scheme.official else _("权重为假设，待核实")
    details = [detail for detail in (scheme, official, _("综合指数法"), _completeness(ranking)) if detail]
    frame.headline(finding(ranking), *details)


def _about(frame: PageFrame, working: Working, ranking: Ranking) -> ExportSource:
    return source(ranking, frame, _scheme_words(working))


def _scheme_words(working: Working) -> str:
    return choice_label(working.choice) + (_("（有未保存的改动）") if working.edited else "")


def _ranked(working: Working, inputs: ScoreInputs) -> Ranking | None:
    """Return the ranking of the scheme in hand; the page and the picture that follows a slider draw the same one."""
    kept = st.session_state.get(_RANKED)
    if kept is None or kept[0] != working.scheme or kept[1] is not inputs:
        kept = st.session_state[_RANKED] = working.scheme, inputs, rank(working.scheme, inputs)
    return kept[2]


@st.fragment
def _live(frame: PageFrame) -> None:
    """Everything that depends on the weights; while a slider moves only the picture of the ranking follows."""
    with error_boundary():
        working = in_hand()
        inputs = _inputs(frame, working)
        ranking = _ranked(working, inputs)
        scored = ranking if ranking is not None and ranking.order else None
        about = _about(frame, working, scored) if scored else None
        left, right = st.columns([1.45, 1], gap="small")
        with left:
            ranking_block(
                ranking,
                details=partial(ranking_details, scored, None, about) if scored and about else None,
                picture=partial(_moving_picture, frame),
            )
        with right:
            weights_block(working, partial(weights_details, working, about) if about else None)
        _headline(frame, working, ranking)
        shares = None
        if scored and about:
            with left:
                _strip_block(frame, scored, about)
            with right:
                comparison = compare_methods(scored)
                methods_block(scored, comparison, partial(methods_details, scored, comparison, about) if comparison else None)
                shares = money_block(scored, rank(working.choice.scheme, inputs) if working.edited else None, about)
        with error_boundary():  # what follows holds what people are typing: it is drawn whatever the workspace does
            _frozen(frame, working, ranking)
        chosen = SECTIONS.choose(_("展开"), width="stretch")
        _write_address(working, scored)
        frame.tell_not_followed(*chosen.ignores)
        show(chosen, _Scene(frame, working, ranking, scored, shares, about))


@st.fragment
def _moving_picture(frame: PageFrame) -> None:
    """Draw what follows a moving slider, as one message: the rows of the ranking, and with them what the sliders show."""
    with speaking(language()), error_boundary():
        working = in_hand()
        ranking = _ranked(working, _inputs(frame, working))
        if ranking is not None and ranking.order:
            show_drawing("performance_ranking", ranking_drawing(ranking, palette()), follow=followed(working))


def _strip_block(frame: PageFrame, ranking: Ranking, about: ExportSource) -> None:
    """Draw the strip and, under it, what stands behind the chosen cell."""
    title = _("短板在哪里：得分率 %，点格子看指标、分子、分母")
    with card("performance_strip_card", title, _strip_legend(), details=partial(strip_details, ranking, about)):
        cell = chosen_cell(ranking)
        ranking_strip(ranking, cell)
        _tell_own_dates(frame, ranking)
        shortfall_box(frame, ranking, cell, _open_drill)


def _tell_own_dates(frame: PageFrame, ranking: Ranking) -> None:
    """Say which indicators of the scheme end before the month that the page shows."""
    words = []
    for through, indicators in own_dates(frame.database, ranking.scheme, frame.filters.period.last).items():
        names = _("、").join(each.short_label(language()) for each in indicators[:_DATED_NAMED])
        more = _("等 {count} 项", count=len(indicators)) if len(indicators) > _DATED_NAMED else ""
        words.append(_("{date}：{names}", date=date_words(through, language()), names=names + more))
    if words:
        st.caption(escaped(_("；").join(words)))


def _strip_legend() -> str:
    """Return the limits of the strip with the signs of their states."""
    limits = performance_plan().strip
    return _(
        "✓ ≥{strong} · ! <{fair} · ✕ <{weak} · ○ 数据不全", strong=f"{limits.strong:g}", fair=f"{limits.fair:g}", weak=f"{limits.weak:g}"
    )


def _frozen(frame: PageFrame, working: Working, ranking: Ranking | None) -> None:
    frozen = frozen_words(frame, working, ranking)
    if frozen:
        st.badge(escaped(frozen), icon=":material/lock:", color="blue")


def _write_address(working: Working, ranking: Ranking | None) -> None:
    cell = chosen_cell(ranking) if ranking else None
    put(
        evaluation=working.choice.key,
        weights=weights_text(working.choice.scheme, working.scheme),
        unit=cell.unit if cell else "",
        dimension=cell.dimension if cell else "",
    )


def _open_drill(unit: str, indicator: str) -> None:
    SECTIONS.open("drill")
    st.session_state.update({"performance_drill_unit": unit, "performance_drill_indicator": indicator})


def _follow_link(keys: set[str]) -> str | None:
    """Put what a link asks for in hand; a scheme that is not there is told. Return its weights, None for no news."""
    asked = {name: news(name) for name in (EVALUATION, WEIGHTS, UNIT, DIMENSION)}
    if asked[EVALUATION] in keys:
        st.session_state[CHOICE_KEY] = asked[EVALUATION]
    elif asked[EVALUATION]:
        misread(EVALUATION, _("评价方案"))
    for name, key in ((UNIT, UNIT_KEY), (DIMENSION, DIMENSION_KEY)):
        if asked[name]:
            st.session_state[key] = asked[name]
    return asked[WEIGHTS]


def _take_weights(working: Working, text: str) -> Working:
    """Return the scheme in hand with the weights of a followed link; one that does not fit leaves the scheme as saved, and says so."""
    try:
        return take(working.choice, with_weights_text(working.choice.scheme, text))
    except CatalogueError as error:
        show_error(error)
        return take(working.choice)


def _agenda_item(frame: PageFrame, working: Working) -> AgendaItem:
    """Return the item that shows this ranking in a meeting: the frozen result where there is one, otherwise the scheme as saved."""
    result = frozen_result(current_workspace(), working.choice, frame.filters.period)
    document = result.document_id if result else working.choice.key
    title = _("绩效评价：{scheme}", scheme=choice_label(working.choice))
    return scheme_item(title, document, address=current_address(frame).text())


def performance_page(frame: PageFrame) -> None:
    """Draw the page."""
    tell_notice()
    choices = scheme_choices(current_workspace())
    weights = _follow_link({choice.key for choice in choices})
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        working = choose_scheme(choices)
        if weights is not None:
            working = _take_weights(working, weights)
        for section, icon in (("versions", ":material/verified:"), ("export", ":material/download:")):
            st.button(
                SECTIONS.name(section),
                icon=icon,
                key=f"performance_open_{section}",
                on_click=SECTIONS.open,
                args=(section,),
                width="content",
            )
        submit_to_meeting(frame, _agenda_item(frame, working))
        st.caption(escaped(source_words(working.scheme)), width="stretch")
    _live(frame)
