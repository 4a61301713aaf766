"""The wall's service: the same figures as the pages, small counts hidden, and the last good picture while the database is away."""

import datetime
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.catalogue.kiosk import kiosk_plan
from dashboard.errors import DatabaseError
from dashboard.services import cockpit
from dashboard.services.cache import current_database
from dashboard.services.database import open_database
from dashboard.services.overview import headlines, referral_balance
from dashboard.services.workspace import current_workspace
from dashboard.settings import settings
from dashboard.store.loader import load_package
from dashboard.workspace import Kind
from tests.integration.packages import small_county, write_csv_package
from tests.tiny import make_tiny_database

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


def test_wall_shows_what_the_overview_shows(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(county_with_referrals(tmp_path, [("C1", "H1", "up", "G1", "2025-09-01", 40), ("H1", "C1", "down", "G1", "2025-09-01", 12)]))
    wall = cockpit.current_wall("month").wall
    assert wall is not None
    database = current_database()
    assert wall.overview.headlines is headlines(database, wall.period, None, None)
    assert wall.overview.referrals == referral_balance(database, wall.period)
    assert [each.community.code for each in wall.communities] == ["A", "B"]
    assert wall.communities[0].headlines is headlines(database, wall.period, "A", None)
    assert {item.community for each in wall.communities for item in each.overview.attention} <= {"A", "B"}


def test_counts_below_ten_are_hidden_and_cannot_be_computed(tmp_path: Path, use: Callable[[str], None]) -> None:
    month = "2025-09-01"
    cases = [("C1", "H1", "up", "G1", month, 40), ("H2", "H1", "up", "G1", month, 7), ("H1", "X1", "out", "G1", month, 30)]
    use(county_with_referrals(tmp_path, cases))
    wall = cockpit.current_wall("month").wall
    assert wall is not None
    assert wall.balance is not None
    assert pd.isna(wall.balance.of("B")["up"])
    # 47 in all less 40 would give the 7: one of the two is hidden too.
    assert pd.isna(wall.balance.of("A")["up"]) or pd.isna(wall.balance.of()["up"])
    assert wall.flows is not None
    assert (wall.flows.arcs["cases"] >= 10).all()
    assert wall.balance.of("nobody") == {}


def test_community_without_claims_beds_or_referrals(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'one.duckdb'}", ("独家医共体",)))
    wall = cockpit.current_wall("month").wall
    assert wall is not None
    assert (wall.overview.fund.county, wall.overview.beds, wall.flows, wall.balance, wall.centres) == (None, None, None, None, None)
    assert wall.communities[0].fund is None
    assert not wall.sinking.reported


def test_database_without_facts_has_no_wall_yet(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'empty.duckdb'}", facts=False))
    seen = cockpit.current_wall("month")
    assert seen.wall is None
    assert seen.interruption is None


def test_database_that_never_was_is_an_error(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(f"duckdb:///{tmp_path / 'none.duckdb'}")
    with pytest.raises(DatabaseError):
        cockpit.current_wall("month")


def test_last_good_wall_stays_while_the_database_is_away(tmp_path: Path, use: Callable[[str], None]) -> None:
    file, aside = tmp_path / "reporting.duckdb", tmp_path / "aside.duckdb"
    use(make_tiny_database(f"duckdb:///{file}"))
    before = cockpit.current_wall("month")
    file.rename(aside)
    away = cockpit.current_wall("month")
    assert away.wall is before.wall
    assert away.at == before.at
    assert isinstance(away.interruption, DatabaseError)
    aside.rename(file)
    again = cockpit.current_wall("month")
    assert again.interruption is None
    assert again.wall is before.wall
    assert again.at > before.at


def test_new_load_makes_a_new_wall(tmp_path: Path, use: Callable[[str], None]) -> None:
    file = tmp_path / "reporting.duckdb"
    use(make_tiny_database(f"duckdb:///{file}"))
    before = cockpit.current_wall("month").wall
    make_tiny_database(f"duckdb:///{tmp_path / 'next.duckdb'}", ("新医共体",))
    shutil.move(tmp_path / "next.duckdb", file)
    after = cockpit.current_wall("month").wall
    assert before is not None
    assert after is not None
    assert len(before.communities) == 5
    assert [each.community.name for each in after.communities] == ["新医共体"]


def test_new_load_is_seen_although_somebody_still_reads_the_old_one(tmp_path: Path, use: Callable[[str], None]) -> None:
    file = tmp_path / "reporting.duckdb"
    use(make_tiny_database(f"duckdb:///{file}"))
    connection = current_database().engine.connect()
    make_tiny_database(f"duckdb:///{tmp_path / 'next.duckdb'}", ("新医共体",))
    shutil.move(tmp_path / "next.duckdb", file)
    timer = threading.Timer(0.5, connection.close)
    timer.start()
    after = cockpit.current_wall("month").wall
    timer.join()
    assert after is not None
    assert [each.community.name for each in after.communities] == ["新医共体"]


@pytest.mark.parametrize("grain", ["month", "quarter", "ytd", "rolling12"])
def test_wall_of_every_grain_ends_with_the_newest_month(tmp_path: Path, grain: str) -> None:
    database = open_database(make_tiny_database(f"duckdb:///{tmp_path / 'grain.duckdb'}", ("一院医共体",)))
    wall = cockpit.wall_of(database, grain)
    assert wall is not None
    assert wall.period == Period.parse("2025-10", grain)


def test_plan_of_the_workspace_stands_in_for_the_file(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'plan.duckdb'}"))
    assert cockpit.plan_in_force() == (kiosk_plan(), None)
    own = {"check_seconds": 3, "scenes": [{"id": "fund", "kind": "budget", "name": "基金", "name_en": "Fund", "seconds": 9}]}
    current_workspace().create(Kind.SETTING, "大屏", own, author=None, document_id=cockpit.SETTING)
    plan, trouble = cockpit.plan_in_force()
    assert (plan.check_seconds, [scene.id for scene in plan.scenes], trouble) == (3, ["fund"], None)


def test_wrong_plan_of_the_workspace_is_told_and_left_aside(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'wrong.duckdb'}"))
    current_workspace().create(Kind.SETTING, "大屏", {"scenes": []}, author=None, document_id=cockpit.SETTING)
    plan, trouble = cockpit.plan_in_force()
    assert plan == kiosk_plan()
    assert trouble is not None
    assert "scenes" in trouble.text()


def test_times_of_the_last_good_wall_carry_their_zone(tmp_path: Path, use: Callable[[str], None]) -> None:
    use(make_tiny_database(f"duckdb:///{tmp_path / 'zone.duckdb'}"))
    assert cockpit.current_wall("month").at.utcoffset() == datetime.timedelta(0)
