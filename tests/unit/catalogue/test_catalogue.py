"""The real catalogue as shipped, and one wrong file per rule."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from dashboard.catalogue.expression import ExpressionError
from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue, read_entry
from dashboard.catalogue.models import OFFICIAL_GRADES, Source
from dashboard.catalogue.overview import overview_plan
from dashboard.errors import CatalogueError
from dashboard.store import schema
from dashboard.store.query import query_binds, query_text

CATALOGUE = load_catalogue()


def header(query: str, field: str) -> list[str]:
    line = next(line for line in query_text(query).splitlines() if line.startswith(f"-- {field}:"))
    return [part.strip() for part in line.partition(":")[2].split(",")]


def test_every_row_of_the_specification_is_there() -> None:
    rows = {"A": 9, "B": 11, "C": 13, "D": 15, "E": 14, "F": 10, "G": 14}
    found = {name[:3] for name in CATALOGUE.indicators}
    assert {f"{letter}{number:02}" for letter, count in rows.items() for number in range(1, count + 1)} <= found


def test_lists_have_the_numbers_of_their_documents() -> None:
    assert {name: len(entry.items) for name, entry in CATALOGUE.lists.items()} == {
        "judgement_2019_seed": 10,
        "monitoring_2019_seed": 13,
        "trial_2020": 26,
        "monitoring_2024": 14,
    }


def test_the_overview_names_indicators_that_exist() -> None:
    plan = overview_plan()
    named = {*plan.headlines, *(dimension.indicator for dimension in plan.dimensions)}
    assert named <= set(CATALOGUE.indicators)
    assert len(plan.headlines) == len(set(plan.headlines)) == 6


def test_marked_defects_of_the_seed_carry_their_fix() -> None:
    items = {item.id: item for item in CATALOGUE.lists["monitoring_2019_seed"].items}
    assert all(items[name].fix is not None for name in ("S01", "S03", "S10"))
    assert items["S03"].indicators == ("B02", "S03b")


def test_nothing_of_our_own_is_official() -> None:
    for indicator in CATALOGUE.indicators.values():
        assert indicator.official == ({indicator.grade, indicator.formula_grade} <= OFFICIAL_GRADES)
    # the targets are official, the formulas of these are not
    assert not CATALOGUE.indicator("B01").official
    assert not CATALOGUE.indicator("G01").official
    assert CATALOGUE.indicator("F02").official
    assert not CATALOGUE.targets["occupancy_range"].official
    assert CATALOGUE.targets["county_visit_rate_2020"].official


def test_targets_found_are_those_of_their_sources() -> None:
    expected = {"B01": 90, "B02": 65, "G01": 50, "G02": 90, "B10": 50, "A04": 5, "A04a": 2, "D06": 35, "D08": 10}
    chosen = {name: CATALOGUE.target(name) for name in CATALOGUE.indicators}
    assert {name: target.low if target.low is not None else target.high for name, target in chosen.items() if target} == expected
    assert {key for key, _ in CATALOGUE.targets_of("B01")} >= {"county_visit_rate_2018", "county_visit_rate_yiwu_2022"}


def test_memberships_name_list_and_item() -> None:
    assert {(entry.id, item.id) for entry, item in CATALOGUE.memberships("F02")} == {
        ("monitoring_2019_seed", "S04"),
        ("trial_2020", "T20-20"),
        ("monitoring_2024", "M24-09"),
    }


def test_cubes_fit_the_schema_and_their_queries() -> None:
    for name, cube in CATALOGUE.cubes.items():
        for table in cube.tables:
            assert table in schema.metadata.tables, f"{name}: {table}"
        if cube.query is not None:
            columns = header(cube.query, "columns")
            assert set(cube.attributes) <= set(columns), name
            assert "unit_code" in columns
            assert ("scheme" in query_binds(query_text(cube.query))) == bool(cube.by_scheme), name
            assert cube.by_scheme in (True, False) or set(cube.by_scheme) <= set(columns), name


def test_measures_ask_for_columns_and_codes_that_exist() -> None:
    codes = {
        "kind": "dim_institution.kind", "role": "dim_institution.role", "capability_level": "dim_institution.capability_level",
        "direction": "fact_referral.direction", "service_kind": "fact_claim.service_kind", "centre": "fact_shared_service.centre",
        "side": "dim_account.side", "setting": "dim_account.setting", "item": "dim_account.item", "category": "fact_workforce.category",
        "posting_kind": "fact_posting.kind", "population_group": "fact_contract.population_group", "respondent": "fact_survey.respondent",
        "programme": "fact_public_health.programme", "service": "dim_service_item.kind",
    }  # fmt: skip
    for name, measure in CATALOGUE.measures.items():
        cube = CATALOGUE.cubes[measure.cube]
        if cube.query is None:
            continue
        if measure.time == "reported":  # days of the months with a row, whatever stands in it
            assert measure.column in ("days", "working_days"), name
        else:
            assert measure.column in header(cube.query, "columns"), name
        for attribute, accepted in measure.where.items():
            if attribute in codes:
                table, column = codes[attribute].split(".")
                assert set(accepted) <= set(schema.metadata.tables[table].c[column].info["codes"]), f"{name}: {attribute}"
            else:
                assert all(isinstance(value, bool) for value in accepted), f"{name}: {attribute}"


def test_values_left_to_the_database_are_asked_for_by_every_measure_of_the_cube() -> None:
    for cube, attribute in (("contract", "population_group"), ("public_health", "programme")):
        assert all(attribute in measure.where for measure in CATALOGUE.measures.values() if measure.cube == cube)


def test_every_measure_is_used() -> None:
    used = {name for indicator in CATALOGUE.indicators.values() for name, _ in indicator.measures}
    for_own_indicators = {"contract_population", "diabetes_eligible", "calendar_days", "working_days"}
    assert set(CATALOGUE.measures) - used <= for_own_indicators


def test_names_come_in_both_languages() -> None:
    entry = CATALOGUE.indicator("B01")
    assert (entry.label(), entry.label("en")) == ("县域内就诊率", "County visit rate")
    assert (entry.short_label(), entry.short_label("en")) == ("县域就诊率", "In-county visits")
    assert entry.numerator_label is not None
    assert entry.numerator_label.text("en") == "encounters of the insured inside the county"


def test_an_unknown_indicator_is_named() -> None:
    with pytest.raises(CatalogueError, match="Z99"):
        CATALOGUE.chosen(["B01", "Z99"])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A small catalogue that is right."""
    target = tmp_path / "catalogue"
    shutil.copytree(Path(__file__).parent / "fixtures" / "catalogue", target)
    assert load_catalogue(target).indicators
    return target


def edit(folder: Path, file: str, change: Callable[[dict], object]) -> None:
    path = folder / file
    data = yaml.safe_load(path.read_text(encoding="utf-8"))
    change(data)
    path.write_text(yaml.safe_dump(data, allow_unicode=True), encoding="utf-8")


INDICATOR = "indicators/B02.yaml"
WRONG: list[tuple[str, str, Callable[[dict], object], str]] = [
    ("missing field", INDICATOR, lambda data: data.pop("source"), "缺少字段“source”"),
    ("unknown field", INDICATOR, lambda data: data.update(weight=3), "不认识字段“weight”"),
    ("unknown unit", INDICATOR, lambda data: data.update(unit="公斤"), "“公斤”不在允许范围内"),
    ("wrong type", INDICATOR, lambda data: data.update(decimals="1"), "字段“decimals”的值“1”不符合要求"),
    ("list instead of text", INDICATOR, lambda data: data.update(name=["x"]), "字段“name”的值“list”不符合要求"),
    ("malformed id", INDICATOR, lambda data: data.update(id="b2"), "编号“b2”写法不对"),
    ("id is not the file name", INDICATOR, lambda data: data.update(id="B03"), "与文件名不一致"),
    ("syntax", INDICATOR, lambda data: data.update(numerator="primary_visits +"), "第 17 个字符"),
    ("unknown measure", INDICATOR, lambda data: data.update(denominator="2 * everything"), "第 5 个字符处的指标量“everything”不存在"),
    ("unknown source", INDICATOR, lambda data: data.update(source=["SEED9"]), "引用了不存在的“SEED9”"),
    ("unknown target", INDICATOR, lambda data: data.update(target="moon"), "引用了不存在的“moon”"),
    ("target of another unit", INDICATOR, lambda data: data.update(unit="人"), "种类、指标或单位与本指标不一致"),
    ("level without data", "indicators/A04.yaml", lambda data: data["levels"].append("institution"), "没有数据"),
    ("neither formula nor reason", INDICATOR, lambda data: data.pop("numerator"), "要么写 numerator"),
    ("denominator of nothing", INDICATOR, lambda data: data.update(numerator=None, lacks={"zh": "无", "en": "none"}), "要么写 numerator"),
    ("no label", INDICATOR, lambda data: data.pop("numerator_label"), "numerator_label"),
    ("label of nothing", INDICATOR, lambda data: data.pop("denominator"), "denominator_label"),
    ("official without source", INDICATOR, lambda data: data.update(formula_grade="FOUND", source=["R5"]), "所列来源均非官方来源"),
    ("measure of an unknown cube", "measures.yaml", lambda data: data["visits"].update(cube="space"), "引用了不存在的“space”"),
    ("filter on an unknown attribute", "measures.yaml", lambda data: data["visits"].update(where={"colour": ["red"]}), "不存在的“colour”"),
    ("top of an unknown attribute", "measures.yaml", lambda data: data["visits"].update(top={"group": "x", "count": 1}), "不存在的“x”"),
    ("top of a stock", "measures.yaml", lambda data: data["gps"].update(top={"group": "category", "count": 1}), "只能用于 time: flow"),
    ("time rule against the grain", "measures.yaml", lambda data: data["visits"].update(time="spread"), "与数据粒度“month”不符"),
    ("bounds", "targets.yaml", lambda data: data["primary"].update(high=70), "比较方式与上下限不符"),
    ("target of nothing", "targets.yaml", lambda data: data["county_gps"].pop("not_linked"), "要么写 indicator"),
    ("target of an unknown indicator", "targets.yaml", lambda data: data["county_gps"].update(indicator="B99"), "引用了不存在的“B99”"),
    ("default that nobody chose", "targets.yaml", lambda data: data["primary"].update(default=False), "与所属指标的 target 不一致"),
    ("target without official source", "targets.yaml", lambda data: data["primary"].update(source=["R5"]), "所列来源均非官方来源"),
    ("doubled item", "lists/short.yaml", lambda data: data["items"].append(data["items"][0]), "条目编号“S03”重复"),
    ("item of an unknown indicator", "lists/short.yaml", lambda data: data["items"][0].update(indicators=["B77"]), "引用了不存在的“B77”"),
    ("item without answer", "lists/short.yaml", lambda data: data["items"][0].pop("indicators"), "条目必须写明"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "change", "reason"), [case[1:] for case in WRONG], ids=[case[0] for case in WRONG])
def test_a_wrong_file_is_named_with_the_reason(folder: Path, file: str, change: Callable[[dict], object], reason: str) -> None:
    edit(folder, file, change)
    load_catalogue.cache_clear()
    with pytest.raises(CatalogueError) as error:
        load_catalogue(folder)
    message = error.value.text()
    assert reason in message
    assert Path(file).name in message


def refused(folder: Path) -> CatalogueError:
    load_catalogue.cache_clear()
    with pytest.raises(CatalogueError) as error:
        load_catalogue(folder)
    return error.value


def test_broken_yaml_is_named_with_its_line(folder: Path) -> None:
    (folder / "targets.yaml").write_text("a: 1\nb: [1\n", encoding="utf-8")
    error = refused(folder)
    assert error.where == "targets.yaml"
    assert "第 3 行" in error.what()


def test_a_doubled_key_is_refused(folder: Path) -> None:
    file = folder / "measures.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "visits: {}\n", encoding="utf-8")
    assert refused(folder).where == "measures.yaml"


def test_other_encodings_are_refused(folder: Path) -> None:
    (folder / INDICATOR).write_bytes("name: 基层".encode("gb18030"))
    assert refused(folder).where == "B02.yaml"


def test_a_file_that_is_not_a_mapping_is_refused(folder: Path) -> None:
    (folder / "sources.yaml").write_text("- 1\n", encoding="utf-8")
    assert "编号: 内容" in refused(folder).what()


def test_further_files_are_read_by_the_same_rules(folder: Path) -> None:
    file = folder / "one.yaml"
    file.write_text("{title: 甲, title_en: A, grade: OWN}", encoding="utf-8")
    assert read_entry(Source, file).grade == "OWN"
    file.write_text("{title: 甲, title_en: A, grade: BEST}", encoding="utf-8")
    with pytest.raises(CatalogueError, match="BEST"):
        read_entry(Source, file)


def test_an_absent_file_is_named(folder: Path) -> None:
    (folder / "cubes.yaml").unlink()
    assert refused(folder).where == "cubes.yaml"


def test_a_wrong_expression_keeps_its_position(folder: Path) -> None:
    edit(folder, INDICATOR, lambda data: data.update(denominator="visits $"))
    error = refused(folder)
    assert isinstance(error, ExpressionError)
    assert (error.where, error.position) == ("indicators/B02.yaml · denominator", 8)


def test_the_shipped_folder_is_the_default() -> None:
    load_catalogue.cache_clear()
    assert load_catalogue() is load_catalogue()
    assert {file.stem for file in (CATALOGUE_FOLDER / "indicators").glob("*.yaml")} == set(load_catalogue().indicators)
