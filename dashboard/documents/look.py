"""Fonts, colours and cleaning that all document writers share. The colours are those of the light screen (a test keeps them equal)."""

import re
import unicodedata

from dashboard.states import LIGHT_COMMUNITIES, LIGHT_STATES, State

FONT = "Microsoft YaHei"
"""On every Windows and WPS desktop; LibreOffice and others put a Chinese font of their own in its place."""
PRIMARY = "1F6DB2"
TEXT = "1A2433"
MUTED = "566477"
BORDER = "DDE5EE"
HEAD_FILL = "E3EFFA"
BAND_FILL = "F5F7FA"
STATE_COLOURS = {state: colour.removeprefix("#") for state, colour in LIGHT_STATES.items()}
SERIES = tuple(colour.removeprefix("#") for colour in LIGHT_COMMUNITIES)
WARNING = STATE_COLOURS[State.WARNING]

# XML 1.0 knows no control characters but tab and line ends, no lone surrogates and no noncharacters.
_NOT_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def clean(text: str) -> str:
    """Return ``text`` without what no XML document may hold."""
    return _NOT_XML.sub("", text)


def width(text: str) -> int:
    """Return how many Latin letters wide ``text`` is: a Chinese letter and a sign such as ● count two."""
    return sum(2 if unicodedata.east_asian_width(letter) in "WFA" else 1 for letter in text)
