"""What an assessment comes to, without its explanations: enough to hold two against one another."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proxbalance_core.domain.plans import MoveGlance, SideCounts
from proxbalance_core.domain.results import Light


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeMark:
    """A node's score [points, None: not measured] and its light."""

    name: str
    score: float | None
    light: Light


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """The moves of an assessment, its nodes as they stand, and what it counts.

    ``staying`` is what each guest that stays could gain at its best target [points] by vmid, None where nothing;
    ``health`` is the cluster's as it stands.
    """

    counts: SideCounts
    moves: tuple[MoveGlance, ...]
    nodes: tuple[NodeMark, ...]
    staying: Mapping[int, float | None]
    health: float | None
