"""What is watched every month, and when it becomes an alert: ``monitoring.yaml``."""

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue, read_entry
from dashboard.catalogue.models import Entry, Grade, IndicatorId, Named, Text
from dashboard.catalogue.overview import overview_plan

RuleKind = Literal[
    "level", "growth", "pace", "silence", "overspend", "gap", "reference", "target", "share", "share_growth", "points", "unusual", "survey",
    "dear", "incidents",
]  # fmt: skip
Source = Literal[
    "",
    "monitored_drugs",
    "chosen_products",
    "supplier_payment",
    "unreasonable_prescriptions",
    "visit_examinations",
    "discharge_examinations",
    "patient_satisfaction",
    "staff_satisfaction",
    "tcm_visits",
    "infusion_visits",
    "pathway_cases",
    "integrity",
]
EffectUnit = Literal["yuan", "people", "cases", "examinations", "bed_days", "reports", "communities", "points", "incidents"]
WatchedLevel = Literal["community", "institution", "device", "fund"]


class Base(Entry):
    """How much a month must stand on to be judged: the denominator of ``indicator``, at ``least`` so many of them.

    ``times_effect``: the effect is per one of them (yuan per visit) and is multiplied by it.
    """

    indicator: IndicatorId
    least: float = Field(gt=0)
    times_effect: bool = False


class MonitoringRule(Named):
    """One rule.

    What is held against the limits is, by ``kind``, of
    level: the indicator's value, in its unit;
    growth: its (or its ``component``'s) relative change over the same months of last year, in per cent;
    pace: its share of the year over the share of the year that has passed (1 = on pace);
    gap: how many points it lies below the others together, where that is more than chance;
    reference: how many points a device's positive rate over twelve months lies below its reference, where that is more than chance;
    overspend: the fund's projected year end, in per cent of the budget, of a scheme of a community;
    target: like level, once for every indicator of the Overview that has a target (``monitoring_rules``), between near and met;
    share: what ``source`` counts as a part of its whole, in per cent, from an optional table and of no indicator;
    share_growth: its relative change over the same month of last year, in per cent, only under the same version of its list;
    points: points of the running cycle per 100 staff, of no indicator;
    unusual: the modified z of what ``source`` counts per 100 against the unit's own months, where the funnel of its peers says so too;
    dear: how many standard deviations the cost per case of ``indicator`` lies above that of its peers in their funnel (``cost_funnel``);
    incidents: how many ``source`` tells of in the month, of no indicator;
    survey: 1 where the Wilson interval of a satisfied share lies below ``bound``, -1 where above, 0 where it holds it;
    silence: how many tables did not come, of no indicator.

    ``hard``: a limit that needs no second question; an alert of it is grave by itself.
    ``together``: however few its units are, they are named in one line.
    """

    kind: RuleKind
    indicator: IndicatorId | None = None
    source: Source = ""
    least: float = Field(default=0.0, ge=0)
    """How much the whole of ``source`` must be for a month to be judged."""
    least_part: float = Field(default=0.0, ge=0)
    """How much its part must be."""
    proportion: bool = True
    """Whether the part of ``source`` is some of its whole, and never more than it."""
    bound: float = 0.0
    """What a survey is held against, in per cent."""
    component: Literal["value", "numerator"] = "value"
    grain: Literal["month", "ytd", "rolling_12"] = "month"
    level: WatchedLevel
    tiers: tuple[Text, ...] = ()
    side: Literal["above", "below"]
    on: float
    off: float
    need_on: int = Field(ge=1, le=12)
    need_off: int = Field(ge=1, le=12)
    cool_down: int | None = Field(default=None, ge=0, le=12)
    """Its own months of cool-down; None: those of the plan."""
    base: Base | None = None
    from_month: int = Field(default=1, ge=1, le=12)
    severity: Literal["high", "medium", "low"]
    effect: EffectUnit
    hard: bool = False
    together: bool = False
    target: str = ""
    """What an expanded target demands, by its name in ``targets.yaml``; empty for every other rule."""
    grade: Grade

    @model_validator(mode="after")
    def _fits(self) -> "MonitoringRule":
        if (self.kind in _WITHOUT_INDICATOR) != (self.indicator is None):
            raise ValueError("every kind but silence, target, points and those of a source needs an indicator")
        if (self.kind in _WITH_SOURCE) != bool(self.source):
            raise ValueError("a share needs a source, and nothing else has one")
        if (self.on < self.off) if self.side == "above" else (self.off < self.on):
            raise ValueError("off must lie on the good side of on")
        return self

    @property
    def worse(self) -> Literal["above", "below"]:
        """On which side what is told lies when it is bad: of a survey it is a share, and few are satisfied."""
        return "below" if self.kind == "survey" else self.side

    @property
    def with_funnel(self) -> bool:
        """Whether its peers are asked by a funnel."""
        return self.kind in FUNNEL_KINDS


class JudgedBy(Entry):
    """By which limits a rule judged when something was decided about it; the county may change the rule later.

    ``measured`` tells one way of measuring from another, and nothing else: where it differs, values and limits do not go together.
    """

    measured: Text
    side: Literal["above", "below"]
    on: float
    off: float
    need_on: int
    need_off: int


def judged_by(rule: MonitoringRule) -> JudgedBy:
    """Return by what ``rule`` judges now."""
    shaping = _MEASURING | ({"on"} if rule.kind == "unusual" else set())  # where the peers do not say so, its values are cut at the limit
    told = json.dumps(rule.model_dump(mode="json", include=shaping), sort_keys=True)
    limits = rule.model_dump(include={"side", "on", "off", "need_on", "need_off"})
    return JudgedBy(measured=hashlib.sha256(told.encode()).hexdigest()[:16], **limits)


_MEASURING = {
    "kind", "indicator", "source", "component", "grain", "level", "tiers", "bound", "least", "least_part", "proportion", "base",
    "from_month",
}  # fmt: skip
FUNNEL_KINDS = ("unusual", "survey", "dear")
_WITH_SOURCE = ("share", "share_growth", "unusual", "survey", "incidents")
_WITHOUT_INDICATOR = ("silence", "target", "points", *_WITH_SOURCE)


class PointsLevel(Named):
    """A level of points per 100 staff, and what it brings."""

    at: float = Field(gt=0)


class PointsPlan(Entry):
    """How points are counted: over so many months, and the levels from the lowest to the highest."""

    cycle_months: int = Field(ge=1, le=36)
    levels: tuple[PointsLevel, ...] = Field(min_length=1)


class MonitoringPlan(Entry):
    """The rules, and how findings are told from chance.

    ``chance`` and ``false_share`` are shares, ``outlier`` is a modified z, ``funnel`` a number of standard deviations.
    """

    history_months: int = Field(ge=13, le=48)
    own_months: int = Field(ge=13, le=48)
    projected_months: int = Field(ge=2, le=12)
    shown_months: int = Field(ge=2, le=24)
    least_history: int = Field(ge=6)
    least_peers: int = Field(ge=3)
    chance: float = Field(gt=0, lt=1)
    false_share: float = Field(gt=0, lt=1)
    outlier: float = Field(gt=0)
    funnel: float = Field(gt=0)
    stale_months: int = Field(ge=1)
    new_a_month: int = Field(ge=1)
    cool_down: int = Field(ge=0, le=12)
    overview_lines: int = Field(ge=1)
    grade: Grade
    points: PointsPlan
    rules: Mapping[str, MonitoringRule] = Field(min_length=1)


@cache
def monitoring_plan(folder: Path = CATALOGUE_FOLDER) -> MonitoringPlan:
    """Return ``monitoring.yaml``. Raises ``CatalogueError``."""
    return read_entry(MonitoringPlan, folder / "monitoring.yaml")


@cache
def monitoring_rules(folder: Path = CATALOGUE_FOLDER) -> Mapping[str, MonitoringRule]:
    """Return the rules by id as they are replayed: a rule of targets stands there once for each target of the Overview's indicators.

    Only targets with one bound are watched: they are met on one side, and "near" is the Overview's (``near_share``).
    Raises ``CatalogueError``.
    """
    found: dict[str, MonitoringRule] = {}
    for name, rule in monitoring_plan(folder).rules.items():
        if rule.kind == "target":
            found |= _targets(name, rule)
        else:
            found[name] = rule
    return found


def _targets(name: str, rule: MonitoringRule) -> dict[str, MonitoringRule]:
    plan, catalogue = overview_plan(), load_catalogue()
    wanted = dict.fromkeys([*plan.headlines, *(dimension.indicator for dimension in plan.dimensions)])
    found = {}
    for indicator in map(catalogue.indicator, wanted):
        target = catalogue.targets[indicator.target] if indicator.target else None
        if target is None or target.kind != "target" or rule.level not in indicator.levels or target.comparison not in (">=", "<="):
            continue
        bound, below = (target.low, True) if target.comparison == ">=" else (target.high, False)
        assert bound is not None
        changes = {
            "name": rule.name.replace("{indicator}", indicator.name),
            "name_en": rule.name_en.replace("{indicator}", indicator.name_en),
            "indicator": indicator.id,
            "side": "below" if below else "above",
            "off": bound,
            "on": bound * (1 - plan.near_share if below else 1 + plan.near_share),
            "target": indicator.target,
        }
        found[f"{name}_{indicator.id}"] = rule.model_copy(update=changes)
    return found
