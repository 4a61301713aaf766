"""Performance services on a county computed by hand, and schemes in a real workspace: two editors, freezing, criteria."""

import datetime
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from dashboard.analysis.judgement import Verdict
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.scoring import ScoringError
from dashboard.catalogue.expression import ExpressionError
from dashboard.catalogue.performance import delivered_schemes
from dashboard.catalogue.scheme import PoolRule, Scheme
from dashboard.errors import ProductError
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.performance.answer import compare_methods, dimension_shares, movement, needed_ids, rank, score_inputs, share_pool
from dashboard.services.performance.criteria import criteria, enter_assessment
from dashboard.services.performance.custom import CustomIndicator, check_formula
from dashboard.services.performance.detail import difference, indicator_drill, shortfalls
from dashboard.services.performance.schemes import (
    approve_scheme,
    custom_indicators,
    freeze_scheme,
    frozen_result,
    history,
    next_custom_id,
    save_custom,
    save_scheme,
    scheme_choices,
    scheme_differences,
)
from dashboard.services.performance.trend import improvement, score_history, score_values, trend_periods
from dashboard.workspace import ConflictError, Status, Workspace, WorkspaceError, open_workspace
from tests.integration.county import INSTITUTIONS, Rows, fill, month, visits

OCTOBER = Period.parse("2025-10")
LIMITS = {"least_a": 7, "most_c": 0, "most_c_basic": 2}

PLAN = {
    "id": "test",
    "version": "1",
    "name": "试",
    "name_en": "Test",
    "valid_from": "2025-01-01",
    "source": "测试",
    "grade": "INFER",
    "normalisation": "target",
    "minimum_completeness": 0.8,
    "dimensions": [{"id": "flow", "name": "就诊", "name_en": "Flow"}, {"id": "conduct", "name": "廉洁", "name_en": "Conduct"}],
    "indicators": [
        {
            "id": "B02",
            "name": "基层就诊率",
            "name_en": "Primary",
            "dimension": "flow",
            "weight": 50,
            "attainment": {"floor": 0, "full": 100},
        },
        {"id": "S13", "name": "公卫得分", "name_en": "Score", "dimension": "flow", "weight": 30, "attainment": {"floor": 0, "full": 100}},
        {
            "id": "conduct_points",
            "name": "扣分",
            "name_en": "Points",
            "dimension": "conduct",
            "weight": 20,
            "direction": "lower",
            "attainment": {"points": [[0, 100], [10, 0]]},
        },
    ],
    "bands": [{"name": "优", "name_en": "Good", "minimum": 60}, {"name": "差", "name_en": "Poor", "minimum": 0}],
    "gates": [
        {
            "kind": "veto",
            "id": "fraud",
            "name": "违规",
            "name_en": "Fraud",
            "measure": "fund_violation_cases",
            "threshold": 1,
            "cap_band": "差",
        }
    ],
}
SCHEME = Scheme.model_validate(PLAN)
RULE = PoolRule.model_validate({"id": "p", "name": "池", "name_en": "Pool", "kind": "proportional", "source": "测试", "grade": "INFER"})


def conduct(code: str, kind: str, when: str, cases: int, points: float) -> dict:
    return {"institution_code": code, "kind": kind, "month": month(when), "cases": cases, "demerit_points": points}


def grade(community: str, item: str, when: str, mark: str) -> dict:
    return {
        "community_code": community,
        "catalogue": "criteria_2019",
        "item": item,
        "month": month(when),
        "grade": mark,
        "evidence": "台账",
    }


def score(community: str, when: str, value: float) -> dict:
    return {"community_code": community, "catalogue": "public_health", "item": "S13", "month": month(when), "value": value}


# C1: 1,000 hospital and 3,000 primary visits in October; C2: 1,000 and 1,000. The month before it was the other way round.
ROWS: Rows = {
    "dim_community": [
        {"community_code": "C1", "name": "第一医共体", "short_name": "一", "display_order": 1},
        {"community_code": "C2", "name": "第二医共体", "short_name": "二", "display_order": 2},
    ],
    "dim_town": [{"town_code": "T1", "name": "东镇", "community_code": "C1"}, {"town_code": "T2", "name": "西镇", "community_code": "C2"}],
    "dim_institution": INSTITUTIONS,
    "fact_population": [
        {"town_code": "T1", "year": 2024, "registered": 1, "resident": 30_000},
        {"town_code": "T2", "year": 2024, "registered": 1, "resident": 10_000},
    ],
    "fact_outpatient": [
        visits("H1", "2025-10", 1_000),
        visits("P1", "2025-10", 3_000),
        visits("H2", "2025-10", 1_000),
        visits("P2", "2025-10", 1_000),
        visits("H1", "2025-09", 1_000),
        visits("P1", "2025-09", 1_000),
        visits("H2", "2025-09", 1_000),
        visits("P2", "2025-09", 9_000),
    ],
    "fact_conduct": [
        conduct("H1", "complaint", "2025-10", 1, 2.5),
        conduct("P1", "complaint", "2025-10", 1, 2.5),
        conduct("H2", "fund_violation", "2025-10", 1, 1),
        conduct("H1", "complaint", "2025-09", 0, 0),
    ],
    "fact_assessment": [
        score("C1", "2024-12", 50),
        score("C1", "2025-06", 80),
        score("C1", "2025-12", 10),
        score("C2", "2025-06", 60),
        *[grade("C1", f"J{number:02d}", "2024-12", "A") for number in range(1, 11)],
        *[grade("C2", f"J{number:02d}", "2024-12", "B") for number in range(1, 10)],
    ],
}


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    url = f"duckdb:///{tmp_path_factory.mktemp('performance') / 'reporting.duckdb'}"
    fill(url, ROWS)
    return open_database(url)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")


@pytest.fixture
def ranking(database: ReportingDatabase):
    return rank(SCHEME, score_inputs(database, OCTOBER, needed_ids(SCHEME)))


class TestScores:
    def test_values_come_from_facts_conduct_and_the_newest_assessment_of_the_time(self, ranking) -> None:
        values = ranking.inputs.values
        assert values.loc["C1", "B02"] == pytest.approx(75)
        assert values.loc["C2", "B02"] == pytest.approx(50)
        assert values["S13"].tolist() == [80, 60]  # December 2025 has not come yet
        assert values["conduct_points"].tolist() == [5, 1]
        assert values["fund_violation_cases"].tolist() == [0, 1]

    def test_totals_ranks_and_veto(self, ranking) -> None:
        # C1: 0.5·75 + 0.3·80 + 0.2·50; C2: 0.5·50 + 0.3·60 + 0.2·90
        assert ranking.current.total.to_dict() == pytest.approx({"C1": 71.5, "C2": 61.0})
        assert ranking.order == ["C1", "C2"]
        assert ranking.current.band.to_dict() == {"C1": "优", "C2": "差"}

    def test_movement_is_against_the_period_before(self, ranking) -> None:
        # September: C1 0.5·50 + 0.3·80 + 0.2·100 = 69; C2 0.5·90 + 0.3·60 with the conduct weight spread = 78.75
        assert ranking.previous.total.to_dict() == pytest.approx({"C1": 69.0, "C2": 78.75})
        assert movement(ranking).to_dict() == {"C1": 1, "C2": -1}

    def test_shares_of_full_score(self, ranking) -> None:
        shares = dimension_shares(ranking.current)
        assert shares.loc["C1"].to_dict() == pytest.approx({"flow": (37.5 + 24) / 80 * 100, "conduct": 50})

    def test_costliest_indicator_first_with_the_effect_of_the_median(self, ranking) -> None:
        first, second = shortfalls(ranking, "C2", "flow")
        assert (first.indicator.id, first.lost) == ("B02", pytest.approx(25))
        assert first.median == pytest.approx(62.5)
        assert first.gain_at_median == pytest.approx(0.5 * 12.5)
        assert second.best == 80
        assert second.gain_at_median == pytest.approx(0.3 * 10)

    def test_difference_adds_up(self, ranking) -> None:
        assert difference(ranking, "C1", "C2").to_dict() == {"B02": 12.5, "S13": 6.0, "conduct_points": -8.0}

    def test_methods_agree_with_themselves_and_cover_every_unit(self, ranking) -> None:
        comparison = compare_methods(ranking)
        assert comparison.ranks["composite"].to_dict() == {"C1": 1, "C2": 2}
        assert comparison.agreement["composite"] == pytest.approx(1)
        assert comparison.left_out == ()
        assert comparison.entropy.sum() == pytest.approx(1)

    def test_an_indicator_that_one_unit_lacks_is_left_to_the_composite(self, database: ReportingDatabase) -> None:
        september = rank(SCHEME, score_inputs(database, Period.parse("2025-09"), needed_ids(SCHEME)))
        assert compare_methods(september).left_out == ("conduct_points",)

    def test_missing_data_is_listed_and_lowers_trust(self, database: ReportingDatabase) -> None:
        september = rank(SCHEME, score_inputs(database, Period.parse("2025-09"), needed_ids(SCHEME)))
        assert ("C2", "conduct_points", "reweighted") in {tuple(row) for row in september.current.missing.to_numpy()}
        assert september.current.completeness.to_dict() == pytest.approx({"C1": 1.0, "C2": 0.8})
        assert september.current.trusted.all()
        stricter = rank(SCHEME.changed(minimum_completeness=0.9), september.inputs)
        assert stricter.current.trusted.to_dict() == {"C1": True, "C2": False}

    def test_a_period_without_any_data_has_no_ranking_but_no_error(self, database: ReportingDatabase) -> None:
        empty = SCHEME.without("S13")
        found = rank(empty, score_inputs(database, Period.parse("2019-01"), needed_ids(empty)))
        assert found.order == []
        assert found.intervals is None
        assert compare_methods(found) is None

    def test_institutions_of_a_kind(self, database: ReportingDatabase) -> None:
        inputs = score_inputs(database, OCTOBER, needed_ids(SCHEME), None, ("general_hospital", "tcm_hospital"))
        assert inputs.units.tolist() == ["H1", "H2"]
        assert inputs.values["conduct_points"].tolist() == [2.5, 1]

    def test_drill_names_institutions_and_months(self, database: ReportingDatabase) -> None:
        drill = indicator_drill(database, "B02", "C1", OCTOBER)
        assert len(drill.months) == 24
        assert drill.months["value"].iloc[-1] == pytest.approx(75)
        assert drill.signal == "insufficient"
        assert indicator_drill(database, "conduct_points", "C1", OCTOBER) is None


def test_the_first_is_sure_only_when_no_draw_to_speak_of_puts_another_there(ranking) -> None:
    table = ranking.intervals.table
    assert ranking.surely_first == (table.at["C1", "share_first"] >= 0.95)
    doubtful = replace(ranking, intervals=replace(ranking.intervals, table=table.assign(share_first=[0.9, 0.1], low=[1.0, 1.0])))
    assert not doubtful.surely_first
    assert not doubtful.surely_last
    assert not replace(ranking, intervals=None).surely_first


class TestTrend:
    def test_every_month_scores_as_the_page_would(self, database: ReportingDatabase, ranking) -> None:
        history = score_history(database, SCHEME, OCTOBER, Grain.MONTH)
        assert history.periods[-1] == OCTOBER
        for period in history.periods[-2:]:
            expected = rank(SCHEME, score_inputs(database, period, needed_ids(SCHEME))).current
            assert history.total[period].to_dict() == pytest.approx(expected.total.to_dict())
            assert history.completeness[period].to_dict() == pytest.approx(expected.completeness.to_dict())
        assert history.charts["C1"].marks.iloc[-1] == "insufficient"
        assert history.partial == frozenset()

    def test_the_newest_quarter_is_not_over(self, database: ReportingDatabase) -> None:
        history = score_history(database, SCHEME, OCTOBER, Grain.QUARTER)
        assert [str(period) for period in history.periods[-2:]] == ["2025-09", "2025-10"]
        assert history.partial == {history.periods[-1]}
        assert history.periods[-1].months == (datetime.date(2025, 10, 1),)

    def test_years_are_compared_over_the_same_months(self) -> None:
        found = trend_periods(OCTOBER, Grain.YEAR_TO_DATE, datetime.date(2023, 1, 1))
        assert [period.last.isoformat() for period in found] == ["2023-10-01", "2024-10-01", "2025-10-01"]
        assert len(trend_periods(OCTOBER, Grain.QUARTER)) == 8

    def test_what_moved_a_score_adds_up(self, ranking) -> None:
        for unit in ("C1", "C2"):
            change = ranking.current.total[unit] - ranking.previous.total[unit]
            assert improvement(ranking, unit).sum() == pytest.approx(change)
        nothing = rank(SCHEME.without("S13"), replace(ranking.inputs, previous=ranking.inputs.previous * float("nan")))
        assert improvement(nothing, "C1").empty

    def test_a_user_defined_indicator_has_its_past(self, database: ReportingDatabase) -> None:
        custom = CustomIndicator("U01", "人次", "visits", "", unit="人次", multiplier=1.0)
        september = Period.parse("2025-09")
        found = score_values(database, (september, OCTOBER), ("B02", "U01"), None, (custom,))
        assert found[OCTOBER]["U01"].to_dict() == {"C1": 4000, "C2": 2000}
        assert found[september]["U01"].to_dict() == {"C1": 2000, "C2": 10000}


class TestMoney:
    def test_the_pool_is_shared_to_the_cent_before_and_after(self, ranking) -> None:
        shares = share_pool(ranking, RULE, Decimal("1000000.01"), Decimal(0), by_residents=True)
        assert sum(shares.before) == sum(shares.after) == Decimal("1000000.01")
        assert sum(shares.change) == 0
        assert float(shares.after["C1"]) == pytest.approx(1000000.01 * 3 * 71.5 / (3 * 71.5 + 61.0), abs=0.01)
        assert shares.before["C1"] == Decimal("750000.01")

    def test_compared_with_another_scheme_and_a_floor(self, ranking) -> None:
        other = ranking.current.total * 0 + [1.0, 99.0]
        shares = share_pool(ranking, RULE, Decimal(100), Decimal(40), by_residents=False, compared=other)
        assert shares.before.tolist() == [Decimal(40), Decimal(60)]
        assert min(shares.after) >= 40

    def test_a_pool_that_cannot_pay_its_floors_is_refused(self, ranking) -> None:
        with pytest.raises(ScoringError):
            share_pool(ranking, RULE, Decimal(10), Decimal(6), by_residents=False)


class TestCustom:
    OWN = CustomIndicator("U01", "基层占比", "primary_visits", "visits")

    def test_a_formula_of_ones_own_is_computed_and_scored(self, database: ReportingDatabase) -> None:
        custom = CustomIndicator("U01", "每百人次", "visits + visits", "visits", unit="比值", multiplier=1.0)
        inputs = score_inputs(database, OCTOBER, ("B02", "U01"), None, (), (custom,))
        assert inputs.values["U01"].tolist() == [2.0, 2.0]
        assert inputs.values["B02"].tolist() == pytest.approx([75, 50])

    @pytest.mark.parametrize(
        ("text", "position"),
        [
            ("visits + unheard_of", 10),
            ("visits @ 2", 8),
            ("__import__('os')", 12),
            ("visits / (", 11),
            ("share(visits)", 1),
            ("visits；1", 7),
        ],
    )
    def test_an_error_points_at_the_character(self, text: str, position: int) -> None:
        with pytest.raises(ExpressionError) as caught:
            check_formula(text)
        assert caught.value.position == position

    def test_it_is_kept_in_the_workspace(self, workspace: Workspace) -> None:
        assert next_custom_id(()) == "U01"
        save_custom(workspace, self.OWN, author="甲", reason="")
        assert custom_indicators(workspace) == (self.OWN,)
        assert next_custom_id(custom_indicators(workspace)) == "U02"


class TestSchemes:
    def save(self, workspace: Workspace, choice, scheme: Scheme, **more: str):
        details = {"name": "本县方案", "author": "甲", "reason": "试行"} | more
        return save_scheme(workspace, choice, scheme, data_version=1, **details)

    def first(self, workspace: Workspace):
        return scheme_choices(workspace)[0]

    def test_a_delivered_scheme_is_copied_not_overwritten(self, workspace: Workspace) -> None:
        delivered = self.first(workspace)
        saved = self.save(workspace, delivered, delivered.scheme.without("B01"))
        assert (saved.version, saved.status, saved.name) == (1, Status.DRAFT, "本县方案")
        choices = {choice.key: choice for choice in scheme_choices(workspace)}
        assert choices[delivered.key].scheme == delivered_schemes()[delivered.scheme.id]
        assert choices[saved.key].scheme == delivered.scheme.without("B01")

    def test_two_editors_the_second_is_told_and_nothing_is_lost(self, workspace: Workspace) -> None:
        base = self.save(workspace, self.first(workspace), SCHEME)
        mine, theirs = SCHEME.with_weights({"B02": 60, "S13": 20}), SCHEME.with_weights({"B02": 40, "S13": 40})
        self.save(workspace, base, theirs, author="乙")
        with pytest.raises(ConflictError) as caught:
            self.save(workspace, base, mine, author="丙")
        assert caught.value.version == 2
        assert "乙" in caught.value.what()
        newest = next(choice for choice in scheme_choices(workspace) if choice.key == base.key)
        assert newest.scheme == theirs
        copy = self.save(workspace, base, mine, name="丙的方案", author="丙")
        assert copy.key != base.key
        assert copy.scheme == mine

    def test_draft_approved_frozen_and_a_correction_keeps_the_earlier_result(self, workspace: Workspace, ranking) -> None:
        draft = self.save(workspace, self.first(workspace), SCHEME)
        with pytest.raises(WorkspaceError):
            freeze_scheme(workspace, draft, ranking, author="甲", reason="三季度", data_version=1)
        assert frozen_result(workspace, draft, OCTOBER) is None
        approved = approve_scheme(workspace, draft, author="主任", reason="会议通过")
        frozen = freeze_scheme(workspace, approved, ranking, author="主任", reason="十月", data_version=7)
        assert frozen.status is Status.FROZEN
        kept = frozen_result(workspace, frozen, OCTOBER)
        assert [row["total"] for row in kept.content["rows"]] == [71.5, 61.0]
        assert kept.data_version == 7

        corrected = SCHEME.with_weights({"B02": 60, "S13": 20})
        again = self.save(workspace, frozen, corrected, reason="更正")
        again = approve_scheme(workspace, again, author="主任", reason="复核")
        freeze_scheme(workspace, again, rank(corrected, ranking.inputs), author="主任", reason="更正十月", data_version=8)
        newest = frozen_result(workspace, again, OCTOBER)
        assert newest.data_version == 8
        assert newest.content["rows"] != kept.content["rows"]
        assert workspace.version(kept.document_id, kept.version).content == kept.content
        assert [each.status for each in history(workspace, again)][-1] is Status.DRAFT

    def test_a_delivered_file_cannot_be_approved(self, workspace: Workspace) -> None:
        with pytest.raises(ProductError, match="随产品交付"):
            approve_scheme(workspace, self.first(workspace), author="甲", reason="因")

    def test_differences_name_indicator_and_field(self) -> None:
        after = SCHEME.with_weights({"B02": 60, "S13": 20}).changed(missing="zero")
        found = {(each.where, each.field): (each.before, each.after) for each in scheme_differences(SCHEME, after)}
        assert found == {
            ("B02", "weight"): ("50", "60"),
            ("S13", "weight"): ("30", "20"),
            ("", "missing"): ("reweighted", "zero"),
        }
        dropped = scheme_differences(SCHEME, SCHEME.without("S13"))
        assert any(each.where == "S13" and each.field == "indicator" and each.after == "—" for each in dropped)
        assert scheme_differences(SCHEME, SCHEME) == ()


class TestCriteria:
    def test_verdicts_of_communities_and_county(self, database: ReportingDatabase, workspace: Workspace) -> None:
        answer = criteria(database, workspace, OCTOBER, **LIMITS)
        assert answer.judgements["C1"].verdict is Verdict.FORMED
        assert answer.judgements["C2"].verdict is Verdict.INCOMPLETE
        assert answer.county.verdict is Verdict.INCOMPLETE
        assert answer.assessments["C1", "J01"].evidence == "台账"

    def test_a_grade_entered_here_replaces_the_older_one_and_says_who(self, database: ReportingDatabase, workspace: Workspace) -> None:
        before = criteria(database, workspace, OCTOBER, **LIMITS)
        details = {"month": datetime.date(2025, 9, 1), "evidence": "章程", "assessor": "卫健局"}
        enter_assessment(workspace, before, "C2", "J10", grade="A", **details)
        answer = criteria(database, workspace, OCTOBER, **LIMITS)
        assert answer.judgements["C2"].verdict is Verdict.BASIC
        found = answer.assessments["C2", "J10"]
        assert (found.grade, found.assessor, found.entered_here) == ("A", "卫健局", True)
        with pytest.raises(ConflictError):
            enter_assessment(workspace, before, "C2", "J09", grade="C", **details)
        enter_assessment(workspace, answer, "C1", "J01", grade="C", **details)
        assert criteria(database, workspace, OCTOBER, **LIMITS).grades("C1")[0] == "C"
        assert criteria(database, workspace, Period.parse("2025-08"), **LIMITS).grades("C1")[0] == "A"

    def test_thresholds_are_the_readers(self, database: ReportingDatabase, workspace: Workspace) -> None:
        assert criteria(database, workspace, OCTOBER, least_a=11, most_c=0, most_c_basic=0).judgements["C1"].verdict is Verdict.BASIC


def test_ten_thousand_draws_follow_the_weights(ranking) -> None:
    table = ranking.intervals.table
    assert ranking.intervals.draws == 10_000
    assert (table["low"] <= table["rank"]).all()
    assert (table["rank"] <= table["high"]).all()
    assert np.isclose(table["share_first"].sum(), 1)
