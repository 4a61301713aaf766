"""The form in which a topic declares its page."""

from dataclasses import dataclass
from enum import StrEnum

from dashboard.language import marked

FILTERS = ("month", "grain", "community", "level", "scheme")
"""The filters of all pages, in the order of the filter row and of every address."""
COUNTY_CHOICE = "county"
"""What stands before them where the database holds several counties: which one is in view. No page of one county knows it."""


REGISTERS = ("dim_county", "dim_community", "dim_town", "dim_institution")
"""The tables that every page stands on: who there is."""


class Group(StrEnum):
    """The groups of the navigation, in their order; the values are message ids."""

    PREFECTURE = marked("全市")
    RUNNING = marked("运行")
    EVALUATION = marked("评价与推演")
    SERVICE = marked("服务与监测")
    DECISION = marked("决策")
    ADMINISTRATION = marked("管理")


@dataclass(frozen=True)
class Page:
    """One page: ``name`` is its file in ``pages/`` and, but for the first page (``/``), its address.

    ``place`` orders the pages inside their group. ``linked`` says whether notes, agendas and reports may link to it, ``listed`` whether
    everybody's navigation shows it (pages of administration stand in that of those who may open them).
    """

    name: str
    title: str
    group: Group
    place: int
    icon: str
    filters: tuple[str, ...] = FILTERS
    """The filters that the page follows; the others are greyed."""
    choices: tuple[str, ...] = ()
    """Controls that stand in the address under the key of their widget: ``segments``, ``choice``, ``slider`` of ``ui/kit/address.py``."""
    written: tuple[str, ...] = ()
    """What else its address carries, written by the page itself (``ui/kit/address.py``: ``news``, ``put``)."""
    documents: tuple[str, ...] = ()
    """Those of ``written`` that carry a whole document and may be long."""
    tables: tuple[str, ...] = ()
    """The tables of a package that feed the page, besides the registers that all pages stand on (``REGISTERS``); a test walks the page."""
    draws: tuple[str, ...] = ()
    """What it shows first that needs a large script of its own: "chart", "map"; fetched while the server still runs the page.

    Figures are drawn by the kit; a chart with a part that it does not know fetches the chart library behind the first picture.
    """
    listed: bool = True
    linked: bool = True
    several: bool = False
    """Whether it compares counties: navigation shows it only where the database holds several."""
    right: str = "business"
    """Which right opens it (``pages`` of ``roles.yaml``). Pages without figures (people, audit) have no filters and need no data."""

    @property
    def parameters(self) -> tuple[str, ...]:
        """Everything that a link to the page may carry."""
        return (COUNTY_CHOICE, *FILTERS, *self.choices, *self.written)
