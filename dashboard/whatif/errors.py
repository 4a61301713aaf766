"""The one error of the what-if models."""

from collections.abc import Iterable

from dashboard.errors import ProductError
from dashboard.language import translate


class ScenarioError(ProductError, ValueError):
    """Coefficients, a scenario document or a baseline that cannot be computed with: nothing was executed.

    A ``ValueError`` for callers of the pure functions, a ``ProductError`` (what, where, remedy) for readers of a page.
    Details that are themselves marked texts (the name of an amount) are translated with the message.
    """

    def what(self, language: str = "zh") -> str:
        """Return what happened, in ``language``."""
        details = {name: translate(value, language) if isinstance(value, str) else value for name, value in self.details.items()}
        return translate(self._what, language, **details)


def listed(names: Iterable[object]) -> str:
    """Return at most five names for a message, in the order given, with "…" when there are more."""
    texts = [str(name) for name in names]
    return "、".join(texts[:5]) + ("…" if len(texts) > 5 else "")
