import math

import pytest

from dashboard.analysis.targets import Standing, standing
from dashboard.catalogue.models import Bilingual, Target


def target(comparison: str, low: float | None, high: float | None) -> Target:
    return Target.model_validate(
        {
            "name": "目标",
            "name_en": "target",
            "kind": "target",
            "comparison": comparison,
            "low": low,
            "high": high,
            "unit": "%",
            "place": Bilingual(zh="本县", en="here"),
            "source": ("SEED 1",),
            "grade": "SEED",
        }
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [(90.0, Standing.MET), (95.0, Standing.MET), (85.5, Standing.NEAR), (85.4, Standing.OFF), (math.nan, Standing.NONE)],
)
def test_at_least(value: float, expected: Standing) -> None:
    assert standing(value, target(">=", 90.0, None), 0.05) is expected


@pytest.mark.parametrize(("value", "expected"), [(10.0, Standing.MET), (-3.0, Standing.MET), (10.5, Standing.NEAR), (10.6, Standing.OFF)])
def test_at_most(value: float, expected: Standing) -> None:
    assert standing(value, target("<=", None, 10.0), 0.05) is expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [(80.0, Standing.MET), (93.0, Standing.MET), (76.0, Standing.NEAR), (75.9, Standing.OFF), (97.0, Standing.NEAR), (98.0, Standing.OFF)],
)
def test_between(value: float, expected: Standing) -> None:
    assert standing(value, target("range", 80.0, 93.0), 0.05) is expected


def test_a_reference_figure_is_a_line_and_judges_nobody() -> None:
    """A published ratio of 0.376 or a budget execution of 100 %: better values are not "near", worse ones not "off"."""
    line, band = target("=", 100.0, 100.0), target("range", 80.0, 93.0)
    reference = line.model_copy(update={"kind": "reference"})
    assert [standing(value, reference, 0.05) for value in (60.0, 99.0, 100.0, 103.0)] == [Standing.NONE] * 4
    assert standing(100.0, line, 0.05) is Standing.MET  # a target does
    assert standing(85.0, band.model_copy(update={"kind": "reference"}), 0.05) is Standing.MET  # and so does a band


def test_no_target() -> None:
    assert standing(50.0, None, 0.05) is Standing.NONE


def test_at_most_zero_is_met_or_off() -> None:
    assert standing(0.1, target("<=", None, 0.0), 0.05) is Standing.OFF
