"""Norms as data: the shipped file, and wrong ones named with field and reason."""

from pathlib import Path

import pytest

from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.norms import norms, norms_of
from dashboard.errors import CatalogueError

RATE = """
n:
  name: 标准
  name_en: Norm
  resource: beds
  kind: target
  form: rate
  value: 5
  per: 1000
  place: {zh: 某县, en: A county}
  source: [SEED3]
  grade: SEED
  definition: {zh: 按床位计, en: Counts beds}
"""


def test_shipped_norms_name_known_sources_and_one_default_each() -> None:
    sources = load_catalogue().sources
    for norm in norms().values():
        assert set(norm.source) <= set(sources)
    for resource in {norm.resource for norm in norms().values()}:
        assert sum(norm.default for norm in norms_of(resource).values()) == 1


def test_default_norm_comes_first() -> None:
    assert next(iter(norms_of("gps_qualified"))) == "gps_qualified_xiacheng_2020"
    assert len(norms_of("gps_qualified")) == 2
    assert norms_of("gps_certified") == {}


def test_norms_agree_with_the_targets_of_the_indicators() -> None:
    targets = load_catalogue().targets
    shared = set(targets) & set(norms())
    assert shared
    for name in shared:
        assert norms()[name].value == targets[name].low
        assert norms()[name].grade == targets[name].grade


def test_only_seed_and_found_are_official() -> None:
    assert norms()["gps_qualified_xiacheng_2020"].official
    assert not norms()["beds_national_2023"].official


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("per: 1000", "per: 100", "per"),
        ("  per: 1000\n", "", "n"),
        ("form: rate", "form: people_per_site", "n"),
        ("value: 5", "value: -5", "value"),
        ("resource: beds", "resource: helicopters", "resource"),
        ("grade: SEED", "grade: RUMOUR", "grade"),
        ("kind: target", "kind: target\n  colour: red", "colour"),
        ("form: rate\n  value: 5\n  per: 1000", "form: people_per_site\n  people_low: 5000\n  people_high: 3000", "n"),
    ],
)
def test_a_wrong_norm_is_named(tmp_path: Path, old: str, new: str, named: str) -> None:
    assert old in RATE
    (tmp_path / "norms.yaml").write_text(RATE.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError) as caught:
        norms(tmp_path)
    assert "norms.yaml" in caught.value.where
    assert named in caught.value.text()


def test_a_right_norm_is_read(tmp_path: Path) -> None:
    (tmp_path / "norms.yaml").write_text(RATE, encoding="utf-8")
    assert norms(tmp_path)["n"].value == 5
