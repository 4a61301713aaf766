"""The part of the world that a flow map shows: the county's bounds, its middle, and where towns stand."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
import shapely
from shapely.geometry import shape

from dashboard.analysis.flow_geometry import Bounds
from dashboard.services.common.boundaries import Boundaries


@dataclass(frozen=True)
class Frame:
    """``bounds`` (west, south, east, north) and ``middle`` (longitude, latitude) in degrees; ``anchors``: a point in every town."""

    bounds: Bounds
    middle: tuple[float, float]
    anchors: Mapping[str, tuple[float, float]]


def county_frame(boundaries: Boundaries, institutions: pd.DataFrame) -> Frame | None:
    """Return the frame of the towns' shapes, without any of the institutions inside; None when nothing has a place."""
    shapes = {code: shape(geometry) for code, geometry in boundaries.geojson.items()}
    anchors = {code: (point.x, point.y) for code, point in ((code, shapely.point_on_surface(each)) for code, each in shapes.items())}
    inside = institutions[institutions["in_county"]].dropna(subset=["longitude", "latitude"])
    if shapes:
        west, south, east, north = (float(value) for value in shapely.total_bounds(list(shapes.values())))
    elif len(inside):
        west, east = float(inside["longitude"].min()), float(inside["longitude"].max())
        south, north = float(inside["latitude"].min()), float(inside["latitude"].max())
    else:
        return None
    return Frame((west, south, east, north), ((west + east) / 2, (south + north) / 2), anchors)
