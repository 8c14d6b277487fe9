"""What is found on the cluster map, and where a click on it leads."""

from __future__ import annotations

from dataclasses import dataclass

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.present.advice import guest_label
from proxbalance_core.present.map_values import Arrow, ClusterMap


def found(snapshot: ClusterSnapshot, text: str) -> frozenset[int] | None:
    """The guests whose name, number, node, pool or tags hold ``text``; None when nothing is searched for."""
    needle = text.strip().casefold()
    if not needle:
        return None
    return frozenset(guest.vmid for guest in snapshot.guests if not guest.template and needle in _haystack(guest))


def _haystack(guest: Guest) -> str:
    parts = (guest_label(guest.type, guest.vmid, guest.name), guest.node, guest.pool or "", *sorted(guest.tag_set))
    return "\n".join(parts).casefold()


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """A page of the app, and what stands in its URL."""

    page: str
    query: dict[str, str]


def destination(assessment: Assessment, drawn: ClusterMap, opened: object) -> Destination | None:
    """Where a click leads: ``opened`` is what the browser says, ``{"kind": ..., "key": ...}``; None for anything else.

    An arrow leads to its recommendation; several moves of one way are shown together, the first one opened.
    """
    if not isinstance(opened, dict):
        return None
    kind, key = opened.get("kind"), opened.get("key")
    if kind == "arrow":
        arrow = next((arrow for arrow in drawn.arrows if arrow.key == key), None)
        return _to_recommendation(assessment, arrow) if arrow else None
    if kind == "bubble":
        bubble = next((bubble for bubble in drawn.bubbles if bubble.key == key), None)
        return Destination(page="compare", query={"compare_guest": bubble.title}) if bubble else None
    if kind == "place" and any(place.key == key and place.opens for place in drawn.places):
        return Destination(page="compare", query={"compare_view": "Two nodes", "compare_left": str(key)})
    return None


def _to_recommendation(assessment: Assessment, arrow: Arrow) -> Destination:
    move = next(move for move in assessment.recommendations if move.id == arrow.key)
    way = {"rec_from": move.source, "rec_to": move.target} if len(arrow.vmids) > 1 else {}
    return Destination(page="recommendations", query={"rec_move": move.id, **way})
