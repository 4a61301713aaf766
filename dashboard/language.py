"""Chinese first, English complete: the message ids are the Chinese texts, English comes from a gettext catalogue."""

import gettext
from functools import cache
from pathlib import Path

LANGUAGES = {"zh": "中文", "en": "English"}
LOCALE_FOLDER = Path(__file__).parent / "locale"


def marked(message: str) -> str:
    """Return ``message`` unchanged; marks it for extraction where it is translated later."""
    return message


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    return gettext.translation("dashboard", LOCALE_FOLDER, languages=[language], fallback=True)


def translate(message: str, language: str = "zh", **details: object) -> str:
    """Return ``message`` in ``language`` with its ``{fields}`` filled from ``details``.

    A text without a translation comes back in Chinese; ``tests/unit/ground/test_language.py`` keeps the English complete.
    """
    text = message if language == "zh" else _catalogue(language).gettext(message)
    return text.format(**details) if details else text
