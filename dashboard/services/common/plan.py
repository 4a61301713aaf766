"""A plan: one scenario of a what-if page as it is edited, saved and shared, for insurance with the fund it is held against.

The link carries the document as compressed, text-safe JSON. Reading one checks size, shape and schema; nothing in it is executed.
"""

import base64
import binascii
import json
import math
import zlib
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from dashboard import __version__
from dashboard.catalogue.coefficients import Coefficient, Preset, Value
from dashboard.language import marked
from dashboard.whatif.document import LARGEST_DOCUMENT, Checked, Ground, Scenario, checked, coefficient_values, load_scenario
from dashboard.whatif.errors import ScenarioError

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
    """A scenario and, by scheme, the fund the county has for the year in yuan (empty: no county cap).

    ``checked`` carries the values once the scenario was checked against the county. A plan is its own cache key: what decides its
    numbers, so that a name or a rationale costs no new simulation.
    """

    scenario: Scenario
    fund: tuple[tuple[str, float], ...] = ()
    checked: Checked | None = field(default=None, compare=False, repr=False)

    @cached_property
    def cache_key(self) -> tuple[Hashable, ...]:
        """What decides the plan's numbers: data version, coefficients, groups brought back, seed and fund."""
        scenario = self.scenario
        groups = scenario.recapture_groups
        coefficients = tuple(
            sorted((name, value if isinstance(value, tuple) else (value,)) for name, value in scenario.coefficients.items())
        )
        return scenario.data_version, coefficients, None if groups is None else tuple(sorted(groups)), scenario.seed, self.fund

    def __hash__(self) -> int:
        """Equal plans have equal keys; plans that differ in words alone share theirs."""
        return hash(self.cache_key)

    @property
    def ready(self) -> Scenario | Checked:
        """The scenario with its checked values where it has been checked as it is now."""
        return self.checked if self.checked is not None and self.checked.scenario is self.scenario else self.scenario

    def rewritten(self, scenario: Scenario) -> "Plan":
        """Return the plan with the same coefficients in other words (name, rationale, groups): the values stay checked."""
        ready = self.ready
        return replace(self, scenario=scenario, checked=replace(ready, scenario=scenario) if isinstance(ready, Checked) else None)

    @property
    def changed(self) -> int:
        """How many coefficients differ from the baseline."""
        return len(self.scenario.coefficients)

    def content(self) -> dict[str, Any]:
        """Return the plan as the workspace keeps it."""
        return {"scenario": self.scenario.model_dump(mode="json"), "fund": dict(self.fund)}


def baseline_plan(baseline: Ground) -> Plan:
    """Return the plan that changes nothing."""
    scenario = Scenario(id=CURRENT, name="基线", data_version=baseline.data_version, app_version=__version__)
    return Plan(scenario, checked=checked(scenario, baseline))


def plan_of(content: Mapping[str, Any]) -> Plan:
    """Return the plan of a workspace document. Raises ``ScenarioError`` when it is none."""
    document = content.get("scenario")
    if not isinstance(document, Mapping):
        raise ScenarioError(marked("这不是推演方案"), marked("请从方案列表选择"))
    return Plan(load_scenario(document), fund_of(content.get("fund", {})))


def fund_of(given: object) -> tuple[tuple[str, float], ...]:
    """Return the county's fund by scheme. Raises ``ScenarioError`` for anything that is no amount of yuan."""
    if not isinstance(given, Mapping):
        raise ScenarioError(marked("全县可用基金有误"), marked("请按险种填写不小于 0 的金额，单位为元"))
    for scheme, amount in given.items():
        number = isinstance(amount, int | float) and not isinstance(amount, bool) and math.isfinite(amount) and 0 <= amount <= LARGEST_FUND
        if scheme not in ("employee", "resident") or not number:
            raise ScenarioError(marked("全县可用基金有误"), marked("请按险种填写不小于 0 的金额，单位为元"))
    return tuple(sorted((scheme, float(amount)) for scheme, amount in given.items()))


def with_value(plan: Plan, baseline: Ground, name: str, value: object) -> Plan:
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


def with_coefficients(plan: Plan, baseline: Ground, coefficients: Mapping[str, Value]) -> Plan:
    """Return ``plan`` with these coefficients instead of its own; rationale of what is no longer changed goes."""
    changed = {name: value for name, value in coefficients.items() if not _same(value, baseline.defaults.get(name))}
    rationale = {name: text for name, text in plan.scenario.rationale.items() if name in changed}
    scenario = plan.scenario.model_copy(update={"coefficients": changed, "rationale": rationale})
    # The plan keeps the data version it was made on: only its coefficients are checked here.
    values = coefficient_values(scenario, baseline)
    if "k_min" in values and values["k_min"] > values["k_max"]:  # type: ignore[operator]
        raise ScenarioError(
            marked("增速下限 {floor} 高于上限 {cap}；已保留原值"),
            marked("请把下限调低或把上限调高，使下限不高于上限"),
            floor=values["k_min"],
            cap=values["k_max"],
        )
    return replace(plan, scenario=scenario, checked=Checked(scenario, values, baseline.coefficients, baseline.year))


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
    return plan.rewritten(load_scenario(plan.scenario.model_dump(mode="json") | {"rationale": rationale}))


def with_preset(plan: Plan, baseline: Ground, preset: Preset) -> Plan:
    """Return ``plan`` with exactly what a preset changes; a bound that the county's own default lies beyond gives way to it.

    Raises ``ScenarioError`` when a value does not fit this county.
    """
    return with_coefficients(plan, baseline, dict(preset.values))


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
    return Plan(load_scenario({"id": CURRENT, **document}), fund_of(short.get("f", {})))
