"""PDF is optional: said plainly where LibreOffice is missing, bounded and told where it fails."""

import subprocess
from pathlib import Path

import pytest

from dashboard.documents import pdf
from dashboard.documents.pdf import DocumentError, as_pdf, command


def test_without_libreoffice_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "office", lambda: None)
    with pytest.raises(DocumentError) as caught:
        as_pdf(b"")
    assert "没有安装 LibreOffice" in caught.value.text()


def test_it_looks_for_both_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf.shutil, "which", lambda name: "/usr/bin/libreoffice" if name == "libreoffice" else None)
    assert pdf.office() == "/usr/bin/libreoffice"
    monkeypatch.setattr(pdf.shutil, "which", lambda name: None)
    assert pdf.office() is None


def test_each_run_has_a_profile_of_its_own() -> None:
    line = command("soffice", Path("/a/report.docx"), Path("/a"), Path("/a/profile"))
    assert line[0] == "soffice"
    assert "-env:UserInstallation=file:///a/profile" in line
    assert line[-3:] == ["--outdir", "/a", "/a/report.docx"]
    assert line[line.index("--convert-to") + 1] == "pdf"


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (subprocess.TimeoutExpired("soffice", 1), "超过 1 秒"),
        (subprocess.CalledProcessError(1, "soffice"), "LibreOffice 没有生成 PDF"),
        (FileNotFoundError(), "LibreOffice 没有生成 PDF"),
    ],
)
def test_a_failed_run_is_told_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, failure: Exception, words: str) -> None:
    folders = []

    def fail(line: list[str], **_options: object) -> None:
        folders.append(Path(line[-2]))
        raise failure

    monkeypatch.setattr(pdf, "office", lambda: "soffice")
    monkeypatch.setattr(pdf.subprocess, "run", fail)
    with pytest.raises(DocumentError) as caught:
        as_pdf(b"x", seconds=1)
    assert words in caught.value.text()
    assert not folders[0].exists()


def test_the_file_that_libreoffice_wrote_is_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(line: list[str], **options: object) -> None:
        assert options["timeout"] == pdf.SECONDS
        assert Path(line[-1]).read_bytes() == b"document"
        (Path(line[-2]) / "report.pdf").write_bytes(b"%PDF-1")

    monkeypatch.setattr(pdf, "office", lambda: "soffice")
    monkeypatch.setattr(pdf.subprocess, "run", write)
    assert as_pdf(b"document") == b"%PDF-1"
