"""Who helps whom: what the lead hospitals did for each centre in a year, pair by pair."""

import datetime

import pandas as pd

from dashboard.analysis.periods import shift_months
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.codes import CENTRE_KINDS
from dashboard.store.query import run_query

MONTHS = 12
_UPWARD = "training_up"


@cached(max_entries=16)
def helping(database: ReportingDatabase, month: datetime.date, community: str | None = None) -> pd.DataFrame:
    """Return the help of the twelve months to ``month``.

    Returns:
        One row per hospital, centre and kind of help, those of the centre's community if one is given: lead, centre (codes), kind (of
        ``SUPPORT_KIND`` or ``POSTING_KIND``), amount, and unit: ``sessions`` of support, ``person_days`` of staff posted down or trained.
        Empty when nothing was reported. Referrals are not in it: they have a page of their own.
    """
    span = {"first_month": shift_months(month, 1 - MONTHS), "last_month": month}
    support = run_query(database, "contracts/support", **span)
    sessions = support.rename(columns={"lead_code": "lead", "member_code": "centre", "sessions": "amount"}).assign(unit="sessions")
    posted = run_query(database, "common/postings", **span)
    upward = posted["kind"] == _UPWARD  # the member sends, the hospital helps
    staff = posted.assign(
        lead=posted["from_code"].where(~upward, posted["to_code"]),
        centre=posted["to_code"].where(~upward, posted["from_code"]),
        amount=posted["person_days"],
        unit="person_days",
    )
    columns = ["lead", "centre", "kind", "unit", "amount"]
    rows = pd.concat([sessions[columns], staff[columns]], ignore_index=True).astype({"amount": "float64"})
    about = directory(database).institutions
    centres = about[about["kind"].isin(CENTRE_KINDS)]
    if community is not None:
        centres = centres[centres["community_code"] == community]
    rows = rows[rows["centre"].isin(centres.index) & (rows["amount"] > 0)]
    return rows.groupby(columns[:4])["amount"].sum().reset_index()
