from dashboard.store.diagram import PAGE, page
from dashboard.store.schema import metadata


def test_entity_relationship_page_is_the_schema() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m dashboard.store.diagram"


def test_every_table_and_column_has_a_chinese_comment() -> None:
    for table in metadata.sorted_tables:
        for item in (table, *table.columns):
            comment = item.comment or ""
            assert any("一" <= character <= "鿿" for character in comment), f"{table.name}.{item.name}: {comment!r}"


def test_every_foreign_key_is_drawn() -> None:
    text = page()
    for table in metadata.sorted_tables:
        for key in table.foreign_keys:
            assert f"o{{ {table.name} : {key.parent.name}" in text
