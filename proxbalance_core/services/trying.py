"""What-ifs about an assessed cluster: pages ask here, the decision rooms answer."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping

from proxbalance_core.domain.changes import Change, NewGuest
from proxbalance_core.domain.drains import Drain
from proxbalance_core.domain.failover import NMinusOne
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.results import Mode
from proxbalance_core.domain.selections import Selection
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.whatif import Placing, WhatIf
from proxbalance_core.services.assessing import Generation


def what_if(generation: Generation, changes: Iterable[Change]) -> WhatIf:
    """The cluster of a generation after ``changes``.

    Raises
    ------
    ChangeInvalid
        For what can't be.
    """
    from proxbalance_core import what_if as ask

    return ask(generation.snapshot, generation.settings, changes)


def plan(
    generation: Generation, settings: Settings, mode: Mode = "sequential", seconds: float = math.inf
) -> Assessment:
    """The plan for the cluster of a generation under ``settings``, the best that is found within ``seconds``."""
    from proxbalance_core import assess

    until = time.monotonic() + seconds
    return assess(generation.snapshot, settings, mode, lambda share: time.monotonic() < until)


def place(generation: Generation, guest: NewGuest) -> Placing:
    """Every node of the cluster of a generation for a new guest.

    Raises
    ------
    ChangeInvalid
        For an impossible size or share.
    """
    from proxbalance_core import place as ask

    return ask(generation.snapshot, generation.settings, guest)


def select(generation: Generation, told: Assessment, moves: Iterable[tuple[int, str]]) -> Selection:
    """``moves`` of a generation's cluster taken together; those that it recommends keep their reason."""
    from proxbalance_core import select as ask

    return ask(generation.snapshot, generation.settings, moves, told)


def completed(told: Assessment, vmids: Iterable[int]) -> tuple[int, ...]:
    """Recommended guests with those that only move together with them."""
    from proxbalance_core.recommend.picking import completed as all_of

    return all_of(told.recommendations, vmids)


def first(told: Assessment, count: int) -> tuple[int, ...]:
    """The guests of the first ``count`` moves of the plan, with those that only move together with them."""
    from proxbalance_core.recommend.picking import first as best

    return best(told.recommendations, count)


def n_minus_1(generation: Generation) -> NMinusOne:
    """Each node of the cluster of a generation lost in turn."""
    from proxbalance_core import n_minus_1 as ask

    return ask(generation.snapshot, generation.settings)


def drain(generation: Generation, nodes: Iterable[str], choices: Mapping[int, str]) -> Drain:
    """How ``nodes`` of a generation's cluster are emptied under ``choices``.

    Raises
    ------
    ChangeInvalid
        For what can't be.
    """
    from proxbalance_core import drain as ask

    return ask(generation.snapshot, generation.settings, nodes, choices)
