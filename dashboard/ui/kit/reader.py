"""The database as the reader of this run may see it: the one way in which pages come by it."""

from dashboard.services.common.cache import current_database
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.scope import NOTHING, Scope
from dashboard.ui.kit.person import identity


def reader_scope() -> Scope:
    """Return what the reader of this run may see: nothing where nobody is signed in, the county where sign-in is off."""
    reader = identity()
    return NOTHING if reader is None else reader.scope


def reader_database() -> ReportingDatabase:
    """Return the reporting database under the scope of the reader. Raises ``DatabaseError`` or ``QueryError``."""
    return current_database(reader_scope())
