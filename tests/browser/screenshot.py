"""A picture of a page, for people who judge how it looks.

    python -m tests.browser.screenshot /resources --width 1920 --height 1080 --theme dark --lang en --out /tmp/a.png

Starts the app on the settings' database unless ``--server`` gives the address of a running one.
"""

import argparse
from contextlib import nullcontext
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.server import Visit, launched, running_app


def main() -> None:
    parser = argparse.ArgumentParser(description="Take a picture of a page of the app.")
    parser.add_argument("path", help="path of the page with its query, e.g. / or /resources?grain=quarter")
    parser.add_argument("--width", type=int, default=1920)
    parser.add_argument("--height", type=int, default=1080)
    parser.add_argument("--theme", choices=["light", "dark"], default="light")
    parser.add_argument("--lang", choices=["zh", "en"], default="zh")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--server", help="address of a running app")
    parser.add_argument("--database", help="database URL for the app that is started")
    parser.add_argument("--full", action="store_true", help="the whole page, not only the window")
    options = parser.parse_args()
    query = ("&" if "?" in options.path else "?") + "lang=en" if options.lang == "en" else ""
    with (
        nullcontext(options.server) if options.server else running_app(options.database) as address,
        sync_playwright() as playwright,
    ):
        browser = launched(playwright)
        visit = Visit(browser, width=options.width, height=options.height, theme=options.theme)
        page = visit.open(f"{address.rstrip('/')}{options.path}{query}")
        page.screenshot(path=options.out, full_page=options.full)
        content, window = page.evaluate(
            "() => { const main = document.querySelector('[data-testid=\"stMain\"]'); return [main.scrollHeight, main.clientHeight]; }"
        )
        print(f"{options.out}: content {content} px in a window of {window} px")
        print(f"outside requests {visit.outside}; console {visit.console_errors}")
        browser.close()


if __name__ == "__main__":
    main()
