"""月评估 and 季通报 as reports: the kept document laid out for Word, slides, workbook and PDF, every figure copied from it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dashboard import __version__, formatting
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.loader import load_catalogue
from dashboard.documents.content import Block, Bullets, Cell, Column, Paragraph, Provenance, Quantity, Report, Section, Table
from dashboard.language import marked
from dashboard.services.common.directory import scope_names
from dashboard.services.common.indicators import FEW
from dashboard.services.common.reporting import table_words
from dashboard.services.monitoring.national import NationalRow
from dashboard.services.monitoring.watch import Step
from dashboard.services.monitoring.wording import STEPS
from dashboard.services.overview.wording import change_text, unit_text
from dashboard.services.reports.assessment import COUNTY, Assessment, Bulletin, Content, KeptAlert, Score, Value, seen_by
from dashboard.services.reports.editions import Difference, Edition, edition_differences, outdated
from dashboard.services.reports.parts import DEMONSTRATION, SUPPRESSED, Brief, dictionary, labels, made_at
from dashboard.workspace import STATUS_LABELS

_NAMED = 6


def _quantity(brief: Brief, value: float | None, indicator: str) -> Cell:
    if value is None:
        return None
    entry = load_catalogue().indicator(indicator)
    text = f"{formatting.number(value, entry.decimals)}{unit_text(entry.unit, brief.language)}"
    return Quantity(value, text, "#,##0" + ("." + "0" * entry.decimals if entry.decimals else ""))


def _count(value: float | None) -> Cell:
    return None if value is None else Quantity(value, formatting.number(value), "#,##0")


@dataclass(frozen=True, eq=False)
class _Told:
    """One kept month in the words of a report."""

    brief: Brief
    kept: Assessment

    def month(self) -> str:
        return formatting.month(self.kept.month, self.brief.language)

    def value(self, row: Value) -> Cell:
        return SUPPRESSED if row.status == FEW else _quantity(self.brief, row.value, row.indicator)

    def side(self, row: Value, value: float | None) -> Cell:
        if row.status == FEW:
            return SUPPRESSED
        return _count(value)

    def change(self, row: Value, value: float | None) -> str:
        unit = "pt" if load_catalogue().indicator(row.indicator).unit == "%" else "%"
        return formatting.MISSING if value is None else change_text(value, unit) or formatting.MISSING

    def of(self, unit: str) -> list[Value]:
        return [row for row in self.kept.values if row.unit == unit]


def _label(brief: Brief, indicator: str) -> str:
    return load_catalogue().indicator(indicator).label(brief.language)


def _figures(told: _Told) -> Section:
    """Return every figure with both sides and its changes: of the county, or of whoever the reader may see."""
    _ = told.brief.say
    units = dict.fromkeys(row.unit for row in told.kept.values)
    first = COUNTY if COUNTY in units else next(iter(units), COUNTY)
    columns = (
        Column(_("指标"), wide=True), Column(_("本月"), "number"), Column(_("分子"), "count"), Column(_("分母"), "count"),
        Column(_("环比")), Column(_("同比")),
    )  # fmt: skip
    rows = tuple(
        (
            _label(told.brief, row.indicator), told.value(row), told.side(row, row.numerator), told.side(row, row.denominator),
            told.change(row, row.on_previous), told.change(row, row.on_last_year),
        )
        for row in told.of(first)
    )  # fmt: skip
    table = Table("assessment_figures", _("{month}指标", month=told.month()), columns, rows, _("人数过少的数不显示"))
    return Section(_("指标"), "", (table, _by_unit(told, [unit for unit in units if unit != COUNTY])))


def _by_unit(told: _Told, units: Sequence[str]) -> Table:
    _ = told.brief.say
    names = {row.unit: row.unit_name for row in told.kept.values}
    cells = {(row.indicator, row.unit): told.value(row) for row in told.kept.values}
    indicators = dict.fromkeys(row.indicator for row in told.kept.values)
    columns = (Column(_("指标"), wide=True), *(Column(names[unit], "number") for unit in units))
    rows = tuple((_label(told.brief, name), *(cells.get((name, unit)) for unit in units)) for name in indicators)
    return Table("assessment_units", _("{month}各医共体", month=told.month()), columns, rows)


def _rank_text(score: Score) -> str:
    if score.rank is None:
        return formatting.MISSING
    return formatting.number(score.rank, 0 if score.rank.is_integer() else 1)


def _interval(score: Score) -> str:
    if score.low is None or score.high is None:
        return formatting.MISSING
    return f"{formatting.number(score.low)}–{formatting.number(score.high)}"


def _ranks(told: _Told) -> Section | None:
    _ = told.brief.say
    if not told.kept.scores:
        return None
    columns = (
        Column(_("名次")), Column(_("医共体")), Column(_("得分"), "number"), Column(_("等次")), Column(_("名次区间（90%）")),
        Column(_("数据")),
    )  # fmt: skip
    rows = tuple(
        (_rank_text(each), each.unit_name, each.total, each.band, _interval(each), "" if each.trusted else _("数据不全，得分不可信"))
        for each in told.kept.scores
    )
    note = _("方案：{scheme}；名次区间是换一组权重时的名次，重叠的分不出高下。", scheme=told.kept.scheme)
    table = Table("assessment_ranks", _("{month}得分与名次", month=told.month()), columns, rows, note)
    return Section(_("得分与名次"), "", (table,))


def alert_counts(brief: Brief, alerts: Sequence[KeptAlert]) -> str:
    """Return how many alerts are new, stand and are over."""
    steps = [alert.step for alert in alerts]
    standing = steps.count("open") + steps.count("recovering") + steps.count("back")
    return brief.say(
        marked("预警：新发 {new} 项，持续 {open} 项，解除 {closed} 项"), new=steps.count("new"), open=standing, closed=steps.count("closed")
    )


def _alerts(told: _Told) -> Section:
    _ = told.brief.say
    heading = _("{month}预警", month=told.month())  # a bulletin tells of three
    message = alert_counts(told.brief, told.kept.alerts)
    if told.kept.left_out:
        message += _("；另有 {count} 项新发较小，未列", count=told.kept.left_out)
    if told.kept.put_away:
        message += _("；{count} 项已暂缓或关闭，未列", count=told.kept.put_away)
    if not told.kept.alerts:
        return Section(heading, "", (Paragraph(_("本月没有规则处在预警状态。")),))
    columns = (Column(_("状态")), Column(_("事项"), wide=True), Column(_("依据与影响"), wide=True))
    rows = tuple((_(STEPS[Step(each.step)]), each.title, each.detail) for each in told.kept.alerts)
    table = Table("assessment_alerts", heading, columns, rows, _("阈值为本系统设定，待核实。"))
    return Section(heading, message, (table,))


def _actions(told: _Told) -> Section:
    _ = told.brief.say
    if not told.kept.overdue:
        return Section(_("逾期行动"), "", (Paragraph(_("没有逾期的行动。")),))
    columns = (Column(_("对象")), Column(_("措施"), wide=True), Column(_("负责人")), Column(_("期限")))
    rows = tuple((each.unit_name, each.measure, each.owner, formatting.day(each.due, told.brief.language)) for each in told.kept.overdue)
    return Section(_("逾期行动"), "", (Table("assessment_overdue", _("逾期行动"), columns, rows),))


def _completeness(told: _Told) -> Section:
    _ = told.brief.say
    columns = (Column(_("数据表"), wide=True), Column(_("收到"), "count"), Column(_("应报"), "count"))
    rows = tuple((table_words(each.table, told.brief.language), each.came, each.due) for each in told.kept.completeness)
    late = [each for each in told.kept.completeness if each.came < each.due]
    message = _("{count} 张表没有报齐", count=len(late)) if late else _("应报的都已收到")
    return Section(_("数据完整"), message, (Table("assessment_came", _("{month}报送", month=told.month()), columns, rows),))


def _difference_words(brief: Brief, each: Difference) -> tuple[Cell, ...]:
    names = {"score": marked("得分"), "rank": marked("名次"), "alert": marked("预警")}
    what = brief.say(names[each.what]) if each.what in names else _label(brief, each.what)
    return formatting.month(each.month, brief.language), what, each.unit_name, each.was, each.now


def differences_table(brief: Brief, found: Sequence[Difference]) -> Table:
    """Return what this edition says otherwise than the one before."""
    _ = brief.say
    columns = (Column(_("月份")), Column(_("内容"), wide=True), Column(_("对象")), Column(_("上一版")), Column(_("这一版")))
    return Table("edition_differences", _("与上一版的差异"), columns, tuple(_difference_words(brief, each) for each in found))


def _edition_section(brief: Brief, edition: Edition[Content]) -> list[Section]:
    _ = brief.say
    found = edition_differences(brief.workspace, edition) if brief.database.scope.every_row else ()
    if edition.number < 2:
        return []
    _ = brief.say
    message = _("第 {number} 版，与上一版有 {count} 处不同", number=edition.number, count=len(found))
    return [Section(_("更正"), message, (differences_table(brief, found),) if found else ())]


def _report(brief: Brief, edition: Edition[Assessment] | Edition[Bulletin], title: str, when: str, sections: Sequence[Section]) -> Report:
    _ = brief.say
    content = edition.content
    newest = content if isinstance(content, Assessment) else content.months[-1]
    status = _("第 {number} 版", number=edition.number) if edition.number else _(STATUS_LABELS[edition.status])
    moment = edition.versions[0].created_at
    seen = scope_names(brief.database, brief.language)
    sources = () if isinstance(content, Assessment) else content.sources
    rows = [
        (_("标题"), title),
        *([(_("数据范围"), seen)] if seen else []),
        (_("状态"), f"{_(STATUS_LABELS[edition.status])} · {status}"),
        (_("评分方案"), newest.scheme),
        (_("数据截至"), formatting.month(newest.data_through, brief.language)),
        (_("数据版本"), str(newest.data_version)),
        (_("数据包"), newest.package),
        *((_("来源"), f"{each.document_id} v{each.version}") for each in sources),
        (_("程序版本"), __version__),
        (_("编制时间"), made_at(brief, moment)),
        (_("小数保护"), _("1–{most} 的人数、例数显示为 <{limit}，由它能算出的数值一并隐去", most=ON_EXPORT - 1, limit=ON_EXPORT)),
    ]
    demonstration = _(DEMONSTRATION) if newest.demonstration else ""
    line = brief.joined((status, _("数据版本 {version}", version=newest.data_version), newest.scheme), " · ")
    indicators = dict.fromkeys(row.indicator for row in newest.values)
    name = re.sub(r'[\x00-\x1f<>:"/\\|?*\s]+', "-", f"{title}_{when}_{status}").strip("-. ")
    return Report(
        name=name,
        title=title,
        subtitle=brief.joined((newest.county, when, status), " · "),
        language=brief.language,
        sections=tuple(sections),
        provenance=Provenance(tuple(rows), line, demonstration),
        dictionary=dictionary(brief, indicators),
        labels=labels(brief),
    )


def _highlights(told: _Told) -> list[str]:
    _ = told.brief.say
    found = [alert_counts(told.brief, told.kept.alerts)]
    first = [score for score in told.kept.scores if score.rank is not None][:1]
    found += [
        _(
            "得分最高：{name} {score} 分（名次区间 {interval}）",
            name=each.unit_name,
            score=formatting.number(each.total or 0, 1),
            interval=_interval(each),
        )
        for each in first
    ]
    found += [each.title for each in told.kept.alerts if each.step == "new"][:_NAMED]
    if told.kept.overdue:
        found.append(_("{count} 项行动逾期", count=len(told.kept.overdue)))
    return found


def assessment_report(brief: Brief, edition: Edition[Assessment]) -> Report:
    """Return a kept month as a report, as far as the reader may see it."""
    _ = brief.say
    told = _Told(brief, seen_by(brief.database, edition.content))
    sections = [
        Section(_("要点"), "", (Bullets(tuple(_highlights(told))),)),
        *_edition_section(brief, edition),
        _figures(told),
        *filter(None, [_ranks(told)]),
        _alerts(told),
        _actions(told),
        _completeness(told),
    ]
    return _report(brief, edition, _("月评估"), told.month(), sections)


def bulletin_report(brief: Brief, edition: Edition[Bulletin]) -> Report:
    """Return a kept quarter as a report: three months side by side, ranks with their bands, alerts, and the table to hand upwards."""
    _ = brief.say
    content = edition.content
    months = [_Told(brief, seen_by(brief.database, each)) for each in content.months]
    when = formatting.period(Period(Grain.QUARTER, content.quarter), brief.language)
    opening: list[Block] = [Paragraph(content.narrative)] if content.narrative else []
    opening.append(Bullets(tuple(_highlights(months[-1]))))
    stale = outdated(brief.workspace, content)
    if stale:
        listed = brief.joined(formatting.month(each, brief.language) for each in stale)
        opening.append(Paragraph(_("注意：{months}的月评估在本通报之后又有更正，是否另出一版待定。", months=listed)))
    sections = [
        Section(_("要点"), "", tuple(opening)),
        *_edition_section(brief, edition),
        _three_months(months),
        *filter(None, [_rank_course(months), _ranks(months[-1])]),
        *(_alerts(each) for each in months),
        _actions(months[-1]),
        *([national_section(brief, content.national)] if brief.database.scope.every_row else []),
    ]
    return _report(brief, edition, _("季通报"), when, sections)


def _three_months(months: Sequence[_Told]) -> Section:
    _ = months[0].brief.say
    columns = (Column(_("指标"), wide=True), Column(_("对象")), *(Column(each.month(), "number") for each in months))
    values = [{(row.indicator, row.unit): row for row in each.kept.values} for each in months]
    names = {key: row.unit_name for table in values for key, row in table.items()}
    rows = tuple(
        (
            _label(months[0].brief, key[0]),
            name,
            *(each.value(table[key]) if key in table else None for each, table in zip(months, values, strict=True)),
        )
        for key, name in names.items()
    )
    note = _("各月的数抄自已冻结的月评估，不重新计算。")
    return Section(_("三个月的指标"), "", (Table("bulletin_months", _("三个月的指标"), columns, rows, note),))


def _rank_course(months: Sequence[_Told]) -> Section | None:
    _ = months[0].brief.say
    by_month = [{score.unit: score for score in each.kept.scores} for each in months]
    names = {score.unit: score.unit_name for each in months for score in each.kept.scores}
    if not names:
        return None
    columns = (Column(_("医共体")), *(Column(each.month()) for each in months))
    rows = tuple(
        (name, *(f"{_rank_text(table[unit])}（{_interval(table[unit])}）" if unit in table else formatting.MISSING for table in by_month))
        for unit, name in names.items()
    )
    table = Table("bulletin_ranks", _("名次与名次区间"), columns, rows, _("括号内为换一组权重时的名次（90%）；重叠的分不出高下。"))
    return Section(_("三个月的名次"), "", (table,))


def national_section(brief: Brief, items: Sequence[NationalRow]) -> Section:
    """Return the national monitoring list of 2024 as it can be handed upwards, with both sides and the grades."""
    _ = brief.say
    rows: list[tuple[Cell, ...]] = []
    for item in items:
        value = None if item.indicator is None else _quantity(brief, item.value, item.indicator)
        shown = [SUPPRESSED] * 3 if item.status == FEW else [value, _count(item.numerator), _count(item.denominator)]
        name = item.name if brief.language == "zh" else item.name_en
        why = item.why(brief.language)
        rows.append((item.item, name, *shown, item.item_grade, item.grade, why))
    columns = (
        Column(_("编号")), Column(_("指标"), wide=True), Column(_("数值"), "number"), Column(_("分子"), "count"),
        Column(_("分母"), "count"), Column(_("条目等级")), Column(_("定义等级")), Column(_("说明"), wide=True),
    )  # fmt: skip
    note = _("条目为二手转录（FOUND-2），原文未见；分子分母为本产品推导，上报前请按原文核对。年初至本月。")
    table = Table("national_list", _("国家监测指标（2024版，14项）"), columns, tuple(rows), note)
    return Section(_("国家监测指标"), "", (table,))
