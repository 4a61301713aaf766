"""Where the counties lie: the outlines that the map of the prefecture draws."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from dashboard.analysis.boundaries import Outline, cells_around, fitted
from dashboard.language import marked, translate
from dashboard.services.common.boundaries import from_file
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.settings import settings
from dashboard.store.query import run_query

MAP_WIDTH, MAP_HEIGHT = 480, 300
"""The box that the outlines are fitted into, in pixels."""
_MARGIN = 5.0
"""Kilometres by which the outermost counties reach beyond their centres at least, where no boundary is known."""


@dataclass(frozen=True, eq=False)
class CountyMap:
    """The outline of each county by its code, in a box of ``MAP_WIDTH`` × ``MAP_HEIGHT``; ``schematic`` ones must be labelled 示意.

    ``note`` is a message id that says what the shapes are, or why there are none.
    """

    outlines: Mapping[str, Outline]
    schematic: bool
    note: str

    def text(self, language: str = "zh") -> str:
        """Return the note in ``language``."""
        return translate(self.note, language)


@cached(max_entries=4)
def county_map(database: ReportingDatabase) -> CountyMap:
    """Return the outlines of the counties: their towns of the boundary file put together, else cells around their centres.

    Raises:
        BoundaryError: the file cannot be used. QueryError: the towns cannot be read.
    """
    towns = run_query(database, "prefecture/towns")
    file = settings().boundary_file
    if file is not None and not database.version.demonstration:
        found = from_file(towns, file, settings().boundary_coordinate_system, schematic=False)
        home = towns.set_index("town_code")["county_code"]
        parts: dict[str, list[BaseGeometry]] = {}
        for code, geometry in found.geojson.items():
            parts.setdefault(str(home[code]), []).append(shape(geometry))
        joined = {code: shapely.union_all(shapes) for code, shapes in parts.items()}
        return CountyMap(_outlines(joined), schematic=False, note=marked("边界由本市提供"))
    centres = towns.groupby("county_code")[["longitude", "latitude"]].mean().dropna().drop_duplicates()
    if centres.empty:
        return CountyMap({}, schematic=True, note=marked("没有边界文件，镇街也没有坐标，地图不能画出各县"))
    return CountyMap(_outlines(_cells(centres)), schematic=True, note=marked("示意边界：按镇街坐标就近划分，非行政区划界线"))


def _cells(centres: pd.DataFrame) -> dict[str, BaseGeometry]:
    longitudes, latitudes = centres["longitude"].tolist(), centres["latitude"].tolist()
    cells = cells_around(longitudes, latitudes, _MARGIN)
    return {str(code): cell for code, cell in zip(centres.index, cells, strict=True)}


def _outlines(shapes: Mapping[str, BaseGeometry]) -> dict[str, Outline]:
    return dict(zip(shapes, fitted(list(shapes.values()), MAP_WIDTH, MAP_HEIGHT), strict=True)) if shapes else {}
