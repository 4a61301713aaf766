"""The one error style: what happened, where, and what to do, in the reader's language."""

from dashboard.language import translate


class ProductError(Exception):
    """An error that a reader may see.

    ``what`` and ``remedy`` are Chinese message templates (``str.format`` fields filled from ``details``), marked for
    translation with ``dashboard.language.marked``; ``where`` names the file, table or page and is shown as it is.
    Nothing internal (paths of the server, SQL, class names) belongs in any of them; the cause stays in ``__cause__``
    for the log.
    """

    def __init__(self, what: str, remedy: str, *, where: str = "", **details: object) -> None:
        super().__init__(what.format(**details) if details else what)
        self._what = what
        self._remedy = remedy
        self.where = where
        self.details = details

    def what(self, language: str = "zh") -> str:
        """Return what happened, in ``language``."""
        return translate(self._what, language, **self.details)

    def remedy(self, language: str = "zh") -> str:
        """Return what to do, in ``language``."""
        return translate(self._remedy, language, **self.details)

    def text(self, language: str = "zh") -> str:
        """Return the whole message on one line, for a terminal or a log."""
        parts = [self.what(language), self.where, self.remedy(language)]
        return " · ".join(part for part in parts if part)


class DatabaseError(ProductError):
    """The reporting or workspace database is missing, unreachable or of another version."""


class CatalogueError(ProductError):
    """A catalogue file is wrong; ``where`` names the file and the field."""


class PackageError(ProductError):
    """An import package cannot be read at all (row findings are reported otherwise)."""


class QueryError(ProductError):
    """A query could not be answered by the database."""


class ScopeError(ProductError):
    """Something was asked for that lies outside of what this reader may see."""
