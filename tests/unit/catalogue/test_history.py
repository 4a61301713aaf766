"""What changed when: nothing is changed without a line, and what a line says is what happened."""

import datetime
from pathlib import Path

from dashboard.catalogue.history import Change, History, brought_up, history, indicator_state, write_history
from dashboard.catalogue.loader import load_catalogue

MONDAY, TUESDAY = datetime.date(2026, 11, 23), datetime.date(2026, 11, 24)


def test_every_definition_has_its_present_state_in_the_history() -> None:
    now = {each.id: indicator_state(each) for each in load_catalogue().indicators.values()}
    kept = history().indicators
    assert {name: found[-1].state for name, found in kept.items() if found[-1].state} == now, (
        "a definition changed: python -m dashboard.services.data.history writes the lines"
    )
    assert any(len(found) > 1 for found in kept.values()), "there is something to see"
    for found in kept.values():
        assert [each.since for each in found] == sorted(each.since for each in found)


def test_a_state_says_what_defines_and_nothing_else() -> None:
    occupancy = indicator_state(load_catalogue().indicators["C01"])
    assert occupancy["numerator"] == "occupied_bed_days"
    assert (occupancy["multiplier"], occupancy["levels"]) == ("100", "county, community, institution")
    assert not {"name", "notes", "decimals", "applies_to"} & set(occupancy)
    assert indicator_state(load_catalogue().indicators["E10"])["applies_to"].startswith("kind: general_hospital")


def test_new_changed_and_gone_get_a_line_and_the_rest_none() -> None:
    first = brought_up({}, {"A": {"unit": "%"}, "B": {"unit": "人"}, "C": {"unit": "天"}}, MONDAY, "1")
    second = brought_up(first, {"A": {"unit": "%"}, "B": {"unit": "人次"}, "D": {"unit": "元"}}, TUESDAY, "2")
    assert {name: [(each.since, each.state) for each in found] for name, found in second.items()} == {
        "A": [(MONDAY, {"unit": "%"})],
        "B": [(MONDAY, {"unit": "人"}), (TUESDAY, {"unit": "人次"})],
        "C": [(MONDAY, {"unit": "天"}), (TUESDAY, None)],
        "D": [(TUESDAY, {"unit": "元"})],
    }
    assert brought_up(second, {"A": {"unit": "%"}, "B": {"unit": "人次"}, "D": {"unit": "元"}}, TUESDAY, "3") == second, "gone stays gone"


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    lines = (Change(since=MONDAY, version="1", state={"numerator": "a / b", "unit": "%: x, {y}"}), Change(since=TUESDAY, version="2"))
    for content in (History(), History(indicators={"A01": lines}, tables={"fact_bed": lines[:1]})):
        write_history(content, tmp_path)
        history.cache_clear()
        assert history(tmp_path) == content
    history.cache_clear()
