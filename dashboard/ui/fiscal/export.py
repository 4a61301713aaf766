"""The fiscal what-if as a workbook: inputs, institutions with live sums, price round, contract fee, one balance, sensitivity, source."""

import math
from collections.abc import Sequence

from dashboard.documents.sheets import Book
from dashboard.services.common.directory import Directory
from dashboard.services.common.plan import Plan
from dashboard.services.fiscal.answer import FiscalModel, by_institution
from dashboard.services.fiscal.together import PARTY_NAMES, Together
from dashboard.ui.fiscal.charts import party_name, payer_name
from dashboard.ui.fiscal.panel import PANEL
from dashboard.ui.fiscal.words import cause_words, institution_name
from dashboard.ui.frame.scenario_exports import write_coefficients, write_tornado
from dashboard.ui.kit import formatting
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.tables import ExportSource
from dashboard.ui.kit.workbook import MONEY, TOTAL, headed_sheet, texts_sheet
from dashboard.whatif.fiscal_run import PARTIES, PAYERS, TRACKS, FiscalOutcome
from dashboard.whatif.fiscal_search import PAIRS, causes

FILE_NAME = "fiscal_scenario.xlsx"


def scenario_workbook(
    model: FiscalModel, plan: Plan, outcome: FiscalOutcome, both: Together, who: Directory, source: ExportSource
) -> bytes:
    """Return the workbook of ``plan``. Sums and differences are formulas over the numbers beside them."""
    book = Book()
    write_coefficients(book, PANEL, model, plan)
    _institutions(book, outcome, who)
    _prices(book, outcome, who)
    _fees(book, outcome, who)
    _balance(book, both)
    write_tornado(book, model, model.tornado(plan), _("低值时投入变化（元）"), _("高值时投入变化（元）"))
    texts_sheet(book, _("数据字典"), (_("项目"), _("口径")), (24, 100), definitions())
    texts_sheet(book, _("来源"), (_("项目"), _("内容")), (18, 90), [*source.rows(_("财政补偿推演")), *scenario_rows(model, plan)])
    return book.content()


def scenario_rows(model: FiscalModel, plan: Plan) -> list[tuple[str, str]]:
    """Return what an export says about the scenario and its baseline: (label, text)."""
    scenario = plan.scenario
    rows = [(_("方案"), scenario.name), (_("作者"), scenario.author), (_("理由"), scenario.reason), (_("随机种子"), str(scenario.seed))]
    rows += [(_("基线年"), str(model.baseline.year))]
    rows += [(_("基线说明"), _(note.text, **note.details)) for note in model.county.notes]
    return [(name, text) for name, text in rows if text]


def definitions() -> Sequence[tuple[str, str]]:
    """Return what the amounts of the exports mean: (name, definition)."""
    return [
        (_("财政补偿"), _("补偿 = (1 − 过渡比例) × 历史 + 过渡比例 ×（定项 + 当量购买 + 定额 + 签约财政部分），不低于保底")),
        (_("标化当量"), _("服务数量 × 标化当量 × 质量系数；当量表优先用本县的，空缺时用示意表（待核实）")),
        (_("取消加成"), _("减收 = 药品收入 × 加成率 ÷ (1 + 加成率)；调价补偿不足兜底线的医院由财政逐院补足到兜底线")),
        (_("集采降价"), _("零加成下药便宜了，医院不少收入：药品收入与采购成本同时下降；腾出的钱一部分调入服务价格，调增由医保和群众分担")),
        (_("服务收入占比"), _("医疗收入减药品、饮片、耗材、检查、化验收入，除以医疗收入（与指标 D06 同一口径，只算医共体医院）")),
        (_("签约费"), _("有效签约人数 × 每人每年签约费 × 考核得分 ÷ 100，按分担比例拆到分；不纳入绩效工资总量")),
        (_("待核实"), _("等级为 OWN 或 INFER 的系数是产品假设，不是官方规定")),
    ]


def known(amount: float | None) -> float | str:
    """Return what a cell shows: the amount, or "—" where it is not known."""
    return formatting.MISSING if amount is None or math.isnan(amount) else float(amount)


def _institutions(book: Book, outcome: FiscalOutcome, who: Directory) -> None:
    heads = [_("机构"), _("医共体"), _("历史（元）"), *(f"{_(name)}{_('（元）')}" for name in TRACKS.values())]
    heads += [_("新补偿（元）"), _("较历史（元）"), _("标化当量"), _("为什么")]
    sheet = headed_sheet(book, _("机构"), heads, [30, 18, *[18] * 9, 40])
    frame, why = by_institution(outcome), {cause.institution: cause for cause in causes(outcome)}
    row = 1
    for row, (code, each) in enumerate(frame.iterrows(), start=2):
        at = row - 1
        book.put(sheet, at, 0, institution_name(who, str(code)))
        book.put(sheet, at, 1, who.community_name(str(each["community"])))
        book.put(sheet, at, 2, float(each["before"]), MONEY)
        for column, track in enumerate(TRACKS, start=3):
            book.put(sheet, at, column, float(each[track]), MONEY)
        book.formula(sheet, at, 8, f"=SUM(D{row}:H{row})", float(each["total"]), MONEY)
        book.formula(sheet, at, 9, f"=I{row}-C{row}", float(each["total"]) - float(each["before"]), MONEY)
        book.put(sheet, at, 10, known(each["equivalents"]), MONEY)
        book.put(sheet, at, 11, cause_words(why.get(str(code))))
    book.put(sheet, row, 0, _("合计"), TOTAL)
    totals = [outcome.baseline.total_before, *outcome.track_totals.values(), outcome.total, outcome.change]
    for column, amount in enumerate(totals, start=2):
        letter = chr(ord("A") + column)
        book.formula(sheet, row, column, f"=SUM({letter}2:{letter}{row})", amount, TOTAL)


def _prices(book: Book, outcome: FiscalOutcome, who: Directory) -> None:
    prices = outcome.prices
    if prices is None:
        return
    heads = [_("一方"), _("药价下降（元）"), _("服务调价（元）"), _("财政兜底（元）"), _("净额（元）")]
    sheet = headed_sheet(book, _("价格改革"), heads, [24, *[20] * 4])
    for row, party in enumerate(PARTIES, start=2):
        payer = prices.parties[party]
        book.put(sheet, row - 1, 0, party_name(party))
        for column, amount in enumerate((payer.drugs, payer.services, payer.backstop), start=1):
            book.put(sheet, row - 1, column, amount, MONEY)
        book.formula(sheet, row - 1, 4, f"=SUM(B{row}:D{row})", payer.net, MONEY)
    last = len(PARTIES) + 1
    book.put(sheet, last, 0, _("合计"), TOTAL)
    book.formula(sheet, last, 4, f"=SUM(E2:E{last})", 0.0, TOTAL)
    heads = [_("医院"), _("减收或腾出（元）"), _("服务调价增加（元）"), _("财政兜底（元）"), _("医院自行消化（元）"), _("可分配绩效（元）")]
    sheet = headed_sheet(book, _("医院"), heads, [30, *[20] * 5])
    for row, (code, each) in enumerate(prices.hospitals.iterrows(), start=1):
        book.put(sheet, row, 0, institution_name(who, str(code)))
        for column, name in enumerate(("freed", "prices", "backstop", "own"), start=1):
            book.put(sheet, row, column, float(each[name]), MONEY)
        book.put(sheet, row, 5, known(outcome.pay[str(code)]), MONEY)


def _fees(book: Book, outcome: FiscalOutcome, who: Directory) -> None:
    heads = [_("机构"), *(f"{payer_name(payer)}{_('（元）')}" for payer in PAYERS), _("合计（元）")]
    sheet = headed_sheet(book, _("签约费"), heads, [30, *[18] * 4])
    for row, (code, each) in enumerate(outcome.fees.iterrows(), start=2):
        book.put(sheet, row - 1, 0, institution_name(who, str(code)))
        for column, payer in enumerate(PAYERS, start=1):
            book.put(sheet, row - 1, column, float(each[payer]), MONEY)
        book.formula(sheet, row - 1, 4, f"=SUM(B{row}:D{row})", round(float(each.sum()), 2), MONEY)


def _balance(book: Book, both: Together) -> None:
    heads = [_("一方"), _("财政方案（元）"), _("医保方案（元）"), _("同一笔钱的处理（元）"), _("合计（元）")]
    sheet = headed_sheet(book, _("一张县账"), heads, [40, *[20] * 4])
    for row, party in enumerate(PARTIES, start=2):
        book.put(sheet, row - 1, 0, _(PARTY_NAMES[party]))
        *amounts, whole = both.row(party)
        for column, amount in enumerate(amounts, start=1):
            book.put(sheet, row - 1, column, known(amount), MONEY)
        if whole is None:
            book.put(sheet, row - 1, 4, known(whole), MONEY)
        else:
            book.formula(sheet, row - 1, 4, f"=SUM(B{row}:D{row})", whole, MONEY)
    for row, pair in enumerate(both.overlaps, start=len(PARTIES) + 3):
        book.put(sheet, row - 1, 0, _(PAIRS[pair.pair][0]))
        book.put(sheet, row - 1, 1, pair.amount, MONEY)
        book.put(sheet, row - 1, 2, _(PAIRS[pair.pair][1 if pair.solved else 2]))
