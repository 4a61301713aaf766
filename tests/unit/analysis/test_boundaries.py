"""Schematic cells: geometry by hand, the shipped files, and the shapes of a county with or without a file of its own."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point, Polygon, box, mapping, shape
from shapely.ops import unary_union

from dashboard.analysis.boundaries import area_km2, buffered_hull, cells_around, voronoi_cells
from dashboard.analysis.coordinates import wgs84_to_gcj02
from dashboard.demo.boundaries import GEO_FOLDER, boundary_files, outline, read_table
from dashboard.services.common.boundaries import DEMONSTRATION_FILE, BoundaryError, from_file, schematic_cells

TOWNS = pd.DataFrame(
    {
        "town_code": ["A", "B", "C"],
        "name": ["甲镇", "乙街道", "丙乡"],
        "longitude": [120.0, 120.1, 120.2],
        "latitude": [30.0, 30.0, 30.1],
    }
)


def _file(folder: Path, features: list[dict]) -> Path:
    path = folder / "county.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def _square(west: float, **properties: object) -> dict:
    return {"type": "Feature", "properties": properties, "geometry": mapping(box(west, 30.0, west + 0.1, 30.1))}


def test_two_centres_share_a_square_at_the_middle():
    left, right = voronoi_cells([0.5, 1.5], [0.5, 0.5], box(0, 0, 2, 1))
    assert left.equals(box(0, 0, 1, 1))
    assert right.equals(box(1, 0, 2, 1))


def test_one_centre_takes_the_whole_outline():
    assert voronoi_cells([0.5], [0.5], box(0, 0, 2, 1))[0].equals(box(0, 0, 2, 1))


@pytest.mark.parametrize(("longitudes", "latitudes"), [([], []), ([1.0, 1.0], [2.0, 2.0])])
def test_no_centre_and_doubled_centres_are_refused(longitudes, latitudes):
    with pytest.raises(ValueError, match="centre"):
        voronoi_cells(longitudes, latitudes, box(0, 0, 2, 3))


def test_every_point_of_a_cell_is_nearest_to_its_own_centre_on_the_ground():
    longitudes, latitudes = [119.9, 120.1, 120.25], [30.2, 30.5, 30.3]
    cells = voronoi_cells(longitudes, latitudes, box(119.8, 30.1, 120.4, 30.6))
    scale = np.cos(np.radians(np.mean(latitudes)))
    for place, cell in enumerate(cells):
        inner = cell.buffer(-0.001).representative_point()
        distances = [np.hypot((x - inner.x) * scale, y - inner.y) for x, y in zip(longitudes, latitudes, strict=True)]
        assert int(np.argmin(distances)) == place
    assert unary_union(cells).symmetric_difference(box(119.8, 30.1, 120.4, 30.6)).area < 1e-4


def test_the_hull_reaches_the_given_kilometres_beyond_the_centres():
    hull = buffered_hull([120.0, 120.2], [30.0, 30.0], 11.132)
    assert hull.bounds[3] == pytest.approx(30.1, abs=1e-3)
    assert hull.bounds[0] == pytest.approx(120.0 - 0.1 / np.cos(np.radians(30)), abs=1e-3)


def test_area_of_a_tenth_of_a_degree_at_thirty_north():
    assert area_km2(box(120.0, 29.95, 120.1, 30.05)) == pytest.approx(11.132 * 11.132 * np.cos(np.radians(30)), rel=1e-3)


def test_the_shipped_files_are_what_the_script_makes():
    for name, text in boundary_files().items():
        assert (GEO_FOLDER / name).read_text(encoding="utf-8") == text, f"run: python -m dashboard.demo.boundaries ({name})"
        assert len(text.encode()) < 40_000


def test_the_shipped_cells_hold_their_centres_cover_the_outline_and_say_schematic():
    county = outline()
    assert county.is_valid
    assert len(county.exterior.coords) <= 81
    features = json.loads(DEMONSTRATION_FILE.read_text(encoding="utf-8"))["features"]
    towns = {row["town_code"]: row for row in read_table(GEO_FOLDER / "yuhang_town_centres.csv")}
    assert len(features) == len(towns) == 20
    for feature in features:
        town = towns[feature["properties"]["town_code"]]
        assert shape(feature["geometry"]).contains(Point(float(town["longitude"]), float(town["latitude"])))
        assert feature["properties"]["schematic"] is True
    cells = [shape(feature["geometry"]) for feature in features]
    assert unary_union(cells).symmetric_difference(county).area < 1e-4 * county.area
    assert sum(cell.area for cell in cells) == pytest.approx(county.area, rel=1e-4)


def test_the_hospitals_of_the_demonstration_lie_inside_and_those_outside_outside():
    county = outline()
    for name, inside in (("hospitals", True), ("outside", False)):
        for row in read_table(GEO_FOLDER.parent / "demo" / f"{name}.csv"):
            assert county.contains(Point(float(row["longitude"]), float(row["latitude"]))) is inside, row["institution_code"]


def test_features_match_by_code_then_by_name_and_the_rest_is_listed(tmp_path):
    file = _file(tmp_path, [_square(120.0, adcode="A", name="别名"), _square(120.1, name="乙"), _square(120.5, name="外")])
    answer = from_file(TOWNS, file, "WGS-84", schematic=False)
    assert set(answer.geojson) == {"A", "B"}
    assert answer.unmatched == ("丙乡",)
    assert "丙乡" in answer.text()
    assert not answer.schematic


def test_a_numeric_code_matches_the_text_of_the_town_code(tmp_path):
    towns = pd.DataFrame({"town_code": ["330110001"], "name": ["甲镇"]})
    answer = from_file(towns, _file(tmp_path, [_square(120.0, code=330110001)]), "CGCS2000", schematic=False)
    assert list(answer.geojson) == ["330110001"]
    assert answer.unmatched == ()


def test_gcj02_shapes_come_back_in_wgs84(tmp_path):
    corners = np.array([[120.0, 30.0], [120.1, 30.0], [120.1, 30.1], [120.0, 30.1]])
    moved = np.column_stack(wgs84_to_gcj02(corners[:, 0], corners[:, 1]))
    feature = {"type": "Feature", "properties": {"code": "A"}, "geometry": mapping(Polygon(moved))}
    answer = from_file(TOWNS, _file(tmp_path, [feature]), "GCJ-02", schematic=False)
    found = shape(answer.geojson["A"])
    assert found.symmetric_difference(Polygon(corners)).area < 1e-4 * found.area
    assert Polygon(moved).symmetric_difference(Polygon(corners)).area > 1e-2 * found.area


def test_an_ambiguous_name_is_not_guessed(tmp_path):
    file = _file(tmp_path, [_square(120.0, name="乙"), _square(120.1, name="乙镇"), _square(120.2, code="C")])
    assert set(from_file(TOWNS, file, "WGS-84", schematic=False).geojson) == {"C"}


def test_two_towns_of_one_stem_are_told_apart_by_their_kind(tmp_path):
    towns = pd.DataFrame({"town_code": ["A", "B"], "name": ["城关镇", "城关乡"]})
    answer = from_file(towns, _file(tmp_path, [_square(120.0, name="城关镇")]), "WGS-84", schematic=False)
    assert set(answer.geojson) == {"A"}
    assert answer.unmatched == ("城关乡",)


def test_a_file_where_nothing_matches_names_both_sides(tmp_path):
    file = _file(tmp_path, [_square(120.0, name="丁镇")])
    with pytest.raises(BoundaryError) as caught:
        from_file(TOWNS, file, "WGS-84", schematic=False)
    assert "丁镇" in caught.value.text()
    assert "乙街道" in caught.value.text()
    assert caught.value.where == "county.geojson"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "不是有效的 GeoJSON"),
        ("[1]", "FeatureCollection"),
        (json.dumps({"features": [{"properties": {"code": "A"}, "geometry": None}]}), "无法识别的形状"),
        (json.dumps({"features": [{"properties": {"code": "A"}, "geometry": {"type": "Polygon", "coordinates": [[1, 2]]}}]}), "形状"),
        (json.dumps({"features": [{"properties": {"code": "A"}, "geometry": mapping(Point(120, 30))}]}), "不是面"),
        (json.dumps({"features": [{"properties": {"code": "A"}, "geometry": mapping(box(5e5, 3e6, 6e5, 4e6))}]}), "不是经纬度"),
    ],
)
def test_an_unusable_file_says_what_is_wrong_with_it(tmp_path, content, message):
    file = tmp_path / "county.geojson"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BoundaryError, match=message):
        from_file(TOWNS, file, "WGS-84", schematic=False)


def test_a_missing_file_says_so(tmp_path):
    with pytest.raises(BoundaryError, match="读不到"):
        from_file(TOWNS, tmp_path / "none.geojson", "WGS-84", schematic=False)


def test_without_a_file_the_cells_are_schematic_and_towns_without_coordinates_are_listed():
    towns = pd.concat(
        [TOWNS, pd.DataFrame({"town_code": ["D"], "name": ["丁镇"], "longitude": [None], "latitude": [None]})], ignore_index=True
    )
    answer = schematic_cells(towns)
    assert set(answer.geojson) == {"A", "B", "C"}
    assert answer.schematic
    assert answer.unmatched == ("丁镇",)
    assert "示意边界" in answer.text()
    for code, longitude, latitude in zip(TOWNS["town_code"], TOWNS["longitude"], TOWNS["latitude"], strict=True):
        assert shape(answer.geojson[code]).contains(Point(longitude, latitude))


def test_without_coordinates_there_are_no_shapes_but_a_reason():
    answer = schematic_cells(TOWNS.assign(longitude=None, latitude=None))
    assert answer.geojson == {}
    assert "没有坐标" in answer.text()
    assert len(answer.unmatched) == 3


def test_a_single_town_still_gets_a_cell():
    answer = schematic_cells(TOWNS.head(1))
    assert shape(answer.geojson["A"]).contains(Point(120.0, 30.0))


def test_cells_without_an_outline_reach_half_the_spacing_beyond_their_centres() -> None:
    alone = cells_around([120.0], [30.0], 4.0)
    assert alone[0].equals(buffered_hull([120.0], [30.0], 4.0))
    longitudes, latitudes = [120.0, 120.0, 120.4, 120.4], [0.0, 0.4, 0.0, 0.4]
    square = cells_around(longitudes, latitudes, 4.0)
    reach = 0.4 * 111.32 / 2 / 2  # four in a square of 0.4 degrees at the equator: the root of the area of each, halved
    assert sum(map(area_km2, square)) == pytest.approx(area_km2(buffered_hull(longitudes, latitudes, reach)), rel=1e-4)
    assert len({round(area_km2(cell)) for cell in square}) == 1
