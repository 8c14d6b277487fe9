"""Checking a move just before it is made: fresh facts from the cluster, then the engine's judgement."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from proxbalance_core.domain.connections import LIVE, Connection
from proxbalance_core.domain.observed import Inventory, MetricSource, Preconditions
from proxbalance_core.domain.validation import FreshFacts, Validation
from proxbalance_core.errors import ConfigError, DataError, SourceError

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench


def validate_move(bench: Workbench, cid: str, vmid: int, target: str | None = None) -> Validation:
    """Whether a move may be made now; without ``target`` the one that the newest generation recommends.

    Raises
    ------
    ConfigError
        Nothing is recommended for the guest, and no target is named.
    SnapshotInvalid
        There is no such guest or node.
    """
    from proxbalance_core.engine.validate import validate

    connection = bench.connection(cid)
    generation = bench.latest(connection.id) or bench.regenerate(connection.id)
    moves = {int(row["vmid"]): str(row["target"]) for row in generation.assessment["recommendations"]}
    aim = target or recommended_target(moves, vmid)
    facts = fresh_facts(bench, connection, vmid, aim)
    return validate((vmid, aim), generation.snapshot, facts, bench.clock(), bench.settings(connection.id))


def recommended_target(moves: Mapping[int, str], vmid: int) -> str:
    """Where the recommended ``moves`` (vmid to target) send a guest.

    Raises
    ------
    ConfigError
        Nowhere.
    """
    if vmid not in moves:
        raise ConfigError(f"Guest {vmid} is not recommended to move: name the target to check a move to.", vmid=vmid)
    return moves[vmid]


def fresh_facts(bench: Workbench, connection: Connection, vmid: int, target: str) -> FreshFacts:
    """The cluster as it is now, and its own word on the move; of an imported file what is in it."""
    if connection.source not in LIVE:
        return FreshFacts(snapshot=bench.snapshot(connection.id))
    try:
        inventory = _inventory_now(bench, connection, vmid)
        fresh = bench.snapshot(connection.id, inventory)
        source = bench.source(connection)
    except (SourceError, ConfigError, DataError) as error:
        return FreshFacts(snapshot=None, unread=error.message, unanswered=error.message)
    answer, why = _asked(source, vmid, target)
    unread = f"Its config could not be read. {' '.join(inventory.notes)}" if vmid in inventory.unread else ""
    return FreshFacts(snapshot=None if unread else fresh, unread=unread, preconditions=answer, unanswered=why)


def _inventory_now(bench: Workbench, connection: Connection, vmid: int) -> Inventory:
    """By a round of our own, unless another process collects: then its samples are fresh, and this is read beside."""
    if bench.status(connection.id).collector == "running elsewhere":
        return bench.source(connection).snapshot_inventory(anew=(vmid,))
    return bench.collect(connection.id, anew=(vmid,))


def _asked(source: MetricSource, vmid: int, target: str) -> tuple[Preconditions | None, str]:
    try:
        return source.preconditions(vmid, target), ""
    except SourceError as error:
        return None, error.message
