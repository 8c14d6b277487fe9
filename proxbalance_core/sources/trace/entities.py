"""From checked rows to nodes, guests and samples."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from proxbalance_core.domain.cluster import Guest, Node
from proxbalance_core.domain.observed import GuestSample, NodeSample, Samples

# Rows of a longer step are means of it; the last one then also stands for the present.
INSTANT_S = 300
S = TypeVar("S", GuestSample, NodeSample)
_TRAFFIC = ("disk_read_bps", "disk_write_bps", "net_in_bps", "net_out_bps")


def guests_of(rows: pd.DataFrame) -> tuple[tuple[Guest, ...], tuple[str, ...]]:
    """Guests with their last node and what they were given; where that was not measured, their highest use."""
    guests, assumed = [], 0
    for vmid, own in rows[rows["vmid"] >= 0].sort_values("ts").groupby("vmid"):
        cores, memory = _given(own, "cpu_given"), _given(own, "mem_given")
        used_cores, used_memory = _used(own, "cpu").max(), _used(own, "mem").max()
        assumed += int(not cores > 0 or not memory > 0)
        last = own.iloc[-1]
        kind: Literal["vm", "ct"] = "ct" if str(last.get("type", "")).lower() in ("ct", "lxc", "container") else "vm"
        name = last.get("name")
        guests.append(
            Guest(
                vmid=int(str(vmid)), type=kind, node=str(last["node"]), status="running",
                name=str(name) if isinstance(name, str) and name else f"guest-{vmid}",
                cpu_cores=cores if cores > 0 else float(np.ceil(_or(used_cores, 1.0))),
                mem_bytes=memory if memory > 0 else _or(used_memory, 0.0),
            )
        )  # fmt: skip
    notes = (f"{assumed} guests came without size: their highest use was taken for it.",) if assumed else ()
    return tuple(guests), notes


def nodes_of(rows: pd.DataFrame, guests: tuple[Guest, ...]) -> tuple[tuple[Node, ...], tuple[str, ...]]:
    """Nodes; one without a size is as large as what its guests were given."""
    nodes, notes = [], []
    for name in sorted(set(rows["node"].astype(str))):
        own = rows[rows["node"] == name]
        alone = own[own["vmid"] < 0]
        mine = [guest for guest in guests if guest.node == name]
        cores = _first(_given(own, "node_cores"), _given(alone, "cpu_given"))
        memory = _first(_given(own, "node_mem"), _given(alone, "mem_given"))
        if not (cores > 0 and memory > 0):
            notes.append(f"Node {name} came without size: what its guests were given was taken for it.")
            cores = cores if cores > 0 else max(1.0, sum(guest.cpu_cores for guest in mine))
            memory = memory if memory > 0 else max(2.0**30, sum(guest.mem_bytes for guest in mine))
        nodes.append(Node(name=name, status="online", cpu_cores=cores, mem_bytes=memory))
    return tuple(nodes), tuple(notes)


def samples_of(rows: pd.DataFrame, nodes: tuple[Node, ...]) -> tuple[Samples, datetime]:
    """All samples, and the moment at which the trace ends."""
    step = _step(rows)
    coarse = step > INSTANT_S
    end = int(rows["ts"].max()) + (step if coarse else 0)
    guests = _guest_samples(rows[rows["vmid"] >= 0], step if coarse else 0)
    hosts = _node_samples(rows, {node.name: node for node in nodes}, step if coarse else 0)
    if coarse:
        # The last means are all that is known of the present.
        first = end - 2 * step
        guests += [_instant(row, end) for row in {g.vmid: g for g in guests if g.ts >= first}.values()]
        hosts += [_instant(row, end) for row in {n.node: n for n in hosts if n.ts >= first}.values()]
    return Samples(nodes=tuple(hosts), guests=tuple(guests)), datetime.fromtimestamp(end, UTC)


def _instant(row: S, ts: int) -> S:
    import dataclasses

    return dataclasses.replace(row, ts=ts, step_s=0)


def _step(rows: pd.DataFrame) -> int:
    times = np.unique(rows["ts"].to_numpy())
    return int(np.median(np.diff(times))) if len(times) > 1 else 0


def _guest_samples(rows: pd.DataFrame, step: int) -> list[GuestSample]:
    columns = {
        "cpu_used_cores": _used(rows, "cpu"), "cpu_cores": _column(rows, "cpu_given"),
        "mem_used_bytes": _used(rows, "mem"), "mem_bytes": _column(rows, "mem_given"),
        **{name: _column(rows, name) for name in _TRAFFIC},
    }  # fmt: skip
    fixed = zip(rows["ts"].tolist(), rows["vmid"].tolist(), rows["node"].astype(str).tolist(), strict=True)
    figures = zip(*(values.tolist() for values in columns.values()), strict=True)
    names = tuple(columns)
    return [
        GuestSample(ts=ts, vmid=vmid, node=node, step_s=step, **dict(zip(names, values, strict=True)))
        for (ts, vmid, node), values in zip(fixed, figures, strict=True)
    ]


def _node_samples(rows: pd.DataFrame, nodes: dict[str, Node], step: int) -> list[NodeSample]:
    """The rows of nodes themselves; a node without any uses what its guests use together."""
    own = rows[rows["vmid"] < 0]
    silent = set(nodes) - set(own["node"].astype(str))
    guests = rows[(rows["vmid"] >= 0) & rows["node"].isin(silent)]
    made = []
    for frame in (_host_rows(own), _summed(guests)):
        for ts, name, cores, memory, iowait in frame.itertuples(index=False):
            node = nodes[str(name)]
            made.append(
                NodeSample(
                    ts=int(ts), node=node.name, step_s=step, cpu_pct=100.0 * cores / node.cpu_cores,
                    cpu_cores=node.cpu_cores, mem_used_bytes=memory, mem_bytes=node.mem_bytes, iowait_pct=iowait,
                )
            )  # fmt: skip
    return sorted(made, key=lambda sample: sample.ts)


def _host_rows(own: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "ts": own["ts"], "node": own["node"].astype(str), "cores": _used(own, "cpu"), "mem": _used(own, "mem"),
            "iowait": _column(own, "iowait_pct"),
        }
    )  # fmt: skip


def _summed(guests: pd.DataFrame) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "ts": guests["ts"], "node": guests["node"].astype(str),
            "cores": _used(guests, "cpu"), "mem": _used(guests, "mem"),
        }
    )  # fmt: skip
    return frame.groupby(["ts", "node"], as_index=False).sum(min_count=1).assign(iowait=np.nan)


def _used(rows: pd.DataFrame, what: Literal["cpu", "mem"]) -> np.ndarray:
    """Used cores or bytes: as measured, else the share of what was given."""
    measured, share = _column(rows, f"{what}_used"), _column(rows, f"{what}_share")
    given = _column(rows, f"{what}_given")
    hosts = (rows["vmid"] < 0).to_numpy()
    size = _column(rows, "node_cores" if what == "cpu" else "node_mem")
    given = np.where(hosts & np.isnan(given), size, given)
    return np.where(np.isnan(measured), share * given, measured)


def _column(rows: pd.DataFrame, name: str) -> np.ndarray:
    return rows[name].to_numpy(dtype=float) if name in rows else np.full(len(rows), np.nan)


def _given(rows: pd.DataFrame, name: str) -> float:
    values = _column(rows, name)
    values = values[np.isfinite(values)]
    return float(values[-1]) if len(values) else float("nan")


def _first(*values: float) -> float:
    return next((value for value in values if value > 0), float("nan"))


def _or(value: float, otherwise: float) -> float:
    return float(value) if value == value else otherwise
