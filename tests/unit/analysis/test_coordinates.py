"""GCJ-02 against published pairs and against itself."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.analysis.coordinates import gcj02_to_wgs84, to_wgs84, wgs84_to_gcj02

_METRE = 1 / 111_000


def test_golden_points_of_the_public_formula() -> None:
    """Test pairs of the public "eviltransform" library (latitude, longitude there): Shanghai, Shenzhen, Beijing."""
    wgs = np.array([[121.5272106, 31.1774276], [113.912316, 22.543847], [116.377817, 39.911954]])
    gcj = np.array(
        [[121.531541859215, 31.17530398364597], [113.9171764808363, 22.540796131694766], [116.38404722455657, 39.91334545536069]]
    )
    longitude, latitude = wgs84_to_gcj02(wgs[:, 0], wgs[:, 1])
    assert longitude == pytest.approx(gcj[:, 0], abs=1e-9)
    assert latitude == pytest.approx(gcj[:, 1], abs=1e-9)


@given(st.floats(73, 135), st.floats(3, 54))
def test_there_and_back_is_the_same_place(longitude: float, latitude: float) -> None:
    there = wgs84_to_gcj02(np.array([longitude]), np.array([latitude]))
    back = gcj02_to_wgs84(*there)
    assert abs(back[0][0] - longitude) < 0.01 * _METRE
    assert abs(back[1][0] - latitude) < 0.01 * _METRE


def test_outside_china_both_systems_agree() -> None:
    longitude, latitude = gcj02_to_wgs84(np.array([-3.2]), np.array([55.95]))
    assert (longitude[0], latitude[0]) == (-3.2, 55.95)


def test_missing_stays_missing() -> None:
    longitude, latitude = to_wgs84(np.array([np.nan, 120.0]), np.array([np.nan, 30.0]), "GCJ-02")
    assert np.isnan(longitude[0])
    assert np.isnan(latitude[0])
    assert longitude[1] != 120.0


@pytest.mark.parametrize("system", ["WGS-84", "CGCS2000"])
def test_geodetic_systems_are_taken_as_they_are(system: str) -> None:
    longitude, latitude = to_wgs84(np.array([120.0]), np.array([30.0]), system)  # type: ignore[arg-type]
    assert (longitude[0], latitude[0]) == (120.0, 30.0)


def test_an_unknown_system_is_refused() -> None:
    with pytest.raises(ValueError, match="BD-09"):
        to_wgs84(np.array([120.0]), np.array([30.0]), "BD-09")  # type: ignore[arg-type]
