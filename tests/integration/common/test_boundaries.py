"""Whose shapes the maps draw: of the boundary file where it knows the county, else cells around its towns."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.services.common.boundaries import BoundaryError, town_boundaries
from dashboard.services.common.database import open_database
from dashboard.settings import settings
from dashboard.store.engine import retire, writing_engine
from tests.counties import FIRST, SECOND, one_county, second_county, together
from tests.scope_county import Frames, write


def _file(folder: Path, town: str) -> Path:
    ring = [[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1], [120.0, 30.0]]
    feature = {"type": "Feature", "properties": {"code": town}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    file = folder / "towns.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return file


def _database(folder: Path, frames: Frames, kind: str = "county") -> str:
    url = f"duckdb:///{folder / 'reporting.duckdb'}"
    frames["meta_load"] = frames["meta_load"].assign(data_kind=kind)
    writer = writing_engine(url)
    write(writer, frames)
    writer.dispose()
    return url


@pytest.fixture(autouse=True)
def _file_of_the_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("BOUNDARY_FILE", str(_file(tmp_path, "T1a")))
    settings.cache_clear()
    yield
    settings.cache_clear()


def test_of_several_counties_one_that_the_file_does_not_know_has_cells(tmp_path: Path) -> None:
    opened = open_database(_database(tmp_path, together(one_county(), second_county())))
    first, second = (town_boundaries(opened.under(replace(opened.scope, county=code))) for code in (FIRST, SECOND))
    retire(opened.engine)
    assert (first.schematic, list(first.geojson)) == (False, ["T1a"])
    assert second.schematic
    assert "ZT1a" in second.geojson


def test_a_demonstration_county_that_is_not_the_shipped_one_has_cells_beside_others(tmp_path: Path) -> None:
    opened = open_database(_database(tmp_path, together(one_county(), second_county()), "demonstration"))
    shapes = town_boundaries(opened.under(replace(opened.scope, county=SECOND)))
    retire(opened.engine)
    assert shapes.schematic
    assert "ZT1a" in shapes.geojson


def test_the_only_county_is_told_that_its_file_does_not_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOUNDARY_FILE", str(_file(tmp_path, "elsewhere")))
    settings.cache_clear()
    opened = open_database(_database(tmp_path, one_county()))
    with pytest.raises(BoundaryError, match="没有一个镇街能与数据对上"):
        town_boundaries(opened)
    retire(opened.engine)
