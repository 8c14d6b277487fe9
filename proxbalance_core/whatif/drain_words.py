"""The sentence on top of a drain, and the notes below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from proxbalance_core.domain.drains import Blocker, Drain
from proxbalance_core.domain.units import GIB
from proxbalance_core.domain.wording import counted, lasting, listed
from proxbalance_core.plan.failover import failures
from proxbalance_core.whatif.drain_scene import Scene

MOST_NAMED, MOST_REASONS, MOST_NODES = 4, 2, 4


def summary(made: Drain) -> str:
    """Whether the nodes can be emptied, how long it takes, and what it costs."""
    if made.blockers:
        return f"{_cannot(made)}{_others(made)}"
    if not made.plan.steps:
        if made.shut_down:
            return f"{_nodes(made)} {_be(made)} free when {_shut(made)}: nothing has to move."
        return f"{_nodes(made)} {_has(made)} no guest that has to leave."
    return f"{_nodes(made)} can be emptied in {_course(made)}."


def _nodes(made: Drain) -> str:
    return _few(made.emptied) if len(made.emptied) <= MOST_NODES else counted(len(made.emptied), "node")


def _be(made: Drain) -> str:
    return "is" if len(made.emptied) == 1 else "are"


def _has(made: Drain) -> str:
    return "has" if len(made.emptied) == 1 else "have"


def _course(made: Drain) -> str:
    """Waves, time and downtime."""
    course = f"{counted(len(made.plan.waves), 'wave')}, about {lasting(made.plan.estimated_seconds)}"
    costs = list(_costs(made))
    return "; ".join([course, *costs]) if costs else f"{course}, no downtime"


def _costs(made: Drain) -> Iterator[str]:
    restarting = len({step.vmid for step in made.plan.steps if step.downtime_seconds > 0})
    if restarting:
        yield f"{_restart(restarting)} ({lasting(made.plan.downtime_seconds)} of downtime in all)"
    if made.shut_down:
        yield _shut(made)


def _restart(count: int) -> str:
    return f"{counted(count, 'container')} restart{'s' * (count == 1)} on the way"


def _shut(made: Drain) -> str:
    return f"{counted(len(made.shut_down), 'guest')} {'is' if len(made.shut_down) == 1 else 'are'} shut down"


def _cannot(made: Drain) -> str:
    count = len(made.blockers)
    who = _few([_named(row) for row in made.blockers])
    stay = f"{who} can't leave" if count == 1 else f"{count} guests can't leave, {who}"
    missing = f"; {made.missing_bytes / GIB:.1f} GB of memory are missing" if made.missing_bytes else ""
    return f"{_nodes(made)} can't be emptied: {stay}{missing}.{_why(made)}"


def _why(made: Drain) -> str:
    """What keeps those whom memory doesn't, while that is soon told."""
    reasons = list(dict.fromkeys(row.detail for row in made.blockers if row.missing_bytes is None))
    if not reasons or len(reasons) > MOST_REASONS:
        return ""
    if len(made.blockers) == 1:
        return f" {reasons[0]}"
    names = {row.detail: _named(row) for row in reversed(made.blockers)}
    return "".join(f" {names[reason]}: {reason}" for reason in reasons)


def _others(made: Drain) -> str:
    moves = sum(row.fate == "moves" for row in made.guests)
    if not moves:
        return ""
    rest = "The other leaves" if moves == 1 else f"The other {moves} leave"
    return f" {rest} in {_course(made)}."


def _named(row: Blocker) -> str:
    return f"{row.name or row.type} ({row.vmid})"


def _few(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    return listed([*names[:MOST_NAMED], f"{more} more"] if more > 0 else names)


def notes(made: Drain, scene: Scene) -> Iterator[str]:
    """What the plan rests on, and what to know while the nodes are off."""
    yield from _others_move(made, scene)
    yield from _stopped(made)
    if made.shut_down:
        yield "How long guests take to shut down isn't known; it is not part of the estimated time."
    yield from _quorum(made, scene)
    yield from _n_minus_1(made, scene)
    yield from scene.view.placed.groups.notes
    unchecked = [node.name for node in scene.today.nodes if node.online and node.storages is None]
    if unchecked:
        yield f"Storage was not checked on {_few(unchecked)}: its storages are not known."


def _others_move(made: Drain, scene: Scene) -> Iterator[str]:
    count = sum(row.fate == "makes_room" for row in made.guests)
    if count and scene.made.widely:
        yield f"Without moves on the other nodes it would not fit: {counted(count, 'guest')} there {_move(count)}, too."
    elif count:
        yield f"{counted(count, 'guest')} of other nodes {_move(count)}, to make room."


def _move(count: int) -> str:
    return "moves" if count == 1 else "move"


def _stopped(made: Drain) -> Iterator[str]:
    kinds = Counter(row.status for row in made.guests if row.fate == "stays")
    count = sum(kinds.values())
    if count:
        one = count == 1
        yield (
            f"{counted(count, 'guest')} that {'does' if one else 'do'}n't run {'stays' if one else 'stay'} "
            f"where {'it is' if one else 'they are'}, and can't be started while {_nodes(made)} {_be(made)} off."
        )


def _quorum(made: Drain, scene: Scene) -> Iterator[str]:
    votes = len(scene.today.nodes)
    online = sum(node.online and node.name not in made.emptied for node in scene.today.nodes)
    if votes > 1 and 2 * online <= votes:
        yield (
            f"While {_nodes(made)} {_be(made)} off, {online} of {votes} nodes would be online: without a QDevice the "
            "cluster has no quorum then, and nothing can be started or moved."
        )


def _n_minus_1(made: Drain, scene: Scene) -> Iterator[str]:
    """Whether one more node may fail while these are off."""
    others = sum(node.measured and not node.maintenance for node in scene.view.snapshot.nodes)
    if not made.possible or others == 0:
        return
    while_off = f"While {_nodes(made)} {_be(made)} off"
    if others == 1:
        yield f"{while_off}, no other node could take over if the one that is left failed."
        return
    names, leaving = scene.view.arrays.node.names, scene.leaving
    weak = [failure for failure in failures(scene.end, scene.view.rules) if failure.node not in leaving]
    short = [failure for failure in weak if failure.homeless or failure.barred]
    if not weak:
        yield f"{while_off}, any one of the others may still fail: the rest would take up its guests."
    for failure in sorted(short, key=lambda failure: -failure.missing_bytes)[:1]:
        lost, would = len(failure.homeless) + len(failure.barred), "would" if failure.certain else "may"
        missing = f" ({failure.missing_bytes / GIB:.1f} GB of memory are missing)" if failure.homeless else ""
        more = f"; the same goes for {counted(len(short) - 1, 'other node')}" if len(short) > 1 else ""
        yield (
            f"{while_off}, {counted(lost, 'guest')} of {names[failure.node]} {would} have no place if that failed"
            f"{missing}{more}."
        )
