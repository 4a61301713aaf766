from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER
from dashboard.catalogue.utilisation import utilisation_settings
from dashboard.errors import CatalogueError
from dashboard.store.codes import INSTITUTION_KIND, WORKFORCE_CATEGORY


def test_settings_name_only_known_codes() -> None:
    lines = utilisation_settings()
    assert {kind for kinds in lines.peer_classes.values() for kind in kinds} <= set(INSTITUTION_KIND)
    assert set(lines.technical_staff) <= set(WORKFORCE_CATEGORY)
    assert lines.idle_use < lines.busy_use


def test_a_kind_belongs_to_its_class_or_to_itself() -> None:
    lines = utilisation_settings()
    assert lines.peer_class("township_centre") == "centre"
    assert lines.peer_class("maternal_child") == "maternal_child"


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "utilisation.yaml").read_text(encoding="utf-8").replace("idle_use: 0.4", "idle_use: 4")
    (tmp_path / "utilisation.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="idle_use"):
        utilisation_settings(tmp_path)
