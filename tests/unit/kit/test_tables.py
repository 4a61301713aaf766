import datetime
from io import BytesIO

import openpyxl
import pandas as pd
import pytest

from dashboard.analysis.small_counts import Guard, Masked
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN
from dashboard.services.common.database import DataVersion
from dashboard.ui.kit.tables import ExportSource, TableColumn, guarded, text_width, workbook

VERSION = DataVersion(
    load_id=7,
    package="演示包",
    demonstration=True,
    data_through=datetime.date(2025, 10, 1),
    loaded_at=datetime.datetime(2025, 11, 3),  # noqa: DTZ001
)
COLUMNS = [
    TableColumn("name", "机构"),
    TableColumn("cases", "人次", "count"),
    TableColumn("share", "占比", "percent"),
    TableColumn("month", "月份", "month"),
]
FRAME = pd.DataFrame(
    {
        "name": ['=HYPERLINK("http://evil")', "+1", "@SUM(A1)", "http://evil.example", None],
        "cases": [1, 2, 3, 4, None],
        "share": [0.5, 0.25, None, 1.0, 0.0],
        "month": pd.to_datetime(["2025-10-01"] * 5),
    }
)


def opened() -> openpyxl.Workbook:
    return openpyxl.load_workbook(BytesIO(workbook(FRAME, COLUMNS, "标题", ExportSource("2025年10月 · 全县", VERSION))))


def test_text_never_becomes_formula_or_link() -> None:
    sheet = opened()["数据"]
    for row, name in enumerate(FRAME["name"][:4], start=2):
        cell = sheet.cell(row, 1)
        assert (cell.value, cell.data_type, cell.hyperlink) == (name, "s", None)


def test_numbers_and_months_stay_numbers_and_missing_stays_empty() -> None:
    sheet = opened()["数据"]
    assert [cell.value for cell in sheet[1]] == ["机构", "人次", "占比", "月份"]
    assert (sheet["B2"].value, sheet["C2"].value, sheet["C2"].number_format) == (1, 0.5, "0.0%")
    assert sheet["D2"].value == datetime.datetime(2025, 10, 1)  # noqa: DTZ001
    assert sheet["A6"].value is None
    assert sheet["B6"].value is None
    assert sheet["C4"].value is None


def test_source_sheet_says_where_it_comes_from() -> None:
    rows = {row[0].value: row[1].value for row in opened()["来源"].iter_rows()}
    assert rows["标题"] == "标题"
    assert rows["筛选条件"] == "2025年10月 · 全县"
    assert rows["数据截至"] == "2025年10月"
    assert rows["数据版本"] == "7"
    assert "不代表任何机构" in rows["注意"]


def test_the_same_table_is_protected_once_and_another_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    work_out = Guard._work_out

    def counted(guard: Guard, frame: pd.DataFrame, smallest: int) -> Masked:
        asked.append(smallest)
        return work_out(guard, frame, smallest)

    monkeypatch.setattr(Guard, "_work_out", counted)
    columns = [TableColumn("unit", "单位"), TableColumn("cases", "例数", "people")]
    frame = pd.DataFrame({"unit": ["甲", "乙", "丙"], "cases": [3.0, 411.0, 57.0]})
    first = guarded(frame, columns)
    first.loc[0, "unit"] = "改"  # what a caller does to its own is not seen by the next
    assert guarded(frame.copy(), columns)["unit"].tolist() == ["甲", "乙", "丙"]
    assert asked == [ON_SCREEN]
    guarded(frame, columns, smallest=ON_EXPORT)
    guarded(frame.assign(cases=[3.0, 411.0, 58.0]), columns)
    assert len(asked) == 3
    assert guarded(frame, [columns[1]])["cases"].tolist() == guarded(frame, columns)["cases"].tolist()
    assert len(asked) == 3  # which columns are shown does not change what is hidden


def test_a_column_of_names_is_as_wide_as_its_longest() -> None:
    """The browser leaves a name far longer than the mean out of its reckoning, and cuts it."""
    assert text_width(["精神科", "骨科", "五官科", "内科", "呼吸与危重症医学科"]) == 9 * 14 + 18
    assert text_width(["第一医院", "第二医院"]) is None
    assert text_width(["一院", "积石山保安族东乡族撒拉族自治县吹麻滩镇中心卫生院"]) == 12 * 14 + 18, "the rest wraps"
    assert text_width(["积石山保安族东乡族撒拉族自治县吹麻滩镇中心卫生院"]) == 12 * 14 + 18
    assert text_width(["一", "说明" * 40]) is None, "sentences"
    assert text_width([]) is None
