"""What is still to be done: what meetings decided, and actions about alerts; for the meeting page, the Overview and the wall."""

import datetime
from dataclasses import dataclass

from dashboard.services.common.actions import MonitoringAction, list_actions
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import may_see
from dashboard.services.meeting.decisions import SavedDecision, State, list_decisions
from dashboard.workspace import Workspace

_URGENCY = {State.OVERDUE: 0, State.OPEN: 1, State.DONE: 2}


@dataclass(frozen=True)
class FollowUp:
    """A decision or an action about an alert that somebody has to carry out.

    ``days`` until it is due, negative when overdue, None without a date. ``about``: the item of the meeting, or whom the action is about.
    ``saved`` is None for an action.
    """

    what: str
    responsible: str
    due: datetime.date | None
    about: str
    progress: str
    state: State
    days: int | None
    saved: SavedDecision | None = None


@dataclass(frozen=True)
class FollowUps:
    """All follow-ups, the most urgent first, with what is done at the end."""

    rows: tuple[FollowUp, ...]

    def count(self, state: State) -> int:
        """Return how many there are in ``state``."""
        return sum(row.state is state for row in self.rows)

    @property
    def unfinished(self) -> tuple[FollowUp, ...]:
        """What is not done, the most urgent first."""
        return tuple(row for row in self.rows if row.state is not State.DONE)


def follow_ups(workspace: Workspace, today: datetime.date, database: ReportingDatabase) -> FollowUps:
    """Return the follow-ups as of ``today``; decisions that name nobody and no date are none, actions as far as the reader sees their unit.

    Raises:
        DatabaseError: the workspace cannot be read. QueryError: the database cannot answer who is whose.
    """
    rows = [_of_action(each.content, today) for each in list_actions(workspace) if may_see(database, each.content.unit)]
    for saved in list_decisions(workspace):
        state = saved.decision.state(today)
        if state in _URGENCY and (saved.decision.responsible or saved.decision.due):
            due = saved.decision.due
            days = None if due is None else (due - today).days
            decision = saved.decision
            rows.append(FollowUp(decision.decision, decision.responsible, due, decision.item_title, decision.progress, state, days, saved))
    return FollowUps(tuple(sorted(rows, key=lambda row: (_URGENCY[row.state], row.days is None, row.days or 0))))


def _of_action(action: MonitoringAction, today: datetime.date) -> FollowUp:
    state = State.DONE if action.done else State.OVERDUE if action.overdue(today) else State.OPEN
    return FollowUp(action.measure, action.owner, action.due, action.unit_name, action.expected, state, (action.due - today).days)
