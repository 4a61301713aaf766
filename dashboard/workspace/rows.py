"""What is asked of the document tables, and how rows become records: of those only that who acts may read, in the county in view."""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, select

from dashboard.errors import DatabaseError
from dashboard.language import marked
from dashboard.workspace.acting import acting
from dashboard.workspace.audience import communities_in, in_view, readable
from dashboard.workspace.content import checksum
from dashboard.workspace.errors import MissingDocumentError
from dashboard.workspace.records import Audience, Document, Kind, Status, Version, VersionInfo
from dashboard.workspace.schema import document, document_version

_INFO = [
    document_version.c.document_id,
    document.c.kind,
    document.c.name,
    *(document_version.c[name] for name in VersionInfo.__dataclass_fields__ if name not in ("document_id", "kind", "name")),
]
_DOCUMENT = [
    document.c.created_at.label("document_created_at"),
    document.c.archived_at,
    document.c.copied_document_id,
    document.c.copied_version,
]
_WHOSE = [document.c.owner, document.c.audience, document.c.communities, document.c.county_code]
# A kind that a newer program has added is as if it were not there.
_VERSIONS = document.join(document_version, and_(document.c.document_id == document_version.c.document_id, document.c.kind.in_(Kind)))

_OTHER = document_version.alias()
_NEWEST: ColumnElement[bool] = (
    document_version.c.version
    == select(func.max(_OTHER.c.version)).where(_OTHER.c.document_id == document_version.c.document_id).scalar_subquery()
)


def _select(*columns: ColumnElement[Any]) -> Select:
    """Return the select that every reading of documents begins with: versions of the county in view, whose they are, and ``columns``."""
    return select(*_INFO, *_WHOSE, *columns).select_from(_VERSIONS).where(in_view())


def _newest_first(statement: Select) -> Select:
    return statement.order_by(document_version.c.created_at.desc(), document_version.c.document_id)


def _readable(connection: Connection, statement: Select) -> Iterator[RowMapping]:
    """Yield the rows of which who acts may read the document; who that is, is asked once and not for every row."""
    person = acting()
    return (row for row in connection.execute(statement).mappings() if readable(row, person))


def documents(connection: Connection, kind: Kind, *, include_archived: bool) -> tuple[Document, ...]:
    """Return the documents of ``kind``, the last written first."""
    statement = _select(*_DOCUMENT).where(document.c.kind == kind.value, _NEWEST)
    if not include_archived:
        statement = statement.where(document.c.archived_at.is_(None))
    return tuple(_document(row) for row in _readable(connection, _newest_first(statement)))


def one_document(connection: Connection, document_id: str) -> Document:
    """Return one document. Raises ``MissingDocumentError``."""
    statement = _select(*_DOCUMENT).where(document.c.document_id == document_id, _NEWEST)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None or not readable(row, acting()):  # the same words for both: that there is one is not told either
        raise MissingDocumentError
    return _document(row)


def locked_document(connection: Connection, document_id: str) -> Document:
    """Return one document and let nobody else write it before this transaction ends. Raises ``MissingDocumentError``.

    The lock comes in a statement of its own: on PostgreSQL one that waited would still read the versions of before its wait.
    """
    connection.execute(select(document.c.document_id).where(document.c.document_id == document_id).with_for_update())
    return one_document(connection, document_id)


def infos(connection: Connection, document_id: str) -> tuple[VersionInfo, ...]:
    """Return all versions of a document without contents, newest first."""
    statement = _select().where(document.c.document_id == document_id)
    return tuple(_info(row) for row in _readable(connection, statement.order_by(document_version.c.version.desc())))


def one_version(connection: Connection, document_id: str, number: int | None) -> Version:
    """Return version ``number`` of a document, the newest for None. Raises ``MissingDocumentError``."""
    wanted = _NEWEST if number is None else document_version.c.version == number
    statement = _select(document_version.c.content).where(document.c.document_id == document_id, wanted)
    row = connection.execute(statement).mappings().one_or_none()
    if row is None or not readable(row, acting()):  # the same words for both: that there is one is not told either
        raise MissingDocumentError
    return _version(row)


def newest_versions(connection: Connection, kind: Kind, *, include_archived: bool) -> tuple[Version, ...]:
    """Return the newest version of each document of ``kind``, the last written first."""
    statement = _select(document_version.c.content).where(document.c.kind == kind.value, _NEWEST)
    if not include_archived:
        statement = statement.where(document.c.archived_at.is_(None))
    return tuple(_version(row) for row in _readable(connection, _newest_first(statement)))


def frozen_versions(connection: Connection, kind: Kind, period: str) -> tuple[Version, ...]:
    """Return of each document of ``kind`` the newest version frozen for ``period``, the last frozen first."""
    frozen = and_(document_version.c.status == Status.FROZEN.value, document_version.c.period == period)
    last = select(document_version.c.document_id, func.max(document_version.c.version).label("version")).where(frozen)
    newest = last.group_by(document_version.c.document_id).subquery()
    statement = (
        _select(document_version.c.content)
        .join(newest, and_(document_version.c.document_id == newest.c.document_id, document_version.c.version == newest.c.version))
        .where(document.c.kind == kind.value)
    )
    return tuple(_version(row) for row in _readable(connection, _newest_first(statement)))


def _fields(row: RowMapping) -> dict[str, Any]:
    fields = {name: row[name] for name in VersionInfo.__dataclass_fields__}
    return fields | {"kind": Kind(row["kind"]), "status": Status(row["status"])}


def _info(row: RowMapping) -> VersionInfo:
    return VersionInfo(**_fields(row))


def _version(row: RowMapping) -> Version:
    if checksum(row["content"]) != row["checksum"]:
        raise DatabaseError(
            marked("第 {version} 版的内容与保存时的校验值不符，可能在数据库中被改动"),
            marked("请查看其他版本，并让管理员从备份核对"),
            where=row["name"],
            version=row["version"],
        )
    return Version(**_fields(row), content=json.loads(row["content"]))


def _document(row: RowMapping) -> Document:
    source = row["copied_document_id"]
    return Document(
        document_id=row["document_id"],
        kind=Kind(row["kind"]),
        name=row["name"],
        created_at=row["document_created_at"],
        archived_at=row["archived_at"],
        copied_from=None if source is None else (source, row["copied_version"]),
        owner=row["owner"],
        audience=Audience(row["audience"]),
        communities=communities_in(row["communities"]),
        county=row["county_code"],
        newest=_info(row),
    )
