from pathlib import Path

import pytest

from dashboard.catalogue.loader import CATALOGUE_FOLDER, load_catalogue
from dashboard.catalogue.prefecture import prefecture_settings
from dashboard.errors import CatalogueError


def test_what_is_compared_is_known_of_a_county() -> None:
    catalogue, settings = load_catalogue(), prefecture_settings()
    for name in settings.indicators:
        entry = catalogue.indicator(name)
        assert "county" in entry.levels
        assert entry.lacks is None
    assert settings.grade == "INFER"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("first: B03", "first: A01"),  # not among those compared
        ("sizes: [400000, 800000]", "sizes: [800000, 400000]"),
        ("sizes: [400000, 800000]", "sizes: [400000, 400000]"),
        ("least_counties: 5", "least_counties: 1"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, old: str, new: str) -> None:
    text = (CATALOGUE_FOLDER / "prefecture.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "prefecture.yaml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(CatalogueError):
        prefecture_settings(tmp_path)
