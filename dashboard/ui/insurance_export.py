"""The what-if as a workbook: inputs, results with live formulas, months, hospitals, indicators, dictionary, source."""

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from dashboard.services.directory import Directory
from dashboard.services.insurance import Model
from dashboard.services.insurance_plan import Plan
from dashboard.services.insurance_targets import LABELS
from dashboard.ui.i18n import _
from dashboard.ui.insurance_charts import step_label
from dashboard.ui.insurance_panel import GROUPS, label, value_words
from dashboard.ui.insurance_views import scheme_name
from dashboard.ui.tables import ExportSource
from dashboard.whatif.outcome import Outcome

FILE_NAME = "insurance_scenario.xlsx"


class _Book:
    """A workbook in which texts stay texts: a name that begins with = never becomes a formula."""

    def __init__(self, buffer: io.BytesIO) -> None:
        self.book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self.heading = self.book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.money = self.book.add_format({"num_format": "#,##0.00"})
        self.percent = self.book.add_format({"num_format": "0.00%"})
        self.bold = self.book.add_format({"bold": True, "num_format": "#,##0.00", "top": 1})

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[int]) -> Any:
        """Add a sheet with its heading row."""
        sheet = self.book.add_worksheet(name)
        sheet.freeze_panes(1, 1)
        for column, (head, width) in enumerate(zip(heads, widths, strict=True)):
            sheet.write_string(0, column, head, self.heading)
            sheet.set_column(column, column, width)
        return sheet


def scenario_workbook(model: Model, plan: Plan, outcome: Outcome, reference: Outcome, book: Directory, source: ExportSource) -> bytes:
    """Return the workbook of ``plan``. Balance, totals, levels and differences are formulas over the values beside them."""
    buffer = io.BytesIO()
    writer = _Book(buffer)
    _inputs(writer, model, plan)
    _results(writer, outcome, book)
    _waterfall(writer, outcome, reference)
    _months(writer, outcome, book)
    _hospitals(writer, outcome, book)
    _indicators(writer, outcome, reference)
    _dictionary(writer)
    about = writer.sheet(_("来源"), [_("项目"), _("内容")], [18, 90])
    rows = [*source.rows(_("医保总额推演")), (_("方案"), plan.scenario.name), (_("随机种子"), str(plan.scenario.seed))]
    rows += [(_("基线说明"), _(note.text, **note.details)) for note in model.county.notes]
    for row, (name, text) in enumerate(rows, start=1):
        about.write_string(row, 0, name)
        about.write_string(row, 1, text)
    writer.book.close()
    return buffer.getvalue()


def _inputs(writer: _Book, model: Model, plan: Plan) -> None:
    heads = [_("系数"), _("方案值"), _("基线值"), _("是否改动"), _("理由"), _("等级"), _("来源")]
    sheet = writer.sheet(_("输入"), heads, [28, 16, 16, 10, 40, 10, 60])
    values, day, row = model.values(plan), model.baseline.first_day, 0
    sets = {group.id: group for group in model.baseline.coefficients.sets}
    for name in GROUPS:
        for coefficient in sets[name].coefficients:
            row += 1
            texts = (
                label(coefficient),
                value_words(coefficient, values[coefficient.id]),
                value_words(coefficient, model.baseline.defaults[coefficient.id]),
                "●" if coefficient.id in plan.scenario.coefficients else "",
                plan.scenario.rationale.get(coefficient.id, ""),
                coefficient.grade_on(day) + (f" {_('待核实')}" if coefficient.needs_verification(day) else ""),
                coefficient.dated(day).source or coefficient.source,
            )
            for column, text in enumerate(texts):
                sheet.write_string(row, column, text)


def _results(writer: _Book, outcome: Outcome, book: Directory) -> None:
    heads = [
        _("医共体"), _("险种"), _("基金基数（元）"), _("总额预算（元）"), _("预计支出（元）"), _("结余（元）"), _("留用/分担（元）"),
        _("归基金（元）"), _("基金最终支付（元）"), _("全年预付（元）"), _("年终清算（元）"), _("预算增速"),
    ]  # fmt: skip
    sheet = writer.sheet(_("结果"), heads, [18, 12, *[18] * 9, 12])
    units = outcome.units
    for row, unit in enumerate(units.to_dict("records"), start=2):
        at = row - 1
        sheet.write_string(at, 0, book.community_name(str(unit["community"])))
        sheet.write_string(at, 1, scheme_name(str(unit["scheme"])))
        for column, name in ((2, "fund_base"), (3, "budget"), (4, "spending"), (6, "community_share"), (9, "prepaid")):
            sheet.write_number(at, column, float(unit[name]), writer.money)
        sheet.write_formula(at, 5, f"=D{row}-E{row}", writer.money, float(unit["balance"]))
        sheet.write_formula(at, 7, f"=F{row}-G{row}", writer.money, float(unit["fund_share"]))
        sheet.write_formula(at, 8, f"=E{row}+G{row}", writer.money, float(unit["final"]))
        sheet.write_formula(at, 10, f"=I{row}-J{row}", writer.money, float(unit["clearing"]))
        sheet.write_formula(at, 11, f'=IF(C{row}>0,D{row}/C{row}-1,"")', writer.percent, float(unit["budget"] / unit["fund_base"] - 1))
    last = len(units) + 1
    sheet.write_string(last, 0, _("合计"), writer.bold)
    names = ("fund_base", "budget", "spending", "balance", "community_share", "fund_share", "final", "prepaid", "clearing")
    for column, name in enumerate(names, start=2):
        letter = chr(ord("A") + column)
        sheet.write_formula(last, column, f"=SUM({letter}2:{letter}{last})", writer.bold, round(float(units[name].sum()), 2))


def _waterfall(writer: _Book, outcome: Outcome, reference: Outcome) -> None:
    sheet = writer.sheet(
        _("预算构成"), [_("步骤"), _("增减（元）"), _("累计（元）"), _("基线增减（元）"), _("差异（元）")], [18, 20, 20, 20, 20]
    )
    steps, before = outcome.waterfall()[:-1], reference.waterfall()[:-1]
    for row, (step, earlier) in enumerate(zip(steps, before, strict=True), start=2):
        sheet.write_string(row - 1, 0, step_label(step.id))
        sheet.write_number(row - 1, 1, step.change, writer.money)
        sheet.write_formula(row - 1, 2, "=B2" if row == 2 else f"=C{row - 1}+B{row}", writer.money, step.level)
        sheet.write_number(row - 1, 3, earlier.change, writer.money)
        sheet.write_formula(row - 1, 4, f"=B{row}-D{row}", writer.money, round(step.change - earlier.change, 2))


def _months(writer: _Book, outcome: Outcome, book: Directory) -> None:
    sheet = writer.sheet(_("按月"), [_("医共体"), _("月"), _("月度预付（元）"), _("预计支出（元）"), _("差额（元）")], [18, 8, 20, 20, 20])
    for row, each in enumerate(outcome.months.to_dict("records"), start=2):
        sheet.write_string(row - 1, 0, book.community_name(str(each["community"])))
        sheet.write_number(row - 1, 1, int(each["month"]))
        sheet.write_number(row - 1, 2, float(each["prepaid"]), writer.money)
        sheet.write_number(row - 1, 3, float(each["spending"]), writer.money)
        sheet.write_formula(row - 1, 4, f"=C{row}-D{row}", writer.money, round(float(each["prepaid"] - each["spending"]), 2))


def _hospitals(writer: _Book, outcome: Outcome, book: Directory) -> None:
    heads = [
        _("机构"),
        _("医共体"),
        _("点数"),
        _("应得（元）"),
        _("个人支付（元）"),
        _("基金应付（元）"),
        _("按项目（元）"),
        _("差额（元）"),
        _("分得结余/承担超支（元）"),
    ]
    sheet = writer.sheet(_("医院"), heads, [30, 18, *[18] * 7])
    names = book.institutions["short_name"]
    for row, each in enumerate(outcome.hospitals.to_dict("records"), start=2):
        at = row - 1
        sheet.write_string(at, 0, str(names.get(each["hospital"], each["hospital"])))
        sheet.write_string(at, 1, book.community_name(str(each["community"])) if each["community"] else "")
        for column, name in ((2, "points"), (3, "due"), (4, "patient_paid"), (6, "claimed"), (8, "settlement_share")):
            sheet.write_number(at, column, float(each[name]), writer.money)
        sheet.write_formula(at, 5, f"=D{row}-E{row}", writer.money, float(each["fund_pays"]))
        sheet.write_formula(at, 7, f"=F{row}-G{row}", writer.money, float(each["difference"]))


def _indicators(writer: _Book, outcome: Outcome, reference: Outcome) -> None:
    heads = [_("指标"), _("分子"), _("分母"), _("方案"), _("基线分子"), _("基线分母"), _("基线")]
    sheet = writer.sheet(_("指标"), heads, [30, *[18] * 6])
    for row, (name, title) in enumerate(LABELS.items(), start=2):
        sheet.write_string(row - 1, 0, _(title))
        for start, side in ((1, outcome), (4, reference)):
            value = side.indicators[name]
            sheet.write_number(row - 1, start, value.numerator, writer.money)
            sheet.write_number(row - 1, start + 1, value.denominator, writer.money)
            above, below = (f"{chr(ord('A') + start + step)}{row}" for step in (0, 1))
            sheet.write_formula(
                row - 1, start + 2, f'=IF({below}>0,{above}/{below},"")', None, value.value if value.value is not None else ""
            )


def _dictionary(writer: _Book) -> None:
    sheet = writer.sheet(_("数据字典"), [_("项目"), _("口径")], [24, 100])
    lines = [
        (_("基金基数"), _("三个往年医疗总费用加权平均 × 基金支付占比，已按预算文件校准")),
        (_("总额预算"), _("基金基数 × 增速（上下限之内）+ 回流调增，再按人头调整，受全县基金封顶")),
        (_("预计支出"), _("参保人在县内外的基金支出：基期 × 趋势 × 次均费用增幅，加上就医流向措施")),
        (_("结余"), _("总额预算 − 预计支出；负数为超支")),
        (_("留用/分担"), _("带宽内结余 × 留用比例 × 考核兑付系数；带宽内超支 × 分担比例，超出带宽全部承担（负数）")),
        (_("归基金"), _("结余 − 留用/分担")),
        (_("年终清算"), _("基金最终支付 − 全年预付")),
        (_("待核实"), _("等级为 OWN 或 INFER 的系数是产品假设，不是官方规定")),
    ]
    for row, (name, text) in enumerate(lines, start=1):
        sheet.write_string(row, 0, name)
        sheet.write_string(row, 1, text)
