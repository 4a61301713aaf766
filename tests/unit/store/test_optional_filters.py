"""None is "everything" in one place: the query gate binds it, and every query spells the optional filter the same way."""

import re
from pathlib import Path

import pytest

from dashboard.services.common.database import open_database
from dashboard.settings import PROJECT
from dashboard.store.query import EVERYTHING, QUERIES, Whole, optional_binds, query_text, run_query
from tests.tiny import make_tiny_database

NAMES = sorted(str(file.relative_to(QUERIES).with_suffix("")) for file in QUERIES.rglob("*.sql"))
FORM = re.compile(r"\(CAST\(:(\w+) AS VARCHAR\(64\)\) = 'all' OR .*= CAST\(:\1 AS VARCHAR\(64\)\)\)")


def test_every_optional_filter_is_spelled_alike() -> None:
    found = {name: text for name in NAMES if "= 'all' OR" in (text := query_text(name))}
    assert len(found) > 30
    for name, text in found.items():
        assert text.count("= 'all' OR") == len(FORM.findall(text)), name
        assert set(FORM.findall(text)) <= optional_binds(text), name


def test_only_the_gate_knows_the_word() -> None:
    writers = {
        file.name
        for file in (PROJECT / "dashboard" / "services").rglob("*.py")
        if re.search(r'\bor "all"|= "all"\s*$', file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert writers <= {"filters.py", "report.py"}  # codes of the address, and of the audit trail
    assert EVERYTHING == "all"


@pytest.mark.parametrize(("asked", "units"), [(None, ["C1", "C2", "C3", "C4", "C5"]), ("C2", ["C2"]), ("nobody", [])])
def test_none_asks_for_everything_and_a_code_for_its_own(tmp_path: Path, asked: str | None, units: list[str]) -> None:
    engine = open_database(make_tiny_database(f"duckdb:///{tmp_path / 'reporting.duckdb'}")).engine
    frame = run_query(Whole(engine), "measures/units", level="community", community=asked)
    assert sorted(frame["unit"]) == units
