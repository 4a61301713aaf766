from dashboard.catalogue.completeness import FIRST_PAGE, completeness_rules
from dashboard.store.schema import metadata
from dashboard.topics import PAGES


def test_the_limits_name_known_pages_and_tables() -> None:
    rules = completeness_rules()
    assert set(rules.pages) <= {page.name for page in PAGES}
    assert {table for tables in rules.pages.values() for table in tables} <= set(metadata.tables)


def test_a_page_that_names_no_tables_waits_for_those_of_the_first() -> None:
    rules = completeness_rules()
    assert rules.tables("insurance") == ("fact_claim",)
    assert "meeting" not in rules.pages
    assert rules.tables("meeting") == rules.pages[FIRST_PAGE]
