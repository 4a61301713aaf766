import typing

from dashboard.catalogue.models import Unit
from dashboard.services.overview.wording import _WITHOUT_UNIT, UNITS


def test_every_unit_of_the_catalogue_is_a_sign_or_translated() -> None:
    signs = {"%", "‰", "DDD"}
    assert set(typing.get_args(Unit)) == signs | set(_WITHOUT_UNIT) | set(UNITS)
