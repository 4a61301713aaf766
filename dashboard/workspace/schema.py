"""The workspace database as declared SQLAlchemy Core tables.

The migrations make it (``migrations/versions``); a test compares the two. Versions and audit entries are only ever added: triggers
of the database refuse changes (see the first migration). All times are UTC.
"""

import datetime

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    }
)

VERSION_TABLE = "workspace_revision"
"""Alembic's table; a name of its own, so that a server database may be shared with other programs."""


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """A moment: goes in with a zone, is stored in UTC, comes out with the zone UTC on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Return ``value`` in UTC; SQLite stores it without a zone."""
        if value is None:
            return None
        moment = value.astimezone(datetime.UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Return ``value`` with the zone UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)


document = Table(
    "document",
    metadata,
    Column("document_id", String(64), primary_key=True, comment="编号"),
    Column("kind", String(32), nullable=False, comment="种类：推演方案、评分方案、评价结果、会议议程、会议决定、批注、设置等"),
    Column("name", String(200), nullable=False, comment="名称"),
    Column("created_at", UtcDateTime, nullable=False, comment="建立时间：UTC"),
    Column("archived_at", UtcDateTime, comment="归档时间：UTC，空为在用；归档不删除"),
    Column("copied_document_id", String(64), comment="复制来源编号"),
    Column("copied_version", Integer, comment="复制来源版本"),
    Index(None, "kind"),
    comment="文档：人写的每一份内容",
)

document_version = Table(
    "document_version",
    metadata,
    Column("document_id", String(64), ForeignKey("document.document_id"), nullable=False, comment="编号"),
    Column("version", Integer, nullable=False, comment="版本：从 1 起"),
    Column("based_on", Integer, nullable=False, comment="所据版本：保存者看到的版本，首版为 0"),
    Column("content", Text, nullable=False, comment="内容：JSON 对象"),
    Column("checksum", String(64), nullable=False, comment="校验值：内容的 SHA-256"),
    Column("status", String(16), nullable=False, comment="状态：draft 草稿、approved 已批准、frozen 已冻结"),
    Column("period", String(32), comment="期间：冻结版适用的期间"),
    Column("author", String(100), comment="作者：空为未登录"),
    Column("reason", Text, nullable=False, comment="理由"),
    Column("data_version", BigInteger, comment="数据版本：报表数据库的载入批次"),
    Column("app_version", String(32), nullable=False, comment="程序版本"),
    Column("created_at", UtcDateTime, nullable=False, comment="保存时间：UTC"),
    PrimaryKeyConstraint("document_id", "version"),
    CheckConstraint("version >= 1", name="version_positive"),
    CheckConstraint("status IN ('draft', 'approved', 'frozen')", name="status_known"),
    CheckConstraint("status <> 'frozen' OR period IS NOT NULL", name="frozen_has_period"),
    Index(None, "status", "period"),
    comment="文档版本：只增不改",
)

audit_entry = Table(
    "audit_entry",
    metadata,
    Column("entry_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, comment="序号"),
    Column("at", UtcDateTime, nullable=False, comment="时间：UTC"),
    Column("actor", String(100), comment="操作人：空为未登录"),
    Column("action", String(32), nullable=False, comment="操作：新建、保存、批准、冻结、导出、载入等"),
    Column("subject", String(300), nullable=False, comment="对象：文档编号、页面、数据包或文件名"),
    Column("details", Text, nullable=False, comment="细节：JSON 对象"),
    Column("app_version", String(32), nullable=False, comment="程序版本"),
    Index(None, "at"),
    comment="操作记录：只增不改，至少保存 180 天",
)
