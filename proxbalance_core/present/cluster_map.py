"""The cluster as circles of guests, with the plan's arrows between them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Recommendation
from proxbalance_core.domain.units import known
from proxbalance_core.present import map_facts, map_legend, shifts, views, words
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.map_values import Arrow, Bubble, Choice, ClusterMap, Place, RingPart
from proxbalance_core.present.marks import CATEGORY_COLOURS, GREY
from proxbalance_core.present.packing import packed

# A guest that uses next to nothing is still seen: 1 is the radius of the largest.
LEAST_RADIUS = 0.13
_GAP = 0.05
# A penalty of this many points closes the ring, as on the overview's cards.
FULL_RING = 100.0
MOST_GROUPS = 40
_NONE = {"pool": "No pool", "tag": "No tag"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """A guest in a circle; ``ghost``: it is here now, and the plan takes it elsewhere."""

    guest: Guest
    ghost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What is the same for all bubbles: the choice, the largest figure, who moves, and what was decided."""

    choice: Choice
    most: float
    moves: frozenset[int]
    decided: dict[int, str]


def drawing(assessment: Assessment, snapshot: ClusterSnapshot, choice: Choice) -> ClusterMap:
    """The map of an assessment, as the browser is told it."""
    guests = [guest for guest in snapshot.guests if not guest.template]
    by_node = choice.group == "node"
    members = _by_node(guests, assessment, choice) if by_node else _by_group(guests, choice)
    look = _Look(
        choice=choice,
        most=max((map_facts.amount(m.guest, choice.size) for found in members.values() for m in found), default=0.0),
        moves=frozenset(move.vmid for move in assessment.recommendations),
        decided=map_facts.decisions(assessment),
    )
    rows = {row.name: row for row in views.node_rows(assessment, snapshot, predicted=choice.predicted)}
    places: list[Place] = []
    bubbles: list[Bubble] = []
    for at, (key, found) in enumerate(members.items()):
        radius, inside = _circle(at, found, look)
        places.append(_node(rows[key], radius) if by_node else _group(key, found, choice, radius))
        bubbles.extend(inside)
    arrows = _arrows(assessment.recommendations, list(members)) if by_node else ()
    return ClusterMap(
        title=map_legend.title(places, bubbles, arrows),
        even=by_node,
        predicted=choice.predicted and by_node,
        places=tuple(places),
        bubbles=tuple(bubbles),
        arrows=arrows,
        legend=map_legend.legend(assessment, bubbles, arrows, choice),
        labels=map_legend.labels(by_node=by_node),
    )


def _by_node(guests: Sequence[Guest], assessment: Assessment, choice: Choice) -> dict[str, list[_Member]]:
    """The guests on each node by name, now or when the plan is done."""
    targets = {move.vmid: move.target for move in assessment.recommendations} if choice.predicted else {}
    found: dict[str, list[_Member]] = {
        node.name: []
        for node in sorted(assessment.nodes, key=lambda node: node.name)
        if not choice.nodes or node.name in choice.nodes
    }
    for guest in guests:
        home = targets.get(guest.vmid, guest.node)
        if home in found:
            found[home].append(_Member(guest=guest))
        if home != guest.node and guest.node in found:
            found[guest.node].append(_Member(guest=guest, ghost=True))
    return found


def _by_group(guests: Sequence[Guest], choice: Choice) -> dict[str, list[_Member]]:
    """The guests of each group, the largest group first; beyond a number of groups the rest is one."""
    found: dict[str, list[_Member]] = {}
    for guest in guests:
        if not choice.nodes or guest.node in choice.nodes:
            for key in _keys(guest, choice):
                found.setdefault(key, []).append(_Member(guest=guest))
    ranked = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    if len(ranked) <= MOST_GROUPS:
        return dict(ranked)
    rest = {member.guest.vmid: member for _, members in ranked[MOST_GROUPS - 1 :] for member in members}
    name = f"{len(ranked) - MOST_GROUPS + 1} more {choice.group}s"
    return dict(ranked[: MOST_GROUPS - 1]) | {name: list(rest.values())}


def _keys(guest: Guest, choice: Choice) -> Iterable[str]:
    if choice.group == "type":
        return (words.label(words.GUEST_TYPES, guest.type),)
    keys = [guest.pool] if choice.group == "pool" and guest.pool else []
    keys += sorted(guest.tag_set) if choice.group == "tag" else []
    return keys or (_NONE[choice.group],)


def _circle(at: int, members: Sequence[_Member], look: _Look) -> tuple[float, list[Bubble]]:
    """The bubbles of one place, the largest in the middle, and the radius that holds them."""
    ranked = sorted(members, key=lambda m: (-map_facts.amount(m.guest, look.choice.size), m.guest.vmid))
    radii = [_radius(m.guest, look) for m in ranked]
    packing = packed([radius + _GAP for radius in radii])
    drawn = zip(ranked, radii, packing.centres, strict=True)
    return packing.radius, [_bubble(member, (at, *centre, radius), look) for member, radius, centre in drawn]


def _radius(guest: Guest, look: _Look) -> float:
    """Areas are as the figures are: the radius is the root of the share of the largest."""
    if not look.most:
        return 1.0
    return max(LEAST_RADIUS, math.sqrt(map_facts.amount(guest, look.choice.size) / look.most))


def _bubble(member: _Member, at: tuple[int, float, float, float], look: _Look) -> Bubble:
    guest, (place, x, y, radius) = member.guest, at
    measured = known(map_facts.value(guest, look.choice.size))
    # By tag a guest may stand in several circles; elsewhere its bubble keeps its key, and glides to where it is next.
    which = "ghost" if member.ghost else str(place) if look.choice.group == "tag" else "here"
    return Bubble(
        key=f"{guest.vmid}-{which}",
        vmid=guest.vmid,
        title=guest_label(guest.type, guest.vmid, guest.name),
        name=guest.label,
        place=place,
        x=round(x, 4),
        y=round(y, 4),
        radius=round(radius, 4),
        type=guest.type,
        state="stopped" if not guest.running else "running" if measured else "unmeasured",
        moves=guest.vmid in look.moves,
        ghost=member.ghost,
        facts=map_facts.guest(guest, look.decided.get(guest.vmid, "")),
    )


def _node(row: views.NodeRow, radius: float) -> Place:
    usage = " · ".join(
        f"{title} {words.percent(gauge.value)}" for title, gauge in zip(("CPU", "Mem"), row.gauges, strict=False)
    )
    after = None if row.score_after is None else min(1.0, row.score_after / FULL_RING)
    predicted = row.guests_after is not None
    score = " now" if predicted else f" · {words.number(row.score, 0)} points" if row.measured else ""
    return Place(
        key=row.name,
        title=row.name,
        opens=True,
        tone=row.light if row.measured and row.state != views.IN_MAINTENANCE else "none",
        state=f"{row.state}{score}",
        radius=round(radius, 4),
        ring=_ring(row),
        after=after,
        lines=tuple(text for text in (map_facts.mostly(row), usage if row.measured else "") if text),
        shifts=shifts.of_node(row, 0) if predicted else (),
        facts=map_facts.node(row),
    )


def _ring(row: views.NodeRow) -> tuple[RingPart, ...]:
    """The penalty by category around the node; more than a full ring of points is drawn to scale within one."""
    full = max(FULL_RING, sum(points for _, points in row.parts))
    parts, begins = [], 0.0
    for category, points in row.parts:
        ends = begins + points / full
        title = f"{words.label(words.CATEGORIES, category)} {words.number(points)} points"
        parts.append(
            RingPart(title=title, colour=CATEGORY_COLOURS.get(category, GREY), begins=begins, ends=min(1.0, ends))
        )
        begins = ends
    return tuple(parts)


def _group(key: str, members: Sequence[_Member], choice: Choice, radius: float) -> Place:
    facts = map_facts.group([member.guest for member in members], choice.size)
    return Place(
        key=key,
        title=key,
        opens=False,
        tone="none",
        state=facts[0],
        radius=round(radius, 4),
        ring=(),
        after=None,
        lines=(facts[1],),
        shifts=(),
        facts=facts,
    )


def _arrows(moves: Iterable[Recommendation], names: Sequence[str]) -> tuple[Arrow, ...]:
    """One arrow for each way that the plan goes between two nodes that are shown, in the order of the plan."""
    ways: dict[tuple[str, str], list[Recommendation]] = {}
    for move in sorted(moves, key=lambda m: (min(m.steps, default=10**9), m.vmid)):
        ways.setdefault((move.source, move.target), []).append(move)
    at = {name: place for place, name in enumerate(names)}
    return tuple(
        Arrow(
            key=found[0].id,
            title=f"{words.count(len(found), 'move')}, {source} → {target}",
            source=at[source],
            target=at[target],
            vmids=tuple(move.vmid for move in found),
            sureness=map_facts.sureness(found),
            facts=map_facts.arrow(found),
        )
        for (source, target), found in ways.items()
        if source in at and target in at
    )
