"""Saved scenarios of a what-if page: save, list, rename, duplicate, archive, compare. Nothing written is overwritten, only added to."""

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from dashboard.catalogue.coefficients import Value
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.plan import Plan, plan_of, with_preset
from dashboard.whatif.document import Ground
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.scenario import rebase
from dashboard.workspace import Kind, Version, Workspace

MOST_COMPARED = 4


class Model(Protocol):
    """One county ready to run the plans of one what-if page on."""

    @property
    def database(self) -> ReportingDatabase:
        """The reporting database."""

    @property
    def baseline(self) -> Ground:
        """What the plans stand on."""

    def start(self) -> Plan:
        """Return the plan that changes nothing."""

    def values(self, plan: Plan) -> Mapping[str, Value]:
        """Return every coefficient under ``plan``."""

    def run(self, plan: Plan) -> Any:
        """Return the outcome of ``plan``. Raises ``ScenarioError``."""


@dataclass(frozen=True)
class Saved:
    """A saved scenario as lists show it; ``problem`` says why its document cannot be read by this program, ``plan`` is None then."""

    document_id: str
    version: int
    name: str
    author: str
    reason: str
    created_at: datetime.datetime
    plan: Plan | None
    problem: ScenarioError | None = None

    @property
    def data_version(self) -> str:
        """The data version that it was made on; empty when it cannot be read."""
        return self.plan.scenario.data_version if self.plan else ""


def _saved(version: Version) -> Saved:
    plan, problem = None, None
    try:
        plan = plan_of(version.content)
    except ScenarioError as error:
        problem = error
    return Saved(
        document_id=version.document_id,
        version=version.version,
        name=version.name,
        author=version.author or "",
        reason=version.reason,
        created_at=version.created_at,
        plan=plan and replace(plan, scenario=plan.scenario.model_copy(update={"name": version.name[:100]})),
        problem=problem,
    )


def list_saved(workspace: Workspace, model: str, *, archived: bool = False) -> tuple[Saved, ...]:
    """Return the saved scenarios of one page (``model``), the last written first; with ``archived`` only those put away.

    Raises ``DatabaseError``.
    """
    versions = workspace.list_latest(Kind.SCENARIO, include_archived=archived)
    kept = {document.document_id for document in workspace.list_documents(Kind.SCENARIO)} if archived else set()
    return tuple(_saved(version) for version in versions if version.content.get("model") == model and version.document_id not in kept)


def save_plan(
    workspace: Workspace, plan: Plan, *, model: str, name: str, author: str, reason: str, load_id: int, over: Saved | None = None
) -> Saved:
    """Save ``plan`` of the page ``model`` as a new document, or as the next version of ``over``.

    Raises:
        ConflictError: somebody saved meanwhile; ``plan`` is still the caller's.
        WorkspaceError: the name is not acceptable.
    """
    scenario = plan.scenario.model_copy(update={"name": name.strip()[:100] or "—", "author": author.strip()[:100], "reason": reason[:1000]})
    content = replace(plan, scenario=scenario).content() | {"model": model}
    person = author.strip() or None
    if over is None:
        return _saved(workspace.create(Kind.SCENARIO, name, content, author=person, reason=reason, data_version=load_id))
    return _saved(workspace.save(over.document_id, content, based_on=over.version, author=person, reason=reason, data_version=load_id))


def rename_saved(workspace: Workspace, saved: Saved, name: str, *, actor: str | None = None) -> None:
    """Give a saved scenario another name; the audit trail keeps who did it. Raises ``WorkspaceError``."""
    workspace.rename(saved.document_id, name, actor=actor)


def duplicate_saved(workspace: Workspace, saved: Saved, name: str, *, author: str | None = None) -> Saved:
    """Copy a saved scenario under another name. Raises ``WorkspaceError``."""
    return _saved(workspace.duplicate(saved.document_id, name, author=author))


def archive_saved(workspace: Workspace, saved: Saved, *, actor: str | None = None) -> None:
    """Take a saved scenario out of the list; nothing is deleted and the audit trail keeps who did it."""
    workspace.archive(saved.document_id, actor=actor)


def restore_saved(workspace: Workspace, saved: Saved, *, actor: str | None = None) -> None:
    """Put an archived scenario back into the list."""
    workspace.restore(saved.document_id, actor=actor)


@dataclass(frozen=True, eq=False)
class Side:
    """One column of a comparison."""

    name: str
    plan: Plan
    outcome: Any


def compare_plans(model: Model, plans: Sequence[tuple[str, Plan]], *, rebased: bool = False) -> tuple[Side, ...]:
    """Run up to four plans side by side.

    Args:
        model: the county as it is now.
        plans: names and plans.
        rebased: carry plans of other data versions over to the present data; without it they are refused.

    Raises:
        ScenarioError: more than four, plans on other data (named, with the reason), or one that cannot run.
    """
    if len(plans) > MOST_COMPARED:
        raise ScenarioError(marked("一次最多比较 {most} 个方案"), marked("请去掉一些方案"), most=MOST_COMPARED)
    here = model.baseline.data_version
    foreign = [name for name, plan in plans if plan.scenario.data_version != here]
    if foreign and not rebased:
        raise ScenarioError(
            marked("{names}建立在别的数据版本上（当前 {here}），不能直接比较：差异会混入数据变化"),
            marked("请勾选“改换到当前数据”后再比较，或从对比中去掉"),
            names=listed(foreign),
            here=here,
        )
    sides = []
    for name, plan in plans:
        moved = replace(plan, scenario=rebase(plan.scenario, model.baseline))
        sides.append(Side(name, moved, model.run(moved)))
    return tuple(sides)


def differing(sides: Sequence[Side]) -> tuple[str, ...]:
    """Return the coefficients in which the sides are not all equal, in the order of the catalogue."""
    if not sides:
        return ()
    first, known = sides[0].outcome.values, sides[0].outcome.baseline.coefficients.coefficients
    return tuple(name for name in known if any(side.outcome.values[name] != first[name] for side in sides[1:]))


@dataclass(frozen=True, eq=False)
class Column:
    """One column of the scenario table: its id and its outcome, or the reason why it has none."""

    name: str
    outcome: Any | None
    problem: ScenarioError | None = None


@dataclass(frozen=True, eq=False)
class PresetColumn:
    """A delivered preset, by its names, and what comes of it."""

    name: str
    name_en: str
    column: Column


def run_presets(model: Model) -> tuple[PresetColumn, ...]:
    """Return every preset of the page's model, run on this county or with the reason why it does not fit."""
    found = []
    for preset in model.baseline.coefficients.presets:
        try:
            plan = with_preset(model.start(), model.baseline, preset)
            found.append(PresetColumn(preset.name, preset.name_en, Column(preset.id, model.run(plan))))
        except ScenarioError as error:
            found.append(PresetColumn(preset.name, preset.name_en, Column(preset.id, None, error)))
    return tuple(found)
