"""Documents kept: written → approved → frozen → published.

A correction is a new version of the same document with its reason, approved and frozen again: the next edition, whose differences to the
one before are worked out from the two documents.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic

from pydantic import JsonValue, ValidationError

from dashboard.language import marked
from dashboard.services.monitoring.watch import Step
from dashboard.services.reports.assessment import Assessment, AssessmentError, Bulletin, Content, document_id
from dashboard.workspace import Kind, MissingDocumentError, Status, Version, VersionInfo, Workspace


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
    saved = workspace.create(kind, name, written, author=author, data_version=version, document_id=document_id(content))
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


# Differences ------------------------------------------------------------


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


def outdated(
    workspace: Workspace, bulletin: Bulletin, known: Mapping[str, Edition[Assessment] | None] | None = None
) -> tuple[datetime.date, ...]:
    """Return the months whose assessment was frozen anew after the bulletin copied it: people decide whether it needs another edition.

    ``known`` are assessments that were read already, by their document; the others are read.
    """
    found, held = [], known or {}
    for source in bulletin.sources:
        name = source.document_id
        edition = held[name] if name in held else read_edition(workspace, Assessment, name)
        newest = next((each.version for each in edition.versions if each.status is Status.FROZEN), 0) if edition else 0
        if newest > source.version:
            found.append(source.month)
    return tuple(found)
