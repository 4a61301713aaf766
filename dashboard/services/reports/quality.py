"""Costs and quality as a part of the reports: why the cost of a case changed, and what lies beyond chance."""

import pandas as pd

from dashboard import formatting
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.content import Block, Bullets, Cell, Chart, Column, Section, Series, Table
from dashboard.services.quality.cells import Scope
from dashboard.services.quality.checks import Checks, checks, topic_text
from dashboard.services.quality.costs import CHANGES, changes, cost_change, too_few
from dashboard.services.reports.parts import Brief, Part, count_cell
from dashboard.services.reports.work import lacking

_ALARMS_SHOWN = 8


def quality_part(brief: Brief) -> Part:
    """Return why the settled cost of a case changed at each hospital, and which comparisons lie beyond chance.

    Comparisons with everybody are left out, and that is said, for a reader of a part of the county.
    """
    _ = brief.say
    heading = _("费用与质量")
    scope = Scope(brief.filters.period, brief.filters.community, brief.filters.scheme_code)
    found, whole = cost_change(brief.database, scope), brief.database.scope.every_row
    asked = checks(brief.database, scope) if whole else None
    if found is None and not (asked and asked.count + asked.few):
        return lacking(brief, heading, _("没有可比的住院结算，也没有按机构的住院质量数据。"))
    sentences = _chance(brief, asked) if asked else [_("与同类机构比较的部分要用全县数据，不在您的数据范围内。")]
    behind: tuple[Block, ...] = ()
    message = sentences[0]
    if found is not None and not too_few(brief.database, scope, smallest=ON_EXPORT):
        change = found.change
        message = _(
            "{who}住院结算次均 {before} → {after} 元：病种组合 {mix}，同病种 {within}",
            who=_("医院") if whole else _("您范围内的{peers}", peers=_("医院")),
            before=formatting.number(change.before),
            after=formatting.number(change.after),
            mix=formatting.number(change.mix, signed=True),
            within=formatting.number(change.within, signed=True),
        )
        shown = CHANGES.hide(changes(brief.database, scope), ON_EXPORT).frame
        behind = (_chart(brief, shown, message), _table(brief, heading, shown))
    section = Section(heading, message, (Bullets(tuple(sentences)), *behind), note="fact_claim、fact_discharge_group")
    return Part((section,), (f"{message}{_('。')}",), ("D02", "E01", "E15"))


def _chance(brief: Brief, asked: Checks) -> list[str]:
    """Return how many comparisons were made, and those surely beyond chance."""
    _ = brief.say
    if not asked.count:
        return [_("{count} 项比较的数据都太少，没有判断。", count=asked.few)]
    sure = asked.high[asked.high["level"].eq("action")]
    words = [
        _(
            "做了 {count} 项比较，若都正常偶然高过 99.8% 线预计 {chance} 项，发现 {found} 项。",
            count=asked.count,
            chance=formatting.number(asked.by_chance_action, 1),
            found=len(sure),
        )
    ]
    for _place, row in sure.head(_ALARMS_SHOWN).iterrows():
        who = " ".join(filter(None, [str(row["name"]), str(row["ward"])]))
        words.append(_("{who}：{what}高于预期，越过 99.8% 线，请先核对。", who=who, what=topic_text(str(row["topic"]), brief.language)))
    if asked.few:
        words.append(_("另有 {count} 项数据太少，没有判断。", count=asked.few))
    return words


def _chart(brief: Brief, shown: pd.DataFrame, message: str) -> Chart:
    """Return the two causes of the change at each institution, of ``shown`` as it may leave the server."""
    _ = brief.say
    causes = ((_("病种组合"), "mix"), (_("同病种"), "within"))
    return Chart(
        key="quality",
        kind="bar",
        title=_("次均费用变化的两部分（元/例）"),
        categories=tuple(str(name) for name in shown["name"]),
        series=tuple(Series(name, tuple(None if pd.isna(value) else float(value) for value in shown[cause])) for name, cause in causes),
        format="#,##0",
        alternative=message,
    )


def _table(brief: Brief, heading: str, shown: pd.DataFrame) -> Table:
    """Return the change at each institution, of ``shown`` as it may leave the server."""
    _ = brief.say
    rows: list[tuple[Cell, ...]] = []
    for code in shown.index:
        row = shown.loc[code]
        figures = (None if pd.isna(row[name]) else float(row[name]) for name in ("before", "after", "mix", "within", "total"))
        rows.append((str(row["name"]), count_cell(brief, float(row["cases"])), *figures))
    columns = (
        Column(_("机构"), wide=True),
        Column(_("例数"), "count"),
        Column(_("去年次均 元"), "number", 0),
        Column(_("次均 元"), "number", 0),
        Column(_("病种组合 元"), "number", 0),
        Column(_("同病种 元"), "number", 0),
        Column(_("合计 元"), "number", 0),
    )
    return Table("quality", heading, columns, tuple(rows), _("病种组合 + 同病种 = 合计；只比两年都有上报的月份。"))
