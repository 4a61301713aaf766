"""Who may read what somebody wrote: owner, audience and the owner's communities of each document. What was there before is the county's.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns."""
    audience = sa.Column(
        "audience", sa.String(16), nullable=False, server_default="county", comment="谁能看：own 本人、community 同一医共体、county 全县"
    )
    with op.batch_alter_table("document") as table:
        table.add_column(sa.Column("owner", sa.String(100), comment="所有人账号：空为未登录"))
        table.add_column(audience)
        table.add_column(sa.Column("communities", sa.Text, comment="所有人的医共体编码：JSON 列表，空为全县"))
        table.create_check_constraint(op.f("ck_document_audience_known"), "audience IN ('own', 'community', 'county')")
