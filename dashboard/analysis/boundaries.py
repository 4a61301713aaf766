"""Schematic town cells (Voronoi polygons of town centres clipped to an outline), shapes fitted into a picture. Geometry in degrees.

Degrees of longitude are scaled by the cosine of the mean latitude before distances are compared, so that a cell is what lies
nearest to its centre on the ground; within one county (about 1 degree) the remaining error is far below the schematic line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from shapely.geometry import LineString, MultiPoint, Polygon
from shapely.geometry.base import BaseGeometry

KILOMETRES_PER_DEGREE = 111.32
PRECISION_DEGREES = 1e-5


def _scaled(geometry: BaseGeometry, factor: float) -> BaseGeometry:
    return shapely.transform(geometry, lambda points: points * np.array([factor, 1.0]))


def _cosine(latitudes: Sequence[float]) -> float:
    return math.cos(math.radians(sum(latitudes) / len(latitudes)))


def voronoi_cells(longitudes: Sequence[float], latitudes: Sequence[float], outline: BaseGeometry) -> list[BaseGeometry]:
    """Return one cell per centre, in order: the part of ``outline`` that is nearer to it than to any other centre.

    Coordinates are rounded to 0.00001 degree (about 1 m); the cells share their edges and together cover the outline.
    Raises ``ValueError`` for no centre or for two centres at the same place.
    """
    if not longitudes:
        raise ValueError("no centre")
    if len(set(zip(longitudes, latitudes, strict=True))) < len(longitudes):
        raise ValueError("two centres at the same place")
    if len(longitudes) == 1:
        return [shapely.set_precision(outline, PRECISION_DEGREES)]
    factor = _cosine(latitudes)
    plane = _scaled(outline, factor)
    centres = MultiPoint([(longitude * factor, latitude) for longitude, latitude in zip(longitudes, latitudes, strict=True)])
    polygons = shapely.voronoi_polygons(centres, extend_to=plane, ordered=True).geoms
    return [shapely.set_precision(_scaled(polygon.intersection(plane), 1 / factor), PRECISION_DEGREES) for polygon in polygons]


def buffered_hull(longitudes: Sequence[float], latitudes: Sequence[float], kilometres: float) -> Polygon:
    """Return the convex hull of the centres widened by ``kilometres`` on every side: an outline where none is known."""
    factor = _cosine(latitudes)
    centres = MultiPoint([(longitude * factor, latitude) for longitude, latitude in zip(longitudes, latitudes, strict=True)])
    hull = centres.convex_hull.buffer(kilometres / KILOMETRES_PER_DEGREE, quad_segs=4)
    return shapely.set_precision(_scaled(hull, 1 / factor), PRECISION_DEGREES)


def cells_around(longitudes: Sequence[float], latitudes: Sequence[float], margin: float) -> list[BaseGeometry]:
    """Return one cell per centre where no outline is known, in order: the outermost reach beyond their centres by half the spacing.

    ``margin``: by how many kilometres at least. Raises ``ValueError`` as ``voronoi_cells``.
    """
    height = (max(latitudes) - min(latitudes)) * KILOMETRES_PER_DEGREE
    width = (max(longitudes) - min(longitudes)) * KILOMETRES_PER_DEGREE * math.cos(math.radians(latitudes[0]))
    reach = max(margin, math.sqrt(height * width / len(longitudes)) / 2)
    return voronoi_cells(longitudes, latitudes, buffered_hull(longitudes, latitudes, reach))


def area_km2(geometry: BaseGeometry) -> float:
    """Return the area in square kilometres on a plane scaled at the geometry's mean latitude (error below 1 % in a county)."""
    return _scaled(geometry, math.cos(math.radians(geometry.centroid.y))).area * KILOMETRES_PER_DEGREE**2


@dataclass(frozen=True)
class Outline:
    """A shape in a box of a picture: its rings, and a point inside it for its name; x and y from the top left, in the unit of the box."""

    rings: tuple[tuple[tuple[float, float], ...], ...]
    label: tuple[float, float]
    room: float
    """How wide the shape is at the height of its name."""


def fitted(geometries: Sequence[BaseGeometry], width: float, height: float, simplified: float = 0.5) -> list[Outline]:
    """Return shapes (degrees) as large as a box of ``width`` × ``height`` holds them together, north on top, with true proportions.

    Points nearer to a line than ``simplified`` (in the unit of the box) are left out. Raises ``ValueError`` for no shape.
    """
    if not geometries:
        raise ValueError("no shape")
    factor = _cosine([geometry.centroid.y for geometry in geometries])
    plane = [_scaled(geometry, factor) for geometry in geometries]
    west, south, east, north = shapely.total_bounds(np.array(plane, dtype=object))
    scale = min(width / (east - west), height / (north - south))
    left, top = (width - scale * (east - west)) / 2, (height - scale * (north - south)) / 2
    moved = [
        shapely.transform(
            shape, lambda points: np.column_stack([left + scale * (points[:, 0] - west), top + scale * (north - points[:, 1])])
        )
        for shape in plane
    ]
    return [_outline(shape) for shape in shapely.coverage_simplify(np.array(moved, dtype=object), simplified)]


def _outline(shape: BaseGeometry) -> Outline:
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Polygon"]
    rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
    largest = max(parts, key=lambda part: part.area)
    middle = largest.representative_point() if not largest.contains(largest.centroid) else largest.centroid
    west, _south, east, _north = largest.bounds
    across = largest.intersection(LineString([(west, middle.y), (east, middle.y)]))
    pieces = [piece for piece in getattr(across, "geoms", [across]) if piece.distance(middle) < 1e-6]
    room = max((piece.length for piece in pieces), default=0.0)
    return Outline(tuple(tuple((float(x), float(y)) for x, y in ring.coords) for ring in rings), (middle.x, middle.y), room)
