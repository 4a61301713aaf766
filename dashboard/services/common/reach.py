"""Which communities a scope touches: what decides whose documents its reader shares (``workspace/audience.py``)."""

from dashboard.errors import ProductError
from dashboard.services.common.cache import current_database
from dashboard.services.common.directory import directory
from dashboard.store.scope import COUNTY, Scope


def communities_of(scope: Scope) -> frozenset[str] | None:
    """Return the codes of the communities of ``scope``, those of its institutions where it names some; None: the whole county.

    Where the reporting database cannot be read institutions belong to none: what is shared with their community is not shown then.
    """
    if scope.institutions is None:
        return scope.communities
    try:
        homes = directory(current_database(COUNTY)).institutions["community_code"]
    except ProductError:
        return frozenset()
    found = frozenset(homes.reindex(sorted(scope.institutions)).dropna().astype(str))
    return found if scope.communities is None else found & scope.communities
