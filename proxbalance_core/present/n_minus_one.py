"""N-1 as a page shows it: headline, figures, each node lost in turn, and who would have no place."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from proxbalance_core.domain.failover import NMinusOne, NodeLoss
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.details import Table
from proxbalance_core.present.views import Tile

VERDICTS: dict[bool, tuple[Literal["green", "red"], str]] = {True: ("green", "Holds"), False: ("red", "Doesn't hold")}
SHARES = ("cpu", "mem")


def tiles(found: NMinusOne) -> tuple[Tile, ...]:
    """How many may be lost, who would have no place at the worst, and what would be left at the tightest."""
    able = sum(loss.holds for loss in found.nodes)
    without = max((len(loss.unplaced) for loss in found.nodes), default=0)
    missing = max((loss.missing_bytes for loss in found.nodes), default=0.0)
    tightest = min((loss.headroom_bytes for loss in found.nodes), default=None)
    largest = min((loss.largest_guest_bytes for loss in found.nodes), default=None)
    return (
        _tile("May be lost", f"{able} of {len(found.nodes)}", "Their running guests start elsewhere."),
        _tile("Weakest node", found.weakest or words.MISSING, "Lost, it leaves most without a place, or least memory."),
        _tile("Without a place", words.count(without, "guest"), "Guests that no other node could start, at worst."),
        _tile("Memory missing", words.size(missing) if missing else "none", "What would hold them, at worst."),
        _tile("Memory left", words.size(tightest), "On all other nodes together, under their limit, at worst."),
        _tile("Largest guest", words.size(largest), "The largest that one node could still start, at worst."),
    )  # fmt: skip


def _tile(title: str, value: str, about: str) -> Tile:
    return Tile(title=title, value=value, change=None, better=None, about=about)


def losses(found: NMinusOne) -> Table:
    """Every node lost in turn, the weakest first."""
    rows = [
        (
            loss.node, VERDICTS[loss.holds][1], loss.running, len(loss.started), len(loss.unplaced),
            words.size(loss.missing_bytes) if loss.missing_bytes else "", words.size(loss.headroom_bytes),
            words.size(loss.largest_guest_bytes), loss.busiest_node or "", loss.cpu_pct, loss.fullest_node or "",
            loss.mem_pct,
        )
        for loss in found.nodes
    ]  # fmt: skip
    titles: dict[str, str | None] = {
        "node": "If lost", "verdict": "N-1", "running": "Running guests", "started": "Start elsewhere",
        "unplaced": "No place", "missing": "Memory missing", "left": "Memory left", "largest": "Largest guest then",
        "busiest": "Busiest node then", "cpu": "its CPU", "fullest": "Fullest node then", "mem": "its memory",
    }  # fmt: skip
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def unplaced(loss: NodeLoss) -> Table:
    """Who would have no place, what would hold it and why it can't start."""
    rows = [
        (
            guest_label(row.type, row.vmid, row.name), words.size(row.missing_bytes) if row.missing_bytes else "",
            row.nearest or "", row.detail,
        )
        for row in loss.unplaced
    ]  # fmt: skip
    titles: dict[str, str | None] = {
        "guest": "Guest", "missing": "Memory missing", "nearest": "Least missing on", "why": "Why",
    }  # fmt: skip
    shown = list(titles) if loss.missing_bytes else ["guest", "why"]
    return Table(rows=pd.DataFrame(rows, columns=list(titles))[shown], titles={name: titles[name] for name in shown})


def started(loss: NodeLoss) -> Table:
    """Who would start where."""
    ranked = sorted(loss.started, key=lambda row: (row.target, row.vmid))
    rows = [(guest_label(row.type, row.vmid, row.name), row.target) for row in ranked]
    titles: dict[str, str | None] = {"guest": "Guest", "target": "Would start on"}
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def levels(loss: NodeLoss) -> tuple[tuple[str, str | None, float | None], ...]:
    """The busiest and the fullest node afterwards: what, which node, percent."""
    return ("CPU", loss.busiest_node, loss.cpu_pct), ("Memory", loss.fullest_node, loss.mem_pct)
