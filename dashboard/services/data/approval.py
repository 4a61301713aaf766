"""Approval of a month: how everybody stands, who may do what now, and the doing of it. The rules are ``analysis/approval.py``."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from dashboard.analysis.approval import (
    COUNTY,
    SIGNED,
    Act,
    Hierarchy,
    Refusal,
    Standing,
    Tier,
    Unit,
    refusal,
    standings,
    unlocking,
)
from dashboard.analysis.data_quality import ReportRule, expected_reports
from dashboard.catalogue.reporting import reporting_rules
from dashboard.language import marked
from dashboard.services.common.approvals import forget
from dashboard.services.common.cache import cached
from dashboard.services.common.counties import county_view
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.query import run_query
from dashboard.store.scope import Scope
from dashboard.workspace import Action, Workspace, WorkspaceError
from dashboard.workspace.acting import acting, author_named
from dashboard.workspace.approvals import Approval, Newest, newest_acts
from dashboard.workspace.county import in_county

TIER_WORDS: Mapping[Tier, str] = {Tier.INSTITUTION: marked("机构"), Tier.COMMUNITY: marked("医共体"), Tier.COUNTY: marked("县")}
STANDING_WORDS: Mapping[Standing, str] = {
    Standing.WAITING: marked("等下级"),
    Standing.READY: marked("可审定"),
    Standing.APPROVED: marked("已审定"),
    Standing.ACCEPTED: marked("已接受"),
}
ACT_WORDS: Mapping[Act, str] = {
    Act.APPROVED: marked("审定"),
    Act.ACCEPTED: marked("接受"),
    Act.RETURNED: marked("退回"),
    Act.WITHDRAWN: marked("撤销审定"),
    Act.UNLOCKED: marked("解锁"),
}
_REFUSALS: Mapping[Refusal, tuple[str, str]] = {
    Refusal.UNKNOWN_UNIT: (marked("这个单位这个月没有应报的表，不参加审定"), marked("应报名单取自机构登记（dim_institution）")),
    Refusal.LOWER_FIRST: (marked("下级还没有全部审定"), marked("请等下级审定（需要接受的，先接受）后再审定")),
    Refusal.UPPER_FIRST: (
        marked("上级已经审定，不能先撤销下级"),
        marked("请自上而下：先撤销县，再撤销医共体，再撤销机构；或由县级说明理由解锁"),
    ),
    Refusal.ALREADY: (marked("已经审定过了"), marked("请刷新页面看现在的状态")),
    Refusal.NOT_APPROVED: (marked("还没有审定，没有什么可以撤销、退回、接受或解锁"), marked("请刷新页面看现在的状态")),
    Refusal.ACCEPTED_FIRST: (marked("上级已经接受，不能直接撤销"), marked("请先由上级退回")),
    Refusal.NO_ACCEPTANCE: (marked("本县的审定不需要接受"), marked("需要时请在 reporting.yaml 的 approval 里打开 acceptance")),
}


@dataclass(frozen=True, eq=False)
class MonthApproval:
    """How one month stands.

    Attributes:
        month: first day.
        hierarchy: who signs under whom.
        standings: how everybody stands, the county first.
        names: what each is called.
        reports: institution code → (reports that came, reports expected), of the tables that institutions report.
        acts: what was done to this month, the newest first.
        own: the units that the reader's scope holds: what they may act on.
    """

    month: datetime.date
    hierarchy: Hierarchy
    standings: Mapping[Unit, Standing]
    names: Mapping[Unit, str]
    reports: Mapping[str, tuple[int, int]]
    acts: tuple[Approval, ...]
    own: frozenset[Unit]

    def signed_below(self, unit: Unit) -> tuple[int, int]:
        """Return how many directly below ``unit`` have signed, and how many there are."""
        below = self.hierarchy.children(unit)
        return sum(self.standings[each] in SIGNED for each in below), len(below)

    def missing(self, unit: Unit) -> int:
        """Return how many expected reports have not come of ``unit`` and of everybody below it."""
        codes = [each.code for each in self.standings if each.tier is Tier.INSTITUTION and unit in (each, *self.hierarchy.above(each))]
        return sum(due - came for came, due in (self.reports[code] for code in codes))

    def possible(self, act: Act) -> tuple[Unit, ...]:
        """Return on whom the reader could ``act`` now, the county first."""
        newest = newest_acts(self.acts[::-1])
        found = tuple(each for each in self.standings if each in self.own and refusal(self.hierarchy, newest, each, act) is None)
        return found if act is not Act.UNLOCKED or COUNTY in self.own else ()


@cached(max_entries=48)
def month_reports(database: ReportingDatabase, month: datetime.date) -> pd.DataFrame:
    """Return who has to report what for ``month`` in the tables that institutions report: table_name, reporter, came (bool)."""
    register = run_query(database, "common/register").rename(columns={"reporter_code": "reporter"})
    returns = run_query(database, "common/returns", first=month, last=month)
    came = set(zip(returns["table_name"].astype(str), returns["reporter_code"].astype(str), strict=True))
    parts = []
    for table, rule in reporting_rules().tables.items():
        if rule.of_county:
            continue
        kinds = rule.kinds or tuple(set(register["kind"]) - {"town"})
        due = expected_reports(register, [month], ReportRule(kinds, rule.due_day))
        parts.append(pd.DataFrame({"table_name": table, "reporter": due["reporter"].astype(str)}))
    whole = pd.concat(parts, ignore_index=True)
    return whole.assign(came=[pair in came for pair in zip(whole["table_name"], whole["reporter"], strict=True)])


def month_hierarchy(database: ReportingDatabase, month: datetime.date) -> Hierarchy:
    """Return who signs ``month``: institutions that have something to report in it, under their communities, under the county."""
    whole = database.under(database.scope.whole_county)  # who signs is a matter of the register, not of what a reader may see of it
    expected = month_reports(whole, month)["reporter"].unique()
    register = run_query(whole, "common/register").drop_duplicates("reporter_code").set_index("reporter_code")["community_code"]
    homes = {str(code): None if pd.isna(register[code]) else str(register[code]) for code in expected}
    return Hierarchy(homes, reporting_rules().approval.acceptance)


def _own(scope: Scope, hierarchy: Hierarchy) -> frozenset[Unit]:
    def holds(unit: Unit) -> bool:
        if unit.tier is Tier.COUNTY:
            return scope.every_row
        if unit.tier is Tier.COMMUNITY:
            return scope.holds_community(unit.code)
        return scope.holds_institution(unit.code, hierarchy.homes[unit.code])

    return frozenset(unit for unit in hierarchy.units if holds(unit))


def month_approval(database: ReportingDatabase, workspace: Workspace, month: datetime.date) -> MonthApproval:
    """Return how ``month`` stands, for a reader of the database's scope: names and reports of those alone. Raises ``DatabaseError``."""
    hierarchy = month_hierarchy(database, month)
    with in_county(county_view(database)):
        acts = workspace.approvals.acts(month)
    own = _own(database.scope, hierarchy)
    reports = month_reports(database.under(database.scope.whole_county), month).groupby("reporter")["came"].agg(["sum", "size"])
    return MonthApproval(
        month=month,
        hierarchy=hierarchy,
        standings=standings(hierarchy, newest_acts(acts)),
        names=_names(database.under(database.scope.whole_county), hierarchy),
        reports={str(code): (int(row["sum"]), int(row["size"])) for code, row in reports.iterrows()},
        acts=tuple(each for each in reversed(acts) if each.unit in own or each.unit.tier is Tier.COUNTY),
        own=own,
    )


def _names(database: ReportingDatabase, hierarchy: Hierarchy) -> dict[Unit, str]:
    who = directory(database)
    known = {Tier.COMMUNITY: who.communities["short_name"], Tier.INSTITUTION: who.institutions["short_name"]}
    county = who.county_name
    return {each: county if each.tier is Tier.COUNTY else str(known[each.tier].get(each.code, each.code)) for each in hierarchy.units}


@dataclass(frozen=True)
class ApprovedOn:
    """(month, institution, or the county by its own code) → the load on which the month was first approved. Cached by its contents."""

    loads: Mapping[tuple[datetime.date, str], int]

    @property
    def cache_key(self) -> tuple[object, ...]:
        """What decides the answers made with it."""
        return tuple(sorted(self.loads.items()))


def first_approvals(workspace: Workspace) -> ApprovedOn:
    """Return when each institution's month was first approved, and that of the county in view."""
    found: dict[tuple[datetime.date, str], int] = {}
    for each in workspace.approvals.acts():
        if each.act is Act.APPROVED and each.unit.tier is not Tier.COMMUNITY:
            found.setdefault((each.month, each.unit.code), each.data_version)
    return ApprovedOn(found)


def sign(
    database: ReportingDatabase,
    workspace: Workspace,
    month: datetime.date,
    act: Act,
    units: Sequence[Unit],
    *,
    actor: str | None,
    reason: str = "",
) -> tuple[Unit, ...]:
    """Do ``act`` to ``month`` of ``units``, all or none; unlocking takes along everybody above who has signed. Returns to whom it was done.

    Raises ``WorkspaceError``: not the reader's to do, not possible now, no reason where one is needed, or loaded by whoever approves
    while the county asks for four eyes; ``ConflictError`` never: how the month stands is asked while nobody else can change it.
    """
    hierarchy = month_hierarchy(database, month)
    own = _own(database.scope, hierarchy)
    names = _names(database.under(database.scope.whole_county), hierarchy)
    for unit in units:
        if (act is Act.UNLOCKED and COUNTY not in own) or (unit in names and unit not in own):
            raise WorkspaceError(
                marked("这一步不在您的数据范围内"), marked("解锁由县级来做；审定由本单位或其上级来做"), where=names.get(unit, "")
            )
    if act is Act.APPROVED:
        _check_four_eyes(database, workspace, month, units, hierarchy, actor)

    def choose(newest: Newest) -> Sequence[Unit]:
        found: list[Unit] = []
        now = dict(newest)
        for unit in units:
            why = refusal(hierarchy, now, unit, act)
            if why is not None:
                what, remedy = _REFUSALS[why]
                raise WorkspaceError(what, remedy, where=f"{names.get(unit, unit.code)} {month:%Y-%m}")
            chosen = unlocking(hierarchy, now, unit) if act is Act.UNLOCKED else (unit,)
            found += chosen
            now |= dict.fromkeys(chosen, act)
        return found

    with in_county(county_view(database)):
        done = workspace.approvals.add(month, act, choose, actor=actor, reason=reason, data_version=database.version.load_id)
    forget()
    return done


def loaded_by(workspace: Workspace) -> dict[int, tuple[str | None, str | None]]:
    """Return load → (account, name) of who loaded it, as far as the trail still knows."""
    entries = workspace.audit.entries(action=Action.LOAD, limit=10_000)
    found = [
        (each.details.get("load_id"), each.account, each.actor) for each in reversed(entries) if each.details.get("result") == "accepted"
    ]
    return {load: (account, name) for load, account, name in found if isinstance(load, int)}


def _check_four_eyes(
    database: ReportingDatabase, workspace: Workspace, month: datetime.date, units: Sequence[Unit], hierarchy: Hierarchy, actor: str | None
) -> None:
    """Raise ``WorkspaceError`` where the county asks for four eyes and ``actor`` loaded of one of ``units``, or of one below it."""
    if not reporting_rules().approval.four_eyes:
        return
    person, name = acting(), author_named(actor)
    mine = {person.account if person else None, name} - {None}
    # Trail and arrivals are read once, however many are signed at a time: a county has hundreds of units.
    my_loads = {load for load, people in loaded_by(workspace).items() if mine & set(people)}
    arrived = run_query(database.under(database.scope.whole_county), "data/arrivals", first_month=month, last_month=month)
    reported = set(arrived.loc[arrived[["first_load_id", "last_load_id"]].isin(my_loads).any(axis=1), "reporter"])
    institutions = (each for each in hierarchy.units if each.tier is Tier.INSTITUTION)
    if any(each.code in reported and not set(units).isdisjoint((each, *hierarchy.above(each))) for each in institutions):
        raise WorkspaceError(
            marked("谁载入谁不审定：这个月的数据是您载入的"), marked("请由另一人审定（本县要求四眼）"), where=f"{month:%Y-%m}"
        )
