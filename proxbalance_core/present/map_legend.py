"""The words around the cluster map: its title, legend, finding and notes."""

from __future__ import annotations

from collections.abc import Sequence

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.present import map_facts, views, words
from proxbalance_core.present.map_values import GROUPS, SIZES, Arrow, Bubble, Choice, ClusterMap, Labels, Place, Sign
from proxbalance_core.present.marks import BLUE, CATEGORY_COLOURS, GREY


def title(places: Sequence[Place], bubbles: Sequence[Bubble], arrows: Sequence[Arrow]) -> str:
    """What the drawing is, for a screen reader."""
    opens = any(place.opens for place in places)
    text = f"Cluster map: {words.count(len(places), 'node' if opens else 'group')}"
    text += f", {words.count(len({bubble.vmid for bubble in bubbles}), 'guest')}"
    count = sum(len(arrow.vmids) for arrow in arrows)
    return f"{text}, {words.count(count, 'move')}" if opens else text


def legend(
    assessment: Assessment, bubbles: Sequence[Bubble], arrows: Sequence[Arrow], choice: Choice
) -> tuple[Sign, ...]:
    """What occurs in the drawing, each with its word."""
    signs = []
    if choice.group == "node":
        signs += [
            Sign(kind="ring", look=CATEGORY_COLOURS.get(key, GREY), title=words.label(words.CATEGORIES, key))
            for key in views.categories(assessment)
        ]
        if choice.predicted:
            signs.append(Sign(kind="after", look=BLUE, title="Penalty with the plan (outer ring)"))
        used = {arrow.sureness for arrow in arrows}
        signs += [Sign(kind="arrow", look=key, title=text) for key, text in map_facts.SURENESS.items() if key in used]
    looks = (
        ("vm", "VM", any(b.type == "vm" for b in bubbles)),
        ("ct", "CT", any(b.type == "ct" for b in bubbles)),
        ("moves", "Moves", any(b.moves for b in bubbles)),
        ("stopped", "Not running", any(b.state == "stopped" for b in bubbles)),
        ("unmeasured", "Not measured", any(b.state == "unmeasured" for b in bubbles)),
        ("ghost", "Where it is now", any(b.ghost for b in bubbles)),
    )
    return (*signs, *(Sign(kind="bubble", look=look, title=title) for look, title, occurs in looks if occurs))


def labels(*, by_node: bool) -> Labels:
    """What the parts of the drawing are, and how to get about in them by keyboard."""
    opens = "Enter compares the node with another." if by_node else ""
    return Labels(
        places=f"{'Nodes' if by_node else 'Groups'}. Arrow keys go from one to the next. {opens}".strip(),
        bubbles="Guests of it. Arrow keys go from one to the next. Enter compares nodes for the guest.",
        arrows="Moves of the plan. Arrow keys go from one to the next. Enter opens the recommendation.",
    )


def finding(assessment: Assessment) -> str:
    """The map in a sentence: how much moves, and where most weighs."""
    moves = assessment.recommendations
    scored = [node for node in assessment.nodes if node.score is not None]
    if not scored:
        return "No node is measured yet."
    worst = max(scored, key=lambda node: (node.score or 0.0, node.name))
    heavy = f"{worst.name} carries the most penalty, {words.number(worst.score, 0)} points."
    if not moves:
        return f"Nothing needs to move. {heavy}"
    ways = len({(move.source, move.target) for move in moves})
    return f"{words.count(len(moves), 'move')} between {words.count(ways, 'pair')} of nodes. {heavy}"


def notes(assessment: Assessment, drawn: ClusterMap, choice: Choice, snapshot: ClusterSnapshot) -> tuple[str, ...]:
    """What a reader should know of the drawing, one sentence each."""
    shown = {bubble.vmid for bubble in drawn.bubbles}
    if not shown:
        return ("No guest on these nodes yet. Guests appear here as bubbles as soon as there are some.",)
    largest = max(map_facts.amount(guest, choice.size) for guest in snapshot.guests if guest.vmid in shown)
    said = [f"Bubbles: {words.inside(SIZES[choice.size])}, the largest {map_facts.said(largest, choice.size)}."]
    if choice.group != "node":
        said.append(f"By {GROUPS[choice.group].lower()}: rings and arrows belong to nodes, and are shown by node.")
        said += ["A guest with several tags stands in each."] if choice.group == "tag" else []
        return tuple(said)
    hidden = len(assessment.recommendations) - sum(len(arrow.vmids) for arrow in drawn.arrows)
    if hidden:
        said.append(f"Not drawn: {words.count(hidden, 'move')} to or from nodes that the filter hides.")
    return tuple(said)
