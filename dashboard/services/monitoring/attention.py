"""What needs attention: the alerts that stand, as the Overview, the wall and reports name them, many of one rule in one line.

The states are those of the page 运行监测 (``watch``): nobody judges anew what it shows.
"""

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import ON_SCREEN, is_few
from dashboard.catalogue.completeness import completeness_rules
from dashboard.catalogue.monitoring import MonitoringRule
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.reporting import silent_units
from dashboard.services.monitoring.handling import NOTHING, Handled
from dashboard.services.monitoring.history import GRAINS
from dashboard.services.monitoring.watch import EFFECTS, Alert, standing, watched
from dashboard.states import State

_SEVERITIES = ("high", "medium", "low")
_ALONE = 2
"""So many alerts of one rule have a line each; more share one."""


@dataclass(frozen=True, eq=False)
class Matter:
    """One line of what needs attention: the alerts of one rule that stand in ``month``, those with the largest effect first.

    ``grave``: it hides or decides more than the others (a large part of the reports did not come).
    """

    rule_id: str
    rule: MonitoringRule
    month: datetime.date
    alerts: tuple[Alert, ...]
    grave: bool = False

    @property
    def state(self) -> State:
        """Red as soon as one of its alerts is, or where it is grave."""
        return State.BAD if self.grave or any(alert.state is State.BAD for alert in self.alerts) else State.WARNING

    @property
    def single(self) -> Alert | None:
        """Its only alert, where it is told as one."""
        return self.alerts[0] if len(self.alerts) == 1 and not self.rule.together else None

    @property
    def scheme(self) -> str:
        """Of which insurance scheme it is; "" where it is of all."""
        schemes = {alert.place.scheme for alert in self.alerts}
        return schemes.pop() if len(schemes) == 1 else ""

    @property
    def community(self) -> str:
        """Whose it is; "" where several are named."""
        communities = {alert.community for alert in self.alerts}
        return communities.pop() if len(communities) == 1 else ""

    @property
    def institution(self) -> str:
        """The institution that what opens behind it begins with; "" for none or several."""
        return self.single.place.institution if self.single else ""

    @property
    def period(self) -> Period:
        """The months that its rule stands on."""
        return Period(GRAINS[self.rule.grain], self.month)

    @property
    def effect(self) -> float:
        """What its alerts affect together, in the unit of the rule's effect."""
        return sum(alert.effect for alert in self.alerts if not math.isnan(alert.effect))

    def fewest(self) -> float:
        """Return the fewest people or cases that one of its alerts stands on; NaN where it counts none."""
        return min((alert.stands_on for alert in self.alerts if not math.isnan(alert.stands_on)), default=math.nan)


@cached(max_entries=24)
def attention(
    database: ReportingDatabase,
    period: Period,
    community: str | None = None,
    scheme: str | None = None,
    handled: Handled = NOTHING,
) -> tuple[Matter, ...]:
    """Return what needs attention at the end of ``period``, grave and severe first, then by the amount affected.

    ``community`` keeps what concerns that community, ``scheme`` what is known not to be of another one: only the rule of the fund tells
    schemes apart. What people put off or closed (``handled``) is left out, and what stands on fewer than five people or cases.
    Raises ``QueryError``.
    """
    answer = watched(database, period.last)
    alerts, _left = standing(answer, community, scheme, handled)
    by_rule: dict[str, list[Alert]] = {}
    for alert in alerts:
        if not is_few(alert.stands_on, ON_SCREEN):
            by_rule.setdefault(alert.rule_id, []).append(alert)
    missing = max((silence.missing_share for silence in silent_units(database, period, community)), default=0.0)
    matters = []
    for name, found in by_rule.items():
        rule = found[0].rule
        grave = rule.kind == "silence" and missing > 1 - completeness_rules().complete_share
        ordered = tuple(sorted(found, key=lambda alert: -alert.effect if alert.effect > 0 else 0.0))
        groups = [(alert,) for alert in ordered] if len(ordered) <= _ALONE and not rule.together else [ordered]
        matters += [Matter(name, rule, answer.month, group, grave) for group in groups]
    return tuple(sorted(matters, key=_gravity))


def _gravity(matter: Matter) -> tuple[bool, int, bool, int, float]:
    """Order: what did not come in bulk (all else depends on it), by severity, red before amber, money first, the largest first."""
    rule = matter.rule
    return (
        not matter.grave,
        _SEVERITIES.index(rule.severity),
        matter.state is not State.BAD,
        EFFECTS.index(rule.effect),
        -matter.effect,
    )


def of_scheme(matters: Iterable[Matter], scheme: str | None) -> tuple[Matter, ...]:
    """Return what a title may say while ``scheme`` is chosen: what follows that filter; everything where none is."""
    return tuple(matter for matter in matters if scheme is None or matter.scheme == scheme)


def beside_the_fund(matters: Iterable[Matter]) -> tuple[Matter, ...]:
    """Return what needs attention without what the panel of the fund says in the same view."""
    return tuple(matter for matter in matters if matter.rule.kind != "overspend")
