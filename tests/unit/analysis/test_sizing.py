import pytest

from dashboard.analysis import sizing

KINDS = [(2.0e6, 20e3, 15), (60e3, 2e6, 30), (1.5e6, 10e3, 15), (0.2e6, 150e6, 5), (0.12e6, 300e3, 15), (0.5e6, 50e3, 30)]


def test_golden_storage_of_a_county_platform() -> None:
    net = [sizing.storage(volume, size, years, 0.08) / 1e12 for volume, size, years in KINDS]
    assert net == pytest.approx([1.086, 13.594, 0.407, 175.998, 0.977, 2.832], abs=6e-4)
    assert sum(net) == pytest.approx(194.895, abs=1e-3)
    assert sizing.gross_storage(net) == pytest.approx(723.9, abs=0.05)
    assert sizing.gross_storage(sum(net)) == pytest.approx(sizing.gross_storage(net))
    assert sizing.gross_storage(100, index=0, copies=1, fill=1) == 100


def test_storage_without_growth_and_with_very_little_are_the_same() -> None:
    assert sizing.storage(10, 2, 3) == 60
    assert sizing.storage(10, 2, 3, 1e-12) == pytest.approx(60)
    by_hand = sum(10 * 2 * 1.08**year for year in range(3))
    assert sizing.storage(10, 2, 3, 0.08) == pytest.approx(by_hand)


def test_golden_concurrency() -> None:
    load = sizing.concurrency(2.0e6)
    assert load.visits_per_day == pytest.approx(7968.1, abs=0.05)
    assert load.peak_hour_visits == pytest.approx(1593.6, abs=0.05)
    assert load.transactions_per_second == pytest.approx(5.312, abs=5e-4)
    assert load.concurrent == pytest.approx(42.5, abs=0.05)


def test_processes_for_the_users_of_the_dashboard() -> None:
    assert sizing.processes(300) == 1
    assert sizing.processes(0) == 1
    assert sizing.processes(2101) == 2


@pytest.mark.parametrize(
    "call",
    [
        lambda: sizing.storage(-1, 1, 1),
        lambda: sizing.storage(1, 1, 1, -1),
        lambda: sizing.gross_storage(1, index=-0.1),
        lambda: sizing.gross_storage(1, copies=0.5),
        lambda: sizing.gross_storage(1, fill=0),
        lambda: sizing.concurrency(1, working_days=0),
        lambda: sizing.concurrency(1, peak_hour_share=1.1),
        lambda: sizing.concurrency(-1),
        lambda: sizing.processes(-1),
        lambda: sizing.processes(1, think_seconds=0),
    ],
)
def test_figures_out_of_range_are_refused(call) -> None:
    with pytest.raises(ValueError, match="must"):
        call()
