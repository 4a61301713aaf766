"""What a file may look like: encodings, workbooks, headers, dates, numbers, lines; and what is refused, with its place."""

import datetime
import zipfile
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import create_engine, text

from dashboard.store.importing.feeding import PAGE_OF_THE_DOCS, feeding_rows, with_feeding
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.importing.smallest import FOLDER, SMALLEST
from dashboard.store.importing.templates import DICTIONARY, write_templates
from dashboard.store.schema import label, metadata, package_tables
from tests.integration.packages import small_county, write_csv_package, write_xlsx_package

_ROOT = ("dim_community", "dim_town", "dim_institution", "fact_population")


def _county(*names: str) -> dict[str, pd.DataFrame]:
    tables = small_county()
    return {name: tables[name] for name in (*_ROOT, *names)}


def _rows(url: str, query: str) -> list[tuple]:
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]
    finally:
        engine.dispose()


def _outpatient(tmp_path: Path, content: bytes) -> Path:
    folder = write_csv_package(tmp_path / "package", _county())
    (folder / "fact_outpatient.csv").write_bytes(content)
    return folder


def _places(report: LoadReport) -> list[tuple[str, int | None, str | None]]:
    return [(item.rule, item.line, item.column) for item in report.findings]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_chinese_headers_labels_and_file_names_in_each_encoding(encoding: str, tmp_path: Path, duckdb_url: str) -> None:
    tables = {}
    for name, frame in _county().items():
        columns = metadata.tables[name].columns
        tables[label(metadata.tables[name])] = frame.rename(columns={column: label(columns[column]) for column in frame})
    report = load_package(write_csv_package(tmp_path / "package", tables, encoding=encoding), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert {file.file for file in report.files} == {f"{name}.csv" for name in tables}
    assert _rows(duckdb_url, "SELECT name, kind, role, in_county FROM dim_institution WHERE institution_code = 'H2'") == [
        ("第二医院", "general_hospital", "lead", True)
    ]


def test_workbooks_equal_text_files(tmp_path: Path) -> None:
    """The same county as CSV and as XLSX with real dates and numbers gives the same rows."""
    tables = _county("fact_outpatient")
    tables["fact_outpatient"]["visits"] = tables["fact_outpatient"]["visits"].astype(int)
    text_url, book_url = (f"duckdb:///{tmp_path / name}.duckdb" for name in ("text", "book"))
    assert load_package(write_csv_package(tmp_path / "csv", tables), text_url).accepted
    tables["fact_outpatient"]["month"] = pd.to_datetime(tables["fact_outpatient"]["month"].astype(str))
    report = load_package(write_xlsx_package(tmp_path / "xlsx", tables), book_url)
    assert report.accepted, [item.text() for item in report.findings]
    for name in tables:
        query = f"SELECT * FROM {name} ORDER BY 1, 2"
        assert _rows(book_url, query) == _rows(text_url, query)


@pytest.mark.parametrize(
    ("month", "visits", "expected_visits"),
    [
        ("2025-10", "1,234", 1234),
        ("2025/10", "1,234,567", 1234567),
        ("202510", "12.0", 12),
        ("2025年10月", " 7 ", 7),
        ("2025-10-01", "+5", 5),
        ("2025.10", "1e3", 1000),
        ("20251001", "0", 0),
        ("2025/10/1 00:00:00", "08", 8),
    ],
)
def test_ways_to_write_a_month_and_a_count(month: str, visits: str, expected_visits: int, tmp_path: Path, duckdb_url: str) -> None:
    content = f'institution_code,month,visits\nH1,{month},"{visits}"\n'
    report = load_package(_outpatient(tmp_path, content.encode()), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert _rows(duckdb_url, "SELECT month, visits FROM fact_outpatient") == [(datetime.date(2025, 10, 1), expected_visits)]


def test_quarters_booleans_money_and_defaults(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("dim_equipment_type", "dim_account", "fact_finance", "fact_survey")
    tables["dim_equipment_type"]["is_large"] = "否"
    tables["fact_survey"]["quarter"] = "2025年第三季度"
    tables["fact_finance"]["amount"] = ["5,000.50", "-0.30000000000000004"]
    assert load_package(write_csv_package(tmp_path / "package", tables), duckdb_url).accepted
    assert _rows(duckdb_url, "SELECT is_large FROM dim_equipment_type") == [(False,)]
    assert _rows(duckdb_url, "SELECT quarter FROM fact_survey") == [(datetime.date(2025, 7, 1),)]
    assert _rows(duckdb_url, "SELECT amount FROM fact_finance ORDER BY amount") == [(Decimal("-0.30"),), (Decimal("5000.50"),)]
    defaults = "SELECT grade, in_province, in_alliance, capability_level FROM dim_institution WHERE institution_code = 'S1'"
    assert _rows(duckdb_url, defaults) == [("none", True, False, "none")]


def test_lines_are_physical_also_after_quoted_newlines_and_blank_lines(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    folder = write_csv_package(tmp_path / "package", tables)
    header = "community_code,name,short_name,display_order\n"
    quoted = 'A,"第一\n医共体","一\n\n\n一",1\n'
    (folder / "dim_community.csv").write_text(f"{header}{quoted}\n\nB,第二,二,x\nC,第三,三\n", encoding="utf-8")
    report = load_package(folder, duckdb_url)
    assert [place for place in _places(report) if place[0] in ("type_integer", "field_count")] == [
        ("type_integer", 9, "display_order"),
        ("field_count", 10, None),
    ]


def test_lines_stay_right_across_blocks(tmp_path: Path, duckdb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks: every block boundary, with quoted newlines (Arrow's path) and blank lines (Python's path)."""
    monkeypatch.setattr("dashboard.store.importing.csv_reading._BLOCK", 64)
    folder = write_csv_package(tmp_path / "package", _county())
    lines = ["community_code,name,short_name,display_order"]
    wrong = []
    for number in range(60):
        value = "x" if number % 7 == 3 else str(number)
        if value == "x":
            wrong.append(1 + sum(line.count("\n") + 1 for line in lines))
        lines.append(f'A{number},"第\n{number}",短,{value}')
        if number % 10 == 9:
            lines.append("")
    (folder / "dim_community.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    report = load_package(folder, duckdb_url)
    assert [item.line for item in report.findings if item.rule == "type_integer"] == wrong


@pytest.mark.parametrize(
    ("content", "rule", "line", "column"),
    [
        (b"", "empty_file", 1, None),
        (b"\n\n", "empty_file", 1, None),
        (b"institution_code,month\nH1,2025-01\n", "missing_column", 1, "visits"),
        (b"institution_code,month,visits,visits\nH1,2025-01,1,2\n", "doubled_column", 1, "visits"),
        ("institution_code,month,visits,总诊疗人次\nH1,2025-01,1,2\n".encode(), "doubled_column", 1, "visits"),
        ("institution_code,month,visits,备注\nH1,2025-01,1,x\n".encode(), "unknown_column", 1, "备注"),
        (b"institution_code,month,visits,\nH1,2025-01,1,\nC1,2025-01,1,x\n", "unknown_column", 3, None),
        (b"institution_code;month;visits\nH1;2025-01;1\n", "not_csv", 1, None),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "no_header", 1, None),
        ("institution_code,month,visits\nH1,2025-01,1\n".encode("utf-16"), "encoding", 1, None),
        (b"institution_code,month,visits\nH1,2025-01,1\nC1,2025-01,\xff\xff\n", "encoding", 3, None),
        ("机构,月份,总诊疗人次\nH1,2025-01,1\n".encode() + b"C1,2025-01,\xc3\n", "encoding", 3, None),
        (b"institution_code,month,visits\nH1,2025-01,\x001\n", "type_integer", 2, "visits"),
        (b'institution_code,month,visits\nH1,2025-01,"1\nC1,2025-01,2\n', "quotes", 2, None),
        (b"institution_code,month,visits\nH1,2025-01,1,9\n", "field_count", 2, None),
        (b"institution_code,month,visits\nH1,2025-01," + b"9" * 200_000 + b"\n", "too_large", 2, "visits"),
    ],
)
def test_odd_files_are_named_with_the_reason(
    content: bytes, rule: str, line: int, column: str | None, tmp_path: Path, duckdb_url: str
) -> None:
    report = load_package(_outpatient(tmp_path, content), duckdb_url)
    assert not report.accepted
    assert (rule, line, column) in _places(report), _places(report)
    assert all(len(item.value) <= 200 for item in report.findings)


def test_a_header_without_rows_is_a_warning_and_changes_nothing(tmp_path: Path, duckdb_url: str) -> None:
    report = load_package(_outpatient(tmp_path, b"institution_code,month,visits\n"), duckdb_url)
    assert report.accepted
    assert [item.rule for item in report.findings] == ["empty_table"]


def test_other_files_are_still_checked_when_one_cannot_be_read(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_outpatient")
    tables["fact_outpatient"].loc[1, "visits"] = -1
    folder = write_csv_package(tmp_path / "package", tables)
    (folder / "dim_institution.csv").write_bytes(b"")
    report = load_package(folder, duckdb_url)
    # The unreadable dimension is one finding, not one for every row that refers to it.
    assert {(item.rule, item.file) for item in report.findings} == {
        ("empty_file", "dim_institution.csv"),
        ("negative", "fact_outpatient.csv"),
    }


def test_formulas_and_error_cells_are_named_by_cell(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county())
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["机构", "月份", "总诊疗人次"], ["H1", "2025-01", "=1+1"], ["C1", datetime.date(2025, 1, 1), "#N/A"], ["H2", "2025-01", 5]):
        sheet.append(row)
    book.save(folder / "门急诊月报.xlsx")
    report = load_package(folder, duckdb_url)
    # What is said of a cell is said once: that it is empty now is no second fault.
    assert [(item.rule, item.line, item.column, item.value.split(":")[0]) for item in report.findings] == [
        ("formula", 2, "visits", "C2"),
        ("cell_error", 3, "visits", "C3"),
    ]


def test_text_that_looks_like_a_formula_stays_text_everywhere(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    tables["dim_town"].loc[0, "name"] = "=cmd|' /C calc'!A0"
    tables["dim_town"].loc[1, "name"] = "@东" * 150
    refused = load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)
    assert refused.report_file is not None
    from openpyxl import load_workbook

    cells = [cell for sheet in load_workbook(refused.report_file) for row in sheet.iter_rows() for cell in row]
    assert "f" not in {cell.data_type for cell in cells}
    tables["dim_town"].loc[1, "name"] = "+1"
    assert load_package(write_csv_package(tmp_path / "package", tables), duckdb_url).accepted
    assert _rows(duckdb_url, "SELECT name FROM dim_town ORDER BY town_code") == [("=cmd|' /C calc'!A0",), ("+1",)]


def test_a_table_may_be_split_and_notes_are_ignored(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_outpatient")
    frame = tables.pop("fact_outpatient")
    tables |= {"fact_outpatient__一": frame.iloc[:3], "fact_outpatient__二": frame.iloc[3:]}
    folder = write_csv_package(tmp_path / "package", tables)
    (folder / "说明.txt").write_text("x", encoding="utf-8")
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "~$床位月报.xlsx").write_bytes(b"x")
    assert load_package(folder, duckdb_url).accepted
    assert _rows(duckdb_url, "SELECT COUNT(*) FROM fact_outpatient") == [(6,)]


def test_unknown_and_doubled_files_are_all_named(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    folder = write_csv_package(tmp_path / "package", tables)
    tables["dim_town"].to_csv(folder / "镇街.csv", index=False)
    (folder / "fact_bedd.csv").write_text("x", encoding="utf-8")
    (folder / "fact_bed.pdf").write_text("x", encoding="utf-8")
    report = load_package(folder, duckdb_url)
    assert [(item.rule, item.file) for item in report.findings] == [
        ("file_kind", "fact_bed.pdf"),
        ("unknown_file", "fact_bedd.csv"),
        ("doubled_file", "镇街.csv"),
    ]
    assert "fact_bed(床位月报)" in report.findings[1].message()


def test_coordinates_are_converted_once(tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    load_package(write_csv_package(tmp_path / "package", tables, manifest="coordinate_system: GCJ-02\nname: 测试\n"), duckdb_url)
    longitude, latitude = _rows(duckdb_url, "SELECT longitude, latitude FROM dim_town WHERE town_code = 'T1'")[0]
    assert (longitude, latitude) != (120.1, 30.3)
    # The offset near Hangzhou is about 0.0047° east and 0.0024° south.
    assert 120.1 - longitude == pytest.approx(0.0046, abs=0.0004)
    assert 30.3 - latitude == pytest.approx(-0.0024, abs=0.0004)
    assert _rows(duckdb_url, "SELECT package FROM meta_load") == [("测试",)]


def test_the_smallest_package_of_the_templates_loads_as_it_is(tmp_path: Path, duckdb_url: str) -> None:
    write_templates(tmp_path)
    report = load_package(tmp_path / FOLDER, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert not report.findings
    assert {table for table, _columns in SMALLEST.items() if table.startswith("fact_")} == {"fact_bed", "fact_outpatient"}
    assert _rows(duckdb_url, "SELECT COUNT(DISTINCT month), COUNT(*) FROM fact_bed") == [(2, 4)]
    assert _rows(duckdb_url, "SELECT data_kind FROM meta_load") == [("demonstration",)], "invented numbers are never a county's own"


def test_which_table_feeds_which_page_is_true_in_the_docs_and_in_the_dictionary(tmp_path: Path) -> None:
    text = PAGE_OF_THE_DOCS.read_text(encoding="utf-8")
    assert with_feeding(text) == text, "run python -m dashboard.store.importing.feeding"
    rows = {file: pages for _name, file, pages in feeding_rows()}
    assert "总览" in rows["fact_bed"].split("、")
    assert "总览" in rows["fact_survey"].split("、"), "an alert reads the satisfaction with doctors"
    assert "总览" not in rows["dim_travel_time"].split("、")
    assert rows["dim_institution"] == "各页"
    write_templates(tmp_path)
    sheet = load_workbook(tmp_path / DICTIONARY)["哪张表用在哪一页"]
    assert [tuple(cell.value for cell in row) for row in sheet.iter_rows(min_row=2)] == feeding_rows()


def test_filled_templates_load(tmp_path: Path, duckdb_url: str) -> None:
    """The templates' own headers, sheets and manifest are accepted as they are."""
    write_templates(tmp_path / "templates")
    folder = tmp_path / "templates" / "xlsx"
    assert len(list(folder.iterdir())) == len(package_tables())
    write_csv_package(folder, {f"{name}__a": frame for name, frame in _county().items()})
    report = load_package(folder, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert {item.rule for item in report.findings} == {"empty_table"}


def _department(tmp_path: Path, content: str) -> Path:
    folder = write_csv_package(tmp_path / "package", _county())
    (folder / "dim_department.csv").write_text(content, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    "content",
    [
        'kind,department_code,name\ninternal_medicine,D1,"内科\nsurgery,D2,外科\nother,D3,口腔科\n',
        'kind,department_code,name\ninternal_medicine,D1,"内科\nsurgery,D2,"外科\nother,D3,口腔科\n',
    ],
)
def test_a_quote_that_is_left_open_swallows_no_rows(content: str, tmp_path: Path, duckdb_url: str) -> None:
    """The rows below it would become part of a name, which nobody would see."""
    report = load_package(_department(tmp_path, content), duckdb_url)
    assert not report.accepted
    assert ("quotes", 2, None) in _places(report), _places(report)


def test_names_over_two_lines_and_with_quotes_are_read(tmp_path: Path, duckdb_url: str) -> None:
    content = 'kind,department_code,name\ninternal_medicine,D1,"内\n科"\nsurgery,D2,外"科\nother,D3,"口""腔,科"\n'
    report = load_package(_department(tmp_path, content), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert _rows(duckdb_url, "SELECT name FROM dim_department ORDER BY department_code") == [("内\n科",), ('外"科',), ('口"腔,科',)]


def test_rows_of_nothing_but_separators_are_no_rows(tmp_path: Path, duckdb_url: str) -> None:
    """Excel writes them below a table whose cells were once filled or coloured."""
    content = b"institution_code,month,visits\n,,\nH1,2025-01,5\n , ,\t\nC1,2025-01,x\n,,\n"
    report = load_package(_outpatient(tmp_path, content), duckdb_url)
    assert _places(report) == [("type_integer", 5, "visits")]
    folder = _outpatient(tmp_path, content.replace(b"x", b"7"))
    report = load_package(folder, duckdb_url)
    assert [file.rows for file in report.files if file.table == "fact_outpatient"] == [2]
    book = Workbook()
    assert book.active is not None
    for row in (["机构", "月份", "总诊疗人次"], ["H1", "2025-02", 5], [" ", None, ""], ["C1", "2025-02", 6]):
        book.active.append(row)
    (folder / "fact_outpatient.csv").unlink()
    book.save(folder / "门急诊月报.xlsx")
    report = load_package(folder, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert _rows(duckdb_url, "SELECT COUNT(*) FROM fact_outpatient WHERE month = '2025-02-01'") == [(2,)]


def test_numbers_that_excel_shows_shortened_are_refused(tmp_path: Path, duckdb_url: str) -> None:
    """A CSV of Excel holds what the cell shows: 1.23E+05 stands for 123456, and would be loaded as 123000."""
    tables = _county("dim_account", "fact_finance", "fact_outpatient")
    tables["fact_outpatient"]["visits"] = tables["fact_outpatient"]["visits"].astype(object)
    tables["fact_outpatient"].loc[0, "visits"] = "1.23E+05"
    tables["fact_finance"]["amount"] = ["1E+05", "1.234567E7"]
    report = load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)
    assert [(item.rule, item.file, item.line) for item in report.findings] == [
        ("number_shortened", "fact_finance.csv", 2),
        ("number_shortened", "fact_outpatient.csv", 2),
    ]


def test_a_workbook_may_show_numbers_as_it_likes(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county())
    book = Workbook()
    assert book.active is not None
    for row in (["机构", "月份", "总诊疗人次"], ["H1", "2025-01", 1234567]):
        book.active.append(row)
    book.active["C2"].number_format = "0.00E+00"
    book.save(folder / "门急诊月报.xlsx")
    assert load_package(folder, duckdb_url).accepted
    assert _rows(duckdb_url, "SELECT visits FROM fact_outpatient") == [(1234567,)]


@pytest.mark.parametrize("written", ["2025-4", "2025/4", "2025.4", "2025-1"])
def test_a_quarter_that_might_be_a_month_is_refused(written: str, tmp_path: Path, duckdb_url: str) -> None:
    tables = _county("fact_survey")
    tables["fact_survey"]["quarter"] = written
    report = load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)
    assert _places(report) == [("quarter_unclear", 2, "quarter")]


def test_midnight_as_excel_writes_it(tmp_path: Path, duckdb_url: str) -> None:
    content = b"institution_code,month,visits\nH1,2025/10/1 0:00,5\nC1,2025/10/1 0:00:00,6\n"
    report = load_package(_outpatient(tmp_path, content), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert _rows(duckdb_url, "SELECT DISTINCT month FROM fact_outpatient") == [(datetime.date(2025, 10, 1),)]


@pytest.mark.parametrize(
    "rows",
    [
        [["某县门急诊月报"], ["机构", "月份", "诊疗", None], [None, None, "总诊疗人次", "急诊人次"], ["H1", "2025-10", 5, 1]],
        [["机构", "月份", "总诊疗人次", "其中"], [None, None, None, "急诊人次"], ["H1", "2025-10", 5, 1]],
        [["机构", "月份", "总诊疗人次"], [None, None, None, "急诊人次"], ["H1", "2025-10", 5, 1]],
        [["机构代码", "月份", "诊疗"], [None, None, "总诊疗人次", "急诊人次"], ["H1", "2025-10", 5, 1]],
    ],
)
def test_a_header_of_two_rows_is_told_as_one(rows: list[list[object]], tmp_path: Path, duckdb_url: str) -> None:
    """Cells merged over a group of columns: what is wrong is one thing, and has one cure."""
    folder = write_csv_package(tmp_path / "package", _county())
    book = Workbook()
    assert book.active is not None
    for row in rows:
        book.active.append(row)
    book.save(folder / "门急诊月报.xlsx")
    report = load_package(folder, duckdb_url)
    assert [item.rule for item in report.findings if item.severity == "error"] == ["header_in_two_rows"], _places(report)


def test_a_file_without_any_column_of_its_table_names_those_that_it_needs(tmp_path: Path, duckdb_url: str) -> None:
    content = "某县,,\n".encode() * 11 + b"institution_code,month,visits\nH1,2025-10,5\n"
    report = load_package(_outpatient(tmp_path, content), duckdb_url)
    assert _places(report) == [("no_header", 1, None)]
    assert "机构、月份、总诊疗人次" in report.findings[0].message()


def test_line_ends_within_the_cells_of_a_workbook(tmp_path: Path, duckdb_url: str) -> None:
    """Some programs write a return within a cell as _x000D_: it is the end of a line, not letters of the name."""
    folder = write_csv_package(tmp_path / "package", _county())
    book = Workbook()
    assert book.active is not None
    for row in (["department_code", "na_x000D_\nme", "kind"], ["D1", "内_x000D_\n科", "surgery"], ["D2", "外_x0007_科", "surgery"]):
        book.active.append(row)
    book.save(folder / "dim_department.xlsx")
    report = load_package(folder, duckdb_url)
    assert _places(report) == [("control_character", 3, "name")]
    book.active.delete_rows(3)
    book.save(folder / "dim_department.xlsx")
    assert load_package(folder, duckdb_url).accepted
    assert _rows(duckdb_url, "SELECT name FROM dim_department") == [("内\n科",)]


def test_a_sheet_of_explanations_that_holds_the_table_is_told(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county())
    book = Workbook()
    header = ["机构", "月份", "总诊疗人次"]
    assert book.active is not None
    for row in (header, ["H1", "2025-10", 5]):
        book.active.append(row)
    other = book.create_sheet("说明")
    for row in (header, ["C1", "2025-10", 6]):
        other.append(row)
    book.create_sheet("字典").append(["列", "含义"])
    book.save(folder / "门急诊月报.xlsx")
    report = load_package(folder, duckdb_url)
    assert report.accepted
    assert [(item.rule, item.value) for item in report.findings] == [("sheet_not_read", "说明")]


def _zip_of(folder: Path, target: Path, encoding: str, inside: str = "") -> Path:
    """Zip ``folder`` with names in ``encoding`` that the zip does not say, as Windows (GBK) and macOS (UTF-8) do."""
    names = sorted(path.name for path in folder.iterdir())
    raw = [f"{inside}{name}".encode(encoding) for name in names]
    with zipfile.ZipFile(target, "w") as archive:
        for number, (name, said) in enumerate(zip(names, raw, strict=True)):
            archive.writestr(f"{number:x}".rjust(len(said), "_"), (folder / name).read_bytes())
    content = target.read_bytes()
    for number, said in enumerate(raw):
        content = content.replace(f"{number:x}".rjust(len(said), "_").encode(), said)
    target.write_bytes(content)
    return target


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
def test_a_zip_that_does_not_say_how_its_names_are_written(encoding: str, tmp_path: Path, duckdb_url: str) -> None:
    tables = {label(metadata.tables[name]): frame for name, frame in _county("fact_outpatient").items()}
    folder = write_csv_package(tmp_path / "package", tables)
    report = load_package(_zip_of(folder, tmp_path / "package.zip", encoding, "某县 2025年10月/"), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert {file.file for file in report.files} == {f"{name}.csv" for name in tables}


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("门急诊月报(10月).txt", "file_kind"),
        ("门急诊月报 - 副本.csv.txt", "file_kind"),
        ("床位月报2025年10月.md", "file_kind"),
        ("盖章扫描.pdf", "other_file"),
        ("十月.rar", "other_file"),
        ("十月.zip", "other_file"),
        ("填报说明.docx", "other_file"),
        ("package.yml", "manifest_name"),
        ("Package.yaml", "manifest_name"),
        ("package.yaml.txt", "manifest_name"),
    ],
)
def test_files_that_nobody_reads_are_refused_with_the_cure(name: str, rule: str, tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county("fact_outpatient"))
    (folder / name).write_bytes(b"x")
    report = load_package(folder, duckdb_url)
    assert [(item.rule, item.file) for item in report.findings] == [(rule, name)]


def test_a_hidden_file_named_after_a_table_is_told(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county("fact_outpatient"))
    for name in (".床位月报.csv", "设备填报说明.txt", "._fact_bed.csv", ".~床位月报.xlsx", ".DS_Store"):
        (folder / name).write_bytes(b"x")
    report = load_package(folder, duckdb_url)
    assert report.accepted
    assert [item.file for item in report.left_out] == [".床位月报.csv", "设备填报说明.txt"]


def test_a_manifest_in_the_encoding_of_chinese_windows(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county("fact_outpatient"))
    (folder / "package.yaml").write_bytes("name: 某县十月\nscope: reporter\n".encode("gb18030"))
    assert load_package(folder, duckdb_url).package == "某县十月"
