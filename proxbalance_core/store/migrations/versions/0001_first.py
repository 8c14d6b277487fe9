"""Connections, generations, settings, what was decided and observed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

AUTO_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _connections()
    _collector_status()
    _events()
    _generations()
    _inventories()
    _maintenance()
    _migrations()
    _mutes()
    _outcomes()
    _settings_history()
    _generation_bodies()
    _node_scores()


def _connections() -> None:
    op.create_table(
        "connections",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("options", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )


def _collector_status() -> None:
    op.create_table(
        "collector_status",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("last_attempt", sa.BigInteger(), nullable=True),
        sa.Column("last_success", sa.BigInteger(), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("error_kind", sa.Text(), nullable=True),
        sa.Column("consecutive_failures", sa.Integer(), nullable=False),
        sa.Column("rounds", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("events_by_time", "events", ["connection", "at"], unique=False)


def _generations() -> None:
    op.create_table(
        "generations",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("engine_seconds", sa.Float(), nullable=True),
        sa.Column("cluster_health", sa.Float(), nullable=True),
        sa.Column("predicted_health", sa.Float(), nullable=True),
        sa.Column("imbalance", sa.Float(), nullable=True),
        sa.Column("strain", sa.Float(), nullable=True),
        sa.Column("recommendation_count", sa.Integer(), nullable=False),
        sa.Column("skipped_count", sa.Integer(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=True),
        sa.Column("advice", sa.Text(), nullable=True),
        sa.Column("brief", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("generations_by_time", "generations", ["connection", "at"], unique=False)


def _inventories() -> None:
    op.create_table(
        "inventories",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("inventory", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection"),
    )


def _maintenance() -> None:
    op.create_table(
        "maintenance",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection", "node"),
    )


def _migrations() -> None:
    op.create_table(
        "migrations",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("vmid", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "vmid", "at", name="migrations_once"),
    )


def _mutes() -> None:
    op.create_table(
        "mutes",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("vmid", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection", "vmid"),
    )


def _outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("vmid", sa.Integer(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("predicted_points", sa.Float(), nullable=False),
        sa.Column("realised_points", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "vmid", "at", name="outcomes_once"),
    )


def _settings_history() -> None:
    op.create_table(
        "settings_history",
        sa.Column("id", AUTO_ID, autoincrement=True, nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("settings_history_by_connection", "settings_history", ["connection", "id"], unique=False)


def _generation_bodies() -> None:
    op.create_table(
        "generation_bodies",
        sa.Column("generation", AUTO_ID, nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("settings", sa.LargeBinary(), nullable=False),
        sa.Column("assessment", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("generation"),
    )


def _node_scores() -> None:
    op.create_table(
        "node_scores",
        sa.Column("generation", AUTO_ID, nullable=False),
        sa.Column("node", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("suitability", sa.Float(), nullable=True),
        sa.Column("cpu_pct", sa.Float(), nullable=True),
        sa.Column("mem_pct", sa.Float(), nullable=True),
        sa.Column("iowait_pct", sa.Float(), nullable=True),
        sa.Column("guest_count", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(["generation"], ["generations.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("generation", "node"),
    )
