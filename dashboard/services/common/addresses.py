"""Addresses inside the product: a page with the filters and choices that its link carries.

People paste links into agendas and notes. Only this product's own pages and the parameters that they know are kept; what is left is
stored without host, so that it works wherever the product is installed.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode, urlsplit

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.topics import FILTERS, PAGES, page_named

__all__ = ["FILTERS", "AddressError", "PageAddress", "known_parameters", "parse_address"]

_FIRST_PAGE = PAGES[0].name

_LONGEST = 20_000
_LONGEST_VALUE = 200
_LONGEST_DOCUMENT = 16_000


class AddressError(ProductError):
    """A link that leads nowhere in this product."""


@dataclass(frozen=True)
class PageAddress:
    """A page by its name and the parameters of its link, in the order given."""

    page: str
    parameters: tuple[tuple[str, str], ...] = ()

    def text(self) -> str:
        """Return the link without host: ``/referrals?month=2025-04``."""
        path = "/" if self.page == _FIRST_PAGE else f"/{self.page}"
        return f"{path}?{urlencode(self.parameters)}" if self.parameters else path

    def get(self, name: str) -> str:
        """Return one parameter, empty where the link leaves it at its default."""
        return dict(self.parameters).get(name, "")

    def updated(self, parameters: Mapping[str, str]) -> "PageAddress":
        """Return the address with ``parameters`` set instead of what it had for them."""
        return PageAddress(self.page, tuple((dict(self.parameters) | dict(parameters)).items()))


def known_parameters(page: str) -> tuple[str, ...]:
    """Return every parameter that a link to ``page`` may carry, as its topic declares them; none for a page that is not linked to."""
    found = page_named(page)
    return found.parameters if found is not None and found.linked else ()


def _known(page: str, name: str, value: str) -> bool:
    declared = page_named(page)
    longest = _LONGEST_DOCUMENT if declared is not None and name in declared.documents else _LONGEST_VALUE
    return name in known_parameters(page) and 0 < len(value) <= longest and value.isprintable()


def parse_address(text: str, *, hosts: Collection[str] = ()) -> PageAddress:
    """Return the page behind a link that somebody pasted; parameters that the page does not know are dropped.

    Args:
        text: ``/referrals?month=2025-04`` or the whole address from the browser.
        hosts: hosts (with port) of this installation; a link to any other host is refused. Empty: any host, it is dropped anyway.

    Raises:
        AddressError: too long, not a link, another host or no page of this product.
    """
    stripped = text.strip()
    if len(stripped) > _LONGEST:
        raise AddressError(marked("链接过长，无法使用"), marked("请在要汇报的页面上点“提交会议”"))
    try:
        parts = urlsplit(stripped)
        pairs = parse_qsl(parts.query, max_num_fields=60)
        host = parts.netloc
    except ValueError as error:
        raise AddressError(marked("这不是可用的链接"), marked("请从浏览器地址栏复制本系统页面的链接")) from error
    if parts.scheme not in ("", "http", "https") or (host and hosts and host not in hosts):
        raise AddressError(marked("这不是本系统的链接"), marked("请从浏览器地址栏复制本系统页面的链接"))
    page = parts.path.rstrip("/").rpartition("/")[2] or _FIRST_PAGE
    if not known_parameters(page) or not (host or stripped.startswith("/")):
        raise AddressError(marked("链接里的页面不在本系统中"), marked("请从浏览器地址栏复制本系统页面的链接"))
    return PageAddress(page, tuple({name: value for name, value in pairs if _known(page, name, value)}.items()))
