"""The live part of the what-if's workbook: inputs as numbers, and budget and settlement as formulas over them.

Who changes a coefficient on the sheet of inputs sees budget, balance and settlement move in Excel. What needs the whole chain (expected
spending, returned care, capitation, the county cap) stands there as numbers and says so in its heading.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.services.directory import Directory
from dashboard.services.insurance import Model
from dashboard.services.insurance_plan import Plan
from dashboard.ui.i18n import _
from dashboard.ui.insurance_panel import GROUPS, label, value_words
from dashboard.ui.insurance_views import scheme_name
from dashboard.ui.insurance_workbook import Book
from dashboard.whatif.chain import gates
from dashboard.whatif.outcome import Outcome

_FIRST_ROW = 2


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


def write_inputs(book: Book, model: Model, plan: Plan) -> Cells:
    """Write every coefficient with its value, the baseline's, whether it is changed, why, its grade and source."""
    heads = [_("系数"), _("方案值"), _("基线值"), _("单位"), _("是否改动"), _("理由"), _("等级"), _("来源")]
    name = _("输入")
    sheet = book.sheet(name, heads, [30, 16, 16, 10, 10, 40, 12, 60])
    values, cells, row = model.values(plan), Cells(), 0
    sets = {group.id: group for group in model.baseline.coefficients.sets}
    for group in GROUPS:
        for coefficient in sets[group].coefficients:
            row += 1
            sheet.write_string(row, 0, label(coefficient))
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
                sheet.write_string(row, column, text)
            cells.at[coefficient.id] = f"'{name}'!$B${row + 1}"
    return cells


def _value(book: Book, sheet: Any, row: int, column: int, coefficient: Coefficient, value: Value) -> None:
    if isinstance(value, tuple):
        sheet.write_string(row, column, value_words(coefficient, value))
    else:
        sheet.write_number(row, column, float(value), book.percent if coefficient.unit == "ratio" else book.number)


# Column of the sheet → its formula; {x} is the cell of column x in the same row, {i[name]} the cell of a coefficient.
_FORMULAS: Mapping[str, str] = {
    "volume": "={i[a_volume]}*({volume_growth}+{i[volume_adjustment]})",
    "quality": "={i[a_quality]}*({score}-{i[quality_reference]})/100",
    "price": "={i[a_price]}*{i[price_index]}",
    "case_mix": "={i[a_case_mix]}*{case_mix_growth}",
    "extra": "={i[extra_growth]}",
    "unclipped": "=IF({i[multiplicative]}>0,(1+{volume})*(1+{quality})*(1+{price})*(1+{case_mix})*(1+{extra}),"
    "1+{volume}+{quality}+{price}+{case_mix}+{extra})",
    "growth": "=MIN(MAX({unclipped},{i[k_min]}),{i[k_max]})",
    "by_growth": "=ROUND({fund_base}*{growth},2)",
    "budget": "={by_growth}+{other}",
    "balance": "={budget}-{spending}",
    "community_share": "=ROUND({gate}*{i[surplus_share]}*MAX(0,{budget}-MAX({spending},{budget}*(1-{i[band]})))"
    "-{i[deficit_share]}*MAX(0,MIN({spending},{budget}*(1+{i[band]}))-{budget})-MAX(0,{spending}-{budget}*(1+{i[band]})),2)",
    "fund_share": "={balance}-{community_share}",
    "final": "={spending}+{community_share}",
    "prepaid": "=ROUND({budget}*{i[prepay_rate]},2)",
    "clearing": "={final}-{prepaid}",
    "budget_change": "={budget}-{budget_before}",
    "balance_change": "={balance}-{balance_before}",
}
_SHARES = ("volume_growth", "case_mix_growth", "volume", "quality", "price", "case_mix", "extra", "unclipped", "growth")


def _heads() -> dict[str, str]:
    return {
        "community": _("医共体"),
        "scheme": _("险种"),
        "fund_base": _("基金基数（元）"),
        "volume_growth": _("服务量增长"),
        "case_mix_growth": _("病例组合增长"),
        "score": _("考核得分"),
        "volume": _("数量"),
        "quality": _("质量"),
        "price": _("物价"),
        "case_mix": _("病例组合"),
        "extra": _("统一追加"),
        "unclipped": _("增速（限前）"),
        "growth": _("增速（上下限之内）"),
        "by_growth": _("按增速的预算（元）"),
        "other": _("回流、按人头、封顶（元，数值）"),
        "budget": _("总额预算（元）"),
        "spending": _("预计支出（元，数值）"),
        "balance": _("结余（元）"),
        "gate": _("考核兑付系数（数值）"),
        "community_share": _("留用/分担（元）"),
        "fund_share": _("归基金（元）"),
        "final": _("基金最终支付（元）"),
        "prepaid": _("全年预付（元）"),
        "clearing": _("年终清算（元）"),
        "budget_before": _("基线总额预算（元）"),
        "budget_change": _("预算较基线（元）"),
        "balance_before": _("基线结余（元）"),
        "balance_change": _("结余较基线（元）"),
    }


def _letter(place: int) -> str:
    return chr(ord("A") + place) if place < 26 else f"A{chr(ord('A') + place - 26)}"


def _rows(outcome: Outcome, reference: Outcome, book: Directory) -> list[dict[str, Any]]:
    """Return by community × scheme what the sheet holds: numbers, and the values that its formulas have now."""
    arrays, values, units, before = outcome.baseline.arrays, outcome.values, outcome.units, reference.units
    scores = np.nan_to_num(arrays.quality_score, nan=float(values["quality_reference"]))
    gate = gates(arrays, values)
    rows = []
    for place, unit in enumerate(units.to_dict("records")):
        row: dict[str, Any] = {str(name): value for name, value in unit.items()}
        row |= {
            "community": book.community_name(str(unit["community"])),
            "scheme": scheme_name(str(unit["scheme"])),
            "volume_growth": float(arrays.volume_growth[place]),
            "case_mix_growth": float(arrays.case_mix_growth[place]),
            "score": float(scores[place]),
            "gate": float(gate[place]),
            "budget_before": float(before["budget"][place]),
            "balance_before": float(before["balance"][place]),
        }
        row |= _growth(row, values)
        row["by_growth"] = round(row["fund_base"] * row["growth"], 2)
        row["other"] = round(row["budget"] - row["by_growth"], 2)
        row["budget_change"] = round(row["budget"] - row["budget_before"], 2)
        row["balance_change"] = round(row["balance"] - row["balance_before"], 2)
        rows.append(row)
    return rows


def _growth(row: Mapping[str, Any], values: Mapping[str, Any]) -> dict[str, float]:
    parts = {
        "volume": values["a_volume"] * (row["volume_growth"] + values["volume_adjustment"]),
        "quality": values["a_quality"] * (row["score"] - values["quality_reference"]) / 100,
        "price": values["a_price"] * values["price_index"],
        "case_mix": values["a_case_mix"] * row["case_mix_growth"],
        "extra": values["extra_growth"],
    }
    shares = np.array(list(parts.values()), dtype=float)
    level = float(np.prod(1 + shares)) if values["multiplicative"] else float(1 + shares.sum())
    return parts | {"unclipped": level, "growth": min(max(level, values["k_min"]), values["k_max"])}


def write_units(book: Book, cells: Cells, outcome: Outcome, reference: Outcome, who: Directory) -> None:
    """Write budget and settlement of every community × scheme, and the county's totals."""
    heads = _heads()
    columns = list(heads)
    letters = {name: _letter(place) for place, name in enumerate(columns)}
    sheet = book.sheet(_("预算与结算"), list(heads.values()), [18, 12, *[16] * (len(columns) - 2)])
    rows = _rows(outcome, reference, who)
    for number, row in enumerate(rows, start=_FIRST_ROW):
        names = {name: f"{letter}{number}" for name, letter in letters.items()}
        for place, name in enumerate(columns):
            style = book.percent if name in _SHARES else book.number if name in ("score", "gate") else book.money
            if name in ("community", "scheme"):
                sheet.write_string(number - 1, place, row[name])
            elif name in _FORMULAS:
                sheet.write_formula(number - 1, place, _FORMULAS[name].format(i=cells.at, **names), style, float(row[name]))
            else:
                sheet.write_number(number - 1, place, float(row[name]), style)
    _totals(book, sheet, columns, letters, rows)


def _totals(book: Book, sheet: Any, columns: Sequence[str], letters: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    last = len(rows) + 1
    sheet.write_string(last, 0, _("合计"), book.bold)
    for place, name in enumerate(columns):
        if name in ("community", "scheme", "score", "gate", *_SHARES):
            continue
        letter = letters[name]
        value = round(sum(float(row[name]) for row in rows), 2)
        sheet.write_formula(last, place, f"=SUM({letter}{_FIRST_ROW}:{letter}{last})", book.bold, value)
