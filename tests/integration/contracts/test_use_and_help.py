"""Where people with and without a contract go, and who helps whom: figures worked out by hand."""

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard import formatting
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.contracts.helping import helping
from dashboard.services.contracts.use import USE, contract_use
from dashboard.store.importing.loader import load_package
from tests.contracts_county import contracts_county
from tests.integration.packages import write_csv_package

JUNE = datetime.date(2025, 6, 1)
COLUMNS = (
    "institution_code population_group contract_status month people visits own_visits "
    "first_visits primary_first_visits admissions chronic_visits lead_chronic_visits"
)


def _use() -> pd.DataFrame:
    rows = [
        (code, "all", status, month, *figures)
        for month in ("2025-05-01", "2025-06-01")
        for code, status, figures in (
            ("C1", "signed", (6000, 2400, 1200, 1000, 700, 60, 500, 75)),
            ("C1", "unsigned", (6000, 2000, 500, 900, 450, 66, 400, 120)),
            ("C2", "signed", (4000, 1600, 800, 600, 500, 40, 300, 60)),
        )
    ]
    rows.append(("C1", "elderly", "signed", "2025-06-01", 60, 40, 3, None, None, 2, None, None))
    rows.append(("C1", "elderly", "unsigned", "2025-06-01", 60, 40, 20, None, None, 12, None, None))
    return pd.DataFrame(rows, columns=COLUMNS.split(), dtype=object)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    return _opened(tmp_path_factory.mktemp("use"), _use())


def _opened(folder: Path, use: pd.DataFrame | None) -> ReportingDatabase:
    tables = contracts_county()
    tables.pop("fact_contract_use", None)
    if use is not None:
        tables["fact_contract_use"] = use
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    load_package(write_csv_package(folder / "package", tables), url)
    return open_database(url)


def test_both_sides_of_the_same_centres_and_months_are_compared(database: ReportingDatabase) -> None:
    answer = contract_use(database, JUNE)
    assert answer is not None
    assert (answer.centres, answer.left_out) == (1, 1)  # C2 reported one side
    assert answer.groups == ["all", "elderly"]
    value = answer.rates[answer.rates["group"] == "all"].set_index(["rate", "status"])["value"]
    assert value.to_dict() == pytest.approx(
        {
            ("first_contact", "signed"): 0.7,
            ("first_contact", "unsigned"): 0.5,
            ("continuity", "signed"): 0.5,
            ("continuity", "unsigned"): 0.25,
            ("lead_chronic", "signed"): 0.15,
            ("lead_chronic", "unsigned"): 0.3,
            ("admissions", "signed"): 120 / 1000,  # 6,000 people for two months of twelve
            ("admissions", "unsigned"): 132 / 1000,
        }
    )
    assert (answer.rates["lower"] < answer.rates["value"]).all()
    assert (answer.rates["upper"] > answer.rates["value"]).all()
    assert contract_use(database, JUNE, "B").groups == []


def test_small_counts_and_what_gives_them_away_stay_hidden(database: ReportingDatabase) -> None:
    answer = contract_use(database, JUNE)
    rows = USE.hide(answer.rates[answer.rates["group"] == "elderly"]).frame.set_index(["rate", "status"])
    assert formatting.people(rows.at[("continuity", "signed"), "numerator"]) == "<5"
    assert np.isnan(rows.at[("continuity", "signed"), "value"])
    assert rows.at[("continuity", "unsigned"), "value"] == pytest.approx(0.5)
    assert set(rows.index.get_level_values("rate")) == {"continuity", "admissions"}


def test_a_county_without_the_table_has_no_answer(tmp_path: Path) -> None:
    assert contract_use(_opened(tmp_path, None), JUNE) is None


def test_who_helps_whom_is_told_pair_by_pair(database: ReportingDatabase) -> None:
    rows = helping(database, JUNE)
    told = {(row.lead, row.centre, row.kind): (row.amount, row.unit) for row in rows.itertuples()}
    assert told == {
        ("H1", "C1", "posting_down"): (60, "person_days"),
        ("H1", "C1", "quality_check"): (2, "sessions"),
        ("H1", "C1", "training_course"): (1, "sessions"),
        ("H1", "C1", "training_up"): (90, "person_days"),
        ("H1", "C1", "ward_round"): (5, "sessions"),
    }
    assert helping(database, JUNE, "B").empty
