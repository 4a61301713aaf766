"""Which county the rows of a load belong to: filled in where a package leaves it out, and held apart where there are several.

A package may leave it out while there is one county. With several, a load is of one county: that of its one row of ``dim_county``, else
that of the institutions, towns and communities whose reports it brings. It replaces rows of that county alone.
"""

from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, case, cast, func, literal, null, select, update

from dashboard.analysis.approval import Signed
from dashboard.analysis.belonging import kept_under
from dashboard.store.schema import CODE, dim_county, dim_institution, meta_load, metadata

COLUMN = "county_code"


def placed_tables() -> Iterator[Table]:
    """Yield the tables whose rows say themselves which county they belong to, the counties themselves left out."""
    yield from (table for table in metadata.sorted_tables if COLUMN in table.c and table is not dim_county)


def with_county(source: FromClause, table: Table, names: list[str], county: str | None) -> tuple[FromClause, list[str]]:
    """Return the rows ``source`` of ``table`` with ``county`` where they say none (hospitals outside say none), and their columns.

    ``names`` are the columns that ``source`` has. Without a county, or for a table whose rows do not say theirs, nothing is changed.
    """
    if county is None or table.name not in {each.name for each in placed_tables()}:
        return source, names
    given = source.c[COLUMN] if COLUMN in names else cast(null(), CODE)
    filled: ColumnElement[str] = func.coalesce(given, literal(county, CODE))
    if table.name == dim_institution.name:
        filled = case((source.c.in_county, filled), else_=given)
    others = [name for name in names if name != COLUMN]
    return select(*(source.c[name] for name in others), filled.label(COLUMN)).subquery(), [*others, COLUMN]


def fill_only_county(connection: Connection) -> None:
    """Write the code of the only county of a server where rows say none; nothing where there are several, or none is named."""
    codes = list(connection.execute(select(dim_county.c.county_code)).scalars())
    if len(codes) != 1:
        return
    for table in placed_tables():
        missing: ColumnElement[bool] = table.c[COLUMN].is_(None)
        if table is dim_institution:
            missing = and_(missing, dim_institution.c.in_county)
        connection.execute(update(table).where(missing).values({COLUMN: codes[0]}))


def first_loads(codes: Iterable[str], loads: Iterable[tuple[int, str | None]]) -> dict[str, int | None]:
    """Return by each county of ``codes`` the number of its oldest load among ``loads`` (number, county); None where none is its own."""
    found: dict[str, int | None] = dict.fromkeys(codes)
    for number, code in loads:
        if code in found:
            known = found[code]
            found[code] = number if known is None else min(known, number)
    return found


def signed_by(signed: Signed, connection: Connection, load_id: int) -> Signed:
    """Return what is signed in the county of the load ``load_id``; in all counties where it is of none, or of several."""
    columns = meta_load.c
    county = connection.execute(select(columns.county_code).where(columns.load_id == load_id)).scalar()
    if county is None:
        return signed
    codes = connection.execute(select(dim_county.c.county_code)).scalars()
    loads = [(row.load_id, row.county_code) for row in connection.execute(select(columns.load_id, columns.county_code))]
    return signed.of(kept_under(county, first_loads(codes, loads)))


def owner(rows: FromClause, table: Table, registers: Mapping[str, FromClause]) -> ColumnElement[str]:
    """Return the county that ``rows`` of a fact ``table`` belong to, as an expression over them; NULL for nobody's.

    A claim is its insured's, any other row its reporter's, or of who stands at its other end when the reporter is outside of every county.
    ``registers``: institutions, towns, communities and equipment by the name of their table.
    """
    if COLUMN in table.c:
        return rows.c[COLUMN]
    ends = sorted(table.info["scope"].county_ends, key=lambda end: end.column != table.info["reporter"])
    return func.coalesce(*(_home(rows, end.column, end.place, registers) for end in ends), null())


def _home(rows: FromClause, column: str, place: str, registers: Mapping[str, FromClause]) -> ColumnElement[str]:
    institutions = registers["dim_institution"]
    if place == "equipment":
        devices = registers["dim_equipment"]
        joined = devices.join(institutions, institutions.c.institution_code == devices.c.institution_code)
        found = select(institutions.c[COLUMN]).select_from(joined).where(devices.c.equipment_code == rows.c[column])
    else:
        register = registers[f"dim_{place}"]
        found = select(register.c[COLUMN]).where(register.c[f"{place}_code"] == rows.c[column])
    return found.correlate(rows).scalar_subquery()
