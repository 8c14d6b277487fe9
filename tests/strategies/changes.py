"""Hypothesis strategies for changes that a snapshot allows."""

from __future__ import annotations

from random import Random

from proxbalance_core import ClusterSnapshot
from proxbalance_core.domain.changes import (
    AddCores,
    AddGuest,
    AddMemory,
    AddNode,
    Change,
    Consolidate,
    DrainNode,
    GrowGuest,
    LoseNode,
    MoveGuest,
    NewGuest,
)

GIB = 2.0**30
KINDS = ("lose", "drain", "node", "memory", "cores", "guest", "grow", "move", "consolidate")


def moves(snapshot: ClusterSnapshot, seed: int, most: int = 6) -> list[tuple[int, str]]:
    """Any guests to any measured nodes."""
    rng = Random(seed)
    measured = [node.name for node in snapshot.nodes if node.measured]
    able = [guest.vmid for guest in snapshot.guests if guest.node in measured and guest.status != "unknown"]
    if not (measured and able):
        return []
    return [(rng.choice(able), rng.choice(measured)) for _ in range(rng.randint(0, most))]


def changes(snapshot: ClusterSnapshot, seed: int, kinds: tuple[str, ...] = KINDS) -> list[Change]:
    """Some changes, one or two of each of ``kinds`` at most, that are not refused."""
    rng = Random(seed)
    taking = [node.name for node in snapshot.nodes if node.measured and not node.maintenance]
    online = [node.name for node in snapshot.nodes if node.online]
    rng.shuffle(taking)
    out: list[Change] = []
    spare = taking[1:]
    if "node" in kinds and rng.random() < 0.4:
        like = rng.choice([*online, None]) if online else None
        size = (rng.choice((4.0, 64.0)), rng.choice((8.0, 256.0)) * GIB)
        out.append(
            AddNode(node="new1", like=like) if like else AddNode(node="new1", cpu_cores=size[0], mem_bytes=size[1])
        )
    if "lose" in kinds and spare and rng.random() < 0.6:
        out += [LoseNode(node=spare.pop()) for _ in range(min(len(spare), rng.randint(1, 2)))]
    if "drain" in kinds and spare and rng.random() < 0.4:
        out.append(DrainNode(node=spare.pop()))
    if "memory" in kinds and online and rng.random() < 0.4:
        out.append(AddMemory(node=rng.choice(online), mem_bytes=rng.choice((1.0, 64.0)) * GIB))
    if "cores" in kinds and online and rng.random() < 0.4:
        out.append(AddCores(node=rng.choice(online), cpu_cores=rng.choice((1.0, 32.0))))
    if "guest" in kinds and rng.random() < 0.5:
        out.append(AddGuest(guest=new_guest(rng), count=rng.choice((1, 1, 7)), node=rng.choice([None, *online])))
    if "grow" in kinds and snapshot.guests and rng.random() < 0.4:
        vmid = rng.choice(snapshot.guests).vmid
        out.append(GrowGuest(vmid=vmid, mem_bytes=32 * GIB, use_factor=rng.choice((0.5, 1.0, 3.0))))
    if "move" in kinds:
        out += [MoveGuest(vmid=vmid, target=target) for vmid, target in moves(snapshot, seed, 3)]
    left = len(spare) + bool(taking) + any(isinstance(change, AddNode) for change in out)
    if "consolidate" in kinds and left > 1 and rng.random() < 0.3:
        out.append(Consolidate(nodes=rng.randint(1, left - 1)))
    return out


def new_guest(rng: Random) -> NewGuest:
    """A new guest of any make."""
    storage = rng.choice((None, None, "ceph", "local-lvm", "nowhere"))
    return NewGuest(
        cpu_cores=rng.choice((1.0, 4.0, 12.0)), mem_bytes=rng.choice((1.0, 8.0, 48.0)) * GIB,
        type=rng.choice(("vm", "ct")), cpu_use=rng.choice((None, 0.0, 0.5, 1.0)), mem_use=rng.choice((None, 0.9)),
        storage=storage, disk_bytes=32 * GIB if storage and rng.random() < 0.5 else None,
        tags=rng.choice(((), ("exclude_web",), ("affinity_app",), ("pin_pve1",))),
    )  # fmt: skip
