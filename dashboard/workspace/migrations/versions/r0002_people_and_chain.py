"""Accounts, grants, tokens, sessions; audit entries with account and address, each chained to the one before, kept 190 days.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later.
"""

import datetime
import hashlib
import json

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_MOMENT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables, chain the entries that are there, and put the triggers that refuse changes."""
    on_server = op.get_context().dialect.name == "postgresql"
    _make_people()
    _make_sessions()
    _widen_audit()
    _unprotect_audit(on_server)
    _chain()
    (_protect_postgresql if on_server else _protect_sqlite)()


def _make_people() -> None:
    op.create_table(
        "account",
        sa.Column("account_id", sa.String(100), nullable=False, comment="账号"),
        sa.Column("name", sa.String(100), nullable=False, comment="姓名：不重复，写在作者处"),
        sa.Column("unit", sa.String(100), nullable=False, server_default="", comment="单位"),
        sa.Column("password_hash", sa.String(200), comment="口令散列：空为不用口令登录"),
        sa.Column("password_is_first", sa.Boolean, nullable=False, comment="是否首次口令：登录后必须更换"),
        sa.Column("password_at", _MOMENT, comment="口令设置时间：UTC"),
        sa.Column("disabled_at", _MOMENT, comment="停用时间：UTC，空为在用"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="建立时间：UTC"),
        sa.Column("created_by", sa.String(100), comment="建立人"),
        sa.PrimaryKeyConstraint("account_id", name="pk_account"),
        comment="账号：人和设备",
    )
    op.create_index("ix_account_name", "account", ["name"], unique=True)
    op.create_table(
        "role_grant",
        sa.Column("grant_id", _SERIAL, nullable=False, comment="序号"),
        sa.Column("account_id", sa.String(100), nullable=False, comment="账号"),
        sa.Column("role", sa.String(32), nullable=False, comment="角色：data/catalogue/roles.yaml"),
        sa.Column("communities", sa.Text, comment="医共体编码：JSON 列表，空为全县"),
        sa.Column("institutions", sa.Text, comment="机构编码：JSON 列表，空为全部机构"),
        sa.Column("sections", sa.Text, comment="敏感栏目：JSON 列表，空为全部"),
        sa.Column("starts_on", sa.Date, nullable=False, comment="自何日起"),
        sa.Column("ends_on", sa.Date, comment="至何日止：含当日，空为不限"),
        sa.Column("reason", sa.Text, nullable=False, comment="理由"),
        sa.Column("asked_by", sa.String(100), comment="发起人账号"),
        sa.Column("asked_at", _MOMENT, nullable=False, comment="发起时间：UTC"),
        sa.Column("needs_second", sa.Boolean, nullable=False, comment="是否须第二人确认"),
        sa.PrimaryKeyConstraint("grant_id", name="pk_role_grant"),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name="fk_role_grant_account_id"),
        comment="授权：只增不改",
    )
    op.create_index("ix_role_grant_account_id", "role_grant", ["account_id"])
    op.create_table(
        "grant_decision",
        sa.Column("decision_id", _SERIAL, nullable=False, comment="序号"),
        sa.Column("grant_id", _SERIAL, nullable=False, comment="授权序号"),
        sa.Column("decision", sa.String(16), nullable=False, comment="决定：confirmed 确认、withdrawn 撤回、revoked 撤销"),
        sa.Column("decided_by", sa.String(100), comment="决定人账号"),
        sa.Column("decided_at", _MOMENT, nullable=False, comment="决定时间：UTC"),
        sa.Column("reason", sa.Text, nullable=False, comment="理由"),
        sa.PrimaryKeyConstraint("decision_id", name="pk_grant_decision"),
        sa.ForeignKeyConstraint(["grant_id"], ["role_grant.grant_id"], name="fk_grant_decision_grant_id"),
        sa.CheckConstraint("decision IN ('confirmed', 'withdrawn', 'revoked')", name=op.f("ck_grant_decision_decision_known")),
        comment="对授权的确认、撤回与撤销：只增不改",
    )
    op.create_index("ix_grant_decision_grant_id", "grant_decision", ["grant_id"])
    op.create_table(
        "access_token",
        sa.Column("token_id", _SERIAL, nullable=False, comment="序号"),
        sa.Column("account_id", sa.String(100), nullable=False, comment="账号"),
        sa.Column("token_hash", sa.String(64), nullable=False, comment="令牌的 SHA-256；令牌本身不保存"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="建立时间：UTC"),
        sa.Column("created_by", sa.String(100), comment="建立人"),
        sa.Column("expires_at", _MOMENT, nullable=False, comment="到期时间：UTC"),
        sa.Column("revoked_at", _MOMENT, comment="撤销时间：UTC"),
        sa.Column("used_at", _MOMENT, comment="最近使用时间：UTC"),
        sa.PrimaryKeyConstraint("token_id", name="pk_access_token"),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name="fk_access_token_account_id"),
        comment="令牌：接口与驾驶舱设备",
    )
    op.create_index("ix_access_token_token_hash", "access_token", ["token_hash"], unique=True)


def _make_sessions() -> None:
    op.create_table(
        "session",
        sa.Column("session_id", sa.String(64), nullable=False, comment="编号：会话凭据的 SHA-256"),
        sa.Column("account_id", sa.String(100), nullable=False, comment="账号"),
        sa.Column("way", sa.String(64), nullable=False, comment="登录方式：local、oidc、proxy、device"),
        sa.Column("token_id", _SERIAL, comment="设备令牌序号"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="登录时间：UTC"),
        sa.Column("seen_at", _MOMENT, nullable=False, comment="最近操作时间：UTC"),
        sa.Column("ends_at", _MOMENT, nullable=False, comment="最迟结束时间：UTC"),
        sa.Column("ended_at", _MOMENT, comment="结束时间：UTC"),
        sa.Column("ending", sa.String(16), comment="怎样结束：out、idle、over、revoked"),
        sa.Column("address", sa.String(64), comment="来源地址"),
        sa.Column("agent", sa.String(200), comment="浏览器"),
        sa.Column("reason", sa.Text, comment="导出理由：一次会话问一次"),
        sa.Column("provider_token", sa.Text, comment="身份提供方的令牌：退出时交还"),
        sa.PrimaryKeyConstraint("session_id", name="pk_session"),
        sa.ForeignKeyConstraint(["account_id"], ["account.account_id"], name="fk_session_account_id"),
        sa.ForeignKeyConstraint(["token_id"], ["access_token.token_id"], name="fk_session_token_id"),
        comment="会话：登录一次一行",
    )
    op.create_index("ix_session_account_id", "session", ["account_id"])
    op.create_table(
        "sign_in_attempt",
        sa.Column("attempt_id", _SERIAL, nullable=False, comment="序号"),
        sa.Column("account", sa.String(100), nullable=False, comment="填写的账号"),
        sa.Column("address", sa.String(64), comment="来源地址"),
        sa.Column("at", _MOMENT, nullable=False, comment="时间：UTC"),
        sa.Column("succeeded", sa.Boolean, nullable=False, comment="是否成功"),
        sa.PrimaryKeyConstraint("attempt_id", name="pk_sign_in_attempt"),
        comment="登录尝试：保留一天，用来暂停猜口令的人",
    )
    op.create_index("ix_sign_in_attempt_account_at", "sign_in_attempt", ["account", "at"])
    op.create_index("ix_sign_in_attempt_at", "sign_in_attempt", ["at"])
    op.create_table(
        "server_secret",
        sa.Column("name", sa.String(32), nullable=False, comment="名称"),
        sa.Column("value", sa.String(100), nullable=False, comment="值：随机生成"),
        sa.Column("created_at", _MOMENT, nullable=False, comment="生成时间：UTC"),
        sa.PrimaryKeyConstraint("name", name="pk_server_secret"),
        comment="本库自用的密钥：会话凭据签名",
    )


def _widen_audit() -> None:
    for column in (
        sa.Column("account", sa.String(100), comment="账号：空为未登录"),
        sa.Column("address", sa.String(64), comment="来源地址"),
        sa.Column("result", sa.String(16), nullable=False, server_default="done", comment="结果：done 完成、refused 被拒绝"),
        sa.Column("previous_hash", sa.String(64), comment="前一条的校验值：首条为空"),
        sa.Column("hash", sa.String(64), comment="校验值：前一条校验值与本条内容的 SHA-256"),
    ):
        op.add_column("audit_entry", column)
    if op.get_context().dialect.name == "postgresql":
        op.execute("COMMENT ON TABLE audit_entry IS '操作记录：只增不改，至少保存 190 天，每条与前一条相连'")


def _unprotect_audit(on_server: bool) -> None:
    for name in ("audit_entry_append_only", "audit_entry_kept") if on_server else ("audit_entry_no_update", "audit_entry_kept"):
        op.execute(f"DROP TRIGGER {name}" + (" ON audit_entry" if on_server else ""))


def _chain() -> None:
    """Give the entries of before their place in the chain, in the order in which they were written."""
    entries = sa.table(
        "audit_entry",
        *(sa.column(name, sa.Text) for name in ("actor", "action", "subject", "details", "app_version", "account", "address", "result")),
        *(sa.column(name, sa.Text) for name in ("previous_hash", "hash")),
        sa.column("entry_id", sa.BigInteger),
        sa.column("at", _MOMENT),
    )
    connection = op.get_bind()
    previous = ""
    for row in connection.execute(sa.select(entries).order_by(entries.c.entry_id)).mappings().all():
        moment = row["at"].replace(tzinfo=datetime.UTC) if row["at"].tzinfo is None else row["at"].astimezone(datetime.UTC)
        names = ("actor", "action", "subject", "details", "app_version", "account", "address", "result")
        content = {"at": moment.isoformat(timespec="microseconds"), **{name: row[name] for name in names}}
        text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        found = hashlib.sha256(f"{previous}\n{text}".encode()).hexdigest()
        values = {"previous_hash": previous, "hash": found}
        connection.execute(sa.update(entries).where(entries.c.entry_id == row["entry_id"]).values(values))
        previous = found


def _protect_sqlite() -> None:
    for table in ("role_grant", "grant_decision"):
        for act in ("UPDATE", "DELETE"):
            op.execute(f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} BEGIN SELECT RAISE(ABORT, 'append only'); END")
    op.execute("CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'kept'); END")
    op.execute("CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'append only'); END")
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry "
        "WHEN OLD.at >= strftime('%Y-%m-%d %H:%M:%f', 'now', '-190 days') "
        "BEGIN SELECT RAISE(ABORT, 'kept for 190 days'); END"
    )


def _protect_postgresql() -> None:
    refused = {
        "role_grant_append_only": ("UPDATE OR DELETE OR TRUNCATE", "role_grant"),
        "grant_decision_append_only": ("UPDATE OR DELETE OR TRUNCATE", "grant_decision"),
        "account_no_delete": ("DELETE OR TRUNCATE", "account"),
        "audit_entry_append_only": ("UPDATE OR TRUNCATE", "audit_entry"),
    }
    for name, (acts, table) in refused.items():
        op.execute(f"CREATE TRIGGER {name} BEFORE {acts} ON {table} FOR EACH STATEMENT EXECUTE FUNCTION workspace_append_only()")
    op.execute(
        "CREATE TRIGGER audit_entry_kept BEFORE DELETE ON audit_entry FOR EACH ROW "
        "WHEN (OLD.at >= CURRENT_TIMESTAMP - INTERVAL '190 days') EXECUTE FUNCTION workspace_append_only()"
    )
