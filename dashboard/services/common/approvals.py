"""Which months are approved, as figures, exports and imports ask for it: read from the workspace, and again as soon as somebody acts."""

import datetime
import threading
import time

from dashboard import formatting
from dashboard.analysis.approval import COUNTY, Done, Signed, Tier, Unit
from dashboard.analysis.periods import Period
from dashboard.errors import ProductError
from dashboard.language import marked, translate
from dashboard.services.common.workspace import current_workspace
from dashboard.states import PROVISIONAL
from dashboard.workspace import Workspace

_REMEMBERED_SECONDS = 1.0
_lock = threading.Lock()
_remembered: dict[str, tuple[Signed, float]] = {}
UNREAD = Signed(known=False)
"""The workspace did not answer: nobody can say what is approved."""


def signed_months(workspace: Workspace | None = None) -> Signed:
    """Return what is approved now in all counties, for whoever must not go on without knowing: a load. Raises ``DatabaseError``."""
    acts = (workspace or current_workspace()).approvals.every_act()
    done = tuple(Done(each.county, each.month, each.unit, each.act) for each in acts)
    return Signed.after(done, max((each.approval_id for each in acts), default=0))


def signed_now() -> Signed:
    """Return what is approved in all counties, for figures; of the county in view it is taken by ``counties.in_view``.

    Asked of the workspace at most once a second, ``UNREAD`` where it does not answer.
    """
    try:
        workspace = current_workspace()
        key = str(id(workspace))
        with _lock:
            known, until = _remembered.get(key, (UNREAD, 0.0))
        if time.monotonic() < until:
            return known
        if not known.known or workspace.approvals.version() != known.version:
            known = signed_months(workspace)
    except ProductError:
        return UNREAD
    with _lock:
        _remembered[key] = (known, time.monotonic() + _REMEMBERED_SECONDS)
    return known


def forget() -> None:
    """Let the next question ask the workspace: something has just changed."""
    with _lock:
        _remembered.clear()


def signer(level: str, unit: str, home: str | None = None) -> Unit:
    """Return whose approval makes the figures of a unit final.

    The county's are final when the county has approved; those of a community, and of a town or an institution in it (``home``), with the
    community; those of an institution directly under the county with its own.
    """
    if level == "county":
        return COUNTY
    if level == "community":
        return Unit(Tier.COMMUNITY, unit)
    return Unit(Tier.COMMUNITY, home) if home else Unit(Tier.INSTITUTION, unit) if level == "institution" else COUNTY


_WAITS = {
    Tier.COUNTY: marked("初步：{months}尚未县级审定"),
    Tier.COMMUNITY: marked("初步：{months}尚未医共体审定"),
    Tier.INSTITUTION: marked("初步：{months}尚未审定"),
}
_UNKNOWN = marked("审定状态读不到")


def waiting_words(signed: Signed, months: tuple[datetime.date, ...], unit: Unit, language: str = "zh") -> str:
    """Return "初步：2025年10月尚未县级审定" for ``months`` of which some are not approved; empty where all are, or nobody asks for it."""
    if not signed.known:
        return translate(_UNKNOWN, language)
    waiting = signed.provisional(months, unit)
    if not waiting:
        return ""
    names = formatting.month(waiting[-1], language)
    if len(waiting) > 1:
        names = f"{formatting.month(waiting[0], language)} – {names}"
    return translate(_WAITS[unit.tier], language, months=names)


def provisional_words(signed: Signed, period: Period, community: str | None, language: str = "zh") -> str:
    """Return "◐ 初步：…" for what a page, an export, a report or the wall says of its whole period and area; else empty."""
    unit = signer("community", community) if community else COUNTY
    words = waiting_words(signed, period.months, unit, language)
    return f"{PROVISIONAL} {words}" if words else ""


def provisional_of_counties(unsigned: int | None, language: str = "zh") -> str:
    """Return "◐ 初步：2 个县尚未县级审定" for a page that compares counties; ``unsigned``: how many, None where nobody can say."""
    if unsigned is None:
        return f"{PROVISIONAL} {translate(_UNKNOWN, language)}"
    return f"{PROVISIONAL} {translate(marked('初步：{count} 个县尚未县级审定'), language, count=unsigned)}" if unsigned else ""
