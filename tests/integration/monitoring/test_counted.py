"""Examinations and satisfaction: own history and the funnel of peers, worked out again by hand."""

import datetime

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.alerts import cost_funnel
from dashboard.analysis.control_charts import wilson_interval
from dashboard.catalogue.monitoring import MonitoringRule, monitoring_plan, monitoring_rules
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.monitoring import counted as module
from dashboard.services.monitoring.counted import Counted, among_peers, counted, dearer, excess, peer_scores, surveyed, unusual
from dashboard.services.monitoring.funnel import examined, funnel_rules, funnel_tables, funnels
from dashboard.services.monitoring.watch import Step, courses, watched
from dashboard.services.monitoring.wording import alert_detail, alert_title, limit_words, short_limits
from dashboard.states import State
from dashboard.store.importing.loader import load_package
from tests.integration.monitoring.conftest import JUNE
from tests.integration.packages import write_csv_package
from tests.monitoring_county import examining_county, monitoring_county

RULES = (
    "visit_examinations", "discharge_examinations", "patient_satisfaction", "staff_satisfaction", "visit_cost_peers",
    "discharge_cost_peers", "tcm_share", "infusion", "pathway",
)  # fmt: skip
MONTHS = pd.date_range("2023-07-01", "2025-06-01", freq="MS", unit="us")
CENTRES = ["a", "b", "c", "d", "e"]
PEERS = pd.DataFrame({"narrow": ["x"] * 5, "wide": ["x"] * 5}, index=CENTRES)


@pytest.mark.parametrize(
    ("rule", "tables"),
    [
        ("visit_examinations", ("fact_equipment_use", "fact_outpatient")),
        ("discharge_examinations", ("fact_bed", "fact_equipment_use")),
        ("visit_cost_peers", ("fact_finance", "fact_outpatient")),
        ("discharge_cost_peers", ("fact_bed", "fact_finance")),
        ("tcm_share", ("fact_outpatient",)),
        ("infusion", ("fact_outpatient",)),
        ("pathway", ("fact_bed", "fact_inpatient_quality")),
        ("patient_satisfaction", ("fact_survey",)),
        ("staff_satisfaction", ("fact_survey",)),
    ],
)
def test_what_a_funnel_is_made_from_is_what_its_query_or_indicator_reads(rule: str, tables: tuple[str, ...]) -> None:
    assert rule in RULES
    assert funnel_tables(monitoring_rules()[rule]) == tables


@pytest.fixture(scope="module")
def examining(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("examining")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", examining_county()), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


@pytest.fixture(scope="module")
def breached(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("breached")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    tables = monitoring_county()
    rows = [("H1", kind, month, 0, None) for kind in ("discipline", "complaint") for month in ("2025-04-01", "2025-06-01")]
    rows += [("H1", "discipline", "2025-05-01", 2, None), ("H1", "complaint", "2025-05-01", 7, None)]
    tables["fact_conduct"] = pd.DataFrame(rows, columns=["institution_code", "kind", "month", "cases", "demerit_points"], dtype=object)
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


def _rule(name: str) -> MonitoringRule:
    return monitoring_rules()[name]


def test_every_rule_with_a_funnel_is_there() -> None:
    assert tuple(funnel_rules()) == RULES


def test_checkups_are_left_out_of_examinations_and_both_sides_are_told_apart(examining: ReportingDatabase) -> None:
    first = next(each for each in examined(examining, JUNE) if each.institution == "H1")
    assert (first.outpatient, first.inpatient, first.discharges) == (5_200, 1_900, 100)
    assert first.rates.per_100_visits == pytest.approx(8.966, abs=5e-4)
    assert first.rates.per_100_discharges == pytest.approx(1_900)
    assert first.rates.pooled == pytest.approx(100 * 7_100 / (first.visits + 100))


def test_a_device_that_does_not_tell_its_patients_apart_makes_the_month_unknown(examining: ReportingDatabase) -> None:
    assert all(np.isnan(each.outpatient) for each in examined(examining, datetime.date(2025, 5, 1)))


def test_a_survey_stands_until_the_next_can_have_come(examining: ReportingDatabase) -> None:
    rows = counted(examining, _rule("patient_satisfaction"), MONTHS[-12:])
    known = rows.part["H1"].notna()
    assert known[known].index.strftime("%Y-%m").tolist() == ["2025-03", "2025-04", "2025-05"]
    assert (rows.part["H1"].dropna() == 300).all(), "patients of both kinds, not the staff"


def test_too_few_satisfied_are_an_alert_told_by_their_share(examining: ReportingDatabase) -> None:
    answer = watched(examining, datetime.date(2025, 5, 1))
    alert = next(each for each in answer.alerts if each.rule_id == "patient_satisfaction")
    assert (alert.unit, alert.told, alert.value) == ("H1", pytest.approx(75.0), 1.0)
    assert alert_title(alert) == "一院 患者满意度低（Wilson 上界低于界限） 75.0%"
    assert alert.effect == pytest.approx(0.85 * 400 - 300)
    assert short_limits(alert.rule) == "界限 85%"
    assert limit_words(alert.rule) == "开：Wilson 上界 < 85%，关：下界 ≥ 85%"
    assert not answer.tests["rule"].eq("patient_satisfaction").any(), "a few quarters are no history"
    course = courses(examining, datetime.date(2025, 5, 1), [("patient_satisfaction", "H1")], 3, as_told=True)[0]
    assert course.tolist() == [75.0, 75.0, 75.0]
    assert courses(examining, datetime.date(2025, 5, 1), [("patient_satisfaction", "H1")], 3)[0].tolist() == [1.0, 1.0, 1.0]


@pytest.fixture(scope="module")
def infusing(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """H1 in three months of 2025: 100 discharges each; in May more are told to be on a pathway than left, for June C1 tells nothing."""
    folder = tmp_path_factory.mktemp("infusing")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    tables, months = monitoring_county(), ("2025-04-01", "2025-05-01", "2025-06-01")
    seen = [("H1", month, 1_000, count) for month, count in zip(months, (90, 95, 140), strict=True)]
    seen += [("C1", month, 800, count) for month, count in zip(months, (160, 150, None), strict=True)]
    tables["fact_outpatient"] = pd.DataFrame(seen, columns=["institution_code", "month", "visits", "infusion_visits"], dtype=object)
    treated = [("H1", month, count) for month, count in zip(months, (60, 130, 48), strict=True)]
    tables["fact_inpatient_quality"] = pd.DataFrame(treated, columns=["institution_code", "month", "pathway_cases"], dtype=object)
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


def test_infusions_are_counted_of_all_visits_and_unknown_where_not_told(infusing: ReportingDatabase) -> None:
    told = counted(infusing, _rule("infusion"), MONTHS[-3:]).told
    assert told["H1"].tolist() == pytest.approx([9.0, 9.5, 14.0])
    assert told["C1"].tolist()[:2] == pytest.approx([20.0, 18.75])
    assert np.isnan(told["C1"].iloc[-1])


def test_pathway_cases_are_counted_of_discharges_and_more_than_all_of_them_are_no_share(infusing: ReportingDatabase) -> None:
    told = counted(infusing, _rule("pathway"), MONTHS[-3:]).told
    assert told["H1"].iloc[[0, 2]].tolist() == pytest.approx([60.0, 48.0])
    assert np.isnan(told["H1"].iloc[1])
    assert funnels(infusing, datetime.date(2025, 5, 1), "pathway") == ()


def _counted(part: np.ndarray, whole: float) -> Counted:
    return Counted(pd.DataFrame(part, index=MONTHS, columns=CENTRES), pd.DataFrame(whole, index=MONTHS, columns=CENTRES))


def test_a_month_is_unusual_only_where_the_peers_say_so_too() -> None:
    rng = np.random.default_rng(5)
    part = np.round(rng.normal(1_000, 5, (24, 5)))
    part[-2:, 0] = 1_400
    alone, all_of_them = _counted(part, 10_000.0), part.copy()
    all_of_them[-2:] = 1_400
    together, rule = _counted(all_of_them, 10_000.0), _rule("visit_examinations")
    assert (unusual(rule, alone, peer_scores(rule, alone, PEERS)).iloc[-2:]["a"] > rule.on).all()
    same = unusual(rule, together, peer_scores(rule, together, PEERS))
    assert (same.iloc[-2:] == rule.on).all(axis=None), "everybody rose: the own question alone begins nothing and ends nothing"
    assert excess(rule, alone, PEERS).iloc[-1]["a"] == pytest.approx(1_400 - part[-1].sum() / 5)


def test_a_share_that_falls_is_unusual_on_the_low_side_only() -> None:
    part = np.round(np.random.default_rng(6).normal(2_000, 10, (24, 5)))
    fallen, risen, rule = part.copy(), part.copy(), _rule("tcm_share")
    fallen[-2:, 0], risen[-2:, 0] = 1_000, 3_000
    low, high = _counted(fallen, 10_000.0), _counted(risen, 10_000.0)
    assert (unusual(rule, low, peer_scores(rule, low, PEERS)).iloc[-2:]["a"] < rule.on).all()
    assert (unusual(rule, high, peer_scores(rule, high, PEERS)).iloc[-2:]["a"] > rule.off).all(), "more than its peers is no fault"
    assert excess(rule, low, PEERS).iloc[-1]["a"] == pytest.approx(fallen[-1].sum() / 5 - 1_000)
    assert excess(rule, high, PEERS).iloc[-1]["a"] == 0


def test_dear_is_who_costs_more_than_its_peers_by_more_than_its_cases_scatter() -> None:
    rng, centres = np.random.default_rng(7), list("abcdefghij")
    peers = pd.DataFrame({"narrow": "x", "wide": "x"}, index=centres)
    cases = np.tile([6_000.0] * 9 + [600.0], (24, 1))
    cost = cases * 200 * np.exp(rng.normal(0, 1.0, cases.shape) / np.sqrt(cases))
    cost[-1, 0] *= 1.3
    cost[-1, 9] *= 1.05
    found = Counted(pd.DataFrame(cost, MONTHS, centres), pd.DataFrame(cases, MONTHS, centres), per=1.0)
    scores, more = dearer(found, peers)
    limit = monitoring_plan().funnel
    assert scores.iloc[-1]["a"] > limit > scores.iloc[-1]["j"], "a small centre may be dearer by chance"
    assert (scores.iloc[:-1] < limit).all(axis=None)
    together = cost_funnel(found.part, found.whole)
    weight = 1 / (together.spread**2 / cases[-1] + together.between.iloc[-1])
    usual = np.exp((weight * np.log(cost[-1] / cases[-1])).sum() / weight.sum())
    assert more.iloc[-1]["a"] == pytest.approx(cost[-1, 0] - 6_000 * usual)
    assert found.told.iloc[-1]["a"] == pytest.approx(cost[-1, 0] / 6_000), "yuan of a case, not of a hundred"


def test_one_breach_is_an_alert_for_three_months(breached: ReportingDatabase) -> None:
    alert = next(each for each in watched(breached, JUNE).alerts if each.rule_id == "integrity")
    assert (alert.unit, alert.step, alert.since, alert.months) == ("H1", Step.RECOVERING, datetime.date(2025, 5, 1), 2)
    assert alert_title(alert) == "一院 廉洁与基金违规件数 0 件"
    may = next(each for each in watched(breached, datetime.date(2025, 5, 1)).alerts if each.rule_id == "integrity")
    assert (may.step, may.state, may.value) == (Step.NEW, State.BAD, 2.0)
    assert "影响 2 件" in alert_detail(may)
    assert not watched(breached, JUNE).tests["rule"].eq("integrity").any(), "what hardly ever happens has no history to be held against"


def test_a_survey_is_judged_by_both_ends_of_its_interval() -> None:
    part = np.full((24, 5), 170.0)
    part[:, 1], part[:, 2], part[:, 3] = 120.0, 195.0, np.nan
    told = surveyed(_rule("patient_satisfaction"), _counted(part, 200.0)).iloc[-1]
    ends = 100 * wilson_interval([170.0, 120.0, 195.0], [200.0] * 3)
    assert ends["upper"][1] < 85 < ends["lower"][2]
    assert told.fillna(9).tolist() == [0.0, 1.0, -1.0, 9.0, 0.0]


def test_peers_are_of_the_same_kind_and_of_the_class_where_these_are_too_few(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = monitoring_plan().model_copy(update={"least_peers": 3})
    monkeypatch.setattr(module, "monitoring_plan", lambda: plan)
    figures = pd.DataFrame([[1.0, 2, 3, 4, 5, 6], [1, np.nan, 3, 4, 5, 6], [np.nan] * 4 + [5, 6]], columns=list("abcdef"))
    peers = pd.DataFrame({"narrow": ["x", "x", "x", "y", "y", "z"], "wide": ["w"] * 5 + [None]}, index=list("abcdef"))

    def how_many(places: np.ndarray) -> np.ndarray:
        return np.repeat(figures.iloc[:, places].notna().sum(axis=1).to_numpy(dtype=float)[:, None], len(places), 1)

    found = among_peers(figures, peers, how_many)
    expected = [[3, 3, 3, 5, 5, np.nan], [4, np.nan, 4, 4, 4, np.nan], [np.nan] * 6]
    np.testing.assert_array_equal(found, expected)


def test_the_funnel_of_a_county_with_too_few_of_a_kind_is_not_drawn(examining: ReportingDatabase) -> None:
    assert funnels(examining, JUNE, "visit_examinations") == ()
