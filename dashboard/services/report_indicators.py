"""Indicators in a report: the headline numbers with what truly changed, the communities side by side, the trend."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard import formatting
from dashboard.analysis.noise import Verdict, compare, process_error, proportion_error, standard_error
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.analysis.targets import Standing
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import Indicator, Level
from dashboard.catalogue.overview import overview_plan
from dashboard.documents.content import SIGNS, Block, Bullets, Chart, Column, Figure, Figures, Paragraph, Section, Series, State, Table
from dashboard.language import marked, translate
from dashboard.services.indicators import CATEGORIES, indicator_series
from dashboard.services.overview import Headline, Reading, StripRow, dimension_strip, headlines
from dashboard.services.report_parts import Brief, Part, change_cell, is_small, side_cell, target_cell, value_cell
from dashboard.services.wording import bound_text, change_text, target_chip, trouble_text, unit_text, value_text

NOISE_MONTHS = 25
"""Two years of moving ranges."""
_STATES = {Standing.MET: State.GOOD, Standing.NEAR: State.WARNING, Standing.OFF: State.BAD, Standing.NONE: State.NEUTRAL}


def state(reading: Reading) -> State:
    """Return how a reading stands to its target."""
    return _STATES[reading.standing]


def process_errors(brief: Brief, names: Sequence[str], level: Level, community: str | None = None) -> Mapping[tuple[str, str], float]:
    """Return by (indicator, unit) the standard error that two years of months give a value of the brief's period; NaN when too few."""
    period = brief.filters.period
    series = indicator_series(
        brief.database, tuple(names), level=level, last=period, months=NOISE_MONTHS, community=community, scheme=brief.filters.scheme_code
    )
    whole = series["value"].where(series["status"].eq("ok"))
    return {
        (str(name), str(unit)): process_error(rows.to_list(), len(period.months))
        for (name, unit), rows in whole.groupby([series["indicator"], series["unit"]])
    }


def _error(reading: Reading, process: float) -> float:
    return standard_error(process, proportion_error(reading.numerator, reading.denominator, reading.indicator.multiplier))


def _before(value: float, change: float, unit: str) -> float:
    """Return the value that a change was measured against."""
    return value - change if unit == "pt" else value / (1 + change / 100) if change > -100 else math.nan


def verdict(reading: Reading, change: float, process: float) -> Verdict:
    """Return whether a change of ``reading`` is beyond noise; unknown when the value is incomplete, small or without history."""
    if reading.status != "ok" or is_small(reading.indicator, reading.numerator, reading.denominator):
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
    found = headlines(brief.database, period, community, scheme, indicators)
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
    if math.isnan(reading.denominator) or is_small(reading.indicator, reading.numerator, reading.denominator):
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
    held = [reading for reading in readings if reading.standing is not Standing.NONE]
    missed = [reading for reading in held if reading.standing is not Standing.MET]
    if not held:
        return ()
    met = _("{held} 项有目标的指标中 {met} 项达标。", held=len(held), met=len(held) - len(missed))
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
        hidden = is_small(reading.indicator, reading.numerator, reading.denominator)
        change = "" if hidden else change_text(reading.change_last_year, reading.change_unit)
        details = (
            f"{SIGNS[state(reading)]} {target_chip(reading.target, brief.language)}".strip(),
            translate("同比 {change}", brief.language, change=change) if change else "",
        )
        value = f"<{ON_EXPORT}" if hidden else value_text(reading, brief.language)
        items.append(Figure(reading.indicator.short_label(brief.language), value, " · ".join(filter(None, details)), state(reading)))
    return Figures(tuple(items))


def headline_table(brief: Brief, judged: Sequence[Judged]) -> Table:
    """Return the headline numbers with target, changes and both sides of the rate."""
    _ = brief.say
    rows = []
    for each in judged:
        reading = each.reading
        hidden = is_small(reading.indicator, reading.numerator, reading.denominator)
        changes = (
            None if hidden else change_cell(change, reading.change_unit, found in (Verdict.HIGHER, Verdict.LOWER))
            for change, found in ((reading.change_previous, each.since_previous), (reading.change_last_year, each.since_last_year))
        )
        rows.append(
            (
                reading.indicator.label(brief.language),
                value_cell(brief, reading),
                f"{SIGNS[state(reading)]} {target_cell(brief, reading)}".strip(),
                *changes,
                side_cell(reading.indicator, "numerator", reading.numerator),
                side_cell(reading.indicator, "denominator", reading.denominator),
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
        "● 表示变化超出正常波动（2 倍标准误，取近两年逐月移动极差与二项抽样误差中较大者）；"
        "共比较 {count} 次，约 5% 会偶然越界。✓ 达标 ▲ 接近 ▼ 未达标。",
        brief.language,
        count=compared,
    )


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
    rows = dimension_strip(brief.database, brief.filters.period, brief.filters.scheme_code)
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
    missed = sum(cell.standing in (Standing.OFF, Standing.NEAR) for row in rows for cell in row.cells)
    held = sum(cell.standing is not Standing.NONE for row in rows for cell in row.cells)
    message = _("{count} 家医共体 {held} 项有目标的指标值中，{missed} 项未达标", count=len(rows), held=held, missed=missed)
    section = Section(_("各医共体对照"), message, (Bullets(tuple(sentences)), strip_table(brief, rows)))
    return Part((section,), (f"{message}{_('。')}", *sentences[:2]), tuple(names))


def _extremes(brief: Brief, rows: Sequence[StripRow], place: int, errors: Mapping[tuple[str, str], float]) -> str:
    """Return who is best and who is worst in one dimension; empty when the two cannot be told apart."""
    usable = [
        (row, row.cells[place])
        for row in rows
        if row.cells[place].status == "ok"
        and not is_small(row.cells[place].indicator, row.cells[place].numerator, row.cells[place].denominator)
    ]
    if len(usable) < 2:
        return ""
    ordered = sorted(usable, key=lambda pair: pair[1].value)
    (low_row, low), (high_row, high) = ordered[0], ordered[-1]
    low_error, high_error = (
        _error(cell, errors.get((cell.indicator.id, row.community), math.nan)) for row, cell in ((low_row, low), (high_row, high))
    )
    if compare(high.value, low.value, high_error, low_error) is not Verdict.HIGHER:
        return ""
    best, worst = ((low_row, low), (high_row, high)) if high.indicator.direction == "lower" else ((high_row, high), (low_row, low))
    template = marked("{name}：{best}最好，{best_value}；{worst}最差，{worst_value}。")
    if high.indicator.direction == "range":
        template = marked("{name}：{best}最高，{best_value}；{worst}最低，{worst_value}。")
    return brief.say(
        template,
        name=high.indicator.label(brief.language),
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
    body = tuple((row.name, *(value_cell(brief, cell, SIGNS[state(cell)]) for cell in row.cells)) for row in rows)
    targets = (
        _("目标或参考值"),
        *(bound_text(cell.target, brief.language) if cell.target else formatting.MISSING for cell in rows[0].cells),
    )
    return Table("communities", _("各医共体离目标多远"), tuple(columns), (*body, targets), _("✓ 达标 ▲ 接近 ▼ 未达标。"))
