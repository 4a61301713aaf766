"""What changed when: how every indicator and every table was defined, from the day on which it became so (``history.yaml``).

States are kept, not sentences: what changed is the difference between two of them, told in the reader's language. A test holds the last
state of each against the catalogue and the contract, so that nobody changes one without a line here;
``python -m dashboard.services.data.history`` writes the lines that are missing.
"""

import datetime
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from pydantic import Field

from dashboard.catalogue.loader import CATALOGUE_FOLDER, read_entry
from dashboard.catalogue.models import Entry, Indicator, Text

HISTORY = "history.yaml"
DEFINING = (
    "numerator",
    "denominator",
    "multiplier",
    "unit",
    "direction",
    "levels",
    "applies_to",
    "target",
    "reference",
    "grade",
    "formula_grade",
)
"""The fields of an indicator that make it another one when they change; names and notes do not."""
State = Mapping[str, str]
_WIDTH = 100_000


class Change(Entry):
    """How something was defined from the day ``since`` until the next change, by which version of the program; gone without ``state``."""

    since: datetime.date
    version: Text
    state: Mapping[Text, str] | None = None


class History(Entry):
    """The states of indicators by id and of tables by name, the oldest first."""

    indicators: Mapping[Text, tuple[Change, ...]] = Field(default_factory=dict)
    tables: Mapping[Text, tuple[Change, ...]] = Field(default_factory=dict)


def indicator_state(indicator: Indicator) -> dict[str, str]:
    """Return what defines an indicator, as text by field; what it does not have is left out."""
    written = indicator.model_dump(mode="json", include=set(DEFINING))
    return {name: _text(written[name]) for name in DEFINING if written[name] not in (None, {}, [])}


def _text(value: object) -> str:
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_text(part)}" for name, part in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def brought_up(
    kept: Mapping[str, tuple[Change, ...]], now: Mapping[str, State], day: datetime.date, version: str
) -> dict[str, tuple[Change, ...]]:
    """Return ``kept`` with a line of ``day`` for everything whose state ``now`` is not its last one: new, changed or taken away."""
    found = dict(kept)
    for name in (*kept, *(name for name in now if name not in kept)):
        before = found.get(name, ())
        last = before[-1].state if before else None
        if now.get(name) != last:
            found[name] = (*before, Change(since=day, version=version, state=now.get(name)))
    return found


@cache
def history(folder: Path = CATALOGUE_FOLDER) -> History:
    """Return ``history.yaml``. Raises ``CatalogueError``."""
    return read_entry(History, folder / HISTORY)


def write_history(content: History, folder: Path = CATALOGUE_FOLDER) -> None:
    """Write ``history.yaml``: one line a state, so that a change shows as a line that was added."""
    lines = ["# What changed when, written by `python -m dashboard.services.data.history`; a test says when a line is missing."]
    for part in ("indicators", "tables"):
        lines.append(f"{part}:" if getattr(content, part) else f"{part}: {{}}")
        for name, changes in getattr(content, part).items():
            lines.append(f"  {name}:")
            for change in changes:
                written = change.model_dump(mode="json", exclude_none=True)
                flow = yaml.safe_dump(written, allow_unicode=True, default_flow_style=True, sort_keys=False, width=_WIDTH)
                lines.append(f"  - {flow.strip()}")
    (folder / HISTORY).write_text("\n".join(lines) + "\n", encoding="utf-8")
