"""A plan: one scenario with the county's fund it is held against, as the page edits, saves and shares it.

The link carries the document as compressed, text-safe JSON. Reading one checks size, shape and schema; nothing in it is executed.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dashboard import __version__
from dashboard.catalogue.coefficients import Coefficient, Preset, Value
from dashboard.language import marked
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.scenario import LARGEST_DOCUMENT, Scenario, coefficient_values, load_scenario

CURRENT = "current"
LONGEST_LINK = 16_000
LARGEST_FUND = 1e12
# Beyond this an address gets unwieldy in mails and chats: the rationale then stays in the saved document only.
_COMFORTABLE_LINK = 3_000
_KEYS = {
    "v": "schema_version",
    "d": "data_version",
    "c": "coefficients",
    "n": "name",
    "r": "rationale",
    "s": "seed",
    "g": "recapture_groups",
}


@dataclass(frozen=True)
class Plan:
    """A scenario and, by scheme, the fund the county has for the year in yuan (empty: no county cap)."""

    scenario: Scenario
    fund: tuple[tuple[str, float], ...] = ()

    @property
    def changed(self) -> int:
        """How many coefficients differ from the baseline."""
        return len(self.scenario.coefficients)

    def content(self) -> dict[str, Any]:
        """Return the plan as the workspace keeps it."""
        return {"scenario": self.scenario.model_dump(mode="json"), "fund": dict(self.fund)}


def baseline_plan(baseline: Baseline) -> Plan:
    """Return the plan that changes nothing."""
    return Plan(Scenario(id=CURRENT, name="基线", data_version=baseline.data_version, app_version=__version__))


def plan_of(content: Mapping[str, Any]) -> Plan:
    """Return the plan of a workspace document. Raises ``ScenarioError`` when it is none."""
    document = content.get("scenario")
    if not isinstance(document, Mapping):
        raise ScenarioError(marked("这不是医保总额推演的方案"), marked("请从方案列表选择"))
    return Plan(load_scenario(document), _fund(content.get("fund", {})))


def _fund(given: object) -> tuple[tuple[str, float], ...]:
    """Return the county's fund by scheme. Raises ``ScenarioError`` for anything that is no amount of yuan."""
    if not isinstance(given, Mapping):
        raise ScenarioError(marked("全县可用基金有误"), marked("请按险种填写不小于 0 的金额，单位为元"))
    for scheme, amount in given.items():
        number = isinstance(amount, int | float) and not isinstance(amount, bool) and math.isfinite(amount) and 0 <= amount <= LARGEST_FUND
        if scheme not in ("employee", "resident") or not number:
            raise ScenarioError(marked("全县可用基金有误"), marked("请按险种填写不小于 0 的金额，单位为元"))
    return tuple(sorted((scheme, float(amount)) for scheme, amount in given.items()))


def with_value(plan: Plan, baseline: Baseline, name: str, value: object) -> Plan:
    """Return ``plan`` with one coefficient set; back at its default it is no longer part of the scenario.

    Raises:
        ScenarioError: unknown or fixed coefficient, value out of range, floor above cap. ``plan`` stays as it was.
    """
    known = baseline.coefficients.coefficients.get(name)
    if known is None or known.fixed:
        raise ScenarioError(marked("不能改动该系数：{name}"), marked("请选择面板里的系数"), name=name)
    clean = tuple(value) if isinstance(value, list) else value
    problem = known.problem(clean)
    if problem:
        raise ScenarioError(
            marked("“{label}”的值不可用，允许范围 {lower} 至 {upper}；已保留原值"),
            marked("请改为允许范围内的数值"),
            label=known.name,
            lower=_limit(known, known.lower),
            upper=_limit(known, known.upper),
        )
    coefficients = dict(plan.scenario.coefficients)
    coefficients[name] = tuple(map(float, clean)) if isinstance(clean, tuple) else float(clean)  # type: ignore[arg-type]
    return with_coefficients(plan, baseline, coefficients)


def _limit(coefficient: Coefficient, value: float) -> str:
    """Return an end of the allowed range as the panel shows it: shares and growth bounds in per cent."""
    if coefficient.unit == "ratio":
        return f"{value:.1%}"
    return f"{value - 1:.1%}" if coefficient.unit == "multiple" and coefficient.upper < 2 else f"{value:g}"


def with_coefficients(plan: Plan, baseline: Baseline, coefficients: Mapping[str, Value]) -> Plan:
    """Return ``plan`` with these coefficients instead of its own; rationale of what is no longer changed goes."""
    changed = {name: value for name, value in coefficients.items() if not _same(value, baseline.defaults.get(name))}
    rationale = {name: text for name, text in plan.scenario.rationale.items() if name in changed}
    scenario = plan.scenario.model_copy(update={"coefficients": changed, "rationale": rationale})
    values = coefficient_values(scenario, baseline)
    if values["k_min"] > values["k_max"]:  # type: ignore[operator]
        raise ScenarioError(
            marked("增速下限 {floor} 高于上限 {cap}；已保留原值"),
            marked("请把下限调低或把上限调高，使下限不高于上限"),
            floor=values["k_min"],
            cap=values["k_max"],
        )
    return replace(plan, scenario=scenario)


def _same(value: Value, default: Value | None) -> bool:
    if isinstance(value, tuple) != isinstance(default, tuple) or default is None:
        return False
    pairs = zip(value, default, strict=False) if isinstance(value, tuple) and isinstance(default, tuple) else [(value, default)]
    return all(abs(left - right) < 1e-9 for left, right in pairs)  # type: ignore[operator]


def with_rationale(plan: Plan, name: str, text: str) -> Plan:
    """Return ``plan`` with the reason for one changed coefficient; an empty text takes it away."""
    rationale = dict(plan.scenario.rationale)
    rationale.pop(name, None)
    if text.strip() and name in plan.scenario.coefficients:
        rationale[name] = text.strip()[:500]
    return replace(plan, scenario=load_scenario(plan.scenario.model_dump(mode="json") | {"rationale": rationale}))


def with_preset(plan: Plan, baseline: Baseline, preset: Preset) -> Plan:
    """Return ``plan`` with exactly what a preset changes; a bound that the county's own default lies beyond gives way to it.

    Raises ``ScenarioError`` when a value does not fit this county.
    """
    return with_coefficients(plan, baseline, dict(preset.values))


def with_fund(plan: Plan, fund: Mapping[str, float]) -> Plan:
    """Return ``plan`` against another county fund. Raises ``ScenarioError`` for amounts that are none."""
    return replace(plan, fund=_fund(fund))


def with_groups(plan: Plan, groups: tuple[str, ...] | None) -> Plan:
    """Return ``plan`` with only ``groups`` brought back into the county; None for all that the county can treat."""
    return replace(plan, scenario=load_scenario(plan.scenario.model_dump(mode="json") | {"recapture_groups": groups}))


def link_text(plan: Plan) -> str:
    """Return the plan for the address; an unchanged one is the empty text."""
    if not plan.scenario.coefficients and not plan.fund and plan.scenario.recapture_groups is None:
        return ""
    text = _packed(plan, rationale=True)
    return text if len(text) <= _COMFORTABLE_LINK else _packed(plan, rationale=False)


def _packed(plan: Plan, *, rationale: bool) -> str:
    document = plan.scenario.model_dump(mode="json", exclude_defaults=True)
    short: dict[str, Any] = {key: document[name] for key, name in _KEYS.items() if name in document and (rationale or key != "r")}
    if plan.fund:
        short["f"] = dict(plan.fund)
    packed = zlib.compress(json.dumps(short, ensure_ascii=False, separators=(",", ":")).encode(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def read_link(text: str) -> Plan:
    """Return the plan of a link. Raises ``ScenarioError`` when it is cut, edited by hand, too large or of another version."""
    if len(text) > LONGEST_LINK:
        raise ScenarioError(marked("链接过长，无法读取"), marked("请索取新的链接，或从方案列表打开"))
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed, LARGEST_DOCUMENT)
        if unpacker.unconsumed_tail or not unpacker.eof:
            raise ValueError("too large or cut")
        short = json.loads(plain)
        if not isinstance(short, dict) or set(short) - {*_KEYS, "f"}:
            raise ValueError("no plan")
    except (ValueError, binascii.Error, zlib.error, RecursionError) as error:
        raise ScenarioError(marked("链接不完整或被改动，无法读取"), marked("请索取新的链接，或从方案列表打开")) from error
    document = {_KEYS[key]: value for key, value in short.items() if key != "f"}
    return Plan(load_scenario({"id": CURRENT, **document}), _fund(short.get("f", {})))
