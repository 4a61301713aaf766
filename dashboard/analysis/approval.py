"""Who has signed a month: centre → community → county, taken back in reverse order. The model is DHIS2's data approval [FOUND: its manual].

A unit may be approved when everybody below it is; what is approved is locked. What is taken back has nothing approved above it, so that
"the county has approved" always means that each of its centres has.
"""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property


class Tier(StrEnum):
    """The three levels that sign, lowest first."""

    INSTITUTION = "institution"
    COMMUNITY = "community"
    COUNTY = "county"


class Act(StrEnum):
    """What can be done to a unit's month. ``UNLOCKED`` is taken back from above, with everything over it."""

    APPROVED = "approved"
    ACCEPTED = "accepted"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    UNLOCKED = "unlocked"


class Standing(StrEnum):
    """How a unit's month stands: somebody below has not signed, ready to be signed, signed, and accepted from above."""

    WAITING = "waiting"
    READY = "ready"
    APPROVED = "approved"
    ACCEPTED = "accepted"


class Refusal(StrEnum):
    """Why an act is not possible now."""

    UNKNOWN_UNIT = "unknown_unit"
    LOWER_FIRST = "lower_first"
    UPPER_FIRST = "upper_first"
    ALREADY = "already"
    NOT_APPROVED = "not_approved"
    ACCEPTED_FIRST = "accepted_first"
    NO_ACCEPTANCE = "no_acceptance"


@dataclass(frozen=True, order=True)
class Unit:
    """Somebody who signs: a tier and its code."""

    tier: Tier
    code: str


COUNTY = Unit(Tier.COUNTY, "county")
SIGNED = frozenset({Standing.APPROVED, Standing.ACCEPTED})
_STANDS = {Act.APPROVED: Standing.APPROVED, Act.RETURNED: Standing.APPROVED, Act.ACCEPTED: Standing.ACCEPTED}


@dataclass(frozen=True)
class Hierarchy:
    """Who signs under whom: institution → its community, None for one directly under the county. ``acceptance``: above must accept too."""

    homes: Mapping[str, str | None]
    acceptance: bool = False

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """Everybody who signs, the county first."""
        communities = sorted({home for home in self.homes.values() if home is not None})
        return (COUNTY, *(Unit(Tier.COMMUNITY, code) for code in communities), *(Unit(Tier.INSTITUTION, code) for code in self.homes))

    @cached_property
    def _families(self) -> Mapping[Unit, tuple[Unit, ...]]:
        found: dict[Unit, list[Unit]] = {}
        for each in self.units[1:]:
            over = self.parent(each)
            assert over is not None  # only the county has nobody above it
            found.setdefault(over, []).append(each)
        return {over: tuple(below) for over, below in found.items()}

    def parent(self, unit: Unit) -> Unit | None:
        """Return who signs next; None over the county."""
        if unit.tier is Tier.COUNTY:
            return None
        home = self.homes.get(unit.code) if unit.tier is Tier.INSTITUTION else None
        return COUNTY if home is None else Unit(Tier.COMMUNITY, home)

    def children(self, unit: Unit) -> tuple[Unit, ...]:
        """Return who has to sign before ``unit``."""
        return self._families.get(unit, ())

    def above(self, unit: Unit) -> tuple[Unit, ...]:
        """Return everybody over ``unit``, the highest first."""
        found: list[Unit] = []
        while (over := self.parent(found[0] if found else unit)) is not None:
            found.insert(0, over)
        return tuple(found)


def standings(hierarchy: Hierarchy, newest: Mapping[Unit, Act]) -> dict[Unit, Standing]:
    """Return how everybody stands in one month.

    Args:
        hierarchy: who signs, and under whom.
        newest: the newest act of each unit that did anything.
    """
    found: dict[Unit, Standing] = {}
    for unit in reversed(hierarchy.units):  # the lowest first: a unit waits for those that are already known
        signed = _STANDS.get(newest[unit]) if unit in newest else None
        found[unit] = signed or (Standing.READY if _passed_below(hierarchy, found, unit) else Standing.WAITING)
    return {unit: found[unit] for unit in hierarchy.units}


def _passed_below(hierarchy: Hierarchy, known: Mapping[Unit, Standing], unit: Unit) -> bool:
    wanted = {Standing.ACCEPTED} if hierarchy.acceptance else SIGNED
    return all(known[each] in wanted for each in hierarchy.children(unit))


def refusal(hierarchy: Hierarchy, newest: Mapping[Unit, Act], unit: Unit, act: Act) -> Refusal | None:
    """Return why ``act`` is not possible for ``unit`` now; None when it is. Whose right it is is not asked here."""
    known = standings(hierarchy, newest)
    if unit not in known:
        return Refusal.UNKNOWN_UNIT
    stands = known[unit]
    if act is Act.APPROVED:
        if stands in SIGNED:
            return Refusal.ALREADY
        return Refusal.LOWER_FIRST if stands is Standing.WAITING else None
    if act is Act.ACCEPTED:
        if not hierarchy.acceptance or unit.tier is Tier.COUNTY:
            return Refusal.NO_ACCEPTANCE
        return None if stands is Standing.APPROVED else Refusal.ALREADY if stands is Standing.ACCEPTED else Refusal.NOT_APPROVED
    if stands not in SIGNED:
        return Refusal.NOT_APPROVED
    if act is Act.UNLOCKED:
        return None
    return _taken_back(known, hierarchy.parent(unit), stands, act)


def _taken_back(known: Mapping[Unit, Standing], over: Unit | None, stands: Standing, act: Act) -> Refusal | None:
    if over is not None and known[over] in SIGNED:
        return Refusal.UPPER_FIRST
    if act is Act.RETURNED:
        return None if stands is Standing.ACCEPTED else Refusal.NOT_APPROVED
    return Refusal.ACCEPTED_FIRST if stands is Standing.ACCEPTED else None


def unlocking(hierarchy: Hierarchy, newest: Mapping[Unit, Act], unit: Unit) -> tuple[Unit, ...]:
    """Return whose approvals go when ``unit`` is unlocked: everybody over it who has signed, the highest first, and itself."""
    known = standings(hierarchy, newest)
    return tuple(each for each in (*hierarchy.above(unit), unit) if known[each] in SIGNED)


@dataclass(frozen=True)
class Done:
    """One act as it was done: of which county (None: none was named), to whose month."""

    county: str | None
    month: datetime.date
    unit: Unit
    act: Act


@dataclass(frozen=True)
class Signed:
    """Which months are signed by whom, as figures and imports ask for it.

    Attributes:
        units: (month, unit) of everything that is approved now.
        since: the first month that anybody ever approved: what lies before was never asked for, and is neither signed nor provisional.
            None while nobody ever has.
        known: False where it could not be read: then nobody can say.
        version: changes with every act.
        done: the acts that it follows from, in their order, from which that of one county is taken (``of``).
    """

    units: frozenset[tuple[datetime.date, Unit]] = frozenset()
    since: datetime.date | None = None
    known: bool = True
    version: int = 0
    done: tuple[Done, ...] = ()
    _parts: dict[frozenset[str | None], "Signed"] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def after(cls, done: tuple[Done, ...], version: int) -> "Signed":
        """Return what stands approved after ``done``."""
        newest = {(each.month, each.unit): each.act for each in done}
        return cls(
            units=frozenset(key for key, act in newest.items() if act in _STANDS),
            since=min((each.month for each in done if each.act is Act.APPROVED), default=None),
            version=version,
            done=done,
        )

    def of(self, counties: frozenset[str | None] | None) -> "Signed":
        """Return what is signed in one county, whose acts are kept under the codes ``counties``; None: in all together."""
        if counties is None or not self.done:
            return self
        if counties not in self._parts:
            own = tuple(each for each in self.done if each.county in counties)
            self._parts[counties] = self if len(own) == len(self.done) else Signed.after(own, self.version)
        return self._parts[counties]

    @property
    def cache_key(self) -> tuple[bool, int]:
        """What decides every answer made with it."""
        return (self.known, self.version)

    def has(self, month: datetime.date, unit: Unit) -> bool:
        """Tell whether ``unit`` has approved ``month``."""
        return (month, unit) in self.units

    def provisional(self, months: Iterable[datetime.date], unit: Unit = COUNTY) -> tuple[datetime.date, ...]:
        """Return those of ``months`` that ``unit`` should have approved and has not, in order."""
        since = self.since
        return () if since is None else tuple(sorted(each for each in months if each >= since and not self.has(each, unit)))


UNASKED = Signed()
"""A county that approves nothing: nothing is provisional."""
