"""Scoring schemes as data: what is scored, with which weight, how, and what money follows.

A scheme is one YAML file of ``data/catalogue/schemes``; ``load_scheme`` reads and checks it. Editing makes a new,
checked scheme (``with_weights``, ``without``); a scheme object never changes.
"""

import datetime
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from dashboard.errors import CatalogueError
from dashboard.language import marked

Direction = Literal["higher", "lower", "range"]
Normalisation = Literal["target", "minmax", "z", "ratio"]
MissingRule = Literal["reweighted", "zero", "excluded"]
Aggregation = Literal["arithmetic", "geometric_within"]
Grade = Literal["SEED", "FOUND", "FOUND-2", "OWN", "INFER"]

WEIGHT_SUM = 100.0
WEIGHT_TOLERANCE = 1e-6
OFFICIAL_GRADES = ("SEED", "FOUND")

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_.-]*$")]
Label = Annotated[str, Field(min_length=1)]


def _refuse(reason: str, **details: object) -> PydanticCustomError:
    """Return a validation error whose text is our own (Chinese) message id."""
    return PydanticCustomError("scheme", "{reason}", {"reason": reason, **details})


class _Part(BaseModel):
    """Every part of a scheme: unknown fields are refused and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Dimension(_Part):
    """A first-level heading of the scheme (维度)."""

    id: Identifier
    name: Label
    name_en: Label


class Attainment(_Part):
    """Target attainment: the value that earns nothing, the value that earns full score, straight lines between.

    Either ``floor`` and ``full``, or ``points``: rising values with their scores (0–100), for steps in between or for
    an indicator that is best inside a range.
    """

    floor: float | None = None
    full: float | None = None
    points: tuple[tuple[float, Annotated[float, Field(ge=0, le=100)]], ...] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        by_ends = self.floor is not None and self.full is not None
        neither_end = self.floor is None and self.full is None
        if not ((by_ends and not self.points) or (neither_end and self.points)):
            raise _refuse(marked("须给出 floor 与 full，或只给出 points"))
        if by_ends and self.floor == self.full:
            raise _refuse(marked("floor 与 full 不能相等"))
        if self.points and (len(self.points) < 2 or any(right[0] <= left[0] for left, right in pairwise(self.points))):
            raise _refuse(marked("points 至少两点，且取值须递增"))
        return self

    @property
    def knots(self) -> tuple[tuple[float, float], ...]:
        """The points (value, score) in rising order of value."""
        if self.points:
            return self.points
        assert self.floor is not None
        assert self.full is not None
        return tuple(sorted(((self.floor, 0.0), (self.full, 100.0))))


class SchemeIndicator(_Part):
    """One scored indicator: where it belongs, what it weighs and how its value becomes a score of 0–100.

    ``reference`` is the M of the ratio form (综合指数法): a number, or ``mean`` for the mean of the comparison set.
    ``cap`` bounds that ratio's score (100 = on the reference). ``normalisation`` and ``missing`` override the scheme's.
    """

    id: Identifier
    name: Label
    name_en: Label
    dimension: Identifier
    weight: Annotated[float, Field(ge=0, le=WEIGHT_SUM)]
    direction: Direction = "higher"
    normalisation: Normalisation | None = None
    attainment: Attainment | None = None
    reference: Annotated[float, Field(gt=0)] | Literal["mean"] | None = None
    cap: Annotated[float, Field(ge=100)] = 200.0
    missing: MissingRule | None = None
    note: str = ""

    @model_validator(mode="after")
    def _direction_agrees(self) -> Self:
        if self.attainment is None:
            return self
        scores = [score for _, score in self.attainment.knots]
        rising = all(left <= right for left, right in pairwise(scores))
        falling = all(left >= right for left, right in pairwise(scores))
        if (self.direction == "higher" and not rising) or (self.direction == "lower" and not falling):
            raise _refuse(marked("得分点与指标方向不一致"))
        return self

    @property
    def sign(self) -> int:
        """+1 where more is better, −1 where less is better; a range indicator has none and counts as +1."""
        return -1 if self.direction == "lower" else 1


class VetoGate(_Part):
    """One-vote veto (一票否决): from ``threshold`` of ``measure`` on, the band is at best ``cap_band``."""

    kind: Literal["veto"]
    id: Identifier
    name: Label
    name_en: Label
    measure: Identifier
    threshold: float
    cap_band: Label


class DemeritGate(_Part):
    """Demerits (扣分): ``points`` off the total per unit of ``measure``, at most ``maximum``."""

    kind: Literal["demerit"]
    id: Identifier
    name: Label
    name_en: Label
    measure: Identifier
    points: Annotated[float, Field(gt=0)]
    maximum: Annotated[float, Field(gt=0, le=WEIGHT_SUM)] = WEIGHT_SUM


Gate = Annotated[VetoGate | DemeritGate, Field(discriminator="kind")]


class Band(_Part):
    """A band of the total (优, 良, 合格, 不合格): from ``minimum`` on."""

    name: Label
    name_en: Label
    minimum: Annotated[float, Field(ge=0, le=WEIGHT_SUM)]


class Coefficient(_Part):
    """A step of a banded pool rule: from a score of ``minimum`` on, the share counts ``coefficient`` times."""

    minimum: Annotated[float, Field(ge=0)]
    coefficient: Annotated[float, Field(ge=0)]


class PoolRule(_Part):
    """How a score moves money of a closed pool: in proportion to the score, or by steps of the score."""

    id: Identifier
    name: Label
    name_en: Label
    kind: Literal["proportional", "bands"]
    steps: tuple[Coefficient, ...] = ()
    floor: Annotated[Decimal, Field(ge=0)] = Decimal(0)
    source: Label
    source_en: str = ""
    """The source for readers of English; a county's own scheme need not have one."""
    grade: Grade

    @model_validator(mode="after")
    def _steps_fit_kind(self) -> Self:
        if self.kind == "proportional" and self.steps:
            raise _refuse(marked("按比例分配的规则不设 steps"))
        falling = any(right.minimum <= left.minimum for left, right in pairwise(self.steps))
        if self.kind == "bands" and (falling or not self.steps):
            raise _refuse(marked("分档规则须有 steps，且 minimum 递增"))
        return self


class Scheme(_Part):
    """A scoring scheme (评价方案): indicators with weights that sum to 100, their treatment, gates, bands and money."""

    id: Identifier
    version: Label
    name: Label
    name_en: Label
    valid_from: datetime.date
    valid_to: datetime.date | None = None
    source: Label
    source_en: str = ""
    """The source for readers of English; a county's own scheme need not have one."""
    grade: Grade
    comparison_set: Literal["communities", "institutions"] = "communities"
    institution_kinds: tuple[Identifier, ...] = ()
    normalisation: Normalisation
    aggregation: Aggregation = "arithmetic"
    missing: MissingRule = "reweighted"
    minimum_completeness: Annotated[float, Field(ge=0, le=1)] = 0.8
    dimensions: Annotated[tuple[Dimension, ...], Field(min_length=1)]
    indicators: Annotated[tuple[SchemeIndicator, ...], Field(min_length=1)]
    gates: tuple[Gate, ...] = ()
    bands: Annotated[tuple[Band, ...], Field(min_length=1)]
    pools: tuple[PoolRule, ...] = ()

    @model_validator(mode="after")
    def _weights_sum(self) -> Self:
        total = sum(indicator.weight for indicator in self.indicators)
        if abs(total - WEIGHT_SUM) > WEIGHT_TOLERANCE:
            raise _refuse(marked("权重合计须为 100，现为 {total}"), total=f"{total:g}")
        return self

    @model_validator(mode="after")
    def _names_are_known(self) -> Self:
        for label, parts in (
            ("dimensions", self.dimensions),
            ("indicators", self.indicators),
            ("gates", self.gates),
            ("pools", self.pools),
        ):
            identifiers = [part.id for part in parts]
            for identifier in identifiers:
                if identifiers.count(identifier) > 1:
                    raise _refuse(marked("{label} 中编码重复：{identifier}"), label=label, identifier=identifier)
        known = {dimension.id for dimension in self.dimensions}
        for indicator in self.indicators:
            if indicator.dimension not in known:
                raise _refuse(marked("指标 {identifier} 的维度不存在"), identifier=indicator.id)
        return self

    @model_validator(mode="after")
    def _normalisation_has_its_numbers(self) -> Self:
        for indicator in self.indicators:
            form = self.normalisation_of(indicator)
            if form == "target" and indicator.attainment is None:
                raise _refuse(marked("指标 {identifier} 按目标达成计分，须给出 attainment"), identifier=indicator.id)
            if form == "ratio" and indicator.reference is None:
                raise _refuse(marked("指标 {identifier} 按比值计分，须给出 reference"), identifier=indicator.id)
            if form != "target" and indicator.direction == "range":
                raise _refuse(marked("指标 {identifier} 为区间型，只能按目标达成计分"), identifier=indicator.id)
        return self

    @model_validator(mode="after")
    def _bands_fall_to_zero(self) -> Self:
        minima = [band.minimum for band in self.bands]
        if minima[-1] != 0 or any(low >= high for high, low in pairwise(minima)):
            raise _refuse(marked("等次须由高到低排列，最低一档的 minimum 为 0"))
        names = {band.name for band in self.bands}
        for gate in self.gates:
            if isinstance(gate, VetoGate) and gate.cap_band not in names:
                raise _refuse(marked("一票否决 {identifier} 的等次不存在"), identifier=gate.id)
        return self

    def normalisation_of(self, indicator: SchemeIndicator) -> Normalisation:
        """Return how ``indicator`` is normalised: its own way, otherwise the scheme's."""
        return indicator.normalisation or self.normalisation

    def missing_rule_of(self, indicator: SchemeIndicator) -> MissingRule:
        """Return how a missing value of ``indicator`` is treated: its own rule, otherwise the scheme's."""
        return indicator.missing or self.missing

    @property
    def official(self) -> bool:
        """Whether the scheme may be labelled official (its source was seen)."""
        return self.grade in OFFICIAL_GRADES

    @property
    def weights(self) -> dict[str, float]:
        """Weight by indicator id, in the scheme's order; they sum to 100."""
        return {indicator.id: indicator.weight for indicator in self.indicators}

    def changed(self, **fields: Any) -> "Scheme":
        """Return a checked copy with ``fields`` replaced. Raises CatalogueError naming the field and the reason."""
        return _checked({**self.model_dump(exclude_unset=True), **fields}, self.id)

    def with_weights(self, weights: Mapping[str, float]) -> "Scheme":
        """Return a copy with new weights for some indicators. Raises CatalogueError unless all sum to 100."""
        unknown = sorted(set(weights) - set(self.weights))
        if unknown:
            raise _scheme_error(self.id, "indicators", marked("方案中没有该指标"), {})
        dumped = [
            {**indicator.model_dump(exclude_unset=True), "weight": weights.get(indicator.id, indicator.weight)}
            for indicator in self.indicators
        ]
        return self.changed(indicators=dumped)

    def without(self, indicator_id: str) -> "Scheme":
        """Return a copy without one indicator, the other weights scaled up to 100 in proportion.

        Raises CatalogueError where nothing with a weight would be left, or the scheme has no such indicator.
        """
        rest = [indicator for indicator in self.indicators if indicator.id != indicator_id]
        left = sum(indicator.weight for indicator in rest)
        if len(rest) == len(self.indicators):
            raise _scheme_error(self.id, "indicators", marked("方案中没有该指标"), {})
        if left == 0:
            raise _scheme_error(self.id, "indicators", marked("方案至少要保留一个有权重的指标"), {})
        dumped = [{**indicator.model_dump(exclude_unset=True), "weight": indicator.weight * WEIGHT_SUM / left} for indicator in rest]
        return self.changed(indicators=dumped)


_REASONS = {
    "missing": marked("缺少该字段"),
    "extra_forbidden": marked("不认识的字段"),
    "literal_error": marked("不在允许的取值之内"),
    "string_pattern_mismatch": marked("编码须以字母开头，只含字母、数字和 _ . -"),
    "union_tag_invalid": marked("不在允许的取值之内"),
    "union_tag_not_found": marked("缺少该字段"),
}
_OTHER_REASON = marked("类型或取值不合要求")


def _scheme_error(where: str, field: str, reason: str, details: Mapping[str, Any]) -> CatalogueError:
    return CatalogueError(reason, marked("请按字段说明修改后重试"), where=f"{where} · {field}" if field else where, **details)


def _checked(content: object, where: str) -> Scheme:
    try:
        return Scheme.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "scheme":
            details = dict(first["ctx"])
            raise _scheme_error(where, field, details.pop("reason"), details) from error
        raise _scheme_error(where, field, _REASONS.get(first["type"], _OTHER_REASON), {}) from error


def load_scheme(path: Path) -> Scheme:
    """Read and check one scheme file.

    Args:
        path: a YAML file in UTF-8.

    Returns:
        The scheme.

    Raises:
        CatalogueError: the file cannot be read, is not YAML or breaks a rule; ``where`` names file and field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _scheme_error(path.name, "", marked("方案文件无法读取"), {}) from error
    except yaml.YAMLError as error:
        raise _scheme_error(path.name, "", marked("方案文件不是有效的 YAML"), {}) from error
    return _checked(content, path.name)
