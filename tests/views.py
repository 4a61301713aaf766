"""Every page with each of its sections, as the pages themselves register them: no list by hand can forget one."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dashboard.services.referrals.flows import View as Source
from dashboard.topics import PAGES
from dashboard.ui.kit.sections import Sections

APART = ("people", "audit")
"""Pages of accounts and of what was done: without patients, and without rows of the county."""


@dataclass(frozen=True)
class View:
    """One page, or one section of it."""

    page: str
    query: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return what a test is called by."""
        return "-".join((self.page, *self.query.values()))


def sections_of(page: str) -> Sections[Any, Any] | None:
    """Return the sections that the page registers, None where it is one whole."""
    module = f"dashboard.ui.{page}.page"
    found = getattr(import_module(module), "SECTIONS", None) if find_spec(module) else None
    assert found is None or isinstance(found, Sections)
    return found


def _views() -> Iterator[View]:
    for page in PAGES:
        sections = sections_of(page.name)
        if sections is not None:
            yield from (View(page.name, {sections.key: code}) for code in sections.labels)
        elif page.name == "referrals":  # its sources are no sections: a county may have one of them only
            yield from (View(page.name, {"flow": source.value}) for source in Source)
        else:
            yield View(page.name)


VIEWS = tuple(_views())
