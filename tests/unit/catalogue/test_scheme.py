"""Scheme files: a good one loads, each broken rule names file, field and reason."""

import copy

import pytest
import yaml

from dashboard.catalogue.scheme import Scheme, load_scheme
from dashboard.errors import CatalogueError

GOOD = yaml.safe_load(
    """
    id: minimal
    version: "2025.1"
    name: 最小示例
    name_en: Minimal example
    valid_from: 2025-01-01
    source: 示例，非官方
    grade: INFER
    normalisation: target
    dimensions:
      - {id: flow, name: 就医格局, name_en: Patient flow}
      - {id: cost, name: 费用, name_en: Cost}
    indicators:
      - {id: B01, name: 县域就诊率, name_en: County visit rate, dimension: flow, weight: 60, attainment: {floor: 70, full: 90}}
      - {id: D01, name: 次均费用增幅, name_en: Cost growth, dimension: cost, weight: 25, direction: lower, normalisation: minmax}
      - {id: C01, name: 床位使用率, name_en: Occupancy, dimension: cost, weight: 15, direction: range,
         attainment: {points: [[60, 0], [85, 100], [93, 100], [110, 0]]}}
    gates:
      - {kind: veto, id: fraud, name: 骗保, name_en: Fraud, measure: fraud_cases, threshold: 1, cap_band: 不合格}
      - {kind: demerit, id: conduct, name: 行风, name_en: Conduct, measure: conduct_points, points: 1, maximum: 10}
    bands:
      - {name: 优, name_en: Excellent, minimum: 90}
      - {name: 不合格, name_en: Fail, minimum: 0}
    pools:
      - {id: subsidy, name: 补助, name_en: Subsidy, kind: bands, source: 示例, grade: INFER,
         steps: [{minimum: 60, coefficient: 0.8}, {minimum: 90, coefficient: 1}]}
    """
)


def write(folder, content):
    path = folder / "scheme.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def test_a_good_file_loads(tmp_path):
    scheme = load_scheme(write(tmp_path, GOOD))
    assert scheme.weights == {"B01": 60, "D01": 25, "C01": 15}
    assert [indicator.sign for indicator in scheme.indicators] == [1, -1, 1]
    assert scheme.normalisation_of(scheme.indicators[1]) == "minmax"
    assert scheme.missing_rule_of(scheme.indicators[0]) == "reweighted"
    assert scheme.indicators[0].attainment.knots == ((70.0, 0.0), (90.0, 100.0))
    assert not scheme.official
    assert scheme.changed(grade="SEED").official
    assert Scheme.model_validate_json(scheme.model_dump_json()) == scheme


def change(path, value):
    """Return the good content with one value replaced (``...`` removes it)."""
    content = copy.deepcopy(GOOD)
    at = content
    for step in path[:-1]:
        at = at[step]
    if value is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return content


@pytest.mark.parametrize(
    ("path", "value", "field", "reason"),
    [
        (["name"], ..., "name", "缺少该字段"),
        (["colour"], "red", "colour", "不认识的字段"),
        (["grade"], "SURE", "grade", "不在允许的取值之内"),
        (["id"], "2 bad", "id", "编码须以字母开头"),
        (["indicators", 0, "weight"], "many", "indicators.0.weight", "类型或取值不合要求"),
        (["indicators", 0, "weight"], 59, "", "权重合计须为 100，现为 99"),
        (["indicators", 0, "dimension"], "other", "", "指标 B01 的维度不存在"),
        (["indicators", 1, "id"], "B01", "", "indicators 中编码重复：B01"),
        (["indicators", 0, "attainment"], ..., "", "指标 B01 按目标达成计分，须给出 attainment"),
        (["indicators", 0, "attainment"], {"floor": 70}, "indicators.0.attainment", "须给出 floor 与 full"),
        (["indicators", 0, "attainment"], {"floor": 70, "full": 70}, "indicators.0.attainment", "不能相等"),
        (["indicators", 0, "attainment"], {"points": [[2, 0], [1, 9]]}, "indicators.0.attainment", "取值须递增"),
        (["indicators", 0, "attainment"], {"points": [[2, 0]]}, "indicators.0.attainment", "至少两点"),
        (["indicators", 0, "attainment"], {"floor": 90, "full": 70}, "indicators.0", "得分点与指标方向不一致"),
        (["indicators", 1, "normalisation"], "ratio", "", "指标 D01 按比值计分，须给出 reference"),
        (["indicators", 2, "normalisation"], "z", "", "指标 C01 为区间型"),
        (["bands", 1, "minimum"], 10, "", "最低一档的 minimum 为 0"),
        (["gates", 0, "cap_band"], "中", "", "一票否决 fraud 的等次不存在"),
        (["gates", 0, "kind"], "other", "gates.0", "不在允许的取值之内"),
        (["gates", 0, "kind"], ..., "gates.0", "缺少该字段"),
        (["pools", 0, "kind"], "proportional", "pools.0", "不设 steps"),
        (["pools", 0, "steps"], [], "pools.0", "须有 steps"),
        (["pools", 0, "steps", 1, "minimum"], 60, "pools.0", "递增"),
    ],
)
def test_a_broken_rule_names_file_field_and_reason(tmp_path, path, value, field, reason):
    with pytest.raises(CatalogueError) as caught:
        load_scheme(write(tmp_path, change(path, value)))
    assert caught.value.where == (f"scheme.yaml · {field}" if field else "scheme.yaml")
    assert reason in caught.value.what()
    assert caught.value.remedy()


@pytest.mark.parametrize("content", [b"a: [", b"\xff\xfe\xfa", b"- 1"])
def test_a_file_that_is_no_scheme(tmp_path, content):
    path = tmp_path / "scheme.yaml"
    path.write_bytes(content)
    with pytest.raises(CatalogueError) as caught:
        load_scheme(path)
    assert caught.value.where == "scheme.yaml"


def test_an_absent_file(tmp_path):
    with pytest.raises(CatalogueError, match="无法读取"):
        load_scheme(tmp_path / "none.yaml")


class TestEditing:
    SCHEME = Scheme.model_validate(GOOD)

    def test_new_weights(self):
        edited = self.SCHEME.with_weights({"B01": 50, "D01": 35})
        assert edited.weights == {"B01": 50, "D01": 35, "C01": 15}
        assert self.SCHEME.weights["B01"] == 60

    def test_weights_must_sum(self):
        with pytest.raises(CatalogueError, match="现为 90"):
            self.SCHEME.with_weights({"B01": 50})

    def test_unknown_indicator(self):
        for edit in (lambda: self.SCHEME.with_weights({"X": 1}), lambda: self.SCHEME.without("X")):
            with pytest.raises(CatalogueError, match="没有该指标"):
                edit()

    def test_dropping_one_scales_the_others(self):
        assert self.SCHEME.without("B01").weights == pytest.approx({"D01": 62.5, "C01": 37.5})

    def test_the_last_weight_cannot_be_dropped(self):
        lone = self.SCHEME.with_weights({"B01": 100, "D01": 0, "C01": 0})
        with pytest.raises(CatalogueError, match="至少要保留"):
            lone.without("B01")
