"""What is still to be done of what meetings decided: for the meeting page, the Overview and (once it exists) the Monitoring page."""

import datetime
from dataclasses import dataclass

from dashboard.services.decisions import SavedDecision, State, list_decisions
from dashboard.workspace import Workspace

_URGENCY = {State.OVERDUE: 0, State.OPEN: 1, State.DONE: 2}


@dataclass(frozen=True)
class FollowUp:
    """A decision that somebody has to carry out; ``days`` until it is due, negative when overdue, None without a date."""

    saved: SavedDecision
    state: State
    days: int | None


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


def follow_ups(workspace: Workspace, today: datetime.date) -> FollowUps:
    """Return the follow-ups as of ``today``; decisions that name nobody and no date are none. Raises ``DatabaseError``."""
    rows = []
    for saved in list_decisions(workspace):
        state = saved.decision.state(today)
        if state in _URGENCY and (saved.decision.responsible or saved.decision.due):
            due = saved.decision.due
            rows.append(FollowUp(saved, state, None if due is None else (due - today).days))
    return FollowUps(tuple(sorted(rows, key=lambda row: (_URGENCY[row.state], row.days is None, row.days or 0))))
