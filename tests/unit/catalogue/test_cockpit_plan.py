"""The cockpit's plan: the delivered one is right, a wrong one is refused with field and reason."""

from pathlib import Path

import pytest

from dashboard.catalogue.cockpit import CockpitPlan, cockpit_plan, plan_of
from dashboard.catalogue.performance import delivered_schemes
from dashboard.errors import CatalogueError
from dashboard.store import checks

SCENE = {"id": "map", "kind": "map", "name": "转诊", "name_en": "Referrals", "seconds": 10}


def test_delivered_plan_shows_every_kind_of_scene() -> None:
    plan = cockpit_plan()
    assert {scene.kind for scene in plan.scenes} == {"cockpit", "communities", "map", "budget", "quality", "contracts", "monitoring"}
    assert plan.rotate
    assert plan.check_seconds >= 1


def test_delivered_plan_names_every_dimension_of_the_first_scheme() -> None:
    scheme = next(iter(delivered_schemes().values()))
    assert {dimension.id for dimension in scheme.dimensions} <= set(cockpit_plan().dimensions)


def test_plan_survives_its_way_through_json() -> None:
    plan = cockpit_plan()
    assert CockpitPlan.model_validate_json(plan.model_dump_json()) == plan


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"scenes": [SCENE, SCENE]}, "场景编号重复"),
        ({"scenes": [SCENE | {"seconds": 1}]}, "scenes.0.seconds"),
        ({"scenes": [SCENE | {"kind": "weather"}]}, "weather"),
        ({"scenes": []}, "scenes"),
        ({"scenes": [SCENE], "reload_at": "25:00"}, "reload_at"),
        ({"scenes": [SCENE], "colour": "red"}, "colour"),
    ],
)
def test_wrong_plan_is_refused_with_its_field(content: dict[str, object], told: str) -> None:
    with pytest.raises(CatalogueError) as caught:
        plan_of(content, "kiosk")
    assert told in caught.value.text()


def test_check_reads_the_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cockpit.yaml").write_text("scenes: [{id: Map}]\n", encoding="utf-8")
    monkeypatch.setattr(checks, "_READ", (lambda: cockpit_plan(tmp_path),))
    results = checks.check_database(f"duckdb:///{tmp_path / 'none.duckdb'}")
    assert any("cockpit.yaml" in result.text() for result in results if result.level == checks.PROBLEM)
