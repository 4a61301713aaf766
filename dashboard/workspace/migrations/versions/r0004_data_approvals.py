"""Who has approved which month of the data, only ever added to.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_MOMENT = sa.DateTime(timezone=True)
_SERIAL = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the table and put the triggers that refuse changes."""
    op.create_table(
        "data_approval",
        sa.Column("approval_id", _SERIAL, nullable=False, comment="序号"),
        sa.Column("month", sa.Date, nullable=False, comment="月份：当月第一天"),
        sa.Column("tier", sa.String(16), nullable=False, comment="层级：institution 机构、community 医共体、county 县"),
        sa.Column("unit", sa.String(64), nullable=False, comment="单位编码：县为 county"),
        sa.Column(
            "act", sa.String(16), nullable=False, comment="动作：approved 审定、accepted 接受、returned 退回、withdrawn 撤销、unlocked 解锁"
        ),
        sa.Column("data_version", sa.BigInteger, nullable=False, comment="数据版本：审定时报表数据库的载入批次"),
        sa.Column("reason", sa.Text, nullable=False, comment="理由"),
        sa.Column("actor", sa.String(100), comment="姓名：空为未登录"),
        sa.Column("account", sa.String(100), comment="账号：空为未登录"),
        sa.Column("at", _MOMENT, nullable=False, comment="时间：UTC"),
        sa.PrimaryKeyConstraint("approval_id", name="pk_data_approval"),
        sa.CheckConstraint("tier IN ('institution', 'community', 'county')", name=op.f("ck_data_approval_tier_known")),
        sa.CheckConstraint("act IN ('approved', 'accepted', 'returned', 'withdrawn', 'unlocked')", name=op.f("ck_data_approval_act_known")),
        comment="数据的审定、撤销与解锁：只增不改",
    )
    op.create_index("ix_data_approval_month_tier_unit", "data_approval", ["month", "tier", "unit"])
    if op.get_context().dialect.name == "postgresql":
        op.execute(
            "CREATE TRIGGER data_approval_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON data_approval "
            "FOR EACH STATEMENT EXECUTE FUNCTION workspace_append_only()"
        )
        return
    for act in ("UPDATE", "DELETE"):
        op.execute(
            f"CREATE TRIGGER data_approval_no_{act.lower()} BEFORE {act} ON data_approval BEGIN SELECT RAISE(ABORT, 'append only'); END"
        )
