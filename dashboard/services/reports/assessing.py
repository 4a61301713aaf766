"""A month assessed from the data as they are now, and a quarter compiled from its three frozen months."""

import datetime
import math
from collections.abc import Iterable

from dashboard.analysis.periods import Grain, Period
from dashboard.analysis.suppression import ON_EXPORT
from dashboard.catalogue.overview import overview_plan
from dashboard.language import marked
from dashboard.services.common.actions import list_actions
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.services.common.filters import Filters
from dashboard.services.common.indicators import SIDES, indicator_changes
from dashboard.services.common.reporting import reports_due
from dashboard.services.monitoring.handling import handled_in
from dashboard.services.monitoring.national import national_list
from dashboard.services.monitoring.watch import Step, standing, told, watched
from dashboard.services.monitoring.wording import alert_detail, alert_title
from dashboard.services.performance.answer import number_at
from dashboard.services.reports.assessment import (
    COUNTY,
    Assessment,
    AssessmentError,
    Bulletin,
    Came,
    KeptAlert,
    Overdue,
    Score,
    Source,
    Value,
    assessment_id,
    quarter_of,
)
from dashboard.services.reports.editions import read_edition
from dashboard.services.reports.parts import Brief
from dashboard.services.reports.scores import chosen_scheme, ranking_of, scheme_version
from dashboard.store.query import require_county
from dashboard.workspace import Status, Workspace

_DIGITS = 9


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
