"""A definition is one element, and what comes from data stays text in it."""

from dashboard.ui.kit.definition import Definition, _paragraphs
from dashboard.ui.kit.messages import escaped


def test_everything_there_is_to_say_stands_in_reading_order() -> None:
    content = Definition(name="A01 床位", meaning="每千人床位", formula="a ÷ b", source="fact_bed", grade="待核实")
    assert _paragraphs(content) == [
        "**A01 床位**",
        ":gray-badge[待核实]",
        "每千人床位",
        ":small[:gray[**公式**  a ÷ b]]",
        f":small[:gray[**来源表**  {escaped('fact_bed')}]]",
    ]
    assert _paragraphs(Definition(name="只有名称")) == ["**只有名称**"]


def test_a_component_is_told_the_same() -> None:
    content = Definition(name="A01 床位", meaning="每千人床位", formula="a ÷ b", source="fact_bed", grade="待核实")
    pairs = [["", "每千人床位"], ("公式", "a ÷ b"), ("来源表", "fact_bed")]
    assert content.told() == {"title": "A01 床位", "grade": "待核实", "pairs": pairs}
    assert Definition(name="只有名称").told() == {"title": "只有名称", "grade": "", "pairs": []}


def test_what_comes_from_data_opens_nothing() -> None:
    hostile = "x] :red[y](http://evil.example)\n# **z**"
    found = _paragraphs(Definition(name=hostile, meaning=hostile, formula=hostile, grade=hostile))
    assert [part.count(escaped(hostile)) for part in found] == [1, 1, 1, 1]
    assert not any("\n" in part for part in found)
