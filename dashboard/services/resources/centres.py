"""共享中心: who asks whom, how much, how fast, and what is recognised or repeated."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.periods import Period
from dashboard.analysis.sequences import ratio
from dashboard.analysis.small_counts import Guard, Masked, People
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.codes import CENTRE_KINDS, CENTRE_SERVICE
from dashboard.store.query import run_query

_BY_REQUESTER = ("requester_code",)
ASKED = Guard(
    (
        People("requests", within=(_BY_REQUESTER, ("provider_code",))),
        People("reports", part_of="requests", within=(_BY_REQUESTER,)),
        People("recognised_results", within=(_BY_REQUESTER,)),
        People("repeated_results", within=(_BY_REQUESTER,)),
    )
)
"""Flows of one centre; what each institution asks for and each provider gets is shown beside them."""
_RATES = {"recognition": ("recognised_results", "repeated_results"), "turnaround": ("reports",)}
DONE = Guard((People("requests"), People("reports", part_of="requests"), People("recognised_results"), People("repeated_results")), _RATES)
"""Sums by centre."""


@dataclass(frozen=True, eq=False)
class RequesterGuard:
    """Hides in the sums by requester of one centre what its ``flows`` hide: the two stand side by side and must agree.

    Each by itself would choose what protects a count, and what one of them hides the other would show.
    """

    flows: pd.DataFrame
    counts: tuple[People, ...] = DONE.counts

    def hide(self, frame: pd.DataFrame, smallest: int = ON_SCREEN) -> Masked:
        """Return ``frame`` (rows of ``SharedCentres.requesters`` of the centre, index institution code) as it may be shown."""
        told = ASKED.hide(self.flows, smallest)
        shown, hidden = frame.copy(), {}
        for each in self.counts:
            sums = told.sums[(each.name, _BY_REQUESTER)].reindex(frame.index)
            hidden[each.name] = sums.ne(frame[each.name].astype("float64")) & frame[each.name].notna()
            shown[each.name] = frame[each.name].astype("float64").mask(hidden[each.name], sums)
        for name, sources in _RATES.items():
            shown[name] = shown[name].mask(pd.concat([hidden[each] for each in sources], axis=1).any(axis=1))
        return Masked(shown, told.totals, pd.DataFrame(hidden), told.sums)


_MEASURES = ["requests", "reports", "weighted_minutes", "timed_reports", "recognised_results", "repeated_results"]


@dataclass(frozen=True, eq=False)
class SharedCentres:
    """What the shared centres did in a period.

    ``centres`` is indexed by centre code in the order of the code list, ``requesters`` by (centre, institution code); both with
    requests, reports, recognised_results, repeated_results, turnaround (minutes: medians weighted by reports, as indicator C12b) and
    recognition (share, as indicator C13). ``flows`` has a row per centre, requester and provider. ``silent`` names, by centre, the
    primary centres that asked for nothing.
    """

    centres: pd.DataFrame
    requesters: pd.DataFrame
    flows: pd.DataFrame
    silent: dict[str, tuple[str, ...]]

    def of_requesters(self, centre: str) -> RequesterGuard:
        """Return what hides the small counts in the sums by requester of ``centre``."""
        return RequesterGuard(self.flows[self.flows["centre"] == centre])

    def totals(self) -> Mapping[str, float]:
        """Return the sums over all centres as the screen may show them."""
        return DONE.hide(self.centres).totals


def _rates(sums: pd.DataFrame) -> pd.DataFrame:
    told = sums.copy()
    told["turnaround"] = ratio(sums["weighted_minutes"], sums["timed_reports"])
    told["recognition"] = ratio(sums["recognised_results"], sums["recognised_results"] + sums["repeated_results"])
    return told


@cached(max_entries=32)
def shared_centres(database: ReportingDatabase, period: Period, community: str | None = None) -> SharedCentres | None:
    """Return what the shared centres did for the county, or for the members of one community; None without any return."""
    rows = run_query(database, "resources/shared_services", months=list(period.months))
    about = directory(database).institutions
    rows["community"] = rows["requester_code"].map(about["community_code"])
    rows[_MEASURES] = rows[_MEASURES].astype("float64")
    kept = rows if community is None else rows[rows["community"] == community]
    if kept.empty:
        return None
    order = [code for code in CENTRE_SERVICE if code in set(kept["centre"])]
    centres = _rates(kept.groupby("centre")[_MEASURES].sum(min_count=1).loc[order])
    requesters = _rates(kept.groupby(["centre", "requester_code"])[_MEASURES].sum(min_count=1))
    names = about["short_name"]
    flows = kept.assign(requester=kept["requester_code"].map(names), provider=kept["provider_code"].map(names))
    return SharedCentres(centres, requesters, flows, {code: _silent(kept, code, about, community) for code in order})


def _silent(rows: pd.DataFrame, centre: str, about: pd.DataFrame, community: str | None) -> tuple[str, ...]:
    asked = rows.loc[(rows["centre"] == centre) & (rows["requests"] > 0), "requester_code"]
    could = about[about["in_county"] & about["kind"].isin(CENTRE_KINDS)]
    could = could if community is None else could[could["community_code"] == community]
    return tuple(could.loc[~could.index.isin(asked), "short_name"].astype(str))
