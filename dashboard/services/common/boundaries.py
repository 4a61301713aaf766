"""Town boundaries for the maps, in WGS-84: the county's official file, the demonstration's own shapes, or schematic cells."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.errors import ShapelyError
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from dashboard.analysis.boundaries import PRECISION_DEGREES, cells_around
from dashboard.analysis.coordinates import CoordinateSystem, to_wgs84
from dashboard.errors import ProductError
from dashboard.language import marked, translate
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.settings import PROJECT, settings
from dashboard.store.query import run_query

DEMONSTRATION_FILE = PROJECT / "data" / "geo" / "yuhang_towns.geojson"
_CODE_PROPERTIES = ("adcode", "code", "town_code")
_NAME_SUFFIXES = ("街道", "镇", "乡")
_LARGEST_FILE = 64 * 1024**2
_SIMPLIFIED_DEGREES = 3e-4  # about 30 m: less than a pixel of a county map
_HULL_KILOMETRES = 4.0
_SHOWN_NAMES = 8


class BoundaryError(ProductError):
    """The county's boundary file cannot be used; ``where`` names the file."""


@dataclass(frozen=True, eq=False)
class Boundaries:
    """Shapes of towns. Shared between sessions: read, never edit.

    ``geojson`` maps a town_code to its GeoJSON geometry (WGS-84). ``schematic`` shapes must be labelled 示意边界 on the map.
    ``note`` is a message id that says what the shapes are, or why there are none; ``unmatched`` names towns without a shape.
    """

    geojson: Mapping[str, Mapping[str, Any]]
    schematic: bool
    note: str
    unmatched: tuple[str, ...] = ()
    details: Mapping[str, object] = field(default_factory=dict)

    def text(self, language: str = "zh") -> str:
        """Return the note in ``language``."""
        return translate(self.note, language, **self.details)


@cached(max_entries=4)
def town_boundaries(database: ReportingDatabase) -> Boundaries:
    """Return the shapes of the towns of ``database``.

    The demonstration county has its shipped file; another county its ``BOUNDARY_FILE``, else Voronoi cells of its town coordinates. Of
    several counties one that the file does not know has cells too.
    Raises ``BoundaryError`` when the county's file cannot be used, ``QueryError`` when the towns cannot be read.
    """
    towns = run_query(database, "directory/towns")
    file = DEMONSTRATION_FILE if database.version.demonstration else settings().boundary_file
    if file is None or (database.scope.county is not None and not _matched(towns, _features(file))):
        return schematic_cells(towns)
    if database.version.demonstration:
        return from_file(towns, file, "WGS-84", schematic=True)
    return from_file(towns, file, settings().boundary_coordinate_system, schematic=False)


# A file ----------------------------------------------------------------------------------------------------------------


def from_file(towns: pd.DataFrame, file: Path, system: CoordinateSystem, *, schematic: bool) -> Boundaries:
    """Return the shapes of ``towns`` (town_code, name) from a GeoJSON ``file`` whose coordinates are in ``system``.

    A feature belongs to a town when its property adcode, code or town_code is the town's code, or its name the town's name.
    Towns without a feature are listed in ``unmatched``. Raises ``BoundaryError`` when the file cannot be read or no town matches.
    """
    features = _features(file)
    shapes = _matched(towns, features)
    if not shapes and len(towns):
        raise BoundaryError(
            marked("边界文件中没有一个镇街能与数据对上：文件里是{found}，数据里是{expected}"),
            marked("请让边界文件的 adcode、code 或 town_code 属性等于镇街代码，或 name 属性等于镇街名称"),
            where=file.name,
            found=_listed(_label(feature) for feature in features),
            expected=_listed(towns["name"]),
        )
    geometries = _simplified([_converted(_geometry(raw, file), system, file) for raw in shapes.values()])
    unmatched = tuple(towns.loc[~towns["town_code"].isin(shapes), "name"])
    return Boundaries(
        geojson={code: mapping(geometry) for code, geometry in zip(shapes, geometries, strict=True)},
        schematic=schematic,
        note=_note(schematic, bool(unmatched)),
        unmatched=unmatched,
        details={"names": _listed(unmatched)} if unmatched else {},
    )


def _note(schematic: bool, incomplete: bool) -> str:
    if schematic:
        return marked("示意边界，非行政区划界线；没有形状的镇街：{names}") if incomplete else marked("示意边界，非行政区划界线")
    return marked("边界由本县提供；没有形状的镇街：{names}") if incomplete else marked("边界由本县提供")


def _unusable(file: Path, what: str, remedy: str | None = None) -> BoundaryError:
    return BoundaryError(what, remedy or marked("请提供 GeoJSON 格式(FeatureCollection)的镇街边界，坐标为经纬度"), where=file.name)


def _features(file: Path) -> list[dict[str, Any]]:
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise _unusable(file, marked("边界文件过大"), marked("请先简化边界，文件不超过 64 MB"))
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise _unusable(file, marked("边界文件读不到"), marked("请检查 BOUNDARY_FILE 指向的文件是否存在、是否可读")) from error
    except (ValueError, RecursionError) as error:
        raise _unusable(file, marked("边界文件不是有效的 GeoJSON")) from error
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise _unusable(file, marked("边界文件不是 GeoJSON 的 FeatureCollection"))
    return [feature for feature in features if isinstance(feature, dict)]


def _properties(feature: Mapping[str, Any]) -> Mapping[str, Any]:
    properties = feature.get("properties")
    return properties if isinstance(properties, dict) else {}


def _label(feature: Mapping[str, Any]) -> str:
    properties = _properties(feature)
    return str(next((properties[name] for name in ("name", *_CODE_PROPERTIES) if properties.get(name)), "?"))


def _listed(names: Iterable[object]) -> str:
    shown = [str(name) for name in names]
    return "、".join(shown[:_SHOWN_NAMES]) + ("……" if len(shown) > _SHOWN_NAMES else "")


def _stem(name: str) -> str:
    """Return a town's name without its kind: 塘栖镇 and 塘栖 are the same town."""
    bare = name.strip()
    return next((bare[: -len(suffix)] for suffix in _NAME_SUFFIXES if bare.endswith(suffix) and len(bare) > len(suffix)), bare)


def _matched(towns: pd.DataFrame, features: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the raw geometry by town_code: by code first, else by name, else by a name without its kind that is nobody else's."""
    by_code: dict[str, Any] = {}
    by_name: dict[str, list[Any]] = {}
    for feature in features:
        properties = _properties(feature)
        for key in _CODE_PROPERTIES:
            if properties.get(key) is not None:
                by_code.setdefault(str(properties[key]).strip(), feature.get("geometry"))
        name = str(properties.get("name") or "").strip()
        for called in {name, _stem(name)} - {""}:
            by_name.setdefault(called, []).append(feature.get("geometry"))
    stems = towns["name"].map(_stem)
    matched = {}
    for code, name, stem in zip(towns["town_code"], towns["name"], stems, strict=True):
        called = stem if (stems == stem).sum() == 1 and name not in by_name else name
        if code in by_code:
            matched[code] = by_code[code]
        elif len(by_name.get(called, [])) == 1:
            matched[code] = by_name[called][0]
    return matched


def _geometry(raw: Any, file: Path) -> BaseGeometry:
    try:
        geometry = shapely.make_valid(shape(raw))
    except (ShapelyError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise _unusable(file, marked("边界文件中有无法识别的形状")) from error
    if geometry.is_empty or not geometry.area:
        raise _unusable(file, marked("边界文件中有不是面的形状"))
    return geometry


def _converted(geometry: BaseGeometry, system: CoordinateSystem, file: Path) -> BaseGeometry:
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise _unusable(file, marked("边界文件的坐标不是经纬度"), marked("请把投影坐标(米)转换为经纬度(度)后再提供"))
    flat = shapely.force_2d(geometry)
    return shapely.transform(flat, lambda points: np.column_stack(to_wgs84(points[:, 0], points[:, 1], system)))


def _simplified(geometries: list[BaseGeometry]) -> list[BaseGeometry]:
    """Return the shapes with fewer points, neighbours still sharing their edges."""
    simpler = shapely.coverage_simplify(np.array(geometries, dtype=object), _SIMPLIFIED_DEGREES)
    return [shapely.set_precision(geometry, PRECISION_DEGREES) for geometry in simpler]


# No file ---------------------------------------------------------------------------------------------------------------


def schematic_cells(towns: pd.DataFrame) -> Boundaries:
    """Return Voronoi cells of the towns' coordinates inside their widened hull; no shapes, with the reason, where there are none."""
    placed = towns.dropna(subset=["longitude", "latitude"]).drop_duplicates(["longitude", "latitude"])
    missing = tuple(towns.loc[~towns["town_code"].isin(placed["town_code"]), "name"])
    if placed.empty:
        return Boundaries({}, schematic=True, note=marked("没有边界文件，镇街也没有坐标，地图不能画出镇街"), unmatched=missing)
    cells = cells_around(placed["longitude"].tolist(), placed["latitude"].tolist(), _HULL_KILOMETRES)
    return Boundaries(
        geojson={code: mapping(cell) for code, cell in zip(placed["town_code"], cells, strict=True)},
        schematic=True,
        note=marked("示意边界：按镇街坐标就近划分，非行政区划界线；没有坐标的镇街：{names}")
        if missing
        else marked("示意边界：按镇街坐标就近划分，非行政区划界线"),
        unmatched=missing,
        details={"names": _listed(missing)} if missing else {},
    )
