"""The live part of the what-if's workbook: inputs as numbers, and budget and settlement as formulas over them.

Who changes a coefficient on the sheet of inputs sees budget, balance and settlement move in Excel. What needs the whole chain (expected
spending, returned care, capitation, the county cap) stands there as numbers and says so in its heading.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dashboard.documents.sheets import Book
from dashboard.services.common.directory import Directory
from dashboard.ui.frame.scenario_exports import Cells
from dashboard.ui.insurance.panel import scheme_name
from dashboard.ui.kit.i18n import _
from dashboard.ui.kit.workbook import MONEY, NUMBER, PERCENT, TOTAL, headed_sheet
from dashboard.whatif.chain import gates
from dashboard.whatif.formulas import FORMULAS, PARTS, described, excel, value
from dashboard.whatif.outcome import Outcome

_FIRST_ROW = 2


# Money that the chain keeps in whole cents.
_ROUNDED = ("by_growth", "community_share", "prepaid")


def formula(name: str, cells: Mapping[str, str]) -> str:
    """Return the Excel formula of a column, from the very description that the chain computes."""
    text = excel(described(name), cells)
    return f"=ROUND({text},2)" if name in _ROUNDED else f"={text}"


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
        # Not the model's own column: its growth is of whole cents. What the chain adds beyond the growth stands as a number.
        for name in (*PARTS, "unclipped", "growth", "by_growth"):
            row[name] = float(value(name, {**values, **row}))
        row["by_growth"] = round(row["by_growth"], 2)
        row["other"] = round(row["budget"] - row["by_growth"], 2)
        for name in ("budget_change", "balance_change"):
            row[name] = round(float(value(name, row)), 2)
        rows.append(row)
    return rows


def write_units(book: Book, cells: Cells, outcome: Outcome, reference: Outcome, who: Directory) -> None:
    """Write budget and settlement of every community × scheme, and the county's totals."""
    heads = _heads()
    columns = list(heads)
    letters = {name: _letter(place) for place, name in enumerate(columns)}
    sheet = headed_sheet(book, _("预算与结算"), list(heads.values()), [18, 12, *[16] * (len(columns) - 2)])
    rows = _rows(outcome, reference, who)
    for number, row in enumerate(rows, start=_FIRST_ROW):
        names = {name: f"{letter}{number}" for name, letter in letters.items()}
        for place, name in enumerate(columns):
            style = PERCENT if name in _SHARES else NUMBER if name in ("score", "gate") else MONEY
            if name in ("community", "scheme"):
                book.put(sheet, number - 1, place, row[name])
            elif name in FORMULAS:
                book.formula(sheet, number - 1, place, formula(name, cells.at | names), float(row[name]), style)
            else:
                book.put(sheet, number - 1, place, float(row[name]), style)
    _totals(book, sheet, columns, letters, rows)


def _totals(book: Book, sheet: Any, columns: Sequence[str], letters: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> None:
    last = len(rows) + 1
    book.put(sheet, last, 0, _("合计"), TOTAL)
    for place, name in enumerate(columns):
        if name in ("community", "scheme", "score", "gate", *_SHARES):
            continue
        letter = letters[name]
        value = round(sum(float(row[name]) for row in rows), 2)
        book.formula(sheet, last, place, f"=SUM({letter}{_FIRST_ROW}:{letter}{last})", value, TOTAL)
