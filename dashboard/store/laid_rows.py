"""Rows of a scope, laid out once beside the file that they were read from.

A query of a reader who sees a part of the county names, in place of a table, the rows of it that the scope holds (``scoping.py``). To find
these anew in each query costs the embedded database more than the rest of a small query, so that a narrower reader waited longer than one
who sees everything. Here they are found once for each file, table and scope, and kept in the memory of the instance that reads the file: a
load brings a new file, a new instance and nothing of this. The condition is the same SQL either way; it only runs once.
"""

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import SQLAlchemyError

from dashboard.store.scope import Scope

Codes = tuple[frozenset[str] | None, frozenset[str] | None, str | None]
Run = Callable[[Connection, str], object]

_LARGE_TABLE = 500_000
"""Rows of a table beyond which a first question reads it behind its condition: there reading costs more than finding. Only what is asked
for again, as a page's many questions do, is laid out."""
_LARGEST_TABLE = 50_000_000
"""Rows of a table beyond which it always stays there: memory is for the questions."""
_MOST_CELLS = 20_000_000
"""Rows × columns that are kept of large tables, and as many of all others, some 300 MB each; of more scopes than fit, the later ones are
read behind their conditions."""

_SIZES = text("SELECT table_name, estimated_size, column_count FROM duckdb_tables() WHERE database_name <> 'memory'")


@dataclass
class LaidRows:
    """What one instance of the embedded database keeps laid out; safe to ask from several threads."""

    _names: dict[tuple[str, Codes], str | None] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _sizes: dict[str, tuple[int, int]] | None = None
    _read: set[tuple[str, Codes]] = field(default_factory=set)
    _cells: dict[bool, int] = field(default_factory=lambda: {False: 0, True: 0})

    def name(self, engine: Engine, table: str, select: str, scope: Scope, run: Run) -> str | None:
        """Return the name under which the rows of ``select`` stand, the part of ``table`` that ``scope`` holds; None: ask ``select``.

        ``run`` executes a statement with the codes of ``scope`` bound. What cannot be laid out is asked where it lies: then the question
        itself says what is wrong, or is answered.
        """
        key = (select, (scope.communities, scope.institutions, scope.county))
        if key in self._names:
            return self._names[key]
        with self._lock:
            if key not in self._names:
                rows, columns = self._size(engine, table)
                large = rows > _LARGE_TABLE
                if large and key not in self._read:
                    self._read.add(key)
                    return None
                fits = rows <= _LARGEST_TABLE and self._cells[large] < _MOST_CELLS
                name, laid = self._laid(engine, select, run) if fits else (None, 0)
                self._cells[large] += columns * laid
                self._names[key] = name
            return self._names[key]

    @staticmethod
    def _laid(engine: Engine, select: str, run: Run) -> tuple[str | None, int]:
        """Lay the rows of ``select`` out; return their name, and how many there are."""
        # Never used twice: whoever still holds a name when the instance is closed and opened anew must not find another's rows under it.
        name = f"memory.main.laid_{uuid.uuid4().hex}"
        try:
            with engine.begin() as connection:
                run(connection, f"CREATE TABLE {name} AS {select}")
                return name, int(connection.execute(text(f"SELECT COUNT(*) FROM {name}")).scalar_one())  # noqa: S608 our own name
        except SQLAlchemyError:
            return None, 0

    def _size(self, engine: Engine, table: str) -> tuple[int, int]:
        """Return rows and columns of ``table``, as the file's own catalogue says; it is asked once."""
        if self._sizes is None:
            try:
                with engine.begin() as connection:
                    self._sizes = {str(name): (int(rows), int(columns)) for name, rows, columns in connection.execute(_SIZES)}
            except SQLAlchemyError:
                return 0, 0
        return self._sizes.get(table, (0, 0))
