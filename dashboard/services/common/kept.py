"""What people write as documents of one kind: kept in the workspace with who wrote it and when, listed without what cannot be read."""

import datetime
from dataclasses import dataclass
from typing import Generic, TypeVar

from pydantic import BaseModel, ValidationError

from dashboard.workspace import Kind, Version, Workspace
from dashboard.workspace.content import NAME_LIMIT, clean_line

Content = TypeVar("Content", bound=BaseModel)


@dataclass(frozen=True)
class Kept(Generic[Content]):
    """The newest version of a document as it was kept."""

    document_id: str
    version: int
    author: str | None
    created_at: datetime.datetime
    content: Content


def list_kept(workspace: Workspace, kind: Kind, model: type[Content]) -> tuple[Kept[Content], ...]:
    """Return the newest version of every document of ``kind``, the last written first; one that a newer program wrote is left out.

    Raises ``DatabaseError``.
    """
    found = []
    for version in workspace.list_latest(kind):
        try:
            found.append(_kept(version, model.model_validate(version.content)))
        except ValidationError:
            continue
    return tuple(found)


def keep(
    workspace: Workspace,
    kind: Kind,
    name: str,
    content: Content,
    *,
    author: str | None,
    over: Kept[Content] | None = None,
    document_id: str | None = None,
) -> Kept[Content]:
    """Keep ``content`` as a new document called ``name``, or as a new version of ``over``, the one that the writer had on screen.

    Raises:
        ConflictError: somebody kept another version meanwhile; nothing is written.
    """
    written = content.model_dump(mode="json")
    if over is not None:
        return _kept(workspace.save(over.document_id, written, based_on=over.version, author=author), content)
    name = clean_line(name)[:NAME_LIMIT]
    return _kept(workspace.create(kind, name, written, author=author, document_id=document_id), content)


def _kept(version: Version, content: Content) -> Kept[Content]:
    return Kept(version.document_id, version.version, version.author, version.created_at, content)
