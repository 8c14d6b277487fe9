"""The tables. Times are epoch seconds (UTC); documents are JSON text, the large ones compressed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy import Text as AnyText

from proxbalance_core.store.documents import storable


class Text(TypeDecorator[str]):
    """Text that others wrote."""

    impl = AnyText
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return None if value is None else storable(value)


metadata = MetaData()
AutoId = BigInteger().with_variant(Integer, "sqlite")  # only INTEGER PRIMARY KEY counts up by itself in SQLite


def _connection(*, primary_key: bool = False) -> Column[str]:
    return Column(
        "connection",
        Text,
        ForeignKey("connections.id", ondelete="CASCADE"),
        primary_key=primary_key,
        nullable=False,
    )


connections = Table(
    "connections", metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("options", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)  # fmt: skip

# What was chosen for the whole app, and not for one cluster.
preferences = Table(
    "preferences", metadata,
    Column("key", Text, primary_key=True),
    Column("value", Text, nullable=False),
)  # fmt: skip

# A guest keeps its id when it moves: history follows the guest. ``name`` is a node's name or a guest's vmid.
entities = Table(
    "entities", metadata,
    Column("id", Integer, primary_key=True),
    _connection(),
    Column("kind", Text, nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("connection", "kind", "name", name="entities_known_as"),
)  # fmt: skip

# Up to where samples have been rolled up; set back when older ones arrive.
rollup_marks = Table(
    "rollup_marks", metadata,
    _connection(primary_key=True),
    Column("hour_ts", BigInteger, nullable=False),
    Column("day_ts", BigInteger, nullable=False),
)  # fmt: skip


# All samples, hours (``span_s`` 3600) or days of one kind and time in one row, packed: see ``store.rounds``.
rounds = Table(
    "rounds", metadata,
    _connection(primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("span_s", Integer, primary_key=True, autoincrement=False),
    Column("ts", BigInteger, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip

generations = Table(
    "generations", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    _connection(),
    Column("at", BigInteger, nullable=False),
    Column("engine_seconds", Float),
    Column("cluster_health", Float),
    Column("predicted_health", Float),
    Column("imbalance", Float),
    Column("strain", Float),
    Column("recommendation_count", Integer, nullable=False),
    Column("skipped_count", Integer, nullable=False),
    Column("urgency", Text),
    Column("advice", Text),
    Column("brief", LargeBinary, nullable=False),
    Index("generations_by_time", "connection", "at"),
)  # fmt: skip


def _generation() -> Column[int]:
    return Column("generation", AutoId, ForeignKey("generations.id", ondelete="CASCADE"), primary_key=True)


generation_bodies = Table(
    "generation_bodies", metadata,
    _generation(),
    Column("snapshot", LargeBinary, nullable=False),
    Column("settings", LargeBinary, nullable=False),
    Column("assessment", LargeBinary, nullable=False),
)  # fmt: skip

node_scores = Table(
    "node_scores", metadata,
    _generation(),
    Column("node", Text, primary_key=True),
    Column("score", Float),
    Column("suitability", Float),
    Column("cpu_pct", Float),
    Column("mem_pct", Float),
    Column("iowait_pct", Float),
    Column("guest_count", Integer),
)  # fmt: skip

settings_history = Table(
    "settings_history", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    _connection(),
    Column("at", BigInteger, nullable=False),
    Column("who", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Index("settings_history_by_connection", "connection", "id"),
)  # fmt: skip

inventories = Table(
    "inventories", metadata,
    _connection(primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("inventory", LargeBinary, nullable=False),
)  # fmt: skip

mutes = Table(
    "mutes", metadata,
    _connection(primary_key=True),
    Column("vmid", Integer, primary_key=True, autoincrement=False),
    Column("until", BigInteger, nullable=False),
)  # fmt: skip

maintenance = Table(
    "maintenance", metadata,
    _connection(primary_key=True),
    Column("node", Text, primary_key=True),
)  # fmt: skip

migrations = Table(
    "migrations", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    _connection(),
    Column("at", BigInteger, nullable=False),
    Column("vmid", Integer, nullable=False),
    Column("source", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("detail", Text),
    UniqueConstraint("connection", "vmid", "at", name="migrations_once"),
)  # fmt: skip

# One row for each migration: the rest of it is in its document.
move_outcomes = Table(
    "move_outcomes", metadata,
    Column("migration", AutoId, ForeignKey("migrations.id", ondelete="CASCADE"), primary_key=True),
    _connection(),
    Column("at", BigInteger, nullable=False),
    Column("vmid", Integer, nullable=False),
    Column("closed", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("document", Text, nullable=False),
    Index("move_outcomes_by_time", "connection", "at"),
)  # fmt: skip

# How long each recommendation stood, from the first assessment that had it to the last.
advice = Table(
    "advice", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    _connection(),
    Column("recommendation", Text, nullable=False),
    Column("vmid", Integer, nullable=False),
    Column("first_at", BigInteger, nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger),
    Column("document", Text, nullable=False),
    Index("advice_by_time", "connection", "last_at"),
)  # fmt: skip

feedback = Table(
    "feedback", metadata,
    _connection(primary_key=True),
    Column("recommendation", Text, primary_key=True),
    Column("at", BigInteger, nullable=False),
    Column("vmid", Integer, nullable=False),
    Column("document", Text, nullable=False),
)  # fmt: skip

events = Table(
    "events", metadata,
    Column("id", AutoId, primary_key=True, autoincrement=True),
    _connection(),
    Column("at", BigInteger, nullable=False),
    Column("event", Text, nullable=False),
    Column("payload", Text, nullable=False),
    Index("events_by_time", "connection", "at"),
)  # fmt: skip

storage_levels = Table(
    "storage_levels", metadata,
    _connection(primary_key=True),
    Column("storage", Text, primary_key=True),
    Column("node", Text, primary_key=True),
    Column("ts", BigInteger, primary_key=True),
    Column("used_bytes", Float, nullable=False),
    Column("total_bytes", Float, nullable=False),
)  # fmt: skip

shadows = Table(
    "shadows", metadata,
    _connection(primary_key=True),
    Column("name", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("began", BigInteger, nullable=False),
)  # fmt: skip

shadow_rounds = Table(
    "shadow_rounds", metadata,
    _connection(primary_key=True),
    Column("at", BigInteger, primary_key=True, autoincrement=False),
    Column("ours", Text, nullable=False),
    Column("theirs", Text, nullable=False),
)  # fmt: skip

notice_targets = Table(
    "notice_targets", metadata,
    Column("id", Text, primary_key=True),
    Column("seen", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)  # fmt: skip

deliveries = Table(
    "deliveries", metadata,
    Column("key", Text, primary_key=True),
    Column("target", Text, ForeignKey("notice_targets.id", ondelete="CASCADE"), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("deliveries_by_state", "state", "due_at"),
)  # fmt: skip

# Who may ask the HTTP API; of a token's secret only the digest is kept.
api_tokens = Table(
    "api_tokens", metadata,
    Column("id", Text, primary_key=True),
    Column("title", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("last_used_at", BigInteger),
    Column("revoked_at", BigInteger),
)  # fmt: skip

collector_status = Table(
    "collector_status", metadata,
    _connection(primary_key=True),
    Column("last_attempt", BigInteger),
    Column("last_success", BigInteger),
    Column("last_error", Text),
    Column("error_kind", Text),
    Column("consecutive_failures", Integer, nullable=False),
    Column("rounds", Integer, nullable=False),
)  # fmt: skip
