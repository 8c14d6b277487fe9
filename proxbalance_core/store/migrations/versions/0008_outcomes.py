"""What migrations did, how long recommendations stood, and what was said of them.

Nothing wrote to the old table of outcomes: what is known of a migration stands in one row now.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"

AUTO_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.drop_table("outcomes")
    _move_outcomes()
    _advice()
    _feedback()


def _move_outcomes() -> None:
    op.create_table(
        "move_outcomes",
        sa.Column("migration", AUTO_ID, nullable=False),
        _connection(),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("vmid", sa.Integer(), nullable=False),
        sa.Column("closed", sa.Integer(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["migration"], ["migrations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("migration"),
    )
    op.create_index("move_outcomes_by_time", "move_outcomes", ["connection", "at"])


def _advice() -> None:
    op.create_table(
        "advice",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        _connection(),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("vmid", sa.Integer(), nullable=False),
        sa.Column("first_at", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("advice_by_time", "advice", ["connection", "last_at"])


def _feedback() -> None:
    op.create_table(
        "feedback",
        _connection(),
        sa.Column("recommendation", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("vmid", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection", "recommendation"),
    )


def _connection() -> sa.Column[str]:
    return sa.Column("connection", sa.Text(), nullable=False)
