"""The county's inpatient cases for layered protection, and what a ladder does to them."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from dashboard.analysis.small_counts import Guard, People
from dashboard.services.common.cache import cached
from dashboard.services.common.database import ReportingDatabase
from dashboard.store.query import run_query
from dashboard.whatif.protection import CasesReimbursement, Layer, reimbursement_of_cases

# Upper ends of the bands of what one patient pays for one case, yuan; the last band is open.
BURDEN_EDGES = (2_000, 5_000, 10_000, 30_000)
BANDS = Guard((People("cases"),))
"""Cases by band of what the patient pays."""
LAYERS = Guard(
    (People("cases", totalled=False), People("capped", part_of="cases", totalled=False)), {"paid": ("cases",), "share": ("cases",)}
)
"""What each layer pays: a case may be in several of them."""


@dataclass(frozen=True, eq=False)
class CountyCases:
    """Inpatient cases as fine as the claims go: ``frame`` holds cases, total and eligible (mean of one case, yuan) and paid by patient.

    ``left_out``: cases without a usable eligible cost. ``averaged``: share of the cases that the claims only give as a mean of several.
    """

    frame: pd.DataFrame
    left_out: float
    averaged: float

    @property
    def recorded_patient(self) -> float:
        """What the patients paid by the claims, yuan."""
        return float((self.frame["cases"] * self.frame["patient"]).sum())


@cached(max_entries=8)
def _claims(database: ReportingDatabase, first: datetime.date, last: datetime.date) -> pd.DataFrame:
    rows = run_query(database, "insurance/inpatient_cases", first_month=first, last_month=last)
    numbers = ["encounters", "total_cost", "eligible_cost", "patient_paid"]
    return rows.assign(**{name: pd.to_numeric(rows[name]).astype(float) for name in numbers})


@cached(max_entries=32, needs_county=True)
def county_cases(
    database: ReportingDatabase, first: datetime.date, last: datetime.date, community: str | None = None, scheme: str | None = None
) -> CountyCases:
    """Return the inpatient cases of the insured from ``first`` to ``last`` month, of one community or scheme when named."""
    rows = _claims(database, first, last)
    rows = rows[(rows["community_code"] == community) if community else slice(None)]
    rows = rows[(rows["scheme"] == scheme) if scheme else slice(None)]
    usable = rows["eligible_cost"].between(0, rows["total_cost"] + 0.005)
    kept, count = rows[usable], rows.loc[usable, "encounters"]
    frame = pd.DataFrame(
        {
            "cases": count,
            "total": kept["total_cost"] / count,
            "eligible": kept[["eligible_cost", "total_cost"]].min(axis=1) / count,
            "patient": kept["patient_paid"] / count,
        }
    ).reset_index(drop=True)
    several = float(count[count > 1].sum())
    return CountyCases(frame, float(rows.loc[~usable, "encounters"].sum()), several / float(count.sum()) if len(count) else 0.0)


def protected(cases: CountyCases, layers: Sequence[Layer | dict[str, object]]) -> CasesReimbursement:
    """Return what the ladder pays of the county's cases. Raises ``ScenarioError`` for a ladder that cannot be used."""
    return reimbursement_of_cases(cases.frame, layers)


def burden_bands(cases: CountyCases, burden: np.ndarray) -> list[float]:
    """Return how many cases fall into each band of ``BURDEN_EDGES`` when one patient pays ``burden`` (by row of the cases), yuan."""
    place = np.searchsorted(np.array(BURDEN_EDGES, dtype=float), burden, side="left")
    return np.bincount(place, weights=cases.frame["cases"], minlength=len(BURDEN_EDGES) + 1).tolist()
