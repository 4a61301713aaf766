"""The app with pages of its own that show every component on the loaded names: ``python -m tests.browser.gallery --port N``."""

import argparse
from pathlib import Path

from dashboard.ui.frame import navigation
from dashboard.ui.frame.server import serve

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    navigation.PAGES_FOLDER = Path(__file__).parent / "gallery_pages"
    navigation.PAGES = tuple(page for page in navigation.PAGES if (navigation.PAGES_FOLDER / f"{page.name}.py").is_file())
    serve(port=parser.parse_args().port)
