"""The rules of the cross-table checks are read from their file, and refused where they do not fit."""

from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER
from dashboard.catalogue.reconciliation import reconciliation
from dashboard.errors import CatalogueError
from dashboard.store.schema import package_tables


def test_every_rule_names_tables_that_exist() -> None:
    found = reconciliation()
    known = {table.name for table in package_tables()}
    assert found.rules
    assert all(set(rule.tables) <= known for rule in found.rules.values())


def test_a_rule_of_one_table_is_refused(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "reconciliation.yaml").read_text(encoding="utf-8")
    (tmp_path / "reconciliation.yaml").write_text(text.replace("tables: [", "tables: [fact_claim] # ", 1), encoding="utf-8")
    with pytest.raises(CatalogueError):
        reconciliation(tmp_path)
