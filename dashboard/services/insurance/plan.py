"""The plan of the insurance what-if: the common plan, held against the county's fund, with the groups that are brought back."""

from collections.abc import Mapping
from dataclasses import replace

from dashboard.services.common.plan import (
    CURRENT,
    LARGEST_FUND,
    LONGEST_LINK,
    Plan,
    baseline_plan,
    fund_of,
    link_text,
    plan_of,
    read_link,
    with_coefficients,
    with_preset,
    with_rationale,
    with_value,
)
from dashboard.whatif.scenario import load_scenario


def with_fund(plan: Plan, fund: Mapping[str, float]) -> Plan:
    """Return ``plan`` against another county fund. Raises ``ScenarioError`` for amounts that are none."""
    return replace(plan, fund=fund_of(fund))


def with_groups(plan: Plan, groups: tuple[str, ...] | None) -> Plan:
    """Return ``plan`` with only ``groups`` brought back into the county; None for all that the county can treat."""
    return plan.rewritten(load_scenario(plan.scenario.model_dump(mode="json") | {"recapture_groups": groups}))


__all__ = [
    "CURRENT",
    "LARGEST_FUND",
    "LONGEST_LINK",
    "Plan",
    "baseline_plan",
    "fund_of",
    "link_text",
    "plan_of",
    "read_link",
    "with_coefficients",
    "with_fund",
    "with_groups",
    "with_preset",
    "with_rationale",
    "with_value",
]
