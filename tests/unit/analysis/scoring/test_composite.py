"""The composite of a scheme: hand-computed cases, a slow second implementation, properties, the planted community."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.analysis.scoring import (
    ScoringError,
    composite,
    contribution_difference,
    indicator_scores,
    leave_one_out,
)
from dashboard.catalogue.scheme import Scheme, SchemeIndicator

BANDS = [
    {"name": "优", "name_en": "Excellent", "minimum": 90},
    {"name": "良", "name_en": "Good", "minimum": 80},
    {"name": "合格", "name_en": "Pass", "minimum": 60},
    {"name": "不合格", "name_en": "Fail", "minimum": 0},
]


def indicator(identifier, weight, **fields):
    """One indicator of a scheme, in dimension ``d1`` unless said otherwise."""
    return {"id": identifier, "name": identifier, "name_en": identifier, "dimension": "d1", "weight": weight} | fields


def scheme(indicators, **fields):
    """A checked scheme with two dimensions and the usual four bands."""
    content = {
        "id": "test",
        "version": "1",
        "name": "测试",
        "name_en": "Test",
        "valid_from": "2025-01-01",
        "source": "test",
        "grade": "INFER",
        "normalisation": "target",
        "dimensions": [{"id": "d1", "name": "一", "name_en": "One"}, {"id": "d2", "name": "二", "name_en": "Two"}],
        "indicators": indicators,
        "bands": BANDS,
    }
    return Scheme.model_validate(content | fields)


def on_target(identifier, weight, **fields):
    """An indicator whose score is its value (0–100)."""
    return indicator(identifier, weight, attainment={"floor": 0, "full": 100}, **fields)


SIMPLE = scheme([on_target("a", 50), on_target("b", 30), on_target("c", 20, dimension="d2")])
VALUES = pd.DataFrame({"a": [100.0, 80, 60], "b": [90.0, 50, 60], "c": [80.0, 100, 60]}, index=["甲", "乙", "丙"])
GATES = [
    {"kind": "veto", "id": "v", "name": "一票否决", "name_en": "Veto", "measure": "fraud", "threshold": 1, "cap_band": "合格"},
    {"kind": "demerit", "id": "m", "name": "扣分", "name_en": "Demerit", "measure": "cases", "points": 2, "maximum": 5},
]


class TestNormalisation:
    def scores(self, values, form, **fields):
        return indicator_scores(np.array(values, dtype=float), SchemeIndicator.model_validate(indicator("x", 1, **fields)), form)

    def test_target_is_piecewise_linear_and_flat_beyond(self):
        scores = self.scores([50, 60, 75, 90, 120, np.nan], "target", attainment={"floor": 60, "full": 90})
        assert scores == pytest.approx([0, 0, 50, 100, 100, np.nan], nan_ok=True)

    def test_target_where_less_is_better(self):
        scores = self.scores([5, 10, 12.5, 15, 20], "target", direction="lower", attainment={"floor": 15, "full": 10})
        assert scores == pytest.approx([100, 100, 50, 0, 0])

    def test_target_inside_a_range(self):
        points = [[60, 0], [85, 100], [93, 100], [110, 20]]
        scores = self.scores([60, 72.5, 90, 101.5, 130], "target", direction="range", attainment={"points": points})
        assert scores == pytest.approx([0, 50, 100, 60, 20])

    def test_min_max(self):
        assert self.scores([2, 4, np.nan, 3], "minmax") == pytest.approx([0, 100, np.nan, 50], nan_ok=True)
        assert self.scores([2, 4, 3], "minmax", direction="lower").tolist() == [100, 0, 50]
        assert self.scores([7, 7], "minmax").tolist() == [50, 50]

    def test_z(self):
        assert self.scores([1, 2, 3], "z") == pytest.approx([40, 50, 60])
        assert self.scores([1, 2, 3], "z", direction="lower") == pytest.approx([60, 50, 40])
        assert self.scores([7], "z").tolist() == [50]
        assert self.scores([0] * 99 + [1000], "z")[-1] == 100

    def test_ratio_to_a_target(self):
        assert self.scores([45, 90, 500, -3], "ratio", reference=90) == pytest.approx([50, 100, 200, 0])
        assert self.scores([8, 16, 0, -1, 1], "ratio", reference=8, direction="lower") == pytest.approx([100, 50, 200, 200, 200])

    def test_ratio_to_the_mean(self):
        assert self.scores([5, 10, 15, np.nan], "ratio", reference="mean") == pytest.approx([50, 100, 150, np.nan], nan_ok=True)
        assert np.isnan(self.scores([-1, 1], "ratio", reference="mean")).all()

    def test_nothing_measured(self):
        assert np.isnan(self.scores([np.nan, np.nan], "minmax")).all()


class TestArithmetic:
    def test_totals_points_bands_and_ranks(self):
        result = composite(SIMPLE, VALUES)
        assert result.total.tolist() == pytest.approx([93, 75, 60])
        assert result.band.tolist() == ["优", "合格", "合格"]
        assert result.rank.tolist() == [1, 2, 3]
        assert result.by_dimension.loc["乙"].tolist() == pytest.approx([55, 20])
        assert result.by_indicator.loc[("甲", "b")].to_dict() == {"dimension": "d1", "value": 90, "score": 90, "weight": 30, "points": 27}
        assert result.missing.empty
        assert result.vetoes.empty
        assert result.completeness.tolist() == [1, 1, 1]
        assert result.trusted.all()
        assert result.scores.loc["丙"].to_dict() == {"a": 60, "b": 60, "c": 60}

    def test_ties_share_the_average_rank(self):
        equal = pd.DataFrame({"a": [50.0, 50, 90], "b": [1.0, 1, 1], "c": [2.0, 2, 2]})
        assert composite(SIMPLE, equal).rank.tolist() == [2.5, 2.5, 1]

    def test_a_single_unit(self):
        assert composite(SIMPLE, VALUES.iloc[:1]).rank.tolist() == [1]

    def test_a_total_on_the_edge_belongs_to_the_band_above(self):
        thirds = scheme([on_target(name, 100 / 3) for name in "abc"])
        assert composite(thirds, pd.DataFrame({name: [90.0] for name in "abc"})).band.tolist() == ["优"]

    @pytest.mark.parametrize("values", [VALUES.iloc[:0], pd.concat([VALUES, VALUES]), VALUES.replace(100.0, np.inf)])
    def test_what_cannot_be_scored_says_so(self, values):
        with pytest.raises(ScoringError):
            composite(SIMPLE, values)


class TestMissing:
    """The planted community lacks one indicator; what happens is the scheme's word."""

    PLANTED = VALUES.copy()
    PLANTED.loc["乙", "b"] = np.nan

    def test_reweighted(self):
        result = composite(SIMPLE, self.PLANTED)
        assert result.total["乙"] == pytest.approx((50 * 80 + 20 * 100) / 70)
        assert result.by_indicator.loc["乙", "weight"].tolist() == pytest.approx([500 / 7, 0, 200 / 7])
        assert result.total["甲"] == pytest.approx(93)
        assert result.missing.to_dict("records") == [{"unit": "乙", "indicator": "b", "treatment": "reweighted"}]
        assert result.completeness.tolist() == pytest.approx([1, 0.7, 1])
        assert result.trusted.tolist() == [True, False, True]

    def test_zero(self):
        result = composite(SIMPLE.changed(missing="zero"), self.PLANTED)
        assert result.total.tolist() == pytest.approx([93, 60, 60])
        assert result.missing["treatment"].tolist() == ["zero"]

    def test_excluded_for_everyone(self):
        result = composite(SIMPLE.changed(missing="excluded"), self.PLANTED)
        assert result.total["甲"] == pytest.approx((50 * 100 + 20 * 80) / 70)
        assert result.by_indicator["weight"].unstack()["b"].tolist() == [0, 0, 0]
        assert result.missing["treatment"].tolist() == ["excluded"]

    def test_an_indicator_may_have_its_own_rule(self):
        mixed = scheme([on_target("a", 50), on_target("b", 30, missing="zero"), on_target("c", 20)])
        assert composite(mixed, self.PLANTED).total["乙"] == pytest.approx(60)

    def test_an_absent_column_is_missing_for_everyone(self):
        result = composite(SIMPLE, VALUES.drop(columns="c"))
        assert result.completeness.tolist() == pytest.approx([0.8] * 3)
        assert result.trusted.all()
        assert len(result.missing) == 3

    @pytest.mark.parametrize("rule", ["reweighted", "zero", "excluded"])
    def test_a_unit_without_any_measurement_has_no_score(self, rule):
        empty = VALUES.copy()
        empty.loc["丙"] = np.nan
        result = composite(SIMPLE.changed(missing=rule), empty)
        assert math.isnan(result.total["丙"])
        assert math.isnan(result.rank["丙"])
        assert result.band["丙"] is None
        assert not result.trusted["丙"]
        assert result.by_dimension.loc["丙"].isna().all()
        with pytest.raises(ScoringError):
            contribution_difference(result, "甲", "丙")


class TestGates:
    GATED = SIMPLE.changed(gates=GATES)

    def test_veto_caps_the_band_and_demerits_take_points(self):
        values = VALUES.assign(fraud=[1.0, 0, 0], cases=[1.0, 0, 10])
        result = composite(self.GATED, values)
        assert result.total.tolist() == pytest.approx([91, 75, 55])
        assert result.demerits.tolist() == pytest.approx([-2, 0, -5])
        assert result.band.tolist() == ["合格", "合格", "不合格"]
        assert result.vetoes.to_dict("records") == [{"unit": "甲", "gate": "v"}]

    def test_a_veto_does_not_lift_a_band(self):
        low = pd.DataFrame({"a": [10.0], "b": [10.0], "c": [10.0], "fraud": [3.0], "cases": [0.0]})
        assert composite(self.GATED, low).band.tolist() == ["不合格"]

    def test_the_total_stays_at_zero(self):
        low = pd.DataFrame({"a": [1.0], "b": [1.0], "c": [1.0], "fraud": [0.0], "cases": [9.0]})
        result = composite(self.GATED, low)
        assert (result.total[0], result.demerits[0]) == (0, -1)

    def test_an_unknown_measure_has_no_effect_and_is_listed(self):
        result = composite(self.GATED, VALUES.assign(cases=[0.0, np.nan, 0]))
        assert result.total.tolist() == pytest.approx([93, 75, 60])
        unchecked = result.missing[result.missing["treatment"] == "not_checked"]
        assert unchecked["indicator"].tolist() == ["m", "v", "v", "v"]


class TestGeometricWithin:
    GEOMETRIC = SIMPLE.changed(aggregation="geometric_within")

    def test_dimension_means_are_geometric_and_add_up(self):
        result = composite(self.GEOMETRIC, VALUES)
        within = 100 ** (50 / 80) * 90 ** (30 / 80)
        assert result.by_dimension.loc["甲"].tolist() == pytest.approx([80 * within / 100, 16])
        assert result.total["甲"] == pytest.approx(80 * within / 100 + 16)
        assert result.by_indicator.loc["甲", "points"].sum() == pytest.approx(result.total["甲"])

    def test_a_zero_makes_its_dimension_zero(self):
        result = composite(self.GEOMETRIC, pd.DataFrame({"a": [100.0], "b": [0.0], "c": [50.0]}))
        assert result.total[0] == pytest.approx(10)

    def test_a_reweighted_missing_value_is_no_zero(self):
        result = composite(self.GEOMETRIC, pd.DataFrame({"a": [100.0], "b": [np.nan], "c": [100.0]}))
        assert result.total[0] == pytest.approx(100)


def slow_total(content, row):
    """Weighted composite of one unit by loops: target attainment, missing re-weighted."""
    whole = weight_sum = 0.0
    for item in content.indicators:
        value = row[item.id]
        if math.isnan(value):
            continue
        low, high = item.attainment.floor, item.attainment.full
        score = min(100.0, max(0.0, (value - low) / (high - low) * 100))
        whole += item.weight * score
        weight_sum += item.weight
    return whole / weight_sum if weight_sum else math.nan


@st.composite
def cases(draw):
    """A scheme of target indicators and a set of units with gaps."""
    count = draw(st.integers(1, 6))
    parts = draw(st.lists(st.integers(1, 50), min_size=count, max_size=count))
    items = []
    for position, part in enumerate(parts):
        low, step = draw(st.integers(-50, 50)), draw(st.integers(1, 80))
        direction = draw(st.sampled_from(["higher", "lower"]))
        ends = {"floor": low, "full": low + step} if direction == "higher" else {"floor": low + step, "full": low}
        dimension = draw(st.sampled_from(["d1", "d2"]))
        items.append(indicator(f"i{position}", part * 100 / sum(parts), direction=direction, attainment=ends, dimension=dimension))
    cell = st.one_of(st.integers(-100, 200).map(float), st.just(math.nan))
    rows = draw(st.lists(st.lists(cell, min_size=count, max_size=count), min_size=1, max_size=6))
    return scheme(items), pd.DataFrame(rows, columns=[item["id"] for item in items], dtype=float)


class TestProperties:
    @settings(deadline=None, max_examples=40)
    @given(cases())
    def test_against_the_slow_implementation(self, case):
        content, values = case
        expected = [slow_total(content, row) for row in values.to_dict("records")]
        assert composite(content, values).total.tolist() == pytest.approx(expected, nan_ok=True, abs=1e-9)

    @settings(deadline=None, max_examples=40)
    @given(cases(), st.sampled_from(["arithmetic", "geometric_within"]), st.sampled_from(["reweighted", "zero", "excluded"]))
    def test_everything_adds_up(self, case, aggregation, rule):
        content, values = case
        result = composite(content.changed(aggregation=aggregation, missing=rule), values)
        scored = result.total.dropna().index
        sums = result.by_indicator[["points", "weight"]].groupby("unit").sum().loc[scored]
        assert sums["points"].to_numpy() == pytest.approx(result.total[scored].to_numpy())
        assert sums["weight"].to_numpy() == pytest.approx(100.0)
        assert result.by_dimension.loc[scored].sum(axis=1).to_numpy() == pytest.approx(result.total[scored].to_numpy())
        assert ((result.total[scored] >= 0) & (result.total[scored] <= 100 + 1e-9)).all()
        for unit in scored:
            parts = contribution_difference(result, unit, scored[0])
            assert parts.sum() == pytest.approx(result.total[unit] - result.total[scored[0]], abs=1e-9)

    @settings(deadline=None, max_examples=40)
    @given(cases(), st.data(), st.sampled_from(["arithmetic", "geometric_within"]), st.sampled_from(["target", "minmax", "z"]))
    def test_a_better_value_never_lowers_the_total(self, case, data, aggregation, form):
        content, values = case
        changed = content.changed(aggregation=aggregation, normalisation=form)
        values = values.fillna(0.0)
        unit = data.draw(st.sampled_from(list(values.index)))
        item = data.draw(st.sampled_from(content.indicators))
        better = values.copy()
        better.loc[unit, item.id] += item.sign * data.draw(st.integers(1, 100))
        # Cutting z to 0–100 and its spread leave monotony of the unit's own score intact.
        assert composite(changed, better).total[unit] >= composite(changed, values).total[unit] - 1e-9

    @settings(deadline=None, max_examples=40)
    @given(cases(), st.sampled_from([0.001, 10.0, 10000.0]), st.sampled_from(["minmax", "z"]))
    def test_units_of_measurement_do_not_matter(self, case, scale, form):
        content, values = case
        changed = content.changed(normalisation=form)
        scaled = values * scale
        assert composite(changed, scaled).total.tolist() == pytest.approx(composite(changed, values).total.tolist(), nan_ok=True)


class TestContributions:
    def test_parts_by_indicator_and_demerits(self):
        result = composite(SIMPLE.changed(gates=GATES[1:]), VALUES.assign(cases=[0.0, 1, 0]))
        parts = contribution_difference(result, "甲", "乙")
        assert parts.to_dict() == pytest.approx({"a": 10, "b": 12, "c": -4, "demerits": 2})
        assert parts.sum() == pytest.approx(result.total["甲"] - result.total["乙"])

    def test_printed_parts_add_up_to_the_printed_difference(self):
        thirds = scheme([on_target(name, 100 / 3) for name in "abc"])
        result = composite(thirds, pd.DataFrame({name: [10.0, 0.0] for name in "abc"}, index=["x", "y"]))
        parts = contribution_difference(result, "x", "y", decimals=1)
        assert sorted(parts) == [0, 3.3, 3.3, 3.4]

    def test_an_unknown_unit(self):
        with pytest.raises(ScoringError):
            contribution_difference(composite(SIMPLE, VALUES), "甲", "丁")


class TestLeaveOneOut:
    def test_each_indicator_in_turn(self):
        values = pd.DataFrame({"a": [100.0, 60], "b": [0.0, 60], "c": [50.0, 60]}, index=["甲", "乙"])
        result = leave_one_out(SIMPLE, values)
        assert result.total.loc["甲"].to_dict() == pytest.approx({"a": 20, "b": 6000 / 70, "c": 62.5})
        assert result.rank.loc["甲"].to_dict() == {"a": 2, "b": 1, "c": 1}
        assert result.rank_change.loc["甲"].to_dict() == {"a": 0.5, "b": -0.5, "c": -0.5}

    def test_one_indicator_cannot_be_left_out(self):
        with pytest.raises(ScoringError):
            leave_one_out(scheme([on_target("a", 100), on_target("b", 0)]), VALUES)


class TestInputs:
    def test_an_array_or_lists_stand_in_the_order_of_the_scheme(self):
        expected = composite(SIMPLE, VALUES).total.to_numpy()
        for shape in (VALUES.to_numpy(), VALUES.to_numpy().tolist()):
            assert composite(SIMPLE, shape).total.to_numpy() == pytest.approx(expected)

    def test_missing_cells_of_every_kind(self):
        frame = VALUES.astype(object)
        frame.loc["甲", "a"] = None
        frame.loc["乙", "a"] = pd.NA
        found = composite(SIMPLE, frame)
        assert found.missing["unit"].tolist() == ["甲", "乙"]

    @pytest.mark.parametrize("values", [[[1, 2]], [1, 2, 3], [["a", 1, 2]], [[1, 2, 3], [1]], []])
    def test_what_does_not_fit_is_refused(self, values):
        with pytest.raises(ScoringError):
            composite(SIMPLE, values)
