"""The insurance what-if in a browser: a slider moves the money, links restore exactly, wrong links do nothing, nobody else is asked."""

import base64
import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Dialog, Page

from dashboard.catalogue.coefficients import Coefficient, Value
from dashboard.services.common.database import open_database
from dashboard.services.insurance.answer import Model, insurance_model
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.plan import Plan, link_text, read_link, with_coefficients
from tests.browser.conftest import OpenVisit
from tests.browser.server import Visit, running_app
from tests.insured import make_insured_county

_SHADOW_TEXT = """
(key) => {
  const holder = document.querySelector(`[class*="st-key-${key}"]`);
  for (const node of holder.querySelectorAll('*')) if (node.shadowRoot) return node.shadowRoot.textContent.replace(/\\s+/g, ' ');
  return '';
}
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('insurance') / 'reporting.duckdb'}")


@pytest.fixture(scope="module")
def model(url: str) -> Model:
    found = insurance_model(open_database(url))
    assert not isinstance(found, BaselineGap)
    return found


@pytest.fixture(scope="module")
def address(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the insurance page, with a workspace of this module's own."""
    folder = tmp_path_factory.mktemp("insurance_app")
    before = os.environ.get("WORKSPACE_DATABASE_URL")
    os.environ["WORKSPACE_DATABASE_URL"] = f"sqlite:///{folder / 'workspace.sqlite'}"
    try:
        with running_app(url, folder / "server.log") as app:
            yield f"{app}/insurance"
    finally:
        os.environ.pop("WORKSPACE_DATABASE_URL")
        if before is not None:
            os.environ["WORKSPACE_DATABASE_URL"] = before


def results(page: Page) -> str:
    """All words of the result board."""
    return str(page.evaluate(_SHADOW_TEXT, "board_results"))


def opened(visit: Visit, address: str) -> Page:
    page = visit.open(address)
    page.wait_for_selector('[class*="st-key-board_results"]')
    page.wait_for_function(f"() => ({_SHADOW_TEXT})('board_results').length > 100")
    return page


def changed(page: Page, act: Callable[[], object]) -> str:
    """Do something and return the board's words once they are others than before."""
    before = results(page)
    act()
    page.wait_for_function(f"(before) => ({_SHADOW_TEXT})('board_results') !== before", arg=before, timeout=30_000)
    return results(page)


def plan_in(page: Page) -> Plan:
    page.wait_for_function("() => new URLSearchParams(location.search).has('plan')", timeout=15_000)
    return read_link(str(page.evaluate("() => new URLSearchParams(location.search).get('plan')")))


def test_a_slider_moves_the_money_and_nobody_else_is_asked(visit: OpenVisit, address: str) -> None:
    visited = visit()
    page = opened(visited, address)
    start = results(page)
    assert "总额预算" in start
    assert "与基线相同" in start
    slider = page.locator('[class*="st-key-insurance_panel"] input[type="range"]').first
    slider.focus()
    moved = changed(page, lambda: slider.press("ArrowRight"))
    assert "较基线 +" in moved
    assert plan_in(page).scenario.coefficients == {"extra_growth": pytest.approx(0.001)}
    back = page.get_by_role("button", name="恢复基线")
    assert changed(page, back.click) == start
    assert visited.outside == []


_HAND = """
([slider, repaints]) => new Promise((done) => {
  const board = () => (WORDS)('board_results');
  const [lower, step, steps] = [Number(slider.min), Number(slider.step), 40];
  let [words, move, seen] = [board(), 0, 0];
  const next = () => {
    const at = move % (2 * steps);
    slider.value = String(lower + step * (at < steps ? at : 2 * steps - at));
    slider.dispatchEvent(new InputEvent('input', { bubbles: true, composed: true }));
    move += 1;
    const now = board();
    if (now !== words) [words, seen] = [now, seen + 1];
    if (seen < repaints) requestAnimationFrame(next);
    else done(Number(slider.value));
  };
  slider.focus();
  next();
})
""".replace("WORDS", _SHADOW_TEXT)


def test_the_board_follows_a_moving_hand_and_all_else_when_it_rests(visit: OpenVisit, address: str) -> None:
    visited = visit()
    page = opened(visited, address)
    slider = page.locator('[class*="st-key-insurance_panel"] input[type="range"]').first
    title, search = page.locator("h1").first.inner_text(), page.evaluate("() => location.search")
    left = page.evaluate(_HAND, [slider.element_handle(), 5])
    assert page.evaluate("() => location.search") == search
    assert page.locator("h1").first.inner_text() == title
    slider.evaluate("(slider) => slider.dispatchEvent(new Event('change', { bubbles: true, composed: true }))")
    page.wait_for_function("(before) => location.search !== before", arg=search, timeout=30_000)
    visited.settle()
    assert plan_in(page).scenario.coefficients == {"extra_growth": pytest.approx(left)}
    again = opened(visit(), str(page.evaluate("() => location.href")))
    assert results(again) == results(page)
    assert again.locator("h1").first.inner_text() == page.locator("h1").first.inner_text()


def test_numbers_presets_and_reasons(visit: OpenVisit, address: str, model: Model) -> None:
    page = opened(visit(), address)
    entry = page.locator('[class*="st-key-insurance_panel"] input[type="number"]').first
    entry.fill("2.5")
    changed(page, lambda: entry.press("Enter"))
    reason = page.get_by_label("理由 统一追加增速")
    before = page.evaluate("() => location.search")
    reason.fill("补足缺口")
    reason.press("Enter")
    page.wait_for_function("(before) => location.search !== before", arg=before, timeout=15_000)
    plan = plan_in(page)
    assert plan.scenario.coefficients == {"extra_growth": pytest.approx(0.025)}
    assert plan.scenario.rationale == {"extra_growth": "补足缺口"}
    preset = model.baseline.coefficients.presets[1]
    changed(page, page.get_by_role("button", name=preset.name, exact=True).first.click)
    assert plan_in(page).scenario.coefficients == {name: pytest.approx(value) for name, value in preset.values.items()}


def test_a_click_on_a_column_makes_it_the_reference(visit: OpenVisit, address: str) -> None:
    page = opened(visit(), address)
    head = page.locator('[class*="st-key-board_results"] th button').first
    changed(page, head.click)
    assert page.locator('[class*="st-key-board_results"] th button[aria-pressed="true"]').count() == 1
    assert page.locator('[class*="st-key-board_results"] td small').count() > 10


def test_a_saved_scenario_stands_in_the_list_and_in_the_comparison(visit: OpenVisit, address: str) -> None:
    link = packed('{"d":"1","n":"x","c":{"extra_growth":0.02}}')
    visited = visit()
    page = opened(visited, f"{address}?plan={link}")
    page.get_by_role("button", name="另存为方案").click()
    page.get_by_label("名称", exact=True).fill("多一点")
    page.get_by_role("button", name="保存", exact=True).click()
    page.get_by_text("已保存“多一点”，第 1 版").wait_for()
    page.locator('[class*="st-key-detail"] button').first.click()
    page.locator('[class*="st-key-insurance_compared"] input').click()
    page.get_by_role("option", name="多一点").click()
    page.wait_for_function(f"() => ({_SHADOW_TEXT})('board_compare').includes('多一点')", timeout=30_000)
    words = str(page.evaluate(_SHADOW_TEXT, "board_compare"))
    assert "● 统一追加增速" in words
    assert "2.0%" in words
    assert visited.outside == []


def another(coefficient: Coefficient, default: Value) -> Value:
    """An allowed value that is not the default."""
    if isinstance(default, tuple):
        return tuple(round(max(coefficient.lower, part * 0.9), 4) if part > 0 else coefficient.step for part in default)
    if coefficient.unit == "switch":
        return 1.0 - default
    middle = (coefficient.lower + coefficient.upper) / 2 + coefficient.step / 2
    value = round(middle, 0 if coefficient.unit in ("count", "score") else 4)
    return value if abs(value - default) > 1e-6 else value + coefficient.step


def everything_changed(model: Model) -> Plan:
    """A plan in which no coefficient is what it was."""
    known, defaults = model.baseline.coefficients.coefficients, model.baseline.defaults
    values = {name: another(known[name], default) for name, default in defaults.items() if not known[name].fixed}
    values |= {"k_min": 0.96, "k_max": 1.07}
    plan = with_coefficients(model.start(), model.baseline, values)
    assert set(plan.scenario.coefficients) == set(values)
    return Plan(plan.scenario.model_copy(update={"rationale": dict.fromkeys(values, "会议确定"), "seed": 77}))


def test_a_link_with_every_coefficient_changed_restores_exactly_in_two_browsers(visit: OpenVisit, address: str, model: Model) -> None:
    plan = everything_changed(model)
    link = f"{address}?plan={link_text(plan)}"
    first, second = visit(), visit(theme="dark")
    pages = [opened(each, link) for each in (first, second)]
    seen = {results(page) for page in pages}
    assert len(seen) == 1, "the same numbers, simulation included"
    count = len(plan.scenario.coefficients)
    for page in pages:
        assert f"已改动 {count} 项" in str(page.evaluate(_SHADOW_TEXT, "insurance_panel"))
        restored = plan_in(page).scenario
        assert restored.coefficients == plan.scenario.coefficients
        assert restored.seed == 77
    outcome = model.run(plan)
    assert f"{len(outcome.overspending_units)}" in results(pages[0])
    assert first.outside == second.outside == []


def heard(visited: Visit) -> list[str]:
    """The dialogs that a page opens: a script that ran would open one."""
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    visited.page.on("dialog", note)
    return dialogs


def packed(document: str) -> str:
    return base64.urlsafe_b64encode(zlib.compress(document.encode())).decode().rstrip("=")


HOSTILE = {
    "no number": packed('{"d":"1","n":"x","c":{"extra_growth":NaN}}'),
    "infinite": packed('{"d":"1","n":"x","c":{"extra_growth":1e999}}'),
    "unknown key": packed('{"d":"1","n":"x","zz":1}'),
    "unknown coefficient": packed('{"d":"1","n":"x","c":{"evil":1}}'),
    "script": "<script>alert(1)</script>",
    "huge": "A" * 20_000,
    "bomb": packed('{"d":"1","n":"' + "a" * 5_000_000 + '"}'),
    "other version": packed('{"v":99,"d":"1","n":"x"}'),
    "floor above cap": packed('{"d":"1","n":"x","c":{"k_min":1.2,"k_max":0.95}}'),
}


def test_a_hand_edited_link_is_refused_in_words_and_the_page_stands(visit: OpenVisit, address: str) -> None:
    visited = visit()
    dialogs = heard(visited)
    for kind, link in HOSTILE.items():
        page = opened(visited, f"{address}?plan={link}")
        assert page.locator('[data-testid="stAlert"]').count() >= 1, kind
        assert "怎么办" in page.locator('[data-testid="stAlert"]').first.inner_text(), kind
        assert "与基线相同" in results(page), kind
        assert page.locator('[data-testid="stException"]').count() == 0, kind
        assert dialogs == [], kind
    assert visited.outside == []


def test_names_in_a_link_stay_text(visit: OpenVisit, address: str) -> None:
    visited = visit()
    dialogs = heard(visited)
    hostile = "<img src=x onerror=alert(1)>"
    document = {"d": "1", "n": hostile, "c": {"extra_growth": 0.01}, "r": {"extra_growth": hostile}}
    page = opened(visited, f"{address}?plan={packed(json.dumps(document))}")
    assert page.get_by_label("理由 统一追加增速").input_value() == hostile
    assert page.locator("img[src='x']").count() == 0
    assert dialogs == []


def test_the_scenario_goes_out_as_word_in_the_reader_s_language(visit: OpenVisit, address: str, tmp_path: Path) -> None:
    link = packed('{"d":"1","n":"Plan B","c":{"extra_growth":0.02},"r":{"extra_growth":"close the gap"}}')
    page = opened(visit(), f"{address}?lang=en&plan={link}")
    with page.expect_download(timeout=60_000) as waiting:
        page.locator('[class*="st-key-download_insurance_report"] button').click()
    waiting.value.save_as(tmp_path / "scenario.docx")
    with zipfile.ZipFile(tmp_path / "scenario.docx") as package:
        words = package.read("word/document.xml").decode()
    assert "<w:tbl>" in words, "native tables"
    assert "Plan B" in words
    assert "close the gap" in words
