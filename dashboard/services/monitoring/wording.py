"""Rules and alerts in words, in the language asked for: page, Overview, wall and reports say the same with the same words."""

import math

from dashboard import formatting
from dashboard.analysis.suppression import ON_SCREEN, is_few
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.monitoring import MonitoringRule
from dashboard.formatting import MISSING
from dashboard.language import marked, translate
from dashboard.services.monitoring.attention import Matter
from dashboard.services.monitoring.handling import Said
from dashboard.services.monitoring.watch import Alert, Step
from dashboard.services.overview.wording import scheme_label, unit_text
from dashboard.states import SIGNS, State

STEPS = {
    Step.NEW: marked("新发"),
    Step.BACK: marked("复发"),
    Step.OPEN: marked("持续"),
    Step.RECOVERING: marked("恢复中"),
    Step.CLOSED: marked("已解除"),
}
ANSWERS = {
    "acknowledged": marked("已认领"), "snoozed": marked("暂缓"), "closed": marked("已关闭"), "reopened": marked("恢复提示"),
}  # fmt: skip
_EFFECTS = {
    "people": marked("{count} 人"),
    "cases": marked("{count} 人次"),
    "examinations": marked("{count} 人次检查"),
    "bed_days": marked("{count} 床日"),
    "reports": marked("{count} 份报表"),
    "communities": marked("{count} 家医共体"),
    "points": marked("{count} 分"),
    "incidents": marked("{count} 件"),
}
_SURVEYED = {1: marked("低于界限"), 0: marked("未定"), -1: marked("达到界限")}
_PEOPLE = ("people", "cases", "examinations")
_NAMED = 3
"""So many units of a line that tells of many are named; "…" stands for the others."""


def value_words(rule: MonitoringRule, value: float, language: str = "zh") -> str:
    """Return a value of the rule in its unit: per cent, points below, an index of pace, or tables that did not come."""
    if math.isnan(value):
        return MISSING
    if rule.kind == "pace":
        return formatting.number(value, 2)
    if rule.kind == "silence":
        return translate(marked("{count} 张表"), language, count=formatting.number(value))
    if rule.kind == "points":
        return translate(marked("{count} 分"), language, count=formatting.number(value, 1))
    if rule.kind == "incidents":
        return translate(marked("{count} 件"), language, count=formatting.number(value))
    if rule.kind in ("unusual", "dear"):
        return f"z {formatting.number(value, 1)}"
    if rule.kind == "survey":
        return translate(_SURVEYED[int(value)], language)
    if rule.kind in ("gap", "reference"):
        return translate(marked("{points} 个百分点"), language, points=formatting.number(value, 1))
    entry = load_catalogue().indicators.get(rule.indicator or "")
    if rule.kind == "level" and entry is not None and entry.unit != "%":
        return f"{formatting.number(value, entry.decimals)}{unit_text(entry.unit, language)}"
    return formatting.percent(value / 100)


def told_words(rule: MonitoringRule, told: float, language: str = "zh") -> str:
    """Return what readers are told of a unit: the value, or what the value judges (examinations per 100, a share, a cost)."""
    if math.isnan(told):
        return MISSING
    if rule.kind == "dear":
        return f"{formatting.number(told)}{unit_text('元', language)}"
    if rule.kind == "unusual" and not rule.proportion:
        return translate(marked("{count} 次"), language, count=formatting.number(told, 1))
    return formatting.percent(told / 100) if rule.kind in ("unusual", "survey") else value_words(rule, told, language)


def _beyond(rule: MonitoringRule) -> tuple[str, str]:
    return (">", "≤") if rule.side == "above" else ("<", "≥")


def limit_words(rule: MonitoringRule, language: str = "zh") -> str:
    """Return when the rule begins and when it ends."""
    if rule.kind == "survey":
        bound = formatting.percent(rule.bound / 100, 0)
        return translate(marked("开：Wilson 上界 < {bound}，关：下界 ≥ {bound}"), language, bound=bound)
    beyond, within = _beyond(rule)
    return translate(
        marked("开 {beyond} {on} 连续 {need_on} 月，关 {within} {off} 连续 {need_off} 月"),
        language,
        beyond=beyond,
        within=within,
        on=value_words(rule, rule.on, language),
        off=value_words(rule, rule.off, language),
        need_on=rule.need_on,
        need_off=rule.need_off,
    )


def short_limits(rule: MonitoringRule, language: str = "zh") -> str:
    """Return the two limits without their months, for a line."""
    if rule.kind == "survey":
        return translate(marked("界限 {bound}"), language, bound=formatting.percent(rule.bound / 100, 0))
    beyond, within = _beyond(rule)
    on, off = (value_words(rule, limit, language) for limit in (rule.on, rule.off))
    return translate(marked("开 {on} 关 {off}"), language, on=f"{beyond}{on}", off=f"{within}{off}")


def effect_words(rule: MonitoringRule, effect: float, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return how much is off the limit, in the unit of the rule's effect; counts of people below ``smallest`` are hidden."""
    if math.isnan(effect):
        return MISSING
    if rule.effect == "yuan":
        return formatting.money(effect, language)
    count = formatting.people(effect, language, smallest) if rule.effect in _PEOPLE else formatting.number(effect)
    return translate(_EFFECTS[rule.effect], language, count=count)


def question_sign(z: float, outlier: float) -> str:
    """Return the answer to one question: beyond the limit, within it, or cannot be asked."""
    return SIGNS[State.UNKNOWN] if math.isnan(z) else SIGNS[State.BAD] if z > outlier else SIGNS[State.GOOD]


def unit_words(alert: Alert, language: str = "zh") -> str:
    """Return what the unit of an alert is called, with its insurance scheme where it is of one."""
    return name_words(alert.unit_name, alert.place.scheme, language)


def name_words(name: str, scheme: str, language: str = "zh") -> str:
    """Return ``name`` with the insurance scheme it is about, "" for none of its own."""
    return f"{name} · {scheme_label(scheme, language)}" if scheme else name


def said_words(said: Said, language: str = "zh") -> str:
    """Return what people said about an alert: what, who, until when, and why."""
    answer = translate(marked("暂缓已到期") if said.lapsed else ANSWERS[said.answer], language)
    until = translate(marked("到 {day}"), language, day=formatting.day(said.until, language)) if said.until else ""
    who = " ".join(filter(None, [answer, until, said.by]))
    return translate(marked("{who}：{reason}"), language, who=who, reason=said.reason)


def alert_value(alert: Alert, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return what an alert is about in its unit, hidden where it stands on fewer than ``smallest``."""
    if alert.rule.with_funnel:
        return told_words(alert.rule, math.nan if is_few(alert.stands_on, smallest) else alert.told, language)
    return value_words(alert.rule, _shown(alert, smallest), language)


def _shown(alert: Alert, smallest: int) -> float:
    return math.nan if is_few(alert.stands_on, smallest) else alert.value


def alert_title(alert: Alert, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return what is out of line, and where; the value is hidden where it stands on fewer than ``smallest``."""
    value = alert_value(alert, language, smallest)
    return f"{unit_words(alert, language)} {alert.rule.label(language)} {value}"


def alert_detail(alert: Alert, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return how far the alert has come, since when, by which limits, how much it is about, and both questions."""
    since = translate(
        marked("{step}，自 {month} 起 {months} 个月"),
        language,
        step=translate(STEPS[alert.step], language),
        month=formatting.month(alert.since, language),
        months=alert.months,
    )
    parts = [*([said_words(alert.said, language)] if alert.said else []), since, short_limits(alert.rule, language)]
    if math.isnan(alert.value):
        parts.append(translate(marked("本月数据不全或基数不足，不判，沿用上月状态"), language))
    elif alert.effect > 0 and not is_few(alert.stands_on, smallest):
        effect = effect_words(alert.rule, alert.effect, language, smallest)
        parts.append(translate(marked("影响 {effect}"), language, effect=effect))
    if not math.isnan(alert.low):
        low, high = (formatting.percent(edge / 100, 0) for edge in (alert.low, alert.high))
        parts.append(translate(marked("90% 区间 {low}–{high}"), language, low=low, high=high))
    if not math.isnan(alert.own) or not math.isnan(alert.peers):
        own, peers = question_sign(alert.own, alert.outlier), question_sign(alert.peers, alert.outlier)
        parts.append(translate(marked("自身 {own} 同行 {peers}"), language, own=own, peers=peers))
    return " · ".join(parts)


def matter_title(matter: Matter, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return what needs attention, and where: one alert as the page says it, many of one rule with their number and the first names."""
    if matter.single:
        return alert_title(matter.single, language, smallest)
    names = [unit_words(alert, language) for alert in matter.alerts]
    told = translate(marked("、"), language).join(names[:_NAMED]) + ("…" if len(names) > _NAMED else "")
    if matter.rule.kind == "silence":
        return translate(marked("{count} 个报送单位未报本期：{names}"), language, count=len(names), names=told)
    return translate(marked("{rule} {count} 项：{names}"), language, rule=matter.rule.label(language), count=len(names), names=told)


def matter_headline(matter: Matter, language: str = "zh") -> str:
    """Return what needs attention in a few words, for the title of a page."""
    if matter.single or matter.rule.kind == "silence":
        return matter_title(matter, language)
    if matter.rule.kind == "overspend":
        communities = len({alert.community for alert in matter.alerts})
        told = marked("{communities} 家医共体共 {count} 项险种预算年末预计超支")
        return translate(told, language, communities=communities, count=len(matter.alerts))
    return translate(marked("{rule} {count} 项"), language, rule=matter.rule.label(language), count=len(matter.alerts))


def matter_detail(matter: Matter, language: str = "zh", smallest: int = ON_SCREEN) -> str:
    """Return by which rule, and what it affects; many together say which stands worst."""
    if matter.single:
        return alert_detail(matter.single, language, smallest)
    if matter.rule.kind == "silence":
        return translate(marked("用到它们的值标 ○，不判达标"), language)
    sign = 1 if matter.rule.side == "above" else -1
    known = [alert for alert in matter.alerts if not math.isnan(_shown(alert, smallest))]
    parts = [short_limits(matter.rule, language)]
    acknowledged = sum(alert.acknowledged for alert in matter.alerts)
    if acknowledged:
        parts.insert(0, translate(marked("其中 {count} 项已认领"), language, count=acknowledged))
    if known:
        worst = max(known, key=lambda alert: (sign * alert.value, alert.effect))
        value = alert_value(worst, language, smallest)
        parts.append(translate(marked("最差 {unit} {value}"), language, unit=unit_words(worst, language), value=value))
    if matter.rule.effect != "communities" and matter.effect > 0 and not is_few(matter.fewest(), smallest):
        effect = effect_words(matter.rule, matter.effect, language, smallest)
        parts.append(translate(marked("影响 {effect}"), language, effect=effect))
    return " · ".join(parts)
