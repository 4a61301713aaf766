"""Templates for the county, made from the schema: a workbook per table with its dictionary, CSV headers, one dictionary of everything."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Table
from xlsxwriter.worksheet import Worksheet

from dashboard.documents.sheets import Book, Style
from dashboard.store.importing.columns import Field, Kind, fields, primary_key
from dashboard.store.importing.feeding import feeding_rows
from dashboard.store.importing.smallest import FOLDER, write_smallest
from dashboard.store.schema import label, package_tables

DICTIONARY = "数据字典.xlsx"
_DICTIONARY_SHEET, _FEEDING_SHEET = "字典", "哪张表用在哪一页"
_FEEDING_HEADERS, _FEEDING_WIDTHS = ("表", "文件名", "用在"), (22, 26, 80)
_HEADERS = ("表", "表名", "列名", "列(英文)", "类型", "必填", "主键", "代码", "说明与规则")
_WIDTHS = (22, 22, 22, 26, 16, 8, 8, 44, 60)
_KINDS = {
    Kind.MONTH: "月份(2025-10)",
    Kind.QUARTER: "季度(2025Q3)",
    Kind.DATE: "日期(2025-10-01)",
    Kind.YEAR: "年份(2025)",
    Kind.INTEGER: "整数",
    Kind.DECIMAL: "数字",
    Kind.FLOAT: "数字(度)",
    Kind.BOOLEAN: "是/否",
    Kind.CODE: "代码",
    Kind.TEXT: "文字",
}
_LIST_ROWS = 5_000
# Excel keeps at most 255 characters in a typed list.
_LIST_LENGTH = 255
_MANIFEST = """# 数据包说明(可选)。放在数据包文件夹的最上层，文件名 package.yaml
name: 某县 2025年10月
data_kind: county             # county 县级上报数据；demonstration 演示数据
scope: month                  # 业务表替换整个期间(month)，或只替换包里有的上报单位(reporter)
coordinate_system: CGCS2000   # 机构和镇街坐标的坐标系：WGS-84、CGCS2000 或 GCJ-02(高德、腾讯地图)
"""


def write_templates(folder: Path) -> list[Path]:
    """Write every template below ``folder`` and return the files.

    ``xlsx/<表>.xlsx`` has a sheet to fill in and a dictionary sheet, ``csv/<table>.csv`` is a header line, ``数据字典.xlsx`` lists all
    tables and which pages they feed, ``package.yaml`` is an example manifest, ``最小数据包/`` a small package that
    loads. Raises OSError when the folder cannot be written.
    """
    for part in ("xlsx", "csv"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    files = []
    for table in package_tables():
        files.append(_write_workbook(folder / "xlsx" / f"{label(table)}.xlsx", table))
        files.append(_write_header(folder / "csv" / f"{table.name}.csv", table))
    files.append(_write_dictionary(folder / DICTIONARY))
    manifest = folder / "package.yaml"
    manifest.write_text(_MANIFEST, encoding="utf-8")
    return [*files, manifest, *write_smallest(folder / FOLDER)]


def dictionary_rows(table: Table) -> list[tuple[str, ...]]:
    """Return the dictionary of ``table``: one row of texts per column."""
    keys = primary_key(table)
    return [
        (
            label(table),
            table.name,
            item.label,
            name,
            _KINDS[item.kind],
            "是" if item.required else "否",
            "是" if name in keys else "",
            "；".join(f"{code} {names.zh}" for code, names in (item.column.info.get("codes") or {}).items()),
            _rule(item),
        )
        for name, item in fields(table).items()
    ]


def _rule(item: Field) -> str:
    """Return what a county must know to fill a column in: the note of the schema, references, limits and default."""
    parts = []
    comment = item.column.comment or ""
    if "：" in comment:
        parts.append(comment.split("：", 1)[1])
    parts += [f"必须是{label(reference.column.table)}中的{label(reference.column)}" for reference in item.column.foreign_keys]
    if item.limits.maximum is not None:
        parts.append(f"{item.limits.minimum:g} 至 {item.limits.maximum:g}")
    elif item.limits.minimum is not None:
        parts.append("大于 0" if item.limits.exclusive else "不能为负数")
    if item.kind is Kind.DECIMAL:
        parts.append(f"最多 {item.column.type.scale} 位小数")  # type: ignore[attr-defined]
    if item.length is not None and item.kind is Kind.TEXT:
        parts.append(f"最多 {item.length} 个字")
    if item.default is not None:
        default = {True: "是", False: "否"}.get(item.default) if isinstance(item.default, bool) else _code_label(item)
        parts.append(f"不填时为“{default}”")
    return "；".join(parts)


def _code_label(item: Field) -> str:
    codes = item.column.info.get("codes") or {}
    return codes[item.default].zh if item.default in codes else str(item.default)


def _heading(*, required: bool) -> Style:
    return {"bold": True, "border": 1, "bg_color": "#FCE4D6" if required else "#E8EEF7"}


def _write_workbook(path: Path, table: Table) -> Path:
    with Book(path) as book:
        sheet = book.sheet(label(table))
        sheet.freeze_panes(1, 0)
        for position, (name, item) in enumerate(fields(table).items()):
            book.put(sheet, 0, position, item.label, _heading(required=item.required))
            sheet.write_comment(0, position, f"{name}\n{_KINDS[item.kind]}\n{'必填' if item.required else '选填'}\n{_rule(item)}")
            # Codes such as 0012 and months such as 2025-10 must stay text, or Excel rewrites them.
            as_text = item.kind in (Kind.TEXT, Kind.CODE, Kind.MONTH, Kind.QUARTER)
            sheet.set_column(position, position, max(12, 2 * len(item.label) + 2), book.format({"num_format": "@"}) if as_text else None)
            _add_list(sheet, position, item)
        _write_rows(book, book.sheet(_DICTIONARY_SHEET), dictionary_rows(table))
    return path


def _add_list(sheet: Worksheet, position: int, item: Field) -> None:
    """Offer the labels of a coded column as a list, where Excel can hold it."""
    options = ["是", "否"] if item.kind is Kind.BOOLEAN else [names.zh for names in (item.column.info.get("codes") or {}).values()]
    if options and len(",".join(options)) <= _LIST_LENGTH and not any("," in option for option in options):
        sheet.data_validation(1, position, _LIST_ROWS, position, {"validate": "list", "source": options, "error_type": "warning"})


def _write_rows(
    book: Book, sheet: Worksheet, rows: Sequence[tuple[str, ...]], headers: Sequence[str] = _HEADERS, widths: Sequence[int] = _WIDTHS
) -> None:
    sheet.freeze_panes(1, 0)
    for position, (title, width) in enumerate(zip(headers, widths, strict=True)):
        sheet.set_column(position, position, width)
        book.put(sheet, 0, position, title, _heading(required=False))
    for number, row in enumerate(rows, start=1):
        book.put_row(sheet, number, row, {"text_wrap": True, "valign": "top"})


def _write_header(path: Path, table: Table) -> Path:
    # With a byte order mark Excel opens the Chinese headers right.
    path.write_text(",".join(item.label for item in fields(table).values()) + "\n", encoding="utf-8-sig")
    return path


def _write_dictionary(path: Path) -> Path:
    with Book(path) as book:
        _write_rows(book, book.sheet(_DICTIONARY_SHEET), [row for table in package_tables() for row in dictionary_rows(table)])
        _write_rows(book, book.sheet(_FEEDING_SHEET), feeding_rows(), _FEEDING_HEADERS, _FEEDING_WIDTHS)
    return path
