"""Services under a scope: own values, the reasons for what is kept back, caches that never mix, and no answer from others' rows."""

import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from dashboard.analysis.periods import Grain, Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.errors import ScopeError
from dashboard.services.cockpit.answer import cockpit_of
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import community_peers, indicator_changes, indicator_values
from dashboard.services.common.reporting import reports_due
from dashboard.services.insurance.baseline import insurance_baseline
from dashboard.services.overview.answer import bed_picture, overview
from dashboard.services.reports.parts import Brief, provenance
from dashboard.services.reports.report import ReportKind, ReportRequest, trace
from dashboard.services.resources.equity import equity
from dashboard.services.utilisation.peers import peer_answer
from dashboard.store.engine import writing_engine
from dashboard.store.scope import COUNTY, Scope
from dashboard.workspace import open_workspace
from tests.integration.common.test_scope import SCOPES, scope
from tests.scope_county import LAST, Frames, changed_outside, county, write

PERIOD = Period(Grain.MONTH, LAST)
ONE, TWO = scope("C1"), scope("C2")


def database_of(frames: Frames, folder: Path, name: str) -> ReportingDatabase:
    url = f"duckdb:///{folder / name}.duckdb"
    engine = writing_engine(url)
    write(engine, frames)
    engine.dispose()
    return open_database(url)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("scope")


@pytest.fixture(scope="module")
def database(folder: Path) -> ReportingDatabase:
    return database_of(county(), folder, "county")


def by_unit(frame: pd.DataFrame, indicator: str) -> pd.DataFrame:
    return frame[frame["indicator"].eq(indicator)].set_index("unit")


def test_own_units_have_the_county_readers_values_and_others_a_reason(database: ReportingDatabase) -> None:
    for level in ("community", "institution", "town"):
        every = indicator_values(database, level=level, period=PERIOD)  # type: ignore[arg-type]
        mine = indicator_values(database.under(ONE), level=level, period=PERIOD)  # type: ignore[arg-type]
        own = mine["unit"].isin(["C1", "H1", "P1", "Q1", "T1a", "T1b"])
        only_whole = mine["indicator"].map(lambda name: bool(_cubes(name) & {"claim_relative_cost", "discharge_relative_days"}))
        # That nobody of one's own reported a kind is a zero to who sees that others did; without them it is not known.
        unknown = mine["value"].isna() & (every["numerator"].eq(0) | every["denominator"].eq(0))
        compared = own & ~only_whole & ~unknown
        assert_frame_equal(mine[compared], every[compared])
        assert mine.loc[own, "value"].notna().any()
        others = mine[~own & ~mine["status"].isin(["not_at_level", "not_in_schema"])]
        assert set(mine.loc[~own, "status"]) <= {"out_of_scope"}
        assert others[["value", "numerator", "denominator"]].isna().all(axis=None)
        assert mine["unit_name"].tolist() == every["unit_name"].tolist(), "names stay"


def _cubes(name: str) -> set[str]:
    catalogue = load_catalogue()
    return {catalogue.measures[measure].cube for measure, _ in catalogue.indicators[name].measures}


def test_some_institutions_are_not_their_community(database: ReportingDatabase) -> None:
    reader = database.under(scope("C1", "H1 P1"))
    assert set(indicator_values(reader, level="community", period=PERIOD)["status"]) <= {"out_of_scope"}
    assert set(indicator_values(reader, level="county", period=PERIOD, community="C1")["status"]) <= {"out_of_scope"}
    mine = indicator_values(reader, level="institution", period=PERIOD)
    assert set(mine.loc[mine["value"].notna(), "unit"]) == {"H1", "P1"}


def test_a_section_that_is_not_granted_has_no_values_anywhere(database: ReportingDatabase) -> None:
    reader = database.under(scope(None, None, "conduct"))
    money = [entry.id for entry in load_catalogue().indicators.values() if {"finance", "revenue"} & _cubes(entry.id)]
    assert len(money) > 5
    for level in ("county", "institution"):
        assert set(indicator_values(reader, level=level, period=PERIOD, indicators=money)["status"]) <= {"out_of_scope"}  # type: ignore[arg-type]
    visits = indicator_values(reader, level="county", period=PERIOD, indicators=["B01"])
    assert_frame_equal(visits, indicator_values(database, level="county", period=PERIOD, indicators=["B01"]))


def test_county_values_are_released_where_nobody_is_given_away(database: ReportingDatabase) -> None:
    every = indicator_values(database, level="county", period=PERIOD).set_index("indicator")
    mine = indicator_values(database.under(ONE), level="county", period=PERIOD).set_index("indicator")
    shown = mine["value"].notna()
    assert shown.sum() > 20
    assert_frame_equal(mine[shown], every[shown])
    assert set(mine.loc[~shown & every["value"].notna(), "status"]) <= {"not_released"}


def test_with_two_communities_the_county_is_hidden(folder: Path) -> None:
    frames = county()
    places = [f"{kind}{number}" for kind in "HPQ" for number in "345"] + ["N1"]
    gone = {"C3", "C4", "C5", "T0", *places, *(f"E{code}" for code in places), *(f"T{number}{part}" for number in "345" for part in "ab")}
    facts = {name: frame for name, frame in frames.items() if name.startswith(("fact_", "agg_"))}
    kept = {name: frame[~frame.isin(list(gone)).any(axis=1)] for name, frame in facts.items()}
    small = database_of(frames | kept, folder, "two")
    county_wide = indicator_values(small, level="county", period=PERIOD).set_index("indicator")
    mine = indicator_values(small.under(ONE), level="county", period=PERIOD).set_index("indicator")
    assert county_wide["value"].notna().sum() > 20
    registered = mine.index.map(lambda name: bool(_cubes(name) & {"institution_register", "equipment_register"}))
    assert mine.loc[~registered & mine["value"].notna()].index.tolist() == [], "the register still holds five communities"
    assert "not_released" in set(mine["status"])


def test_others_are_letters(database: ReportingDatabase) -> None:
    peers = community_peers(database.under(ONE), PERIOD)
    every = indicator_values(database, level="community", period=PERIOD)
    beds = by_unit(every, "B01")["value"].drop("C1").sort_values(ascending=False)
    found = peers[peers["indicator"].eq("B01")]
    assert found["label"].tolist() == ["A", "B", "C", "D"]
    assert found["value"].tolist() == pytest.approx(beds.tolist())
    assert set(peers.columns) == {"indicator", "label", "value"}
    assert community_peers(database, PERIOD).empty


def test_a_community_outside_is_refused_before_a_query_is_sent(database: ReportingDatabase) -> None:
    with pytest.raises(ScopeError, match="C2"):
        indicator_values(database.under(ONE), level="county", period=PERIOD, community="C2")


def test_only_own_reports_are_due(database: ReportingDatabase) -> None:
    reports = reports_due(database.under(ONE), PERIOD.first, PERIOD.last)
    assert set(reports["reporter"]) == {"H1", "P1", "Q1", "T1a", "T1b"}
    assert {"H2", "N1"} < set(reports_due(database, PERIOD.first, PERIOD.last)["reporter"])


def test_changes_carry_the_reasons_too(database: ReportingDatabase) -> None:
    found = by_unit(indicator_changes(database.under(ONE), level="community", period=PERIOD, indicators=["B01"]), "B01")
    assert found["previous"].notna().to_dict() == {"C1": True, "C2": False, "C3": False, "C4": False, "C5": False}
    assert found.loc["C2", ["change_previous", "change_last_year"]].isna().all()


SERVICES: dict[str, Callable[[ReportingDatabase], pd.DataFrame]] = {
    **{
        f"values by {level}": lambda database, level=level: indicator_values(database, level=level, period=PERIOD)  # type: ignore[misc]
        for level in ("community", "institution", "town")
    },
    "reports due": lambda database: reports_due(database, PERIOD.first, PERIOD.last),
    "directory": lambda database: directory(database).institutions,
}


@pytest.mark.parametrize("name", SCOPES)
def test_no_service_answers_from_rows_outside_of_the_scope(database: ReportingDatabase, folder: Path, name: str) -> None:
    reader = SCOPES[name]
    views = frozenset({"population", "sender", "receiver", "requester"})
    by_population = database_of(changed_outside(county(), reader, views), folder, f"population {name}")
    for service, answer in SERVICES.items():
        mine, theirs = answer(database.under(reader)), answer(by_population.under(reader))
        if "indicator" in mine:
            insured = mine["indicator"].map(lambda each: "claim_provider" in _cubes(each))  # claims of providers: as the queries' own test
            mine, theirs = mine[~insured], theirs[~insured]
        assert_frame_equal(mine, theirs, obj=service)


def test_what_compares_everybody_is_refused_in_words(database: ReportingDatabase) -> None:
    for answer in (
        lambda database: peer_answer(database, PERIOD),
        lambda database: insurance_baseline(database),
        lambda database: equity(database, LAST, "beds", "resident"),
        lambda database: cockpit_of(database),
    ):
        with pytest.raises(ScopeError, match="全县"):
            answer(database.under(ONE))
        answer(database)


def test_beds_of_ones_own_have_no_sector_among_all(database: ReportingDatabase) -> None:
    mine, every = bed_picture(database.under(ONE), PERIOD), bed_picture(database, PERIOD)
    assert mine is not None
    assert every is not None
    assert {point.institution for point in mine.points} == {"H1", "P1", "Q1"}
    assert [point.occupancy for point in mine.points] == [
        point.occupancy for point in every.points if point.institution in ("H1", "P1", "Q1")
    ]
    assert {point.sector for point in mine.points} == {""}
    assert {point.sector for point in every.points} != {""}


def test_the_overview_of_one_community_answers_whole(database: ReportingDatabase) -> None:
    filters = Filters(PERIOD, community="C1")
    mine, every = overview(database.under(ONE), filters), overview(database, filters)
    shown = {head.reading.indicator.id: head.reading.value for head in mine.headlines}
    expected = {head.reading.indicator.id: head.reading.value for head in every.headlines}
    known = {name for name, value in shown.items() if value == value}
    assert known
    assert {name: shown[name] for name in known} == {name: expected[name] for name in known}
    assert [row.community for row in mine.referrals] == ["C1"]
    assert [cell.value == cell.value for row in mine.strip if row.community != "C1" for cell in row.cells] == [False] * 4 * len(
        mine.strip[0].cells
    )


def test_a_report_says_on_title_and_foot_whose_rows_it_is_made_of(database: ReportingDatabase, tmp_path: Path) -> None:
    workspace = open_workspace(f"sqlite:///{tmp_path / 'workspace.sqlite'}")
    filters = Filters(PERIOD, community="C1")
    told = {}
    for reader in (database, database.under(ONE)):
        found = provenance(Brief(reader, workspace, filters), "月报", "今天", ())
        told[reader.scope] = (dict(found.rows).get("数据范围"), found.line)
        request = ReportRequest(ReportKind.MONTHLY, filters, ("xlsx",))
        assert trace(reader, request).get("scope") == told[reader.scope][0]
    assert told[COUNTY][0] is None
    assert "数据范围" not in told[COUNTY][1]
    assert told[ONE][0] == "C1"
    assert told[ONE][1].startswith("数据范围：C1")


# Caches --------------------------------------------------------------------------------------------------------------------


@cached()
def _communities(database: ReportingDatabase) -> pd.DataFrame:
    return indicator_values(database, level="community", period=PERIOD, indicators=["B01"])


def test_two_readers_in_turn_share_no_object(database: ReportingDatabase) -> None:
    """A hundred times in two threads: each is handed their own object with their own values, the same one each time."""
    expected = {reader: _communities.__wrapped__(database.under(reader)) for reader in (ONE, TWO)}  # type: ignore[attr-defined]
    seen: dict[Scope, set[int]] = {ONE: set(), TWO: set()}
    kept: list[pd.DataFrame] = []
    troubles: list[BaseException] = []

    def read() -> None:
        try:
            for turn in range(100):
                reader = (ONE, TWO)[turn % 2]
                found = _communities(database.under(reader))
                kept.append(found)
                seen[reader].add(id(found))
                assert_frame_equal(found, expected[reader])
        except BaseException as error:  # noqa: BLE001 handed to the test's own thread
            troubles.append(error)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not troubles, troubles
    assert seen[ONE].isdisjoint(seen[TWO])
    assert len(seen[ONE]) == len(seen[TWO]) == 1, "one entry for each scope, computed once"


def test_a_new_policy_is_a_new_answer_and_equal_scopes_are_one(database: ReportingDatabase) -> None:
    first = _communities(database.under(scope("C1 C2")))
    assert _communities(database.under(scope("C2 C1"))) is first
    assert _communities(database.under(scope("C1 C2", version=2))) is not first
    assert _communities(database.under(scope("C1 C2", None, ""))) is not first


def test_a_policy_that_changes_while_a_session_lives_shows_at_once(database: ReportingDatabase) -> None:
    before = by_unit(_communities(database.under(scope("C1", version=7))), "B01")["value"]
    after = by_unit(_communities(database.under(scope("C2", version=8))), "B01")["value"]
    assert before.dropna().index.tolist() == ["C1"]
    assert after.dropna().index.tolist() == ["C2"]


def test_the_county_reader_is_not_slowed_by_another_handle(database: ReportingDatabase) -> None:
    assert database.under(COUNTY) is database
    assert np.array_equal(_communities(database)["unit"], _communities(database.under(ONE))["unit"])
