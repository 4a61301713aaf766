"""Rank intervals, groups that cannot be told apart, method correlation and closed pools."""

from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import kendalltau, rankdata, spearmanr

from dashboard.analysis.scoring import (
    ScoringError,
    allocate_pool,
    dirichlet_weights,
    indistinguishable_groups,
    rank_correlation,
    rank_intervals,
)
from dashboard.catalogue.scheme import PoolRule


class TestDirichlet:
    def test_mean_spread_and_sum(self):
        drawn = dirichlet_weights([50, 30, 20, 0], draws=40_000, concentration=100, seed=1)
        assert drawn.sum(axis=1) == pytest.approx(1)
        assert drawn.mean(axis=0) == pytest.approx([0.5, 0.3, 0.2, 0], abs=0.002)
        assert drawn.std(axis=0)[:3] == pytest.approx(np.sqrt(np.array([0.25, 0.21, 0.16]) / 101), rel=0.03)
        assert (drawn[:, 3] == 0).all()

    def test_the_seed_decides(self):
        first = dirichlet_weights([1, 2, 3], draws=50, seed=7)
        assert (first == dirichlet_weights({"a": 10, "b": 20, "c": 30}, draws=50, seed=7)).all()
        assert (first != dirichlet_weights([1, 2, 3], draws=50, seed=8)).any()

    @pytest.mark.parametrize(
        "fields", [{"draws": 0}, {"draws": 2.5}, {"concentration": 0}, {"concentration": float("nan")}, {"weights": [1, -1]}]
    )
    def test_what_cannot_be_drawn(self, fields):
        with pytest.raises(ScoringError):
            dirichlet_weights(**{"weights": [1, 1]} | fields)


def slow_intervals(scores, weights, draws, concentration, seed):
    """Rank distribution by loops over the same draws."""
    drawn = dirichlet_weights(weights, draws, concentration, seed)
    ranked = np.array([rankdata(-np.round(scores @ row, 9)) for row in drawn])
    quantiles = np.quantile(ranked, [0.05, 0.95], axis=0, method="inverted_cdf")
    return ranked.mean(axis=0), quantiles[0], quantiles[1], ranked


class TestRankIntervals:
    @pytest.mark.parametrize("seed", range(5))
    def test_against_the_slow_implementation(self, seed):
        random = np.random.default_rng(seed)
        scores = np.round(random.uniform(0, 100, (7, 5)))
        scores[3] = scores[1]
        result = rank_intervals(scores, [1, 2, 3, 4, 5], 500, 20, seed)
        mean, low, high, ranked = slow_intervals(scores, [1, 2, 3, 4, 5], 500, 20, seed)
        assert result.table["mean_rank"].to_numpy() == pytest.approx(mean)
        assert result.table["low"].tolist() == low.tolist()
        assert result.table["high"].tolist() == high.tolist()
        alone = [unit for unit in range(7) if unit not in (1, 3)]
        for unit in alone:
            expected = [(ranked[:, unit] == rank).mean() for rank in range(1, 8)]
            assert result.probability.loc[unit].tolist() == pytest.approx(expected)
        assert result.probability.sum(axis=1).to_numpy() == pytest.approx(1)
        assert result.probability.sum(axis=0).to_numpy() == pytest.approx(1)
        assert result.table["share_first"].to_numpy() == pytest.approx(result.probability[1].to_numpy())
        assert (result.draws, result.concentration, result.seed) == (500, 20, seed)

    def test_the_same_seed_gives_the_same_result(self):
        scores = np.random.default_rng(3).uniform(0, 100, (6, 4))
        first, second = (rank_intervals(scores, [1, 1, 1, 1], 1000, 50, 42) for _ in range(2))
        pd.testing.assert_frame_equal(first.table, second.table)
        pd.testing.assert_frame_equal(first.probability, second.probability)
        pd.testing.assert_frame_equal(first.adjacent, second.adjacent)

    def test_a_dominant_unit_is_first_under_any_weights(self):
        frame = pd.DataFrame({"a": [90, 50, 40], "b": [80, 70, 75]}, index=["甲", "乙", "丙"])
        result = rank_intervals(frame, {"b": 40, "a": 60}, 2000, 5, 1)
        assert result.table.loc["甲", ["rank", "low", "high", "share_first"]].tolist() == [1, 1, 1, 1]
        assert result.table.loc["甲", "score"] == pytest.approx(86)
        assert list(result.table.index) == ["甲", "乙", "丙"]

    def test_equal_units_share_rank_probability_and_reversal(self):
        result = rank_intervals([[10, 20], [10, 20], [1, 2]], [1, 1], 100, 10, 1)
        assert result.table["rank"].tolist() == [1.5, 1.5, 3]
        assert result.probability.loc[0].tolist() == [0.5, 0.5, 0]
        assert result.adjacent["reversed_share"].tolist() == [0.5, 0]

    def test_groups_are_ranked_apart(self):
        random = np.random.default_rng(5)
        scores = pd.DataFrame(random.uniform(0, 100, (7, 3)), index=list("abcdefg"))
        groups = pd.Series(["x", "x", "x", "x", "y", "y", "y"], index=list("abcdefg"))
        together = rank_intervals(scores, [1, 1, 1], 300, 10, 1, groups=groups)
        for label in ("x", "y"):
            alone = rank_intervals(scores[groups == label], [1, 1, 1], 300, 10, 1)
            columns = ["score", "rank", "mean_rank", "low", "high", "share_first"]
            pd.testing.assert_frame_equal(together.table.loc[groups == label, columns], alone.table[columns])
        assert together.adjacent.groupby("group").size().to_dict() == {"x": 3, "y": 2}

    def test_missing_scores_leave_their_weight_to_the_others(self):
        scores = [[80, np.nan], [60, 90], [np.nan, np.nan]]
        result = rank_intervals(scores, [1, 1], 200, 10, 1)
        assert result.table["score"].tolist() == pytest.approx([80, 75, np.nan], nan_ok=True)
        assert result.table.loc[2, "rank":"share_first"].isna().all()
        assert result.probability.loc[2].isna().all()
        assert len(result.adjacent) == 1

    def test_nobody_scored_and_a_single_unit(self):
        nobody = rank_intervals([[np.nan]], [1], 10, 10, 1)
        assert nobody.table["rank"].isna().all()
        assert nobody.adjacent.empty
        assert rank_intervals([[5]], [1], 10, 10, 1).table.loc[0, "share_first"] == 1


class TestIndistinguishable:
    def test_runs_of_neighbours(self):
        scores = [[90, 90], [70, 70.1], [70.1, 70], [30, 30], [10, 12], [12, 10], [11, 11]]
        result = rank_intervals(scores, [50, 50], 2000, 50, 1)
        groups = [set(group) for group in indistinguishable_groups(result)]
        assert groups == [{1, 2}, {4, 5, 6}]

    def test_the_ends_of_a_chain_are_told_apart(self):
        # Each falls two points behind the one above it in both indicators' mean, and gains where the other loses.
        scores = [[80 - 2 * place + 12 * (-1) ** place, 80 - 2 * place - 12 * (-1) ** place] for place in range(8)]
        result = rank_intervals(scores, [50, 50], 4000, 60, 1)
        groups = indistinguishable_groups(result)
        assert len(groups) >= 1
        for group in groups:
            table = result.table.loc[group]
            assert (table["low"] <= table["high"].iloc[0]).all()
        assert not any({0, 7} <= set(group) for group in groups)
        assert (result.adjacent["reversed_share"] > 0.05).all()

    def test_a_run_never_crosses_a_group(self):
        scores = pd.DataFrame([[1, 2], [2, 1], [1, 2], [2, 1]])
        result = rank_intervals(scores, [1, 1], 500, 10, 1, groups=pd.Series([0, 0, 1, 1]))
        assert [set(group) for group in indistinguishable_groups(result)] == [{0, 1}, {2, 3}]

    def test_groups_may_be_a_list(self):
        scores = [[1, 2], [2, 1], [5, 5], [3, 3]]
        table = rank_intervals(scores, [1, 1], 50, 10, 1, groups=["x", "x", "y", "y"]).table
        assert table["rank"].tolist() == [1.5, 1.5, 1, 2]
        with pytest.raises(ScoringError):
            rank_intervals(scores, [1, 1], 50, 10, 1, groups=["x"])

    @pytest.mark.parametrize("share", [-0.1, 0.5])
    def test_the_share_has_bounds(self, share):
        with pytest.raises(ScoringError):
            indistinguishable_groups(rank_intervals([[1]], [1], 10, 10, 1), share)


class TestRankCorrelation:
    @given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=2, max_size=12))
    def test_as_scipy_computes_it(self, pairs):
        frame = pd.DataFrame(pairs, columns=["a", "b"], dtype=float)
        result = rank_correlation({"a": frame["a"], "b": frame["b"]})
        if frame["a"].nunique() > 1 and frame["b"].nunique() > 1:
            assert result.spearman.loc["a", "b"] == pytest.approx(spearmanr(frame["a"], frame["b"]).statistic)
            assert result.kendall.loc["b", "a"] == pytest.approx(kendalltau(frame["a"], frame["b"]).statistic)
        else:
            assert np.isnan(result.spearman.loc["a", "b"])

    def test_between_methods(self):
        units = list("abcd")
        methods = {
            "one": pd.Series([4.0, 3, 2, 1], units),
            "reverse": pd.Series([1.0, 2, 3, 4], units),
            "swap": pd.Series([3.0, 4, 2, 1], units),
            "flat": pd.Series([1.0, 1, 1, 1], units),
            "sparse": pd.Series([1.0], ["a"]),
        }
        result = rank_correlation(methods)
        assert result.spearman.loc["one", "reverse"] == pytest.approx(-1)
        assert result.spearman.loc["one", "swap"] == pytest.approx(0.8)
        assert result.kendall.loc["swap", "one"] == pytest.approx(2 / 3)
        assert np.isnan(result.spearman.loc["flat", "one"])
        assert np.isnan(result.kendall.loc["one", "flat"])
        assert np.isnan(result.kendall.loc["sparse", "one"])


def rule(kind="proportional", **fields):
    """A pool rule."""
    content = {"id": "r", "name": "规则", "name_en": "Rule", "kind": kind, "source": "test", "grade": "INFER"}
    return PoolRule.model_validate(content | fields)


STEPS = [{"minimum": 60, "coefficient": 0.8}, {"minimum": 80, "coefficient": 1}, {"minimum": 90, "coefficient": 1.2}]


class TestPool:
    def test_proportional_to_score_and_base(self):
        scores = pd.Series([90.0, 60, 50], ["甲", "乙", "丙"])
        assert allocate_pool(scores, Decimal("200"), rule()).tolist() == [Decimal(90), Decimal(60), Decimal(50)]
        base = pd.Series({"丙": 3.0, "甲": 1.0, "乙": 1.0})
        assert allocate_pool(scores, Decimal("300"), rule(), base=base).tolist() == [Decimal(90), Decimal(60), Decimal(150)]

    def test_by_steps(self):
        scores = pd.Series([95.0, 89.9999999999, 79.9, 20])
        amounts = allocate_pool(scores, Decimal("300"), rule("bands", steps=STEPS))
        assert amounts.tolist() == [Decimal("112.5"), Decimal("112.5"), Decimal("75"), Decimal("0")]

    def test_the_floor_holds_and_the_rest_is_shared_anew(self):
        scores = pd.Series([90.0, 60, 1, np.nan])
        amounts = allocate_pool(scores, Decimal("100"), rule(), floor=Decimal("20"))
        assert amounts.tolist() == [Decimal("36"), Decimal("24"), Decimal("20"), Decimal("20")]

    def test_lifting_one_may_push_another_below(self):
        amounts = allocate_pool(pd.Series([60.0, 21, 19]), Decimal("100"), rule(), floor=Decimal("22"))
        assert amounts.tolist() == [Decimal("56"), Decimal("22"), Decimal("22")]

    def test_the_rule_may_hold_the_floor(self):
        amounts = allocate_pool(pd.Series([100.0, 0]), Decimal("100"), rule(floor="30"))
        assert amounts.tolist() == [Decimal("70"), Decimal("30")]

    def test_a_floor_that_takes_the_whole_pool(self):
        amounts = allocate_pool(pd.Series([100.0, 0]), Decimal("100"), rule(), floor=Decimal("50"))
        assert amounts.tolist() == [Decimal("50"), Decimal("50")]

    def test_nobody_has_a_claim(self):
        assert allocate_pool(pd.Series([0.0, np.nan]), Decimal("0.01"), rule()).tolist() == [Decimal("0.01"), Decimal("0")]

    @settings(deadline=None)
    @given(
        st.lists(st.one_of(st.floats(0, 100), st.just(np.nan)), min_size=1, max_size=12),
        st.integers(0, 10**11),
        st.integers(0, 1000),
        st.sampled_from(["proportional", "bands"]),
    )
    def test_the_pool_is_closed_and_the_floor_kept(self, scores, cents, permille, kind):
        pool = Decimal(cents) / 100
        floor = Decimal(cents * permille // 1000 // len(scores)) / 100
        given_rule = rule(kind, steps=STEPS if kind == "bands" else [])
        amounts = allocate_pool(pd.Series(scores), pool, given_rule, floor)
        assert sum(amounts) == pool
        assert min(amounts) >= floor

    @pytest.mark.parametrize(
        ("scores", "fields"),
        [
            ([], {}),
            ([1.0, 2.0], {"floor": Decimal("60")}),
            ([1.0], {"pool": Decimal("0.001")}),
            ([1.0], {"pool": Decimal("-1")}),
            ([1.0], {"pool": Decimal("NaN")}),
            ([1.0], {"base": pd.Series([-1.0])}),
            ([1.0], {"base": pd.Series({7: 1.0})}),
        ],
    )
    def test_what_cannot_be_shared(self, scores, fields):
        with pytest.raises(ScoringError):
            allocate_pool(pd.Series(scores, dtype=float), **{"pool": Decimal("100"), "rule": rule()} | fields)
