"""What changed when, in words: definitions from the catalogue's history, registers from this county's loads."""

from pathlib import Path

from dashboard.catalogue.history import history
from dashboard.services.common.database import open_database
from dashboard.services.data.history import FIELD_WORDS, changed_words, current, definition_changes, register_changes
from dashboard.store.importing.loader import load_package
from tests.integration.packages import small_county, write_csv_package
from tests.kept import KeptCounties


def test_no_table_and_no_indicator_changed_without_a_line() -> None:
    assert current() == history(), "python -m dashboard.services.data.history writes the lines that are missing"


def test_a_change_is_told_field_by_field_in_the_readers_language() -> None:
    before, now = {"numerator": "a", "unit": "%", "target": "t"}, {"numerator": "b", "unit": "%", "visits": "Integer"}
    assert changed_words(before, now, FIELD_WORDS) == "分子 a → b；去掉 目标 t；加 visits Integer"
    assert changed_words(None, now, FIELD_WORDS) == "首次收录"
    assert changed_words(before, None, FIELD_WORDS) == "不再收录"
    found = definition_changes().set_index(["subject", "on"]).sort_index()
    formula = found.loc["A01"].iloc[-1]
    assert formula["what"] == "分子 open_bed_days / calendar_days → open_bed_days / reported_bed_month_days"
    assert found.loc["A01"].iloc[0]["what"] == "首次收录"
    assert "加 diagnosis_matched BigInteger?" in " ".join(found.loc["fact_inpatient_quality", "what"])


def test_loads_of_registers_are_part_of_it(tmp_path: Path, kept_counties: KeptCounties) -> None:
    tables = small_county()
    url = kept_counties.copied(f"duckdb:///{tmp_path / 'reporting.duckdb'}", tables)
    load_package(write_csv_package(tmp_path / "second", {"dim_town": tables["dim_town"].iloc[:1].assign(name="新名")}), url)
    found = register_changes(open_database(url))
    assert found[["load_id", "subject"]].iloc[0].tolist() == [2, "dim_town"]
    assert found["what"].iloc[0] == "载入 1 行（dim_town.csv）"
    assert set(found["subject"]) == {name for name in tables if name.startswith("dim_")}
