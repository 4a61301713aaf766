"""Every text that a page draws, components and figures included, as it was sent to the browser."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest


def _plain(value: Any) -> Iterator[str]:
    """Yield the texts inside JSON."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _plain(each)
    elif isinstance(value, list):
        for each in value:
            yield from _plain(each)


def _text(value: str) -> Iterator[str]:
    if value[:1] in "{[":
        try:
            yield from _plain(json.loads(value))
        except ValueError:
            pass
        else:
            return
    yield value


def _strings(message: Message) -> Iterator[str]:
    for about, value in message.ListFields():
        many = value if about.is_repeated else [value]
        if about.message_type is not None and about.message_type.GetOptions().map_entry:
            many = list(value.values())
        for each in many:
            if isinstance(each, Message):
                yield from _strings(each)
            elif about.type == FieldDescriptor.TYPE_STRING or isinstance(each, str):
                yield from _text(str(each))


def drawn(app: AppTest) -> list[str]:
    """Return every text of the app as it was sent to the browser."""
    found = []
    for element in _elements(app):
        found += _strings(element.proto)
        value = getattr(element, "value", None)
        if isinstance(value, pd.DataFrame):
            found += [str(name) for name in value.columns]
            found += [str(each) for name in value.columns for each in value[name] if isinstance(each, str)]
    return found


def _elements(app: AppTest) -> Iterator[Any]:
    return (node for node in app._tree if getattr(node, "proto", None) is not None)
