import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard import formatting
from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import COVERED, few
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.indicators import indicator_values
from dashboard.services.contracts.care import chains, programmes, shown_chain
from dashboard.services.contracts.coverage import SERVED, Renewal, contracts
from dashboard.services.contracts.plans import HelpPlanError, list_plans, plan_of, save_plan
from dashboard.services.contracts.questions import questions
from dashboard.services.contracts.sinking import met, sinking
from dashboard.states import State
from dashboard.store.importing.loader import load_package
from dashboard.workspace import ConflictError, open_workspace
from tests.contracts_county import contracts_county
from tests.integration.packages import write_csv_package

JUNE = datetime.date(2025, 6, 1)


def _opened(folder: Path, **options: bool) -> ReportingDatabase:
    return _loaded(folder, contracts_county(**options))


def _loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> ReportingDatabase:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, [(finding.rule, finding.file, finding.line, finding.value) for finding in report.findings]
    return open_database(url)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _opened(tmp_path_factory.mktemp("contracts"))


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _opened(tmp_path_factory.mktemp("bare"), optional=False)


def test_the_ladder_says_what_the_catalogue_says_and_a_small_group_is_hidden(database):
    answer = contracts(database, JUNE)
    values = indicator_values(database, level="county", period=Period(Grain.MONTH, JUNE), indicators=("G01", "G02")).set_index("indicator")
    for group, indicator in (("all", "G01"), ("key", "G02")):
        assert 100 * answer.groups.at[group, "share"] == pytest.approx(float(values.at[indicator, "value"]))
    assert answer.groups.at["key", "share"] == pytest.approx(0.90)
    assert answer.groups.at["key", "state"] == State.GOOD
    assert answer.groups.at["elderly", "share"] == pytest.approx(1700 / 1800)
    assert answer.groups.at["key", "lower"] < 0.90 < answer.groups.at["key", "upper"]
    assert list(answer.groups.index) == ["all", "key", "elderly", "tuberculosis"]


def test_pace_is_fulfilment_over_the_time_that_has_passed(database):
    answer = contracts(database, JUNE)
    signed = {"C1": 6_000 + 7 * 17, "C2": 4_000 + 7 * 17}
    served = {code: int(people * share) for (code, people), share in zip(signed.items(), (0.45, 0.2), strict=True)}
    assert answer.expected == pytest.approx(0.5)
    assert answer.centres.at["C1", "pace"] == pytest.approx(served["C1"] / signed["C1"] / 0.5)
    assert answer.communities.at["B", "short"] == pytest.approx(0.5 * signed["C2"] - served["C2"])
    assert list(answer.unserved.index) == ["C2"]
    assert answer.months["pace"].iloc[-1] == pytest.approx(sum(served.values()) / sum(signed.values()) / 0.5)
    assert answer.year_end == pytest.approx(min(1.0, 2 * answer.months["share"].iloc[-1]), rel=0.01)
    hidden = SERVED.hide(answer.centres.assign(fulfilled=[3.0, 800.0])).frame
    assert np.isnan(hidden.at["C1", "share"])


def test_nobody_signs_without_serving_before_the_month_of_the_rule(database):
    early, late = contracts(database, datetime.date(2025, 3, 1)), contracts(database, datetime.date(2025, 5, 1))
    assert early.unserved.empty
    assert early.unjudged == 2, "before the month of the rule nobody was found and nobody was cleared"
    assert list(late.unserved.index) == ["C2"]
    assert late.unjudged == 0


def test_renewal_and_fees_come_from_all_residents_alone(database):
    answer = contracts(database, JUNE)
    assert (answer.renewal.due, answer.renewal.renewed, answer.renewal.share) == (2400, 2064, pytest.approx(0.86))
    assert answer.fee.by_payer.to_dict() == {"fee_fiscal": 60_000, "fee_fund": 48_000, "fee_person": 12_000}
    assert answer.fee.per_person.sum() == pytest.approx(120_000 / answer.fee.people)
    assert (answer.paid_people, answer.teams) == (60, 8)
    community = contracts(database, JUNE, "A")
    assert community.renewal.due == 1200
    assert list(community.centres.index) == ["C1"]


@pytest.mark.parametrize(("due", "renewed"), [(40.0, 37.0), (10.0, 3.0), (400.0, 399.0)])
def test_few_renewed_or_lost_are_not_told_by_the_others(due, renewed):
    told = Renewal(due, renewed, renewed / due).told()
    shown = {"due": due, "renewed": renewed, "lost": due - renewed}
    small = [name for name, value in shown.items() if value < 5]
    assert all(told[name] == few(5) for name in small)
    assert (told[[name for name in shown if name not in small]] == COVERED).any(), "two of the three would give the third"
    assert np.isnan(told["share"])


def test_renewals_without_few_people_are_told_as_they_are():
    assert Renewal(2400.0, 2064.0, 0.86).told().to_dict() == {"due": 2400, "renewed": 2064, "lost": 336, "share": 0.86}


def test_a_county_without_the_optional_columns_has_what_it_can_have(bare):
    answer = contracts(bare, JUNE)
    assert np.isnan(answer.paid_people)
    assert np.isnan(answer.teams)
    chain = chains(bare, JUNE)[0]
    assert chain.split.empty
    assert chain.shares["end_to_end"] == pytest.approx(0.68)
    grid = sinking(bare, JUNE)
    assert not grid.training_base
    assert grid.grid.set_index(["centre", "way"]).at[("C1", 5), "state"] == "some"
    assert contracts(bare, datetime.date(2023, 1, 1)) is None


def test_a_share_of_the_chain_does_not_give_a_small_count_away(database):
    chain = chains(database, JUNE, "A")[0]
    few = replace(chain, controlled=3.0, shares=chain.shares.replace(chain.shares["controlled_share"], 3 / 420), of_estimated=3 / 231)
    shown = shown_chain(few)
    assert formatting.people(shown.controlled) == "<5"
    assert np.isnan(shown.shares["controlled_share"])
    assert np.isnan(shown.shares["end_to_end"])
    assert np.isnan(shown.of_estimated)
    assert shown.shares["managed_share"] == chain.shares["managed_share"]
    split = replace(chain, split=chain.split.replace(chain.split["missed"], 4 / 370))
    assert shown_chain(split).split.empty
    nearly_all = replace(chain, registered=424.0, managed=420.0, shares=chain.shares.replace(chain.shares["managed_share"], 420 / 424))
    assert np.isnan(shown_chain(nearly_all).shares["managed_share"])


def test_the_chain_has_an_honest_end_and_four_shares(database):
    chain = chains(database, JUNE, "A")[0]
    assert chain.disease == "hypertension"
    assert chain.adults == pytest.approx(1000 * 0.84)
    assert chain.of_estimated == pytest.approx(260 / (840 * 0.275))
    assert chain.shares.to_dict() == pytest.approx(
        {"managed_share": 0.84, "to_standard_share": 0.80, "controlled_share": 260 / 420, "end_to_end": 0.52}
    )
    assert chain.base == 370
    assert chain.split.sum() == pytest.approx(1)
    assert chain.split["missed"] == pytest.approx(40 / 370)
    shown = shown_chain(chain)
    assert (shown.controlled, shown.base, shown.of_estimated) == (chain.controlled, chain.base, chain.of_estimated)
    assert shown.shares.to_dict() == chain.shares.to_dict()
    assert shown.split.to_dict() == chain.split.to_dict()
    table = programmes(database, JUNE)
    assert list(table.index) == ["child"]
    assert table.at["child", "managed_share"] == pytest.approx(0.84)
    assert table.at["child", "last_year"] == pytest.approx(0.84)


def test_the_grid_judges_only_ways_with_a_number_and_keeps_centres_without_help(database):
    answer = sinking(database, JUNE, planned=("C1",))
    cells = answer.grid.set_index(["centre", "way"])
    assert len(cells) == 16
    assert [cells.at[("C1", way), "state"] for way in (1, 5, 6, 7)] == ["some", "met", "some", "met"]
    assert [cells.at[("C2", way), "state"] for way in (1, 5, 6, 7)] == ["none"] * 4
    assert cells.at[("C2", 8), "value"] != 3, "three patients are too few to be shown"
    assert answer.others.to_dict() == {"ward_round": 5}
    assert met(answer.grid).loc[7].to_dict() == {"met": 1, "some": 0, "known": 2, "centres": 2}


def _without(folder: Path, **changed: pd.DataFrame | None) -> ReportingDatabase:
    tables = contracts_county()
    for name, table in changed.items():
        if table is None:
            del tables[name]
        else:
            tables[name] = table
    return _loaded(folder, tables)


def test_a_centre_that_reports_no_fulfilment_is_not_cleared_of_signing_without_serving(tmp_path):
    rows = contracts_county()["fact_contract"]
    unreported = rows.assign(fulfilled=rows["fulfilled"].where(rows["institution_code"] != "C2", None))
    answer = contracts(_without(tmp_path, fact_contract=unreported), JUNE)
    assert answer.unserved.empty
    assert answer.unjudged == 1


def test_a_way_whose_table_did_not_come_is_unknown_and_not_missing_help(tmp_path):
    answer = sinking(_without(tmp_path, fact_support=None, fact_referral=None), JUNE, planned=("C1",))
    cells = answer.grid.set_index(["centre", "way"])
    assert answer.missing == ("fact_support", "fact_referral")
    for way in (2, 3, 4, 6, 7, 8):
        assert cells.at[("C1", way), "state"] == "unknown"
        assert np.isnan(cells.at[("C1", way), "value"])
    assert (cells.at[("C1", 1), "state"], cells.at[("C1", 5), "state"], cells.at[("C2", 1), "value"]) == ("some", "met", 0)
    assert met(answer.grid)["known"].to_dict() == {1: 2, 2: 0, 3: 0, 4: 0, 5: 2, 6: 0, 7: 0, 8: 0}
    assert sinking(_without(tmp_path / "postings", fact_posting=None), JUNE).missing == ("fact_posting",)


def test_checks_are_counted_where_there_was_something_to_check(database, tmp_path):
    assert questions(database, JUNE).checks == 2 * questions(database, JUNE, "A").checks == 2 * (5 + 2) * 12
    rows = contracts_county()["fact_public_health"]
    unread = _without(tmp_path, fact_public_health=rows.assign(controlled=None))
    assert questions(unread, JUNE).checks == 2 * 5 * 12


def test_a_centre_where_everybody_is_controlled_is_asked(database):
    found = questions(database, JUNE)
    assert {(each.centre, each.question, each.programme) for each in found.asked} == {
        ("C2", "controlled", "hypertension"),
        ("C2", "controlled", "diabetes"),
    }
    assert found.checks > 0
    assert questions(database, JUNE, "A").asked == ()


def test_a_help_plan_is_saved_in_versions_and_never_over_somebody_elses(tmp_path):
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    plan = plan_of(centre="C1", centre_name="东卫", aim="提高履约", tasks=({"what": "驻点", "due": "2025-01-31", "done": False},))
    saved = save_plan(workspace, plan, author="甲")
    assert plan.overdue(datetime.date(2025, 2, 1)) == 1
    assert plan.overdue(datetime.date(2025, 1, 31)) == 0
    again = save_plan(workspace, plan.model_copy(update={"progress": "已派人"}), author="乙", over=saved)
    assert (again.version, list_plans(workspace)["C1"].content.progress) == (2, "已派人")
    with pytest.raises(ConflictError):
        save_plan(workspace, plan, author="丙", over=saved)
    with pytest.raises(HelpPlanError):
        plan_of(centre="C1", centre_name="东卫", aim="")
