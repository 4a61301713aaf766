"""The topics of the product. Each module here declares one page; nothing else lists pages, their filters or their address parameters.

A new topic is a module here and its file in ``pages/``; what it shows lies under the same word in ``ui``, ``services`` and ``queries``.
"""

from importlib import import_module
from pkgutil import iter_modules

from dashboard.topics.declaration import COUNTY_CHOICE, FILTERS, Group, Page

__all__ = ["COUNTY_CHOICE", "FILTERS", "PAGES", "Group", "Page", "page_named"]


HOME = "overview"
"""The page at ``/``."""


def _declared() -> tuple[Page, ...]:
    names = [module.name for module in iter_modules(__path__) if module.name != "declaration"]
    found: list[Page] = [import_module(f"{__name__}.{name}").PAGE for name in names]
    groups = list(Group)
    return tuple(sorted(found, key=lambda page: (page.name != HOME, groups.index(page.group), page.place)))


PAGES = _declared()
"""Every page: first the one at ``/``, then in the order of the navigation."""


def page_named(name: str) -> Page | None:
    """Return the page called ``name``, None when there is none."""
    return next((page for page in PAGES if page.name == name), None)
