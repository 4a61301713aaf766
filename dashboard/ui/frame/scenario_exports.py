"""What every export of a what-if page holds: its coefficients with source and grade, what was changed and why, and what matters most."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.documents.content import Column, Section, Table
from dashboard.documents.sheets import Book
from dashboard.services.common.plan import Plan
from dashboard.services.common.scenarios import Model
from dashboard.ui.frame.scenario_panel import PanelShape, label, value_words
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.workbook import MONEY, NUMBER, PERCENT, headed_sheet
from dashboard.whatif.sensitivity import TornadoBar

_SHOWN_BARS = 10


@dataclass(frozen=True)
class Cells:
    """Where each coefficient's value stands: ``at["k_max"]`` is what a formula calls it."""

    at: dict[str, str] = field(default_factory=dict)


def grade_words(coefficient: Coefficient, model: Model) -> str:
    """Return the grade of a coefficient, marked where it is not official."""
    day = model.baseline.first_day
    return coefficient.grade_on(day) + (f" {_('待核实')}" if coefficient.needs_verification(day) else "")


def unit_words(coefficient: Coefficient) -> str:
    """Return what the number in the sheet of inputs counts."""
    names = {
        "ratio": _("比例"),
        "multiple": _("倍数"),
        "score": _("分"),
        "points": _("点"),
        "yuan": _("元"),
        "count": _("组"),
        "switch": _("1 为开"),
    }
    return names.get(coefficient.unit, coefficient.unit)


def write_coefficients(book: Book, shape: PanelShape, model: Model, plan: Plan) -> Cells:
    """Write every coefficient with its value, the baseline's, whether it is changed, why, its grade and source."""
    heads = [_("系数"), _("方案值"), _("基线值"), _("单位"), _("是否改动"), _("理由"), _("等级"), _("来源")]
    name = _("输入")
    sheet = headed_sheet(book, name, heads, [30, 16, 16, 10, 10, 40, 12, 60])
    values, cells, row = model.values(plan), Cells(), 0
    sets = {group.id: group for group in model.baseline.coefficients.sets}
    for group in shape.groups:
        for coefficient in sets[group].coefficients:
            row += 1
            book.put(sheet, row, 0, label(coefficient))
            _value(book, sheet, row, 1, coefficient, values[coefficient.id])
            _value(book, sheet, row, 2, coefficient, model.baseline.defaults[coefficient.id])
            texts = (
                unit_words(coefficient),
                "●" if coefficient.id in plan.scenario.coefficients else "",
                plan.scenario.rationale.get(coefficient.id, ""),
                grade_words(coefficient, model),
                coefficient.dated(model.baseline.first_day).source or coefficient.source,
            )
            for column, text in enumerate(texts, start=3):
                book.put(sheet, row, column, text)
            cells.at[coefficient.id] = f"'{name}'!$B${row + 1}"
    return cells


def _value(book: Book, sheet: Any, row: int, column: int, coefficient: Coefficient, value: Value) -> None:
    if isinstance(value, tuple):
        book.put(sheet, row, column, value_words(coefficient, value))
    else:
        book.put(sheet, row, column, float(value), PERCENT if coefficient.unit == "ratio" else NUMBER)


def write_tornado(book: Book, model: Model, bars: Sequence[TornadoBar], low: str, high: str) -> None:
    """Write what one usual step of each coefficient does; ``low`` and ``high`` head the columns of yuan."""
    heads = [_("系数"), _("低值"), low, _("高值"), high]
    sheet = headed_sheet(book, _("敏感性"), heads, [30, 14, 22, 14, 22])
    coefficients = model.baseline.coefficients.coefficients
    for row, bar in enumerate(bars, start=1):
        coefficient = coefficients[bar.coefficient]
        book.put(sheet, row, 0, label(coefficient))
        for column, value, change in ((1, bar.low_value, bar.low_change), (3, bar.high_value, bar.high_change)):
            book.put(sheet, row, column, value_words(coefficient, value))
            book.put(sheet, row, column + 1, change, MONEY)


def changed_section(model: Model, plan: Plan) -> Section:
    """Return what the plan changes and why."""
    columns = (Column(_("系数")), Column(_("基线")), Column(_("方案")), Column(_("理由"), wide=True), Column(_("等级")))
    coefficients, values = model.baseline.coefficients.coefficients, model.values(plan)
    rows = tuple(
        (
            f"● {label(coefficients[name])}",
            value_words(coefficients[name], model.baseline.defaults[name]),
            value_words(coefficients[name], values[name]),
            plan.scenario.rationale.get(name, _("（未写理由）")),
            grade_words(coefficients[name], model),
        )
        for name in coefficients
        if name in plan.scenario.coefficients
    )
    message = _("改动了 {count} 个系数", count=len(rows)) if rows else _("没有改动系数，等于基线")
    table = (Table("changed", _("改动的系数"), columns, rows),) if rows else ()
    return Section(_("改了什么、为什么"), message, table)


def coefficients_section(shape: PanelShape, model: Model, plan: Plan) -> Section:
    """Return every coefficient of the page with value, grade and source."""
    columns = (Column(_("系数")), Column(_("方案")), Column(_("等级")), Column(_("来源"), wide=True))
    values, day = model.values(plan), model.baseline.first_day
    sets = {group.id: group for group in model.baseline.coefficients.sets}
    rows = tuple(
        (
            ("● " if each.id in plan.scenario.coefficients else "") + label(each),
            value_words(each, values[each.id]),
            grade_words(each, model),
            each.dated(day).source or each.source,
        )
        for name in shape.groups
        for each in sets[name].coefficients
    )
    return Section(
        _("全部系数"), _("标“待核实”的是产品假设，不是官方规定"), (Table("inputs", _("全部系数"), columns, rows),), new_page=True
    )


def tornado_section(model: Model, bars: Sequence[TornadoBar], change: str, message: str) -> Section:
    """Return what one usual step of each coefficient does; ``change`` names the columns of yuan, ``message`` says of what."""
    coefficients = model.baseline.coefficients.coefficients
    columns = (Column(_("系数")), Column(_("低值")), Column(change, "money"), Column(_("高值")), Column(change, "money"))
    rows = tuple(
        (
            label(coefficients[bar.coefficient]),
            value_words(coefficients[bar.coefficient], bar.low_value),
            bar.low_change,
            value_words(coefficients[bar.coefficient], bar.high_value),
            bar.high_change,
        )
        for bar in bars[:_SHOWN_BARS]
        if bar.reach > 0
    )
    return Section(_("哪个系数最要紧"), message, (Table("tornado", _("敏感性"), columns, rows),))
