"""What a node's maintenance looks like: headline, who goes where and may be sent elsewhere, and how the rest fares."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.drains import SHUT_DOWN, Blocker, Drain, DrainGuest, NodeShift
from proxbalance_core.present import words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.details import Table

AS_PLANNED = ""
VERDICTS: dict[bool, tuple[Literal["green", "red"], str]] = {
    True: ("green", "Can be emptied"),
    False: ("red", "Can't be emptied yet"),
}
SHARES, FIGURES = ("cpu_then", "mem_then"), ("cpu", "mem", "penalty", "penalty_then")
_ORDER = {"blocked": 0, "moves": 1, "makes_room": 1, "shut_down": 2, "stays": 3}
_OFF = ("stopped", "suspended")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A guest of the emptied nodes: what becomes of it in words, and what may be chosen for it.

    ``options`` are values of a choice with their words; the first is as planned. ``about`` is its wave, time and
    downtime, or what becomes of it instead; ``why`` a sentence.
    """

    vmid: int
    guest: str
    fate: str
    target: str | None
    about: str
    why: str
    options: dict[str, str]


def rows(told: Drain, choices: Mapping[int, str]) -> tuple[Row, ...]:
    """Who is blocked first, then by wave, then those who stay; templates, for which nothing can be chosen, last."""
    ranked = sorted(told.guests, key=lambda row: (_ORDER[row.fate], row.wave or 0, row.vmid))
    return tuple(_row(row, choices.get(row.vmid, AS_PLANNED)) for row in ranked)


def _row(row: DrainGuest, chosen: str) -> Row:
    label = guest_label(row.type, row.vmid, row.name)
    return Row(
        vmid=row.vmid, guest=label, fate=row.fate, target=row.target, about=_about(row), why=row.why,
        options=_options(row, chosen),
    )  # fmt: skip


def _about(row: DrainGuest) -> str:
    if row.fate == "moves" or row.fate == "makes_room":
        down = f", down for {words.about(row.downtime_seconds)}" if row.downtime_seconds else ""
        return f"{row.node} → {row.target} · wave {row.wave} · about {words.about(row.estimated_seconds)}{down}"
    return f"{row.node} · " + {
        "shut_down": "shut down", "stays": f"stays there, {row.status}", "blocked": "can't leave",
    }[row.fate]  # fmt: skip


def _options(row: DrainGuest, chosen: str) -> dict[str, str]:
    """What may be chosen, the target of the plan named where nothing is chosen yet; empty where nothing can be."""
    if row.fate == "makes_room":
        return {}
    able = [a.target for a in row.targets if a.ruled_out is None]
    off = "Leave it there, stopped" if row.status in _OFF else "Shut it down"
    asked = [*able, *([SHUT_DOWN] if row.fate != "stays" or row.chosen else [])]
    asked += [chosen] if chosen and chosen not in asked else []
    if not asked:
        return {}
    return {AS_PLANNED: _as_planned(row)} | {value: off if value == SHUT_DOWN else value for value in asked}


def _as_planned(row: DrainGuest) -> str:
    if row.chosen:
        return "As planned"
    return f"As planned: {row.target}" if row.target else "Stays there"


def labels(told: Drain) -> dict[int, str]:
    """What the guests of the plan are called, by vmid."""
    return {row.vmid: guest_label(row.type, row.vmid, row.name) for row in told.guests}


def may_be_shut_down(blocker: Blocker) -> bool:
    """Whether shutting it down helps: a guest that is locked can't be."""
    return blocker.reason != "locked"


def blocker_label(blocker: Blocker) -> str:
    """The guest, and the node where there are several."""
    return guest_label(blocker.type, blocker.vmid, blocker.name)


def blockers(told: Drain) -> Table:
    """What blocks it and the remedies, as a table."""
    found = [
        (
            blocker_label(row),
            row.node,
            words.size(row.missing_bytes) if row.missing_bytes else "",
            row.detail,
            row.remedy,
        )
        for row in told.blockers
    ]
    return Table(
        rows=pd.DataFrame(found, columns=["guest", "node", "missing", "why", "remedy"]),
        titles={
            "guest": "Guest", "node": "Node", "missing": "Memory missing", "why": "What blocks it", "remedy": "Remedy",
        },
    )  # fmt: skip


def shut_down(told: Drain) -> Table:
    """Who is shut down, when, and who could run it meanwhile."""
    found = [
        (guest_label(row.type, row.vmid, row.name), "Before the moves" if row.before_moves else "Last", row.detail)
        for row in told.shut_down
    ]
    return Table(
        rows=pd.DataFrame(found, columns=["guest", "when", "meanwhile"]),
        titles={"guest": "Guest", "when": "When", "meanwhile": "Meanwhile"},
    )


def nodes(told: Drain) -> Table:
    """The nodes that stay, before and then, those that change most first."""
    ranked = sorted(told.nodes, key=lambda row: (-_moved(row), row.node))
    columns: dict[str, tuple[str, list[Any]]] = {
        "node": ("Node", [row.node for row in ranked]),
        "cpu": ("CPU [%]", [row.cpu_pct_before for row in ranked]),
        "cpu_then": ("CPU then", [row.cpu_pct for row in ranked]),
        "mem": ("Memory [%]", [row.mem_pct_before for row in ranked]),
        "mem_then": ("Memory then", [row.mem_pct for row in ranked]),
        "penalty": ("Penalty", [row.score_before for row in ranked]),
        "penalty_then": ("Penalty then", [row.score for row in ranked]),
        "guests": ("Guests", [row.guests_before for row in ranked]),
        "guests_then": ("Guests then", [row.guests for row in ranked]),
    }
    frame = pd.DataFrame({name: values for name, (_, values) in columns.items()})
    return Table(rows=frame, titles={name: title for name, (title, _) in columns.items()})


def _moved(row: NodeShift) -> float:
    pairs = ((row.cpu_pct_before, row.cpu_pct), (row.mem_pct_before, row.mem_pct))
    return max(abs((then or 0.0) - (before or 0.0)) for before, then in pairs)


def maintained(snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """The nodes whose maintenance is switched on."""
    return tuple(node.name for node in snapshot.nodes if node.maintenance and node.online)
