"""PDF through LibreOffice, where it is installed: optional, bounded in time, and said plainly when it is not there."""

import shutil
import subprocess
import tempfile
from pathlib import Path

from dashboard.errors import ProductError
from dashboard.language import marked

_NAMES = ("soffice", "libreoffice")
SECONDS = 120


class DocumentError(ProductError):
    """A document that cannot be made on this machine."""


def office() -> str | None:
    """Return the path of LibreOffice, None where it is not installed."""
    return next((found for name in _NAMES if (found := shutil.which(name))), None)


def command(program: str, source: Path, folder: Path, profile: Path) -> list[str]:
    """Return the command that turns ``source`` into a PDF in ``folder``, with a profile of its own so that several may run at once."""
    return [
        program,
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(source),
    ]


def as_pdf(document: bytes, ending: str = "docx", seconds: int = SECONDS) -> bytes:
    """Return a document (DOCX, PPTX, XLSX) as PDF.

    Raises:
        DocumentError: LibreOffice is not installed, took longer than ``seconds``, or could not read the document.
    """
    program = office()
    if program is None:
        raise DocumentError(
            marked("本机没有安装 LibreOffice，不能生成 PDF"),
            marked("请改用 Word 文件，或请管理员安装 LibreOffice（apt-get install libreoffice-writer）"),
        )
    with tempfile.TemporaryDirectory(prefix="dashboard-pdf-") as scratch:
        folder = Path(scratch)
        source = folder / f"report.{ending}"
        source.write_bytes(document)
        try:
            subprocess.run(command(program, source, folder, folder / "profile"), check=True, capture_output=True, timeout=seconds)  # noqa: S603
            return (folder / "report.pdf").read_bytes()
        except subprocess.TimeoutExpired as error:
            raise DocumentError(
                marked("生成 PDF 超过 {seconds} 秒，已停止"), marked("请稍后再试，或改用 Word 文件"), seconds=seconds
            ) from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise DocumentError(
                marked("LibreOffice 没有生成 PDF"), marked("请改用 Word 文件，并请管理员查看 LibreOffice 的安装")
            ) from error
