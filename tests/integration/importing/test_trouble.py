"""What goes wrong between a hospital's Excel and the load: nothing is changed or left out without a word."""

import datetime
import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook, load_workbook
from sqlalchemy import create_engine, select, text

from dashboard.errors import DatabaseError
from dashboard.settings import PROJECT
from dashboard.store.engine import database_url
from dashboard.store.importing.loader import LoadReport, load_package
from dashboard.store.importing.workfolder import single_load
from dashboard.store.schema import meta_report
from tests.command_line import run_command
from tests.integration.packages import MONTHS, small_county, write_csv_package
from tests.kept import KeptCounties

CASES = PROJECT.parent.parent / "shared" / "cases"
if not CASES.is_dir():
    CASES = PROJECT.parent / "shared" / "cases"


def _county(*names: str) -> dict:
    tables = small_county()
    return {name: tables[name] for name in ("dim_community", "dim_town", "dim_institution", "fact_population", *names)}


def _rules(report: LoadReport) -> set[str]:
    return {item.rule for item in report.findings}


def _outpatient(tmp_path: Path, content: bytes) -> Path:
    folder = write_csv_package(tmp_path / "package", _county())
    (folder / "fact_outpatient.csv").write_bytes(content)
    return folder


@pytest.fixture(params=["duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql_url"))
    return f"duckdb:///{tmp_path / 'reporting.duckdb'}"


@pytest.mark.skipif(not CASES.is_dir(), reason="shared/cases is not here")
@pytest.mark.parametrize(
    ("case", "rule", "months"),
    [
        ("01-month-2025.10-as-number/package", "month_as_number", None),
        ("02-one-sheet-per-month/package", None, ("2025-01", "2025-03")),
        ("04-cr-only-line-ends/package", None, ("2025-01", "2025-01")),
        ("05-chinese-builtin-date-format/package", None, ("2025-01", "2025-08")),
        ("06-codes-damaged-by-excel/package", "code_changed", None),
        ("06-codes-damaged-by-excel/package_csv", "code_changed", None),
        ("07-file-with-txt-ending/package", "file_kind", None),
        ("09-invisible-characters-in-codes/package", "duplicate_key", None),
        ("12-title-or-blank-row-above-header/package", None, ("2025-01", "2025-01")),
        ("12-title-or-blank-row-above-header/package_linebreak", None, ("2025-01", "2025-01")),
        ("13-negative-claims/package", "reversal", None),
        ("14-nested-folder-in-zip/package.zip", None, ("2025-01", "2025-03")),
    ],
)
def test_the_handed_cases(case: str, rule: str | None, months: tuple[str, str] | None, tmp_path: Path, duckdb_url: str) -> None:
    # A load writes its findings beside the package, and the cases are not ours to write to.
    package = tmp_path / Path(case).name
    (shutil.copytree if (CASES / case).is_dir() else shutil.copy)(CASES / case, package)
    report = load_package(package, duckdb_url)
    assert report.accepted == (rule is None), [item.text() for item in report.findings]
    if rule is not None:
        assert rule in _rules(report)
    if months is not None:
        files = [file for file in report.files if file.table == "fact_outpatient"]
        assert (f"{files[0].first_period:%Y-%m}", f"{files[-1].last_period:%Y-%m}") == months


@pytest.mark.parametrize(
    ("cells", "rule"),
    [
        (b"H1,2025.1,5", "month_as_number"),
        (b"H1,45658,5", "date_serial"),
        (b"H1,0025-10,5", "before_limit"),
        (b"H1,1999-12,5", "before_limit"),
        (b"H1,2025-10,1e1000000", "too_large"),
        (b"1.23E+17,2025-10,5", "code_changed"),
        ("3月5日,2025-10,5".encode(), "code_changed"),
        ("H\u200b1,2025-10,5".encode(), "control_character"),
    ],
)
def test_what_excel_makes_of_a_value_is_refused(cells: bytes, rule: str, tmp_path: Path, duckdb_url: str) -> None:
    report = load_package(_outpatient(tmp_path, b"institution_code,month,visits\n" + cells + b"\n"), duckdb_url)
    assert not report.accepted
    assert rule in _rules(report)


@pytest.mark.parametrize("ends", [b"\r", b"\r\n", b"\n"])
def test_line_ends_titles_and_hidden_characters(ends: bytes, tmp_path: Path, duckdb_url: str) -> None:
    rows = ["某县门急诊月报,,", ",,", "机构,月 份,总诊疗\u200b人次", "\ufeffＨ１,2025-10,5", 'C1,2025-10,"6"']
    report = load_package(_outpatient(tmp_path, ends.join(row.encode() for row in rows)), duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    places = {(item.rule, item.line) for item in report.findings}
    assert places == {("header_below", 3), ("code_cleaned", 4)}
    assert next(file.rows for file in report.files if file.table == "fact_outpatient") == 2


def test_every_sheet_is_read_or_named(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _county())
    (folder / "填报说明.txt").write_text("x", encoding="utf-8")
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in {
        "1月": [("机构", "月份", "总诊疗人次"), ("H1", "2025-01", 5)],
        "2月补报": [("2月补报",), ("机构", "月份", "总诊疗人次"), ("H1", "2025-02", 6)],
        "联系人": [("单位", "电话"), ("一院", "0571")],
    }.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(folder / "门急诊月报.xlsx")
    report = load_package(folder, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert [(file.sheet, file.rows) for file in report.files if file.table == "fact_outpatient"] == [("1月", 1), ("2月补报", 1)]
    assert [(item.rule, item.value) for item in report.findings] == [("sheet_not_read", "联系人"), ("header_below", "2月补报")]
    told = [(item.file, item.part, item.why()) for item in report.left_out]
    assert told == [
        ("填报说明.txt", "", "不是数据表"),
        ("门急诊月报.xlsx", "联系人", "这张工作表没有读取：不是本表的内容，或是隐藏的工作表"),
        ("门急诊月报.xlsx［2月补报］", "2月补报", "表头不在第一行，上面的行没有读取"),
    ]
    assert report.report_file is not None
    read = [[cell.value for cell in row] for row in load_workbook(report.report_file)["读了什么"].iter_rows(min_row=2)]
    assert ["门急诊月报.xlsx［1月］", "1月", "门急诊月报", 1, "2025-01", "2025-01", 0, None] in read
    assert [row[:2] for row in read if row[7] == "没有读取：不是数据表"] == [["填报说明.txt", ""]]
    engine = create_engine(database_url(duckdb_url))
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT file, part, reason FROM meta_load_left_out ORDER BY number")).all()
    engine.dispose()
    assert [tuple(row) for row in kept] == [(item.file, item.part or None, item.reason) for item in report.left_out]


def test_a_correction_of_one_of_many_asks_what_it_replaces(url: str, tmp_path: Path) -> None:
    tables = _county("fact_outpatient")
    more = tables["fact_outpatient"].query("institution_code == 'C1'").assign(institution_code="H2")
    tables["fact_outpatient"] = type(more)([*tables["fact_outpatient"].to_dict("records"), *more.to_dict("records")])
    load_package(write_csv_package(tmp_path / "package", tables), url)
    one = tables["fact_outpatient"].query(f"institution_code == 'H1' and month == '{MONTHS[1]}'").assign(visits=777)
    folder = write_csv_package(tmp_path / "one", {"fact_outpatient": one})
    refused = load_package(folder, url)
    assert [(item.rule, item.value) for item in refused.findings] == [("reporters_vanish", "2025-02 · 2/3")]
    report = load_package(folder, url, scope="reporter")
    assert report.accepted, [item.text() for item in report.findings]
    assert (report.files[0].rows, report.files[0].replaced) == (1, 1)
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        assert connection.execute(text("SELECT COUNT(*), MAX(visits) FROM fact_outpatient WHERE month = '2025-02-01'")).one() == (3, 777)
        arrivals = {
            (row.reporter, row.period): (row.first_load_id, row.last_load_id)
            for row in connection.execute(select(meta_report).where(meta_report.c.table_name == "fact_outpatient"))
        }
    engine.dispose()
    assert len(arrivals) == 9
    february = datetime.date(2025, 2, 1)
    assert (arrivals["H1", february], arrivals["C1", february]) == ((1, 2), (1, 1))
    whole = write_csv_package(tmp_path / "whole", {"fact_outpatient": one}, manifest="scope: month\n")
    assert load_package(whole, url).accepted


def test_arrivals_before_they_were_kept_are_unknown_not_now(url: str, tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = _county("fact_outpatient")
    kept_counties.copied(url, tables)
    engine = create_engine(database_url(url))
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE meta_report"))
    engine.dispose()
    tables["fact_outpatient"].loc[0, "visits"] = 1234
    assert load_package(write_csv_package(tmp_path / "package", tables), url).accepted
    engine = create_engine(database_url(url))
    with engine.connect() as connection:
        rows = connection.execute(select(meta_report.c.first_load_id, meta_report.c.last_load_id).distinct()).all()
    engine.dispose()
    assert rows == [(None, 2)]


def test_a_load_keeps_mode_and_link_and_makes_private_files(tmp_path: Path) -> None:
    real, link = tmp_path / "real" / "r.duckdb", tmp_path / "link.duckdb"
    real.parent.mkdir()
    link.symlink_to(real)
    tables = _county("fact_outpatient")
    load_package(write_csv_package(tmp_path / "package", tables), f"duckdb:///{link}")
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    real.chmod(0o640)
    tables["fact_outpatient"].loc[0, "visits"] = -1
    refused = load_package(write_csv_package(tmp_path / "package", tables), f"duckdb:///{link}")
    assert refused.report_file is not None
    assert refused.report_file.stat().st_mode & 0o777 == 0o600
    tables["fact_outpatient"].loc[0, "visits"] = 1
    load_package(write_csv_package(tmp_path / "package", tables), f"duckdb:///{link}")
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640


def _damaged(content: bytes, member: str) -> bytes:
    """Return a zip with bytes turned inside the compressed data of ``member``."""
    broken = bytearray(content)
    start = zipfile.ZipFile(io.BytesIO(content)).getinfo(member).header_offset + 30 + len(member)
    for place in range(start + 200, start + 240):
        broken[place] ^= 0x5A
    return bytes(broken)


def _odd_packages(folder: Path) -> Iterator[Path]:
    """Broken manifests, numbers and periods beyond everything, damaged archives, a link to itself, names that are no text or too long."""
    for name, manifest in {"date": "name: 2020-13-45\n", "int": 'name: !!int "x"\n', "stamp": 'name: !!timestamp "x"\n'}.items():
        yield write_csv_package(folder / name, _county(), manifest=manifest)
    survey = "institution_code,respondent,quarter,surveyed,satisfied\nH1,outpatient,0000Q1,5,5\n"
    for name, file, content in (
        ("months", "fact_outpatient.csv", "institution_code,month,visits\nH1,12%,5\n"),
        ("number", "fact_outpatient.csv", "institution_code,month,visits\nH1,2025-10,1e1000000\n"),
        ("quarter", "fact_survey.csv", survey),
    ):
        (folder / name).mkdir()
        (folder / name / file).write_text(content, encoding="utf-8")
        yield folder / name
    (folder / "book").mkdir()
    with xlsxwriter.Workbook(folder / "whole.xlsx") as book:
        sheet = book.add_worksheet()
        for row in range(3000):
            sheet.write(row, 0, f"town{row * 7919 % 9973}")
    (folder / "book" / "dim_town.xlsx").write_bytes(_damaged((folder / "whole.xlsx").read_bytes(), "xl/sharedStrings.xml"))
    yield folder / "book"
    with zipfile.ZipFile(folder / "lzma.zip", "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("dim_town.csv", "town_code,name,community_code,area_km2\nT01,x,M5,14.7\n" * 300)
    content = bytearray((folder / "lzma.zip").read_bytes())
    content[60:75] = bytes(byte ^ 0x5A for byte in content[60:75])
    (folder / "lzma.zip").write_bytes(content)
    yield folder / "lzma.zip"
    (folder / "link").mkdir()
    (folder / "link" / "dim_town.csv").symlink_to(folder / "link" / "dim_town.csv")
    yield folder / "link"
    (folder / "bytes").mkdir()
    Path(os.fsdecode(os.fsencode(folder / "bytes") + b"/dim_\xff.csv")).write_text("x", encoding="utf-8")
    yield folder / "bytes"
    yield folder / ("y" * 300)


def test_odd_packages_on_the_command_line_are_one_line_each(tmp_path: Path, kept_counties: KeptCounties) -> None:
    """On a county that has data already: a rule that compares with it meets rows without month, number or institution."""
    url = kept_counties.copied(f"duckdb:///{tmp_path / 'r.duckdb'}", small_county())
    for package in _odd_packages(tmp_path):
        done = run_command("load", str(package), environment={"REPORTING_DATABASE_URL": url})
        assert done.status in (1, 2), package.name
        assert "Traceback" not in done.errors + done.output, package.name
        assert "内部错误" not in done.errors, (package.name, done.errors)


@pytest.mark.parametrize("character", ["\u200b", "\u202e", "\u3164", "\ufe0f", "\x85", "\U000e0041", "\u2028"])
def test_characters_that_nobody_sees_are_refused_inside_a_name(character: str, tmp_path: Path, duckdb_url: str) -> None:
    tables = _county()
    tables["dim_community"].loc[0, "name"] = f"第一{character}医共体"
    assert _rules(load_package(write_csv_package(tmp_path / "package", tables), duckdb_url)) == {"control_character"}


_AS_ANOTHER_ACCOUNT = """
import os, sys
from pathlib import Path
from dashboard.errors import DatabaseError
from dashboard.store.importing.loader import load_package
package, first, second = Path(sys.argv[1]), *sys.argv[2:]
load_package(package, first)  # imports what a load needs while this process may still read it
os.setgroups([])
os.setegid(65534)
os.seteuid(65534)
try:
    print("loaded" if load_package(package, second).accepted else "refused")
except DatabaseError as error:
    print(error.text())
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can leave something behind and then be another account")
@pytest.mark.parametrize(("lock", "told"), [(None, "loaded"), (0o644, "loaded"), (0o600, "另一个账号留下的锁文件")])
def test_what_another_account_left_behind_does_not_block_a_load(lock: int | None, told: str) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as name:  # the folders of pytest are closed to other accounts
        folder = Path(name)
        folder.chmod(0o777)
        write_csv_package(folder / "package", _county())
        (folder / ".dashboard-load-left").mkdir(mode=0o700)
        (folder / ".dashboard-load-left" / "lock").touch()
        if lock is not None:
            (folder / "r.duckdb.lock").touch()
            (folder / "r.duckdb.lock").chmod(lock)
        (folder / "own").mkdir()
        urls = [f"duckdb:///{folder / place}" for place in ("own/first.duckdb", "r.duckdb")]
        command = [sys.executable, "-c", _AS_ANOTHER_ACCOUNT, str(folder / "package"), *urls]
        done = subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True)
        assert done.stdout.startswith(told)


def test_the_lock_is_for_whoever_may_write_the_folder(tmp_path: Path) -> None:
    for mode, expected in ((0o700, 0o600), (0o775, 0o660), (0o777, 0o666)):
        tmp_path.chmod(mode)
        with single_load(tmp_path / "r.duckdb"):
            assert (tmp_path / "r.duckdb.lock").stat().st_mode & 0o777 == expected
            with pytest.raises(DatabaseError, match="另一个载入正在进行"), single_load(tmp_path / "r.duckdb"):
                pass


def test_membership_that_changes_is_told_in_numbers_and_lost_zeros_are_refused(
    tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties
) -> None:
    tables = _county("fact_outpatient")
    kept_counties.copied(duckdb_url, tables)
    moved = tables["dim_institution"].query("institution_code in ['C1', 'S1']").assign(community_code="B")
    report = load_package(write_csv_package(tmp_path / "moved", {"dim_institution": moved}), duckdb_url)
    assert report.accepted
    assert [(item.rule, item.column, item.value) for item in report.findings] == [("history_restated", "community_code", "2 · C1、S1")]
    new = tables["dim_institution"].iloc[[2, 2]].assign(institution_code=["007", "7"])
    report = load_package(write_csv_package(tmp_path / "new", {"dim_institution": new}), duckdb_url)
    assert [(item.rule, item.line) for item in report.findings] == [("code_without_zeros", 2), ("code_without_zeros", 3)]
