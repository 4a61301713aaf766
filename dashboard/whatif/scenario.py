"""The scenario document, its run on a baseline, and the comparison of two.

A scenario is an overlay: only the coefficients it changes, each with its rationale, on the data version it was made for. The baseline is
the scenario that changes nothing. Published schema: ``docs/scenario.schema.json``.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from dashboard.catalogue.coefficients import CoefficientCatalogue, Value
from dashboard.language import marked
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.chain import Values, evaluate
from dashboard.whatif.errors import ScenarioError, listed
from dashboard.whatif.outcome import INDICATORS, Outcome, build

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
    seed: Annotated[int, Strict(), Field(ge=0, le=2**32 - 1)] = 20250101
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


def coefficient_values(scenario: Scenario, baseline: Baseline) -> dict[str, Value]:
    """Return every coefficient: the scenario's where it has one, else the default in force in the baseline's year.

    Raises:
        ScenarioError: an unknown or fixed coefficient, a value out of range or of the wrong shape; contradictory bounds.
    """
    known = baseline.coefficients.coefficients
    values = dict(baseline.defaults)
    for name, value in scenario.coefficients.items():
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


def checked_values(scenario: Scenario, baseline: Baseline) -> dict[str, Value]:
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


def run(scenario: Scenario, baseline: Baseline) -> Outcome:
    """Run the whole chain for one scenario.

    Raises:
        ScenarioError: another data version, coefficients that are unknown, out of range or contradictory, or a baseline that
            cannot be computed with (zero population, no claims for a scheme, missing score …). Nothing is half-computed.
    """
    values = checked_values(scenario, baseline)
    runs = evaluate(baseline.arrays, values, recapture_groups=scenario.recapture_groups)
    return build(scenario, baseline, values, runs)


def rebase(scenario: Scenario, baseline: Baseline) -> Scenario:
    """Return the same scenario on the data version of ``baseline``. Raises ``ScenarioError`` when its coefficients do not fit there."""
    moved = scenario.model_copy(update={"data_version": baseline.data_version})
    coefficient_values(moved, baseline)
    return moved


def adapted(scenario: Scenario, baseline: Baseline) -> tuple[Scenario, tuple[str, ...]]:
    """Return a scenario of another program version with only what this version can compute, and the coefficients left out.

    Left out are coefficients that this version does not know, that have become fixed, or whose value it does not allow any more;
    everything else stays. The data version is not changed (``rebase``). Nothing is left out silently: the caller names it.
    """
    known = baseline.coefficients.coefficients
    kept = {
        name: value
        for name, value in scenario.coefficients.items()
        if name in known and not known[name].fixed and not known[name].problem(value)
    }
    rationale = {name: text for name, text in scenario.rationale.items() if name in kept}
    dropped = tuple(name for name in scenario.coefficients if name not in kept)
    return scenario.model_copy(update={"coefficients": kept, "rationale": rationale}), dropped


@dataclass(frozen=True)
class Difference:
    """One coefficient in which two scenarios differ; None where a scenario leaves the default."""

    coefficient: str
    first: Value | None
    second: Value | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """What differs from a to b (b − a).

    ``communities``, ``indicators`` and the county's totals are filled when outcomes were compared, else None.
    """

    differences: tuple[Difference, ...]
    communities: pd.DataFrame | None = None
    indicators: Mapping[str, float | None] | None = None
    county: Mapping[str, float] | None = None


def compare(a: Outcome | Scenario, b: Outcome | Scenario) -> Comparison:
    """Compare two outcomes (money, indicators and coefficients) or two documents (coefficients only).

    Raises:
        ScenarioError: they stand on different data versions or budget years; the numbers would differ for that reason alone.
    """
    first, second = (side.scenario if isinstance(side, Outcome) else side for side in (a, b))
    if first.data_version != second.data_version:
        raise ScenarioError(
            marked("两个方案的数据版本不同（{first} 与 {second}），不能直接比较：差异会混入数据变化"),
            marked("请先把其中一个方案改换到同一数据版本"),
            first=first.data_version,
            second=second.data_version,
        )
    names = sorted(set(first.coefficients) | set(second.coefficients))
    pairs = [Difference(name, first.coefficients.get(name), second.coefficients.get(name)) for name in names]
    differences = tuple(pair for pair in pairs if pair.first != pair.second)
    if not (isinstance(a, Outcome) and isinstance(b, Outcome)):
        return Comparison(differences)
    if a.year != b.year:
        raise ScenarioError(
            marked("两个方案的预算年度不同（{first} 与 {second}），不能比较"), marked("请选择同一年度的方案"), first=a.year, second=b.year
        )
    money = ["budget", "spending", "balance", "community_share", "fund_share", "final"]
    return Comparison(
        differences=differences,
        communities=(b.communities[money] - a.communities[money]).round(2),
        indicators={name: _change(a.indicators[name].value, b.indicators[name].value) for name in INDICATORS},
        county={name: round(getattr(b, name) - getattr(a, name), 2) for name in ("budget", "spending", "balance")},
    )


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


__all__ = ["Outcome", "Scenario", "Values", "adapted", "compare", "load_scenario", "rebase", "run", "scenario_schema"]
