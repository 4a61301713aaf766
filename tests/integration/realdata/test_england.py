"""Real flows that nobody here made up: loaded through the importer, counts and shares agree with the input."""

from pathlib import Path

import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.referrals import flow_matrix, shares
from dashboard.services.common.database import ReportingDatabase, open_database
from dashboard.services.referrals.flows import Question, View, flows
from dashboard.services.referrals.map import Selection, flow_map
from dashboard.settings import PROJECT
from dashboard.store.importing.loader import load_package
from dashboard.store.importing.mapping import apply_profile
from dashboard.store.importing.profiles import shipped_profiles

SOURCE = PROJECT.parent / "shared" / "realdata" / "england_flows"
QUESTION = Question(View.CLAIMS, Period.parse("2020-09"))

pytestmark = pytest.mark.skipif(not SOURCE.is_dir(), reason="shared/realdata/england_flows is not here")


@pytest.fixture(scope="module")
def published() -> pd.DataFrame:
    return pd.read_csv(SOURCE / "input_od.csv")


@pytest.fixture(scope="module")
def england(tmp_path_factory: pytest.TempPathFactory) -> ReportingDatabase:
    folder: Path = tmp_path_factory.mktemp("england")
    for name in ("package", "unpacked"):
        (folder / name).mkdir()
    apply_profile(shipped_profiles()["england_flows"], SOURCE, folder / "package", folder / "unpacked")
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    assert load_package(folder / "package", url).accepted
    return open_database(url)


def _plain(england: ReportingDatabase) -> pd.DataFrame:
    rows = flows(england, QUESTION)
    ends = {f"{end}_institution": end for end in ("origin", "destination")}
    return rows.rename(columns=ends)[["origin", "destination", "cases"]]


def test_every_count_agrees_with_the_input(england: ReportingDatabase, published: pd.DataFrame) -> None:
    loaded = _plain(england).set_index(["origin", "destination"])["cases"]
    expected = published.assign(origin="town:" + published["geo_code"], destination="site:" + published["trust_code"])
    pd.testing.assert_series_equal(
        loaded.sort_index(), expected.set_index(["origin", "destination"])["spells"].sort_index(), check_names=False, check_dtype=False
    )
    matrix = flow_matrix(_plain(england), "institution")
    assert matrix.to_numpy().sum() == published["spells"].sum()
    assert matrix.shape == (published["geo_code"].nunique(), published["trust_code"].nunique())


def test_shares_agree_with_the_input(england: ReportingDatabase, published: pd.DataFrame) -> None:
    answer = shares(_plain(england)).set_index(["origin", "destination"])
    for row in published.itertuples():
        pair = answer.loc[(f"town:{row.geo_code}", f"site:{row.trust_code}")]
        assert pair["share_of_origin"] == pytest.approx(row.spells / published.loc[published["geo_code"] == row.geo_code, "spells"].sum())
        assert pair["share_of_destination"] == pytest.approx(
            row.spells / published.loc[published["trust_code"] == row.trust_code, "spells"].sum()
        )


def test_the_trust_without_coordinates_is_said_to_be_left_out(england: ReportingDatabase, published: pd.DataFrame) -> None:
    trusts = pd.read_csv(SOURCE / "nodes_destination_trust.csv")
    lost = trusts[trusts["lat"].isna()]
    gone = published[published["trust_code"].isin(lost["trust_code"])]
    picture = flow_map(england, QUESTION, Selection())
    assert picture.lost == tuple(lost["trust_name"])
    assert picture.unplaced == (len(gone), float(gone["spells"].sum()))
    drawn = float(picture.arcs["cases"].sum()) + picture.small[1] + picture.beyond[1] + picture.unplaced[1] + picture.within[1]
    assert drawn == published["spells"].sum()
