"""Indicators in a report: the headline numbers with what truly changed, the communities side by side, the trend."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.analysis.noise import Verdict, compare, corrected_sigmas, proportion_error, standard_error
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.overview import overview_plan
from dashboard.documents.content import Block, Bullets, Chart, Column, Figure, Figures, Paragraph, Section, Series, Table
from dashboard.language import marked, translate
from dashboard.services.common import noise
from dashboard.services.common.indicators import CATEGORIES
from dashboard.services.overview.answer import Headline, Reading, StripRow, dimension_strip, headlines
from dashboard.services.overview.wording import bound_text, change_text, target_chip, trouble_text, unit_text, value_text
from dashboard.services.reports.parts import Brief, Part, change_cell, is_small, side_cell, target_cell, value_cell
from dashboard.states import SIGNS, State, legend, signed

_EXTREMES = {
    False: {
        (True, True): marked("{name}：{best}最好，{best_value}；{worst}最差，{worst_value}。"),
        (True, False): marked("{name}：{best}最好，{best_value}；其余各家不分先后。"),
        (False, True): marked("{name}：{worst}最差，{worst_value}；其余各家不分先后。"),
    },
    True: {
        (True, True): marked("{name}：{best}最高，{best_value}；{worst}最低，{worst_value}。"),
        (True, False): marked("{name}：{best}最高，{best_value}；其余各家不分高低。"),
        (False, True): marked("{name}：{worst}最低，{worst_value}；其余各家不分高低。"),
    },
}
"""What is said of the first and the last of a dimension: by whether only a range is good, then which of both stands apart."""


def process_errors(brief: Brief, names: Sequence[str], level: Level, community: str | None = None) -> Mapping[tuple[str, str], float]:
    """Return by (indicator, unit) the standard error that two years of months give a value of the brief's period; NaN when too few."""
    return noise.process_errors(
        brief.database, names, level=level, period=brief.filters.period, community=community, scheme=brief.filters.scheme_code
    )


def _error(reading: Reading, process: float) -> float:
    return standard_error(process, proportion_error(reading.numerator, reading.denominator, reading.indicator.multiplier))


def _before(value: float, change: float, unit: str) -> float:
    """Return the value that a change was measured against."""
    return value - change if unit == "pt" else value / (1 + change / 100) if change > -100 else math.nan


def verdict(reading: Reading, change: float, process: float) -> Verdict:
    """Return whether a change of ``reading`` is beyond noise; unknown when the value is incomplete, small or without history."""
    if reading.status != "ok" or is_small(reading):
        return Verdict.UNKNOWN
    error = _error(reading, process)
    return compare(reading.value, _before(reading.value, change, reading.change_unit), error, error)


def is_better(indicator: Indicator, found: Verdict) -> bool | None:
    """Return whether a change is for the better; None for noise, or where only a range is good."""
    if found in (Verdict.NOISE, Verdict.UNKNOWN) or indicator.direction == "range":
        return None
    return (found is Verdict.HIGHER) == (indicator.direction == "higher")


@dataclass(frozen=True)
class Judged:
    """A headline with the verdict on its two changes."""

    headline: Headline
    since_previous: Verdict
    since_last_year: Verdict

    @property
    def reading(self) -> Reading:
        """The reading of the period."""
        return self.headline.reading

    @property
    def better(self) -> bool | None:
        """Whether it got better on last year, beyond noise."""
        return is_better(self.reading.indicator, self.since_last_year)


def judged_headlines(brief: Brief, indicators: tuple[str, ...] = ()) -> tuple[Judged, ...]:
    """Return the headline numbers of the county, or of the brief's community, each change weighed against its noise."""
    period, community, scheme = brief.filters.period, brief.filters.community, brief.filters.scheme_code
    found = headlines(brief.database, period, community, scheme, indicators, ON_EXPORT)
    names = [each.reading.indicator.id for each in found]
    errors = process_errors(brief, names, "community" if community else "county", community)
    unit = community or "county"
    answer = []
    for each in found:
        reading, process = each.reading, errors.get((each.reading.indicator.id, unit), math.nan)
        previous, last_year = (verdict(reading, change, process) for change in (reading.change_previous, reading.change_last_year))
        answer.append(Judged(each, previous, last_year))
    return tuple(answer)


# Sentences -------------------------------------------------------------------------------------------------------------


def sides_text(brief: Brief, reading: Reading) -> str:
    """Return "699,671/765,229", the denominator that a rate stands on; empty where there is none or it is small."""
    if math.isnan(reading.denominator) or is_small(reading):
        return ""
    _ = brief.say
    return _(
        "（{numerator}/{denominator}）", numerator=formatting.number(reading.numerator), denominator=formatting.number(reading.denominator)
    )


def _named(brief: Brief, reading: Reading) -> str:
    name = reading.indicator.label(brief.language)
    return f"{name} {value_text(reading, brief.language)}{sides_text(brief, reading)}"


def _with_change(brief: Brief, judged: Judged) -> str:
    change = change_text(judged.reading.change_last_year, judged.reading.change_unit)
    return f"{_named(brief, judged.reading)}{translate('，同比 {change}', brief.language, change=change)}"


def _with_target(brief: Brief, reading: Reading) -> str:
    return f"{_named(brief, reading)}{translate('，{target}', brief.language, target=target_chip(reading.target, brief.language))}"


def change_sentences(brief: Brief, judged: Sequence[Judged]) -> tuple[str, ...]:
    """Return what improved, what worsened, what moved without being better or worse, what stayed within noise, what cannot be judged."""
    _ = brief.say
    groups: dict[str, list[Judged]] = {"better": [], "worse": [], "moved": [], "noise": [], "unknown": []}
    for each in judged:
        if each.since_last_year is Verdict.UNKNOWN:
            groups["unknown"].append(each)
        elif each.since_last_year is Verdict.NOISE:
            groups["noise"].append(each)
        else:
            groups["moved" if each.better is None else "better" if each.better else "worse"].append(each)
    lists = {name: brief.joined((_with_change(brief, each) for each in found), "；") for name, found in groups.items()}
    sentences = [
        (groups["better"], _("较去年同期改善 {count} 项：{items}。", count=len(groups["better"]), items=lists["better"])),
        (groups["worse"], _("较去年同期变差 {count} 项：{items}。", count=len(groups["worse"]), items=lists["worse"])),
        (
            groups["moved"],
            _("较去年同期有变动 {count} 项（区间型指标，不判好坏）：{items}。", count=len(groups["moved"]), items=lists["moved"]),
        ),
    ]
    answer = [sentence for found, sentence in sentences if found]
    if groups["noise"]:
        names = brief.joined(each.reading.indicator.label(brief.language) for each in groups["noise"])
        answer.append(_("{names}的同比变化在正常波动之内，不作升降判断。", names=names))
    if groups["unknown"]:
        names = brief.joined(each.reading.indicator.label(brief.language) for each in groups["unknown"])
        answer.append(_("{names}数据不全、人数过少或历史不足 12 个月，不作升降判断。", names=names))
    return tuple(answer)


def target_sentences(brief: Brief, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return how many targets are met, and which are not, with the numbers."""
    _ = brief.say
    held = [reading for reading in readings if reading.has_target]
    missed = [reading for reading in held if reading.state in (State.WARNING, State.BAD)]
    unknown = [reading for reading in held if reading.state is State.UNKNOWN]
    if not held:
        return ()
    met = _("{held} 项有目标的指标中 {met} 项达标。", held=len(held), met=len(held) - len(missed) - len(unknown))
    if unknown:
        names = brief.joined(reading.indicator.label(brief.language) for reading in unknown)
        met += _("{names}数据不全，不判断是否达标。", names=names)
    if not missed:
        return (met,)
    items = brief.joined((_with_target(brief, reading) for reading in missed), "；")
    return (met, _("未达标 {count} 项：{items}。", count=len(missed), items=items))


# Parts -----------------------------------------------------------------------------------------------------------------


def headline_figures(brief: Brief, judged: Sequence[Judged]) -> Figures:
    """Return the headline cards."""
    items = []
    for each in judged:
        reading = each.reading
        hidden = is_small(reading)
        change = "" if hidden else change_text(reading.change_last_year, reading.change_unit)
        details = (
            signed(reading.state, target_chip(reading.target, brief.language)),
            translate("同比 {change}", brief.language, change=change) if change else "",
        )
        value = f"<{ON_EXPORT}" if hidden else value_text(reading, brief.language)
        items.append(Figure(reading.indicator.short_label(brief.language), value, " · ".join(filter(None, details)), reading.state))
    return Figures(tuple(items))


def headline_table(brief: Brief, judged: Sequence[Judged]) -> Table:
    """Return the headline numbers with target, changes and both sides of the rate."""
    _ = brief.say
    rows = []
    for each in judged:
        reading = each.reading
        hidden = is_small(reading)
        changes = (
            None if hidden else change_cell(change, reading.change_unit, found in (Verdict.HIGHER, Verdict.LOWER))
            for change, found in ((reading.change_previous, each.since_previous), (reading.change_last_year, each.since_last_year))
        )
        rows.append(
            (
                reading.indicator.label(brief.language),
                value_cell(brief, reading),
                signed(reading.state, target_cell(brief, reading)),
                *changes,
                side_cell(reading, "numerator"),
                side_cell(reading, "denominator"),
            )
        )
    columns = (
        Column(_("指标"), wide=True),
        Column(_("数值"), "number"),
        Column(_("目标")),
        Column(_("环比"), "number"),
        Column(_("同比"), "number"),
        Column(_("分子"), "number"),
        Column(_("分母"), "number"),
    )
    return Table("headlines", _("核心指标"), columns, tuple(rows), noise_note(brief, 2 * len(rows)))


def noise_note(brief: Brief, compared: int) -> str:
    """Return how changes were judged and how many were looked at."""
    return translate(
        "● 表示变化超出正常波动（2 倍标准误，取近两年逐月移动极差与二项抽样误差中较大者）；共比较 {count} 次，约 5% 会偶然越界。",
        brief.language,
        count=compared,
    ) + brief.say("{signs}。", signs=legend(brief.language))


def headline_part(brief: Brief) -> Part:
    """Return the headline numbers: figures, sentences, table."""
    _ = brief.say
    judged = judged_headlines(brief)
    targets, changes = target_sentences(brief, [each.reading for each in judged]), change_sentences(brief, judged)
    troubles = [
        f"{each.reading.indicator.label(brief.language)}：{trouble}"
        for each in judged
        if (trouble := trouble_text(each.reading, brief.language))
    ]
    blocks: list[Block] = [headline_figures(brief, judged), Bullets((*targets, *changes, *troubles)), headline_table(brief, judged)]
    section = Section(
        _("核心指标"),
        _("{area}核心指标：{finding}", area=brief.area, finding=targets[0].rstrip(_("。")) if targets else brief.period),
        tuple(blocks),
    )
    return Part((section,), (*targets, *changes), tuple(each.reading.indicator.id for each in judged))


def category_part(brief: Brief, category: str) -> Part:
    """Return every indicator of one category of the catalogue that the county's data give a value, as a table with its changes."""
    _ = brief.say
    level = "community" if brief.filters.community else "county"
    names = tuple(
        entry.id
        for entry in load_catalogue().indicators.values()
        if entry.category == category and entry.lacks is None and level in entry.levels
    )
    judged = tuple(each for each in judged_headlines(brief, names) if not math.isnan(each.reading.value))
    heading = _(CATEGORIES[category])
    if not judged:
        return Part((Section(heading, "", (Paragraph(_("没有这一类指标的数据。")),)),))
    bullets = Bullets(change_sentences(brief, judged))
    section = Section(
        heading,
        _("{area}{category}：{count} 项指标", area=brief.area, category=heading, count=len(judged)),
        (bullets, headline_table(brief, judged)),
    )
    return Part((section,), (), tuple(each.reading.indicator.id for each in judged))


def trend_part(brief: Brief) -> Part:
    """Return thirteen months of each headline number, with its target."""
    _ = brief.say
    found = judged_headlines(brief)
    charts = tuple(
        _trend_chart(brief, each.headline) for each in found if any(not math.isnan(value) for _month, value in each.headline.series)
    )
    if not charts:
        return Part()
    section = Section(_("近 13 个月走势"), _("{area}核心指标近 13 个月走势", area=brief.area), charts)
    return Part((section,), (), tuple(each.reading.indicator.id for each in found))


def _trend_chart(brief: Brief, headline: Headline) -> Chart:
    _ = brief.say
    reading = headline.reading
    values = tuple(None if math.isnan(value) else value for _month, value in headline.series)
    lines = [Series(reading.indicator.short_label(brief.language), values)]
    name, unit = reading.indicator.label(brief.language), unit_text(reading.indicator.unit, brief.language).strip()
    if reading.target is not None:
        bounds = tuple(dict.fromkeys(bound for bound in (reading.target.low, reading.target.high) if bound is not None))
        label = target_chip(reading.target, brief.language)
        titles = (
            (label,)
            if len(bounds) == 1
            else (_("下限 {value}", value=f"{bounds[0]:g}{unit}"), _("上限 {value}", value=f"{bounds[-1]:g}{unit}"))
        )
        lines += [Series(title, (bound,) * len(values)) for title, bound in zip(titles, bounds, strict=True)]
    decimals = "." + "0" * reading.indicator.decimals if reading.indicator.decimals else ""
    return Chart(
        key=f"trend_{reading.indicator.id}",
        kind="line",
        title=_("{name}（{unit}）", name=name, unit=unit) if unit else name,
        categories=tuple(f"{pd.Timestamp(month):%y.%m}" for month, _value in headline.series),
        series=tuple(lines),
        format=f"#,##0{decimals}",
        alternative=f"{name} {value_text(reading, brief.language)}",
        half=True,
    )


def community_part(brief: Brief) -> Part:
    """Return the communities side by side: every dimension, who is highest and lowest where that is beyond noise."""
    _ = brief.say
    rows = dimension_strip(brief.database, brief.filters.period, brief.filters.scheme_code, ON_EXPORT)
    if not rows:
        return Part()
    plan = overview_plan()
    names = [dimension.indicator for dimension in plan.dimensions]
    errors = process_errors(brief, names, "community")
    sentences, within = [], []
    for place in range(len(names)):
        sentence = _extremes(brief, rows, place, errors)
        label = rows[0].cells[place].indicator.label(brief.language)
        if sentence:
            sentences.append(sentence)
        elif len(rows) > 1:
            within.append(label)
    if within:
        sentences.append(_("{names}：各医共体之间的差异在正常波动之内，不分先后。", names=brief.joined(within)))
    held = [cell for row in rows for cell in row.cells if cell.has_target and cell.state is not State.UNKNOWN]
    missed = sum(cell.state in (State.BAD, State.WARNING) for cell in held)
    message = _("{count} 家医共体 {held} 项有目标的指标值中，{missed} 项未达标", count=len(rows), held=len(held), missed=missed)
    section = Section(_("各医共体对照"), message, (Bullets(tuple(sentences)), strip_table(brief, rows)))
    return Part((section,), (f"{message}{_('。')}", *sentences[:2]), tuple(names))


def _extremes(brief: Brief, rows: Sequence[StripRow], place: int, errors: Mapping[tuple[str, str], float]) -> str:
    """Return who is best and who is worst in one dimension, each only where it stands apart from every other; empty otherwise.

    All pairs of all dimensions of the section are looked at, so a difference must be beyond what chance would show among so many.
    """
    usable = [(row, row.cells[place]) for row in rows if row.cells[place].status == "ok" and not is_small(row.cells[place])]
    if len(usable) < 2:
        return ""
    indicator = usable[0][1].indicator
    falling = indicator.direction == "lower"
    ordered = sorted(usable, key=lambda pair: pair[1].value, reverse=not falling)
    sigmas = corrected_sigmas(len(rows) * (len(rows) - 1) // 2 * len(rows[0].cells), noise.NOISE_MONTHS)

    def apart(one: tuple[StripRow, Reading], other: tuple[StripRow, Reading]) -> bool:
        error, other_error = (_error(cell, errors.get((cell.indicator.id, row.community), math.nan)) for row, cell in (one, other))
        found = compare(one[1].value, other[1].value, error, other_error, sigmas)
        return found in (Verdict.HIGHER, Verdict.LOWER)

    best, worst = ordered[0], ordered[-1]
    is_best, is_worst = all(apart(best, other) for other in ordered[1:]), all(apart(worst, other) for other in ordered[:-1])
    if not (is_best or is_worst):
        return ""
    template = _EXTREMES[indicator.direction == "range"][is_best, is_worst]
    return brief.say(
        template,
        name=indicator.label(brief.language),
        best=best[0].name,
        worst=worst[0].name,
        best_value=f"{value_text(best[1], brief.language)}{sides_text(brief, best[1])}",
        worst_value=f"{value_text(worst[1], brief.language)}{sides_text(brief, worst[1])}",
    )


def strip_table(brief: Brief, rows: Sequence[StripRow]) -> Table:
    """Return community × dimension: the value with the sign of its standing."""
    _ = brief.say
    columns = [Column(_("医共体"))]
    columns += [Column(dimension.label(brief.language), "number") for dimension in overview_plan().dimensions]
    body = tuple((row.name, *(value_cell(brief, cell, SIGNS[cell.state]) for cell in row.cells)) for row in rows)
    targets = (
        _("目标或参考值"),
        *(bound_text(cell.target, brief.language) if cell.target else formatting.MISSING for cell in rows[0].cells),
    )
    return Table("communities", _("各医共体离目标多远"), tuple(columns), (*body, targets), _("{signs}。", signs=legend(brief.language)))
