from pathlib import Path

import pytest

from dashboard.catalogue.contracts import contract_settings
from dashboard.catalogue.loader import CATALOGUE_FOLDER
from dashboard.errors import CatalogueError
from dashboard.store.codes import CONTRACT_GROUP, PROGRAMME, WORKFORCE_CATEGORY


def test_settings_name_only_known_codes() -> None:
    lines = contract_settings()
    assert set(lines.prevalence) <= set(PROGRAMME) & set(CONTRACT_GROUP)
    assert set(lines.programmes) <= set(PROGRAMME)
    assert set(lines.trained_categories) <= set(WORKFORCE_CATEGORY)
    assert lines.off_pace < lines.on_pace


def test_a_wrong_file_is_named(tmp_path: Path) -> None:
    text = (CATALOGUE_FOLDER / "contracts.yaml").read_text(encoding="utf-8").replace("from_month: 4", "from_month: 40")
    (tmp_path / "contracts.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogueError, match="from_month"):
        contract_settings(tmp_path)
