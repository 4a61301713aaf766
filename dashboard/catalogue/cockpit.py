"""What the cockpit shows in which order: ``cockpit.yaml``, or a county's own document of the same form."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry, validated
from dashboard.catalogue.models import Entry, Named

SceneKind = Literal["cockpit", "communities", "map", "budget", "quality", "contracts", "monitoring"]
SceneId = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,31}$")]


class SceneEntry(Named):
    """One scene, or with kind ``communities`` one a community; ``seconds`` is its turn."""

    id: SceneId
    kind: SceneKind
    seconds: int = Field(ge=3, le=3600)


class CockpitPlan(Entry):
    """The cockpit's scenes and habits; times in seconds, ``reload_at`` by the clock of the machine at the cockpit."""

    rotate: bool = True
    grain: Literal["month", "quarter", "ytd", "rolling12"] = "month"
    check_seconds: int = Field(default=10, ge=1, le=600)
    reload_at: Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = "04:10"
    emphasis_seconds: int = Field(default=5, ge=2, le=60)
    scenes: tuple[SceneEntry, ...] = Field(min_length=1, max_length=20)
    dimensions: Mapping[str, Named] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _scenes_once(self) -> "CockpitPlan":
        names = [scene.id for scene in self.scenes]
        if len(set(names)) < len(names):
            raise ValueError("scene_twice")
        return self


@cache
def cockpit_plan(folder: Path = CATALOGUE_FOLDER) -> CockpitPlan:
    """Return ``cockpit.yaml``. Raises ``CatalogueError``."""
    return read_entry(CockpitPlan, folder / "cockpit.yaml")


def plan_of(content: Mapping[str, Any], where: str) -> CockpitPlan:
    """Return the plan that a workspace document holds. Raises ``CatalogueError`` naming the field and the reason."""
    return validated(CockpitPlan, dict(content), where=where)
