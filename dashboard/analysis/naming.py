"""Names as labels: short where all of a list share a part, told apart where two are equal. A name is never a key; codes are."""

import re
from collections.abc import Sequence

import pandas as pd

LONG_NAME = 8
"""Letters from which on a list of names loses what its names share."""
_AREA_ENDS = "省州盟市县区旗"
_FEWEST_LEFT = 2
_MIDDLE = "…"
_BEFORE_NUMBER = re.compile(r" (?=[\d+−—])")
_LAST_NARROW = 0xFF


def _common_start(names: Sequence[str]) -> str:
    """Return the name of an area that all ``names`` begin with; empty where they share none."""
    first, last = min(names, default=""), max(names, default="")
    shared = next((place for place, letter in enumerate(first) if last[place : place + 1] != letter), len(first))
    end = max(first.rfind(letter, 0, shared) for letter in _AREA_ENDS)
    return first[: end + 1]


def _without(name: str, starts: Sequence[str], ends: Sequence[str]) -> str:
    for start in starts:
        if start and name.startswith(start) and len(name) - len(start) >= _FEWEST_LEFT:
            name = name[len(start) :]
    for end in ends:
        if name.endswith(end) and len(name) - len(end) >= _FEWEST_LEFT:
            return name[: -len(end)]
    return name


def without_shared(names: "pd.Series[str]", areas: Sequence[str] = (), endings: Sequence[str] = ()) -> "pd.Series[str]":
    """Return ``names`` without what they share, when one of them has more than ``LONG_NAME`` letters; at least two letters stay.

    Args:
        names: by code.
        areas: names of the county; what all names begin with, as far as it ends an area's name (…县, …区), is dropped as well.
        endings: what is dropped where every name ends so (医共体), the first that applies.

    Returns:
        The names, with the index of ``names``. Equal ones may result: see ``distinct``.
    """
    texts = [str(name) for name in names]
    if not texts or max(map(len, texts)) <= LONG_NAME:
        return pd.Series(texts, index=names.index, dtype="object")
    starts = sorted({*areas, _common_start(texts)}, key=len, reverse=True)
    shared = [end for end in endings if all(text.endswith(end) for text in texts)]
    return pd.Series([_without(text, starts, shared) for text in texts], index=names.index, dtype="object")


def distinct(names: "pd.Series[str]", *details: "pd.Series[str]") -> "pd.Series[str]":
    """Return ``names`` with what tells equal ones apart in brackets: as few of ``details`` as are needed, at last the code.

    ``names`` and ``details`` are indexed by code; a detail may be missing. The result has no two equal labels.
    """
    codes = [str(code) for code in names.index]
    texts = [str(name) for name in names]
    marks: list[tuple[str, ...]] = [()] * len(codes)
    for detail in (*(each.reindex(names.index).tolist() for each in details), codes):
        groups: dict[tuple[str, tuple[str, ...]], list[int]] = {}
        for place, key in enumerate(zip(texts, marks, strict=True)):
            groups.setdefault(key, []).append(place)
        for places in groups.values():
            told = [None if pd.isna(detail[place]) else str(detail[place]) for place in places]
            if len(set(told)) > 1:
                for place, mark in zip(places, told, strict=True):
                    marks[place] = marks[place] if mark is None else (*marks[place], mark)
    labels = [f"{text} ({' · '.join(mark)})" if mark else text for text, mark in zip(texts, marks, strict=True)]
    while len(set(labels)) < len(labels):  # a name that looks like another one with its mark
        again = {label for label in labels if labels.count(label) > 1}
        labels = [f"{label} ({code})" if label in again else label for label, code in zip(labels, codes, strict=True)]
    return pd.Series(labels, index=names.index, dtype="object")


def by_code(names: "pd.Series[str]") -> dict[str, str]:
    """Return code → name, for choices; ``names`` is indexed by code and distinct (``distinct``)."""
    return {str(code): str(name) for code, name in names.items()}


def elided(text: str, longest: float) -> str:
    """Return ``text`` with "…" for its middle where it has more than ``longest`` letters (Latin letters count half)."""
    wide = [1.0 if ord(letter) > _LAST_NARROW else 0.5 for letter in text]
    if sum(wide) <= longest:
        return text
    room, start, end = longest - 1.0, 0, len(text)
    while room >= wide[start]:  # the beginning tells more: it gets the odd letter
        room, start = room - wide[start], start + 1
        if room >= wide[end - 1]:
            room, end = room - wide[end - 1], end - 1
    return text[:start].rstrip() + _MIDDLE + text[end:].lstrip()


def elided_name(text: str, longest: float) -> str:
    """Return ``text`` elided (``elided``) up to its first number, "人民医院 (城关镇) 38.8%": no digit of a value is ever left out."""
    name, *value = _BEFORE_NUMBER.split(text, maxsplit=1)
    return " ".join([elided(name, longest), *value])


def all_elided(names: Sequence[str], longest: float) -> list[str]:
    """Return ``names`` elided (``elided``); those that would become equal, though they are not, stay whole."""
    short = [elided(name, longest) for name in names]
    whole: dict[str, set[str]] = {}
    for label, name in zip(short, names, strict=True):
        whole.setdefault(label, set()).add(name)
    return [label if len(whole[label]) == 1 else name for label, name in zip(short, names, strict=True)]
