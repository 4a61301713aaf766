"""The cockpit's service: the same figures as the pages, small counts hidden, and the last good picture while the database is away."""

import datetime
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.cockpit import cockpit_plan
from dashboard.errors import DatabaseError
from dashboard.services.cockpit import answer
from dashboard.services.common.cache import current_database
from dashboard.services.common.database import open_database
from dashboard.services.common.workspace import current_workspace
from dashboard.services.overview.answer import headlines, referral_balance
from dashboard.services.referrals.flows import Question, View
from dashboard.services.referrals.map import Selection, flow_map
from dashboard.settings import settings
from dashboard.store.importing.loader import load_package
from dashboard.store.scope import COUNTY
from dashboard.workspace import Kind
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import PLAIN_NAMES, make_tiny_database

ONE = ("独家医共体",)
"""A county of one community: every community more costs another scene to be computed."""
REFERRALS = ["from_code", "to_code", "direction", "disease_group_code", "month", "cases"]


@pytest.fixture
def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Point this process at a database, with a workspace of the test's own."""
    monkeypatch.setenv("WORKSPACE_DATABASE_URL", f"sqlite:///{tmp_path / 'workspace.sqlite'}")

    def point(url: str) -> None:
        monkeypatch.setenv("REPORTING_DATABASE_URL", url)
        settings.cache_clear()

    yield point
    settings.cache_clear()


def county_with_referrals(folder: Path, cases: list[tuple[object, ...]]) -> str:
    tables = small_county()
    tables["fact_referral"] = pd.DataFrame(cases, columns=REFERRALS)
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, report.findings[:3]
    return url


def test_cockpit_shows_what_the_overview_shows(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(county_with_referrals(tmp_path, [("C1", "H1", "up", "G1", "2025-03-01", 40), ("H1", "C1", "down", "G1", "2025-03-01", 12)]))
    cockpit = answer.current_cockpit("month", COUNTY).cockpit
    assert cockpit is not None
    database = current_database(COUNTY)
    assert cockpit.overview.headlines is headlines(database, cockpit.period, None, None, smallest=ON_EXPORT)
    assert cockpit.overview.referrals == referral_balance(database, cockpit.period)
    assert [each.community.code for each in cockpit.communities] == ["A", "B"]
    assert cockpit.communities[0].headlines is headlines(database, cockpit.period, "A", None, smallest=ON_EXPORT)
    assert {alert.community for each in cockpit.communities for item in each.attention for alert in item.alerts} <= {"A", "B"}


def test_counts_below_ten_are_hidden_and_cannot_be_computed(tmp_path: Path, use: Callable[[str], None]) -> None:
    month = "2025-03-01"  # the newest month that has come whole
    cases = [("C1", "H1", "up", "G1", month, 40), ("H2", "H1", "up", "G1", month, 7), ("H1", "X1", "out", "G1", month, 30)]
    use(county_with_referrals(tmp_path, cases))
    cockpit = answer.current_cockpit("month", COUNTY).cockpit
    assert cockpit is not None
    assert cockpit.balance is not None
    assert pd.isna(cockpit.balance.of("B")["up"])
    # 47 in all less 40 would give the 7: one of the two is hidden too.
    assert pd.isna(cockpit.balance.of("A")["up"]) or pd.isna(cockpit.balance.of()["up"])
    assert cockpit.flows is not None
    # One limit, not hidden below 5 and then left out below 10: the sums beside the arcs would tell of those left out.
    whole = flow_map(
        database := current_database(COUNTY), Question(View.REFERRALS, cockpit.period), Selection("institution"), smallest=ON_EXPORT
    )
    assert cockpit.flows.arcs.equals(whole.arcs)
    assert whole.smallest == ON_EXPORT
    assert (cockpit.flows.arcs["cases"] >= ON_EXPORT).all()
    on_screen = flow_map(database, Question(View.REFERRALS, cockpit.period), Selection("institution")).arcs
    assert len(on_screen) > len(cockpit.flows.arcs)
    assert cockpit.balance.of("nobody") == {}


def test_community_without_claims_beds_or_referrals(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'one.duckdb'}", ONE))
    cockpit = answer.current_cockpit("month", COUNTY).cockpit
    assert cockpit is not None
    assert (cockpit.overview.fund.county, cockpit.overview.beds, cockpit.flows, cockpit.balance, cockpit.centres) == (
        None,
        None,
        None,
        None,
        None,
    )
    assert cockpit.communities[0].fund is None
    assert not cockpit.sinking.reported


def test_database_without_facts_has_no_cockpit_yet(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False))
    seen = answer.current_cockpit("month", COUNTY)
    assert seen.cockpit is None
    assert seen.interruption is None


def test_database_that_never_was_is_an_error(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(f"duckdb:///{tmp_path / 'none.duckdb'}")
    with pytest.raises(DatabaseError):
        answer.current_cockpit("month", COUNTY)


def test_last_good_cockpit_stays_while_the_database_is_away(tmp_path: Path, use: Callable[[str], None]) -> None:
    file, aside = tmp_path / "reporting.duckdb", tmp_path / "aside.duckdb"
    use(make_tiny_database(f"duckdb:///{file}", ONE))
    before = answer.current_cockpit("month", COUNTY)
    file.rename(aside)
    away = answer.current_cockpit("month", COUNTY)
    assert away.cockpit is before.cockpit
    assert away.at == before.at
    assert isinstance(away.interruption, DatabaseError)
    aside.rename(file)
    again = answer.current_cockpit("month", COUNTY)
    assert again.interruption is None
    assert again.cockpit is not None
    assert before.cockpit is not None
    assert again.cockpit.version == before.cockpit.version
    assert again.at > before.at


def test_new_load_makes_a_new_cockpit(tmp_path: Path, use: Callable[[str], None]) -> None:
    file = tmp_path / "reporting.duckdb"
    use(make_tiny_database(f"duckdb:///{file}", PLAIN_NAMES[:2]))
    before = answer.current_cockpit("month", COUNTY).cockpit
    make_tiny_database(f"duckdb:///{tmp_path / 'next.duckdb'}", ("新医共体",))
    shutil.move(tmp_path / "next.duckdb", file)
    after = answer.current_cockpit("month", COUNTY).cockpit
    assert before is not None
    assert after is not None
    assert [each.community.name for each in before.communities] == list(PLAIN_NAMES[:2])
    assert [each.community.name for each in after.communities] == ["新医共体"]


def test_new_load_is_seen_although_somebody_still_reads_the_old_one(tmp_path: Path, use: Callable[[str], None]) -> None:
    file = tmp_path / "reporting.duckdb"
    use(make_tiny_database(f"duckdb:///{file}"))
    connection = current_database(COUNTY).engine.connect()
    make_tiny_database(f"duckdb:///{tmp_path / 'next.duckdb'}", ("新医共体",))
    shutil.move(tmp_path / "next.duckdb", file)
    timer = threading.Timer(0.5, connection.close)
    timer.start()
    after = answer.current_cockpit("month", COUNTY).cockpit
    timer.join()
    assert after is not None
    assert [each.community.name for each in after.communities] == ["新医共体"]


@pytest.mark.parametrize("grain", ["month", "quarter", "ytd", "rolling12"])
def test_cockpit_of_every_grain_ends_with_the_newest_month(tmp_path: Path, grain: str) -> None:
    database = open_database(make_tiny_database(f"duckdb:///{tmp_path / 'grain.duckdb'}", ONE))
    cockpit = answer.cockpit_of(database, grain)
    assert cockpit is not None
    assert cockpit.period == Period.parse("2025-10", grain)


def test_plan_of_the_workspace_stands_in_for_the_file(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'plan.duckdb'}"))
    assert answer.plan_in_force() == (cockpit_plan(), None)
    own = {"check_seconds": 3, "scenes": [{"id": "fund", "kind": "budget", "name": "基金", "name_en": "Fund", "seconds": 9}]}
    current_workspace().create(Kind.SETTING, "大屏", own, author=None, document_id=answer.SETTING)
    plan, trouble = answer.plan_in_force()
    assert (plan.check_seconds, [scene.id for scene in plan.scenes], trouble) == (3, ["fund"], None)


def test_wrong_plan_of_the_workspace_is_told_and_left_aside(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'wrong.duckdb'}"))
    current_workspace().create(Kind.SETTING, "大屏", {"scenes": []}, author=None, document_id=answer.SETTING)
    plan, trouble = answer.plan_in_force()
    assert plan == cockpit_plan()
    assert trouble is not None
    assert "scenes" in trouble.text()


def test_times_of_the_last_good_cockpit_carry_their_zone(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'zone.duckdb'}", ONE))
    assert answer.current_cockpit("month", COUNTY).at.utcoffset() == datetime.timedelta(0)
