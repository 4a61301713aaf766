"""How findings name a period."""

import datetime

from dashboard.store.importing.locks import period_text


def test_a_period_is_named_with_four_digits_of_the_year() -> None:
    assert period_text(datetime.date(2025, 3, 1)) == "2025-03"
    assert period_text(datetime.date(25, 10, 1)) == "0025-10", "a mistyped year is seen as what it is"
    assert period_text(2025) == "2025"
