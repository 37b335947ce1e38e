"""on the same day: of a monthly announcement the day of the month that is wanted

Revision ID: 0009
Revises: 0008
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0009"
down_revision: str | None = "0008"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# SQLite makes the table anew: an id is still never used again.
NEVER_AGAIN = {"sqlite_autoincrement": True}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("announcements", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.add_column(sa.Column("day", ID, nullable=False, server_default="0"))
    with op.batch_alter_table("announcements", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.alter_column("day", server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("announcements", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_column("day")
