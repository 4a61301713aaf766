"""What a reader may see of the reporting database, and the rule that says so for each table.

A scope is a value, not a filter: it belongs to the database handle, the query gate (``query.py``) puts every scoped table of a query
behind its rule, and the cache keys on its contents. The rules themselves stand beside the tables in ``schema.py``. The same rules make
PostgreSQL's row-level security (``row_security.py``), a second ring for whoever reaches that database past the product.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Kind = Literal["institution", "town", "community", "equipment"]
Place = Literal["institution", "town", "community", "equipment", "county", "county or all", "load", "reporter"]
"""What may say which county a row belongs to: one of the above by its own county, or the county's code in the row itself."""

FINANCE, CONDUCT = "finance", "conduct"
"""Sections that need a right of their own beside the rows: money of institutions, conduct of their staff."""


@dataclass(frozen=True)
class Scope:
    """What one reader may see.

    ``communities``: their codes; None: the whole county. ``institutions``: their codes; None: every institution of the communities.
    ``sections``: names of restricted sections (``FINANCE``, ``CONDUCT``) that are granted; None: every section. ``policy_version``
    grows with every change of grants, so that nothing computed under an older policy is shown under a newer one.

    ``county``: the code of the county in view, of a database that holds several; None: whatever the database holds, which is one county
    as a rule. Communities and institutions say what is seen within it: "the whole county" is the whole of that one.
    """

    communities: frozenset[str] | None
    institutions: frozenset[str] | None
    sections: frozenset[str] | None
    policy_version: int
    county: str | None = None

    @property
    def every_row(self) -> bool:
        """Whether no row of the county in view is kept back (sections may be)."""
        return self.communities is None and self.institutions is None

    @property
    def whole_county(self) -> "Scope":
        """Everything of the county in view, for what is decided or released by rules of its own."""
        return Scope(None, None, None, 0, self.county)

    @property
    def cache_key(self) -> tuple[object, ...]:
        """The contents in a fixed order: equal for equal scopes, in every process."""
        return (*map(_in_order, (self.communities, self.institutions, self.sections)), self.policy_version, self.county)

    def grants(self, section: str | None) -> bool:
        """Tell whether ``section`` may be read; None is no restricted section."""
        return section is None or self.sections is None or section in self.sections

    def holds_community(self, code: str | None) -> bool:
        """Tell whether everything of the community ``code`` may be seen: a part of its institutions is not enough."""
        return self.institutions is None and (self.communities is None or code in self.communities)

    def holds_institution(self, code: str, community: str | None) -> bool:
        """Tell whether the institution ``code``, a member of ``community`` (None: of none), may be seen."""
        among = self.communities is None or community in self.communities
        return among and (self.institutions is None or code in self.institutions)


def _in_order(codes: frozenset[str] | None) -> tuple[str, ...] | None:
    return None if codes is None else tuple(sorted(codes))


COUNTY = Scope(None, None, None, 0)
"""The whole county, every section."""
NOTHING = Scope(frozenset(), frozenset(), frozenset(), 0)
"""No row of anything."""


# Rules of tables -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class End:
    """A column that names whose row it is, and what its codes are."""

    column: str
    kind: Kind


@dataclass(frozen=True)
class CountyEnd:
    """A column that names which county a row belongs to, and how."""

    column: str
    place: Place


@dataclass(frozen=True)
class Rule:
    """When a row of a table may be seen.

    ``views``: by name, the ends of which at least one must lie in the scope; the name "" is what a query gets that names none
    (``-- scope:`` in its header); where there is no "" it gets every row. ``named``: the table is only read under a named view, since
    its sums mean different things (claims: of the insured, or of the providers) and are never to be added up.
    ``limited``: columns that are missing (NULL) outside of the scope where the rows themselves may be seen.
    ``section``: the restricted section that the table belongs to. ``county``: what names the county of a row, where it is not the ends
    of the views (of two institutions either: whom a county sends, and who is sent to it).
    """

    views: Mapping[str, tuple[End, ...]] = field(default_factory=dict)
    named: bool = False
    limited: tuple[str, ...] = ()
    section: str | None = None
    county: tuple[CountyEnd, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "views", MappingProxyType(dict(self.views)))

    @property
    def county_ends(self) -> tuple[CountyEnd, ...]:
        """What names the county of a row; empty: the rows belong to none, they are the same for all counties."""
        ends = self.views.get("", ())
        return self.county or tuple(CountyEnd(end.column, end.kind) for end in ends)


OPEN = Rule()
"""Names, code lists and geography: for everybody."""


def open_in(column: str = "county_code", place: Place = "county") -> Rule:
    """Return the rule of a table that every reader of a county may see, of the county that ``column`` names."""
    return Rule(county=(CountyEnd(column, place),))


def county_only(column: str, place: Place) -> Rule:
    """Return the rule of a table no row of which belongs to a part of the county: only who sees the whole of one sees any."""
    return Rule({"": ()}, county=(CountyEnd(column, place),))


def by(column: str, kind: Kind = "institution", *, section: str | None = None) -> Rule:
    """Return the rule of a table whose rows belong to the ``kind`` that ``column`` names."""
    return Rule({"": (End(column, kind),)}, section=section)


def by_either(section: str | None = None, /, **ends: str) -> Rule:
    """Return the rule of a table between two institutions: seen from either; under the name of an end only from that one."""
    named = {name: (End(column, "institution"),) for name, column in ends.items()}
    return Rule({"": tuple(end for (end,) in named.values()), **named}, section=section)


POPULATION, PROVIDER = "population", "provider"
_OWN = (CountyEnd("county_code", "county"),)
CLAIMS = Rule({POPULATION: (End("town_code", "town"),), PROVIDER: (End("institution_code", "institution"),)}, named=True, county=_OWN)
"""Claims: those of the insured of a scope's towns, or those that its institutions treated; never both in one sum. A county's claims are
those of its insured, wherever they were treated."""
INSTITUTIONS = Rule({"register": (End("institution_code", "institution"),)}, limited=("capability_level",), county=_OWN)
TOWNS = Rule({"register": (End("town_code", "town"),)}, county=_OWN)
"""Names and places of all institutions and towns, or with ``-- scope: register`` only the scope's own."""


# Rules as SQL --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Codes:
    """How the codes of a scope stand in SQL: as binds in queries, as settings of the session in policies.

    ``communities`` and ``institutions``: the condition that ``{column}`` is among them; None: every code is.
    ``whole_communities``: the condition that communities are seen whole, not some institutions of them only.
    """

    communities: str | None
    institutions: str | None
    whole_communities: str


def end_condition(end: End, codes: Codes) -> str:
    """Return the SQL condition that the row which ``end`` names lies among ``codes``.

    What belongs to a community or a town as a whole is not seen by who may see only some institutions of it.
    """
    if end.kind == "institution":
        return _institution(end.column, codes)
    if end.kind == "equipment":
        return f"{end.column} IN (SELECT equipment_code FROM dim_equipment WHERE {_institution('institution_code', codes)})"  # noqa: S608
    among = "TRUE"
    if codes.communities is not None:
        column = end.column if end.kind == "community" else "community_code"
        among = codes.communities.format(column=column)
        if end.kind == "town":
            among = f"{end.column} IN (SELECT town_code FROM dim_town WHERE {among})"  # noqa: S608
    return f"({codes.whole_communities} AND {among})"


def _institution(column: str, codes: Codes) -> str:
    conditions = []
    if codes.communities is not None:
        conditions.append(codes.communities.format(column="community_code"))
    if codes.institutions is not None:
        conditions.append(codes.institutions.format(column="institution_code"))
    return f"{column} IN (SELECT institution_code FROM dim_institution WHERE {' AND '.join(conditions) or 'TRUE'})"  # noqa: S608


_HOMES: Mapping[str, tuple[str, str]] = {
    "institution": ("institution_code", "dim_institution"),
    "town": ("town_code", "dim_town"),
    "community": ("community_code", "dim_community"),
}


def county_condition(ends: tuple[CountyEnd, ...], county: str) -> str:
    """Return the SQL condition that at least one of ``ends`` belongs to ``county``, which is a bind or another expression of SQL."""
    return " OR ".join(_of_county(end.column, end.place, county) for end in ends)


def _of_county(column: str, place: Place, county: str) -> str:
    if place == "county":
        return f"{column} = {county}"
    if place == "county or all":
        return f"({column} = {county} OR {column} IS NULL)"
    if place == "load":
        return f"{column} IN (SELECT load_id FROM meta_load WHERE {_of_county('county_code', 'county or all', county)})"  # noqa: S608
    # One list of codes, not a condition for each kind: of one list an engine knows its ends, and skips what lies outside of them.
    lists = (*_HOMES, "equipment") if place == "reporter" else (place,)
    return f"{column} IN ({' UNION ALL '.join(_codes_of_county(each, county) for each in lists)})"


def _codes_of_county(place: str, county: str) -> str:
    """Return the SELECT of the codes of one kind that belong to ``county``."""
    if place == "equipment":
        return f"SELECT equipment_code FROM dim_equipment WHERE institution_code IN ({_codes_of_county('institution', county)})"  # noqa: S608
    key, register = _HOMES[place]
    return f"SELECT {key} FROM {register} WHERE county_code = {county}"  # noqa: S608


def view_condition(ends: tuple[End, ...], codes: Codes) -> str:
    """Return the SQL condition that at least one of ``ends`` lies among ``codes``; no end: none does."""
    conditions = [end_condition(end, codes) for end in ends]
    return " OR ".join(conditions) if conditions else "FALSE"
