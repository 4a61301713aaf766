"""What became of scheduled reports, and whose turn it is to make them.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Make the two tables."""
    op.create_table(
        "report_delivery",
        sa.Column("subscription_id", sa.String(64), nullable=False, comment="订阅编号"),
        sa.Column("period", sa.String(32), nullable=False, comment="期间，例如 month:2026-06"),
        sa.Column("data_version", sa.BigInteger, nullable=False, comment="数据版本：报表数据库的载入批次"),
        sa.Column(
            "state", sa.String(16), nullable=False, comment="状态：running 进行中、sent 已发出、held 不发并已说明、failed 出错待重试"
        ),
        sa.Column("at", _MOMENT, nullable=False, comment="状态的时间：UTC"),
        sa.PrimaryKeyConstraint("subscription_id", "period", "data_version", name="pk_report_delivery"),
        sa.ForeignKeyConstraint(["subscription_id"], ["document.document_id"], name="fk_report_delivery_subscription_id"),
        sa.CheckConstraint("state IN ('running', 'sent', 'held', 'failed')", name=op.f("ck_report_delivery_state_known")),
        comment="定时报告的发送：每个订阅、期间、数据版本一行",
    )
    op.create_table(
        "report_turn",
        sa.Column("name", sa.String(32), nullable=False, comment="名称"),
        sa.Column("holder", sa.String(64), nullable=False, comment="正在运行的一次：随机编号"),
        sa.Column("ends_at", _MOMENT, nullable=False, comment="最迟结束时间：UTC，过后别人可接手"),
        sa.PrimaryKeyConstraint("name", name="pk_report_turn"),
        comment="定时报告同时只运行一次",
    )
