"""月评估 and 季通报 as frozen documents: what a month was, kept whole; a quarter is three of them, copied and never computed anew.

Written → approved → frozen → published. A correction is a new version of the same document with its reason, approved and frozen again:
the next edition, whose differences to the one before are worked out from the two documents.
"""

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, JsonValue, ValidationError

from dashboard.analysis.periods import Grain, Period, shift_months
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.overview import overview_plan
from dashboard.errors import ProductError
from dashboard.language import marked
from dashboard.services.common.actions import list_actions
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory, may_see
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import SIDES, indicator_changes
from dashboard.services.common.reporting import reports_due
from dashboard.services.monitoring.handling import handled_in
from dashboard.services.monitoring.national import NationalRow, national_list
from dashboard.services.monitoring.watch import Step, standing, told, watched
from dashboard.services.monitoring.wording import alert_detail, alert_title
from dashboard.services.performance.answer import number_at
from dashboard.services.reports.parts import Brief
from dashboard.services.reports.scores import chosen_scheme, ranking_of, scheme_version
from dashboard.store.query import require_county
from dashboard.workspace import Kind, MissingDocumentError, Status, Version, VersionInfo, Workspace

COUNTY = "county"
_DIGITS = 9
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


@dataclass(frozen=True)
class Edition(Generic[Content]):
    """The newest version of a document.

    ``number``: how often it was frozen; ``published``: the edition that was published last, 0 for none; ``versions``: every version
    without contents, newest first.
    """

    document_id: str
    version: int
    status: Status
    author: str | None
    content: Content
    number: int
    published: int
    versions: tuple[VersionInfo, ...]

    @property
    def is_published(self) -> bool:
        """Whether what is frozen now is what was published."""
        return self.status is Status.FROZEN and self.published == self.number


def _document(content: Assessment | Bulletin) -> str:
    return assessment_id(content.month) if isinstance(content, Assessment) else bulletin_id(content.quarter)


def assessment_id(month: datetime.date) -> str:
    """Return the identifier of a month's document: there is one a month."""
    return f"assessment-{month:%Y-%m}"


def bulletin_id(quarter: datetime.date) -> str:
    """Return the identifier of the document of the quarter that ends with the month ``quarter``."""
    return f"bulletin-{quarter:%Y-%m}"


# Made ----------------------------------------------------------------------------------------------------------------------


def assess(database: ReportingDatabase, workspace: Workspace, month: datetime.date, today: datetime.date) -> Assessment:
    """Return the month as the data say it now, small counts hidden as in every export. Only for a reader of the whole county.

    Raises:
        ScopeError: the reader sees a part of the county. QueryError, DatabaseError: as the services do.
    """
    require_county(database.scope)
    period, version = Period(Grain.MONTH, month), database.version
    brief = Brief(database, workspace, Filters(period))
    scheme, scores = _scores(brief)
    answer = watched(database, month)
    handled = handled_in(workspace, today)
    alerts, left = standing(answer, handled=handled)
    put_away = tuple(each for each in told(answer, handled) if each.put_away and each.step is not Step.CLOSED)
    actions = [each.content for each in list_actions(workspace)]
    return Assessment(
        month=month,
        county=directory(database).county_name,
        data_version=version.load_id,
        package=version.package,
        data_through=version.data_through or month,
        demonstration=version.demonstration,
        scheme=scheme,
        values=tuple(_values(database, period)),
        scores=scores,
        alerts=tuple(
            KeptAlert(
                rule=each.rule_id,
                unit=each.unit,
                unit_name=each.unit_name,
                step=each.step.value,
                since=each.since,
                title=alert_title(each, "zh", ON_EXPORT),
                detail=alert_detail(each, "zh", ON_EXPORT),
            )
            for each in (*alerts, *answer.of(None, Step.CLOSED))
        ),
        left_out=left,
        put_away=len(put_away),
        completeness=_completeness(database, month),
        overdue=tuple(
            Overdue(unit=each.unit, unit_name=each.unit_name, measure=each.measure, owner=each.owner, due=each.due)
            for each in actions
            if each.overdue(today)
        ),
    )


def _number(value: object) -> float | None:
    number = float(value)  # type: ignore[arg-type]
    return None if math.isnan(number) else round(number, _DIGITS)


def _values(database: ReportingDatabase, period: Period) -> Iterable[Value]:
    plan = overview_plan()
    names = tuple(dict.fromkeys([*plan.headlines, *(dimension.indicator for dimension in plan.dimensions)]))
    shorts = directory(database).communities["short_name"]
    for level in ("county", "community"):
        rows = indicator_changes(database, level=level, period=period, indicators=names, smallest=ON_EXPORT)
        for row in rows.to_dict("records"):
            unit = COUNTY if level == "county" else str(row["unit"])
            yield Value(
                indicator=str(row["indicator"]),
                unit=unit,
                unit_name=str(shorts.get(unit, row["unit_name"])),
                status=str(row["status"]),
                value=_number(row["value"]),
                on_previous=_number(row["change_previous"]),
                on_last_year=_number(row["change_last_year"]),
                **{side: _number(row[side]) for side in SIDES},
            )


def _scores(brief: Brief) -> tuple[str, tuple[Score, ...]]:
    choice = chosen_scheme(brief)
    ranking = ranking_of(brief, choice) if choice else None
    if choice is None or ranking is None:
        return "", ()
    table = ranking.intervals.table if ranking.intervals else None
    current = ranking.current
    scores = tuple(
        Score(
            unit=unit,
            unit_name=str(ranking.inputs.names[unit]),
            total=_number(current.total[unit]),
            rank=_number(current.rank[unit]),
            low=None if table is None else _number(number_at(table, unit, "low")),
            high=None if table is None else _number(number_at(table, unit, "high")),
            band=str(current.band[unit] or ""),
            trusted=bool(current.trusted[unit]),
        )
        for unit in ranking.order
    )
    return scheme_version(brief, choice)[1], scores


def _completeness(database: ReportingDatabase, month: datetime.date) -> tuple[Came, ...]:
    due = reports_due(database, month, month)
    return tuple(Came(table=str(name), came=int(part["came"].sum()), due=len(part)) for name, part in due.groupby("table_name"))


def quarter_of(month: datetime.date) -> tuple[datetime.date, ...]:
    """Return the three months of the quarter that ``month`` lies in."""
    last = datetime.date(month.year, (month.month + 2) // _QUARTER * _QUARTER, 1)
    return tuple(shift_months(last, -step) for step in range(_QUARTER - 1, -1, -1))


def compile_bulletin(database: ReportingDatabase, workspace: Workspace, month: datetime.date, narrative: str = "") -> Bulletin:
    """Return the bulletin of the quarter of ``month`` from its three assessments as they are frozen now; every figure is copied.

    The national list is of the newest data of the quarter's end. Only for a reader of the whole county.

    Raises:
        AssessmentError: one of the three is not frozen. ScopeError, QueryError: as the services do.
    """
    require_county(database.scope)
    months = quarter_of(month)
    found = [read_edition(workspace, Assessment, assessment_id(each)) for each in months]
    lacking = [f"{month:%Y-%m}" for month, each in zip(months, found, strict=True) if each is None or each.status is not Status.FROZEN]
    if lacking:
        raise AssessmentError(
            marked("季通报需要三个已冻结的月评估，还差：{months}"), marked("请先编制、审定并冻结这些月份"), months="、".join(lacking)
        )
    editions = [each for each in found if each is not None]
    sources = tuple(Source(document_id=each.document_id, version=each.version, month=each.content.month) for each in editions)
    national = national_list(database, months[-1])
    kept = tuple(each.content for each in editions)
    return Bulletin(quarter=months[-1], sources=sources, months=kept, national=national, narrative=narrative)


# Kept ----------------------------------------------------------------------------------------------------------------------


def _kind(content: type[Content]) -> Kind:
    return Kind.MONTH_ASSESSMENT if content is Assessment else Kind.BULLETIN


def read_edition(workspace: Workspace, model: type[Content], document_id: str) -> Edition[Content] | None:
    """Return the newest version of a document; None when there is none or a newer program wrote it. Raises ``DatabaseError``."""
    try:
        newest = workspace.latest(document_id)
        content = model.model_validate(newest.content)
    except (MissingDocumentError, ValidationError):
        return None
    return _edition(workspace, newest, content)


def _edition(workspace: Workspace, newest: Version, content: Content) -> Edition[Content]:
    versions = workspace.versions(newest.document_id)
    frozen = sum(each.status is Status.FROZEN for each in versions)
    try:
        published = int(workspace.latest(_publication(newest.document_id)).content["edition"])  # type: ignore[arg-type]
    except MissingDocumentError:
        published = 0
    return Edition(newest.document_id, newest.version, newest.status, newest.author, content, frozen, published, versions)


def write(
    workspace: Workspace,
    content: Content,
    *,
    author: str | None,
    over: Edition[Content] | None = None,
    reason: str = "",
) -> Edition[Content]:
    """Write ``content`` as a draft, as a new version of ``over`` where there is one; over what was approved or frozen a reason is needed.

    Raises:
        ConflictError: somebody wrote meanwhile. WorkspaceError: the reason is lacking.
    """
    written, version = content.model_dump(mode="json"), _data_version(content)
    if over is not None:
        saved = workspace.save(over.document_id, written, based_on=over.version, author=author, reason=reason, data_version=version)
        return _edition(workspace, saved, content)
    name = f"{_name(content)}"
    kind = _kind(type(content))
    saved = workspace.create(kind, name, written, author=author, data_version=version, document_id=_document(content))
    return _edition(workspace, saved, content)


def _name(content: Assessment | Bulletin) -> str:
    return f"月评估 {content.month:%Y-%m}" if isinstance(content, Assessment) else f"季通报 {content.quarter:%Y-%m}"


def _data_version(content: Assessment | Bulletin) -> int:
    return content.data_version if isinstance(content, Assessment) else content.months[-1].data_version


def approve(workspace: Workspace, edition: Edition[Content], *, author: str | None, reason: str) -> Edition[Content]:
    """Approve the draft. Raises ``ConflictError``, ``WorkspaceError`` (four eyes, not a draft, no reason)."""
    newest = workspace.approve(edition.document_id, based_on=edition.version, author=author, reason=reason)
    return _edition(workspace, newest, edition.content)


def freeze(workspace: Workspace, edition: Edition[Content], *, author: str | None, reason: str) -> Edition[Content]:
    """Freeze what was approved for its period: the next edition. Raises ``ConflictError``, ``WorkspaceError`` (not approved)."""
    content = edition.content
    period = f"month:{content.month:%Y-%m}" if isinstance(content, Assessment) else f"quarter:{content.quarter:%Y-%m}"
    newest = workspace.freeze(edition.document_id, based_on=edition.version, period=period, author=author, reason=reason)
    return _edition(workspace, newest, content)


def _publication(document_id: str) -> str:
    return f"published-{document_id}"


def publish(workspace: Workspace, edition: Edition[Content], *, author: str | None) -> Edition[Content]:
    """Note that the frozen edition was published. Published twice it is noted once.

    Raises:
        AssessmentError: it is not frozen.
    """
    if edition.status is not Status.FROZEN:
        raise AssessmentError(marked("只有冻结的版本可以发布"), marked("请先审定并冻结"))
    if edition.is_published:
        return edition
    note: dict[str, JsonValue] = {"document": edition.document_id, "version": edition.version, "edition": edition.number}
    place = _publication(edition.document_id)
    try:
        before = workspace.latest(place)
    except MissingDocumentError:
        workspace.create(Kind.PUBLICATION, _name(edition.content), note, author=author, document_id=place)
    else:
        workspace.save(place, note, based_on=before.version, author=author)
    return _edition(workspace, workspace.latest(edition.document_id), edition.content)


# Editions ------------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Difference:
    """What a later edition says otherwise: what (an indicator's id, ``"score"``, ``"rank"`` or ``"alert"``) of whom, before and now."""

    month: datetime.date
    what: str
    unit_name: str
    was: str
    now: str


def differences(before: Assessment, after: Assessment) -> tuple[Difference, ...]:
    """Return what ``after`` says otherwise than ``before``, in the order of the document."""
    return (*_value_differences(before, after), *_score_differences(before, after), *_alert_differences(before, after))


def _value_differences(before: Assessment, after: Assessment) -> Iterable[Difference]:
    old = {(each.indicator, each.unit): each for each in before.values}
    for each in after.values:
        known = old.get((each.indicator, each.unit))
        if known is None or (known.value, known.numerator, known.denominator) != (each.value, each.numerator, each.denominator):
            yield Difference(after.month, each.indicator, each.unit_name, _told(known.value if known else None), _told(each.value))


def _score_differences(before: Assessment, after: Assessment) -> Iterable[Difference]:
    old = {each.unit: each for each in before.scores}
    for each in after.scores:
        known = old.get(each.unit)
        for name in ("total", "rank"):
            was, now = getattr(known, name, None), getattr(each, name)
            if was != now:
                yield Difference(after.month, "score" if name == "total" else "rank", each.unit_name, _told(was), _told(now))


def _alert_differences(before: Assessment, after: Assessment) -> Iterable[Difference]:
    old, new = ({(each.rule, each.unit): each for each in kept.alerts if each.step != Step.CLOSED} for kept in (before, after))
    for key, each in (old | new).items():
        if (key in old) != (key in new):
            yield Difference(
                after.month, "alert", each.unit_name, old[key].title if key in old else "", new[key].title if key in new else ""
            )


def _told(value: float | None) -> str:
    return "—" if value is None else f"{value:,.2f}"


def edition_differences(workspace: Workspace, edition: Edition[Content]) -> tuple[Difference, ...]:
    """Return what the frozen edition says otherwise than the edition before; nothing for the first one."""
    frozen = [each.version for each in edition.versions if each.status is Status.FROZEN]
    if len(frozen) < 2:
        return ()
    model = type(edition.content)
    after, before = (model.model_validate(workspace.version(edition.document_id, each).content) for each in frozen[:2])
    pairs = zip(_months(before), _months(after), strict=False)
    return tuple(found for old, new in pairs for found in differences(old, new))


def _months(content: Assessment | Bulletin) -> Sequence[Assessment]:
    return (content,) if isinstance(content, Assessment) else content.months


def outdated(workspace: Workspace, bulletin: Bulletin) -> tuple[datetime.date, ...]:
    """Return the months whose assessment was frozen anew after the bulletin copied it: people decide whether it needs another edition."""
    found = []
    for source in bulletin.sources:
        edition = read_edition(workspace, Assessment, source.document_id)
        newest = next((each.version for each in edition.versions if each.status is Status.FROZEN), 0) if edition else 0
        if newest > source.version:
            found.append(source.month)
    return tuple(found)


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
