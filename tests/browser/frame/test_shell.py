import json
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import Error, Locator, Page, expect
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from tests.browser.conftest import OpenVisit
from tests.loopback import DIRECT
from tests.tiny import HOSTILE_NAMES


def filter_values(page: Page) -> list[str]:
    return [field.input_value() for field in page.locator(".st-key-filters input").all()]


def seen(place: Locator) -> str:
    """Return the text of ``place`` as a reader sees it, without the invisible word joiner."""
    return place.inner_text().replace("\u2060", "")


def test_own_font_is_used(app_address: str, visit: OpenVisit) -> None:
    page = visit().open(app_address)
    faces = page.evaluate("() => [...document.fonts].map((font) => [font.family, font.weight, font.unicodeRange, font.status])")
    ours = {(weight, reach): status for family, weight, reach, status in faces if "County Sans SC" in family}
    # The file of every weight that holds our own texts is there; that of rare letters reaches over it and comes only for a name.
    assert [ours[weight, "U+0-10FFFF"] for weight in ("400", "700")] == ["loaded", "loaded"]
    assert page.evaluate("() => document.fonts.load('14px \"County Sans SC\"', '县域医共体').then((found) => found.length)") >= 1
    assert page.evaluate("() => document.fonts.check('14px \"County Sans SC\"', '县域医共体')")


def test_filters_stay_over_pages_reload_and_back(hostile_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{hostile_address}/?month=2025-04&grain=ytd&lang=en")
    assert filter_values(page)[:2] == ["2025-04", "Year to date"]
    page.get_by_role("link", name="Beds and equipment").click()
    page.wait_for_url("**/utilisation?*")
    window.settle()
    assert filter_values(page)[:2] == ["2025-04", "Year to date"]
    page.reload()
    window.settle()
    assert filter_values(page)[:2] == ["2025-04", "Year to date"]
    page.locator(".st-key-lang button").first.click()
    page.wait_for_url(lambda address: "lang" not in address)
    window.settle()
    assert filter_values(page)[:2] == ["2025-04", "本年累计"]
    assert "month=2025-04" in page.url


def test_theme_switch_reopens_the_same_view_and_stays(hostile_address: str, visit: OpenVisit) -> None:
    window = visit(theme="light")
    page = window.open(f"{hostile_address}/utilisation?month=2025-04")
    page.locator(".st-key-theme_switch button").click()
    page.wait_for_url("**embed_options=dark_theme**")
    window.settle()
    assert filter_values(page)[0] == "2025-04"
    scheme = "() => getComputedStyle(document.querySelector('[data-testid=\"stApp\"]')).colorScheme"
    assert page.evaluate(scheme) == "dark"
    page.get_by_role("link", name="总览").click()
    page.wait_for_url("**dark_theme**")
    window.settle()
    page.reload()
    window.settle()
    assert page.evaluate(scheme) == "dark"


def test_names_from_data_stay_text(hostile_address: str, visit: OpenVisit) -> None:
    window = visit(width=1920, height=1080)
    dialogs: list[str] = []
    window.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    page = window.open(hostile_address)
    main = page.locator('[data-testid="stMain"]')
    title = seen(main.locator("h1"))
    for name in HOSTILE_NAMES:
        assert name in title
    names = main.locator(".headlines .name").all()
    assert names
    for button in names:
        button.click()
        body = page.locator(".about:popover-open")
        expect(body).to_be_visible()
        assert body.locator("a, script, img, .katex").count() == 0
        assert any(name in seen(body) for name in HOSTILE_NAMES)
        page.keyboard.press("Escape")
        expect(body).to_have_count(0)
    assert main.locator('a[href*="evil"]').count() == 0
    assert page.locator("svg a").count() == 0
    assert main.locator(".katex").count() == 0
    assert main.locator("script").count() == 0
    words = seen(main)
    assert "\\" not in words
    for name in HOSTILE_NAMES:
        assert name in words
    assert dialogs == []
    assert window.outside == []


def test_failing_page_shows_no_internals(hostile_address: str, visit: OpenVisit) -> None:
    page = visit().open(f"{hostile_address}/resources")
    box = page.locator(".st-key-error_box")
    expect(box).to_contain_text("错误编号")
    html = page.content()
    assert "secret" not in html
    assert "fact_claim" not in html
    assert "Traceback" not in html


def test_what_a_page_asked_of_another_host_would_be_seen_and_is_refused(app_address: str, visit: OpenVisit) -> None:
    window = visit()
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        window.open("http://evil.example/")
    with pytest.raises(Error, match="ERR_NAME_NOT_RESOLVED"):
        window.open("http://192.0.2.7/")
    assert window.outside == ["http://evil.example/", "http://192.0.2.7/"]


def test_other_sites_cannot_open_the_session(app_address: str) -> None:
    address = app_address.replace("http://", "ws://") + "/_stcore/stream"
    with pytest.raises(InvalidStatus), connect(address, origin="http://evil.example", subprotocols=["streamlit"]):
        pass
    with connect(address, origin=app_address, subprotocols=["streamlit"]) as own:
        assert own.subprotocol == "streamlit"


def test_other_sites_may_not_read_answers(app_address: str) -> None:
    request = urllib.request.Request(f"{app_address}/_stcore/host-config", headers={"Origin": "http://evil.example"})
    with pytest.raises(urllib.error.HTTPError) as refused:
        DIRECT.open(request, timeout=10)
    assert refused.value.code == 403
    assert refused.value.headers.get("Access-Control-Allow-Origin") is None
    with DIRECT.open(f"{app_address}/_stcore/host-config", timeout=10) as answer:
        json.load(answer)
