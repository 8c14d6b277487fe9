"""ProxBalance: a balance advisor for Proxmox VE clusters that explains every number.

The engine is pure: ``assess(snapshot, settings, mode)`` reads no clock and does no I/O. Names are
loaded when they are first asked for, so that ``import proxbalance_core`` stays light.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proxbalance_core.domain.backtests import Backtest
    from proxbalance_core.domain.changes import (
        AddCores,
        AddGuest,
        AddMemory,
        AddNode,
        Consolidate,
        DrainNode,
        GrowGuest,
        LoseNode,
        MoveGuest,
        NewGuest,
    )
    from proxbalance_core.domain.cluster import ClusterSnapshot
    from proxbalance_core.domain.drains import Drain
    from proxbalance_core.domain.failover import NMinusOne
    from proxbalance_core.domain.plans import Assessment, Simulation
    from proxbalance_core.domain.results import Evaluation, GuestOptions
    from proxbalance_core.domain.selections import Selection
    from proxbalance_core.domain.settings import Settings
    from proxbalance_core.domain.validation import FreshFacts, Validation
    from proxbalance_core.domain.whatif import Placing, WhatIf
    from proxbalance_core.engine.assess import assess
    from proxbalance_core.engine.bounding import bound, with_bound
    from proxbalance_core.engine.evaluate import evaluate, options
    from proxbalance_core.engine.selection import select
    from proxbalance_core.engine.validate import validate
    from proxbalance_core.errors import ProxBalanceError
    from proxbalance_core.forecast.hourly import forecast_hours, forecast_scenarios
    from proxbalance_core.whatif.ask import what_if
    from proxbalance_core.whatif.backtest import backtest
    from proxbalance_core.whatif.draining import drain
    from proxbalance_core.whatif.n_minus_one import n_minus_1
    from proxbalance_core.whatif.place import place
    from proxbalance_core.whatif.sensitivity import sensitivity
    from proxbalance_core.whatif.simulate import simulate
    from proxbalance_core.whatif.suggesting import suggestions

__version__ = "0.1.0"

# Our matrices are small: more threads than one of the linear algebra below numpy wait for one another. A simulation of
# 32 x 1,000 took 420 ms of CPU with two, 290 with one. It counts where numpy is loaded after us, and nobody chose.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

_HOME = {
    "AddCores": "domain.changes",
    "AddGuest": "domain.changes",
    "AddMemory": "domain.changes",
    "AddNode": "domain.changes",
    "Assessment": "domain.plans",
    "Backtest": "domain.backtests",
    "ClusterSnapshot": "domain.cluster",
    "Consolidate": "domain.changes",
    "Drain": "domain.drains",
    "DrainNode": "domain.changes",
    "Evaluation": "domain.results",
    "FreshFacts": "domain.validation",
    "GrowGuest": "domain.changes",
    "GuestOptions": "domain.results",
    "LoseNode": "domain.changes",
    "MoveGuest": "domain.changes",
    "NMinusOne": "domain.failover",
    "NewGuest": "domain.changes",
    "Placing": "domain.whatif",
    "ProxBalanceError": "errors",
    "Selection": "domain.selections",
    "Settings": "domain.settings",
    "Simulation": "domain.plans",
    "Validation": "domain.validation",
    "WhatIf": "domain.whatif",
    "assess": "engine.assess",
    "backtest": "whatif.backtest",
    "bound": "engine.bounding",
    "drain": "whatif.draining",
    "evaluate": "engine.evaluate",
    "forecast_hours": "forecast.hourly",
    "forecast_scenarios": "forecast.hourly",
    "n_minus_1": "whatif.n_minus_one",
    "options": "engine.evaluate",
    "place": "whatif.place",
    "select": "engine.selection",
    "sensitivity": "whatif.sensitivity",
    "simulate": "whatif.simulate",
    "suggestions": "whatif.suggesting",
    "validate": "engine.validate",
    "what_if": "whatif.ask",
    "with_bound": "engine.bounding",
}

__all__ = [
    "AddCores", "AddGuest", "AddMemory", "AddNode", "Assessment", "Backtest", "ClusterSnapshot", "Consolidate",
    "Drain", "DrainNode", "Evaluation", "FreshFacts", "GrowGuest", "GuestOptions", "LoseNode", "MoveGuest",
    "NMinusOne", "NewGuest", "Placing", "ProxBalanceError", "Selection", "Settings", "Simulation", "Validation",
    "WhatIf", "assess", "backtest", "bound", "drain", "evaluate", "forecast_hours", "forecast_scenarios",
    "n_minus_1", "options", "place", "select", "sensitivity", "simulate", "suggestions", "validate", "what_if",
    "with_bound",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
