import datetime
from io import BytesIO

import openpyxl
import pandas as pd

from dashboard.services.database import DataVersion
from dashboard.ui.tables import ExportSource, TableColumn, workbook

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
