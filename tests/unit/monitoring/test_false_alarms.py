"""Two hundred counties without stories: no more is found than the page says."""

from tests.benchmarks.monitoring_benchmark import quiet_counties, replay_seconds


def test_two_hundred_quiet_counties() -> None:
    found = quiet_counties()
    assert 0 < found.found_share <= found.stated_chance
    assert found.counties_with_held <= found.stated_false_share
    assert found.new_alerts_a_month <= 12


def test_the_replay_is_one_call_for_all_units() -> None:
    assert replay_seconds(months=12, units=10, rules=1) > 0
