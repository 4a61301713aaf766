"""The scenes of the cockpit: which panels stand together, under which title. One language, both themes, every size."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from dashboard.catalogue.cockpit import CockpitPlan, SceneEntry
from dashboard.services.cockpit.answer import Cockpit, CommunityCockpit
from dashboard.services.monitoring.attention import beside_the_fund
from dashboard.services.overview.fund import FundAnswer, FundProgress
from dashboard.services.overview.wording import fund_outlook, net_outlook
from dashboard.ui.cockpit.alerts import AlertRoom, alert, alert_rows, alerts_panel, attention_count, overdue_line
from dashboard.ui.cockpit.contracts import contracts_scene
from dashboard.ui.cockpit.fund import (
    fund_bar,
    fund_card,
    fund_finding,
    fund_panel,
    fund_scale,
    interval_words,
    left_out,
    left_out_words,
    no_fund,
)
from dashboard.ui.cockpit.html import Markup, chip, community_class, joined, narrow_names, panel, tag, text_lines
from dashboard.ui.cockpit.parts import (
    balance_cells,
    balance_finding,
    balance_table,
    bed_bars,
    beds_panel,
    headline_cards,
    map_panel,
    score_card,
    score_strip,
    shared_panel,
)
from dashboard.ui.cockpit.quality import quality_finding, quality_panels
from dashboard.ui.cockpit.svg import MapStyle
from dashboard.ui.contracts.coverage import coverage_words
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.overview.blocks import finding

_ALERT_COLUMNS = 2
_TEXT_LINE = 36
# Units of the standard arrangement (cockpit.css): what a panel takes besides its rows, and a row.
_BODY, _GAP, _HEAD = 700, 12, 64
_FUND_ROW, _STRIP_ROW = 61, 48
_STRIP_TOP = {"zh": 40, "en": 128}
"""The headings of the dimensions: English ones stand upright."""
_ALERT_WIDTH = 438
_BEDS_WIDE = 320
"""The height of the picture of beds on a cockpit twice as wide; a taller one would be drawn smaller there."""
_COMMUNITY_ALERTS, _BED_ROW, _BEDS_SHOWN = 345, 41, 4


@dataclass(frozen=True)
class Scene:
    """One picture of the cockpit; ``name`` stands beside its page dot."""

    id: str
    kind: str
    name: str
    seconds: int
    title: str
    finding: str
    html: str


@lru_cache(maxsize=8)
def scenes_of(cockpit: Cockpit, plan_json: str, reader: str) -> tuple[Scene, ...]:
    """Return the scenes of ``cockpit`` under a plan (as JSON, so that it can be kept) in the language of this session, ``reader``."""
    plan = CockpitPlan.model_validate_json(plan_json)
    return tuple(scene for entry in plan.scenes for scene in _scenes(cockpit, plan, entry))


def _scenes(cockpit: Cockpit, plan: CockpitPlan, entry: SceneEntry) -> Iterator[Scene]:
    if entry.kind == "communities":
        for each in cockpit.communities:
            yield _community(cockpit, entry, each)
    elif entry.kind == "monitoring":
        yield from _monitoring(cockpit, entry)
    elif entry.kind == "map":
        yield _scene(cockpit, entry, _("转诊流向"), _referrals(cockpit), balance_finding(cockpit.balance))
    elif entry.kind == "contracts":
        positions = {each.community.code: each.community.position for each in cockpit.communities}
        told = coverage_words(cockpit.contracts) if cockpit.contracts else ""
        yield _scene(cockpit, entry, _("签约与公卫"), contracts_scene(cockpit.contracts, cockpit.chains, positions), told)
    elif entry.kind == "budget":
        yield _scene(cockpit, entry, _("医保总额预算执行"), _budget(cockpit), _budget_finding(cockpit))
    elif entry.kind == "quality":
        yield _scene(cockpit, entry, _("费用与质量"), quality_panels(cockpit), quality_finding(cockpit.quality))
    else:
        yield _scene(cockpit, entry, _("医共体运行驾驶舱"), _whole(cockpit, plan), finding(cockpit.overview, cockpit.attention))


def _scene(cockpit: Cockpit, entry: SceneEntry, title: str, html: Markup, told: str) -> Scene:
    whole = _("{county}：{title}", county=cockpit.county, title=title) if cockpit.county else title
    return Scene(entry.id, entry.kind, entry.label(language()), entry.seconds, whole, told, html)


def _column(*panels: Markup) -> Markup:
    return tag("div", *panels, class_="column")


def _names(cockpit: Cockpit) -> dict[str, str]:
    return {each.community.code: each.community.short_name for each in cockpit.communities}


def _whole(cockpit: Cockpit, plan: CockpitPlan) -> Markup:
    rows, names = max(len(cockpit.overview.fund.communities), 2), _names(cockpit)
    told = left_out_words(cockpit.overview.fund, names)
    aside = _TEXT_LINE * text_lines(told, _ALERT_WIDTH) if told else 0
    room = AlertRoom(_ALERT_WIDTH, _BODY - _FUND_ROW * rows - aside - _GAP - 2 * _HEAD)
    scored = len(cockpit.scores.rows) if cockpit.scores else 2
    beds_room = _BODY - _STRIP_TOP[language()] - _STRIP_ROW * scored - _GAP - 2 * _HEAD - 12
    beds_height = min(max(beds_room, 150), _BEDS_WIDE)
    return joined(
        (
            headline_cards(cockpit.overview.headlines, cockpit.overview.fund.county, cockpit),
            _column(score_strip(cockpit.scores, plan), beds_panel(cockpit, 606, beds_height)),
            _column(map_panel(cockpit, MapStyle(590, 300)), shared_panel(cockpit)),
            _column(fund_panel(cockpit.overview.fund, names), alerts_panel(beside_the_fund(cockpit.attention), room, cockpit.overdue)),
        )
    )


def community_scene(code: str) -> str:
    """Return the id of the scene of one community."""
    return f"community-{code}"


def _bed_count(cockpit: Cockpit, code: str) -> int:
    return sum(point.community == code for point in cockpit.overview.beds.points) if cockpit.overview.beds else 0


def _community(cockpit: Cockpit, entry: SceneEntry, each: CommunityCockpit) -> Scene:
    community = each.community
    others = [other.community for other in cockpit.communities]
    names = dict(zip([other.code for other in others], narrow_names([other.short_name for other in others]), strict=True))
    room = AlertRoom(_ALERT_WIDTH, _COMMUNITY_ALERTS - _BED_ROW * min(_bed_count(cockpit, community.code), _BEDS_SHOWN))
    html = joined(
        (
            headline_cards(each.headlines, each.fund, cockpit),
            _column(score_card(cockpit.scores, community.code)),
            _column(map_panel(cockpit, MapStyle(590, 420, community.code)), balance_cells(cockpit.balance, community.code)),
            _column(
                fund_card(cockpit.overview.fund, each.fund),
                bed_bars(cockpit, community.code, _BEDS_SHOWN),
                alerts_panel(beside_the_fund(each.attention), room),
            ),
        )
    )
    return Scene(
        id=community_scene(community.code),
        kind="community",
        name=names[community.code],
        seconds=entry.seconds,
        title=community.short_name,
        finding=finding(each.overview, each.attention),
        html=tag("i", class_=f"ribbon {community_class(community.position)}") + html,
    )


def _referrals(cockpit: Cockpit) -> Markup:
    style = MapStyle(1180, 800, emphasis="community", towns=True)
    return joined((map_panel(cockpit, style), _column(balance_table(cockpit.balance), shared_panel(cockpit))))


def _amount(name: str, value: str, below: str) -> Markup:
    return tag("div", tag("span", name), tag("strong", value), tag("small", below), class_="cell")


def _fund_row(fund: FundAnswer, row: FundProgress, scale: float) -> Markup:
    told, state = fund_outlook(fund, row.community, language())
    amounts = _(
        "已支出 {spent} / 预算 {budget}", spent=formatting.money(row.spent, language()), budget=formatting.money(row.budget, language())
    )
    return tag(
        "div",
        tag("span", tag("b", row.name), class_=f"who {community_class(row.position)}"),
        tag("strong", formatting.percent(row.execution)),
        tag("span", amounts),
        chip(_("年末预计{outlook}", outlook=told), state) if told else "",
        fund_bar(row, scale),
        tag("small", interval_words(row)),
        class_="line large",
    )


def _budget_finding(cockpit: Cockpit) -> str:
    fund = cockpit.overview.fund
    if fund.county is None:
        return ""
    if fund.county.year_end is None:
        return fund_finding(fund)
    return _("{finding}；全县预计{outlook}", finding=fund_finding(fund), outlook=net_outlook(fund, language())[0])


def _budget(cockpit: Cockpit) -> Markup:
    fund = cockpit.overview.fund
    county = fund.county
    if county is None:
        return panel("budget", _("医保总额预算执行"), "", no_fund(fund))
    told, state = net_outlook(fund, language())
    reader = language()
    cells = tag(
        "div",
        _amount(_("全年预算"), formatting.money(county.budget, reader), str(fund.year)),
        _amount(_("已支出"), formatting.money(county.spent, reader), formatting.percent(county.execution)),
        _amount(_("时序进度"), formatting.percent(county.time_progress), formatting.period(cockpit.period, reader)),
        tag("div", tag("span", _("年末预计")), tag("strong", chip(told, state) if told else formatting.MISSING),
            tag("small", interval_words(county)), class_="cell wide"),
        class_="cells five",
    )  # fmt: skip
    scale = fund_scale(fund.communities)
    keys = tag(
        "span",
        *(
            tag("span", tag("i", class_=kind), words, class_="key")
            for kind, words in (("mark", _("时序进度")), ("budget", _("全年预算")), ("range", _("年末预测 90% 区间")))
        ),
        class_="keys",
    )
    rows = tag("div", *(_fund_row(fund, row, scale) for row in fund.communities), class_="lines")
    whole = panel("whole", _("全县"), _("参保人在各地的全部基金支出"), cells)
    return joined((whole, panel("budget", _("各医共体预算执行"), keys, rows, left_out(fund, _names(cockpit)))))


def _monitoring(cockpit: Cockpit, entry: SceneEntry) -> Iterator[Scene]:
    items = cockpit.attention
    rows = alert_rows(items, cockpit.overdue)
    cells = [*overdue_line(cockpit.overdue), *(alert(item) for item in items)]
    parts = [cells[start : start + _ALERT_COLUMNS * rows] for start in range(0, len(cells), _ALERT_COLUMNS * rows)] or [[]]
    for number, part in enumerate(parts, start=1):
        body = panel(
            "monitoring",
            attention_count(items),
            _("阈值为本系统设定，待核实"),
            tag("ul", *part, style=f"--rows:{rows}"),
        )
        scene = _scene(cockpit, entry, _("运行监测"), body, finding(cockpit.overview, cockpit.attention))
        if number > 1:
            scene = replace(scene, id=f"{scene.id}-{number}", name=str(number))
        yield scene
