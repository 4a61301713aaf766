"""The year-end number is one: Overview, wall, report and what-if show the same for the county and each community × scheme."""

import datetime
from collections import defaultdict

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import ON_EXPORT, ON_SCREEN
from dashboard.analysis.suppression import few as few_of
from dashboard.services.cockpit.answer import cockpit_of
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.common.filters import Filters
from dashboard.services.insurance.answer import HOSPITALS, Model, hospital_frame, insurance_model, spending_bridge
from dashboard.services.insurance.baseline import BaselineGap
from dashboard.services.insurance.plan import with_value
from dashboard.services.overview.answer import overview
from dashboard.services.overview.fund import fund_progress
from dashboard.services.overview.projection import year_projection
from tests.insured import PLACES, budgets, claims, make_insured_county

OCTOBER = Period.parse("2025-10")
HALF_A_CENT_EACH = 0.05


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    """Places that grew differently in 2025: primary outpatients +20 %, hospitals −10 %."""
    rows = claims()
    for row in rows:
        if row["month"].year == 2025 and row["service_kind"] == "outpatient":
            factor = 1.2 if row["institution_code"].startswith("P") else 0.9
            row["encounters"] = int(row["encounters"] * factor)
            for name in ("total_cost", "eligible_cost", "fund_paid", "patient_paid"):
                row[name] = round(row[name] * factor, 2)
    return open_database(make_insured_county(f"duckdb:///{tmp_path_factory.mktemp('one') / 'reporting.duckdb'}", claim_rows=rows))


@pytest.fixture(scope="module")
def model(database: ReportingDatabase) -> Model:
    found = insurance_model(database)
    assert not isinstance(found, BaselineGap)
    return found


def test_overview_and_what_if_show_one_number(database: ReportingDatabase, model: Model) -> None:
    outcome = model.reference()
    answer = fund_progress(database, OCTOBER)
    assert answer.county is not None
    assert answer.county.year_end is not None
    assert answer.county.year_end.total == pytest.approx(outcome.spending, abs=HALF_A_CENT_EACH)
    assert answer.county.projected_overspend == pytest.approx(-outcome.balance, abs=HALF_A_CENT_EACH)
    for row in answer.communities:
        assert row.projected_overspend == pytest.approx(-outcome.communities.loc[row.community, "balance"], abs=HALF_A_CENT_EACH)
    units = outcome.units.set_index(["community", "scheme"])["spending"]
    for scheme in ("employee", "resident"):
        for row in fund_progress(database, OCTOBER, scheme).communities:
            assert row.year_end is not None
            assert row.year_end.total == pytest.approx(units[row.community, scheme], abs=HALF_A_CENT_EACH)


def test_the_interval_is_one_too(database: ReportingDatabase, model: Model) -> None:
    """Low and high of the Overview are those of the what-if's baseline: one model, one level, the same simulated years."""
    chance = model.uncertainty(model.start())
    answer = fund_progress(database, OCTOBER)
    assert answer.county is not None
    rows = [(answer.county, chance.county), *((row, chance.communities.loc[row.community]) for row in answer.communities)]
    rows += [(unit, chance.units.loc[(unit.community, unit.scheme)]) for unit in answer.units]
    rows += [(unit, chance.units.loc[(unit.community, "resident")]) for unit in fund_progress(database, OCTOBER, "resident").communities]
    assert len(rows) == 1 + 2 + 4 + 2
    for row, balance in rows:
        assert row.year_end is not None
        assert row.year_end.low == pytest.approx(row.budget - balance["high"], abs=1.0)
        assert row.year_end.high == pytest.approx(row.budget - balance["low"], abs=1.0)
        assert row.year_end.low < row.year_end.total < row.year_end.high


def test_who_overspends_is_one_answer(database: ReportingDatabase, model: Model) -> None:
    outcome = model.reference()
    answer = fund_progress(database, OCTOBER)
    assert [(unit.community, unit.scheme) for unit in answer.overspending()] == sorted(outcome.overspending_units)


def test_wall_and_page_of_the_overview_show_it_too(database: ReportingDatabase, model: Model) -> None:
    county = fund_progress(database, OCTOBER).county
    assert overview(database, Filters(OCTOBER)).fund.county == county
    wall = cockpit_of(database)
    assert wall is not None
    assert wall.overview.fund.county == county


def test_the_bridge_leads_from_what_is_recorded_to_that_number(database: ReportingDatabase, model: Model) -> None:
    plan = with_value(model.start(), model.baseline, "case_cost_growth", 0.1)
    outcome, reference = model.run(plan), model.reference()
    steps = dict(spending_bridge(outcome, reference, ["C1"]))
    row = next(each for each in fund_progress(database, OCTOBER).communities if each.community == "C1")
    assert row.year_end is not None
    assert steps["recorded"] == pytest.approx(row.spent, abs=0.01)
    assert sum(steps.values()) - steps["measures"] == pytest.approx(row.year_end.total, abs=HALF_A_CENT_EACH)
    assert sum(steps.values()) == pytest.approx(outcome.communities.loc["C1", "spending"], abs=0.01)
    assert steps["measures"] > 0
    assert steps["price"] > 0


def test_the_number_by_hand(database: ReportingDatabase, model: Model) -> None:
    """A second implementation in plain Python from the claims themselves: ten months as recorded, two by growth of kind and place."""
    town = {town: community for community, town, _hospital, _primary in PLACES}

    def place(code: str) -> str:
        return "outside" if code == "X1" else "primary" if code.startswith("P") else "county"

    rows = [
        (town[r["town_code"]], r["scheme"], r["service_kind"], place(r["institution_code"]), r["month"], r["fund_paid"])
        for r in claims_of(database)
    ]
    this_year, last_year, ahead = defaultdict(float), defaultdict(float), defaultdict(float)
    for *cell, month, paid in rows:
        if month.year == 2025:
            this_year[tuple(cell)] += paid
        elif month.year == 2024:
            (last_year if month.month <= 10 else ahead)[tuple(cell)] += paid
    total = sum(this_year.values()) + sum(paid * this_year[cell] / last_year[cell] for cell, paid in ahead.items())
    assert model.reference().spending == pytest.approx(total, abs=HALF_A_CENT_EACH)


def claims_of(database: ReportingDatabase) -> list[dict]:
    with database.engine.connect() as connection:
        found = connection.exec_driver_sql("SELECT town_code, scheme, service_kind, institution_code, month, fund_paid FROM fact_claim")
        return [dict(row._mapping) | {"fund_paid": float(row._mapping["fund_paid"])} for row in found]


def test_an_earlier_month_is_projected_as_it_stood_then(database: ReportingDatabase) -> None:
    june = fund_progress(database, Period.parse("2025-06")).county
    assert june is not None
    by_month = pd.Series(dict.fromkeys(range(1, 13), 0.0))
    for claim in claims_of(database):
        if claim["month"].year == 2024:
            by_month[claim["month"].month] += claim["fund_paid"]
    assert june.time_progress == pytest.approx(by_month.loc[:6].sum() / by_month.sum()), "last year's share of the same months"
    projection = year_projection(database, 2025, datetime.date(2025, 6, 1))
    assert projection is not None
    assert sorted(projection.known["month"].unique()) == [1, 2, 3, 4, 5, 6]
    assert june.year_end is not None
    assert june.year_end.total == pytest.approx(june.spent + projection.expected["fund_paid"].sum())


def test_a_scheme_without_claims_is_on_neither_side_and_named(tmp_path: object) -> None:
    url = make_insured_county(f"duckdb:///{tmp_path}/x.duckdb", claim_rows=claims(schemes=("resident",)))
    database = open_database(url)
    answer = fund_progress(database, OCTOBER)
    assert answer.county is not None
    assert answer.county.budget == pytest.approx(sum(row["budget"] for row in budgets() if row["scheme"] == "resident"))
    assert answer.left_out == (("C1", "employee"), ("C2", "employee"))
    found = insurance_model(database)
    assert not isinstance(found, BaselineGap)
    assert found.reference().budget == pytest.approx(answer.county.budget, abs=HALF_A_CENT_EACH)


def test_points_and_money_of_a_few_inpatients_are_theirs(tmp_path: object) -> None:
    """Screen, workbook and report: an institution with 3 inpatients shows neither points nor money, nor does who would give them away."""
    rows = claims()
    few = [row for row in rows if row["institution_code"] == "H9" and row["month"].year == 2024]
    rows = [row for row in rows if row["institution_code"] != "H9"] + [few[0] | {"encounters": 3}]
    found = insurance_model(open_database(make_insured_county(f"duckdb:///{tmp_path}/few.duckdb", claim_rows=rows)))
    assert not isinstance(found, BaselineGap)
    frame = hospital_frame(found, found.reference())
    assert frame["hospital"].tolist()[-2:].count("H9") == 1, "who is hidden stands last"
    for smallest in (ON_SCREEN, ON_EXPORT):
        shown = HOSPITALS.hide(frame, smallest).frame.set_index("hospital")
        assert shown["cases"]["H9"] == few_of(smallest)
        money = ["points", "due", "patient_paid", "fund_pays", "claimed", "difference", "settlement_share"]
        assert shown.loc["H9", money].isna().all()
        assert shown["points"].isna().sum() == 2, "with the sum of all points one more institution must go"
    whole = model_of(claims(), tmp_path)
    assert HOSPITALS.hide(hospital_frame(whole, whole.reference()), ON_EXPORT).frame["points"].notna().all()


def model_of(rows: list[dict], folder: object) -> Model:
    found = insurance_model(open_database(make_insured_county(f"duckdb:///{folder}/many.duckdb", claim_rows=rows)))
    assert not isinstance(found, BaselineGap)
    return found
