"""The county's clock: moments are stored in UTC, people read and write Beijing time."""

import datetime

CHINA = datetime.timezone(datetime.timedelta(hours=8))


def today() -> datetime.date:
    """Return the date in China now."""
    return datetime.datetime.now(CHINA).date()


def local_time(moment: datetime.datetime) -> datetime.datetime:
    """Return ``moment`` as a clock in China shows it."""
    return moment.astimezone(CHINA)
