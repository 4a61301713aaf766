"""DEA and Malmquist: published tables, plain programmes over all units (both forms) as slow oracles, properties."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from dashboard.analysis.efficiency import dea, malmquist

# The eleven firms of Fried, Lovell and Schmidt's book; results as in the tests of DataEnvelopmentAnalysis.jl (from R).
FIRM_INPUTS = [[5, 13], [16, 12], [16, 26], [17, 15], [18, 14], [23, 6], [25, 10], [27, 22], [37, 14], [42, 25], [5, 17]]
FIRM_OUTPUT = [12, 14, 25, 26, 8, 9, 27, 30, 31, 26, 12]


def test_golden_numbers_of_domain() -> None:
    units = list("ABCD")
    result = dea(pd.Series([2, 4, 8, 6], units), pd.Series([1, 4, 6, 3], units))
    assert result.variable["D"] == pytest.approx(0.5556, abs=5e-5)
    assert result.efficiency["D"] == result.variable["D"]
    assert result.constant["D"] == pytest.approx(0.5)
    assert result.scale["D"] == pytest.approx(0.9)
    assert result.peers_of("D") == pytest.approx({"B": 2 / 3, "A": 1 / 3})
    assert result.peers.loc["A"].to_dict() == {"A": 1, "B": 0, "C": 0}
    assert dea([2, 4, 8, 6], [1, 4, 6, 3], "constant").efficiency.tolist() == pytest.approx([0.5, 1, 0.75, 0.5])


def test_published_firms_under_constant_returns() -> None:
    result = dea(FIRM_INPUTS, FIRM_OUTPUT, "constant")
    expected = [1, 0.6222896791, 0.8198562444, 1, 0.3103709311, 0.5555555556, 1, 0.7576690896, 0.8201058201, 0.4905660377, 1]
    assert result.efficiency.tolist() == pytest.approx(expected, abs=1e-9)
    assert result.peers_of(2) == pytest.approx({0: 1.134321653, 3: 0.4380053908})
    assert result.peers_of(8) == pytest.approx({6: 1.14814814815})
    slacks = np.zeros((11, 3))
    slacks[5, 0], slacks[8, 0], slacks[10, 1] = 4.444444444, 1.640211640, 4
    assert result.slacks.to_numpy() == pytest.approx(slacks, abs=1e-6)
    assert result.slacks.columns.tolist() == [("input", 0), ("input", 1), ("output", 0)]


def test_published_firms_under_variable_returns() -> None:
    result = dea(FIRM_INPUTS, FIRM_OUTPUT)
    expected = [1, 0.8699861687, 1, 1, 0.7116402116, 1, 1, 1, 1, 0.4931209269, 1]
    assert result.efficiency.tolist() == pytest.approx(expected, abs=1e-9)
    assert result.peers_of(1) == pytest.approx({0: 0.52558782849, 5: 0.2842323651, 6: 0.1901798064})
    slacks = np.zeros((11, 3))
    slacks[4, 2], slacks[10, 1] = 2.698412698, 4
    assert result.slacks.to_numpy() == pytest.approx(slacks, abs=1e-6)


def test_published_hospitals() -> None:
    # Cooper, Seiford and Tone, Data Envelopment Analysis, twelve hospitals: doctors, nurses; outpatients, inpatients; CCR scores.
    doctors_nurses = [(20, 151), (19, 131), (25, 160), (27, 168), (22, 158), (55, 255), (33, 235), (31, 206), (30, 244), (50, 268)]
    doctors_nurses += [(53, 306), (38, 284)]
    patients = [(100, 90), (150, 50), (160, 55), (180, 72), (94, 66), (230, 90), (220, 88), (152, 80), (190, 100), (250, 100)]
    patients += [(260, 147), (250, 120)]
    result = dea(doctors_nurses, patients, "constant")
    assert result.efficiency.round(3).tolist() == [1, 1, 0.883, 1, 0.763, 0.835, 0.902, 0.796, 0.960, 0.871, 0.955, 0.958]
    assert result.units_needed == 12
    assert not result.small_sample


def envelopment(x: np.ndarray, y: np.ndarray, unit: int, returns: str) -> float:
    """Return θ by the programme as it is written, over all units."""
    x, y = x / np.maximum(x.mean(axis=0), 1e-300), y / np.maximum(y.mean(axis=0), 1e-300)
    table = np.block([[-x[unit][:, None], x.T], [np.zeros((y.shape[1], 1)), -y.T]])
    bound = np.concatenate([np.zeros(x.shape[1]), -y[unit]])
    ones = {"A_eq": [[0.0] + [1.0] * len(x)], "b_eq": [1.0]} if returns == "variable" else {}
    return float(linprog([1.0] + [0.0] * len(x), table, bound, **ones).fun)


def multiplier(x: np.ndarray, y: np.ndarray, unit: int, returns: str) -> float:
    """Return θ by the dual: the best weighted output (plus intercept) when weighted input is 1 and no unit exceeds its input."""
    x, y = x / np.maximum(x.mean(axis=0), 1e-300), y / np.maximum(y.mean(axis=0), 1e-300)
    free = [(None, None)] if returns == "variable" else [(0, 0)]
    table = np.hstack([y, -x, np.ones((len(x), 1))])
    gain = np.concatenate([-y[unit], np.zeros(x.shape[1]), [-1.0]])
    normal = np.concatenate([np.zeros(y.shape[1]), x[unit], [0.0]])
    bounds = [(0, None)] * (x.shape[1] + y.shape[1]) + free
    return -float(linprog(gain, table, np.zeros(len(x)), [normal], [1.0], bounds).fun)


@st.composite
def units(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    size, inputs, outputs = draw(st.integers(1, 9)), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    row = st.lists(st.integers(0, 12), min_size=inputs + outputs, max_size=inputs + outputs)
    rows = [values for values in draw(st.lists(row, min_size=size, max_size=size)) if any(values[:inputs]) and any(values[inputs:])]
    table = np.array(rows or [[1] * (inputs + outputs)], dtype=float)
    return table[:, :inputs], table[:, inputs:]


@settings(deadline=None, max_examples=40)
@given(units(), st.sampled_from(["constant", "variable"]))
def test_agrees_with_both_forms_of_the_full_programme(tables: tuple[np.ndarray, np.ndarray], returns: str) -> None:
    x, y = tables
    result = dea(x, y, returns)  # type: ignore[arg-type]
    for unit in range(len(x)):
        assert result.efficiency[unit] == pytest.approx(envelopment(x, y, unit, returns), abs=1e-7)
        assert result.efficiency[unit] == pytest.approx(multiplier(x, y, unit, returns), abs=1e-7)


@settings(deadline=None, max_examples=40)
@given(units(), st.sampled_from(["constant", "variable"]))
def test_properties(tables: tuple[np.ndarray, np.ndarray], returns: str) -> None:
    x, y = tables
    result = dea(x, y, returns)  # type: ignore[arg-type]
    assert ((result.efficiency > 0) & (result.efficiency <= 1)).all()
    assert (result.variable >= result.constant).all()
    assert ((result.scale > 0) & (result.scale <= 1)).all()
    assert (result.efficiency == 1).any()
    # The target: the peers' sum is the shrunken input less its slack, and the output plus its slack.
    weights = result.peers.to_numpy()
    peers = result.peers.columns.to_numpy()
    slack = result.slacks.to_numpy()
    assert weights @ x[peers] == pytest.approx(result.efficiency.to_numpy()[:, None] * x - slack[:, : x.shape[1]], abs=1e-4)
    assert weights @ y[peers] == pytest.approx(y + slack[:, x.shape[1] :], abs=1e-4)
    if returns == "variable":
        assert weights.sum(axis=1) == pytest.approx(np.ones(len(x)), abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(units(), st.floats(1e-4, 1e4))
def test_units_of_measurement_do_not_matter(tables: tuple[np.ndarray, np.ndarray], factor: float) -> None:
    x, y = tables
    plain, scaled = dea(x, y), dea(x * factor, y / factor)
    assert scaled.efficiency.tolist() == pytest.approx(plain.efficiency.tolist(), abs=1e-7)
    assert scaled.slacks["input"].to_numpy() == pytest.approx(plain.slacks["input"].to_numpy() * factor, rel=1e-4, abs=1e-5 * factor)


def test_many_units_agree_with_the_full_programme() -> None:
    random = np.random.default_rng(7)
    x, y = random.lognormal(3, 1, (60, 3)), random.lognormal(5, 1, (60, 2))
    for returns in ("constant", "variable"):
        expected = [envelopment(x, y, unit, returns) for unit in range(60)]
        assert dea(x, y, returns).efficiency.tolist() == pytest.approx(expected, abs=1e-8)


def test_equal_units_are_equally_efficient_and_a_single_one_is_efficient() -> None:
    assert dea([3, 3, 6], [2, 2, 2]).efficiency.tolist() == pytest.approx([1, 1, 0.5])
    single = dea([[5, 2]], [[7]])
    assert single.efficiency.tolist() == [1]
    assert single.small_sample


def test_incomplete_and_empty_units_are_missing_and_nobodys_peer() -> None:
    inputs = pd.DataFrame({"beds": [2, 4, None, 0, 6], "staff": [1, 2, 3, 0, 3]}, index=list("abcde"))
    outputs = pd.DataFrame({"visits": [2, 2, 50, 50, 0]}, index=list("edcba")).iloc[::-1]
    result = dea(inputs, outputs)
    # Matched by label: a makes 0 visits, b and c 50, d and e 2; c lacks a figure, d uses nothing.
    assert result.efficiency.isna().tolist() == [True, False, True, True, False]
    assert result.peers.columns.tolist() == ["b"]
    assert result.peers_of("c") == {}
    assert result.efficiency["e"] == pytest.approx(2 / 3)
    assert result.slacks.loc["e", ("output", "visits")] == pytest.approx(48)


def test_no_complete_unit_at_all() -> None:
    result = dea([0, None], [1, 1])
    assert result.efficiency.isna().all()
    assert result.peers.shape == (2, 0)


def test_progress_is_told_until_all_is_done() -> None:
    calls: list[tuple[int, int]] = []
    dea(range(1, 121), range(1, 121), progress=lambda done, total: calls.append((done, total)))
    assert calls[-1] == (120, 120)
    assert len(calls) > 1
    assert calls == sorted(set(calls))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([1, -2], [1, 1], "inputs"),
        ([1, 2], [1, math.inf], "outputs"),
        ([1, 2], [1], "outputs"),
        (pd.DataFrame(index=[0, 1]), [1, 1], "column"),
        (pd.Series([1, 2], ["a", "b"]), pd.Series([1, 2], ["a", "c"]), "units"),
    ],
)
def test_wrong_tables_are_named(inputs: object, outputs: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dea(inputs, outputs)


def test_unknown_returns_are_refused() -> None:
    with pytest.raises(ValueError, match="returns"):
        dea([1], [1], "increasing")  # type: ignore[arg-type]


def test_a_named_series_keeps_its_name_in_the_slacks() -> None:
    result = dea(pd.Series([1, 2], name="beds"), np.array([[1], [1]]))
    assert result.slacks.columns.tolist() == [("input", "beds"), ("output", 0)]


def test_published_malmquist_index() -> None:
    # tests/malmquist.jl of DataEnvelopmentAnalysis.jl: five units, one input, one output, two periods.
    change = malmquist([2, 3, 5, 4, 4], [1, 4, 6, 3, 5], [1, 2, 4, 3, 4], [1, 4, 6, 3, 3])
    assert change["total"].tolist() == pytest.approx([2, 1.5, 1.25, 4 / 3, 0.6])
    assert change["efficiency_change"].tolist() == pytest.approx([4 / 3, 1, 5 / 6, 8 / 9, 0.4])
    assert change["technical_change"].tolist() == pytest.approx([1.5] * 5)
    assert (change["pure_change"] * change["scale_change"]).tolist() == pytest.approx(change["efficiency_change"].tolist())


def test_malmquist_of_unchanged_units_is_one() -> None:
    change = malmquist(FIRM_INPUTS, FIRM_OUTPUT, FIRM_INPUTS, FIRM_OUTPUT)
    assert change.to_numpy() == pytest.approx(np.ones((11, 5)))


def test_malmquist_matches_labels_and_leaves_out_incomplete_units() -> None:
    before = pd.DataFrame({"beds": [2, 3, 5]}, index=list("abc"))
    visits = pd.Series([1, 4, 6], list("abc"))
    after_beds = pd.DataFrame({"beds": [5, 3, 2]}, index=list("cba"))
    after_visits = pd.Series([None, 8, 2], list("cba"))
    change = malmquist(before, visits, after_beds, after_visits)
    assert change["total"].tolist()[:2] == pytest.approx([2, 2])
    assert change.loc["c"].isna().all()


def test_malmquist_without_comparable_frontier_is_missing() -> None:
    # In the first period nobody made the second output.
    change = malmquist([[1], [1]], [[1, 0], [1, 0]], [[1], [1]], [[1, 1], [1, 1]])
    assert change["total"].isna().all()


def test_malmquist_needs_the_same_columns() -> None:
    with pytest.raises(ValueError, match="same inputs"):
        malmquist([1, 2], [1, 2], [[1, 1], [2, 2]], [1, 2])
