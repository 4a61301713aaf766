"""Judgement criteria (评判标准): evidence and grade of every item, what people graded here, and the verdict under stated thresholds."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd
from pydantic import JsonValue

from dashboard.analysis.judgement import Judgement, judge, weakest
from dashboard.analysis.periods import Period
from dashboard.catalogue.loader import load_catalogue
from dashboard.catalogue.models import ListItem, OfficialList
from dashboard.catalogue.performance import JudgementRule, performance_plan
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.directory import directory
from dashboard.store.query import run_query
from dashboard.workspace import Kind, Version, Workspace
from dashboard.workspace.county import county_identifier


@dataclass(frozen=True)
class Assessment:
    """One grade of one item: who gave it, when, on what evidence. ``month`` is the month that it belongs to."""

    grade: str
    month: datetime.date
    evidence: str
    assessor: str
    entered_here: bool


@dataclass(frozen=True)
class CriteriaAnswer:
    """The items of the list with every community's assessment, each community's judgement, and the county's.

    The county's grade of an item is its weakest community's (INFER): the county is formed when every community is.
    """

    official: OfficialList
    rule: JudgementRule
    communities: tuple[tuple[str, str], ...]
    assessments: Mapping[tuple[str, str], Assessment]
    judgements: Mapping[str, Judgement]
    county: Judgement
    based_on: int

    def grades(self, community: str) -> list[str | None]:
        """Return a community's grades in the order of the items."""
        found = (self.assessments.get((community, item.id)) for item in self.official.items)
        return [None if each is None else each.grade for each in found]


def criteria(
    database: ReportingDatabase, workspace: Workspace, period: Period, *, least_a: int, most_c: int, most_c_basic: int
) -> CriteriaAnswer:
    """Return the newest grades up to the last month of ``period``; a grade entered here replaces an older one of the data.

    Raises ``QueryError`` and ``DatabaseError``.
    """
    rule = performance_plan().judgement
    official = load_catalogue().lists[rule.official_list]
    rows = run_query(database, "performance/assessments", last_month=period.last)
    rows = rows[(rows["catalogue"] == official.assessment_catalogue) & rows["grade"].notna()]
    found = {
        (str(row.community_code), str(row.item)): Assessment(
            str(row.grade),
            pd.Timestamp(str(row.month)).date(),
            str(row.evidence or ""),
            str(row.assessor or ""),
            entered_here=False,
        )
        for row in rows.itertuples()
    }
    entered, based_on = _entered(workspace, official)
    for key, assessment in entered.items():
        if assessment.month <= period.last and (key not in found or assessment.month >= found[key].month):
            found[key] = assessment
    communities = tuple((str(code), str(name)) for code, name in directory(database).communities["short_name"].items())
    limits = {"least_a": least_a, "most_c": most_c, "most_c_basic": most_c_basic}
    grades = {code: [_grade(found, code, item) for item in official.items] for code, _name in communities}
    return CriteriaAnswer(
        official=official,
        rule=rule,
        communities=communities,
        assessments=found,
        judgements={code: judge(given, **limits) for code, given in grades.items()},
        county=judge((weakest(column) for column in zip(*grades.values(), strict=True)), **limits),
        based_on=based_on,
    )


def _grade(found: Mapping[tuple[str, str], Assessment], community: str, item: ListItem) -> str | None:
    assessment = found.get((community, item.id))
    return None if assessment is None else assessment.grade


def _document_id(official: OfficialList) -> str:
    return county_identifier(f"assessment-{official.assessment_catalogue}".lower())


def _newest(workspace: Workspace, official: OfficialList) -> Version | None:
    wanted = _document_id(official)
    return next((version for version in workspace.list_latest(Kind.ASSESSMENT) if version.document_id == wanted), None)


def _entered(workspace: Workspace, official: OfficialList) -> tuple[dict[tuple[str, str], Assessment], int]:
    newest = _newest(workspace, official)
    if newest is None:
        return {}, 0
    entries: Any = newest.content["entries"]
    found = {
        (entry["community"], entry["item"]): Assessment(
            entry["grade"], datetime.date.fromisoformat(entry["month"]), entry["evidence"], entry["assessor"], entered_here=True
        )
        for entry in entries
    }
    return found, newest.version


def enter_assessment(
    workspace: Workspace,
    answer: CriteriaAnswer,
    community: str,
    item: str,
    *,
    grade: str,
    month: datetime.date,
    evidence: str,
    assessor: str,
) -> Version:
    """Write one grade into the workspace, on top of what ``answer`` was read from.

    Raises ``ConflictError`` when somebody graded meanwhile, ``WorkspaceError`` when a text is too long.
    """
    entered, _version = _entered(workspace, answer.official)
    entered[(community, item)] = Assessment(grade, month, evidence, assessor, entered_here=True)
    entries: list[JsonValue] = [
        {"community": key[0], "item": key[1], "grade": each.grade, "month": each.month.isoformat(), "evidence": each.evidence,
         "assessor": each.assessor}
        for key, each in sorted(entered.items())
    ]  # fmt: skip
    content: dict[str, JsonValue] = {"list": answer.official.id, "entries": entries}
    identifier, reason = _document_id(answer.official), f"{community} {item} → {grade}"
    if answer.based_on == 0:
        return workspace.create(
            Kind.ASSESSMENT, answer.official.name, content, author=assessor or None, reason=reason, document_id=identifier
        )
    return workspace.save(identifier, content, based_on=answer.based_on, author=assessor or None, reason=reason)
