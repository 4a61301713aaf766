"""A walk over all pages: every view that an address opens, and every text that is drawn in it, components and figures included."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from streamlit.testing.v1 import AppTest

from dashboard.services.referrals.flows import View as Source
from dashboard.topics import PAGES
from dashboard.ui.insurance.page import SECTIONS as INSURANCE
from dashboard.ui.performance.page import SECTIONS as PERFORMANCE
from dashboard.ui.quality.page import SECTIONS as QUALITY
from dashboard.ui.resources.page import SECTIONS as RESOURCES
from dashboard.ui.utilisation.page import SECTIONS as UTILISATION

_SECTIONS = {"insurance": INSURANCE, "performance": PERFORMANCE, "quality": QUALITY, "resources": RESOURCES, "utilisation": UTILISATION}


@dataclass(frozen=True)
class View:
    """One page, or one section of it."""

    page: str
    query: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return what a test is called by."""
        return "-".join((self.page, *self.query.values()))


def _views() -> Iterator[View]:
    for page in PAGES:
        sections = _SECTIONS.get(page.name)
        if page.name == "referrals":
            yield from (View(page.name, {"flow": source.value}) for source in Source)
        elif sections is None:
            yield View(page.name)
        else:
            yield from (View(page.name, {sections.key: code}) for code in sections.labels)


VIEWS = tuple(_views())


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
