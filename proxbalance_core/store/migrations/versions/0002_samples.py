"""Samples of nodes and guests, and their hourly and daily rollups."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"


def _numbers(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=True) for name in names]


def upgrade() -> None:
    _entities()
    _rollup_marks()
    _guest_daily()
    _guest_hourly()
    _guest_samples()
    _node_daily()
    _node_hourly()
    _node_samples()


def _entities() -> None:
    op.create_table(
        "entities",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("connection", "kind", "name", name="entities_known_as"),
    )


def _rollup_marks() -> None:
    op.create_table(
        "rollup_marks",
        sa.Column("connection", sa.Text(), nullable=False),
        sa.Column("hour_ts", sa.BigInteger(), nullable=False),
        sa.Column("day_ts", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["connection"], ["connections.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("connection"),
    )


def _guest_daily() -> None:
    op.create_table(
        "guest_daily",
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=True),
        *_numbers(
            "cpu_used_mcores",
            "cpu_used_mcores_max",
            "cpu_used_mcores_p95",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_used_kib_max",
            "mem_used_kib_p95",
            "mem_kib",
            "disk_read_bps",
            "disk_read_bps_max",
            "disk_write_bps",
            "disk_write_bps_max",
            "net_in_bps",
            "net_in_bps_max",
            "net_out_bps",
            "net_out_bps_max",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity", "ts"),
        sqlite_with_rowid=False,
    )


def _guest_hourly() -> None:
    op.create_table(
        "guest_hourly",
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=True),
        *_numbers(
            "cpu_used_mcores",
            "cpu_used_mcores_max",
            "cpu_used_mcores_p95",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_used_kib_max",
            "mem_used_kib_p95",
            "mem_kib",
            "disk_read_bps",
            "disk_read_bps_max",
            "disk_write_bps",
            "disk_write_bps_max",
            "net_in_bps",
            "net_in_bps_max",
            "net_out_bps",
            "net_out_bps_max",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity", "ts"),
        sqlite_with_rowid=False,
    )


def _guest_samples() -> None:
    op.create_table(
        "guest_samples",
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("node", sa.Integer(), nullable=True),
        sa.Column("running", sa.SmallInteger(), nullable=False),
        *_numbers(
            "cpu_used_mcores",
            "cpu_used_mcores_max",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_kib",
            "disk_read_bps",
            "disk_write_bps",
            "net_in_bps",
            "net_out_bps",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ts", "entity"),
        sqlite_with_rowid=False,
    )


def _node_daily() -> None:
    op.create_table(
        "node_daily",
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        *_numbers(
            "cpu_mpct",
            "cpu_mpct_max",
            "cpu_mpct_p95",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_used_kib_max",
            "mem_used_kib_p95",
            "mem_kib",
            "iowait_mpct",
            "iowait_mpct_max",
            "iowait_mpct_p95",
            "load_1m_milli",
            "cpu_some_mpct",
            "cpu_some_mpct_max",
            "mem_full_mpct",
            "mem_full_mpct_max",
            "io_full_mpct",
            "io_full_mpct_max",
            "net_in_bps",
            "net_in_bps_max",
            "net_out_bps",
            "net_out_bps_max",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity", "ts"),
        sqlite_with_rowid=False,
    )


def _node_hourly() -> None:
    op.create_table(
        "node_hourly",
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=False),
        *_numbers(
            "cpu_mpct",
            "cpu_mpct_max",
            "cpu_mpct_p95",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_used_kib_max",
            "mem_used_kib_p95",
            "mem_kib",
            "iowait_mpct",
            "iowait_mpct_max",
            "iowait_mpct_p95",
            "load_1m_milli",
            "cpu_some_mpct",
            "cpu_some_mpct_max",
            "mem_full_mpct",
            "mem_full_mpct_max",
            "io_full_mpct",
            "io_full_mpct_max",
            "net_in_bps",
            "net_in_bps_max",
            "net_out_bps",
            "net_out_bps_max",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("entity", "ts"),
        sqlite_with_rowid=False,
    )


def _node_samples() -> None:
    op.create_table(
        "node_samples",
        sa.Column("ts", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("entity", sa.Integer(), nullable=False),
        sa.Column("step_s", sa.Integer(), nullable=False),
        *_numbers(
            "cpu_mpct",
            "cpu_mpct_max",
            "cpu_given_mcores",
            "mem_used_kib",
            "mem_kib",
            "iowait_mpct",
            "load_1m_milli",
            "cpu_some_mpct",
            "mem_full_mpct",
            "io_full_mpct",
            "net_in_bps",
            "net_out_bps",
        ),
        sa.ForeignKeyConstraint(["entity"], ["entities.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("ts", "entity"),
        sqlite_with_rowid=False,
    )
