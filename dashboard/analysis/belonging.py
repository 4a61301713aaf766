"""Under which county codes what is of a county is kept, in a database that came to hold several.

While there was one county nobody named it: what names none is of the county that was there first.
"""

import math
from collections.abc import Mapping


def first_county(first_loads: Mapping[str, int | None]) -> str:
    """Return the county that was there first: that of the oldest load, of those that no load names the first by code.

    Args:
        first_loads: by code of each county the number of its first load; None where no load is known to be its own.
    """
    return min(first_loads, key=lambda code: (math.inf if (load := first_loads[code]) is None else load, code))


def kept_under(county: str, first_loads: Mapping[str, int | None]) -> frozenset[str | None]:
    """Return the codes under which what is of ``county`` is kept: its own, and none at all (None) for the first and for the only one."""
    others = first_loads.keys() - {county}
    return frozenset({county, None} if not others or first_county(first_loads) == county else {county})
