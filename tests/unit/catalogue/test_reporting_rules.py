from pathlib import Path

import pytest

from dashboard.analysis.data_quality import DIMENSIONS
from dashboard.catalogue.loader import CATALOGUE_FOLDER
from dashboard.catalogue.reporting import WHOLE_COUNTY, TableRule, reporting_rules
from dashboard.errors import CatalogueError
from dashboard.store.codes import INSTITUTION_KIND
from dashboard.store.importing.rules import RULES
from dashboard.store.schema import metadata


def test_rules_name_only_known_tables_kinds_and_rules() -> None:
    rules = reporting_rules()
    assert set(rules.tables) <= set(metadata.tables)
    for rule in rules.tables.values():
        assert set(rule.kinds or ()) <= {*INSTITUTION_KIND, WHOLE_COUNTY}
    for group in rules.groups.values():
        assert set(group.tables) <= set(rules.tables)
    assert set(rules.lines) == set(DIMENSIONS)
    for names in rules.rules.values():
        assert {RULES[name].severity for name in names} == {"warning"}
        assert {table for spoken in names.values() for table in spoken} <= set(metadata.tables)


def test_a_report_of_the_county_has_no_other_reporters() -> None:
    assert reporting_rules().tables["fact_claim"].of_county
    assert not reporting_rules().tables["fact_bed"].of_county
    assert not TableRule(kinds=None).of_county
    with pytest.raises(ValueError, match="county stands alone"):
        TableRule(kinds=(WHOLE_COUNTY, "general_hospital"))


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "reporting.yaml").read_text(encoding="utf-8").replace("due_day: 20", "due_day: 40")
    (tmp_path / "reporting.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="due_day"):
        reporting_rules(tmp_path)
