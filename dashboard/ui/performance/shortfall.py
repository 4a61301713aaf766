"""One cell of the heat strip opened: its indicators with both sides of the rate, what they cost and what more would bring."""

import math
from collections.abc import Callable

import streamlit as st

from dashboard.analysis.control_charts import HIGH, LOW
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.analysis.targets import Standing
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.scheme import SchemeIndicator
from dashboard.language import marked
from dashboard.services.performance.answer import Ranking, number_at
from dashboard.services.performance.detail import IndicatorDrill, Shortfall, indicator_drill, shortfalls
from dashboard.topics import page_named
from dashboard.ui.frame.navigation import page_link
from dashboard.ui.frame.page_frame import PageFrame
from dashboard.ui.kit import formatting
from dashboard.ui.kit.blocks import definitions
from dashboard.ui.kit.definition import Definition, catalogue_definition
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.messages import escaped
from dashboard.ui.performance.strip import Cell
from dashboard.ui.performance.weights import label

SIGNALS = {
    "special_high": marked("近期显著偏高（SPC：特殊原因）"),
    "special_low": marked("近期显著偏低（SPC：特殊原因）"),
    "common": marked("近期无显著变化（SPC：普通波动）"),
    "insufficient": marked("月份不足 12 个，不作 SPC 判断"),
    "missing": marked("最近一个月没有数据"),
}
_MOVEMENTS = {
    (True, True): marked("持续改善"),
    (True, False): marked("近期显著改善"),
    (False, True): marked("持续变差"),
    (False, False): marked("近期显著变差"),
}
_UNITLESS = ("比值", "指数")
_SHOWN_INSTITUTIONS = 4
# Where the patients, beds or money behind an indicator are shown, by the cube that its numerator is read from.
_PAGES = {
    "referral": "referrals", "claim_insured": "referrals", "claim_outside": "referrals", "outpatient": "referrals",
    "bed": "utilisation", "inpatient_quality": "quality", "equipment_use": "utilisation", "equipment_register": "utilisation",
    "shared_service": "resources", "workforce": "resources", "population": "resources", "posting": "resources",
    "institution_register": "resources", "fund_budget": "insurance", "claim_provider": "insurance", "claim_relative_cost": "quality",
    "discharge_relative_days": "quality", "revenue": "quality",
}  # fmt: skip


def signal_words(drill: IndicatorDrill) -> str:
    """Return the verdict on the newest month: better or worse where the indicator has a good side, and how that stands to its target."""
    direction, signal = drill.indicator.direction, drill.signal
    if signal not in (HIGH, LOW) or direction == "range":
        return _(SIGNALS[signal])
    better = (signal == HIGH) == (direction == "higher")
    words = _(_MOVEMENTS[better, drill.lasting])
    if drill.standing is Standing.NONE:
        return words
    met = drill.standing is Standing.MET
    held = (_("已达标") if met else _("仍未达标")) if better else (_("仍达标") if met else _("未达标"))
    return f"{words}·{held}"


def value_text(name: str, value: float) -> str:
    """Return a value of the indicator ``name`` with its unit."""
    entry = load_catalogue().indicators.get(name)
    text = formatting.number(value, 1 if entry is None else entry.decimals)
    if entry is None or text == formatting.MISSING or entry.unit in _UNITLESS:
        return text
    return f"{text}{entry.unit}" if entry.unit in "%‰" else f"{text} {_(entry.unit)}"


def target_words(indicator: SchemeIndicator, scheme_form: str) -> str:
    """Return how a value becomes a score: "75→0 分，90→90 分，95→100 分"."""
    if scheme_form == "target" and indicator.attainment is not None:
        steps = [_("{value}→{score} 分", value=f"{value:g}", score=f"{score:g}") for value, score in indicator.attainment.knots]
        return _("，").join(steps)
    return {
        "minmax": _("组内最差 0 分、最好 100 分"),
        "z": _("组内平均 50 分，每个标准差 10 分"),
        "ratio": _("与参照值之比，封顶 {cap} 分", cap=f"{indicator.cap:g}"),
    }[scheme_form]


def treatment_words(treatment: str) -> str:
    """Return what the scheme does with a missing value."""
    return {
        "reweighted": _("权重由其他指标分担"),
        "zero": _("按 0 分计"),
        "excluded": _("全体不计此项"),
        "not_checked": _("未核查"),
    }[treatment]


def sides_words(numerator: float, denominator: float, *, few: bool = False) -> str:
    """Return both sides of a rate, unless they stand on too ``few`` people: with one hidden the other would give it away."""
    if few:
        return _("分子、分母有小于 {smallest} 的，不显示", smallest=ON_SCREEN)
    if math.isnan(denominator):
        return _("数量 {numerator}", numerator=formatting.number(numerator))
    return f"{formatting.number(numerator)} ÷ {formatting.number(denominator)}"


def _sides(ranking: Ranking, item: Shortfall) -> str:
    key = (item.indicator.id, item.unit)
    if key not in ranking.inputs.readings.index:
        return _("由评定或扣分记录得出")
    numerator, denominator = (number_at(ranking.inputs.readings, key, side) for side in ("numerator", "denominator"))
    return sides_words(numerator, denominator, few=item.few)


def _head(item: Shortfall) -> str:
    if math.isnan(item.score):
        return _("○ {name}：缺数据，{treatment}", name=label(item.indicator), treatment=treatment_words(item.treatment))
    return _(
        "{name} {value}，得 {score} 分，权重 {weight}，失 {lost} 分",
        name=label(item.indicator),
        value=value_text(item.indicator.id, item.value),
        score=formatting.number(item.score),
        weight=formatting.number(item.weight, 1),
        lost=formatting.number(item.lost, 1),
    )


def distance_to_full(indicator: SchemeIndicator, form: str, value: float) -> tuple[float, float] | None:
    """Return the nearest value that earns full score and how far ``value`` is from it; None where it is reached or the form has none."""
    if form != "target" or indicator.attainment is None or math.isnan(value):
        return None
    best = max(score for _value, score in indicator.attainment.knots)
    full = [at for at, score in indicator.attainment.knots if score == best]
    at_least, at_most = indicator.direction in ("higher", "range"), indicator.direction in ("lower", "range")
    if at_least and value < min(full):
        return min(full), min(full) - value
    return (max(full), value - max(full)) if at_most and value > max(full) else None


def _to_full(ranking: Ranking, item: Shortfall) -> str:
    found = distance_to_full(item.indicator, ranking.scheme.normalisation_of(item.indicator), item.value)
    if found is None:
        return ""
    name = item.indicator.id
    return _("满分 {target}，差 {distance}", target=value_text(name, found[0]), distance=value_text(name, found[1]))


def _standing(ranking: Ranking, item: Shortfall) -> str:
    """Return both sides, the distance to full score, the others beside it and the change since the period before."""
    name = item.indicator.id
    entry = load_catalogue().indicators.get(name)
    decimals = 1 if entry is None else entry.decimals
    change = "" if math.isnan(item.change) else _("较上期 {change}", change=formatting.number(item.change, decimals, signed=True))
    parts = [
        _sides(ranking, item),
        _to_full(ranking, item),
        _("最好 {best}", best=value_text(name, item.best)),
        _("中位 {median}", median=value_text(name, item.median)),
        change,
    ]
    return " · ".join(part for part in parts if part)


def _effect(item: Shortfall) -> str:
    """Return what reaching the median would bring; empty where it would bring nothing."""
    if item.gain_at_median <= 0.05:
        return ""
    before, after = (formatting.number(rank, 1 if rank % 1 else 0) for rank in (item.rank, item.rank_at_median))
    same = _("（名次不变）") if before == after else ""
    return _(
        "若达全县中位：总分 +{gain}，名次 {before} → {after}{same}",
        gain=formatting.number(item.gain_at_median, 1), before=before, after=after, same=same,
    )  # fmt: skip


def _composition(drill: IndicatorDrill, name: str) -> str:
    """Return the institutions that stand behind a value, the weakest first."""
    told = drill.guard.hide(drill.institutions).frame if len(drill.institutions) else drill.institutions
    rows = told[told["value"].notna()].head(_SHOWN_INSTITUTIONS)
    if rows.empty:
        return ""
    parts = []
    for institution, numerator, denominator, value in rows[["name", "numerator", "denominator", "value"]].itertuples(index=False):
        both = f"{formatting.number(numerator)}/{formatting.number(denominator)}"
        sides = value_text(name, float(value)) if math.isnan(denominator) else both
        parts.append(f"{institution} {sides}")
    return _("构成（弱的在前）：{parts}", parts=" · ".join(parts))


def _source_of(frame: PageFrame, ranking: Ranking, item: Shortfall) -> Definition:
    name = item.indicator.id
    how = _("计分：{points}", points=target_words(item.indicator, ranking.scheme.normalisation_of(item.indicator)))
    note = f"{how} {item.indicator.note}".strip()
    if name not in load_catalogue().indicators:
        return Definition(name=f"{name} {label(item.indicator)}", note=note, source=_("评定、扣分记录或自定义公式"), grade=_("待核实"))
    key = (name, item.unit)
    sides: tuple[float | None, float | None] = (None, None)
    if key in ranking.inputs.readings.index:
        numerator, denominator = (number_at(ranking.inputs.readings, key, side) for side in ("numerator", "denominator"))
        if not item.few:
            sides = (numerator, denominator)
    return catalogue_definition(name, frame.database.version, *sides, note=note)


def page_of(name: str) -> str | None:
    """Return the page that shows what the indicator ``name`` counts; None without one."""
    catalogue = load_catalogue()
    entry = catalogue.indicators.get(name)
    if entry is None or entry.lacks is not None:
        return None
    cubes = [catalogue.measures[measure].cube for measure, _year in entry.measures]
    return next((_PAGES[cube] for cube in cubes if cube in _PAGES), None)


def _links(frame: PageFrame, item: Shortfall, open_drill: Callable[[str, str], None]) -> None:
    """Draw where to look further: the page of what it counts (same month, period and community), institutions and months."""
    page = page_named(page_of(item.indicator.id) or "")
    if page is not None:
        period = frame.filters.period
        query = {"month": f"{period.last:%Y-%m}", "grain": period.grain.value, "community": item.unit}
        page_link(page, query)
    st.button(
        _("机构与月份"), key="performance_to_drill", type="tertiary", icon=":material/account_tree:", on_click=open_drill,
        args=(item.unit, item.indicator.id),
    )  # fmt: skip


def shortfall_box(frame: PageFrame, ranking: Ranking, cell: Cell, open_drill: Callable[[str, str], None]) -> None:
    """Draw the opened cell: its costliest indicator whole, the others on a line each; ``open_drill(unit, indicator)`` opens the drill."""
    items = shortfalls(ranking, cell.unit, cell.dimension)
    name = str(ranking.inputs.names[cell.unit])
    with st.container(key="performance_cell", border=True, gap="xxsmall"):
        if not items:
            st.caption(_("这个维度没有指标。"))
            return
        first = items[0]
        lines = [f"**{escaped(f'{name} · {_head(first)}')}**"]
        details = [_standing(ranking, first)] if not math.isnan(first.score) else []
        drill = indicator_drill(frame.database, first.indicator.id, cell.unit, frame.filters.period, frame.filters.scheme_code)
        if drill is not None:
            details += [_composition(drill, first.indicator.id), signal_words(drill)]
        details.append(_effect(first))
        lines += [f":small[:gray[{escaped(text)}]]" for text in details if text]
        for item in items[1:]:
            beside = "" if math.isnan(item.score) else _standing(ranking, item)
            lines.append(f":small[{escaped(_head(item))}]  :small[:gray[{escaped(beside)}]]")
        st.markdown("  \n".join(lines))
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            _links(frame, first, open_drill)
            definitions("cell", [_source_of(frame, ranking, item) for item in items])
