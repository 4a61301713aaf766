"""The county's clock: moments are stored in UTC, people read and write the county's time."""

import datetime

from dashboard.formatting import COUNTY_TIME


def today() -> datetime.date:
    """Return the date in the county now."""
    return datetime.datetime.now(COUNTY_TIME).date()
