"""Which periods are told by who belongs where now, and not by who belonged where then.

Registers know no from-month: a load that moves an institution to another community moves its past with it. The load says so in numbers
(rule ``history_restated``); here the pages of earlier periods do.
"""

import datetime

import pandas as pd

from dashboard import formatting
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query


@cached(max_entries=4)
def restating_months(database: ReportingDatabase) -> tuple[datetime.date, ...]:
    """Return the newest month of every load that moved history, ascending; loads are the county's, so a part of it is told of none.

    Raises ``QueryError`` when the database cannot answer.
    """
    if not database.scope.every_row:
        return ()
    return tuple(pd.Timestamp(month).date().replace(day=1) for month in run_query(database, "common/restated")["month"])


def restated_words(database: ReportingDatabase, last: datetime.date, language: str = "zh") -> str:
    """Return what a page says whose period ends with the month ``last``, before a load that moved history; empty where none did."""
    after = [month for month in restating_months(database) if month > last]
    if not after:
        return ""
    words = marked("{month}的数据改变了机构或乡镇的归属、属性，本期按新的重算")
    return translate(words, language, month=formatting.month(after[-1], language))
