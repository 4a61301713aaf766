"""The delivered schemes and the settings of the performance page."""

import re
from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue
from dashboard.catalogue.performance import delivered_schemes, performance_plan
from dashboard.errors import CatalogueError

SCHEMES = delivered_schemes()
ASSESSED = {"S11", "S13", "M24-01", "M24-02", "M24-03"}
MEASURES = re.compile(r"conduct_points|[a-z_]+_cases")


def test_five_schemes_are_delivered_with_the_eight_groups_first() -> None:
    assert list(SCHEMES) == ["zhejiang_2018_eight_groups", "monitoring_2024", "yiwu_2020", "seed_2019_thirteen", "minimal_example"]


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=list(SCHEMES))
def test_a_scheme_names_only_what_can_be_read_and_states_its_source(scheme) -> None:
    known = set(load_catalogue().indicators) | ASSESSED
    assert [name for name in scheme.weights if name not in known and not MEASURES.fullmatch(name)] == []
    assert all(MEASURES.fullmatch(gate.measure) for gate in scheme.gates)
    assert sum(scheme.weights.values()) == pytest.approx(100)
    assert {indicator.dimension for indicator in scheme.indicators} == {dimension.id for dimension in scheme.dimensions}


@pytest.mark.parametrize("scheme", SCHEMES.values(), ids=list(SCHEMES))
def test_no_scheme_is_called_official_as_no_source_gives_weights(scheme) -> None:
    assert not scheme.official
    assert "假设" in scheme.source or "建议" in scheme.source
    assert all("假设" in pool.source or "待核实" in pool.source for pool in scheme.pools)


def test_the_eight_groups_are_the_papers_eight_groups() -> None:
    names = [dimension.name for dimension in SCHEMES["zhejiang_2018_eight_groups"].dimensions]
    assert names == [
        "基层与县域就诊率", "公共卫生职责", "年人均就医次数与费用控制", "双向转诊", "运行绩效", "廉洁从医", "服务质量", "社会满意度"
    ]  # fmt: skip


def test_the_six_raised_indicators_weigh_more_than_any_other() -> None:
    weights = SCHEMES["yiwu_2020"].weights
    raised = {"B02", "B01", "D08", "D06", "F06", "D07"}
    assert min(weights[name] for name in raised) > max(weight for name, weight in weights.items() if name not in raised)


def test_the_seeds_thirteen_and_the_fourteen_of_2024_are_complete() -> None:
    lists = load_catalogue().lists
    thirteen = set(SCHEMES["seed_2019_thirteen"].weights)
    for item in lists["monitoring_2019_seed"].items:
        assert thirteen & {*item.indicators, item.id}, item.id
    fourteen = set(SCHEMES["monitoring_2024"].weights)
    for item in lists["monitoring_2024"].items:
        assert fourteen & {*item.indicators, item.id}, item.id


def test_the_plan_names_a_list_and_orders_its_limits() -> None:
    plan = performance_plan()
    assert plan.judgement.official_list in load_catalogue().lists
    assert [plan.strip.level(share) for share in (0, 59.9, 60, 75, 90)] == [0, 0, 1, 2, 3]
    assert plan.pool_start("subsidy") == 60_000_000
    assert plan.pool_start("unheard_of") == plan.other_pool.amount


def test_a_file_under_a_wrong_name_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "schemes"
    folder.mkdir()
    source = CATALOGUE_FOLDER / "schemes" / "minimal_example.yaml"
    (folder / "renamed.yaml").write_text(source.read_text(encoding="utf-8"), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        delivered_schemes(tmp_path)
    assert caught.value.where == "schemes/renamed.yaml"


def test_thresholds_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "performance.yaml").read_text(encoding="utf-8")
    (tmp_path / "performance.yaml").write_text(
        re.sub(r"most_c_basic: \d", "most_c_basic: 0", text).replace("most_c: 0", "most_c: 1"), encoding="utf-8"
    )
    with pytest.raises(CatalogueError):
        performance_plan(tmp_path)
