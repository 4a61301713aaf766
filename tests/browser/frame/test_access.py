"""Every page for people without a mouse or with a screen reader: buttons have names, targets are large enough, focus is seen."""

import pytest
from playwright.sync_api import Page

from dashboard.topics import PAGES as DECLARED
from tests.browser.conftest import OpenVisit

PAGES = [entry.name for entry in DECLARED if entry.listed]
SMALLEST = 24
"""Pixels (WCAG 2.2, 2.5.8); links inside a text are exempt there."""
_TARGETS = """(smallest) => {
  const found = [];
  const look = (root) => {
    for (const node of root.querySelectorAll("*")) {
      if (node.shadowRoot) look(node.shadowRoot);
      if (!node.matches('button, [role="button"], [role="tab"], [role="radio"], [role="switch"], summary')) continue;
      // A click on its label is a click on the switch.
      const box = (node.closest("label") ?? node).getBoundingClientRect(), style = getComputedStyle(node);
      if (box.width < 2 || style.visibility === "hidden" || style.pointerEvents === "none") continue;
      const copy = node.cloneNode(true);
      copy.querySelectorAll('[aria-hidden="true"]').forEach((part) => part.remove());
      const name = (node.getAttribute("aria-label") || copy.textContent || node.getAttribute("title") || "").trim();
      const where = node.closest('[class*="st-key-"]')?.className.toString().match(/st-key-\\S+/)?.[0] ?? "";
      // The framework names a button without a label by its icon: "chat_bubble icon".
      if (!name || / icon$/.test(name)) found.push(`no name: ${name} in ${where}`);
      if (box.width < smallest - 0.5 || box.height < smallest - 0.5)
        found.push(`too small: ${name} ${Math.round(box.width)}×${Math.round(box.height)} in ${where}`);
    }
  };
  look(document.querySelector('[data-testid="stApp"]'));
  return [...new Set(found)];
}"""
_FOCUSED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body) return null;
  const seen = [node, node.parentElement, node.parentElement?.parentElement].filter(Boolean).some((each) => {
    const style = getComputedStyle(each);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1) || style.boxShadow !== "none";
  });
  return [seen, `${node.tagName} ${node.getAttribute("aria-label") ?? node.textContent.trim().slice(0, 40)}`];
}"""
_STEPS = 40


def _unseen(page: Page) -> list[str]:
    """Go through the page by the keyboard and return what has the focus without showing it."""
    found = []
    for _step in range(_STEPS):
        page.keyboard.press("Tab")
        focused = page.evaluate(_FOCUSED)
        if focused and not focused[0]:
            found.append(focused[1])
    return found


@pytest.mark.parametrize("name", PAGES)
def test_buttons_have_names_targets_are_large_enough_and_focus_is_seen(county_address: str, visit: OpenVisit, name: str) -> None:
    page = visit().open(f"{county_address}/{'' if name == 'overview' else name}")
    assert page.evaluate(_TARGETS, SMALLEST) == []
    assert _unseen(page) == []


def test_a_small_nameless_button_would_be_found(county_address: str, visit: OpenVisit) -> None:
    page = visit().open(f"{county_address}/")
    page.evaluate(
        """() => {
          const button = document.createElement("button");
          button.style.cssText = "width: 14px; height: 14px; padding: 0; outline: none !important; box-shadow: none";
          button.tabIndex = 0;
          document.querySelector('[data-testid="stApp"]').prepend(button);
        }"""
    )
    found = page.evaluate(_TARGETS, SMALLEST)
    assert "no name:  in " in found
    assert any(words.startswith("too small:  14×14") for words in found)
