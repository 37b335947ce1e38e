"""meetings kept and proven: a place, who called off and why, what both say of it, a calendar address of one's own

Revision ID: 0006
Revises: 0005
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# SQLite makes the table anew: an id is still never used again.
NEVER_AGAIN = {"sqlite_autoincrement": True}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What is new in each table, with the value that older rows get.
NEW: dict[str, list[tuple[str, sa.types.TypeEngine[Any], Any]]] = {
    "meetings": [
        ("place", sa.String(length=200), ""),
        ("called_off_why", sa.String(length=10), ""),
        ("called_off_late", sa.Boolean(), sa.false()),
    ],
    "meeting_feedback": [
        ("practised", sa.JSON(), "[]"),
        ("may_be_quoted", sa.Boolean(), sa.false()),
    ],
}


def upgrade() -> None:
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, kind, old in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=old))
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, _, _ in columns:
                batch_op.alter_column(name, server_default=None)
    with op.batch_alter_table("meetings", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.add_column(sa.Column("called_off_by", ID, nullable=True))
        batch_op.add_column(sa.Column("settled_by", ID, nullable=True))
        batch_op.add_column(sa.Column("minutes", ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_meetings_called_off_by_people"), "people", ["called_off_by"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_foreign_key(
            op.f("fk_meetings_settled_by_people"), "people", ["settled_by"], ["id"], ondelete="SET NULL"
        )
    with op.batch_alter_table("meeting_feedback", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.add_column(sa.Column("minutes", ID, nullable=True))
    op.create_table(
        "meeting_feeds",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_meeting_feeds_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_meeting_feeds")),
        sa.UniqueConstraint("person_id", name=op.f("uq_meeting_feeds_person_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_meeting_feeds_token_hash")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("meeting_feeds")
    with op.batch_alter_table("meeting_feedback", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_column("minutes")
    with op.batch_alter_table("meetings", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_constraint(op.f("fk_meetings_settled_by_people"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_meetings_called_off_by_people"), type_="foreignkey")
        for name in ("minutes", "settled_by", "called_off_by"):
            batch_op.drop_column(name)
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, _, _ in reversed(columns):
                batch_op.drop_column(name)
