"""A first visit over the wire: scripts come compressed, what a page announces is what it asks for, fonts and scripts may be kept."""

from playwright.sync_api import Response

from dashboard.ui.frame.files import announced
from tests.browser.conftest import OpenVisit


def test_a_first_visit_is_compressed_announced_and_kept(app_address: str, visit: OpenVisit) -> None:
    opened = visit()
    answers: dict[str, Response] = {}
    opened.page.on("response", lambda answer: answers.setdefault(answer.url.removeprefix(app_address), answer))
    page = opened.open(f"{app_address}/performance")
    scripts = {address: answer for address, answer in answers.items() if address.startswith("/static/js/")}
    assert len(scripts) > 50
    for address, answer in scripts.items():
        headers = answer.all_headers()
        assert headers["content-encoding"] == "gzip", address
        assert "immutable" in headers["cache-control"], address
    fonts = {address: answer for address, answer in answers.items() if address.startswith("/app/static/fonts/")}
    assert fonts
    assert all("immutable" in answer.all_headers()["cache-control"] for answer in fonts.values()), list(fonts)
    link = answers["/performance"].all_headers()["link"]
    assert link == announced("performance")
    # What is announced is fetched once, by the announcement or by the page, whoever comes first.
    named = [part.split(">")[0].lstrip("<") for part in link.split(", ")]
    fetched = page.evaluate("() => performance.getEntriesByType('resource').map((each) => new URL(each.name).pathname)")
    assert {address: fetched.count(address) for address in named} == dict.fromkeys(named, 1)
