"""Entropy weights, TOPSIS and RSR: golden numbers, published tables, a slow second implementation, properties."""

import math
from statistics import NormalDist

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dashboard.analysis.scoring import ScoringError, entropy_weights, rank_sum_ratio, topsis

# Worked example of docs/sources.md: occupancy (more), length of stay (less), primary share (more) of four units.
GOLDEN = np.array([[0.92, 8.1, 65], [0.85, 7.2, 58], [0.88, 9.0, 72], [0.80, 7.8, 61]])
GOLDEN_DIRECTIONS = [1, -1, 1]

# Maternal care of ten regions: antenatal visit rate (more), maternal mortality, perinatal mortality (less).
# Sun Zhenqiu & Xu Yongyong, Medical Statistics, 4th ed., People's Medical Publishing House 2014, p. 419; numbers as printed
# in the examples of the R package RSR (Fan Chuiqin), which cites that page.
REGIONS = pd.DataFrame(
    {
        "antenatal": [99.54, 96.52, 99.36, 92.83, 91.71, 95.35, 96.09, 99.27, 94.76, 84.80],
        "maternal": [60.27, 59.67, 43.91, 58.99, 35.40, 44.71, 49.81, 31.69, 22.91, 81.49],
        "perinatal": [16.15, 20.10, 15.60, 17.04, 15.01, 13.93, 17.43, 13.89, 19.87, 23.63],
    },
    index=list("ABCDEFGHIJ"),
)
REGION_DIRECTIONS = {"antenatal": 1, "maternal": -1, "perinatal": -1}

# A city hospital 1983–1992: cure rate, case fatality (less), turnover, bed working days, occupancy, length of stay (less),
# with the weights of the source. The line below was published for it by Ge Zaochuan & Xu Chunhua, "非整秩次秩和比法初探"
# (100md.com/html/analecta/2003/08/28/61/330.htm): RSR = 0.02529 + 0.1085 y, r 0.9553; weighted −0.1012 + 0.1316 y, r 0.9434.
HOSPITAL = np.array(
    [
        [75.2, 3.5, 38.2, 370.1, 101.5, 10.0],
        [76.1, 3.3, 36.7, 369.6, 101.0, 10.3],
        [80.4, 2.7, 30.5, 309.7, 84.8, 10.0],
        [77.8, 2.7, 36.3, 370.1, 101.4, 10.2],
        [75.9, 2.3, 38.9, 369.4, 101.2, 9.6],
        [74.3, 2.4, 36.7, 335.3, 91.9, 9.2],
        [74.6, 2.2, 37.5, 356.2, 97.6, 9.3],
        [72.1, 1.8, 40.3, 401.7, 101.1, 10.0],
        [72.8, 1.9, 37.1, 372.8, 102.1, 10.0],
        [72.1, 1.5, 33.2, 358.1, 97.8, 10.4],
    ]
)
HOSPITAL_DIRECTIONS = [1, -1, 1, 1, 1, -1]
HOSPITAL_WEIGHTS = [0.093, 0.418, 0.132, 0.100, 0.098, 0.159]


class TestGoldenNumbers:
    """The house's golden numbers come from min-max entropy, min-max TOPSIS with those weights, and the plain RSR."""

    def test_entropy(self):
        weights = entropy_weights(GOLDEN, GOLDEN_DIRECTIONS, form="minmax")
        assert np.round(weights, 4).tolist() == [0.3079, 0.2910, 0.4011]

    def test_the_usual_form_gives_other_weights(self):
        assert np.round(entropy_weights(GOLDEN, GOLDEN_DIRECTIONS), 4).tolist() == [0.1645, 0.4135, 0.4220]

    def test_topsis(self):
        weights = entropy_weights(GOLDEN, GOLDEN_DIRECTIONS, form="minmax")
        result = topsis(GOLDEN, weights, GOLDEN_DIRECTIONS, normalise="minmax")
        assert np.round(result.closeness, 4).tolist() == [0.6147, 0.4199, 0.5935, 0.3199]
        assert result.rank.tolist() == [1, 3, 2, 4]

    def test_vector_normalisation_ranks_them_otherwise(self):
        weights = entropy_weights(GOLDEN, GOLDEN_DIRECTIONS, form="minmax")
        assert topsis(GOLDEN, weights, GOLDEN_DIRECTIONS).rank.tolist() == [2, 3, 1, 4]

    def test_rank_sum_ratio(self):
        result = rank_sum_ratio(GOLDEN, GOLDEN_DIRECTIONS)
        assert np.round(result.rsr, 4).tolist() == [0.7500, 0.5833, 0.6667, 0.5000]
        # Frequencies 1/4, 2/4, 3/4 and 1 − 1/16.
        normal = NormalDist()
        assert sorted(result.probit) == pytest.approx([5 + normal.inv_cdf(share) for share in (0.25, 0.5, 0.75, 0.9375)])


class TestPublishedTables:
    @pytest.mark.parametrize(
        ("matrix", "published"),
        [
            # Elsayed, Dawood & Karthikeyan 2017, Int. J. Eng. Trends Technol. 46(2) 60–66, as in the tests of pymcdm.
            (
                [
                    [7, 312, 1891, 6613, 163],
                    [72, 88, 728, 941804, 1078],
                    [10, 252, 2594, 3466, 117471],
                    [10, 145, 980, 2371, 86329],
                    [65, 54, 350, 501, 29897],
                    [29, 48, 380, 912, 34051],
                    [7, 476, 3300, 78470, 2212],
                    [70, 87, 650, 733, 819000],
                    [4, 86, 591, 3015, 103],
                    [12, 79, 579, 3240, 96098],
                    [21, 45, 261, 1253, 453],
                    [1, 72, 530, 4333, 0.104800],
                ],
                [0.104991, 0.069124, 0.071373, 0.449937, 0.304575],
            ),
            # Xu 2004, Eur. J. Oper. Res. 156(2) 530–532, as in the tests of objective-weights-for-mcda.
            ([[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]], [0.4630, 0.3992, 0.1378, 0.0000]),
            # Zavadskas & Podvezko 2016, Int. J. Inf. Technol. Decis. Mak. 15(2) 267–283, likewise; two columns are costs.
            ([[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]], [0.1146, 0.1981, 0.4185, 0.2689]),
        ],
    )
    def test_entropy(self, matrix, published):
        decimals = 6 if len(matrix) == 12 else 4
        assert np.round(entropy_weights(matrix), decimals).tolist() == published

    def test_topsis_of_a_facility_location(self):
        """Papathanasiou & Ploskas 2018, Multiple Criteria Decision Aid, ch. 1, as in the tests of distance-metrics-mcda."""
        matrix = [[8, 7, 2, 1], [5, 3, 7, 5], [7, 5, 6, 4], [9, 9, 7, 3], [11, 10, 3, 7], [6, 9, 5, 4]]
        result = topsis(matrix, [0.4, 0.3, 0.1, 0.2], [1, 1, 1, 1])
        assert np.round(result.closeness, 3).tolist() == [0.387, 0.327, 0.391, 0.615, 0.868, 0.493]
        assert result.rank.tolist() == [5, 6, 4, 2, 1, 3]

    def test_topsis_with_costs_and_entropy_weights(self):
        """Ersoy 2021, LogForum 17(3), as in the tests of pyrepo-mcda (which compares two decimals)."""
        matrix = [
            [256, 8, 41, 1.6, 1.77, 7347.16],
            [256, 8, 32, 1.0, 1.8, 6919.99],
            [256, 8, 53, 1.6, 1.9, 8400],
            [256, 8, 41, 1.0, 1.75, 6808.9],
            [512, 8, 35, 1.6, 1.7, 8479.99],
            [256, 4, 35, 1.6, 1.7, 7499.99],
        ]
        result = topsis(matrix, [0.405, 0.221, 0.134, 0.199, 0.007, 0.034], [1, 1, 1, 1, -1, -1])
        assert result.closeness == pytest.approx([0.308, 0.254, 0.327, 0.263, 0.857, 0.192], abs=0.005)

    def test_rank_sum_ratio_line_and_correlation(self):
        result = rank_sum_ratio(HOSPITAL, HOSPITAL_DIRECTIONS, ranking="linear")
        assert result.slope == pytest.approx(0.1085, abs=5e-5)
        assert result.intercept == pytest.approx(0.02529, abs=1e-4)
        assert result.correlation == pytest.approx(0.9553, abs=1e-4)

    def test_weighted_rank_sum_ratio_line_and_correlation(self):
        result = rank_sum_ratio(HOSPITAL, HOSPITAL_DIRECTIONS, HOSPITAL_WEIGHTS, ranking="linear")
        assert result.slope == pytest.approx(0.1316, abs=5e-5)
        assert result.intercept == pytest.approx(-0.1012, abs=1e-4)
        assert result.correlation == pytest.approx(0.9434, abs=1e-4)

    def test_rank_sum_ratio_of_ten_regions(self):
        """The textbook's own reading: J is last, then B and D, H is first (综合评价方法及其医学应用, example 4-4)."""
        result = rank_sum_ratio(REGIONS, REGION_DIRECTIONS)
        assert result.rsr.round(4).to_dict() == {
            "A": 0.6, "B": 0.4, "C": 0.7667, "D": 0.4, "E": 0.6, "F": 0.6667, "G": 0.5, "H": 0.9, "I": 0.5667, "J": 0.1,
        }  # fmt: skip
        assert result.rank["H"] == 1
        assert result.rank["J"] == 10
        assert result.rank["B"] == result.rank["D"] == 8.5
        # B and D stand on places 2 and 3: frequency 2.5/10; the last one is 1 − 1/40.
        assert result.probit["B"] == pytest.approx(5 + NormalDist().inv_cdf(0.25))
        assert result.probit["H"] == pytest.approx(5 + NormalDist().inv_cdf(0.975))
        assert result.band.to_dict() == {**dict.fromkeys("ABDEFGI", 2), "C": 3, "H": 3, "J": 1}


def entropy_of(column):
    """Entropy of one column by the formula, base: the number of values."""
    shares = [value / sum(column) for value in column]
    return -sum(share * math.log(share) for share in shares if share) / math.log(len(column))


def slow_entropy(matrix):
    """Entropy weights in plain Python, from the formula."""
    information = [1 - entropy_of([row[j] for row in matrix]) for j in range(len(matrix[0]))]
    return [value / sum(information) for value in information]


def slow_topsis(matrix, weights, directions, normalise):
    """TOPSIS in plain Python, from the formula."""
    rows, columns = len(matrix), len(matrix[0])
    weighted = [[0.0] * columns for _ in range(rows)]
    for j in range(columns):
        column = [matrix[i][j] for i in range(rows)]
        for i in range(rows):
            if normalise == "vector":
                value = column[i] / math.sqrt(sum(x * x for x in column))
            elif directions[j] > 0:
                value = (column[i] - min(column)) / (max(column) - min(column))
            else:
                value = (max(column) - column[i]) / (max(column) - min(column))
            weighted[i][j] = weights[j] / sum(weights) * value
    closeness = []
    for i in range(rows):
        to_best = to_worst = 0.0
        for j in range(columns):
            column = [weighted[row][j] for row in range(rows)]
            turned = normalise == "vector" and directions[j] < 0
            best, worst = (min(column), max(column)) if turned else (max(column), min(column))
            to_best += (weighted[i][j] - best) ** 2
            to_worst += (weighted[i][j] - worst) ** 2
        closeness.append(math.sqrt(to_worst) / (math.sqrt(to_best) + math.sqrt(to_worst)))
    return closeness


def slow_rsr(matrix, directions):
    """RSR and its line in plain Python: ranks by counting, least squares over the distinct values."""
    rows, columns = len(matrix), len(matrix[0])
    rsr = []
    for i in range(rows):
        whole = 0.0
        for j in range(columns):
            worse = sum(directions[j] * matrix[k][j] < directions[j] * matrix[i][j] for k in range(rows))
            equal = sum(matrix[k][j] == matrix[i][j] for k in range(rows))
            whole += worse + (equal + 1) / 2
        rsr.append(round(whole / (rows * columns), 9))
    probit = {}
    for value in set(rsr):
        below = sum(other < value for other in rsr)
        frequency = (below + (rsr.count(value) + 1) / 2) / rows if value < max(rsr) else 1 - 1 / (4 * rows)
        probit[value] = 5 + NormalDist().inv_cdf(frequency)
    mean_x = sum(probit.values()) / len(probit)
    mean_y = sum(probit) / len(probit)
    slope = sum((x - mean_x) * (y - mean_y) for y, x in probit.items()) / sum((x - mean_x) ** 2 for x in probit.values())
    return rsr, mean_y - slope * mean_x, slope


class TestAgainstTheSlowImplementation:
    @pytest.mark.parametrize("seed", range(20))
    def test_all_methods(self, seed):
        random = np.random.default_rng(seed)
        matrix = np.round(random.uniform(1, 50, (random.integers(3, 12), random.integers(2, 8))), 0 if seed % 2 else 3)
        matrix[0], matrix[-1] = 0.5, 51
        directions = random.choice([-1, 1], matrix.shape[1]).tolist()
        weights = random.uniform(0.1, 5, matrix.shape[1]).tolist()
        plain = matrix.tolist()
        assert entropy_weights(matrix) == pytest.approx(slow_entropy(plain), abs=1e-12)
        for normalise in ("vector", "minmax"):
            expected = slow_topsis(plain, weights, directions, normalise)
            assert topsis(matrix, weights, directions, normalise).closeness == pytest.approx(expected, abs=1e-12)
        result = rank_sum_ratio(matrix, directions)
        rsr, intercept, slope = slow_rsr(plain, directions)
        assert result.rsr == pytest.approx(rsr, abs=1e-8)
        assert (result.intercept, result.slope) == (pytest.approx(intercept, abs=1e-7), pytest.approx(slope, abs=1e-7))


MATRICES = arrays(float, st.tuples(st.integers(2, 8), st.integers(1, 6)), elements=st.integers(0, 1000).map(float))
SCALES = st.sampled_from([0.001, 0.1, 100.0, 10000.0])


class TestProperties:
    @settings(deadline=None)
    @given(MATRICES)
    def test_entropy_weights_are_shares(self, matrix):
        for form in ("share", "minmax"):
            weights = entropy_weights(matrix, form=form)
            assert weights.sum() == pytest.approx(1)
            assert (weights >= 0).all()

    @settings(deadline=None)
    @given(MATRICES, SCALES)
    def test_units_of_measurement_do_not_matter(self, matrix, scale):
        scaled = matrix.copy()
        scaled[:, 0] *= scale
        directions = [-1, *[1] * (matrix.shape[1] - 1)]
        weights = np.arange(1, matrix.shape[1] + 1)
        assert entropy_weights(scaled) == pytest.approx(entropy_weights(matrix), abs=1e-9)
        for normalise in ("vector", "minmax"):
            expected = topsis(matrix, weights, directions, normalise).closeness
            assert topsis(scaled, weights, directions, normalise).closeness == pytest.approx(expected, abs=1e-9)
        assert rank_sum_ratio(scaled, directions).rsr == pytest.approx(rank_sum_ratio(matrix, directions).rsr)

    @settings(deadline=None)
    @given(MATRICES)
    def test_closeness_lies_between_worst_and_best(self, matrix):
        closeness = topsis(matrix, np.ones(matrix.shape[1]), np.ones(matrix.shape[1])).closeness
        assert ((closeness >= 0) & (closeness <= 1)).all()

    @settings(deadline=None)
    @given(MATRICES, st.data())
    def test_a_better_value_never_lowers_the_unit(self, matrix, data):
        unit = data.draw(st.integers(0, len(matrix) - 1))
        column = data.draw(st.integers(0, matrix.shape[1] - 1))
        direction = data.draw(st.sampled_from([-1, 1]))
        directions = np.full(matrix.shape[1], direction)
        better = matrix.copy()
        better[unit, column] += direction * data.draw(st.integers(1, 500))
        for ranking in ("average", "linear"):
            before = rank_sum_ratio(matrix, directions, ranking=ranking)
            after = rank_sum_ratio(better, directions, ranking=ranking)
            assert after.rsr[unit] >= before.rsr[unit] - 1e-12
        assert rank_sum_ratio(better, directions).rank[unit] <= rank_sum_ratio(matrix, directions).rank[unit]

    @settings(deadline=None)
    @given(MATRICES)
    def test_a_unit_that_is_best_in_all_is_first(self, matrix):
        best = np.vstack([matrix, matrix.max(axis=0) + 1])
        directions = np.ones(matrix.shape[1])
        for normalise in ("vector", "minmax"):
            assert topsis(best, directions, directions, normalise).rank[-1] == 1
        assert rank_sum_ratio(best, directions).rank[-1] == 1


class TestEdges:
    def test_frames_keep_their_labels_and_match_weights_by_label(self):
        weights = pd.Series({"perinatal": 3.0, "antenatal": 1.0, "maternal": 2.0})
        labelled = topsis(REGIONS, weights, REGION_DIRECTIONS)
        bare = topsis(REGIONS.to_numpy(), [1, 2, 3], [1, -1, -1])
        assert list(labelled.closeness.index) == list("ABCDEFGHIJ")
        assert labelled.closeness.to_numpy() == pytest.approx(bare.closeness)
        assert list(entropy_weights(REGIONS).index) == ["antenatal", "maternal", "perinatal"]

    def test_constant_and_empty_columns_weigh_nothing(self):
        matrix = [[1.0, 5.0, 0.0, np.nan], [2.0, 5.0, 0.0, np.nan], [4.0, 5.0, 0.0, 3.0]]
        for form in ("share", "minmax"):
            assert entropy_weights(matrix, form=form).tolist() == [1.0, 0.0, 0.0, 0.0]

    def test_a_constant_column_does_not_move_topsis_or_the_order_of_rsr(self):
        matrix = np.array([[1.0, 0.1], [2.0, 0.1], [4.0, 0.1]])
        for normalise in ("vector", "minmax"):
            with_it = topsis(matrix, [0.5, 0.5], [1, 1], normalise).closeness
            assert with_it == pytest.approx(topsis(matrix[:, :1], [1], [1], normalise).closeness)
        for ranking in ("average", "linear"):
            assert rank_sum_ratio(matrix, [1, 1], ranking=ranking).rank.tolist() == [3, 2, 1]
            assert rank_sum_ratio(matrix[:, 1:], [1], ranking=ranking).rsr == pytest.approx([2 / 3] * 3)

    def test_zeros(self):
        assert entropy_weights([[0, 1], [1, 1], [0, 2]])[0] > 0.9
        assert topsis([[0, 0], [0, 0]], [1, 1], [1, 1]).closeness.tolist() == [0.5, 0.5]

    def test_a_single_unit(self):
        assert entropy_weights([[3, 4, 5]]).tolist() == pytest.approx([1 / 3] * 3)
        assert topsis([[3, 4]], [1, 1], [1, -1], "minmax").closeness.tolist() == [0.5]
        result = rank_sum_ratio([[3, 4]], [1, 1])
        assert (result.rsr[0], result.probit[0], result.fitted[0], result.band[0]) == (1.0, 5.0, 1.0, 2.0)
        assert (result.slope, result.intercept) == (0.0, 1.0)
        assert math.isnan(result.correlation)

    def test_ties_share_the_average_rank(self):
        matrix = [[1, 2], [1, 2], [3, 4], [0, 0]]
        assert topsis(matrix, [1, 1], [1, 1]).rank.tolist() == [2.5, 2.5, 1, 4]
        result = rank_sum_ratio(matrix, [1, 1])
        assert result.rank.tolist() == [2.5, 2.5, 1, 4]
        assert result.rsr[0] == result.rsr[1]
        assert result.fitted[0] == result.fitted[1]

    def test_a_unit_with_a_missing_cell_is_left_out(self):
        matrix = np.vstack([GOLDEN, [0.9, np.nan, 60]])
        for ranking in ("average", "linear"):
            with_it = rank_sum_ratio(matrix, GOLDEN_DIRECTIONS, ranking=ranking)
            without = rank_sum_ratio(GOLDEN, GOLDEN_DIRECTIONS, ranking=ranking)
            assert with_it.rsr[:4] == pytest.approx(without.rsr)
            assert np.isnan([with_it.rsr[4], with_it.rank[4], with_it.probit[4], with_it.band[4], with_it.fitted[4]]).all()
        scored = topsis(matrix, [1, 1, 1], GOLDEN_DIRECTIONS)
        assert scored.closeness[:4] == pytest.approx(topsis(GOLDEN, [1, 1, 1], GOLDEN_DIRECTIONS).closeness)
        assert np.isnan([scored.closeness[4], scored.rank[4]]).all()

    def test_every_kind_of_missing_cell_is_missing(self):
        frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64"), "b": [1, 2, 4]})
        assert entropy_weights(frame).to_numpy() == pytest.approx(entropy_weights([[1, 1], [None, 2], [3, 4]]))

    def test_frames_arrays_and_lists_give_the_same(self):
        lists = [[1, 5], [2, 3], [4, 4]]
        for shape in (lists, tuple(map(tuple, lists)), np.array(lists), pd.DataFrame(lists), pd.DataFrame(lists, columns=["a", "b"])):
            assert np.asarray(topsis(shape, [2, 1], [1, -1]).closeness) == pytest.approx(topsis(lists, [2, 1], [1, -1]).closeness)
            assert np.asarray(rank_sum_ratio(shape, [1, -1]).rsr) == pytest.approx(rank_sum_ratio(lists, [1, -1]).rsr)
            assert np.asarray(entropy_weights(shape)) == pytest.approx(entropy_weights(lists))

    def test_a_series_that_only_counts_stands_in_the_order_of_the_columns(self):
        frame = pd.DataFrame([[1, 5], [2, 3], [4, 4]], columns=["a", "b"])
        counted = topsis(frame, pd.Series([2, 1]), pd.Series([1, -1])).closeness
        assert counted.to_numpy() == pytest.approx(topsis(frame, {"b": 1, "a": 2}, {"b": -1, "a": 1}).closeness.to_numpy())

    def test_two_columns_of_one_name(self):
        frame = pd.DataFrame([[1, 5], [2, 3], [4, 4]], columns=["a", "a"])
        weights = pd.Series([2, 1], index=["a", "a"])
        assert topsis(frame, weights, [1, -1]).closeness.to_numpy() == pytest.approx(topsis(frame, [2, 1], [1, -1]).closeness.to_numpy())

    def test_nobody_complete(self):
        matrix = [[1, np.nan], [np.nan, 2]]
        assert np.isnan(topsis(matrix, [1, 1], [1, 1]).closeness).all()
        assert np.isnan(rank_sum_ratio(matrix, [1, 1]).rsr).all()

    def test_a_missing_cell_leaves_the_entropy_of_its_column_to_the_others(self):
        first, second = 1 - entropy_of([1, 3]), 1 - entropy_of([2, 5, 4])
        weights = entropy_weights([[1, 2], [3, 5], [np.nan, 4]])
        assert weights == pytest.approx([first / (first + second), second / (first + second)])

    @pytest.mark.parametrize(("bands", "cuts"), [(2, (5.0,)), (3, (4.0, 6.0)), (4, (3.5, 5.0, 6.5)), (5, (3.2, 4.4, 5.6, 6.8))])
    def test_bands(self, bands, cuts):
        result = rank_sum_ratio(np.arange(200.0)[:, None], [1], bands=bands)
        assert result.cuts == pytest.approx(cuts)
        assert sorted(set(result.band)) == list(range(1, bands + 1))
        assert (np.diff(result.band) >= 0).all()

    def test_a_cut_belongs_to_the_band_above(self):
        result = rank_sum_ratio([[1], [2], [3], [4]], [1], bands=2)
        assert result.probit[1] == 5.0
        assert result.band.tolist() == [1, 2, 2, 2]

    @pytest.mark.parametrize(
        "call",
        [
            lambda: entropy_weights([[1, -2], [3, 4]]),
            lambda: entropy_weights([[1, 2], [3, 4]], form="other"),
            lambda: entropy_weights([1, 2, 3]),
            lambda: entropy_weights([[1, 2], [3]]),
            lambda: entropy_weights([["a", 2], [3, 4]]),
            lambda: entropy_weights([[1, 2], [3, 4]], ["+", "-"]),
            lambda: topsis(REGIONS, pd.Series([1.0, 2.0], ["x", "x"]), REGION_DIRECTIONS),
            lambda: entropy_weights(np.empty((0, 3))),
            lambda: entropy_weights([[1, np.inf]]),
            lambda: entropy_weights([[1, 2]], [1, 0]),
            lambda: topsis([[1, 2]], [1], [1, 1]),
            lambda: topsis([[1, 2]], [1, -1], [1, 1]),
            lambda: topsis([[1, 2]], [0, 0], [1, 1]),
            lambda: topsis([[1, 2]], [1, 1], [1, 2]),
            lambda: topsis([[1, 2]], [1, 1], [1, 1], "sum"),
            lambda: topsis(REGIONS, {"antenatal": 1}, REGION_DIRECTIONS),
            lambda: rank_sum_ratio([[1], [2]], [1], bands=1),
            lambda: rank_sum_ratio([[1], [2]], [1], ranking="dense"),
        ],
    )
    def test_what_cannot_be_scored_says_so(self, call):
        with pytest.raises(ScoringError) as caught:
            call()
        assert caught.value.what()
        assert caught.value.remedy()
