"""月评估 and 季通报 as frozen documents: what a month was, kept whole; a quarter is three of them, copied and never computed anew.

Here is what they hold; ``assessing`` makes them from the data, ``editions`` keeps them, moves them on and compares them.
"""

import datetime
from typing import TypeVar

from pydantic import BaseModel, ConfigDict

from dashboard.analysis.periods import shift_months
from dashboard.errors import ProductError
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import may_see
from dashboard.services.monitoring.national import NationalRow
from dashboard.workspace.county import county_identifier

COUNTY = "county"
_QUARTER = 3


class AssessmentError(ProductError):
    """A document that cannot be written or moved on as asked; nothing was changed."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(_Frozen):
    """A reading as it was: value in the indicator's unit, both sides, and its changes (points for %, else per cent); None where missing."""

    indicator: str
    unit: str
    unit_name: str
    value: float | None = None
    numerator: float | None = None
    denominator: float | None = None
    status: str
    on_previous: float | None = None
    on_last_year: float | None = None


class Score(_Frozen):
    """A score as it was: 0–100, its rank, the ranks that other weights would give (from, to), and the band."""

    unit: str
    unit_name: str
    total: float | None = None
    rank: float | None = None
    low: float | None = None
    high: float | None = None
    band: str = ""
    trusted: bool = True


class KeptAlert(_Frozen):
    """An alert as it was told, small counts hidden."""

    rule: str
    unit: str
    unit_name: str
    step: str
    since: datetime.date
    title: str
    detail: str


class Came(_Frozen):
    """How many of the reports that were due in a table came."""

    table: str
    came: int
    due: int


class Overdue(_Frozen):
    """An action that was past its date when the document was written."""

    unit: str
    unit_name: str
    measure: str
    owner: str
    due: datetime.date


class Assessment(_Frozen):
    """One month of the county as it was judged then.

    ``left_out``: new alerts beyond the budget; ``put_away``: those that people put off or closed; ``scheme``: name and version.
    """

    month: datetime.date
    county: str
    data_version: int
    package: str
    data_through: datetime.date
    demonstration: bool
    scheme: str
    values: tuple[Value, ...]
    scores: tuple[Score, ...]
    alerts: tuple[KeptAlert, ...]
    left_out: int
    put_away: int = 0
    completeness: tuple[Came, ...]
    overdue: tuple[Overdue, ...]


class Source(_Frozen):
    """Which version of which document was copied."""

    document_id: str
    version: int
    month: datetime.date


class Bulletin(_Frozen):
    """A quarter: its three assessments as they were frozen, and what the county's office says about them."""

    quarter: datetime.date
    """The last month of the quarter."""
    sources: tuple[Source, ...]
    months: tuple[Assessment, ...]
    national: tuple[NationalRow, ...]
    narrative: str = ""


Content = TypeVar("Content", Assessment, Bulletin)


def document_id(content: Assessment | Bulletin) -> str:
    """Return the identifier of the document of a month or a quarter."""
    return assessment_id(content.month) if isinstance(content, Assessment) else bulletin_id(content.quarter)


def assessment_id(month: datetime.date) -> str:
    """Return the identifier of a month's document: there is one a month in each county."""
    return county_identifier(f"assessment-{month:%Y-%m}")


def bulletin_id(quarter: datetime.date) -> str:
    """Return the identifier of the document of the quarter that ends with the month ``quarter``."""
    return county_identifier(f"bulletin-{quarter:%Y-%m}")


def quarter_of(month: datetime.date) -> tuple[datetime.date, ...]:
    """Return the three months of the quarter that ``month`` lies in."""
    last = datetime.date(month.year, (month.month + 2) // _QUARTER * _QUARTER, 1)
    return tuple(shift_months(last, -step) for step in range(_QUARTER - 1, -1, -1))


def seen_by(database: ReportingDatabase, content: Assessment) -> Assessment:
    """Return what a reader of a part of the county may see of the document: their own rows, no ranks among others."""
    if database.scope.every_row:
        return content
    return content.model_copy(
        update={
            "values": tuple(each for each in content.values if each.unit != COUNTY and may_see(database, each.unit)),
            "scores": (),
            "alerts": tuple(each for each in content.alerts if may_see(database, each.unit.split("·")[0])),
            "overdue": tuple(each for each in content.overdue if may_see(database, each.unit)),
        }
    )
