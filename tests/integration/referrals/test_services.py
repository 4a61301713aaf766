"""The referral services on a county computed by hand: two towns, five institutions, one hospital outside with a place, one without."""

import datetime
import math
from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import COVERED, ON_SCREEN, few
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.referrals.detail import balances, outside, pairs, way
from dashboard.services.referrals.flows import NO_COORDINATES, Question, View, flows, places, sources
from dashboard.services.referrals.map import Selection, arc_ends, arc_focus, flow_map, focused, month_totals
from dashboard.services.referrals.quality import communities, from_outside, kept_in_county, reasons, rehabilitation, two_way
from dashboard.services.referrals.reading import reading
from dashboard.store.importing.loader import load_package
from tests.integration.packages import small_county, write_csv_package

JANUARY = Period.parse("2025-01")
REFERRALS = Question(View.REFERRALS, JANUARY)
CLAIMS = Question(View.CLAIMS, JANUARY)
WHOLE = Selection()


def _tables(lateral: int = 3) -> dict[str, pd.DataFrame]:
    tables = {name: frame for name, frame in small_county().items() if name.startswith("dim_") or name == "fact_bed"}
    institutions = tables["dim_institution"]
    lost = {"institution_code": "X2", "name": "无坐标医院", "kind": "general_hospital", "in_county": False}
    tables["dim_institution"] = pd.concat([institutions, pd.DataFrame([lost])], ignore_index=True)
    tables["dim_disease_group"] = pd.DataFrame(
        [("G1", "肺炎", "medical", "呼吸", True), ("G2", "阑尾切除", "surgical", "消化", False), ("O1", "门诊", "outpatient", None, True)],
        columns=["disease_group_code", "name", "kind", "mdc", "county_capable"],
    )
    names = ["from_code", "to_code", "direction", "disease_group_code", "month", "cases", "closed_cases", "rehabilitation_cases", "cost"]
    tables["fact_referral"] = pd.DataFrame(
        [
            ("C1", "H1", "up", "G1", "2025-01-01", 60, 50, 0, 6000),
            ("C1", "H1", "up", "G2", "2025-01-01", 40, 40, 0, 8000),
            ("H1", "C1", "down", "G1", "2025-01-01", 25, 20, 12, 1000),
            ("H1", "H2", "lateral", "G1", "2025-01-01", lateral, lateral, 0, 300),
            ("H1", "X1", "out", "G2", "2025-01-01", 10, 9, 0, 50000),
            ("H1", "X2", "out", "G1", "2025-01-01", 6, 6, 0, 20000),
            ("X1", "H1", "down", "G1", "2025-01-01", 7, 7, 0, 700),
            ("C1", "H1", "up", "G1", "2024-01-01", 80, 70, 0, 7000),
            ("C1", "H1", "up", "G1", "2023-06-01", 12, 12, 0, 1000),
            ("H1", "C1", "down", "G1", "2023-06-01", 3, 3, 0, 100),
        ],
        columns=names,
    )
    columns = "town_code scheme institution_code service_kind disease_group_code month encounters total_cost fund_paid patient_paid"
    tables["fact_claim"] = pd.DataFrame(
        [
            ("T1", "resident", "C1", "outpatient", "O1", "2025-01-01", 600, 60000, 30000, 30000),
            ("T1", "resident", "H1", "inpatient", "G1", "2025-01-01", 200, 400000, 200000, 200000),
            ("T1", "employee", "H2", "inpatient", "G1", "2025-01-01", 50, 100000, 50000, 50000),
            ("T1", "employee", "X1", "inpatient", "G1", "2025-01-01", 100, 500000, 200000, 300000),
            ("T1", "resident", "X2", "inpatient", "G2", "2025-01-01", 50, 250000, 100000, 150000),
            ("T2", "resident", "H2", "inpatient", "G1", "2025-01-01", 300, 600000, 300000, 300000),
            ("T2", "resident", "H1", "pharmacy", "O1", "2025-01-01", 999, 999, 999, 0),
        ],
        columns=columns.split(),
    )
    return tables


def _loaded(folder: Path, tables: dict[str, pd.DataFrame]) -> ReportingDatabase:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    report = load_package(write_csv_package(folder / "package", tables), url)
    assert report.accepted, report.findings[:3]
    return open_database(url)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _loaded(tmp_path_factory.mktemp("referrals"), _tables())


@pytest.fixture(scope="module")
def no_small(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """The same county with thirty lateral referrals: nothing to hide."""
    return _loaded(tmp_path_factory.mktemp("referrals"), _tables(lateral=30))


def test_sources_say_which_months_they_cover(database: ReportingDatabase) -> None:
    covered = sources(database)
    assert covered[View.REFERRALS].first == datetime.date(2023, 6, 1)
    assert covered[View.CLAIMS].last == datetime.date(2025, 1, 1)


def test_places_know_where_hospitals_outside_stand(database: ReportingDatabase) -> None:
    where = places(database)
    outer = where.table.loc["outside:0"]
    assert (outer["name"], outer["members"]) == ("省医", 1)
    assert outer["nearest"] == pytest.approx(25, abs=10)
    assert where.table.loc[NO_COORDINATES, "name"] == "无坐标医院"
    assert math.isnan(where.table.loc[NO_COORDINATES, "longitude"])
    assert where.table.loc["community:A", "longitude"] == pytest.approx(120.11)
    assert where.name("site:C1") == "东卫"
    assert where.name("site:gone") == "gone"


def test_the_map_leaves_out_and_says_what(no_small: ReportingDatabase) -> None:
    picture = flow_map(no_small, REFERRALS, WHOLE)
    drawn = {(row.origin, row.destination, row.direction): row.cases for row in picture.arcs.itertuples()}
    assert drawn == {
        ("site:C1", "site:H1", "up"): 100,
        ("site:H1", "site:C1", "down"): 25,
        ("site:H1", "site:H2", "lateral"): 30,
        ("site:H1", "outside:0", "out"): 10,
        ("outside:0", "site:H1", "down"): 7,
    }
    assert picture.small == (0, 0.0)
    assert picture.unplaced == (1, 6.0)
    assert picture.lost == ("无坐标医院",)
    assert picture.totals == {"up": 100.0, "down": 32.0, "lateral": 30.0, "out": 16.0}


def test_the_map_hides_a_small_flow_and_what_would_give_it_away(database: ReportingDatabase) -> None:
    picture = flow_map(database, REFERRALS, WHOLE)
    drawn = {(row.origin, row.destination, row.direction): row.cases for row in picture.arcs.itertuples()}
    # H1 sends 44: 3 would follow from the 6 to X2, which X2's and the outside's sums would give away in turn.
    assert drawn == {
        ("site:C1", "site:H1", "up"): 100,
        ("site:H1", "site:C1", "down"): 25,
        ("site:H1", "outside:0", "out"): 10,
        ("outside:0", "site:H1", "down"): 7,
    }
    assert picture.small == (1, COVERED)
    assert picture.unplaced == (1, COVERED)
    assert picture.totals == {"up": 100.0, "down": 32.0, "lateral": few(5), "out": COVERED}


def test_an_arc_tells_share_growth_and_leading_groups(no_small: ReportingDatabase) -> None:
    arcs = flow_map(no_small, REFERRALS, WHOLE).arcs.set_index(["origin", "destination"])
    up = arcs.loc[("site:C1", "site:H1")]
    assert (up["share_of_origin"], up["before"], up["growth"], up["top"]) == (1.0, 80.0, 0.25, "肺炎、阑尾切除")
    out = arcs.loc[("site:H1", "outside:0")]
    assert out["share_of_origin"] == pytest.approx(10 / 71)
    assert out["cost"] == 50000


def test_beyond_the_limit_the_smallest_are_summed(no_small: ReportingDatabase) -> None:
    picture = flow_map(no_small, REFERRALS, WHOLE, limit=1)
    assert picture.arcs["cases"].tolist() == [100.0]
    assert picture.beyond == (4, 72.0)


def test_levels_merge_what_lies_within(no_small: ReportingDatabase) -> None:
    by_community = flow_map(no_small, REFERRALS, Selection("community"))
    assert by_community.within == (2, 125.0)
    assert set(by_community.arcs["origin"]) == {"community:A", "outside:0"}
    county = flow_map(no_small, REFERRALS, Selection("county"))
    assert {(row.origin, row.destination) for row in county.arcs.itertuples()} == {("county:", "outside:0"), ("outside:0", "county:")}


def test_comparison_draws_what_changed(no_small: ReportingDatabase) -> None:
    changed = flow_map(no_small, REFERRALS, WHOLE, comparison="last_year").arcs.set_index(["origin", "destination"])["change"]
    assert changed.loc[("site:C1", "site:H1")] == 20
    assert changed.loc[("site:H1", "outside:0")] == 10


def test_months_of_the_player(database: ReportingDatabase) -> None:
    totals = month_totals(database, REFERRALS, WHOLE)
    assert totals["up"].tolist() == [12.0, 80.0, 100.0]
    month = flow_map(database, REFERRALS, WHOLE, month=datetime.date(2024, 1, 1))
    assert month.arcs["cases"].tolist() == [80.0]
    assert month_totals(database, REFERRALS, Selection(focus="town:T2", directions=("up",))).empty


@pytest.mark.parametrize(
    ("focus", "cases"),
    [
        ("", 151.0),
        ("town:T1", 151.0),
        ("town:T2", 3.0),
        ("site:C1", 125.0),
        ("outside:0", 17.0),
        ("community:B", 3.0),
        (arc_focus("site:H1", "outside:0"), 10.0),
        ("nonsense", 0.0),
    ],
)
def test_focus_filters_to_a_place_or_a_flow(database: ReportingDatabase, focus: str, cases: float) -> None:
    assert focused(flows(database, REFERRALS), View.REFERRALS, focus)["cases"].sum() == cases


def test_a_focused_town_keeps_its_people_only_in_the_claims_view(database: ReportingDatabase) -> None:
    assert focused(flows(database, CLAIMS), View.CLAIMS, "town:T2")["cases"].sum() == 300
    assert focused(flows(database, CLAIMS), View.CLAIMS, "site:H2")["cases"].sum() == 350
    assert arc_ends("arc:site:H1>outside:0") == ("site:H1", "outside:0")
    assert arc_ends("site:H1") is None


def test_claims_never_count_pharmacies_and_tell_own_from_other(database: ReportingDatabase) -> None:
    by_direction = flows(database, CLAIMS).groupby("direction")["cases"].sum()
    assert by_direction.to_dict() == {"own": 1100.0, "other": 50.0, "out": 150.0}


def test_filters_of_claims(database: ReportingDatabase) -> None:
    def cases(**changes: object) -> float:
        asked = {"view": View.CLAIMS, "period": JANUARY} | changes
        return float(flows(database, Question(**asked))["cases"].sum())  # type: ignore[arg-type]

    assert cases() == 1300
    assert cases(scheme="employee") == 150
    assert cases(care="inpatient") == 700
    assert cases(group="G1") == 650
    assert cases(group="G1", scheme="employee", care="inpatient") == 150
    assert cases(community="B") == 300


def test_pairs_share_their_sides(database: ReportingDatabase) -> None:
    table = pairs(database, REFERRALS, WHOLE).set_index(["origin", "destination"])
    assert table.loc[("site:H1", "site:X1"), "share_of_origin"] == pytest.approx(10 / 44)
    assert table.loc[("site:H1", "site:X1"), "share_of_destination"] == 1.0
    assert table["cases"].sum() == 151


def test_balances_of_institutions_and_communities(database: ReportingDatabase) -> None:
    institutions = balances(database, REFERRALS, WHOLE)
    assert institutions.loc["site:H1"].tolist() == [44.0, 107.0, 63.0]
    assert "site:X1" not in institutions.index
    assert balances(database, CLAIMS, WHOLE).loc["community:B"].tolist() == [0.0, 50.0, 50.0]


def test_what_leaves_and_what_the_county_could_treat(database: ReportingDatabase) -> None:
    answer = outside(database, CLAIMS, WHOLE)
    pneumonia = answer.groups.loc["G1"]
    assert answer.groups.index.tolist() == ["G1", "G2"]
    assert (pneumonia["capable"], pneumonia["cases"], pneumonia["cost"], pneumonia["returnable"]) == (True, 100, 500000, 500000)
    assert pneumonia["county_cost"] == pytest.approx(100 * 1_100_000 / 550)
    assert answer.groups.loc["G2", "returnable"] == 0
    assert answer.top_share == 1.0
    assert answer.by_community.loc["G1", "A"] == 500000
    by_cases = outside(database, REFERRALS, WHOLE, False)
    assert not by_cases.by_cost
    assert by_cases.groups["cases"].tolist() == [10.0, 6.0]
    assert by_cases.groups["county_cost"].isna().all()


def test_way_of_patients(database: ReportingDatabase) -> None:
    answer = way(database, REFERRALS, WHOLE)
    names = answer.nodes["key"].tolist()
    links = {(names[row.source], names[row.target]): row.cases for row in answer.links.itertuples()}
    assert links[("0|town:T1", "1|community:A")] == 100
    assert links[("1|community:A", "2|site:H1")] == 100
    assert links[("2|site:H1", "3|outside:0")] == 10
    claims = way(database, CLAIMS, WHOLE)
    keys = claims.nodes["key"].tolist()
    treated = {(keys[row.source], keys[row.target]): row.cases for row in claims.links.itertuples()}
    assert treated[("1|community:A", "2|primary")] == 600
    assert treated[("1|community:A", "3|outside:0")] == 100
    empty = way(database, REFERRALS, Selection(focus="town:T2"))
    assert empty.links.empty


def test_retention_loyalty_and_attraction(database: ReportingDatabase) -> None:
    kept = kept_in_county(database, CLAIMS, WHOLE)
    assert kept is not None
    assert kept.units["share"].to_dict() == {"town:T1": 0.85, "town:T2": 1.0}
    assert kept.mean == pytest.approx(1150 / 1300)
    table = communities(database, CLAIMS, WHOLE)
    assert table.loc["A", "loyalty"] == pytest.approx(800 / 850)
    assert table.loc["B", "attraction"] == pytest.approx(50 / 350)
    completion = kept_in_county(database, REFERRALS, WHOLE)
    assert completion is not None
    assert completion.units.loc["site:C1", "share"] == 0.9
    assert communities(database, REFERRALS, WHOLE).empty
    assert from_outside(database, REFERRALS) == 7


def test_two_way_reasons_and_rehabilitation(database: ReportingDatabase) -> None:
    assert two_way(database, REFERRALS, WHOLE).loc["community:A", ["up", "down", "ratio"]].tolist() == [100.0, 25.0, 0.25]
    assert reasons(database, REFERRALS, WHOLE, "mdc").loc["消化", "up"] == 40
    assert reasons(database, CLAIMS, WHOLE, "kind").index.tolist() == ["medical", "surgical"]
    sent = rehabilitation(database, REFERRALS).loc["site:H1"]
    assert (sent["sent"], sent["discharges"]) == (12, 610)
    assert sent["share"] == pytest.approx(12 / 610)


def test_reading_has_three_findings_each_with_its_numbers(database: ReportingDatabase) -> None:
    kinds = {sentence.kind: sentence for sentence in reading(database, REFERRALS, WHOLE)}
    assert kinds["balance"].numbers["ratio"] == pytest.approx(0.32)
    assert kinds["outflow"].numbers["cases"] == COVERED, "16 less what is shown would give the 3 away"
    assert kinds["outflow"].place == "outside:0"
    claims = {sentence.kind: sentence for sentence in reading(database, CLAIMS, WHOLE)}
    assert set(claims) == {"leaving", "lowest_town", "treatable"}
    assert claims["lowest_town"].place == "town:T1"
    assert claims["leaving"].numbers["share"] == pytest.approx(150 / 1300)
    assert claims["treatable"].names["first"] == "肺炎"


def test_a_ratio_that_would_give_a_small_count_away_is_not_told(database: ReportingDatabase) -> None:
    june = reading(database, Question(View.REFERRALS, Period.parse("2023-06")), WHOLE)
    told = next(sentence for sentence in june if sentence.kind == "few")
    assert told.numbers == {"up": COVERED, "down": few(ON_SCREEN)}
    assert not any("ratio" in sentence.numbers for sentence in june)


def test_a_month_without_flows_is_empty_everywhere(database: ReportingDatabase) -> None:
    nothing = Question(View.REFERRALS, Period.parse("2023-01"))
    assert flow_map(database, nothing, WHOLE).arcs.empty
    assert pairs(database, nothing, WHOLE).empty
    assert balances(database, nothing, WHOLE).empty
    assert outside(database, nothing, WHOLE).groups.empty
    assert kept_in_county(database, nothing, WHOLE) is None
    assert rehabilitation(database, nothing).empty
    assert reading(database, nothing, WHOLE) == ()
    empty_claims = Question(View.CLAIMS, Period.parse("2023-01"))
    assert reading(database, empty_claims, WHOLE) == ()
    assert way(database, empty_claims, WHOLE).links.empty
    assert flow_map(database, empty_claims, WHOLE, comparison="previous").arcs.empty
