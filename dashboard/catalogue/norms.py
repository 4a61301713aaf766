"""Norms of supply as data: what a number of beds, GPs, centres or stations is held against. Read from ``norms.yaml``."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entries
from dashboard.catalogue.models import OFFICIAL_GRADES, Bilingual, Grade, Named, Text

ResourceId = Literal[
    "beds", "physicians", "nurses", "gps_qualified", "gps_registered", "gps_certified", "public_health", "equipment", "large_equipment",
    "ct", "centres", "stations",
]  # fmt: skip


class Norm(Named):
    """One norm (``target``) or published average (``reference``) of a resource, with whose it is and from when.

    Form ``rate``: ``value`` units per ``per`` residents. Form ``people_per_site``: one site per ``people_low`` to ``people_high``
    residents, with ``each_town`` at least one in every town.
    """

    resource: ResourceId
    kind: Literal["target", "reference"]
    form: Literal["rate", "people_per_site"]
    value: float | None = Field(default=None, gt=0)
    per: Literal[1000, 10000] | None = None
    people_low: int | None = Field(default=None, gt=0)
    people_high: int | None = Field(default=None, gt=0)
    each_town: bool = False
    year: int | None = Field(default=None, ge=1990, le=2100)
    place: Bilingual
    source: tuple[Text, ...] = Field(min_length=1)
    grade: Grade
    default: bool = False
    definition: Bilingual

    @model_validator(mode="after")
    def _complete(self) -> "Norm":
        rate = self.value is not None and self.per is not None
        sites = self.people_low is not None and self.people_high is not None and self.people_low <= self.people_high
        if (rate, sites) != (self.form == "rate", self.form == "people_per_site"):
            raise ValueError("norm_form")
        return self

    @property
    def official(self) -> bool:
        """Whether the product may call it official."""
        return self.grade in OFFICIAL_GRADES


@cache
def norms(folder: Path = CATALOGUE_FOLDER) -> Mapping[str, Norm]:
    """Return the norms of ``norms.yaml`` by id. Raises ``CatalogueError`` naming entry, field and reason."""
    return read_entries(Norm, folder / "norms.yaml")


def norms_of(resource: str, folder: Path = CATALOGUE_FOLDER) -> Mapping[str, Norm]:
    """Return the norms recorded for ``resource``, the default one first; empty when there is none."""
    found = {name: norm for name, norm in norms(folder).items() if norm.resource == resource}
    return dict(sorted(found.items(), key=lambda item: not item[1].default))
