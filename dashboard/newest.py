"""A memory of bounded size: of very many things it keeps the newest."""

from collections.abc import MutableMapping
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


def keep_newest(known: MutableMapping[Key, Value], key: Key, value: Value, most: int) -> None:
    """Keep ``value`` in ``known`` as the newest of at most ``most`` (1 or more); the oldest go. Who shares ``known`` holds its lock."""
    known.pop(key, None)
    while len(known) >= most:
        del known[next(iter(known))]
    known[key] = value
