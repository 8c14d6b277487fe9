"""What makes a snapshot impossible, each refused with one sentence and the key's path."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from proxbalance_core.domain.units import known
from proxbalance_core.domain.zones import is_timezone
from proxbalance_core.errors import SnapshotInvalid

if TYPE_CHECKING:
    from proxbalance_core.domain.cluster import ClusterSnapshot, Guest, Node, Scenarios

HOURS_AHEAD = 24
MAX_SCENARIOS = 5
LAST_YEAR = 9990  # beyond it, times that are worked out from taken_at have no date


def refuse_contradictions(snapshot: ClusterSnapshot) -> None:
    """Raise :class:`SnapshotInvalid` for the first thing in ``snapshot`` that can't be true."""
    for path, sentence in _contradictions(snapshot):
        raise SnapshotInvalid(f"{path}: {sentence}", path=path)


def _contradictions(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str]]:
    if not snapshot.cluster:
        yield "cluster", "a cluster needs a name"
    yield from _timezone(snapshot.timezone)
    yield from _aware(snapshot)
    names: set[str] = set()
    for i, node in enumerate(snapshot.nodes):
        if node.name in names:
            yield f"nodes.{i}.name", f"node '{node.name}' is listed twice"
        names.add(node.name)
        yield from _node(f"nodes.{i}", node)
    vmids: set[int] = set()
    for i, guest in enumerate(snapshot.guests):
        if guest.vmid in vmids:
            yield f"guests.{i}.vmid", f"vmid {guest.vmid} is listed twice"
        vmids.add(guest.vmid)
        if guest.node not in names:
            yield (
                f"guests.{i}.node",
                f"guest {guest.vmid} is on node '{guest.node}', which is not in the snapshot",
            )
        yield from _guest(f"guests.{i}", guest)
    yield from _rules(snapshot)
    yield from _scenario_counts(snapshot)


def _timezone(name: str) -> Iterator[tuple[str, str]]:
    if not is_timezone(name):
        yield "timezone", f"'{name}' is not a time zone that this machine knows"


def _aware(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str]]:
    times = [("taken_at", snapshot.taken_at)]
    times += [(f"outcomes.{i}.at", outcome.at) for i, outcome in enumerate(snapshot.outcomes)]
    for i, guest in enumerate(snapshot.guests):
        times += [(f"guests.{i}.moves.{j}.at", move.at) for j, move in enumerate(guest.moves)]
        if guest.muted_until is not None:
            times.append((f"guests.{i}.muted_until", guest.muted_until))
    if snapshot.taken_at.year >= LAST_YEAR:
        yield "taken_at", f"a snapshot is taken before the year {LAST_YEAR}"
    for path, moment in times:
        if moment.tzinfo is None:
            yield path, "a time needs its zone, such as 2026-02-08T10:30:00Z"


def _node(path: str, node: Node) -> Iterator[tuple[str, str]]:
    if node.online:
        for key in ("cpu_cores", "mem_bytes"):
            if not getattr(node, key) > 0:
                yield f"{path}.{key}", f"node '{node.name}' is online and needs it, more than zero"
    if node.next_24h is not None:
        yield from _scenarios(f"{path}.next_24h.own_cpu_cores", node.next_24h.own_cpu_cores)


def _guest(path: str, guest: Guest) -> Iterator[tuple[str, str]]:
    if guest.status != "unknown":
        if guest.name is None:
            yield f"{path}.name", f"guest {guest.vmid} is {guest.status} and needs one (it may be empty)"
        for key in ("cpu_cores", "mem_bytes"):
            if not known(getattr(guest, key)):
                yield f"{path}.{key}", f"guest {guest.vmid} is {guest.status} and needs it"
    if guest.next_24h is not None:
        yield from _scenarios(f"{path}.next_24h.cpu_cores", guest.next_24h.cpu_cores)


def _scenarios(path: str, scenarios: Scenarios) -> Iterator[tuple[str, str]]:
    if not 1 <= len(scenarios) <= MAX_SCENARIOS:
        yield path, f"needs 1 to {MAX_SCENARIOS} scenarios, not {len(scenarios)}"
    for k, scenario in enumerate(scenarios):
        if len(scenario) != HOURS_AHEAD:
            yield f"{path}.{k}", f"a scenario has {HOURS_AHEAD} hourly values, not {len(scenario)}"
        if any(value < 0 for value in scenario):
            yield f"{path}.{k}", "used cores can't be negative"


def _rules(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for i, rule in enumerate(snapshot.rules):
        if rule.name in names:
            yield f"rules.{i}.name", f"rule '{rule.name}' is listed twice"
        names.add(rule.name)
        if rule.kind == "resource-affinity" and rule.affinity is None:
            yield f"rules.{i}.affinity", "a resource-affinity rule is 'positive' or 'negative'"


def _scenario_counts(snapshot: ClusterSnapshot) -> Iterator[tuple[str, str]]:
    counts = [
        (f"nodes.{i}.next_24h", len(n.next_24h.own_cpu_cores)) for i, n in enumerate(snapshot.nodes) if n.next_24h
    ]
    counts += [(f"guests.{i}.next_24h", len(g.next_24h.cpu_cores)) for i, g in enumerate(snapshot.guests) if g.next_24h]
    for path, count in counts:
        if count != counts[0][1]:
            yield (
                path,
                f"has {count} scenarios where {counts[0][0]} has {counts[0][1]}; all must have the same number",
            )
