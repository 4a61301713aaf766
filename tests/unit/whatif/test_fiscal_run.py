"""One fiscal scenario on a small county: history at weight 0, tracks that sum, four parties that balance, searches and shared money."""

import datetime
from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.catalogue.coefficients import Value, load_fiscal_coefficients
from dashboard.whatif.document import Scenario, checked
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.fiscal_run import INCOME_ITEMS, PARTIES, TRACKS, FiscalBaseline, FiscalOutcome, run_fiscal, run_values
from dashboard.whatif.fiscal_search import PAIRS, causes, fiscal_band, fiscal_goal_seek, fiscal_tornado, overlaps
from dashboard.whatif.money import cents

NAMES = ["A", "B", "C"]
INSTITUTIONS = pd.DataFrame(
    {
        "community": ["C1", "C1", "C2"],
        "residents": [30_000.0, 20_000.0, None],
        "signed": [10_000.0, 8_000.0, None],
        "fulfilled": [9_000.0, 6_000.0, None],
        "low_income": [100.0, None, None],
        "staff": [60.0, 40.0, None],
    },
    index=NAMES,
)
HISTORY = pd.DataFrame(
    {"guarantee": [3_000_000.0, 2_000_000.0, 1_000_000.0], "purchase": [900_000.0, 900_000.0, 900_000.0], "quota": 0.0,
     "contract": [450_000.0, 300_000.0, 0.0]},
    index=NAMES,
)  # fmt: skip
WORK = pd.DataFrame(
    [("A", "W01", 80_000, 1.0), ("A", "W08", 4_000, 0.9), ("B", "W01", 40_000, 1.2), ("C", "W01", 60_000, 0.8)],
    columns=["institution", "service", "quantity", "quality"],
)


def hospitals(**changes: float) -> pd.DataFrame:
    one = {"drug": 42e6, "herbal": 0.0, "consumable": 14e6, "examination": 22e6, "laboratory": 16e6, "service": 36e6}
    two = dict.fromkeys(INCOME_ITEMS, 0.0) | {"service": 1e6, "cost": 1e5, "basic_pay": 0.0}
    rows = [one | {"cost": 60e6, "basic_pay": 5e6} | changes, two]
    return pd.DataFrame(rows, index=["H1", "H2"]).assign(community="C1")


BASELINE = FiscalBaseline(
    data_version="1:2024",
    year=2024,
    coefficients=load_fiscal_coefficients(),
    institutions=INSTITUTIONS,
    history=HISTORY,
    fees=pd.DataFrame({"fund": [360_000.0, 240_000.0, 0.0], "person": [270_000.0, 180_000.0, 0.0]}, index=NAMES),
    workload=WORK,
    weights={"W01": 1.0, "W08": 3.0},
    hospitals=hospitals(),
    target=0.35,
)


def outcome(baseline: FiscalBaseline = BASELINE, **values: Value) -> FiscalOutcome:
    scenario = Scenario(id="x", name="x", data_version=baseline.data_version, coefficients=values)
    return run_fiscal(scenario, baseline)


def test_history_is_history_to_the_cent() -> None:
    found = outcome(transition_weight=0.0)
    assert found.total == BASELINE.total_before == 9_450_000
    assert found.change == 0
    assert set(found.changes.values()) == {0.0}
    assert [cause.change for cause in causes(found)] == [0, 0, 0]
    assert found.flows["budget"] == 0


def test_new_rules_alone_are_the_golden_formula() -> None:
    found = outcome(transition_weight=1.0, history_floor=0.8)
    # A: 3 m + (80,000 + 4,000 · 3 · 0.9) · 12.5 + 9,000 · 120 · 5/12
    assert found.paid["A"] == 3_000_000 + 90_800 * 12.5 + 450_000
    assert found.equivalents["B"] == pytest.approx(48_000)
    assert found.fee_total == 15_000 * 120
    assert found.bought_share is not None
    assert found.track_totals["guarantee"] == 6_000_000


def test_tracks_sum_to_what_is_paid_and_the_floor_is_shown() -> None:
    found = outcome(transition_weight=1.0, history_floor=1.0, guarantee_change=-0.3)
    for name in NAMES:
        assert sum(cents(found.tracks.at[name, track]) for track in TRACKS) == cents(found.paid[name])
        assert found.paid[name] >= BASELINE.before[name]
    assert found.track_totals["floor"] == found.paid.floor_cost > 0


def test_a_closed_pool_spends_exactly_the_budget() -> None:
    found = outcome(transition_weight=1.0, closed_pool=1.0, history_floor=0.8)
    assert cents(found.total) == cents(found.budget)
    assert found.margin == 0
    assert found.unit_value > 0
    empty = outcome(transition_weight=1.0, closed_pool=1.0, guarantee_change=0.5, budget_growth=-0.1, history_floor=0.8)
    assert empty.unit_value == 0


def test_poor_people_are_paid_for_by_the_budget_and_a_part_of_a_year_counts_as_one() -> None:
    plain, poor = outcome(), outcome(subsidy_poor=15.0)
    assert poor.fees["fiscal"].sum() - plain.fees["fiscal"].sum() == pytest.approx(1_500)
    assert poor.fee_total == plain.fee_total
    part = replace(BASELINE, part=0.5, _kept={})
    assert outcome(part).fee_total == plain.fee_total / 2


@pytest.mark.parametrize("markup", [0.0, 1.0])
@settings(max_examples=50, deadline=None)
@given(rise=st.floats(0, 0.3), share=st.floats(0, 1), fund=st.floats(0, 1), weight=st.floats(0, 1))
def test_the_four_parties_balance_to_the_cent(markup: float, rise: float, share: float, fund: float, weight: float) -> None:
    found = outcome(
        markup_reform=markup, service_price_rise=rise, service_price_share=share, fund_share_of_drugs=fund, transition_weight=weight
    )
    assert found.prices is not None
    assert sum(cents(payer.net) for payer in found.prices.parties.values()) == 0
    assert sum(cents(amount) for amount in found.flows.values()) == 0
    assert found.prices.backstop >= 0


def test_two_reforms_are_not_mixed() -> None:
    cheaper, abolished = outcome(), outcome(markup_reform=1.0, service_price_rise=0.05)
    assert cheaper.prices is not None
    assert cheaper.prices.backstop == 0
    assert cheaper.prices.freed == pytest.approx(42e6 * 0.106)
    assert abolished.prices is not None
    assert abolished.prices.freed == pytest.approx(5_478_260.87)
    # H1 gains 5 % of 36 m, H2 lost nothing: topped up to 90 % by hospital.
    assert abolished.prices.backstop == pytest.approx(5_478_260.87 * 0.9 - 1_800_000, abs=0.02)
    assert pd.isna(abolished.prices.hospitals.at["H2", "rate"])
    assert abolished.input == pytest.approx(abolished.total + abolished.prices.backstop)
    assert abolished.structure is not None
    assert abolished.structure.to_prices == pytest.approx(1_850_000)


def test_what_the_target_would_take_and_what_may_be_paid() -> None:
    found = outcome(replace(BASELINE, hospitals=hospitals().loc[["H1"]], _kept={}))
    assert found.needed == pytest.approx(12_218_153.85, abs=0.01)
    # cost of services (60 − 5) · 36 / 74 = 26.757 m
    assert found.pay == {"H1": pytest.approx((36e6 - 55e6 * 36 / 74) * 0.85, abs=0.01)}
    idle = hospitals().assign(service=0.0, examination=0.0, laboratory=0.0)
    assert set(outcome(replace(BASELINE, hospitals=idle, _kept={})).pay.values()) == {0.0}


def test_without_hospitals_there_is_no_price_round() -> None:
    found = outcome(replace(BASELINE, hospitals=hospitals().iloc[:0], _kept={}))
    assert (found.prices, found.structure, found.needed) == (None, None, None)
    assert found.input == found.total
    assert sum(cents(amount) for amount in found.flows.values()) == 0
    with pytest.raises(ScenarioError):
        fiscal_goal_seek(found, "unit_value", "service_target")


def test_nothing_to_pay_has_no_shares_and_nobody_is_refused() -> None:
    nothing = replace(BASELINE, history=HISTORY * 0, institutions=INSTITUTIONS.assign(fulfilled=0.0), workload=WORK.iloc[:0], _kept={})
    assert outcome(nothing).bought_share is None
    nobody = replace(BASELINE, institutions=INSTITUTIONS.iloc[:0], history=HISTORY.iloc[:0], _kept={})
    with pytest.raises(ScenarioError, match="没有可推演"):
        outcome(nobody)


def test_a_retired_coefficient_is_told_with_what_to_use() -> None:
    with pytest.raises(ScenarioError, match=r"财政兜底比例.*90%"):
        outcome(fiscal_backstop_share=0.9)


def test_kept_parts_do_not_grow_without_end() -> None:
    baseline = replace(BASELINE, _kept={})
    for step in range(600):
        baseline.kept(step, lambda: 1)
    assert len(baseline._kept) <= 512
    assert baseline.kept(599, lambda: 2) == 1


def test_the_day_of_the_defaults() -> None:
    assert BASELINE.first_day == datetime.date(2024, 1, 1)


# Searches ----------------------------------------------------------------------------------------------------------------


def test_tornado_moves_only_what_acts() -> None:
    for markup, idle in ((0.0, "backstop_floor"), (1.0, "purchase_cut")):
        bars = fiscal_tornado(outcome(markup_reform=markup))
        assert idle not in {bar.coefficient for bar in bars}
        assert [bar.reach for bar in bars] == sorted((bar.reach for bar in bars), reverse=True)
    bars = {bar.coefficient: bar for bar in fiscal_tornado(outcome(transition_weight=1.0, history_floor=0.8))}
    assert bars["unit_value"].high_change == pytest.approx(0.5 * (90_800 + 48_000 + 48_000), abs=0.05)


def test_the_unit_value_that_spends_exactly_the_pool() -> None:
    start = outcome(transition_weight=1.0, history_floor=0.8)
    found = fiscal_goal_seek(start, "unit_value", "within_budget")
    assert (found.status, found.value) == ("found", pytest.approx(found.value))
    assert found.value is not None
    assert abs(run_values(start, {"unit_value": found.value}).margin) < 1


def test_goals_beyond_reach_and_always_met() -> None:
    start = outcome(purchase_cut=0.02)
    found = fiscal_goal_seek(start, "service_price_share", "service_target")
    assert (found.status, found.value) == ("unreachable", None)
    assert 0 < found.shortfall < 1
    floor = fiscal_goal_seek(outcome(transition_weight=1.0), "history_floor", "nobody_loses")
    assert (floor.status, floor.value) == ("found", pytest.approx(1.0))
    assert fiscal_goal_seek(outcome(transition_weight=0.0), "unit_value", "within_budget").status == "always_met"
    with pytest.raises(ScenarioError, match="不能对该系数求解"):
        fiscal_goal_seek(start, "closed_pool", "within_budget")


@pytest.mark.parametrize("closed", [0.0, 1.0])
def test_the_band_holds_the_outcome_and_is_the_same_again(closed: float) -> None:
    found = outcome(transition_weight=1.0, closed_pool=closed, history_floor=0.8)
    band = fiscal_band(found)
    assert band.low - 1 <= found.total <= band.high + 1
    assert fiscal_band(found) == band
    still = fiscal_band(outcome(transition_weight=0.0))
    assert set(still.loses.values()) == {0.0}


def test_causes_name_the_track() -> None:
    found = causes(outcome(transition_weight=1.0, guarantee_change=-0.3, history_floor=0.8))
    assert found[0].change >= found[-1].change
    worst = found[-1]
    assert (worst.track, worst.part < 0) == ("guarantee", True)


# Shared money ------------------------------------------------------------------------------------------------------------


def pairs(found: FiscalOutcome, **changes: float) -> Mapping[str, tuple[float, bool]]:
    given = {"basic_pay": 2e6, "returned": 0.0, "income": 100e6} | changes
    return {each.pair: (each.amount, each.solved) for each in overlaps(found, **given)}


def test_pairs_on_the_same_money_are_named_with_the_amount() -> None:
    found = pairs(outcome(), returned=5e6)
    assert set(found) == set(PAIRS)
    assert found["purchase_cut"] == (pytest.approx(42e6 * 0.106 * 0.6), True)
    assert found["contract_package"] == (15_000 * 120 * 4 / 12, False)
    assert found["recaptured"] == (5e6, True)
    assert found["quality_score"][0] > 0
    assert pairs(outcome(), returned=50e6)["recaptured"] == (50e6, False)
    loose = pairs(outcome(fee_quota_protected=0.0, contract_fee_in_package=1.0))
    assert (loose["purchase_cut"][1], loose["contract_package"][1]) == (False, True)


def test_pairs_without_money_are_left_out() -> None:
    assert "purchase_cut" not in pairs(outcome(markup_reform=1.0))
    bare = pairs(outcome(replace(BASELINE, hospitals=hospitals().iloc[:0], _kept={})), basic_pay=0.0)
    assert not {"purchase_cut", "price_share", "price_case_cost", "basic_pay", "recaptured"} & set(bare)


def test_a_checked_scenario_is_run_as_it_is() -> None:
    ready = checked(Scenario(id="x", name="x", data_version="1:2024"), BASELINE)
    assert run_fiscal(ready, BASELINE).total == outcome().total
    assert set(outcome().flows) == set(PARTIES)


def test_what_was_checked_for_one_load_is_checked_anew_for_another() -> None:
    ready = checked(Scenario(id="x", name="x", data_version="1:2024"), BASELINE)
    with pytest.raises(ScenarioError):
        run_fiscal(ready, replace(BASELINE, data_version="2:2024", _kept={}))


# What is not known ------------------------------------------------------------------------------------------------------


def test_all_that_the_budget_spends_more_holds_the_backstop_and_so_does_the_band() -> None:
    found = outcome(transition_weight=1.0, markup_reform=1.0, history_floor=0.8)
    assert found.prices is not None
    assert found.prices.backstop > 0
    assert cents(found.input_change) == cents(found.change) + cents(found.prices.backstop)
    band = fiscal_band(found)
    assert band.low <= found.input <= band.high
    assert band.low > found.total  # the backstop is larger than what chance leaves here


def test_a_hospital_whose_cost_is_not_known_has_no_performance_pay() -> None:
    unknown = outcome(replace(BASELINE, hospitals=hospitals(cost=float("nan")), _kept={}))
    assert unknown.pay["H1"] is None
    assert unknown.pay["H2"] == outcome().pay["H2"]
    assert outcome().pay["H1"] is not None


@pytest.mark.parametrize("closed", [0.0, 1.0])
def test_a_centre_without_workload_stays_at_its_history(closed: float) -> None:
    held = replace(BASELINE, workload=WORK[WORK["institution"] != "C"], held=frozenset({"C"}), _kept={})
    found = outcome(held, transition_weight=1.0, closed_pool=closed, history_floor=0.8)
    assert found.paid["C"] == held.before["C"] == 1_900_000
    assert found.changes == {"A": found.changes["A"], "B": found.changes["B"]}
    assert found.tracks.loc["C", "purchase"] == 900_000
    assert [cause.institution for cause in causes(found)] in (["A", "B"], ["B", "A"])
    assert set(fiscal_band(found).loses) == {"A", "B"}
    band = fiscal_band(found)
    assert band.low - 1 <= found.input <= band.high + 1
    if closed:
        assert found.total == pytest.approx(found.budget, abs=0.02)
    # The twin: reckoned with no workload at all, the same centre would lose its whole purchase.
    assert outcome(replace(held, held=frozenset(), _kept={}), transition_weight=1.0, history_floor=0.8).changes["C"] < -300_000


def test_where_nobody_has_workload_everybody_stays_at_history() -> None:
    held = replace(BASELINE, workload=WORK.iloc[:0], held=frozenset(NAMES), _kept={})
    for closed in (0.0, 1.0):
        found = outcome(held, transition_weight=1.0, closed_pool=closed)
        assert found.total == held.total_before
        assert not found.changes
        assert causes(found) == ()
        assert fiscal_goal_seek(found, "history_floor", "nobody_loses").status == "always_met"
