"""The scenario document: what is saved, shared and run, its checks, and its published schema (``docs/scenario.schema.json``).

A scenario is an overlay: only the coefficients it changes, each with its rationale, on the data version it was made for. The baseline is
the scenario that changes nothing.
"""

import datetime
import json
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from dashboard.analysis.projection import SEED
from dashboard.catalogue.coefficients import CoefficientCatalogue, Value
from dashboard.language import marked
from dashboard.whatif.errors import ScenarioError, listed

SCHEMA_VERSION = 1
LARGEST_DOCUMENT = 20_000
Number = Annotated[float, Strict(), Field(allow_inf_nan=False)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]


# What is wrong with a field, in words, by the type of the validator's error.
_REASONS = {
    "missing": marked("缺少这一项"),
    "extra_forbidden": marked("没有这个字段"),
    "float_type": marked("须是数字"),
    "int_type": marked("须是整数"),
    "string_type": marked("须是文字"),
    "finite_number": marked("须是有限的数字"),
    "greater_than_equal": marked("小于允许的最小值"),
    "less_than_equal": marked("大于允许的最大值"),
    "string_too_short": marked("不能为空"),
    "string_too_long": marked("文字过长"),
    "string_pattern_mismatch": marked("含有不允许的字符"),
    "too_long": marked("项目过多"),
    "stray_rationale": marked("给没有改动的系数写了理由"),
    "too_large": marked("文档超过 20 kB"),
}


class Ground(Hashable, Protocol):
    """What a scenario stands on, whichever model it is for: data version, year, coefficients and their defaults of that year."""

    @property
    def data_version(self) -> str:
        """Load id of the reporting database, with what else decides the figures; a scenario made on another is refused."""

    @property
    def year(self) -> int:
        """The year whose defaults hold."""

    @property
    def coefficients(self) -> CoefficientCatalogue:
        """The coefficients of the model."""

    @property
    def defaults(self) -> Mapping[str, Value]:
        """Every coefficient's default in force in the year."""

    @property
    def first_day(self) -> datetime.date:
        """The day whose defaults hold."""


class Scenario(BaseModel):
    """One scenario as it is saved, shared and run; at most 20 kB as JSON.

    ``coefficients`` holds only what differs from the defaults; ``rationale`` says why, for some or all of them. ``recapture_groups`` limits
    which disease groups may be brought back (None = all the county can treat). ``seed`` makes the Monte Carlo repeatable.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal[1] = 1
    id: Code
    name: Annotated[str, Field(min_length=1, max_length=100)]
    author: Annotated[str, Field(max_length=100)] = ""
    reason: Annotated[str, Field(max_length=1000)] = ""
    data_version: Code
    coefficients: dict[Code, Number | Annotated[tuple[Number, ...], Field(max_length=20)]] = Field(default_factory=dict)
    rationale: dict[Code, Annotated[str, Field(max_length=500)]] = Field(default_factory=dict)
    recapture_groups: Annotated[tuple[Annotated[str, Field(min_length=1, max_length=32)], ...], Field(max_length=200)] | None = None
    seed: Annotated[int, Strict(), Field(ge=0, le=2**32 - 1)] = SEED
    app_version: Annotated[str, Field(max_length=32)] = ""

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if set(self.rationale) - set(self.coefficients):
            raise PydanticCustomError("stray_rationale", "rationale for coefficients that are not changed")
        if len(self.model_dump_json().encode()) > LARGEST_DOCUMENT:
            raise PydanticCustomError("too_large", "document larger than 20 kB")
        return self


def load_scenario(document: str | bytes | Mapping[str, Any]) -> Scenario:
    """Return the scenario of a JSON text or a mapping (from a file, the workspace or a link). Nothing in it is executed.

    Raises:
        ScenarioError: too large, no JSON, of another schema version, or a field that is wrong (named with the reason).
    """
    if isinstance(document, str | bytes):
        document = _parsed(document)
    version = document.get("schema_version", SCHEMA_VERSION)
    if version != SCHEMA_VERSION:
        raise ScenarioError(
            marked("方案文档版本为 {version}，本程序只读版本 {known}"),
            marked("请用同一版本的程序打开，或重新建立方案"),
            version=version,
            known=SCHEMA_VERSION,
        )
    try:
        return Scenario.model_validate(document)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part)[:64] for part in first["loc"] if part not in ("float", "tuple")) or "—"
        raise ScenarioError(
            marked("方案文档有误，字段 {field}：{reason}"),
            marked("请从方案列表重新打开，或改正该字段"),
            field=field,
            reason=_REASONS.get(first["type"], marked("内容不合要求")),
        ) from error


def _parsed(document: str | bytes) -> Mapping[str, Any]:
    size = len(document.encode() if isinstance(document, str) else document)
    if size > LARGEST_DOCUMENT:
        raise ScenarioError(marked("方案文档过大：{size} 字节，上限 {limit}"), marked("请缩短理由说明"), size=size, limit=LARGEST_DOCUMENT)
    try:
        parsed = json.loads(document)
    except (ValueError, RecursionError) as error:
        raise ScenarioError(marked("方案文档无法读取：不是有效的 JSON"), marked("请从方案列表重新打开，或索取新的链接")) from error
    if not isinstance(parsed, dict):
        raise ScenarioError(marked("方案文档无法读取：不是有效的 JSON"), marked("请从方案列表重新打开，或索取新的链接"))
    return parsed


def scenario_schema(catalogue: CoefficientCatalogue) -> dict[str, Any]:
    """Return the JSON schema of a scenario document with every coefficient, its range, unit, grade and source."""
    schema = Scenario.model_json_schema()
    properties = {}
    for name, coefficient in catalogue.coefficients.items():
        number = {"type": "number", "minimum": coefficient.lower, "maximum": coefficient.upper}
        default = coefficient.values[-1].value
        shape: dict[str, Any] = number
        if isinstance(default, tuple):
            shape = {"type": "array", "items": number, "minItems": len(default), "maxItems": len(default)}
            default = list(default)  # type: ignore[assignment]
        about = {"title": coefficient.name, "description": coefficient.name_en, "default": default}
        properties[name] = {**shape, **about, "x-unit": coefficient.unit, "x-grade": coefficient.values[-1].grade or coefficient.grade}
    schema["properties"]["coefficients"] = {"type": "object", "additionalProperties": False, "properties": properties}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def coefficient_values(scenario: Scenario, baseline: Ground) -> dict[str, Value]:
    """Return every coefficient: the scenario's where it has one, else the default in force in the baseline's year.

    Raises:
        ScenarioError: an unknown or fixed coefficient, a value out of range or of the wrong shape; contradictory bounds.
    """
    known = baseline.coefficients.coefficients
    values = dict(baseline.defaults)
    for name, value in scenario.coefficients.items():
        if name in baseline.coefficients.retired:
            retired = baseline.coefficients.retired[name]
            raise ScenarioError(
                marked("方案含有已停用的系数“{name}”：{note}"),
                marked("请去掉该系数后打开，再按说明改用新的系数"),
                where=scenario.name,
                name=retired.name,
                note=retired.note,
            )
        if name not in known:
            raise ScenarioError(
                marked("方案含有未知的系数：{name}"),
                marked("该方案可能来自其他版本的程序；请去掉该系数或用原版本打开"),
                where=scenario.name,
                name=name,
            )
        coefficient = known[name]
        if coefficient.fixed or coefficient.problem(value):
            raise ScenarioError(
                marked("系数“{label}”的值 {value} 不可用，允许范围 {lower} 至 {upper}"),
                marked("请改为允许范围内的值；规则固定的系数不能改动"),
                where=scenario.name,
                label=coefficient.name,
                value=listed(value) if isinstance(value, tuple) else value,
                lower=coefficient.lower,
                upper=coefficient.upper,
            )
        values[name] = value
    return values


@dataclass(frozen=True, eq=False)
class Checked:
    """A scenario checked against one county's catalogue and year: ``values`` holds every coefficient and needs no second look."""

    scenario: Scenario
    values: Mapping[str, Value]
    catalogue: CoefficientCatalogue
    year: int


def checked(scenario: "Scenario | Checked", baseline: Ground) -> Checked:
    """Return ``scenario`` with its values, checked unless it already was for this county's catalogue and year.

    Raises:
        ScenarioError: as ``checked_values``.
    """
    if isinstance(scenario, Checked):
        fits = scenario.catalogue is baseline.coefficients and scenario.year == baseline.year
        if fits and scenario.scenario.data_version == baseline.data_version:
            return scenario
        scenario = scenario.scenario
    return Checked(scenario, checked_values(scenario, baseline), baseline.coefficients, baseline.year)


def checked_values(scenario: Scenario, baseline: Ground) -> dict[str, Value]:
    """Return ``coefficient_values`` after checking that the scenario belongs to the baseline's data version.

    Raises:
        ScenarioError: another data version, or what ``coefficient_values`` raises.
    """
    if scenario.data_version != baseline.data_version:
        raise ScenarioError(
            marked("方案建立在数据版本 {scenario} 上，当前数据版本为 {baseline}"),
            marked("请在当前数据上重建该方案（改换基线），或切换到原数据版本"),
            where=scenario.name,
            scenario=scenario.data_version,
            baseline=baseline.data_version,
        )
    return coefficient_values(scenario, baseline)
