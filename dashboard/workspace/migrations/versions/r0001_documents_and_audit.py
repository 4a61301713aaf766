"""Documents, their versions and the audit trail, with triggers that keep what is written.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the three tables and the triggers that refuse to change or delete."""
    _make_tables()
    if op.get_context().dialect.name == "postgresql":
        _protect_postgresql()
    else:
        _protect_sqlite()


def _make_tables() -> None:
    op.create_table(
        "document",
        sa.Column("document_id", sa.String(64), nullable=False, comment="编号"),
        sa.Column("kind", sa.String(32), nullable=False, comment="种类：推演方案、评分方案、评价结果、会议议程、会议决定、批注、设置等"),
        sa.Column("name", sa.String(200), nullable=False, comment="名称"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="建立时间：UTC"),
        sa.Column("archived_at", _MOMENT, comment="归档时间：UTC，空为在用；归档不删除"),
        sa.Column("copied_document_id", sa.String(64), comment="复制来源编号"),
        sa.Column("copied_version", sa.Integer, comment="复制来源版本"),
        sa.PrimaryKeyConstraint("document_id", name="pk_document"),
        comment="文档：人写的每一份内容",
    )
    op.create_index("ix_document_kind", "document", ["kind"])
    op.create_table(
        "document_version",
        sa.Column("document_id", sa.String(64), nullable=False, comment="编号"),
        sa.Column("version", sa.Integer, nullable=False, comment="版本：从 1 起"),
        sa.Column("based_on", sa.Integer, nullable=False, comment="所据版本：保存者看到的版本，首版为 0"),
        sa.Column("content", sa.Text, nullable=False, comment="内容：JSON 对象"),
        sa.Column("checksum", sa.String(64), nullable=False, comment="校验值：内容的 SHA-256"),
        sa.Column("status", sa.String(16), nullable=False, comment="状态：draft 草稿、approved 已批准、frozen 已冻结"),
        sa.Column("period", sa.String(32), comment="期间：冻结版适用的期间"),
        sa.Column("author", sa.String(100), comment="作者：空为未登录"),
        sa.Column("reason", sa.Text, nullable=False, comment="理由"),
        sa.Column("data_version", sa.BigInteger, comment="数据版本：报表数据库的载入批次"),
        sa.Column("app_version", sa.String(32), nullable=False, comment="程序版本"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="保存时间：UTC"),
        sa.PrimaryKeyConstraint("document_id", "version", name="pk_document_version"),
        sa.ForeignKeyConstraint(["document_id"], ["document.document_id"], name="fk_document_version_document_id"),
        sa.CheckConstraint("version >= 1", name=op.f("ck_document_version_version_positive")),
        sa.CheckConstraint("status IN ('draft', 'approved', 'frozen')", name=op.f("ck_document_version_status_known")),
        sa.CheckConstraint("status <> 'frozen' OR period IS NOT NULL", name=op.f("ck_document_version_frozen_has_period")),
        comment="文档版本：只增不改",
    )
    op.create_index("ix_document_version_status_period", "document_version", ["status", "period"])
    op.create_table(
        "audit_entry",
        sa.Column("entry_id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False, comment="序号"),
        sa.Column("at", _MOMENT, nullable=False, comment="时间：UTC"),
        sa.Column("actor", sa.String(100), comment="操作人：空为未登录"),
        sa.Column("action", sa.String(32), nullable=False, comment="操作：新建、保存、批准、冻结、导出、载入等"),
        sa.Column("subject", sa.String(300), nullable=False, comment="对象：文档编号、页面、数据包或文件名"),
        sa.Column("details", sa.Text, nullable=False, comment="细节：JSON 对象"),
        sa.Column("app_version", sa.String(32), nullable=False, comment="程序版本"),
        sa.PrimaryKeyConstraint("entry_id", name="pk_audit_entry"),
        comment="操作记录：只增不改，至少保存 180 天",
    )
    op.create_index("ix_audit_entry_at", "audit_entry", ["at"])


def _protect_sqlite() -> None:
    refused = {
        "document_version_no_update": "UPDATE ON document_version",
        "document_version_no_delete": "DELETE ON document_version",
        "document_no_delete": "DELETE ON document",
        "audit_entry_no_update": "UPDATE ON audit_entry",
    }
    for name, act in refused.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {act} BEGIN SELECT RAISE(ABORT, 'append only'); END")
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry "
        "WHEN OLD.at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-180 days') "
        "BEGIN SELECT RAISE(ABORT, 'kept for 180 days'); END"
    )


def _protect_postgresql() -> None:
    op.execute(
        "CREATE FUNCTION workspace_append_only() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'append only: % on %', TG_OP, TG_TABLE_NAME; END $$"
    )
    refused = {
        "document_version_append_only": ("UPDATE OR DELETE OR TRUNCATE", "document_version"),
        "document_no_delete": ("DELETE OR TRUNCATE", "document"),
        "audit_entry_append_only": ("UPDATE OR TRUNCATE", "audit_entry"),
    }
    for name, (acts, table) in refused.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {acts} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION workspace_append_only()")
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry FOR EACH ROW "
        "WHEN (OLD.at >= CURRENT_TIMESTAMP - INTERVAL '180 days') EXECUTE FUNCTION workspace_append_only()"
    )
