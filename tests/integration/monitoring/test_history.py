"""The readings of a long history are those of ``indicator_values``, month by month, for whoever asks."""

import datetime

import numpy as np
import pandas as pd
import pytest

from dashboard.analysis.periods import Period
from dashboard.analysis.suppression import ON_SCREEN
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.indicators import hide_small, indicator_values
from dashboard.services.monitoring.history import GRAINS, counting_people, histories
from dashboard.store.scope import COUNTY, Scope
from tests.integration.monitoring.conftest import JUNE


@pytest.mark.parametrize("scope", [COUNTY, Scope(frozenset({"A"}), None, None, 1)], ids=["county", "community"])
def test_every_month_is_what_indicator_values_says(database: ReportingDatabase, scope: Scope) -> None:
    asked, known = database.under(scope), 0
    for (level, grain), history in histories(asked, JUNE).items():
        for month in (JUNE, datetime.date(2024, 4, 1)):
            read = indicator_values(asked, level=level, period=Period(GRAINS[grain], month), indicators=tuple(history))
            for name, grids in history.items():
                rows = read[read["indicator"] == name]
                shown = (hide_small(rows, ON_SCREEN) if name in counting_people() else rows).set_index("unit")
                for part in ("value", "numerator", "denominator"):
                    found = getattr(grids, part).loc[pd.Timestamp(month), shown.index]
                    np.testing.assert_allclose(found, shown[part].astype("float64"), err_msg=f"{level} {grain} {name} {part}")
                    known += int(found.notna().sum())
                assert (grids.whole.loc[pd.Timestamp(month), shown.index] == shown["status"].eq("ok")).all()
    assert known > 20
