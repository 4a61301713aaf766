"""The parts of the demonstration generator that can be checked by hand."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dashboard.demo.encounters import fitted
from dashboard.demo.finance import _cut
from dashboard.demo.institutions import disease_group_table, network
from dashboard.demo.parameters import generator, parameters
from dashboard.demo.population import population_table
from dashboard.demo.timeline import Timeline


@pytest.fixture(scope="module")
def line() -> Timeline:
    return Timeline(parameters().values)


def test_there_are_48_months_and_16_whole_quarters(line):
    assert len(line.months) == 48
    assert line.months[0] == pd.Timestamp("2021-11-01")
    assert line.months[-1] == pd.Timestamp("2025-10-01")
    assert len(line.quarters) == 16
    assert line.quarters[-1] == pd.Timestamp("2025-07-01")


def test_the_spring_festival_dip_moves_with_the_lunar_calendar(line):
    left = pd.Series(line.festival("outpatient"), index=line.months.strftime("%Y-%m"))
    # 2024: new year on 10 February, 14 days of 29 at 42 % less; 2023: on 22 January, 14 days of 31
    assert left["2024-02"] == pytest.approx(1 - 0.42 * 14 / 29)
    assert left["2024-01"] == 1
    assert left["2023-01"] == pytest.approx(1 - 0.42 * 14 / 31)
    assert left["2023-02"] == 1
    # 2025: on 29 January, 7 days before the month ends and 7 after
    assert left["2025-01"] == pytest.approx(1 - 0.42 * 7 / 31)
    assert left["2025-02"] == pytest.approx(1 - 0.42 * 7 / 28)


def test_the_reform_works_in_from_its_month_and_not_before(line):
    ramp = pd.Series(line.ramp, index=line.months.strftime("%Y-%m"))
    assert ramp["2023-07"] == 0
    assert ramp["2023-08"] == pytest.approx(1 / 28)
    assert (ramp[:"2023-07"] == 0).all()
    assert line.between(0.2, 0.6)[-1] == pytest.approx(0.2 + 0.4 * 27 / 28)


def test_the_shock_lowers_routine_care_and_raises_respiratory_illness(line):
    month = line.months.get_loc(pd.Timestamp("2022-12-01"))
    year_later = line.months.get_loc(pd.Timestamp("2023-12-01"))
    assert line.activity("elective", "inpatient")[month] < 0.7 * line.activity("elective", "inpatient")[year_later]
    assert line.activity("winter", "inpatient")[month] > 1.2 * line.activity("winter", "inpatient")[year_later]


def test_amounts_cut_into_accounts_add_up_to_the_cent():
    total = np.array([[100, 1], [99_999_999, 0]])
    cut = _cut(total, np.array([0.35, 0.045, 0.045, 0.165, 0.135, 0.245, 0.015]))
    assert (cut.sum(axis=-1) == total).all()
    assert np.abs(cut[0, 0] - np.array([35, 4.5, 4.5, 16.5, 13.5, 24.5, 1.5])).max() <= 1


def test_proportional_fitting_meets_the_column_totals():
    rows, columns = np.array([30.0, 70.0]), np.array([20.0, 50.0, 30.0])
    choice = fitted(np.array([[3.0, 1.0, 1.0], [1.0, 1.0, 2.0]]), rows, columns)
    assert choice.sum(axis=1) == pytest.approx([1, 1])
    assert (choice * rows[:, None]).sum(axis=0) == pytest.approx(columns, rel=1e-6)


def test_topics_draw_independent_numbers_from_one_seed():
    assert generator(1, "beds").random() == generator(1, "beds").random()
    assert generator(1, "beds").random() != generator(1, "cost").random()
    assert generator(1, "beds").random() != generator(2, "beds").random()


def test_the_communities_stand_in_the_order_of_the_design():
    communities = parameters().communities.sort_values("display_order")
    assert communities["short_name"].tolist() == ["一院医共体", "二院医共体", "三院医共体", "中医院医共体", "五院医共体"]


def test_every_town_has_a_centre_of_its_community_and_stations_for_five_to_eight_thousand():
    known = parameters()
    net = network(known, 1)
    table = net.table
    assert table["institution_code"].is_unique
    residents = known.towns.set_index("town_code")["residents"] * 1000
    stations = table[table["level"] == "station"].groupby("town_code").size()
    assert (residents[stations.index] / stations).between(4400, 8000).all()
    centres = table[table["level"] == "centre"].set_index("town_code")
    assert set(centres.index) == set(known.towns["town_code"])
    assert (centres["community_code"] == known.towns.set_index("town_code")["community_code"]).all()
    pairs = net.centre_pairs(0.8)
    assert pairs.groupby("town")["share"].sum().to_numpy() == pytest.approx(np.ones(20))


def test_no_hospital_outside_the_county_carries_a_real_name():
    names = parameters().outside["name"]
    assert names.str.fullmatch(r"(省级|市级|邻区|邻县|省外)(综合|肿瘤专科|儿童专科|妇产专科|中|三级)医院[A-Z]").all(), names.tolist()


def test_disease_groups_are_unique_between_60_and_80_and_visibly_invented():
    groups = disease_group_table(parameters())
    assert groups["disease_group_code"].is_unique
    assert 60 <= len(groups) <= 80
    assert groups["disease_group_code"].str.startswith("Y").all()
    assert set(parameters().inpatient_groups["department_code"]) <= set(parameters().departments["department_code"])


def test_population_parts_stay_within_the_whole(line):
    table = population_table(parameters(), line)
    for part in ("age_0_6", "age_65_over", "key_groups", "registered"):
        assert (table[part] < table["resident"]).all(), part
    assert (table["insured_employee"] + table["insured_resident"] <= table["resident"]).all()


def test_the_document_tells_of_every_story_that_a_leader_can_find() -> None:
    """Extra beds stand below the table, and of the price round only the fiscal what-if knows."""
    text = (Path(__file__).parents[3] / "docs" / "demo.md").read_text(encoding="utf-8")
    told = text[text.index("## 埋下的故事") : text.index("另有一处加床")]
    rows = [line for line in told.splitlines() if line.startswith("| ") and not line.startswith("| 故事")]
    planted = set(parameters().stories) - {"extra_beds", "price_round"}
    assert len(rows) == len(planted)
    assert f"{len(planted)} stories are planted" in text
