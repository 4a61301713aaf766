"""The panels of the cockpit: headline cards, scores, beds, map, fund, shared services, alerts. Widths in units of the standard layout."""

import math
import re
from collections.abc import Sequence

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.cockpit import CockpitPlan
from dashboard.catalogue.performance import performance_plan
from dashboard.catalogue.scheme import Dimension
from dashboard.services.cockpit.answer import BALANCE, Balance, Cockpit, CockpitFlows, ScoreRow, Scores
from dashboard.services.overview import wording
from dashboard.services.overview.answer import BedPicture, Headline, shown_centres, shown_recognition
from dashboard.services.overview.fund import FundProgress
from dashboard.services.referrals.flows import DIRECTIONS, View
from dashboard.states import FILLS, INCOMPLETE, SIGNS, State
from dashboard.store.codes import CENTRE_SERVICE
from dashboard.ui.cockpit.html import Markup, chip, community_class, empty, narrow_names, panel, share_of, short_name, tag
from dashboard.ui.cockpit.svg import MapStyle, emphasised_communities, flow_map_svg, pabon, shown_directions, sparkline
from dashboard.ui.kit import formatting
from dashboard.ui.kit.formatting import line_width
from dashboard.ui.kit.headlines import HeadlineCard
from dashboard.ui.kit.i18n import _, code_label, language
from dashboard.ui.kit.readings import USED_INDICATOR, headline_content, with_time_mark
from dashboard.ui.performance.weights import label

SHORT_ZH, SHORT_EN = 2, 9
_NAME_BESIDE_MOVEMENT = 3
"""Letters of a name beside eight dimensions and the total that leave room for the movement of the rank."""
_CENTRES_SHOWN = 3
_FIRST_CLAUSE = re.compile("[，；：,;:]")


# Headline numbers --------------------------------------------------------------------------------------------------------


def _meter(card: HeadlineCard) -> Markup:
    if card.share is None:
        return Markup("")
    mark = "" if card.target_share is None else tag("i", class_="mark", style=f"left:{share_of(card.target_share)}")
    return tag("div", tag("b", style=f"width:{share_of(card.share)}"), mark, class_="meter")


def headline_cards(cards: Sequence[Headline], fund: FundProgress | None, cockpit: Cockpit) -> Markup:
    """Return the headline numbers with target, change on last year, and the line of thirteen months.

    The used share of the fund stands against the pace of the year of ``fund``.
    """
    contents = [headline_content(each, cockpit.version) for each in cards]
    month = cockpit.period.last
    marked = [with_time_mark(each, fund, month) if each.key == USED_INDICATOR else each for each in contents]
    return tag("div", *map(_headline, marked), class_="cards")


def _headline(card: HeadlineCard) -> Markup:
    name = tag("h3", card.label)
    if card.value == formatting.MISSING:
        return tag("section", name, tag("p", card.note, class_="empty"), class_="panel headline neutral")
    change = _("同比 {change}", change=card.last_year_change) if card.last_year_change else _("无去年同期")
    return tag(
        "section",
        name,
        tag("div", tag("strong", card.value), sparkline(card.trend), class_="figure"),
        _meter(card),
        tag("p", chip(card.target, card.state)),
        tag("p", card.incomplete or card.dated or change, class_="muted"),
        class_=f"panel headline {card.state}",
    )


# Scores ------------------------------------------------------------------------------------------------------------------


def dimension_short(dimension: Dimension, plan: CockpitPlan) -> str:
    """Return the name of a dimension for a narrow column."""
    named = plan.dimensions.get(dimension.id)
    if named is not None:
        return named.label(language())
    return label(dimension)[: SHORT_ZH if language() == "zh" else SHORT_EN]


def _movement(row: ScoreRow) -> str:
    if math.isnan(row.move):
        return ""
    steps = round(abs(row.move))
    return "＝" if steps == 0 else f"{'▲' if row.move > 0 else '▼'}{steps}"


def _rank(row: ScoreRow) -> str:
    return formatting.number(row.rank, 1 if row.rank % 1 else 0) if row.trusted else formatting.MISSING


def _total(row: ScoreRow) -> str:
    """Return the score; one on too little data carries its mark."""
    return formatting.number(row.total, 1) + ("" if row.trusted else INCOMPLETE)


def rank_text(row: ScoreRow) -> str:
    """Return the rank and how many ranks it rose or fell; a score on too little data has none."""
    if not row.trusted:
        return _("○ 数据 {share}，不可信", share=formatting.percent(row.completeness, 0))
    return " ".join(part for part in (_("第 {rank} 名", rank=_rank(row)), _movement(row)) if part)


def _cell(share: float, *, trusted: bool) -> Markup:
    if math.isnan(share):
        return tag("td", formatting.MISSING)
    if not trusted:
        return tag("td", tag("span", formatting.number(share), tag("i", SIGNS[State.UNKNOWN]), class_="heat unknown"))
    level = performance_plan().strip.level(share)
    return tag("td", tag("span", formatting.number(share), tag("i", SIGNS[FILLS[level]]), class_=f"heat h{level}"))


def score_strip(scores: Scores | None, plan: CockpitPlan) -> Markup:
    """Return community × dimension with the score, the rank and its movement."""
    title = _("绩效得分与短板")
    if scores is None:
        return panel("score", title, "", empty(_("这个时期没有可评分的指标。"), _("请载入数据，或在绩效评价页选择方案。")))
    heads = [tag("th", tag("span", dimension_short(dimension, plan))) for dimension in scores.scheme.dimensions]
    names = narrow_names([row.name for row in scores.rows])
    moves = all(line_width(name, 1, 0.5) <= _NAME_BESIDE_MOVEMENT for name in names)
    rows = [
        tag(
            "tr",
            tag(
                "th",
                tag("strong", _rank(row)),
                tag("b", name),
                tag("small", _movement(row) if moves else ""),
                class_=f"who {community_class(row.position)}",
                scope="row",
            ),
            *(_cell(share, trusted=row.trusted) for share in row.shares),
            tag("td", tag("strong", _total(row))),
            class_=None if row.trusted else "untrusted",
        )
        for row, name in zip(scores.rows, names, strict=True)
    ]
    table = tag(
        "table", tag("thead", tag("tr", tag("th"), *heads, tag("th", _("总分")))), tag("tbody", *rows), class_=f"strip {language()}"
    )
    return panel("score", title, _("得分率 % · 排名较上期") if moves else _("得分率 %"), table)


def score_card(scores: Scores | None, community: str) -> Markup:
    """Return one community's score with every dimension by its whole name."""
    title = _("绩效得分")
    row = scores.of(community) if scores else None
    if scores is None or row is None:
        return panel("score", title, "", empty(_("这个时期没有可评分的指标。"), _("请载入数据，或在绩效评价页选择方案。")))
    head = tag("div", tag("strong", _total(row)), tag("span", rank_text(row)), class_="total" if row.trusted else "total untrusted")
    limits = performance_plan().strip
    bars = []
    for dimension, share in zip(scores.scheme.dimensions, row.shares, strict=True):
        known = not math.isnan(share)
        level = f"h{limits.level(share)}" if row.trusted else "unknown"
        fill = tag("b", style=f"width:{share_of(share / 100)}", class_=level) if known else ""
        state = FILLS[limits.level(share)] if known and row.trusted else State.UNKNOWN
        bars += [
            tag("span", label(dimension)),
            tag("div", fill, class_="bar"),
            tag("strong", f"{formatting.number(share)} {SIGNS[state]}".strip() if known else formatting.MISSING),
        ]
    others = _("共 {count} 个医共体", count=len(scores.rows))
    return panel("score", title, others, head, tag("div", *bars, class_="bars"))


# Beds --------------------------------------------------------------------------------------------------------------------


def beds_panel(cockpit: Cockpit, width: int, height: int, community: str = "") -> Markup:
    """Return the institutions with beds by occupancy and turnover, of one community or all."""
    picture = cockpit.overview.beds
    points = () if picture is None else tuple(point for point in picture.points if community in ("", point.community))
    if picture is None or not points:
        return panel("beds", _("床位效率"), "", empty(_("这个时期没有床位数据。"), _("请载入“床位月报”（fact_bed）。")))
    kept = BedPicture(points)
    title = wording.beds_title(kept, language())
    aside = _("虚线 = 同类中位数，圆 = 床位")
    return panel("beds", title, aside, pabon(kept, width, height))


def bed_bars(cockpit: Cockpit, community: str, most: int) -> Markup:
    """Return the occupancy of one community's institutions, the fullest first."""
    picture = cockpit.overview.beds
    points = () if picture is None else tuple(point for point in picture.points if point.community == community)
    if not points:
        return panel("beds", _("病床使用率"), "", empty(_("这个时期没有床位数据。"), _("请载入“床位月报”（fact_bed）。")))
    ordered = sorted(points, key=lambda point: -point.beds)[:most]
    reach = max(1.0, *(point.occupancy / 100 for point in ordered))
    bars = []
    for point in ordered:
        fill = tag("b", style=f"width:{share_of(point.occupancy / 100 / reach)}", class_=community_class(point.position))
        bars += [tag("span", point.name), tag("div", fill, class_="bar"), tag("strong", formatting.percent(point.occupancy / 100))]
    aside = _("床位最多的 {count} 家", count=len(ordered)) if len(points) > len(ordered) else _("{count} 家机构", count=len(points))
    return panel("beds", _("病床使用率"), aside, tag("div", *bars, class_="bars"))


# Referrals ---------------------------------------------------------------------------------------------------------------


def _direction(name: str) -> str:
    return _(DIRECTIONS[View.REFERRALS][name])


def _legend(cockpit: Cockpit, flows: CockpitFlows, style: MapStyle) -> Markup:
    """Return the directions with their cases, and where the emphasis is: on one of them or on one of the communities."""
    by_direction = style.emphasis == "direction"
    counts = cockpit.balance.of(style.community) if cockpit.balance else {}
    keys = []
    for number, name in enumerate(shown_directions(flows), start=1):
        words = " ".join([_direction(name), *([formatting.count(counts[name])] if name in counts else [])])
        keys.append(tag("span", tag("i"), words, class_=f"key {name}", data_in=number if by_direction else None))
    if not by_direction:
        names = {each.community.code: each.community for each in cockpit.communities}
        shown = [names[code] for code in emphasised_communities(flows) if code in names]
        keys += [
            tag("span", tag("i"), short_name(each.short_name), class_=f"key dot {community_class(each.position)}", data_in=number)
            for number, each in enumerate(shown, start=1)
        ]
    return tag("div", *keys, class_="legend")


def map_panel(cockpit: Cockpit, style: MapStyle) -> Markup:
    """Return the map with its legend; the emphasis moves through the legend's entries."""
    title = _("转诊流向")
    if cockpit.flows is None:
        trouble = cockpit.flows_trouble
        if trouble is not None:
            return panel("map", title, "", empty(trouble.what(language()), trouble.remedy(language())))
        return panel("map", title, "", empty(_("这个时期没有转诊数据。"), _("请载入“转诊月报”（fact_referral）。")))
    steps = len(emphasised_communities(cockpit.flows)) if style.emphasis == "community" else len(shown_directions(cockpit.flows))
    note = _FIRST_CLAUSE.split(cockpit.flows.boundaries.text(language()))[0]
    return panel(
        "map",
        title,
        note,
        tag("div", flow_map_svg(cockpit.flows, style), _legend(cockpit, cockpit.flows, style), class_="cycle", data_steps=steps),
    )


def balance_cells(balance: Balance | None, community: str) -> Markup:
    """Return one community's referrals sent, large."""
    row = balance.of(community) if balance else {}
    if not row:
        return panel("shared", _("转出人次"), "", empty(_("这个时期没有转诊数据。"), _("请载入“转诊月报”（fact_referral）。")))
    cells = [_count_cell(_direction(name), formatting.count(row[name]), "") for name in BALANCE]
    return panel("shared", _("转出人次"), _("小于 10 及可推算者不显示"), tag("div", *cells, class_="cells three"))


def balance_finding(balance: Balance | None) -> str:
    """Return how many come down for a hundred that go up."""
    told = balance.of() if balance else {}
    up, down = told.get("up", math.nan), told.get("down", math.nan)
    if math.isnan(down) or not up > 0:
        return _("双向转诊")
    return _("每上转 100 人，下转 {down} 人", down=formatting.number(100 * down / up))


def balance_table(balance: Balance | None) -> Markup:
    """Return the referrals sent, community × direction, with the county's totals."""
    if balance is None:
        return panel("balance", _("双向转诊"), "", empty(_("这个时期没有转诊数据。"), _("请载入“转诊月报”（fact_referral）。")))
    heads = [tag("th", _direction(name), class_=name) for name in BALANCE]
    lines = [
        tag(
            "tr",
            tag("th", tag("b", row.name), class_=f"who {community_class(row.position)}", scope="row"),
            *_counts(balance.of(row.community)),
        )
        for row in balance.rows
    ]
    whole = tag("tr", tag("th", tag("b", _("全县")), class_="who", scope="row"), *_counts(balance.of()), class_="whole")
    table = tag("table", tag("thead", tag("tr", tag("th"), *heads)), tag("tbody", *lines, whole), class_="numbers")
    return panel("balance", balance_finding(balance), _("人次"), table, tag("p", _("小于 10 及可推算者不显示"), class_="muted"))


def _counts(row: dict[str, float]) -> list[Markup]:
    return [tag("td", formatting.count(row[name])) for name in BALANCE]


# Shared services ---------------------------------------------------------------------------------------------------------


def _count_cell(name: str, value: str, below: str) -> Markup:
    return tag("div", tag("span", name), tag("strong", value), tag("small", below), class_="cell")


def _minutes(minutes: float) -> str:
    if math.isnan(minutes):
        return ""
    if minutes >= 90:
        return _("{hours}小时", hours=formatting.number(minutes / 60, 1))
    return _("{minutes}分钟", minutes=formatting.number(minutes))


def shared_panel(cockpit: Cockpit) -> Markup:
    """Return what the shared centres reported, how results are recognised, and who went down."""
    title = _("共享中心与资源下沉")
    cells = []
    if cockpit.centres is not None:
        told = cockpit.overview.shared
        centres = shown_centres(told, ON_EXPORT)
        minutes = cockpit.centres.centres["turnaround"]
        for code, reports, change in centres[["centre", "reports", "change"]].head(_CENTRES_SHOWN).itertuples(index=False):
            parts = (wording.change_text(100 * change, "%"), _minutes(float(minutes.get(code, math.nan))))
            below = " ".join(part for part in parts if part)
            cells.append(_count_cell(code_label(CENTRE_SERVICE, str(code)), formatting.people(reports, language(), ON_EXPORT), below))
        if told.recognised + told.repeated:
            recognised, share = shown_recognition(told, ON_EXPORT)
            cells.append(_count_cell(_("检查互认"), formatting.people(recognised, language(), ON_EXPORT), formatting.percent(share)))
    if cockpit.sinking.reported:
        towns = cockpit.sinking.towns
        posted = formatting.count(towns["posted"].sum())
        cells.append(_count_cell(_("派驻基层"), _("{count} 人", count=posted), ""))
        cells.append(_count_cell(_("专家帮扶"), _("{count} 次", count=formatting.count(towns["sessions"].sum())), ""))
    if not cells:
        return panel("shared", title, "", empty(_("这个时期没有共享中心数据。"), _("请载入“共享中心月报”（fact_shared_service）。")))
    return panel("shared", title, _("报告数 · 同比 · 中位用时"), tag("div", *cells, class_="cells"))
