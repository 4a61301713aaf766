"""What people said about alerts: seen, put off until a date, or closed with a reason. Kept append-only in the workspace.

The states replayed from the history never know of it: it changes only how an alert is presented, and what the budget counts.
"""

import datetime
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.actions import MonitoringAction, list_actions
from dashboard.services.common.clock import today
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.services.common.workspace import current_workspace
from dashboard.workspace import Kind, Workspace, WorkspaceError
from dashboard.workspace.content import NAME_LIMIT
from dashboard.workspace.county import county_identifier

LONGEST_REASON = 300
Answer = Literal["acknowledged", "snoozed", "closed", "reopened"]
ANSWERS: tuple[Answer, ...] = ("acknowledged", "snoozed", "closed", "reopened")


class HandlingError(WorkspaceError):
    """An answer to an alert that cannot be taken as it is; nothing was written."""


class Handling(BaseModel):
    """What was said about the alert of ``rule`` at ``unit`` while ``month`` was the newest month on screen; ``until``: of a snooze."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rule: str = Field(min_length=1, max_length=64)
    unit: str = Field(min_length=1, max_length=64)
    unit_name: str = Field(max_length=NAME_LIMIT)
    month: datetime.date
    answer: Answer
    reason: str = Field(min_length=1, max_length=LONGEST_REASON)
    until: datetime.date | None = None

    @model_validator(mode="after")
    def _dated(self) -> "Handling":
        if (self.answer == "snoozed") != (self.until is not None):
            raise ValueError("a snooze ends on a date, and nothing else does")
        return self


def handling_of(**fields: object) -> Handling:
    """Return an answer to an alert. Raises ``HandlingError`` without a reason, or a snooze without its date."""
    try:
        return Handling.model_validate(fields)
    except ValidationError as error:
        raise HandlingError(
            marked("处置不完整"),
            marked("请写明理由（最多 {count} 字）；暂缓还要写明到哪一天"),
            count=LONGEST_REASON,
        ) from error


def handling_id(rule: str, unit: str) -> str:
    """Return the identifier of the document that holds all that was said about one rule at one unit; a county's codes may hold any sign."""
    return county_identifier(f"alert-{hashlib.sha256(f'{rule}|{unit}'.encode()).hexdigest()[:40]}")


def list_handlings(workspace: Workspace) -> tuple[Kept[Handling], ...]:
    """Return the newest answer to every alert that has one. Raises ``DatabaseError``."""
    return list_kept(workspace, Kind.ALERT_HANDLING, Handling)


def save_handling(workspace: Workspace, handling: Handling, *, author: str | None, day: datetime.date) -> Kept[Handling]:
    """Write an answer as a new version over the last one about this rule and unit.

    Raises:
        HandlingError: a snooze that ends before ``day``. ConflictError: somebody answered at the same time; nothing is written.
    """
    if handling.until is not None and handling.until < day:
        raise HandlingError(marked("暂缓的日期已经过去"), marked("请选今天或以后的日期"))
    place = handling_id(handling.rule, handling.unit)
    over = next((each for each in list_handlings(workspace) if each.document_id == place), None)
    name = f"{handling.unit_name}：{handling.rule}"
    return keep(workspace, Kind.ALERT_HANDLING, name, handling, author=author, over=over, document_id=None if over else place)


@dataclass(frozen=True)
class Said:
    """One answer as it holds today: ``lapsed`` where a snooze is over and the alert stands again; ``by`` whom, "" for nobody known."""

    rule: str
    unit: str
    month: datetime.date
    answer: Answer
    reason: str
    by: str = ""
    until: datetime.date | None = None
    lapsed: bool = False


@dataclass(frozen=True)
class Handled:
    """All answers as they hold on a day. Equal for equal contents, so that what was made of it is found again."""

    said: tuple[Said, ...] = ()
    _places: dict[tuple[str, str], Said] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Place the answers by rule and unit."""
        self._places.update({(each.rule, each.unit): each for each in self.said})

    @property
    def cache_key(self) -> tuple[Said, ...]:
        """What decides an answer made of it."""
        return self.said

    def about(self, rule: str, unit: str, since: datetime.date, month: datetime.date) -> Said | None:
        """Return what was said about the alert that has stood from ``since`` to ``month``; of another time it holds no more."""
        said = self._places.get((rule, unit))
        return said if said is not None and since <= said.month <= month and said.answer != "reopened" else None


NOTHING = Handled()


def handled_on(handlings: Iterable[Kept[Handling]], actions: Iterable[Kept[MonitoringAction]], day: datetime.date) -> Handled:
    """Return the answers as they hold on ``day``; an action that is not done yet acknowledges its alert in its owner's name."""
    found = {
        (each.content.rule, each.content.unit): Said(
            each.content.rule, each.content.unit, each.content.month, "acknowledged", each.content.measure, each.content.owner
        )
        for each in actions
        if not each.content.done
    }
    for kept in handlings:
        told = kept.content
        lapsed = told.until is not None and told.until < day
        if (told.rule, told.unit) in found and (told.answer in ("acknowledged", "reopened") or lapsed):
            continue  # who is at work on it says more
        found[told.rule, told.unit] = Said(
            told.rule, told.unit, told.month, told.answer, told.reason, kept.author or "", told.until, lapsed=lapsed
        )
    return Handled(tuple(found[place] for place in sorted(found)))


def handled_in(workspace: Workspace, day: datetime.date) -> Handled:
    """Return the answers that ``workspace`` keeps, as they hold on ``day``. Raises ``DatabaseError``."""
    return handled_on(list_handlings(workspace), list_actions(workspace), day)


def handled_now() -> Handled:
    """Return the answers as they hold now; none while the workspace is away: alerts stand without what people say of them."""
    try:
        return handled_in(current_workspace(), today())
    except ProductError:
        return NOTHING
