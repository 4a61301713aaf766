"""Packages that mean harm: refused with one clear error, nothing written outside the load's own folder."""

import zipfile
from pathlib import Path

import pandas as pd
import pytest

from dashboard.errors import PackageError
from dashboard.store.importing import package as package_module
from dashboard.store.importing.loader import load_package
from tests.integration.packages import small_county, write_csv_package, zip_package


def _dimensions() -> dict[str, pd.DataFrame]:
    tables = small_county()
    return {name: tables[name] for name in ("dim_community", "dim_town", "dim_institution", "fact_population")}


def _zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return path


def _refused(path: Path, url: str, what: str) -> None:
    with pytest.raises(PackageError, match=what):
        load_package(path, url)
    folder = path.parent
    assert not (folder / "reporting.duckdb").exists()
    assert not list(folder.glob(".dashboard-load-*"))


@pytest.mark.parametrize("name", ["../fact_bed.csv", "/etc/fact_bed.csv", "a/../../fact_bed.csv", "C:\\fact_bed.csv", "..\\fact_bed.csv"])
def test_a_path_that_leaves_the_zip_is_refused(name: str, tmp_path: Path, duckdb_url: str) -> None:
    _refused(_zip(tmp_path / "p.zip", {name: b"x"}), duckdb_url, "指向外部的路径")
    assert not (tmp_path.parent / "fact_bed.csv").exists()


def test_a_zip_in_a_zip_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    _refused(_zip(tmp_path / "p.zip", {"inner.zip": b"PK"}), duckdb_url, "还有压缩包")


def test_a_zip_bomb_is_stopped_while_it_unpacks(tmp_path: Path, duckdb_url: str) -> None:
    bomb = b"institution_code,month,visits\n" + b"\n" * (64 * 1024**2)
    _refused(_zip(tmp_path / "p.zip", {"fact_outpatient.csv": bomb}), duckdb_url, "过大")


def test_the_total_size_is_limited(tmp_path: Path, duckdb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package_module, "UNPACKED_LIMIT", 1000)
    _refused(zip_package(write_csv_package(tmp_path / "c", small_county()), tmp_path / "p.zip"), duckdb_url, "过大")


def test_a_workbook_bomb_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _dimensions())
    _zip(folder / "fact_bed.xlsx", {"[Content_Types].xml": b"<x/>", "xl/worksheets/sheet1.xml": b" " * (64 * 1024**2)})
    _refused(folder, duckdb_url, "过大")


def test_an_encrypted_zip_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    path = _zip(tmp_path / "p.zip", {"fact_bed.csv": b"x"})
    content = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + offset] |= 1
    path.write_bytes(bytes(content))
    _refused(path, duckdb_url, "密码")


def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _dimensions())
    secret = tmp_path / "secret.csv"
    secret.write_text("x", encoding="utf-8")
    (folder / "fact_bed.csv").symlink_to(secret)
    _refused(folder, duckdb_url, "文件夹之外的链接")


def test_a_link_in_a_zip_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    entry = zipfile.ZipInfo("fact_bed.csv")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "p.zip", "w") as archive:
        archive.writestr(entry, "/etc/passwd")
    _refused(tmp_path / "p.zip", duckdb_url, "链接")


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 truncated"])
def test_what_is_no_zip_is_refused(content: bytes, tmp_path: Path, duckdb_url: str) -> None:
    path = tmp_path / "p.zip"
    path.write_bytes(content)
    _refused(path, duckdb_url, "不是可以读取的 zip")


def test_a_damaged_zip_is_refused(tmp_path: Path, duckdb_url: str) -> None:
    path = zip_package(write_csv_package(tmp_path / "c", small_county()), tmp_path / "p.zip")
    content = bytearray(path.read_bytes())
    content[60:90] = b"\xff" * 30
    path.write_bytes(bytes(content))
    with pytest.raises(PackageError):
        load_package(path, duckdb_url)


def test_a_missing_package_and_an_empty_folder_are_refused(tmp_path: Path, duckdb_url: str) -> None:
    _refused(tmp_path / "nowhere", duckdb_url, "找不到数据包")
    (tmp_path / "empty").mkdir()
    _refused(tmp_path / "empty", duckdb_url, "没有任何数据表文件")


@pytest.mark.parametrize(
    ("manifest", "where"),
    [
        ("data_kind: secret", "data_kind"),
        ("coordinate_system: BD-09", "coordinate_system"),
        ("extra: 1", "extra"),
        ("- a list", "package.yaml"),
        ("a: [", "package.yaml"),
        ("!!python/object/apply:os.system ['true']", "package.yaml"),
    ],
)
def test_a_wrong_manifest_is_named_with_its_field(manifest: str, where: str, tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _dimensions(), manifest=manifest)
    with pytest.raises(PackageError) as error:
        load_package(folder, duckdb_url)
    assert where in error.value.where


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x05\x06" + b"\x00" * 18])
def test_a_broken_workbook_is_a_finding(content: bytes, tmp_path: Path, duckdb_url: str) -> None:
    folder = write_csv_package(tmp_path / "package", _dimensions())
    (folder / "fact_bed.xlsx").write_bytes(content)
    report = load_package(folder, duckdb_url)
    assert [(item.rule, item.file) for item in report.findings] == [("not_workbook", "fact_bed.xlsx")]


def test_a_workbook_that_lies_about_its_size_is_read_as_it_is(tmp_path: Path, duckdb_url: str) -> None:
    """A stated dimension of 16,384 columns by a million rows must not be believed."""
    folder = write_csv_package(tmp_path / "package", _dimensions())
    source = tmp_path / "source.xlsx"
    pd.DataFrame({"institution_code": ["H1"], "month": ["2025-01"], "visits": [5]}).to_excel(source, index=False)
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(folder / "fact_outpatient.xlsx", "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            if entry.filename == "xl/worksheets/sheet1.xml":
                content = content.replace(b'<dimension ref="A1:C2"', b'<dimension ref="A1:XFD1048576"')
                assert b"XFD1048576" in content
            new.writestr(entry.filename, content)
    report = load_package(folder, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert next(file.rows for file in report.files if file.file == "fact_outpatient.xlsx") == 1


def test_gbk_names_in_a_zip_are_read(tmp_path: Path, duckdb_url: str) -> None:
    """Chinese Windows writes names as GBK without the UTF-8 flag."""
    folder = write_csv_package(tmp_path / "c", _dimensions())
    (folder / "dim_town.csv").rename(folder / "TOWN.csv")
    path = zip_package(folder, tmp_path / "p.zip")
    name = "镇街.csv".encode("gb18030")
    content = path.read_bytes()
    assert len(name) == len(b"TOWN.csv")
    path.write_bytes(content.replace(b"TOWN.csv", name))
    report = load_package(path, duckdb_url)
    assert report.accepted, [item.text() for item in report.findings]
    assert "镇街.csv" in {file.file for file in report.files}
