"""Every query file asked of two engines, and what differs between their frames."""

from collections.abc import Iterator

import pandas as pd
from pandas.testing import assert_frame_equal
from sqlalchemy import Engine

from dashboard.store.query import run_query
from dashboard.store.scope import COUNTY, Scope
from dashboard.store.scoping import WHOLE_COUNTY, scoped_query
from tests.integration.common.test_scope import NAMES, asked, levels
from tests.scope_county import Asked

CASES = [(name, level) for name in NAMES for level in levels(name)]
CATALOGUE = "importing/database_columns"
"""Asks for the engine's own catalogue, which holds more than our tables: names are compared apart."""
ONE_COMMUNITY = Scope(frozenset({"C1"}), None, None, 1)


def cases(reader: Scope) -> Iterator[tuple[str, str]]:
    """Every query and level that ``reader`` may ask."""
    for name, level in CASES:
        if name != CATALOGUE and (reader.every_row or WHOLE_COUNTY not in scoped_query(name).views):
            yield name, level


def answer(engine: Engine, name: str, level: str, reader: Scope = COUNTY) -> pd.DataFrame:
    return run_query(Asked(engine, reader), name, **asked(name, level))


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    """Sort by what is no quantity, then by the quantities: the last digit of a quotient must not decide where a row stands."""
    exact = [name for name in frame.columns if frame[name].dtype.kind != "f"]
    wide = frame.astype({name: "float64" for name in frame.columns if frame[name].dtype == "float32"})
    for name in exact:
        if _family(wide[name]) == "text":
            wide[name] = wide[name].astype(object).where(wide[name].notna(), None)
    order = [*exact, *(name for name in frame.columns if name not in exact)]
    return wide.sort_values(order, ignore_index=True, key=lambda values: values.astype(str) if values.name in exact else values)


def _family(values: pd.Series) -> str:
    return "text" if values.dtype.kind in "OUS" or values.dtype == "str" else values.dtype.kind.replace("i", "f")


def difference(expected: pd.DataFrame, found: pd.DataFrame) -> str:
    """Say what differs between two answers to one question; nothing when they are the same, to the ninth digit of a quotient."""
    families = [[_family(frame[name]) for name in frame.columns] for frame in (expected, found)]
    if len(expected) and families[0] != families[1]:
        return f"types {families[0]} became {families[1]}"
    try:
        assert_frame_equal(in_order(expected), in_order(found), check_dtype=False, rtol=1e-9, atol=0)
    except AssertionError as error:
        return str(error)
    return ""
