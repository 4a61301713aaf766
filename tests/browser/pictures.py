"""The README's three pictures of the demonstration county: ``make pictures``.

Taken through the same server and browser as the tests, from a demonstration database of this run's own, so that they show the
program as it is and nothing of this machine.
"""

import io
import os
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from dashboard.demo import write_package
from dashboard.store.importing.loader import load_package
from tests.browser.server import PROJECT, Visit, launched, running_app

FOLDER = PROJECT / "docs" / "pictures"
PICTURES = {
    "overview": ("/", "light"),
    "referrals": ("/referrals", "light"),
    "insurance": ("/insurance", "light"),
}
_WIDTH, _HEIGHT = 1366, 768


def write_small(picture: bytes, target: Path) -> None:
    """Write ``picture`` with 256 colours chosen over all that occur (green stays green): a third of its size."""
    few = Image.open(io.BytesIO(picture)).convert("RGB").quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    few.save(target, "PNG", optimize=True)


def main() -> None:
    """Write the pictures to ``docs/pictures``."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="dashboard-pictures-") as name:
        folder = Path(name)
        url = f"duckdb:///{folder / 'reporting.duckdb'}"
        os.environ["WORKSPACE_DATABASE_URL"] = f"sqlite:///{folder / 'workspace.sqlite'}"
        write_package(folder / "package")
        load_package(folder / "package", url)
        with running_app(url) as address, sync_playwright() as playwright:
            browser = launched(playwright)
            for picture, (path, theme) in PICTURES.items():
                visit = Visit(browser, width=_WIDTH, height=_HEIGHT, theme=theme)
                write_small(visit.open(f"{address}{path}").screenshot(), FOLDER / f"{picture}.png")
                visit.close()
            browser.close()


if __name__ == "__main__":
    main()
