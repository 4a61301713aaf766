import pytest

from dashboard.catalogue.loader import load_catalogue
from dashboard.errors import CatalogueError
from dashboard.services.common.dictionary import DICTIONARY, dictionary_text
from dashboard.services.common.indicators import indicator_definition


def test_the_documentation_is_generated_from_the_catalogue() -> None:
    assert DICTIONARY.read_text(encoding="utf-8") == dictionary_text(load_catalogue()), (
        "run: python -m dashboard.services.common.dictionary"
    )


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_indicator_has_a_whole_definition(language: str) -> None:
    for entry in load_catalogue().indicators.values():
        known = indicator_definition(entry.id, language)
        assert known.name
        assert known.documents
        assert known.aggregation
        assert bool(known.lacks) != bool(known.formula_in_words)
        assert bool(known.sources) == bool(known.formula)


def test_a_definition_tells_formula_sources_target_and_traps() -> None:
    known = indicator_definition("B02")
    assert known.formula == "(primary_visits) ÷ (visits)"
    assert known.formula_in_words == "[基层医疗卫生机构诊疗人次] ÷ [总诊疗人次] × 100"
    assert known.sources == ("fact_outpatient.visits",)
    assert "≥ 65 %" in known.target
    assert "2020" in known.target
    assert any("2024" in membership for membership in known.memberships)
    assert not known.official
    assert known.evidence_label == "二手转录，待核实"
    assert any("55%" in note for note in known.notes)


def test_english_has_no_chinese_left_in_what_the_catalogue_gives() -> None:
    for entry in load_catalogue().indicators.values():
        known = indicator_definition(entry.id, "en")
        texts = [known.name, known.numerator, known.denominator, known.formula_in_words, known.aggregation, known.target]
        texts += [*known.notes, *known.memberships]
        assert not [text for text in texts if any("一" <= letter <= "鿿" for letter in text)], entry.id


def test_an_unknown_indicator_is_refused() -> None:
    with pytest.raises(CatalogueError, match="Z99"):
        indicator_definition("Z99")
