"""Coefficients of the what-if models as data: dated values with unit, range, grade and source; presets and the protection ladder.

One YAML file per set in ``data/catalogue/coefficients``. ``load_coefficients`` reads and validates all of them; a wrong file is
named with the field and the reason. Only the grades SEED and FOUND may be called official; OWN and INFER are shown as 待核实.
"""

import datetime
import math
from collections.abc import Mapping
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from dashboard.errors import CatalogueError
from dashboard.language import marked

COEFFICIENTS_FOLDER = Path(__file__).parents[2] / "data" / "catalogue" / "coefficients"
FISCAL_FOLDER = COEFFICIENTS_FOLDER / "fiscal"

Grade = Literal["SEED", "FOUND", "FOUND-2", "OWN", "INFER"]
Unit = Literal["ratio", "points", "score", "yuan", "weight", "count", "switch", "multiple"]
Model = Literal["budget_chain", "drg_cases", "fiscal", "uncertainty"]
Value = float | tuple[float, ...]
Text = Annotated[str, Field(min_length=1)]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DatedValue(_Entry):
    """A default and the first day it holds."""

    effective_from: datetime.date
    value: Value
    grade: Grade | None = None
    source: str = ""


class Coefficient(_Entry):
    """One coefficient. ``lower`` and ``upper`` bound every entry of a list; ``step`` is the usual move (tornado, slider).

    ``fixed`` coefficients belong to a rule and are shown, not moved. ``unit`` ratio is a share (shown as %), switch is 0 or 1.
    """

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    name: Text
    name_en: Text
    unit: Unit
    lower: float
    upper: float
    step: Annotated[float, Field(gt=0)]
    grade: Grade
    source: Text
    note: str = ""
    note_en: str = ""
    fixed: bool = False
    values: Annotated[tuple[DatedValue, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _consistent(self) -> "Coefficient":
        if self.lower > self.upper:
            raise ValueError("lower > upper")
        days = [dated.effective_from for dated in self.values]
        if days != sorted(set(days)):
            raise ValueError("effective_from must rise")
        for dated in self.values:
            problem = self.problem(dated.value)
            if problem:
                raise ValueError(problem)
        return self

    def dated(self, on: datetime.date) -> DatedValue:
        """Return the value in force on the day ``on``; the first one for days before it."""
        return next((dated for dated in reversed(self.values) if dated.effective_from <= on), self.values[0])

    def default(self, on: datetime.date) -> Value:
        """Return the default in force on the day ``on``."""
        return self.dated(on).value

    def grade_on(self, on: datetime.date) -> Grade:
        """Return the grade of the default in force on ``on``."""
        return self.dated(on).grade or self.grade

    def needs_verification(self, on: datetime.date) -> bool:
        """Return whether the default is our own (OWN, INFER) and must be marked 待核实."""
        return self.grade_on(on) in ("OWN", "INFER")

    @property
    def is_list(self) -> bool:
        """Whether the coefficient is a list of numbers, such as year weights."""
        return isinstance(self.values[0].value, tuple)

    def problem(self, value: object) -> str:
        """Return why ``value`` cannot be taken (English, for logs and catalogue errors); an empty text when it can."""
        entries = list(value) if isinstance(value, list | tuple) else [value]
        if isinstance(value, list | tuple) != self.is_list:
            return "list expected" if self.is_list else "number expected"
        if self.is_list and len(entries) != len(self.values[0].value):  # type: ignore[arg-type]
            return f"{len(self.values[0].value)} numbers expected"  # type: ignore[arg-type]
        for entry in entries:
            if isinstance(entry, bool) or not isinstance(entry, int | float) or not math.isfinite(entry):
                return "number expected"
            if not self.lower <= entry <= self.upper:
                return f"{entry:g} is outside {self.lower:g}..{self.upper:g}"
            if self.unit in ("switch", "count") and entry != int(entry):
                return "whole number expected"
        return ""


class Retired(_Entry):
    """A coefficient that saved scenarios may still carry: what it was called, and what to use instead."""

    id: Text
    name: Text
    name_en: Text
    note: Text
    note_en: Text


class CoefficientSet(_Entry):
    """A group of coefficients: one file, one group of sliders; ``retired`` are those it had before."""

    id: Text
    name: Text
    name_en: Text
    model: Model
    coefficients: Annotated[tuple[Coefficient, ...], Field(min_length=1)]
    retired: tuple[Retired, ...] = ()


class Preset(_Entry):
    """A named starting point: the coefficients it changes, and why."""

    id: Text
    name: Text
    name_en: Text
    reason: str
    reason_en: str
    values: Mapping[str, Value] = Field(default_factory=dict)


class PresetFile(_Entry):
    """The file of presets."""

    presets: Annotated[tuple[Preset, ...], Field(min_length=1)]


class LadderLayer(_Entry):
    """A default layer of the protection ladder; ``grade`` is the lowest grade among its numbers."""

    id: Text
    name: Text
    name_en: Text
    share: Annotated[float, Field(ge=0, le=1)] | None = None
    amount: Annotated[float, Field(ge=0)] | None = None
    deductible: Annotated[float, Field(ge=0)] = 0.0
    cap: Annotated[float, Field(ge=0)] | None = None
    trigger: Annotated[float, Field(ge=0)] = 0.0
    grade: Grade
    source: Text

    @model_validator(mode="after")
    def _one_payment(self) -> "LadderLayer":
        if (self.share is None) == (self.amount is None):
            raise ValueError("give share or amount")
        return self


class LadderFile(_Entry):
    """The default protection ladder, first payer first."""

    id: Text
    name: Text
    name_en: Text
    layers: Annotated[tuple[LadderLayer, ...], Field(min_length=1)]


class EquivalentWeight(_Entry):
    """Standard equivalents of one service."""

    id: Text
    name: Text
    name_en: Text
    unit: Text
    unit_en: Text
    weight: Annotated[float, Field(ge=0)]


class EquivalentFile(_Entry):
    """The default table of standard equivalents."""

    id: Text
    name: Text
    name_en: Text
    grade: Grade
    source: Text
    services: Annotated[tuple[EquivalentWeight, ...], Field(min_length=1)]


class CoefficientCatalogue(_Entry):
    """All sets, presets, the protection ladder and the equivalents table."""

    sets: tuple[CoefficientSet, ...]
    presets: tuple[Preset, ...]
    ladder: LadderFile
    equivalents: EquivalentFile
    retired: Mapping[str, Retired] = Field(default_factory=dict)
    """What earlier versions had, by id: saved scenarios may still carry it, whichever model they belong to."""

    @cached_property
    def coefficients(self) -> Mapping[str, Coefficient]:
        """Every coefficient by id, in the order of the files."""
        return {coefficient.id: coefficient for group in self.sets for coefficient in group.coefficients}

    def of_model(self, model: Model) -> Mapping[str, Coefficient]:
        """Return the coefficients that one model reads, by id."""
        chosen = [coefficient for group in self.sets if group.model == model for coefficient in group.coefficients]
        return {coefficient.id: coefficient for coefficient in chosen}

    def defaults(self, on: datetime.date) -> Mapping[str, Value]:
        """Return the default of every coefficient on the day ``on``."""
        return {name: coefficient.default(on) for name, coefficient in self.coefficients.items()}

    @model_validator(mode="after")
    def _consistent(self) -> "CoefficientCatalogue":
        names = [coefficient.id for group in self.sets for coefficient in group.coefficients]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"coefficient defined twice: {', '.join(doubled)}")
        known = self.coefficients
        for preset in self.presets:
            for name, value in preset.values.items():
                problem = known[name].problem(value) if name in known else "unknown coefficient"
                if problem:
                    raise ValueError(f"preset {preset.id}, {name}: {problem}")
        return self


PRESETS_FILE, LADDER_FILE, EQUIVALENTS_FILE = "presets.yaml", "protection_ladder.yaml", "standard_equivalents.yaml"
Shape = TypeVar("Shape", bound=_Entry)


def _read(path: Path, shape: type[Shape]) -> Shape:
    try:
        return shape.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(marked("系数目录文件无法读取"), marked("请恢复该文件或按 YAML 格式改正"), where=path.name) from error
    except ValidationError as error:
        raise _catalogue_error(path.name, error) from error


def _catalogue_error(where: str, error: ValidationError) -> CatalogueError:
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"]) or "—"
    return CatalogueError(
        marked("系数目录有误，字段 {field}：{reason}"), marked("请按说明改正该字段"), where=where, field=field, reason=first["msg"]
    )


def read_coefficients(folder: Path, common: Path | None = None) -> CoefficientCatalogue:
    """Read and validate every coefficient file of ``folder``; protection ladder and equivalents lie in ``common`` when that is given.

    Raises:
        CatalogueError: a file is missing, unreadable or wrong; ``where`` names the file, the message the field and the reason.
    """
    special = (PRESETS_FILE, LADDER_FILE, EQUIVALENTS_FILE)
    presets = _read(folder / PRESETS_FILE, PresetFile).presets
    ladder = _read((common or folder) / LADDER_FILE, LadderFile)
    equivalents = _read((common or folder) / EQUIVALENTS_FILE, EquivalentFile)
    sets = tuple(_read(path, CoefficientSet) for path in sorted(folder.glob("*.yaml")) if path.name not in special)
    retired = {each.id: each for group in sets for each in group.retired}
    try:
        return CoefficientCatalogue(sets=sets, presets=presets, ladder=ladder, equivalents=equivalents, retired=retired)
    except ValidationError as error:
        raise _catalogue_error(folder.name, error) from error


@cache
def load_coefficients() -> CoefficientCatalogue:
    """Return the delivered coefficients of the insurance what-if, read once per process. Raises ``CatalogueError`` when a file is wrong."""
    return read_coefficients(COEFFICIENTS_FOLDER)


@cache
def load_fiscal_coefficients() -> CoefficientCatalogue:
    """Return the delivered coefficients of the fiscal what-if, read once per process. Raises ``CatalogueError`` when a file is wrong."""
    return read_coefficients(FISCAL_FOLDER, COEFFICIENTS_FOLDER)
