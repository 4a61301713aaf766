"""Which county a document and an approval are of. What was there before names none: it is the only county's, or the first one's.

Written out in full: a migration says what a database became then, whatever ``schema.py`` says later. Columns are added in place, so that
the triggers that refuse changes stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    for table in ("document", "data_approval"):
        comment = "县(市、区)编码：空为只有一个县时写的，或全市共用"
        op.add_column(table, sa.Column("county_code", sa.String(64), comment=comment))
