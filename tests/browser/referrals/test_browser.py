"""转诊流向 in a real browser: what is clicked on the map filters the page, stands in the address and is left again."""

import math

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenVisit

MAP = '[data-testid="stDeckGlJsonChart"]'
REACH = range(-160, 160, 12)
# What the map tells once it has been drawn anew.
TOLD = """async () => {
  for (let frame = 0; frame < 3; frame += 1) await new Promise((drawn) => requestAnimationFrame(drawn));
  return [...document.querySelectorAll('.deck-tooltip')].filter((each) => each.style.display === 'block').map((each) => each.innerText);
}"""


def click_something(page: Page) -> str:
    """Move over the middle of the map until something tells its name; click it and return what it told."""
    page.locator(MAP).scroll_into_view_if_needed()
    box = page.locator(MAP).bounding_box()
    assert box
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    places = sorted(
        ((across, down) for across in REACH for down in REACH), key=lambda place: math.hypot(*place)
    )  # from the middle outwards
    for across, down in places:
        page.mouse.move(middle[0] + across, middle[1] + down)
        if (told := page.evaluate(TOLD)) and page.evaluate(TOLD) == told:  # the map tells of where the mouse stood a frame before
            page.mouse.click(middle[0] + across, middle[1] + down)
            return str(told[0])
    raise AssertionError("nothing on the map can be pointed at")


def test_a_click_on_the_map_filters_the_page_and_the_way_back(county_address: str, visit: OpenVisit) -> None:
    window = visit()
    page = window.open(f"{county_address}/referrals?month=2025-01")
    whole = page.locator("h1").inner_text()
    click_something(page)
    back = page.locator(".st-key-flow_back button")
    expect(back).to_be_visible(timeout=15_000)
    window.settle()
    assert "focus=" in page.url
    expect(page.locator("h1")).not_to_have_text(whole, use_inner_text=True)
    page.reload()
    window.settle()
    expect(back).to_be_visible()
    back.click()
    expect(back).to_have_count(0, timeout=15_000)
    window.settle()
    assert "focus=" not in page.url
    expect(page.locator("h1")).to_have_text(whole, use_inner_text=True)
    page.locator(".st-key-measure [data-testid='stSelectbox'] input").click()
    page.get_by_role("option", name="线宽：费用").click()
    expect(page.locator(".st-key-flow_legend")).to_contain_text("线宽 = 费用")
    expect(page.locator("h1")).to_have_text(whole, use_inner_text=True)
    assert window.cut_choices() == []
    page.goto(f"{county_address}/referrals?flow=claims&month=2025-03&lang=en")
    window.settle()
    assert window.cut_choices() == []
    play = page.locator(".st-key-flow_play button").first
    play.click()
    heading = page.locator(".st-key-card_flow_player h5")
    expect(heading).to_contain_text(":", timeout=10_000)
    first = heading.inner_text()
    expect(heading).not_to_have_text(first, timeout=10_000)  # the next month, on its own
    play.click()
    window.settle()
    held = heading.inner_text()
    page.wait_for_timeout(2_000)  # nothing tells that nothing comes: longer than a step lasts while it plays
    assert heading.inner_text() == held
    assert page.locator(".st-key-error_box").count() == 0
    assert window.outside == []
