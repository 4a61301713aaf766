"""Foreign files through mapping profiles: a wide books sheet in 万元, wide months, and what is said when a profile no longer fits."""

import datetime
import json
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

from dashboard import cli
from dashboard.errors import CatalogueError, PackageError
from dashboard.services.common.workspace import current_workspace
from dashboard.services.data.profiles import find_profile, keep_profile, names_of_register, profiles
from dashboard.settings import settings
from dashboard.store.engine import database_url
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.mapping import Conversion, MisfitError, apply_profile, read_grids
from dashboard.store.importing.profiles import Profile, profile_of
from dashboard.workspace import Action
from tests.integration.packages import small_county
from tests.kept import KeptCounties

_BOOKS = {
    "title": "二院财务月报",
    "scope": "reporter",
    "parts": [
        {
            "file": "*收支月报*.xlsx",
            "table": "fact_finance",
            "columns": {"institution_code": {"from": "单位名称", "names": True, "codes": {"东镇卫生院（新）": "C1"}}},
            "period": {"from": "cell", "place": "B2", "pattern": "(?P<year>\\d{4})年(?P<month>\\d{1,2})月"},
            "unpivot": {
                "into": "account_code", "values": "amount", "unit": 10000,
                "columns": {"药品收入": "4001", "人员经费": "50"}, "minus": {"药品收入": ["其中:中药饮片"]},
            },
            "skip": [{"column": "单位名称", "matches": "合\\s*计"}],
            "ignored": ["序号"],
        }
    ],
}  # fmt: skip


def _books(file: Path, *, name: str = "药品收入", extra: str = "", amount: object = 2846.31) -> Path:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    titles = ["序号", "单位名称", name, "其中:中药饮片", "人员经费", *([extra] if extra else [])]
    for row in (
        ["二院医共体收入支出月报表"], ["报表期：", "2025年10月", None, None, "单位：万元"], [], titles,
        [1, "第一医院", amount, 214.07, None], [2, "东镇卫生院（新）", "1,301.62", None, 48.9], ["", "合  计", 4147.93, 214.07, 48.9],
    ):  # fmt: skip
        sheet.append(row)
    book.save(file)
    return file


def _apply(content: dict, source: Path, folder: Path, url: str | None = None) -> Conversion:
    for name in ("package", "unpacked"):
        (folder / name).mkdir(parents=True)
    lookup = names_of_register(url) if url else (lambda _table: {"第一医院": "H1"})
    return apply_profile(profile_of(content, "test"), source, folder / "package", folder / "unpacked", lookup)


def test_a_wide_sheet_in_ten_thousands_becomes_accounts_in_yuan(tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties) -> None:
    kept_counties.copied(duckdb_url, small_county())
    made = _apply(_BOOKS, _books(tmp_path / "一院收支月报10.xlsx"), tmp_path / "made", duckdb_url)
    assert made.rows == {"fact_finance": 3}
    assert made.left_out == {"一院收支月报10.xlsx": 1}
    report = load_package(made.folder, duckdb_url, places=made.places)
    assert report.accepted, [finding.text() for finding in report.findings]
    engine = create_engine(database_url(duckdb_url))
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT institution_code, account_code, CAST(amount AS VARCHAR) FROM fact_finance WHERE month = '2025-10-01' ORDER BY 1, 2"
            )
        )
        # 2,846.31 − 214.07 万元, exactly; the empty cell is no row, and no 0.
        assert [tuple(row) for row in rows] == [("C1", "4001", "13016200.00"), ("C1", "50", "489000.00"), ("H1", "4001", "26322400.00")]
    engine.dispose()


def test_a_finding_names_the_line_of_the_foreign_file(tmp_path: Path, duckdb_url: str, kept_counties: KeptCounties) -> None:
    kept_counties.copied(duckdb_url, small_county())
    made = _apply(_BOOKS, _books(tmp_path / "收支月报.xlsx", amount="待定"), tmp_path / "made", duckdb_url)
    report = load_package(made.folder, duckdb_url, places=made.places)
    assert not report.accepted
    finding = next(each for each in report.findings if each.column == "amount")
    assert (finding.file, finding.line, finding.value) == ("收支月报.xlsx", 5, "待定")


def test_a_profile_that_no_longer_fits_says_what_changed(tmp_path: Path) -> None:
    assert _apply(_BOOKS, _books(tmp_path / "收支月报.xlsx"), tmp_path / "good").rows
    with pytest.raises(MisfitError) as raised:
        _apply(_BOOKS, _books(tmp_path / "收支月报.xlsx", name="西药收入", extra="互联网诊疗"), tmp_path / "made")
    (misfit,) = raised.value.misfits
    assert (misfit.missing, misfit.new) == (("药品收入",), ("西药收入", "互联网诊疗"))
    assert "− 药品收入" in raised.value.text()
    assert "+ 西药收入、互联网诊疗" in raised.value.text()
    with pytest.raises(MisfitError, match=r"收支月报\*\.xlsx"):
        _apply(_BOOKS, _books(tmp_path / "别的.xlsx"), tmp_path / "other")
    no_period = json.loads(json.dumps(_BOOKS))
    no_period["parts"][0]["period"]["place"] = "A1"
    with pytest.raises(PackageError, match="没有找到期间"):
        _apply(no_period, _books(tmp_path / "收支月报.xlsx"), tmp_path / "period")


def test_wide_months_with_the_year_in_the_name_of_the_file(tmp_path: Path) -> None:
    (tmp_path / "2025年门诊人次.csv").write_text("医院,1月,2月,3月\n第一医院,100,,300\n", encoding="gb18030")
    profile = {
        "title": "门诊",
        "parts": [
            {
                "file": "*门诊人次.csv",
                "table": "fact_outpatient",
                "columns": {"institution_code": {"from": "医院", "names": True}},
                "period": {"from": "file", "pattern": "(?P<year>\\d{4})年"},
                "unpivot": {"into": "month", "values": "visits", "months": "(\\d{1,2})月"},
            }
        ],
    }
    made = _apply(profile, tmp_path / "2025年门诊人次.csv", tmp_path / "made")
    written = (made.folder / "fact_outpatient.csv").read_text().splitlines()
    assert written == ["institution_code,month,visits", "H1,2025-01,100", "H1,2025-03,300"]
    assert made.places["fact_outpatient.csv"] == [("2025年门诊人次.csv", 2)] * 2


def test_a_wrong_profile_is_named(tmp_path: Path) -> None:
    for change, words in (({"table": "meta_load"}, "meta_load"), ({"constants": {"nope": 1}}, "nope"), ({"tabel": "x"}, "tabel")):
        wrong = {**_BOOKS, "parts": [{**_BOOKS["parts"][0], **change}]}
        with pytest.raises(CatalogueError, match=words):
            profile_of(wrong, "x")


def test_one_list_for_browser_and_command_line(
    tmp_path: Path, duckdb_url: str, monkeypatch: pytest.MonkeyPatch, kept_counties: KeptCounties
) -> None:
    kept_counties.copied(duckdb_url, small_county())
    monkeypatch.setenv("REPORTING_DATABASE_URL", duckdb_url)
    monkeypatch.chdir(tmp_path)
    settings.cache_clear()
    try:
        workspace = current_workspace()
        first = keep_profile(workspace, "二院财务", profile_of(_BOOKS, "x"), author="王敏", over=None, reason="")
        narrower = profile_of({**_BOOKS, "note": "第二版"}, "x")
        second = keep_profile(workspace, "二院财务", narrower, author="王敏", over=first, reason="补说明")
        assert (first.called, second.called) == ("二院财务@1", "二院财务@2")
        assert profiles(workspace)["二院财务"].profile.note == "第二版"
        assert find_profile(workspace, "二院财务@1").profile == Profile.model_validate(first.profile.model_dump(by_alias=True))
        assert {"scotland_beds", "england_flows"} <= profiles(workspace).keys()
        for called in ("没有", "二院财务@7", "scotland_beds@7"):
            with pytest.raises((PackageError, Exception)):
                find_profile(workspace, called)
        file = _books(tmp_path / "收支月报.xlsx")
        loaded = CliRunner().invoke(cli.application, ["load", str(file), "--profile", "二院财务@2"])
        assert "第 2 批" in loaded.output, (loaded.output, loaded.exception)
        (entry,) = workspace.audit.entries(action=Action.LOAD, limit=1)
        assert (entry.details["profile"], entry.details["file"]) == ("二院财务@2", "收支月报.xlsx")
    finally:
        settings.cache_clear()


def test_days_in_a_format_of_chinese_excel_are_days_in_a_foreign_file_too(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["月份"])
    sheet.append([datetime.date(2025, 8, 1)])
    sheet["A2"].number_format = "mm-dd-yy"
    book.save(tmp_path / "plain.xlsx")
    with zipfile.ZipFile(tmp_path / "plain.xlsx") as plain, zipfile.ZipFile(tmp_path / "chinese.xlsx", "w") as chinese:
        for name in plain.namelist():
            content = plain.read(name)
            # 57 is what Excel and WPS write for 2012年3月, without a code in the file.
            chinese.writestr(name, content.replace(b'numFmtId="14"', b'numFmtId="57"') if name == "xl/styles.xml" else content)
    assert [grid.rows for grid in read_grids("chinese.xlsx", tmp_path / "chinese.xlsx")] == [[["月份"], ["2025-08-01"]]]
