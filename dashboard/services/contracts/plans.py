"""Help plans: what a lead hospital does for one centre, with tasks, dates and progress; way 1 of the eight."""

import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.language import marked
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.workspace import Kind, Workspace, WorkspaceError
from dashboard.workspace.content import NAME_LIMIT

MOST_TASKS = 20
LONGEST_AIM = 1000
LONGEST_TASK = 200


class HelpPlanError(WorkspaceError):
    """A help plan that cannot be taken as it is; nothing was written."""


class Task(BaseModel):
    """One task of a plan: what, by when, and whether it is done."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    what: str = Field(min_length=1, max_length=LONGEST_TASK)
    due: datetime.date | None = None
    done: bool = False


class HelpPlan(BaseModel):
    """The plan for one centre: its aim, its tasks, and how it goes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    centre: str = Field(min_length=1, max_length=64)
    centre_name: str = Field(max_length=NAME_LIMIT)
    aim: str = Field(min_length=1, max_length=LONGEST_AIM)
    tasks: tuple[Task, ...] = Field(default=(), max_length=MOST_TASKS)
    progress: str = Field(default="", max_length=LONGEST_AIM)

    def overdue(self, today: datetime.date) -> int:
        """Return how many tasks are past their date and not done; due today is not."""
        return sum(not task.done and task.due is not None and task.due < today for task in self.tasks)


def plan_of(**fields: object) -> HelpPlan:
    """Return a plan. Raises ``HelpPlanError`` without an aim, or when a field is too long."""
    try:
        return HelpPlan.model_validate(fields)
    except ValidationError as error:
        raise HelpPlanError(
            marked("帮扶计划不完整"),
            marked("请写明目标（最多 {aim} 字）；任务每条最多 {task} 字、最多 {count} 条；填写的内容仍在本页"),
            aim=LONGEST_AIM,
            task=LONGEST_TASK,
            count=MOST_TASKS,
        ) from error


def list_plans(workspace: Workspace) -> dict[str, Kept[HelpPlan]]:
    """Return the newest plan of every centre by centre code; one that cannot be read is left out. Raises ``DatabaseError``."""
    latest_first = list_kept(workspace, Kind.HELP_PLAN, HelpPlan)
    return {kept.content.centre: kept for kept in reversed(latest_first)}


def save_plan(workspace: Workspace, plan: HelpPlan, *, author: str | None, over: Kept[HelpPlan] | None = None) -> Kept[HelpPlan]:
    """Save ``plan``, as a new version of ``over`` where given.

    Raises:
        ConflictError: somebody saved another version meanwhile; nothing is written.
    """
    return keep(workspace, Kind.HELP_PLAN, f"{plan.centre_name}：{plan.aim}", plan, author=author, over=over)
