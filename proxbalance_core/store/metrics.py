"""How a measured quantity is laid down: its column, its scale, and the peaks that rollups keep of it.

Columns hold whole numbers (millicores, KiB, bytes per second, thousandths of a percent): SQLite then
spends 1-4 bytes on a value instead of 8, which halves the database of a large cluster. What
is lost lies under what Proxmox itself resolves. NULL is "not measured".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

EntityKind = Literal["node", "guest"]
MILLI, KIB, WHOLE = 1000.0, 1 / 1024, 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One quantity.

    ``field`` is its name in samples and frames, ``column`` that in the tables (units of ``1 / scale``).
    ``peak`` is the sample's own maximum within its step, where sources have one.
    """

    field: str
    column: str
    scale: float
    max_field: str | None = None
    p95_field: str | None = None
    peak: str | None = None

    @property
    def max_column(self) -> str:
        return f"{self.column}_max"

    @property
    def p95_column(self) -> str:
        return f"{self.column}_p95"


def _rate(stem: str) -> Metric:
    return Metric(field=f"{stem}_bps", column=f"{stem}_bps", scale=WHOLE, max_field=f"{stem}_max_bps")


def _pct(stem: str, *, p95: bool = False, peak: str | None = None) -> Metric:
    return Metric(
        field=f"{stem}_pct", column=f"{stem}_mpct", scale=MILLI, max_field=f"{stem}_max_pct",
        p95_field=f"{stem}_p95_pct" if p95 else None, peak=peak,
    )  # fmt: skip


_MEM_USED = Metric(
    field="mem_used_bytes", column="mem_used_kib", scale=KIB,
    max_field="mem_used_max_bytes", p95_field="mem_used_p95_bytes",
)  # fmt: skip
_MEM = Metric(field="mem_bytes", column="mem_kib", scale=KIB)

NODE_METRICS = (
    _pct("cpu", p95=True, peak="cpu_max_pct"),
    Metric(field="cpu_cores", column="cpu_given_mcores", scale=MILLI),
    _MEM_USED,
    _MEM,
    _pct("iowait", p95=True),
    Metric(field="load_avg_1m", column="load_1m_milli", scale=MILLI),
    _pct("cpu_some"),
    _pct("mem_full"),
    _pct("io_full"),
    _rate("net_in"),
    _rate("net_out"),
)
GUEST_METRICS = (
    Metric(
        field="cpu_used_cores", column="cpu_used_mcores", scale=MILLI,
        max_field="cpu_max_cores", p95_field="cpu_p95_cores", peak="cpu_max_cores",
    ),
    Metric(field="cpu_cores", column="cpu_given_mcores", scale=MILLI),
    _MEM_USED,
    _MEM,
    _rate("disk_read"),
    _rate("disk_write"),
    _rate("net_in"),
    _rate("net_out"),
)  # fmt: skip
METRICS: dict[EntityKind, tuple[Metric, ...]] = {"node": NODE_METRICS, "guest": GUEST_METRICS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field of a frame and the column it is read from."""

    name: str
    column: str
    scale: float


def raw_fields(kind: EntityKind) -> tuple[Field, ...]:
    """What a raw sample has."""
    fields = []
    for metric in METRICS[kind]:
        fields.append(Field(name=metric.field, column=metric.column, scale=metric.scale))
        if metric.peak:
            fields.append(Field(name=metric.peak, column=metric.max_column, scale=metric.scale))
    return tuple(fields)


def rollup_fields(kind: EntityKind) -> tuple[Field, ...]:
    """What a rollup has: means, and the peaks of what has any."""
    fields = []
    for metric in METRICS[kind]:
        fields.append(Field(name=metric.field, column=metric.column, scale=metric.scale))
        if metric.max_field:
            fields.append(Field(name=metric.max_field, column=metric.max_column, scale=metric.scale))
        if metric.p95_field:
            fields.append(Field(name=metric.p95_field, column=metric.p95_column, scale=metric.scale))
    return tuple(fields)


# Stands for NULL while rows are numbers; nothing that is stored comes near.
NULL = -(2**62)
# Beyond every measurement, and within what a column holds.
_FAR = 2.0**61


def encoded(values: npt.NDArray[np.float64], scale: float) -> npt.NDArray[np.int64]:
    """The whole numbers to store; NULL for NaN and for what no measurement can be."""
    scaled = values * scale
    known = np.abs(scaled) < _FAR
    return np.where(known, np.rint(np.where(known, scaled, 0.0)), NULL).astype(np.int64)


def measured(numbers: npt.NDArray[np.int64], scale: float) -> npt.NDArray[np.float64]:
    """What stored numbers say; NaN for NULL."""
    values = numbers / scale
    values[numbers == NULL] = np.nan
    return values
