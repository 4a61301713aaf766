from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue
from dashboard.catalogue.reform import reform_settings
from dashboard.errors import CatalogueError


def test_outcomes_are_indicators_of_the_catalogue() -> None:
    catalogue = load_catalogue()
    for name in reform_settings().outcomes:
        assert catalogue.indicator(name).lacks is None
        assert {"county", "community"} <= set(catalogue.indicator(name).levels)


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "reform.yaml").read_text(encoding="utf-8").replace("draws: 199", "draws: 1")
    (tmp_path / "reform.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="draws"):
        reform_settings(tmp_path)
