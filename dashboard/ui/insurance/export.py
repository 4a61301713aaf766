"""The what-if as a workbook: live inputs, budget and settlement, waterfall, months, hospitals, indicators, dictionary, source."""

from collections.abc import Sequence

import pandas as pd

from dashboard.analysis.suppression import ON_EXPORT
from dashboard.documents.sheets import Book, Style
from dashboard.services.common.directory import Directory
from dashboard.services.insurance.answer import HOSPITALS, Model, hospital_frame
from dashboard.services.insurance.plan import Plan
from dashboard.services.insurance.targets import LABELS
from dashboard.ui.frame.scenario_exports import write_coefficients, write_tornado
from dashboard.ui.insurance.charts import step_label
from dashboard.ui.insurance.export_live import write_units
from dashboard.ui.insurance.panel import PANEL, scheme_name
from dashboard.ui.insurance.results import spending_definition
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _, language
from dashboard.ui.kit.tables import ExportSource
from dashboard.ui.kit.workbook import MONEY, headed_sheet, texts_sheet
from dashboard.whatif.outcome import Outcome

FILE_NAME = "insurance_scenario.xlsx"
_COUNT: Style = {"num_format": "#,##0"}


def scenario_workbook(model: Model, plan: Plan, outcome: Outcome, reference: Outcome, who: Directory, source: ExportSource) -> bytes:
    """Return the workbook of ``plan``. Budget, settlement, totals and differences are formulas over the inputs beside them."""
    book = Book()
    cells = write_coefficients(book, PANEL, model, plan)
    write_units(book, cells, outcome, reference, who)
    _waterfall(book, outcome, reference)
    _months(book, outcome, who)
    _hospitals(book, model, outcome, who)
    _indicators(book, outcome, reference)
    write_tornado(book, model, model.tornado(plan), _("低值时结余变化（元）"), _("高值时结余变化（元）"))
    texts_sheet(book, _("数据字典"), (_("项目"), _("口径")), (24, 100), definitions())
    texts_sheet(book, _("来源"), (_("项目"), _("内容")), (18, 90), [*source.rows(_("医保总额推演")), *scenario_rows(model, plan)])
    return book.content()


def scenario_rows(model: Model, plan: Plan) -> list[tuple[str, str]]:
    """Return what an export says about the scenario and its baseline: (label, text)."""
    scenario = plan.scenario
    rows = [(_("方案"), scenario.name), (_("作者"), scenario.author), (_("理由"), scenario.reason), (_("随机种子"), str(scenario.seed))]
    rows += [(_("全县可用基金"), f"{scheme_name(scheme)} {formatting.yuan(amount)} {_('元')}") for scheme, amount in plan.fund]
    rows += [(_("基线说明"), _(note.text, **note.details)) for note in model.county.notes]
    return [(name, text) for name, text in rows if text]


def definitions() -> Sequence[tuple[str, str]]:
    """Return what the amounts of the exports mean: (name, definition)."""
    return [
        (_("基金基数"), _("三个往年医疗总费用加权平均 × 基金支付占比，已按预算文件校准")),
        (_("总额预算"), _("基金基数 × 增速（上下限之内）+ 回流调增，再按人头调整，受全县基金封顶")),
        (_("预计支出"), spending_definition()),
        (_("结余"), _("总额预算 − 预计支出；负数为超支")),
        (_("留用/分担"), _("带宽内结余 × 留用比例 × 考核兑付系数；带宽内超支 × 分担比例，超出带宽全部承担（负数）")),
        (_("归基金"), _("结余 − 留用/分担")),
        (_("年终清算"), _("基金最终支付 − 全年预付")),
        (_("待核实"), _("等级为 OWN 或 INFER 的系数是产品假设，不是官方规定")),
    ]


def _waterfall(book: Book, outcome: Outcome, reference: Outcome) -> None:
    sheet = headed_sheet(
        book, _("预算构成"), [_("步骤"), _("增减（元）"), _("累计（元）"), _("基线增减（元）"), _("差异（元）")], [18, 20, 20, 20, 20]
    )
    steps, before = outcome.waterfall()[:-1], reference.waterfall()[:-1]
    for row, (step, earlier) in enumerate(zip(steps, before, strict=True), start=2):
        book.put(sheet, row - 1, 0, step_label(step.id))
        book.put(sheet, row - 1, 1, step.change, MONEY)
        book.formula(sheet, row - 1, 2, "=B2" if row == 2 else f"=C{row - 1}+B{row}", step.level, MONEY)
        book.put(sheet, row - 1, 3, earlier.change, MONEY)
        book.formula(sheet, row - 1, 4, f"=B{row}-D{row}", round(step.change - earlier.change, 2), MONEY)


def _months(book: Book, outcome: Outcome, who: Directory) -> None:
    sheet = headed_sheet(
        book, _("按月"), [_("医共体"), _("月"), _("月度预付（元）"), _("预计支出（元）"), _("差额（元）")], [18, 8, 20, 20, 20]
    )
    for row, each in enumerate(outcome.months.to_dict("records"), start=2):
        book.put(sheet, row - 1, 0, who.community_name(str(each["community"])))
        book.put(sheet, row - 1, 1, int(each["month"]))
        book.put(sheet, row - 1, 2, float(each["prepaid"]), MONEY)
        book.put(sheet, row - 1, 3, float(each["spending"]), MONEY)
        book.formula(sheet, row - 1, 4, f"=C{row}-D{row}", round(float(each["prepaid"] - each["spending"]), 2), MONEY)


def _hospitals(book: Book, model: Model, outcome: Outcome, who: Directory) -> None:
    heads = [
        _("机构"),
        _("医共体"),
        _("基准年住院人次"),
        _("点数"),
        _("应得（元）"),
        _("个人支付（元）"),
        _("基金应付（元）"),
        _("按项目（元）"),
        _("差额（元）"),
        _("分得结余/承担超支（元）"),
    ]
    sheet = headed_sheet(book, _("医院"), heads, [30, 18, *[18] * 8])
    names = who.institutions["short_name"]
    frame = hospital_frame(model, outcome) if outcome.pool else outcome.hospitals
    shown = HOSPITALS.hide(frame, ON_EXPORT).frame if len(frame) else frame
    for row, each in enumerate(shown.to_dict("records"), start=2):
        at = row - 1
        book.put(sheet, at, 0, str(names.get(each["hospital"], each["hospital"])))
        book.put(sheet, at, 1, who.community_name(str(each["community"])) if each["community"] else "")
        if pd.isna(each["points"]):  # a few inpatients, or who would give them away
            book.put(sheet, at, 2, formatting.people(each["cases"], language(), ON_EXPORT))
            continue
        book.put(sheet, at, 2, float(each["cases"]), _COUNT)
        for column, name in ((3, "points"), (4, "due"), (5, "patient_paid"), (7, "claimed"), (9, "settlement_share")):
            book.put(sheet, at, column, float(each[name]), MONEY)
        book.formula(sheet, at, 6, f"=E{row}-F{row}", float(each["fund_pays"]), MONEY)
        book.formula(sheet, at, 8, f"=G{row}-H{row}", float(each["difference"]), MONEY)


def _indicators(book: Book, outcome: Outcome, reference: Outcome) -> None:
    heads = [_("指标"), _("分子"), _("分母"), _("方案"), _("基线分子"), _("基线分母"), _("基线")]
    sheet = headed_sheet(book, _("指标"), heads, [30, *[18] * 6])
    for row, (name, title) in enumerate(LABELS.items(), start=2):
        book.put(sheet, row - 1, 0, _(title))
        for start, side in ((1, outcome), (4, reference)):
            value = side.indicators[name]
            book.put(sheet, row - 1, start, value.numerator, MONEY)
            book.put(sheet, row - 1, start + 1, value.denominator, MONEY)
            above, below = (f"{chr(ord('A') + start + step)}{row}" for step in (0, 1))
            book.formula(sheet, row - 1, start + 2, f'=IF({below}>0,{above}/{below},"")', value.value if value.value is not None else "")
