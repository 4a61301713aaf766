"""Chinese coordinate systems to WGS-84, once at the border of the product.

GCJ-02 is WGS-84 with a published-by-reverse-engineering offset on the Krasovsky 1940 ellipsoid (the public "eviltransform"
formula, used by every open map tool; grade: public domain knowledge, no official text exists). It is inverted by fixed-point
iteration to well below one metre. CGCS2000 differs from WGS-84 by centimetres and is taken as it is.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

CoordinateSystem = Literal["WGS-84", "CGCS2000", "GCJ-02"]
Floats = NDArray[np.float64]

_SEMI_MAJOR_AXIS = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_ITERATIONS = 6


def _offset_applies(longitude: Floats, latitude: Floats) -> NDArray[np.bool_]:
    """The offset is only defined over this rectangle; outside, both systems agree."""
    return (longitude >= 72.004) & (longitude <= 137.8347) & (latitude >= 0.8293) & (latitude <= 55.8271)


def _waves(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the periodic terms of the offset, in metres east and north, at ``x`` and ``y`` degrees from 105°E 35°N."""
    common = (20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)) * 2.0 / 3.0
    root = np.sqrt(np.abs(x))
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + common
    north += (20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + common
    east += (20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    return east, north


def _offset(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Return what GCJ-02 adds to a WGS-84 point, in degrees of longitude and latitude."""
    east, north = _waves(longitude - 105.0, latitude - 35.0)
    radians = np.radians(latitude)
    factor = 1.0 - _ECCENTRICITY_SQUARED * np.sin(radians) ** 2
    per_degree_north = _SEMI_MAJOR_AXIS * (1.0 - _ECCENTRICITY_SQUARED) / (factor * np.sqrt(factor)) * np.pi / 180.0
    per_degree_east = _SEMI_MAJOR_AXIS / np.sqrt(factor) * np.cos(radians) * np.pi / 180.0
    applies = _offset_applies(longitude, latitude)
    return np.where(applies, east / per_degree_east, 0.0), np.where(applies, north / per_degree_north, 0.0)


def wgs84_to_gcj02(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Return the GCJ-02 longitude and latitude of WGS-84 points, in degrees; missing stays missing."""
    longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    east, north = _offset(longitude, latitude)
    return longitude + east, latitude + north


def gcj02_to_wgs84(longitude: Floats, latitude: Floats) -> tuple[Floats, Floats]:
    """Return the WGS-84 longitude and latitude of GCJ-02 points, in degrees; missing stays missing."""
    longitude, latitude = np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    guess = longitude, latitude
    for _ in range(_ITERATIONS):
        east, north = _offset(*guess)
        guess = longitude - east, latitude - north
    return guess


def to_wgs84(longitude: Floats, latitude: Floats, system: CoordinateSystem) -> tuple[Floats, Floats]:
    """Return points of ``system`` in WGS-84, in degrees.

    Raises ValueError for an unknown system.
    """
    if system == "GCJ-02":
        return gcj02_to_wgs84(longitude, latitude)
    if system in ("WGS-84", "CGCS2000"):
        return np.asarray(longitude, dtype=float), np.asarray(latitude, dtype=float)
    raise ValueError(system)
