"""The workspace database as declared SQLAlchemy Core tables.

The migrations make it (``migrations/versions``); a test compares the two. Versions, grants, decisions about them, approvals of data and
audit entries are only ever added: triggers of the database refuse changes (see the migrations). All times are UTC.
"""

import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
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

_OF_COUNTY = "县(市、区)编码：空为只有一个县时写的，或全市共用"
_SERIAL = BigInteger().with_variant(Integer, "sqlite")

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
    Column("owner", String(100), comment="所有人账号：空为未登录"),
    Column("audience", String(16), nullable=False, server_default="county", comment="谁能看：own 本人、community 同一医共体、county 全县"),
    Column("communities", Text, comment="所有人的医共体编码：JSON 列表，空为全县"),
    Column("county_code", String(64), comment=_OF_COUNTY),
    CheckConstraint("audience IN ('own', 'community', 'county')", name="audience_known"),
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
    Column("account", String(100), comment="账号：空为未登录"),
    Column("address", String(64), comment="来源地址"),
    Column("result", String(16), nullable=False, server_default="done", comment="结果：done 完成、refused 被拒绝"),
    Column("previous_hash", String(64), comment="前一条的校验值：首条为空"),
    Column("hash", String(64), comment="校验值：前一条校验值与本条内容的 SHA-256"),
    Index(None, "at"),
    comment="操作记录：只增不改，至少保存 190 天，每条与前一条相连",
)

account = Table(
    "account",
    metadata,
    Column("account_id", String(100), primary_key=True, comment="账号"),
    Column("name", String(100), nullable=False, comment="姓名：不重复，写在作者处"),
    Column("unit", String(100), nullable=False, server_default="", comment="单位"),
    Column("password_hash", String(200), comment="口令散列：空为不用口令登录"),
    Column("password_is_first", Boolean, nullable=False, comment="是否首次口令：登录后必须更换"),
    Column("password_at", UtcDateTime, comment="口令设置时间：UTC"),
    Column("disabled_at", UtcDateTime, comment="停用时间：UTC，空为在用"),
    Column("created_at", UtcDateTime, nullable=False, comment="建立时间：UTC"),
    Column("created_by", String(100), comment="建立人"),
    Index(None, "name", unique=True),
    comment="账号：人和设备",
)

role_grant = Table(
    "role_grant",
    metadata,
    Column("grant_id", _SERIAL, primary_key=True, comment="序号"),
    Column("account_id", String(100), ForeignKey("account.account_id"), nullable=False, comment="账号"),
    Column("role", String(32), nullable=False, comment="角色：data/catalogue/roles.yaml"),
    Column("communities", Text, comment="医共体编码：JSON 列表，空为全县"),
    Column("institutions", Text, comment="机构编码：JSON 列表，空为全部机构"),
    Column("sections", Text, comment="敏感栏目：JSON 列表，空为全部"),
    Column("starts_on", Date, nullable=False, comment="自何日起"),
    Column("ends_on", Date, comment="至何日止：含当日，空为不限"),
    Column("reason", Text, nullable=False, comment="理由"),
    Column("asked_by", String(100), comment="发起人账号"),
    Column("asked_at", UtcDateTime, nullable=False, comment="发起时间：UTC"),
    Column("needs_second", Boolean, nullable=False, comment="是否须第二人确认"),
    Index(None, "account_id"),
    comment="授权：只增不改",
)

grant_decision = Table(
    "grant_decision",
    metadata,
    Column("decision_id", _SERIAL, primary_key=True, comment="序号"),
    Column("grant_id", _SERIAL, ForeignKey("role_grant.grant_id"), nullable=False, comment="授权序号"),
    Column("decision", String(16), nullable=False, comment="决定：confirmed 确认、withdrawn 撤回、revoked 撤销"),
    Column("decided_by", String(100), comment="决定人账号"),
    Column("decided_at", UtcDateTime, nullable=False, comment="决定时间：UTC"),
    Column("reason", Text, nullable=False, comment="理由"),
    CheckConstraint("decision IN ('confirmed', 'withdrawn', 'revoked')", name="decision_known"),
    Index(None, "grant_id"),
    comment="对授权的确认、撤回与撤销：只增不改",
)

access_token = Table(
    "access_token",
    metadata,
    Column("token_id", _SERIAL, primary_key=True, comment="序号"),
    Column("account_id", String(100), ForeignKey("account.account_id"), nullable=False, comment="账号"),
    Column("token_hash", String(64), nullable=False, comment="令牌的 SHA-256；令牌本身不保存"),
    Column("created_at", UtcDateTime, nullable=False, comment="建立时间：UTC"),
    Column("created_by", String(100), comment="建立人"),
    Column("expires_at", UtcDateTime, nullable=False, comment="到期时间：UTC"),
    Column("revoked_at", UtcDateTime, comment="撤销时间：UTC"),
    Column("used_at", UtcDateTime, comment="最近使用时间：UTC"),
    Index(None, "token_hash", unique=True),
    comment="令牌：接口与驾驶舱设备",
)

session = Table(
    "session",
    metadata,
    Column("session_id", String(64), primary_key=True, comment="编号：会话凭据的 SHA-256"),
    Column("account_id", String(100), ForeignKey("account.account_id"), nullable=False, comment="账号"),
    Column("way", String(64), nullable=False, comment="登录方式：local、oidc、proxy、device"),
    Column("token_id", _SERIAL, ForeignKey("access_token.token_id"), comment="设备令牌序号"),
    Column("created_at", UtcDateTime, nullable=False, comment="登录时间：UTC"),
    Column("seen_at", UtcDateTime, nullable=False, comment="最近操作时间：UTC"),
    Column("ends_at", UtcDateTime, nullable=False, comment="最迟结束时间：UTC"),
    Column("ended_at", UtcDateTime, comment="结束时间：UTC"),
    Column("ending", String(16), comment="怎样结束：out、idle、over、revoked"),
    Column("address", String(64), comment="来源地址"),
    Column("agent", String(200), comment="浏览器"),
    Column("reason", Text, comment="导出理由：一次会话问一次"),
    Column("provider_token", Text, comment="身份提供方的令牌：退出时交还"),
    Index(None, "account_id"),
    comment="会话：登录一次一行",
)

sign_in_attempt = Table(
    "sign_in_attempt",
    metadata,
    Column("attempt_id", _SERIAL, primary_key=True, comment="序号"),
    Column("account", String(100), nullable=False, comment="填写的账号"),
    Column("address", String(64), comment="来源地址"),
    Column("at", UtcDateTime, nullable=False, comment="时间：UTC"),
    Column("succeeded", Boolean, nullable=False, comment="是否成功"),
    Index(None, "account", "at"),
    Index(None, "at"),
    comment="登录尝试：保留一天，用来暂停猜口令的人",
)

server_secret = Table(
    "server_secret",
    metadata,
    Column("name", String(32), primary_key=True, comment="名称"),
    Column("value", String(100), nullable=False, comment="值：随机生成"),
    Column("created_at", UtcDateTime, nullable=False, comment="生成时间：UTC"),
    comment="本库自用的密钥：会话凭据签名",
)

report_delivery = Table(
    "report_delivery",
    metadata,
    Column("subscription_id", String(64), ForeignKey("document.document_id"), nullable=False, comment="订阅编号"),
    Column("period", String(32), nullable=False, comment="期间，例如 month:2026-06"),
    Column("data_version", BigInteger, nullable=False, comment="数据版本：报表数据库的载入批次"),
    Column("state", String(16), nullable=False, comment="状态：running 进行中、sent 已发出、held 不发并已说明、failed 出错待重试"),
    Column("at", UtcDateTime, nullable=False, comment="状态的时间：UTC"),
    PrimaryKeyConstraint("subscription_id", "period", "data_version"),
    CheckConstraint("state IN ('running', 'sent', 'held', 'failed')", name="state_known"),
    comment="定时报告的发送：每个订阅、期间、数据版本一行",
)

report_turn = Table(
    "report_turn",
    metadata,
    Column("name", String(32), primary_key=True, comment="名称"),
    Column("holder", String(64), nullable=False, comment="正在运行的一次：随机编号"),
    Column("ends_at", UtcDateTime, nullable=False, comment="最迟结束时间：UTC，过后别人可接手"),
    comment="定时报告同时只运行一次",
)

data_approval = Table(
    "data_approval",
    metadata,
    Column("approval_id", _SERIAL, primary_key=True, comment="序号"),
    Column("month", Date, nullable=False, comment="月份：当月第一天"),
    Column("tier", String(16), nullable=False, comment="层级：institution 机构、community 医共体、county 县"),
    Column("unit", String(64), nullable=False, comment="单位编码：县为 county"),
    Column("act", String(16), nullable=False, comment="动作：approved 审定、accepted 接受、returned 退回、withdrawn 撤销、unlocked 解锁"),
    Column("data_version", BigInteger, nullable=False, comment="数据版本：审定时报表数据库的载入批次"),
    Column("reason", Text, nullable=False, comment="理由"),
    Column("actor", String(100), comment="姓名：空为未登录"),
    Column("account", String(100), comment="账号：空为未登录"),
    Column("at", UtcDateTime, nullable=False, comment="时间：UTC"),
    Column("county_code", String(64), comment=_OF_COUNTY),
    CheckConstraint("tier IN ('institution', 'community', 'county')", name="tier_known"),
    CheckConstraint("act IN ('approved', 'accepted', 'returned', 'withdrawn', 'unlocked')", name="act_known"),
    Index(None, "month", "tier", "unit"),
    comment="数据的审定、撤销与解锁：只增不改",
)
