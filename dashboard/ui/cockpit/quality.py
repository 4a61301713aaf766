"""The scene of costs and quality: why a case costs more at which hospital, and what lies beyond chance."""

import pandas as pd

from dashboard.services.cockpit.answer import Cockpit, QualityPicture
from dashboard.services.quality.checks import Checks, topic_text
from dashboard.states import SIGNS, State
from dashboard.ui.cockpit.html import Markup, empty, joined, panel, tag
from dashboard.ui.cockpit.parts import headline_cards
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language

_HOSPITALS_SHOWN, _FINDINGS_SHOWN = 9, 6


def quality_finding(picture: QualityPicture | None) -> str:
    """Return what surely lies beyond chance; that nothing was judged where nothing was."""
    if picture is None:
        return ""
    found = picture.checks
    if not found.count:
        return _("数据太少，没有判断")
    sure = found.high[found.high["level"].eq("action")]
    if sure.empty:
        return _("{count} 项比较里没有高过 99.8% 线的", count=found.count)
    first = _named(sure.iloc[0])
    return _("先查：{what}等 {count} 项", what=first, count=len(sure)) if len(sure) > 1 else _("先查：{what}", what=first)


def quality_panels(cockpit: Cockpit) -> Markup:
    """Return the panels of the scene."""
    picture = cockpit.quality
    if picture is None:
        why = empty(_("没有费用与质量的数据。"), _("请载入“医保结算月报”（fact_claim）或“住院质量月报”（fact_inpatient_quality）。"))
        return panel("quality", _("费用与质量"), "", why)
    return joined((headline_cards(picture.headlines, None, cockpit), _changes(picture), _found(picture)))


def _named(row: pd.Series) -> str:
    return " ".join(filter(None, [str(row["name"]), str(row["ward"]), topic_text(str(row["topic"]), language())]))


def _changes(picture: QualityPicture) -> Markup:
    period = formatting.period(picture.period, language())
    if picture.changes.empty:
        return panel("costs", _("次均费用变化"), period, empty(_("没有可比的月份。"), _("请载入两年的医保结算月报（fact_claim）。")))
    heads = [tag("th", words) for words in (_("病种组合"), _("同病种"), _("合计 元/例"))]
    rows = [
        tag(
            "tr",
            tag("th", tag("b", str(row["name"])), class_="who", scope="row"),
            *(tag("td", formatting.number(float(row[name]), signed=True)) for name in ("mix", "within", "total")),
        )
        for _code, row in picture.changes.head(_HOSPITALS_SHOWN).iterrows()
    ]
    table = tag("table", tag("thead", tag("tr", tag("th"), *heads)), tag("tbody", *rows), class_="numbers changes")
    rest = len(picture.changes) - len(rows)
    more = _("另外 {count} 家见“费用与质量”页面", count=rest) if rest else ""
    return panel("costs", _("次均费用变化：病人变了，还是同样的病贵了"), period, table, tag("p", more, class_="more"))


def _found(picture: QualityPicture) -> Markup:
    found = picture.checks
    high = found.high.head(_FINDINGS_SHOWN)
    body = tag("ul", *(_line(row) for _place, row in high.iterrows())) if len(high) else ""
    rest = found.beyond - len(high)
    words = [_chance(found), _("另外 {count} 项见“费用与质量”页面", count=rest) if rest else ""]
    title = _("{count} 项高过偶然的界限", count=found.beyond) if found.count else _("数据太少，没有判断")
    return panel("found", title, _("是问题，不是结论"), body, tag("p", " ".join(filter(None, words)), class_="more"))


def _chance(found: Checks) -> str:
    if not found.count:
        return _("{count} 项比较的数据都太少，没有判断。", count=found.few)
    return _("做了 {count} 项比较，都正常时偶然也有约 {chance} 项。", count=found.count, chance=formatting.number(found.by_chance, 1))


def _line(row: pd.Series) -> Markup:
    state = State.BAD if row["level"] == "action" else State.WARNING
    line = _("越过 99.8% 线，先查") if row["level"] == "action" else _("只越过 95% 线，再看")
    return tag("li", tag("i", SIGNS[state], class_=f"sign {state}"), tag("div", tag("b", _named(row)), tag("small", line)))
