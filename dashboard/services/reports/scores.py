"""Scores in a report: the league table with its uncertainty, what moved, and where one community loses its points."""

import math
from collections.abc import Sequence

from dashboard import formatting
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.loader import load_catalogue
from dashboard.documents.content import Block, Bullets, Cell, Chart, Column, Section, Series, Table
from dashboard.language import marked
from dashboard.services.overview.wording import unit_text
from dashboard.services.performance.answer import Ranking, dimension_shares, movement, needed_ids, number_at, rank, score_inputs
from dashboard.services.performance.detail import shortfalls
from dashboard.services.performance.schemes import SchemeChoice, custom_indicators, scheme_choices
from dashboard.services.reports.parts import Brief, Part
from dashboard.services.reports.work import lacking

_LOSSES_SHOWN = 5
_UNTRUSTED = marked("{name}（数据不全，得分不可信）")


def chosen_scheme(brief: Brief, key: str = "") -> SchemeChoice | None:
    """Return the scheme of ``key``; without one, the scheme that the performance page opens with. None when it is no longer there."""
    choices = scheme_choices(brief.workspace)
    return next((choice for choice in choices if key in ("", choice.key, choice.document_id)), None)


def ranking_of(brief: Brief, choice: SchemeChoice) -> Ranking | None:
    """Return the ranking of the communities under ``choice``, as the performance page computes it."""
    custom = custom_indicators(brief.workspace)
    inputs = score_inputs(brief.database, brief.filters.period, needed_ids(choice.scheme), brief.filters.scheme_code, (), custom)
    return rank(choice.scheme, inputs)


def scheme_name(brief: Brief, choice: SchemeChoice) -> str:
    """Return what the reader calls a scheme: a delivered file has an English name, a county's own the name it was saved under."""
    return choice.scheme.name_en if choice.document_id is None and brief.language == "en" else choice.name


def scheme_version(brief: Brief, choice: SchemeChoice) -> tuple[str, str]:
    """Return the line of the source that names scheme, version and status."""
    status = brief.say(choice.status_text) if choice.status_text else ""
    return brief.say(marked("评分方案")), " ".join(filter(None, (scheme_name(brief, choice), choice.version_text, status)))


def _rank_text(value: float) -> str:
    return formatting.number(value, 0 if float(value).is_integer() else 1)


def _unit_name(brief: Brief, ranking: Ranking, unit: str) -> str:
    name = str(ranking.inputs.names[unit])
    return name if ranking.current.trusted[unit] else brief.say(_UNTRUSTED, name=name)


def _band(brief: Brief, ranking: Ranking, unit: str) -> str:
    band = ranking.current.band[unit]
    return next((each.name if brief.language == "zh" else each.name_en for each in ranking.scheme.bands if each.name == band), "")


def rank_sentences(brief: Brief, ranking: Ranking) -> tuple[str, ...]:
    """Return who is ahead and behind where other weights would not change it, and who cannot be told apart."""
    _ = brief.say
    order, names, total = ranking.order, ranking.inputs.names, ranking.current.total
    grouped = {unit for group in ranking.groups for unit in group}
    sentences = []
    if len(order) == 1:
        return (_("{name}得 {score} 分；只有一个单位，没有名次可比。", name=names[order[0]], score=formatting.number(total[order[0]], 1)),)
    for unit, sure, template in (
        (order[0], ranking.surely_first, marked("{name}得分最高（{score} 分），换一组权重也居首。")),
        (order[-1], ranking.surely_last, marked("{name}得分最低（{score} 分），换一组权重也居末。")),
    ):
        if unit not in grouped and sure:
            sentences.append(_(template, name=names[unit], score=formatting.number(total[unit], 1)))
    for group in ranking.groups:
        listed = brief.joined(f"{names[unit]} {formatting.number(total[unit], 1)}" for unit in order if unit in group)
        sentences.append(_("{units}：分差小于权重的不确定性，分不出高下。", units=listed))
    return tuple(sentences)


def _moved_sentence(brief: Brief, ranking: Ranking) -> str:
    """Return whose rank moved and whose interval does not reach back to the old rank."""
    _ = brief.say
    if ranking.intervals is None:
        return ""
    moves, table = movement(ranking), ranking.intervals.table
    found = []
    for unit in ranking.order:
        before = float(ranking.previous.rank.get(unit, math.nan))
        if math.isnan(before) or number_at(table, unit, "low") <= before <= number_at(table, unit, "high"):
            continue
        template = marked("{name}由第 {before} 名升到第 {now} 名") if moves[unit] > 0 else marked("{name}由第 {before} 名降到第 {now} 名")
        found.append(
            _(template, name=ranking.inputs.names[unit], before=_rank_text(before), now=_rank_text(float(ranking.current.rank[unit])))
        )
    if not found:
        return _("与上期相比，名次没有超出 90% 区间的变动。")
    return f"{brief.joined(found, '；')}{_('（新名次的 90% 区间不含原名次）。')}"


def league_table(brief: Brief, ranking: Ranking) -> Table:
    """Return rank, score, band, movement, interval and completeness of every unit, in rank order."""
    _ = brief.say
    current, moves = ranking.current, movement(ranking)
    rows: list[tuple[Cell, ...]] = []
    for unit in ranking.order:
        interval = formatting.MISSING
        if ranking.intervals is not None:
            low, high = (number_at(ranking.intervals.table, unit, side) for side in ("low", "high"))
            interval = f"{_rank_text(low)}–{_rank_text(high)}"
        move = float(moves[unit])
        rows.append(
            (
                _rank_text(float(current.rank[unit])),
                _unit_name(brief, ranking, unit),
                float(current.total[unit]),
                _band(brief, ranking, unit),
                formatting.MISSING if math.isnan(move) else "—" if move == 0 else f"{'▲' if move > 0 else '▼'}{_rank_text(abs(move))}",
                interval,
                float(current.completeness[unit]),
            )
        )
    columns = (
        Column(_("名次")),
        Column(_("单位"), wide=True),
        Column(_("得分"), "number", 1),
        Column(_("等次")),
        Column(_("较上期")),
        Column(_("90% 名次区间")),
        Column(_("数据完整度"), "percent", 0),
    )
    return Table("league", _("绩效排名"), columns, tuple(rows), _("名次区间：10,000 组随机权重下名次的 5%–95%；区间重叠的单位分不出高下。"))


def dimension_table(brief: Brief, ranking: Ranking) -> Table:
    """Return the share of full score by unit and dimension."""
    shares = dimension_shares(ranking.current)
    dimensions = [each for each in ranking.scheme.dimensions if each.id in shares]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (str(ranking.inputs.names[unit]), *(number_at(shares, unit, each.id) / 100 for each in dimensions)) for unit in ranking.order
    )
    columns = (
        Column(brief.say(marked("单位"))),
        *(Column(each.name if brief.language == "zh" else each.name_en, "percent", 0) for each in dimensions),
    )
    return Table("dimensions", brief.say(marked("各维度得分率")), columns, rows)


def performance_part(brief: Brief, key: str = "", heading: str = "") -> Part:
    """Return the ranking under a scheme (by default the one that the performance page opens with)."""
    _ = brief.say
    heading = heading or _("绩效评价")
    choice = chosen_scheme(brief, key)
    if choice is None:
        return lacking(brief, heading, _("这个评价方案已不在列表中。"))
    ranking = ranking_of(brief, choice)
    if ranking is None or not ranking.order:
        return lacking(brief, heading, _("还没有可以计分的数据。"))
    sentences = rank_sentences(brief, ranking)
    chart = Chart(
        key="scores",
        kind="bar",
        title=_("综合得分（0–100）"),
        categories=tuple(str(ranking.inputs.names[unit]) for unit in ranking.order),
        series=(Series(_("得分"), tuple(float(ranking.current.total[unit]) for unit in ranking.order)),),
        format="0.0",
        alternative=sentences[0] if sentences else heading,
    )
    assumed = () if choice.scheme.official else (_("权重为假设，待核实。"),)
    bullets = Bullets(tuple(filter(None, (*sentences, _moved_sentence(brief, ranking), *assumed))))
    message = sentences[0].rstrip(_("。")) if sentences else heading
    blocks = (bullets, chart, league_table(brief, ranking), dimension_table(brief, ranking))
    section = Section(heading, message, blocks, note=" ".join(scheme_version(brief, choice)))
    return Part((section,), sentences[:2], _known(choice), (scheme_version(brief, choice),))


def _known(choice: SchemeChoice) -> tuple[str, ...]:
    catalogue = load_catalogue().indicators
    return tuple(each.id for each in choice.scheme.indicators if each.id in catalogue)


def _value(brief: Brief, name: str, value: float) -> str:
    entry = load_catalogue().indicators.get(name)
    text = formatting.number(value, 1 if entry is None else entry.decimals)
    return text if entry is None or text == formatting.MISSING else f"{text}{unit_text(entry.unit, brief.language)}"


def losses_part(brief: Brief, community: str) -> Part:
    """Return the score of one community and the indicators that cost it most."""
    _ = brief.say
    heading = _("绩效得分与失分")
    choice = chosen_scheme(brief)
    ranking = None if choice is None else ranking_of(brief, choice)
    if choice is None or ranking is None or community not in ranking.order:
        return lacking(brief, heading, _("还没有可以计分的数据。"))
    items = [item for dimension in ranking.scheme.dimensions for item in shortfalls(ranking, community, dimension.id, ON_EXPORT)]
    lost = sorted((item for item in items if item.lost > 0), key=lambda item: -item.lost)[:_LOSSES_SHOWN]
    rows: Sequence[tuple[Cell, ...]] = [
        (
            item.indicator.name if brief.language == "zh" else item.indicator.name_en,
            _value(brief, item.indicator.id, item.value),
            _value(brief, item.indicator.id, item.median),
            _value(brief, item.indicator.id, item.best),
            item.lost,
            item.weight,
        )
        for item in lost
    ]
    columns = (
        Column(_("失分最多的指标"), wide=True),
        Column(_("数值")),
        Column(_("中位")),
        Column(_("最好")),
        Column(_("失分"), "number", 1),
        Column(_("权重"), "number", 1),
    )
    table = Table("losses", heading, columns, tuple(rows))
    position = _rank_text(float(ranking.current.rank[community]))
    message = _(
        "{name}得 {score} 分，第 {rank} 名（共 {count} 家，{band}）",
        name=_unit_name(brief, ranking, community),
        score=formatting.number(ranking.current.total[community], 1),
        rank=position,
        count=len(ranking.order),
        band=_band(brief, ranking, community) or formatting.MISSING,
    )
    group = next((group for group in ranking.groups if community in group), ())
    others = brief.joined(str(ranking.inputs.names[unit]) for unit in ranking.order if unit in group and unit != community)
    close = (_("与{others}的分差小于权重的不确定性，分不出高下。", others=others),) if others else ()
    blocks: tuple[Block, ...] = (Bullets(close), table) if close else (table,)
    section = Section(heading, message, blocks)
    return Part((section,), (f"{message}{_('。')}",), _known(choice), (scheme_version(brief, choice),))
