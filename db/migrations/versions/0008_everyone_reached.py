"""everyone reached: announcements with a file, buttons, a moment; who hears them, who answered

Revision ID: 0008
Revises: 0007
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from alembic import op

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# SQLite makes the table anew: an id is still never used again.
NEVER_AGAIN = {"sqlite_autoincrement": True}
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# What is new in each table, with the value that older rows get.
NEW: dict[str, list[tuple[str, sa.types.TypeEngine[Any], Any]]] = {
    "announcements": [
        ("file", sa.JSON(), "{}"),
        ("buttons", sa.JSON(), "[]"),
        ("wall_at", sa.String(length=16), ""),
        ("every", sa.String(length=5), ""),
        ("shown", sa.JSON(), "{}"),
    ],
    "people": [("hears_announcements", sa.Boolean(), sa.true())],
    "clusters": [("announcements_a_day", ID, "5")],
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
        batch_op.add_column(sa.Column("four_eyes_above", ID, nullable=True))
    with op.batch_alter_table("announcements", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.add_column(sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column("approver_id", ID, nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_announcements_approver_id_people"), "people", ["approver_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.drop_index("ix_announcements_state")
        batch_op.create_index("ix_announcements_state_starts_at", ["state", "starts_at"])
        batch_op.create_index("ix_announcements_cluster_id_started_at", ["cluster_id", "started_at"])
    with op.batch_alter_table("outbox", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_index("ix_outbox_announcement_id_state")
        batch_op.create_index("ix_outbox_announcement_id_state_due_at_id", ["announcement_id", "state", "due_at", "id"])
    op.create_table(
        "announcement_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("announcement_id", ID, nullable=False),
        sa.Column("person_id", ID, nullable=False),
        sa.Column("what", sa.String(length=10), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["announcement_id"],
            ["announcements.id"],
            name=op.f("fk_announcement_answers_announcement_id_announcements"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_announcement_answers_person_id_people"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcement_answers")),
        sa.UniqueConstraint(
            "announcement_id",
            "person_id",
            "what",
            name=op.f("uq_announcement_answers_announcement_id_person_id_what"),
        ),
        sqlite_autoincrement=True,
    )
    op.create_index(op.f("ix_announcement_answers_person_id"), "announcement_answers", ["person_id"])
    _rewrite_audiences(_as_lists)


def downgrade() -> None:
    _rewrite_audiences(_as_words)
    op.drop_table("announcement_answers")
    with op.batch_alter_table("outbox", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_index("ix_outbox_announcement_id_state_due_at_id")
        batch_op.create_index("ix_outbox_announcement_id_state", ["announcement_id", "state"])
    # What the older programme does not know would never end: it has none that wait, are put down or stand still.
    op.execute("UPDATE announcements SET state = 'cancelled' WHERE state IN ('waiting', 'scheduled')")
    op.execute("UPDATE announcements SET state = 'sending' WHERE state = 'paused'")
    op.execute("UPDATE announcements SET state = 'done' WHERE state = 'stopped'")
    with op.batch_alter_table("announcements", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_index("ix_announcements_cluster_id_started_at")
        batch_op.drop_index("ix_announcements_state_starts_at")
        batch_op.create_index("ix_announcements_state", ["state"])
        batch_op.drop_constraint(op.f("fk_announcements_approver_id_people"), type_="foreignkey")
        batch_op.drop_column("approver_id")
        batch_op.drop_column("starts_at")
    with op.batch_alter_table("clusters", schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
        batch_op.drop_column("four_eyes_above")
    for table, columns in NEW.items():
        with op.batch_alter_table(table, schema=None, table_kwargs=NEVER_AGAIN) as batch_op:
            for name, _, _ in columns:
                batch_op.drop_column(name)


def _rewrite_audiences(anew: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
    table = sa.table("announcements", sa.column("id"), sa.column("audience", sa.JSON()))
    connection = op.get_bind()
    for row_id, audience in connection.execute(sa.select(table.c.id, table.c.audience)).all():
        whole = json.loads(audience) if isinstance(audience, str) else audience
        connection.execute(table.update().where(table.c.id == row_id).values(audience=anew(whole)))


def _as_lists(audience: dict[str, Any]) -> dict[str, Any]:
    """{"role": "worker", "country": "all"} becomes {"role": ["worker"], "country": []}."""
    return {key: [] if value == "all" else [value] for key, value in audience.items()}


def _as_words(audience: dict[str, Any]) -> dict[str, Any]:
    known = {key: value for key, value in audience.items() if key in ("role", "country")}
    return {key: value[0] if len(value) == 1 else "all" for key, value in known.items()}
