"""The scenes of the wall: which panels stand together, under which title. One language, both themes, every size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from dashboard.catalogue.kiosk import KioskPlan, SceneEntry
from dashboard.services.attention import Attention
from dashboard.services.cockpit import CommunityWall, Wall
from dashboard.services.fund import FundProgress
from dashboard.ui import formatting
from dashboard.ui.i18n import _, language
from dashboard.ui.kiosk_alerts import AlertRoom, alert, alerts_panel, attention_count
from dashboard.ui.kiosk_fund import fund_bar, fund_card, fund_finding, fund_panel, fund_scale, interval_words, no_fund, outlook
from dashboard.ui.kiosk_html import Markup, chip, community_class, joined, panel, short_name, tag
from dashboard.ui.kiosk_parts import (
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
from dashboard.ui.kiosk_svg import MapStyle
from dashboard.ui.overview import finding

_ALERTS_A_SCENE = 14
# Units of the standard arrangement (kiosk.css): what a panel takes besides its rows, and a row.
_BODY, _GAP, _HEAD = 700, 12, 64
_FUND_ROW, _STRIP_ROW = 61, 48
_STRIP_TOP = {"zh": 40, "en": 128}
"""The headings of the dimensions: English ones stand upright."""
_ALERT_WIDTH = 438
_BEDS_WIDE = 320
"""The height of the picture of beds on a wall twice as wide; a taller one would be drawn smaller there."""
_COMMUNITY_ALERTS, _BED_ROW, _BEDS_SHOWN = 345, 41, 4


@dataclass(frozen=True)
class Scene:
    """One picture of the wall; ``name`` stands beside its page dot."""

    id: str
    kind: str
    name: str
    seconds: int
    title: str
    finding: str
    html: str


@lru_cache(maxsize=8)
def scenes_of(wall: Wall, plan_json: str, reader: str) -> tuple[Scene, ...]:
    """Return the scenes of ``wall`` under a plan (as JSON, so that it can be kept) in the language of this session, ``reader``."""
    plan = KioskPlan.model_validate_json(plan_json)
    return tuple(scene for entry in plan.scenes for scene in _scenes(wall, plan, entry))


def _scenes(wall: Wall, plan: KioskPlan, entry: SceneEntry) -> Iterator[Scene]:
    if entry.kind == "communities":
        for each in wall.communities:
            yield _community(wall, entry, each)
    elif entry.kind == "monitoring":
        yield from _monitoring(wall, entry)
    elif entry.kind == "map":
        yield _scene(wall, entry, _("转诊流向"), _referrals(wall), balance_finding(wall.balance))
    elif entry.kind == "budget":
        yield _scene(wall, entry, _("医保总额预算执行"), _budget(wall), _budget_finding(wall))
    else:
        yield _scene(wall, entry, _("医共体运行驾驶舱"), _cockpit(wall, plan), finding(wall.overview))


def _scene(wall: Wall, entry: SceneEntry, title: str, html: Markup, told: str) -> Scene:
    whole = _("{county}：{title}", county=wall.county, title=title) if wall.county else title
    return Scene(entry.id, entry.kind, entry.label(language()), entry.seconds, whole, told, html)


def _column(*panels: Markup) -> Markup:
    return tag("div", *panels, class_="column")


def _cockpit(wall: Wall, plan: KioskPlan) -> Markup:
    rows = max(len(wall.overview.fund.communities), 2)
    room = AlertRoom(_ALERT_WIDTH, _BODY - _FUND_ROW * rows - _GAP - 2 * _HEAD)
    scored = len(wall.scores.rows) if wall.scores else 2
    beds_room = _BODY - _STRIP_TOP[language()] - _STRIP_ROW * scored - _GAP - 2 * _HEAD - 12
    beds_height = min(max(beds_room, 150), _BEDS_WIDE)
    return joined(
        (
            headline_cards(wall.overview.headlines, wall.version),
            _column(score_strip(wall.scores, plan), beds_panel(wall, 606, beds_height)),
            _column(map_panel(wall, MapStyle(590, 300)), shared_panel(wall)),
            _column(fund_panel(wall.overview.fund), alerts_panel(wall.overview.attention, room)),
        )
    )


def community_scene(code: str) -> str:
    """Return the id of the scene of one community."""
    return f"community-{code}"


def _bed_count(wall: Wall, code: str) -> int:
    return sum(point.community == code for point in wall.overview.beds.points) if wall.overview.beds else 0


def _community(wall: Wall, entry: SceneEntry, each: CommunityWall) -> Scene:
    community = each.community
    room = AlertRoom(_ALERT_WIDTH, _COMMUNITY_ALERTS - _BED_ROW * min(_bed_count(wall, community.code), _BEDS_SHOWN))
    html = joined(
        (
            headline_cards(each.headlines, wall.version),
            _column(score_card(wall.scores, community.code)),
            _column(map_panel(wall, MapStyle(590, 420, community.code)), balance_cells(wall.balance, community.code)),
            _column(
                fund_card(wall.overview.fund, each.fund),
                bed_bars(wall, community.code, _BEDS_SHOWN),
                alerts_panel(each.overview.attention, room),
            ),
        )
    )
    return Scene(
        id=community_scene(community.code),
        kind="community",
        name=short_name(community.short_name),
        seconds=entry.seconds,
        title=community.short_name,
        finding=finding(each.overview),
        html=tag("i", class_=f"ribbon {community_class(community.position)}") + html,
    )


def _referrals(wall: Wall) -> Markup:
    style = MapStyle(1180, 800, emphasis="community", towns=True)
    return joined((map_panel(wall, style), _column(balance_table(wall.balance), shared_panel(wall))))


def _amount(name: str, value: str, below: str) -> Markup:
    return tag("div", tag("span", name), tag("strong", value), tag("small", below), class_="cell")


def _fund_row(row: FundProgress, scale: float) -> Markup:
    told, state = outlook(row)
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


def _budget_finding(wall: Wall) -> str:
    fund = wall.overview.fund
    if fund.county is None or fund.county.year_end is None:
        return ""
    return _("{finding}；全县预计{outlook}", finding=fund_finding(fund), outlook=outlook(fund.county)[0])


def _budget(wall: Wall) -> Markup:
    fund = wall.overview.fund
    county = fund.county
    if county is None:
        return panel("budget", _("医保总额预算执行"), "", no_fund(fund))
    told, state = outlook(county)
    reader = language()
    cells = tag(
        "div",
        _amount(_("全年预算"), formatting.money(county.budget, reader), str(fund.year)),
        _amount(_("已支出"), formatting.money(county.spent, reader), formatting.percent(county.execution)),
        _amount(_("时序进度"), formatting.percent(county.time_progress), formatting.period(wall.period, reader)),
        tag("div", tag("span", _("年末预计")), tag("strong", chip(told, state) if told else formatting.MISSING),
            tag("small", interval_words(county)), class_="cell wide"),
        class_="cells five",
    )  # fmt: skip
    scale = fund_scale(fund.communities)
    keys = tag(
        "span",
        *(
            tag("span", tag("i", class_=kind), words, class_="key")
            for kind, words in (("mark", _("时序进度")), ("budget", _("全年预算")), ("range", _("年末预测 95% 区间")))
        ),
        class_="keys",
    )
    rows = tag("div", *(_fund_row(row, scale) for row in fund.communities), class_="lines")
    return joined((panel("whole", _("全县"), _("参保人在各地的全部基金支出"), cells), panel("budget", _("各医共体预算执行"), keys, rows)))


def _monitoring(wall: Wall, entry: SceneEntry) -> Iterator[Scene]:
    items = wall.overview.attention
    parts: list[Sequence[Attention]] = [items[start : start + _ALERTS_A_SCENE] for start in range(0, len(items), _ALERTS_A_SCENE)] or [()]
    for number, part in enumerate(parts, start=1):
        body = panel("monitoring", attention_count(items), _("阈值为本系统设定，待核实"), tag("ul", *(alert(item) for item in part)))
        scene = _scene(wall, entry, _("运行监测"), body, finding(wall.overview))
        if number > 1:
            scene = replace(scene, id=f"{scene.id}-{number}", name=f"{scene.name} {number}")
        yield scene
