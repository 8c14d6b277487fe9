"""Samples, hours and days of one time lie in one row, packed."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter

import numpy as np
import sqlalchemy as sa
from alembic import op

from proxbalance_core.store.metrics import NULL
from proxbalance_core.store.rounds import pack

revision = "0003"
down_revision: str | None = "0002"

# Of each table the columns in the order in which a body has them, and the span of its rows [s].
_NODE_RAW = (
    "entity", "step_s", "cpu_mpct", "cpu_mpct_max", "cpu_given_mcores", "mem_used_kib", "mem_kib", "iowait_mpct",
    "load_1m_milli", "cpu_some_mpct", "mem_full_mpct", "io_full_mpct", "net_in_bps", "net_out_bps",
)  # fmt: skip
_GUEST_RAW = (
    "entity", "step_s", "node", "running", "cpu_used_mcores", "cpu_used_mcores_max", "cpu_given_mcores",
    "mem_used_kib", "mem_kib", "disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps",
)  # fmt: skip
_NODE_ROLLUP = (
    "entity", "step_s", "n", "standing", "cpu_mpct", "cpu_mpct_max", "cpu_mpct_p95", "cpu_given_mcores",
    "mem_used_kib", "mem_used_kib_max", "mem_used_kib_p95", "mem_kib", "iowait_mpct", "iowait_mpct_max",
    "iowait_mpct_p95", "load_1m_milli", "cpu_some_mpct", "cpu_some_mpct_max", "mem_full_mpct", "mem_full_mpct_max",
    "io_full_mpct", "io_full_mpct_max", "net_in_bps", "net_in_bps_max", "net_out_bps", "net_out_bps_max",
)  # fmt: skip
_GUEST_ROLLUP = (
    "entity", "step_s", "n", "standing", "node", "cpu_used_mcores", "cpu_used_mcores_max", "cpu_used_mcores_p95",
    "cpu_given_mcores", "mem_used_kib", "mem_used_kib_max", "mem_used_kib_p95", "mem_kib", "disk_read_bps",
    "disk_read_bps_max", "disk_write_bps", "disk_write_bps_max", "net_in_bps", "net_in_bps_max", "net_out_bps",
    "net_out_bps_max",
)  # fmt: skip
_TABLES = (
    ("node", "samples", 0, _NODE_RAW),
    ("guest", "samples", 0, _GUEST_RAW),
    ("node", "hourly", 3600, _NODE_ROLLUP),
    ("guest", "hourly", 3600, _GUEST_ROLLUP),
    ("node", "daily", 86_400, _NODE_ROLLUP),
    ("guest", "daily", 86_400, _GUEST_ROLLUP),
)


def upgrade() -> None:
    op.create_table(
        "rounds",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("span_s", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection", "kind", "span_s", "ts"),
    )
    rounds = sa.table("rounds", *map(sa.column, ("connection", "kind", "span_s", "ts", "body")))
    for kind, name, span_s, columns in _TABLES:
        for connection, ts, body in _bodies(f"{kind}_{name}", columns):
            row = {"connection": connection, "kind": kind, "span_s": span_s, "ts": ts, "body": body}
            op.get_bind().execute(sa.insert(rounds), row)
        op.drop_table(f"{kind}_{name}")


def _bodies(name: str, columns: tuple[str, ...]) -> Iterator[tuple[str, int, bytes]]:
    """What was stored row by row, a time at a time."""
    old = sa.table(name, *map(sa.column, ("ts", *columns)))
    entities = sa.table("entities", sa.column("id"), sa.column("connection"))
    wanted = (
        sa.select(old.c.ts, entities.c.connection, *(sa.func.coalesce(old.c[column], NULL) for column in columns))
        .join_from(old, entities, entities.c.id == old.c.entity)
        .order_by(old.c.ts, entities.c.connection, old.c.entity)
    )
    rows = op.get_bind().execute(wanted, execution_options={"yield_per": 10_000})
    for (ts, connection), same in groupby(rows, itemgetter(0, 1)):
        yield connection, ts, pack(np.array([row[2:] for row in same], dtype=np.int64).T)
