"""Questions written down before looking: a card with author and time, and the verdict on every one, also where nothing was found."""

import datetime
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dashboard.analysis.alerts import benjamini_hochberg
from dashboard.catalogue.reform import reform_settings
from dashboard.language import marked
from dashboard.services.common.database import ReportingDatabase
from dashboard.services.common.kept import Kept, keep, list_kept
from dashboard.services.reform.series import SeriesAnswer, Study, series_answer
from dashboard.store.scope import Scope
from dashboard.workspace import Kind, Workspace, WorkspaceError

LONGEST_SENTENCE = 300


class ReformError(WorkspaceError):
    """A question that cannot be taken as it is; nothing was written."""


class Question(BaseModel):
    """One sentence, one outcome, one date, the direction expected, and why that date."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sentence: str = Field(min_length=1, max_length=LONGEST_SENTENCE)
    outcome: str = Field(min_length=1, max_length=64)
    community: str | None = None
    since: datetime.date
    expected: Literal["up", "down"]
    slope: bool = False
    phase_in: int = Field(default=0, ge=0, le=24)
    against_others: bool = False
    reason: str = Field(default="", max_length=LONGEST_SENTENCE)

    def study(self) -> Study:
        """Return what is computed for it."""
        return Study(self.outcome, self.community, self.since, self.slope, self.phase_in, self.against_others)


class Verdict(StrEnum):
    """What is said of a registered question."""

    CONSISTENT = "consistent"
    OPPOSITE = "opposite"
    UNSEEN = "unseen"
    TOO_SHORT = "too_short"
    OUTSIDE = "outside"


VERDICTS = {
    Verdict.CONSISTENT: marked("与预期一致"),
    Verdict.OPPOSITE: marked("与预期相反"),
    Verdict.UNSEEN: marked("看不出变化"),
    Verdict.TOO_SHORT: marked("月份不足，不作估计"),
    Verdict.OUTSIDE: marked("不在您的数据范围内"),
}


def question_of(**fields: object) -> Question:
    """Return a question. Raises ``ReformError`` without a sentence, or when a field is too long."""
    try:
        return Question.model_validate(fields)
    except ValidationError as error:
        raise ReformError(
            marked("没有写清要问的问题"), marked("请用一句话写明（最多 {limit} 字）；填写的内容仍在本页"), limit=LONGEST_SENTENCE
        ) from error


def register(workspace: Workspace, question: Question, *, author: str | None) -> None:
    """Write ``question`` down; it is never changed afterwards."""
    keep(workspace, Kind.REFORM_QUESTION, question.sentence, question, author=author)


def cards(workspace: Workspace) -> tuple[Kept[Question], ...]:
    """Return every registered question, the oldest first; one that cannot be read is left out. Raises ``DatabaseError``."""
    return tuple(sorted(list_kept(workspace, Kind.REFORM_QUESTION, Question), key=lambda card: card.created_at))


@dataclass(frozen=True)
class Judged:
    """A registered question with its answer, the p-value corrected for all of them, and the verdict."""

    card: Kept[Question]
    answer: SeriesAnswer | None
    adjusted: float
    verdict: Verdict


def judged(database: ReportingDatabase, registered: tuple[Kept[Question], ...], last: datetime.date) -> tuple[Judged, ...]:
    """Return the verdict on each registered question, corrected for the number of those judged (Benjamini–Hochberg)."""
    seen = [_in_scope(database.scope, card.content) for card in registered]
    answers = [series_answer(database, card.content.study(), last) if known else None for card, known in zip(registered, seen, strict=True)]
    p_values = pd.Series([answer.p_value if answer and answer.estimated else np.nan for answer in answers], dtype="float64")
    if p_values.empty:
        return ()
    table = benjamini_hochberg(p_values, reform_settings().false_discovery)
    return tuple(
        Judged(card, answer, float(adjusted), _verdict(card.content, answer, bool(found)) if known else Verdict.OUTSIDE)
        for card, known, answer, adjusted, found in zip(registered, seen, answers, table["adjusted"], table["rejected"], strict=True)
    )


def _in_scope(scope: Scope, question: Question) -> bool:
    """Tell whether the reader sees all that the question is about: a part of the county answers none about the county or its others."""
    of_one = question.community is not None and not question.against_others
    return scope.holds_community(question.community) if of_one else scope.every_row


def _verdict(question: Question, answer: SeriesAnswer | None, found: bool) -> Verdict:
    if answer is None or not answer.estimated:
        return Verdict.TOO_SHORT
    if not found:
        return Verdict.UNSEEN
    return Verdict.CONSISTENT if (answer.last.value > 0) == (question.expected == "up") else Verdict.OPPOSITE
