"""Actions: who does what about an alert, by when; the same rule says later how it came out.

They stand here and not beside the rules: the page 运行监测 writes them, the meeting's follow-ups, the Overview and the wall tell of them.
"""

import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.catalogue.monitoring import JudgedBy
from dashboard.language import marked
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.workspace import Kind, Workspace, WorkspaceError
from dashboard.workspace.content import NAME_LIMIT, PERSON_LIMIT

LONGEST_MEASURE = 500


class MonitoringActionError(WorkspaceError):
    """An action that cannot be taken as it is; nothing was written."""


class MonitoringAction(BaseModel):
    """What is done about the alert of ``rule`` at ``unit`` that began in ``since``; ``value`` is what the rule saw when it was written.

    ``judged_by``: its limits then, by which the outcome is judged; None for an action from before they were kept.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = Field(min_length=1, max_length=64)
    unit: str = Field(min_length=1, max_length=64)
    unit_name: str = Field(max_length=NAME_LIMIT)
    since: datetime.date
    month: datetime.date
    value: float | None = None
    owner: str = Field(min_length=1, max_length=PERSON_LIMIT)
    due: datetime.date
    measure: str = Field(min_length=1, max_length=LONGEST_MEASURE)
    expected: str = Field(default="", max_length=LONGEST_MEASURE)
    done: bool = False
    judged_by: JudgedBy | None = None

    def overdue(self, today: datetime.date) -> bool:
        """Return whether it is past its date and not done; due today is not."""
        return not self.done and self.due < today


def action_of(**fields: object) -> MonitoringAction:
    """Return an action. Raises ``MonitoringActionError`` without owner, date or measure, or when a field is too long."""
    try:
        return MonitoringAction.model_validate(fields)
    except ValidationError as error:
        raise MonitoringActionError(
            marked("行动不完整"),
            marked("请写明负责人、期限和措施（措施和预期各最多 {count} 字）；填写的内容仍在本页"),
            count=LONGEST_MEASURE,
        ) from error


def list_actions(workspace: Workspace) -> tuple[Kept[MonitoringAction], ...]:
    """Return the newest version of every action, unfinished ones first, then by date; one that cannot be read is left out.

    Raises:
        DatabaseError: the workspace cannot be read.
    """
    found = list_kept(workspace, Kind.MONITORING_ACTION, MonitoringAction)
    return tuple(sorted(found, key=lambda kept: (kept.content.done, kept.content.due, kept.document_id)))


def save_action(
    workspace: Workspace, action: MonitoringAction, *, author: str | None, over: Kept[MonitoringAction] | None = None
) -> Kept[MonitoringAction]:
    """Save ``action``, as a new version of ``over`` where given.

    Raises:
        ConflictError: somebody saved another version meanwhile; nothing is written.
    """
    return keep(workspace, Kind.MONITORING_ACTION, f"{action.unit_name}：{action.measure}", action, author=author, over=over)
