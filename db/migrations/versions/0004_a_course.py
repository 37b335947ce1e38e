"""a course: questions that come back, cards that look different, awards, days of the week

Revision ID: 0004
Revises: 0003
"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def _id(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False)


def _moment(name: str, *, nullable: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_a_person(table: str) -> sa.ForeignKeyConstraint:
    name = op.f(f"fk_{table}_person_id_people")
    return sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=name, ondelete="CASCADE")


def upgrade() -> None:
    with op.batch_alter_table("lesson_plans", schema=None) as batch_op:
        batch_op.add_column(sa.Column("days", sa.String(length=7), nullable=False, server_default="0123456"))
    with op.batch_alter_table("lesson_plans", schema=None) as batch_op:
        batch_op.alter_column("days", server_default=None)

    op.create_table(
        "lesson_reviews",
        _id("id"),
        _id("person_id"),
        sa.Column("lesson", sa.String(length=36), nullable=False),
        sa.Column("block", sa.String(length=40), nullable=False),
        sa.Column("card", sa.String(length=500), nullable=False),
        _moment("due_at"),
        _moment("asked_at", nullable=True),
        _of_a_person("lesson_reviews"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_reviews")),
        sa.UniqueConstraint("person_id", "lesson", "block", name=op.f("uq_lesson_reviews_person_id_lesson_block")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lesson_reviews", schema=None) as batch_op:
        batch_op.create_index("ix_lesson_reviews_person_id_due_at", ["person_id", "due_at"], unique=False)

    op.create_table(
        "lesson_reports",
        _id("id"),
        _id("person_id"),
        sa.Column("lesson", sa.String(length=36), nullable=False),
        sa.Column("block", sa.String(length=40), nullable=False),
        _moment("at"),
        _moment("settled_at", nullable=True),
        _of_a_person("lesson_reports"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_reports")),
        sa.UniqueConstraint("person_id", "lesson", "block", name=op.f("uq_lesson_reports_person_id_lesson_block")),
        sqlite_autoincrement=True,
    )
    with op.batch_alter_table("lesson_reports", schema=None) as batch_op:
        batch_op.create_index("ix_lesson_reports_lesson_block", ["lesson", "block"], unique=False)

    op.create_table(
        "lesson_awards",
        _id("id"),
        _id("person_id"),
        sa.Column("about", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("language", sa.String(length=5), nullable=False),
        _moment("awarded_at"),
        _of_a_person("lesson_awards"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lesson_awards")),
        sa.UniqueConstraint("person_id", "about", name=op.f("uq_lesson_awards_person_id_about")),
        sa.UniqueConstraint("code", name=op.f("uq_lesson_awards_code")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("lesson_awards")
    op.drop_table("lesson_reports")
    op.drop_table("lesson_reviews")
    with op.batch_alter_table("lesson_plans", schema=None) as batch_op:
        batch_op.drop_column("days")
