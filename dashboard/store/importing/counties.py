"""Which county the rows of a load belong to: filled in where a package leaves it out, which it may while there is one county."""

from collections.abc import Iterator

from sqlalchemy import ColumnElement, Connection, FromClause, Table, and_, case, cast, func, literal, null, select, update

from dashboard.store.importing.previous import Previous
from dashboard.store.schema import CODE, dim_county, dim_institution, metadata

COLUMN = "county_code"


def placed_tables() -> Iterator[Table]:
    """Yield the tables whose rows say themselves which county they belong to, the counties themselves left out."""
    yield from (table for table in metadata.sorted_tables if COLUMN in table.c and table is not dim_county)


def only_county(previous: Previous) -> str | None:
    """Return the code of the one county that the database holds; None where it names none, or several. Raises ``DatabaseError``."""
    codes = [str(row[COLUMN]) for row in previous.rows(dim_county)]
    return codes[0] if len(codes) == 1 else None


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
