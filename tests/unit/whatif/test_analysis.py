"""Monte Carlo, tornado, global sensitivity, goal seek and optimiser against what can be checked by hand or by force."""

import itertools

import numpy as np
import pandas as pd
import pytest

from dashboard.whatif import uncertainty
from dashboard.whatif.baseline import Baseline
from dashboard.whatif.chain import evaluate
from dashboard.whatif.errors import ScenarioError
from dashboard.whatif.goal_seek import goal_seek
from dashboard.whatif.optimise import optimise
from dashboard.whatif.scenario import Scenario, checked_values, run
from dashboard.whatif.sensitivity import global_sensitivity, movable, sobol_indices, tornado
from dashboard.whatif.uncertainty import monte_carlo
from tests.unit.whatif_county import county

BASELINE = county()


def scenario(**coefficients: object) -> Scenario:
    return Scenario(id="s1", name="测试方案", data_version="12", coefficients=coefficients, seed=42)  # type: ignore[arg-type]


def test_same_seed_same_result_in_any_block_size(monkeypatch: pytest.MonkeyPatch) -> None:
    shares: list[float] = []
    first = monte_carlo(scenario(), BASELINE, runs=500)
    monkeypatch.setattr(uncertainty, "BLOCK_CELLS", 5000)
    second = monte_carlo(scenario(), county(), runs=500, progress=shares.append)
    assert np.array_equal(first.balances, second.balances)
    assert first.communities.equals(second.communities)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert len(shares) > 5
    other = monte_carlo(scenario().model_copy(update={"seed": 43}), BASELINE, runs=500)
    assert not np.array_equal(first.balances, other.balances)


def test_draws_of_a_seed_are_pinned() -> None:
    """The same numbers on every machine: a change of generator or order of draws must not pass unnoticed."""
    drawn = uncertainty.draw_shocks(BASELINE.arrays, BASELINE.defaults, 2, 42)
    assert np.asarray(drawn.delivery).ravel().tolist() == pytest.approx(PINNED_DELIVERY, abs=1e-12)


PINNED_DELIVERY = [0.921875, 0.90625]


LEVERS = {
    "recapture_rate": 0.3,
    "recapture_credit": 0.5,
    "shift_outpatient": 0.2,
    "shift_inpatient": 0.1,
    "reimbursement_gap": 0.1,
    "contract_gain": 0.2,
    "capitation_share": 0.5,
    "lever_delivery": 0.2,
}


@pytest.mark.parametrize("coefficients", [{}, LEVERS])
def test_multiplied_flows_equal_the_whole_chain(coefficients: dict[str, float]) -> None:
    """The short way of the simulation gives what the chain gives run by run."""
    values = checked_values(scenario(**coefficients), BASELINE)
    shocks = uncertainty.draw_shocks(BASELINE.arrays, values, 300, 42)
    whole, short = (
        np.concatenate([balance for _rows, balance in way(BASELINE.arrays, values, shocks, None)])
        for way in (uncertainty._whole_chain, uncertainty._multiplied)
    )
    assert short == pytest.approx(whole, abs=1e-4)


def test_outpatient_points_go_through_the_whole_chain() -> None:
    """Points share money between the units: with them a run of the simulation is a run of the chain under its shocks."""
    values = checked_values(scenario(apg=1.0), BASELINE)
    shocks = uncertainty.draw_shocks(BASELINE.arrays, values, 40, 42)
    balance = evaluate(BASELINE.arrays, values, shocks=shocks).balance
    found = monte_carlo(scenario(apg=1.0), BASELINE, runs=40).balances
    assert found == pytest.approx(uncertainty.by_community(BASELINE.arrays, balance), abs=0.01)


def test_monte_carlo_surrounds_the_deterministic_chain() -> None:
    outcome, random = run(scenario(), BASELINE), monte_carlo(scenario(), BASELINE, runs=4000)
    assert random.county["mean"] == pytest.approx(outcome.balance, abs=0.003 * outcome.spending)
    assert (random.communities["low"] < random.communities["median"]).all()
    assert (random.communities["median"] < random.communities["high"]).all()
    assert random.county["overspend_probability"] == pytest.approx((random.balances.sum(axis=1) < 0).mean())
    assert random.units["mean"].sum() == pytest.approx(random.county["mean"], abs=1)
    risk = random.units["overspend_probability"].groupby(level="community", sort=False)
    assert (random.communities["overspend_probability"] >= risk.max() - 1e-12).all()
    assert (random.communities["overspend_probability"] <= risk.sum() + 1e-12).all()


def test_no_uncertainty_no_band() -> None:
    still = scenario(sd_county=0.0, sd_volume=0.0, sd_cost=0.0, lever_delivery=1.0, recapture_rate=0.2)
    random = monte_carlo(still, BASELINE, runs=20)
    assert random.communities["low"].tolist() == pytest.approx(run(still, BASELINE).communities["balance"].tolist(), abs=0.03)
    assert (random.communities["high"] - random.communities["low"]).max() < 0.01


def test_sobol_indices_of_the_ishigami_function() -> None:
    """sin x + 7 sin² y + 0.1 z⁴ sin x on (−π, π)³ has known indices: 0.3139, 0.4424, 0 alone and 0.5576, 0.4424, 0.2437 in total."""

    def ishigami(rows: np.ndarray) -> np.ndarray:
        x, y, z = rows.T
        return np.sin(x) + 7 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x)

    alone, total = np.array(sobol_indices(ishigami, [(-np.pi, np.pi)] * 3, 4096, seed=1)).T
    assert alone.tolist() == pytest.approx([0.3139, 0.4424, 0.0], abs=0.015)
    assert total.tolist() == pytest.approx([0.5576, 0.4424, 0.2437], abs=0.015)


def test_sobol_indices_of_an_input_that_cannot_move() -> None:
    assert np.array(sobol_indices(lambda rows: rows[:, 0], [(0, 2), (1, 1)], 256, seed=1)) == pytest.approx(
        np.array([[1, 1], [0, 0]]), abs=0.01
    )


@pytest.mark.parametrize("runs", [0, 50_001])
def test_impossible_number_of_runs(runs: int) -> None:
    with pytest.raises(ScenarioError):
        monte_carlo(scenario(), BASELINE, runs=runs)


@pytest.mark.parametrize("measure", ["balance", "community", "budget"])
def test_tornado_is_one_run_at_a_time(measure: str) -> None:
    bars = tornado(scenario(a_volume=1.0), BASELINE, measure=measure)
    assert [bar.reach for bar in bars] == sorted((bar.reach for bar in bars), reverse=True)

    def measured(**values: object) -> float:
        outcome = run(scenario(**{"a_volume": 1.0, **values}), BASELINE)
        return {"balance": outcome.balance, "budget": outcome.budget, "community": float(outcome.units["community_share"].sum())}[measure]

    for bar in bars:
        assert bar.low_change == pytest.approx(measured(**{bar.coefficient: bar.low_value}) - measured(), abs=0.5)
        assert bar.high_change == pytest.approx(measured(**{bar.coefficient: bar.high_value}) - measured(), abs=0.5)
    volume = next(bar for bar in bars if bar.coefficient == "a_volume")
    assert (volume.low_value, volume.high_value, volume.high_change) == (0.95, 1.0, 0)


def test_tornado_keeps_floor_below_cap() -> None:
    bars = {bar.coefficient: bar for bar in tornado(scenario(k_min=1.0, k_max=1.0), BASELINE)}
    assert (bars["k_min"].high_value, bars["k_max"].low_value) == (1.0, 1.0)


def test_global_sensitivity_of_an_additive_model() -> None:
    """Budget is linear in these two: total = first order, shares as the squares of what each moves."""
    names = ["a_volume", "a_price"]
    shares: list[float] = []
    found = {
        index.coefficient: index
        for index in global_sensitivity(scenario(), BASELINE, names, samples=1024, measure="budget", progress=shares.append)
    }
    reach = {bar.coefficient: bar.reach for bar in tornado(scenario(), BASELINE, measure="budget") if bar.coefficient in names}
    whole = sum(value**2 for value in reach.values())
    for name, index in found.items():
        expected = reach[name] ** 2 / whole
        # a_price is cut at 0 on one side: its range is the narrower, by eight tenths.
        assert index.first_order == pytest.approx(expected, abs=0.08)
        assert index.total == pytest.approx(index.first_order, abs=0.02)
    assert shares == [0.25, 0.5, 0.75, 1.0]
    again = global_sensitivity(scenario(), BASELINE, names, samples=1024, measure="budget")
    assert {index.coefficient: index for index in again} == found


def test_global_sensitivity_of_bounds_and_of_nothing() -> None:
    indices = global_sensitivity(scenario(), BASELINE, ["k_min", "k_max"], samples=8)
    assert all(index.total >= 0 for index in indices)
    still = global_sensitivity(scenario(), BASELINE, ["surplus_share", "deficit_share"], samples=8)
    assert [(index.first_order, index.total) for index in still] == [(0, 0), (0, 0)]


@pytest.mark.parametrize(
    ("names", "samples"),
    [(["a_volume"], 64), (["a_volume", "a_volume"], 64), (["a_volume", "apg"], 64), (["a_volume", "k_max"], 100), ([], 64)],
)
def test_impossible_global_sensitivity(names: list[str], samples: int) -> None:
    with pytest.raises(ScenarioError):
        global_sensitivity(scenario(), BASELINE, names, samples=samples)


def test_goal_seek_finds_the_point() -> None:
    result = goal_seek(scenario(sd_volume=0.01, sd_cost=0.01), BASELINE, "extra_growth", "nobody_overspends", interval=True)
    assert result.status == "found"
    assert result.value is not None
    assert run(scenario(extra_growth=result.value + 1e-9), BASELINE).units["balance"].min() >= -0.02
    assert run(scenario(extra_growth=result.value - 1e-4), BASELINE).units["balance"].min() < 0
    assert result.low is not None
    assert result.high is not None
    assert result.low < result.value < result.high
    assert result.reached is not None
    assert result.reached >= 0.95
    county_wide = goal_seek(scenario(), BASELINE, "case_cost_growth", "county_balance", interval=True)
    assert county_wide.value is not None
    assert run(scenario(case_cost_growth=county_wide.value), BASELINE).balance == pytest.approx(0, abs=1)
    assert county_wide.low is None or county_wide.low < county_wide.value
    assert county_wide.high is not None
    assert county_wide.high > county_wide.value
    assert goal_seek(scenario(), BASELINE, "case_cost_growth", "county_balance").high is None


def test_a_surplus_of_one_scheme_does_not_hide_the_gap_of_the_other() -> None:
    """Schemes are separate funds: a community with one scheme over its budget overspends, whatever the other has left."""
    split = county(2, available_share=None)
    split.units["volume_growth"] = [0.1, -0.02, 0.1, -0.02]
    plan = scenario(k_max=1.2, a_volume=1.0, case_cost_growth=0.0, visit_cost_growth=0.0)
    outcome = run(plan, split)
    mixed = [code for code, rows in outcome.units.groupby("community") if rows["balance"].sum() > 0 > rows["balance"].min()]
    assert mixed, "the case is what it claims to be"
    assert set(mixed) <= set(outcome.overspending)
    assert {unit[0] for unit in outcome.overspending_units} >= set(mixed)
    chance = monte_carlo(plan, split, runs=400)
    for code in mixed:
        assert chance.communities.loc[code, "overspend_probability"] >= chance.units.loc[code, "overspend_probability"].max()
    found = goal_seek(plan, split, "extra_growth", "nobody_overspends")
    assert found.value is not None
    met = run(plan.model_copy(update={"coefficients": {**plan.coefficients, "extra_growth": found.value + 1e-9}}), split)
    assert met.units["balance"].min() >= -0.02
    assert met.overspending == ()


def test_the_price_of_a_bound_is_told_by_the_point_that_was_typed() -> None:
    free = optimise(scenario(), BASELINE, bounds={"C001": (1.0, 1.0)})
    dearest = free.binding[0]
    assert dearest.point_price is not None
    wider = optimise(scenario(), BASELINE, bounds={"C001": (1.0, 1.001)})
    assert free.objective is not None
    assert wider.objective is not None
    assert free.objective - wider.objective == pytest.approx(dearest.point_price * 0.1, rel=1e-3)


def recorded(months: int, factor: float = 1.3) -> Baseline:
    """The county with the first months of its budget year recorded at ``factor`` times the base year's."""
    rows = BASELINE.spending[BASELINE.spending["month"] <= months]
    return county(known=rows.assign(**{name: rows[name] * factor for name in ("encounters", "total_cost", "fund_paid")}))


def test_recorded_months_stand_and_only_the_rest_moves() -> None:
    """By hand: ten months at 1.3 times the base year, two at trend and price; levers and chance reach those two alone."""
    ten = recorded(10)
    rows = BASELINE.spending.merge(BASELINE.trend, on=["community", "scheme", "service_kind"], how="left").fillna({"trend": 0.0})
    dearer = {name: BASELINE.default(name) for name in ("visit_cost_growth", "case_cost_growth")}
    price = np.where(rows["service_kind"] == "inpatient", dearer["case_cost_growth"], dearer["visit_cost_growth"])
    last = rows["month"] > 10
    by_hand = 1.3 * rows.loc[~last, "fund_paid"].sum() + (rows["fund_paid"] * (1 + rows["trend"]) * (1 + price))[last].sum()
    plain = run(scenario(), ten)
    assert plain.spending == pytest.approx(by_hand, abs=0.05)
    months = plain.months.groupby("month")["spending"].sum()
    known = ten.known.groupby("month")["fund_paid"].sum()
    assert months[:10].tolist() == pytest.approx(known.tolist(), abs=0.06)
    dear, base_dear = run(scenario(case_cost_growth=0.15), ten), run(scenario(case_cost_growth=0.15), BASELINE)
    ahead, whole = dear.spending - plain.spending, base_dear.spending - run(scenario(), BASELINE).spending
    inpatient = rows[rows["service_kind"] == "inpatient"]
    share = inpatient.loc[inpatient["month"] > 10, "fund_paid"].sum() / inpatient["fund_paid"].sum()
    assert ahead == pytest.approx(whole * share, rel=1e-6)
    assert dear.months.groupby("month")["spending"].sum()[:10].tolist() == pytest.approx(known.tolist(), abs=0.06)


@pytest.mark.parametrize("coefficients", [{}, LEVERS, {"apg": 1.0}])
def test_chance_is_conditional_on_what_is_recorded(coefficients: dict[str, float]) -> None:
    ten, year = recorded(10), recorded(12)
    plan = scenario(**coefficients)
    wide, narrow, none = (monte_carlo(plan, each, runs=300) for each in (BASELINE, ten, year))
    spread = [float((each.communities["high"] - each.communities["low"]).sum()) for each in (wide, narrow, none)]
    assert spread[1] < 0.3 * spread[0]
    assert spread[2] == pytest.approx(0, abs=0.05)
    assert none.communities["overspend_probability"].isin([0.0, 1.0]).all()
    values = checked_values(plan, ten)
    shocks = uncertainty.draw_shocks(ten.arrays, values, 60, 42)
    if not coefficients.get("apg"):
        whole, short = (
            np.concatenate([balance for _rows, balance in way(ten.arrays, values, shocks, None)])
            for way in (uncertainty._whole_chain, uncertainty._multiplied)
        )
        assert short == pytest.approx(whole, abs=1e-4)


def test_a_trend_of_its_place_and_the_drift_of_a_cell() -> None:
    """Outpatients of C001: +7 % at primary level, −2 % in hospitals; the fund's money drifts 1.1 in one cell."""
    cells = [("C001", "resident", "outpatient", "primary", 0.07, 1.0, 1.1), ("C001", "resident", "outpatient", "county", -0.02, 1.0, 1.0)]
    trend = pd.DataFrame(cells, columns=["community", "scheme", "service_kind", "place", "trend", "cost_drift", "fund_drift"])
    moved = run(scenario(), county(trend=trend)).kinds.set_index(["community", "service_kind", "place"])
    still = run(scenario(), county(trend=trend.iloc[:0])).kinds.set_index(["community", "service_kind", "place"])
    base = BASELINE.spending[(BASELINE.spending["scheme"] == "resident") & (BASELINE.spending["community"] == "C001")]
    own = base.groupby(["service_kind", "place"])["encounters"].sum()
    for place, growth in (("primary", 0.07), ("county", -0.02), ("outside", 0.0)):
        change = moved.loc[("C001", "outpatient", place), "encounters"] - still.loc[("C001", "outpatient", place), "encounters"]
        assert change == pytest.approx(growth * own["outpatient", place], rel=1e-9, abs=1e-6)
    paid = base[(base["service_kind"] == "outpatient") & (base["place"] == "primary")]["fund_paid"].sum()
    rise = moved.loc[("C001", "outpatient", "primary"), "fund_paid"] - still.loc[("C001", "outpatient", "primary"), "fund_paid"]
    assert rise == pytest.approx(paid * (1.07 * 1.1 - 1) * (1 + BASELINE.default("visit_cost_growth")), rel=1e-9)


def test_goal_seek_for_the_cap_that_keeps_within_the_fund() -> None:
    tight = county(available_share=1.06)
    result = goal_seek(scenario(), tight, "k_max", "within_fund")
    assert result.status == "found"
    assert result.value is not None
    held = run(scenario(k_max=result.value - 1e-9), tight)
    assert {step.id: step.change for step in held.waterfall()}["county_cap"] == 0
    loose = run(scenario(k_max=result.value + 1e-3), tight)
    assert {step.id: step.change for step in loose.waterfall()}["county_cap"] < 0


def test_goal_seek_says_when_it_cannot() -> None:
    never = goal_seek(scenario(case_cost_growth=0.15, visit_cost_growth=0.15), BASELINE, "extra_growth", "county_balance", interval=True)
    assert (never.status, never.value) == ("unreachable", None)
    assert never.shortfall > 0
    assert never.best_value == pytest.approx(0.1)
    always = goal_seek(scenario(), BASELINE, "k_max", "within_fund")
    assert always.status == "always_met"
    assert goal_seek(scenario(), BASELINE, "k_min", "within_fund").status == "always_met"


def test_goal_seek_invents_no_end_that_is_out_of_reach() -> None:
    result = goal_seek(scenario(sd_county=0.1, sd_volume=0.1), BASELINE, "extra_growth", "nobody_overspends", interval=True)
    assert result.status == "found"
    assert result.high is None
    assert result.low is not None
    assert result.reached is not None
    assert result.reached < 0.95
    down = goal_seek(scenario(sd_county=0.1, sd_volume=0.2), BASELINE, "case_cost_growth", "nobody_overspends", interval=True)
    assert (down.status, down.low) == ("found", None)


def test_goal_seek_refuses_what_it_cannot_move() -> None:
    with pytest.raises(ScenarioError, match="求解"):
        goal_seek(scenario(), BASELINE, "apg", "county_balance")
    with pytest.raises(ScenarioError, match="可用基金"):
        goal_seek(scenario(), county(available_share=None), "k_max", "within_fund")


def test_optimiser_levels_the_deficits() -> None:
    tight = county(available_share=1.03)
    best = optimise(scenario(), tight)
    assert best.feasible
    assert best.objective is not None
    assert best.objective > 0
    assert -best.units["balance"].min() == pytest.approx(best.objective, abs=0.02)
    assert best.units["growth"].between(0.95 - 1e-9, 1.1 + 1e-9).all()
    assert {binding.kind for binding in best.binding} >= {"county_fund"}
    assert best.binding[0].price > 0
    # One more thousand yuan in the dearest fund, by force: the objective falls by price × thousand, the reserve having kept its part.
    dearest = next(binding for binding in best.binding if binding.kind == "county_fund")
    richer = county(available={**tight.available, dearest.name: tight.available[dearest.name] + 1000})
    better = optimise(scenario(), richer)
    assert better.objective is not None
    assert best.objective - better.objective == pytest.approx(dearest.price * 1000, rel=1e-3)


def test_optimiser_against_brute_force() -> None:
    small = county(2, available_share=1.04)
    best = optimise(scenario(), small)
    assert best.objective is not None
    outcome = run(scenario(), small)
    base, spending = outcome.units["fund_base"].to_numpy(), outcome.units["spending"].to_numpy()
    grid = np.linspace(0.95, 1.1, 31)
    limits = dict(zip(small.arrays.schemes, small.arrays.available * 0.95, strict=True))
    worst = 0.0
    for scheme, limit in limits.items():
        members = np.flatnonzero(outcome.units["scheme"] == scheme)
        tried = [base[members] * np.array(pair) for pair in itertools.product(grid, repeat=2)]
        allowed = [budgets for budgets in tried if budgets.sum() <= limit]
        worst = max(worst, min((spending[members] - budgets).max() for budgets in allowed))
    assert best.objective <= worst
    assert best.objective == pytest.approx(worst, rel=0.2)


def test_optimiser_attainment_and_primary_floor() -> None:
    tight = county(available_share=1.03)
    free = optimise(scenario(), tight, objective="attainment")
    assert free.objective is not None
    attained = np.minimum(free.units["budget"] / free.units["spending"], 1)
    assert free.objective == pytest.approx(np.average(attained, weights=tight.units["insured"]), abs=1e-6)
    runs = evaluate(tight.arrays, tight.defaults)
    primary = runs.fund[0][:, :, 0].sum(axis=1) / runs.spending[0]
    present = float(np.average(primary, weights=free.units["budget"]))
    reachable = float(optimise(scenario(), tight, primary_floor=0.9).details["reachable"])
    assert present < reachable
    floored = optimise(scenario(), tight, objective="attainment", primary_floor=(present + reachable) / 2)
    assert floored.feasible
    assert floored.objective is not None
    assert floored.objective <= free.objective + 1e-12
    assert "primary_floor" in {binding.kind for binding in floored.binding}


def test_optimiser_honours_bounds_of_a_community() -> None:
    best = optimise(scenario(), BASELINE, bounds={"C001": (1.0, 1.0)})
    mine = best.units[best.units["community"] == "C001"]
    assert mine["growth"].tolist() == pytest.approx([1.0, 1.0])
    assert best.binding[0].kind == "growth_cap"
    assert best.binding[0].name.startswith("C001")


def test_infeasible_is_explained() -> None:
    poor = county(available_share=0.9)
    result = optimise(scenario(), poor)
    assert not result.feasible
    assert result.objective is None
    assert float(result.details["missing"]) > 0
    assert "可用基金" in result.reason.format(**result.details)
    greedy = optimise(scenario(), BASELINE, primary_floor=0.9)
    assert not greedy.feasible
    assert 0 < float(greedy.details["reachable"]) < 0.9
    assert "%" in greedy.reason.format(**greedy.details)


def test_highest_primary_share_is_reached() -> None:
    reachable = float(optimise(scenario(), BASELINE, primary_floor=0.9).details["reachable"])
    assert optimise(scenario(), BASELINE, primary_floor=reachable - 1e-6).feasible
    assert not optimise(scenario(), BASELINE, primary_floor=reachable + 1e-6).feasible


def test_no_fund_no_fund_constraint() -> None:
    best = optimise(scenario(), county(available_share=None))
    assert best.feasible
    assert "county_fund" not in {binding.kind for binding in best.binding}


@pytest.mark.parametrize("options", [{"bounds": {"C999": (0.9, 1.1)}}, {"bounds": {"C001": (1.1, 0.9)}}, {"primary_floor": 1.5}])
def test_impossible_demands_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ScenarioError):
        optimise(scenario(), BASELINE, **options)  # type: ignore[arg-type]


def test_movable_coefficients_reach_the_balance() -> None:
    names = set(movable(BASELINE, BASELINE.defaults))
    assert {"a_volume", "k_max", "recapture_rate", "surplus_share"} <= names
    assert not names & {"base_weights", "apg", "prepay_rate", "low_cut"}
