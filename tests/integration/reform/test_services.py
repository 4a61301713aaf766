import datetime

import numpy as np
import pytest

from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.reform.differences import difference_answer
from dashboard.services.reform.outcomes import events, outcome_of, reform_start, reforms
from dashboard.services.reform.questions import ReformError, Verdict, cards, judged, question_of, register
from dashboard.services.reform.series import Study, offered_months, series_answer
from dashboard.store.importing.loader import load_package
from dashboard.store.scope import Scope
from dashboard.workspace import open_workspace
from tests.integration.packages import write_csv_package
from tests.reform_county import POINTS, reform_county

LAST = datetime.date(2024, 12, 1)
START = datetime.date(2023, 1, 1)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder = tmp_path_factory.mktemp("reform")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", reform_county()), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


def test_the_planted_step_lies_in_the_interval_and_the_real_date_comes_first(database):
    for against_others in (False, True):
        answer = series_answer(database, Study("G12", "A", START, against_others=against_others), LAST)
        assert (answer.before, answer.after) == (24, 24)
        assert answer.last.low < 100 * POINTS < answer.last.high
        assert answer.placebo_rank == 1
        assert answer.detectable < 100 * POINTS
        assert answer.sensitivity["value"].between(8, 12).all()
    assert list(answer.around["title"]) == ["口径变更"]
    plain = series_answer(database, Study("G12", "A", START), LAST)
    assert plain.last.people == pytest.approx(plain.last.value / 100 * 5000)
    gap = plain.months[plain.months["month"] >= "2023-01-01"]
    assert (gap["fitted"] - gap["counterfactual"]).iloc[-1] == pytest.approx(plain.last.value)


def test_where_nothing_happened_nothing_is_seen(database):
    answer = series_answer(database, Study("G12", "C", START), LAST)
    assert answer.last.low < 0 < answer.last.high


def test_the_newest_reform_of_an_area_that_can_be_estimated_is_asked_about_first(database):
    months = offered_months(outcome_of(database, "G12", LAST, "A"))
    assert reform_start(database, "A", months) == START
    assert reform_start(database, "A", [month for month in months if month <= datetime.date(2023, 7, 1)]) is None, "seven months after it"
    assert reform_start(database, None, months) is None, "the county's own event changed a definition"
    assert reform_start(database, "B", months) is None


def test_too_few_months_give_means_alone(database):
    answer = series_answer(database, Study("G12", "A", datetime.date(2024, 8, 1)), LAST)
    assert not answer.estimated
    assert answer.means[0] < answer.means[1]
    assert np.isnan(answer.p_value)
    assert series_answer(database, Study("G12", "A", datetime.date(2021, 1, 1)), LAST) is None
    assert len(offered_months(outcome_of(database, "G12", LAST, "A"))) == 47


def test_months_of_phase_in_are_left_out(database):
    answer = series_answer(database, Study("G12", "A", START, phase_in=3), LAST)
    assert answer.after == 21
    assert answer.last.low < 100 * POINTS < answer.last.high


def test_the_difference_to_the_others_is_the_planted_one_with_the_least_p_there_can_be(database):
    assert set(reforms(database)) == {"pool"}
    assert list(events(database)["where"]) == ["", "A"]
    answer = difference_answer(database, "pool", "G12", LAST)
    assert (answer.treated, answer.controls) == (1, 4)
    assert answer.overall == pytest.approx(100 * POINTS, abs=2.5)
    assert answer.p_value == answer.smallest_p == pytest.approx(0.20)
    assert answer.units["reached"].tolist() == [True, False, False, False, False]
    assert difference_answer(database, "unknown", "G12", LAST) is None
    assert difference_answer(database, "pool", "C01", LAST) is None


def test_registered_questions_are_all_judged_together(database, tmp_path):
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    for sentence, community, expected in (("A 上升", "A", "up"), ("A 下降", "A", "down"), ("C 上升", "C", "up")):
        register(workspace, question_of(sentence=sentence, outcome="G12", community=community, since=START, expected=expected), author="甲")
    late = datetime.date(2024, 8, 1)
    register(workspace, question_of(sentence="太短", outcome="G12", community="A", since=late, expected="up"), author=None)
    verdicts = [each.verdict for each in judged(database, cards(workspace), LAST)]
    assert verdicts == [Verdict.CONSISTENT, Verdict.OPPOSITE, Verdict.UNSEEN, Verdict.TOO_SHORT]
    assert judged(database, (), LAST) == ()


def test_a_question_about_what_the_reader_does_not_see_all_of_is_not_answered_from_a_part(database, tmp_path):
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    asked = {"sentence": "?", "outcome": "G12", "since": START, "expected": "up"}
    for community, others in (("A", False), ("C", False), (None, False), ("A", True)):
        register(workspace, question_of(**asked, community=community, against_others=others), author=None)
    mine = database.under(Scope(frozenset({"A"}), None, None, 1))
    found = {(each.card.content.community, each.card.content.against_others): each for each in judged(mine, cards(workspace), LAST)}
    assert found[("A", False)].verdict is Verdict.CONSISTENT
    for key in (("C", False), (None, False), ("A", True)):
        assert found[key].verdict is Verdict.OUTSIDE
        assert np.isnan(found[key].adjusted)
    with pytest.raises(ReformError):
        question_of(sentence="", outcome="G12", since=START, expected="up")
