"""Handlers: what would be if. Nothing of it is kept."""

from __future__ import annotations

from proxbalance_core.api.answers import PlanDocument
from proxbalance_core.api.endpoint import Call
from proxbalance_core.api.problems import Problem
from proxbalance_core.domain.drains import Drain
from proxbalance_core.domain.failover import NMinusOne
from proxbalance_core.domain.plans import Simulation
from proxbalance_core.domain.validation import Validation
from proxbalance_core.domain.whatif import Placing, WhatIf
from proxbalance_core.services import trying, tuning, validating

# An optimal plan of a large cluster could think for hours; what it has found by then is the answer.
PLAN_SECONDS = 60.0


def simulate(call: Call) -> Simulation:
    """What other settings would change of the advice."""
    proposed = tuning.merged(call.generation.settings, call.body.settings)
    return tuning.simulated(call.generation, call.told, proposed)


def what_if(call: Call) -> WhatIf:
    """The cluster after changes of nodes and guests."""
    return trying.what_if(call.generation, call.body.changes)


def place(call: Call) -> Placing:
    """Every node for a new guest, the best first."""
    return trying.place(call.generation, call.body.guest)


def n_minus_1(call: Call) -> NMinusOne:
    """Each node lost in turn."""
    return trying.n_minus_1(call.generation)


def drain(call: Call) -> Drain:
    """How nodes are emptied for maintenance."""
    wrong = next((vmid for vmid in call.body.choices if not (vmid.isascii() and vmid.isdigit())), None)
    if wrong is not None:
        raise Problem(422, f"body.choices: '{wrong[:60]}' is no vmid.", field="body.choices")
    choices = {int(vmid): choice for vmid, choice in call.body.choices.items()}
    return trying.drain(call.generation, call.body.nodes, choices)


def plan(call: Call) -> PlanDocument:
    """The moves in waves, looked for anew."""
    asked = call.body
    wished = asked.settings | ({} if asked.max_moves is None else {"max_moves": asked.max_moves})
    settings = tuning.merged(call.generation.settings, wished)
    told = trying.plan(call.generation, settings, asked.mode, PLAN_SECONDS)
    return PlanDocument(
        cluster=told.cluster, taken_at=told.taken_at, mode=told.mode, summary=told.summary,
        recommendations=told.recommendations, plan=told.plan, batch_impact=told.batch_impact, notes=told.notes,
    )  # fmt: skip


def validate(call: Call) -> Validation:
    """Whether a move may be made now: asks the cluster."""
    return validating.validate_move(call.bench, call.cid, call.body.vmid, call.body.target)
