"""A first visit over the wire: scripts come compressed, what a page announces is what it asks for, fonts and scripts may be kept.

What draws charts and maps is announced, but runs only when the light part of the page is painted; rare letters come when a name has one.
"""

from urllib.parse import urlsplit

from playwright.sync_api import Response, Route

from dashboard.ui.frame.files import announced, held_back
from tests.browser.conftest import OpenVisit


def test_a_first_visit_is_compressed_announced_and_kept(app_address: str, visit: OpenVisit) -> None:
    opened = visit()
    answers: dict[str, Response] = {}
    opened.page.on("response", lambda answer: answers.setdefault(answer.url.removeprefix(app_address), answer))
    page = opened.open(f"{app_address}/performance")
    scripts = {address: answer for address, answer in answers.items() if address.startswith("/static/js/")}
    assert len(scripts) > 50
    for address in scripts.keys() - held_back().keys():
        headers = scripts[address].all_headers()
        assert headers["content-encoding"] == "gzip", address
        assert "immutable" in headers["cache-control"], address
    fonts = {address: answer for address, answer in answers.items() if address.startswith("/app/static/fonts/")}
    assert fonts
    assert all("immutable" in answer.all_headers()["cache-control"] for answer in fonts.values()), list(fonts)
    link = answers["/performance"].all_headers()["link"]
    assert link == announced("performance")
    # The page knows where its root is: it does not ask below its own address first.
    assert [address for address in answers if "_stcore/health" in address] == ["/_stcore/health"]
    assert opened.console_errors == []
    # What is announced is fetched once, by the announcement or by the page, whoever comes first.
    named = [part.split(">")[0].lstrip("<") for part in link.split(", ")]
    fetched = page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
    fetched = [address.removeprefix(app_address) for address in fetched]
    assert {address: fetched.count(address) for address in named} == dict.fromkeys(named, 1)


_ORDER = """
(() => {
  const seen = window.__order = [];
  const told = (name, there) => { if (there && !seen.includes(name)) seen.push(name); };
  const look = () => {
    const main = document.querySelector('[data-testid="stMain"]');
    told('running', document.querySelector('[data-test-script-state="running"]') && main?.querySelector('h1'));
    if (seen.includes('running') && document.querySelector('[data-test-script-state="notRunning"]')) {
      told('light', !main.querySelector('[data-testid="stPlotlyChart"], [data-testid="stDeckGlJsonChart"]')
        && main.querySelector('[data-testid="stSkeleton"]'));
    }
    told('chart', main?.querySelector('svg.main-svg'));
    if (main?.querySelector('canvas')) {
      const rare = [...document.fonts].filter((font) => font.family.includes('County Sans') && font.unicodeRange === 'U+4E00-9FFF');
      told(rare.length === 2 && rare.every((font) => font.status === 'loaded') ? 'map with its letters' : 'map without', true);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""


def test_charts_and_map_come_behind_the_light_part_and_draw(county_address: str, visit: OpenVisit) -> None:
    opened = visit()
    opened.page.add_init_script(_ORDER)
    held = list(held_back())
    page = opened.page
    # A server as fast as one that nobody else uses: the wait for the end of the run is not given up.
    page.route("**/static/js/*Chart.*.js", _patient)
    for place, (address, last) in enumerate({"/resources?section=plan": "chart", "/referrals": "map with its letters"}.items()):
        opened.open(f"{county_address}{address}")
        order = page.evaluate("() => window.__order")
        assert order[:2] == ["running", "light"]
        assert set(order) == {"running", "light", last}
        fetched = page.evaluate("() => performance.getEntriesByType('resource').map((each) => each.name)")
        # Who needs a map does not wait for the chart library.
        assert [fetched.count(f"{county_address}{large}?drawn") for large in held] == [int(each == place) for each in range(len(held))]
    assert opened.outside == []


def _patient(route: Route) -> None:
    name = urlsplit(route.request.url)
    if name.query:
        route.continue_()
        return
    text = held_back()[name.path].decode()
    assert "PATIENCE = 1500" in text
    route.fulfill(body=text.replace("PATIENCE = 1500", "PATIENCE = 150000"), content_type="text/javascript")


def test_a_rare_letter_fetches_the_rare_ones_and_a_common_one_does_not(app_address: str, visit: OpenVisit) -> None:
    page = visit().open(app_address)
    loaded = """() => document.fonts.ready.then(() => [...document.fonts].filter(
      (font) => font.family.includes('County Sans') && font.status === 'loaded').map((font) => font.unicodeRange))"""
    assert "U+4E00-9FFF" not in page.evaluate(loaded)
    page.evaluate("() => { document.querySelector('h1').textContent = '塍'; }")
    page.wait_for_function(loaded.replace("font.unicodeRange))", "font.unicodeRange).includes('U+4E00-9FFF'))"))
