"""the best pairs: how people would meet, rounds by the clock, what becomes of a pair, what it writes to each other

Revision ID: 0005
Revises: 0004
"""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0005"
down_revision: str | None = "0004"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NEVER_AGAIN = {"sqlite_autoincrement": True}  # no id is used twice; a table made anew has to be told again


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


# What is new in each table, with the value that older rows get.
NEW: dict[str, list[tuple[str, sa.types.TypeEngine[Any], Any]]] = {
    "people": [
        ("travel_km", ID, "25"),
        ("remote", sa.Boolean(), sa.true()),
        ("places", ID, "2"),
        ("prefers", sa.JSON(), "[]"),
    ],
    "clusters": [
        ("exchange", sa.Boolean(), sa.false()),
        ("approval", sa.Boolean(), sa.false()),
        ("rounds", sa.String(length=40), ""),
    ],
    "rounds": [("figures", sa.JSON(), "{}")],
    "matches": [("trainer_why", sa.String(length=10), ""), ("worker_why", sa.String(length=10), "")],
}


def upgrade() -> None:
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, kind, old in columns:
                batch_op.add_column(sa.Column(name, kind, nullable=False, server_default=old))
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, _, _ in columns:
                batch_op.alter_column(name, server_default=None)
    with op.batch_alter_table("clusters", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.add_column(_moment("next_round_at", nullable=True))
    with op.batch_alter_table("matches", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.alter_column("round_id", existing_type=ID, nullable=True)
        batch_op.add_column(sa.Column("cluster_id", ID, nullable=True))
        batch_op.add_column(sa.Column("by", ID, nullable=True))
        batch_op.add_column(_moment("nudged_at", nullable=True))
        batch_op.add_column(_moment("active_at", nullable=True))
        batch_op.add_column(_moment("follow_at", nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_matches_cluster_id_clusters"), "clusters", ["cluster_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_foreign_key(op.f("fk_matches_by_people"), "people", ["by"], ["id"], ondelete="SET NULL")
        batch_op.create_index("ix_matches_state_active_at", ["state", "active_at"], unique=False)
        batch_op.create_index("ix_matches_cluster_id_state", ["cluster_id", "state"], unique=False)
        batch_op.create_index("ix_matches_follow_at", ["follow_at"], unique=False)
    op.execute(
        "UPDATE matches SET active_at = decided_at, "
        "cluster_id = (SELECT cluster_id FROM rounds WHERE rounds.id = matches.round_id)"
    )

    op.create_table(
        "match_rests",
        sa.Column("id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("by", ID, nullable=True),
        _moment("at"),
        _moment("until", nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_match_rests_person_id_people"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["by"], ["people.id"], name=op.f("fk_match_rests_by_people"), ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_rests")),
        sa.UniqueConstraint("person_id", name=op.f("uq_match_rests_person_id")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "match_messages",
        sa.Column("id", ID, nullable=False),
        sa.Column("match_id", ID, nullable=False),
        sa.Column("writer_id", ID, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        _moment("at"),
        sa.ForeignKeyConstraint(
            ["match_id"], ["matches.id"], name=op.f("fk_match_messages_match_id_matches"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["writer_id"], ["people.id"], name=op.f("fk_match_messages_writer_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_match_messages")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("match_messages", schema=None) as batch_op:
        batch_op.create_index("ix_match_messages_match_id_at", ["match_id", "at"], unique=False)
        batch_op.create_index("ix_match_messages_at", ["at"], unique=False)


def downgrade() -> None:
    op.drop_table("match_messages")
    op.drop_table("match_rests")
    # What only the newer program knows ends in the nearest thing the older one has.
    op.execute("UPDATE matches SET state = 'ended' WHERE state IN ('proposed', 'resting', 'excluded')")
    op.execute(
        "DELETE FROM meeting_slots WHERE meeting_id IN (SELECT id FROM meetings WHERE match_id IN "
        "(SELECT id FROM matches WHERE round_id IS NULL))"
    )
    op.execute("DELETE FROM matches WHERE round_id IS NULL")
    with op.batch_alter_table("matches", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_index("ix_matches_follow_at")
        batch_op.drop_index("ix_matches_cluster_id_state")
        batch_op.drop_index("ix_matches_state_active_at")
        batch_op.drop_constraint(op.f("fk_matches_by_people"), type_="foreignkey")
        batch_op.drop_constraint(op.f("fk_matches_cluster_id_clusters"), type_="foreignkey")
        for name in ("follow_at", "active_at", "nudged_at", "by", "cluster_id"):
            batch_op.drop_column(name)
        batch_op.alter_column("round_id", existing_type=ID, nullable=False)
    with op.batch_alter_table("clusters", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_column("next_round_at")
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, _, _ in reversed(columns):
                batch_op.drop_column(name)
