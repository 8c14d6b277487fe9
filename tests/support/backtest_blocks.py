"""The example backtest of docs/formats.md: four days of six guests that are all on one of two nodes."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np

from proxbalance_core import Settings
from proxbalance_core.features.course import Course
from proxbalance_core.whatif.backtest import backtest
from proxbalance_core.whatif.sweep import judged, tried
from proxbalance_core.whatif.trials import trials
from tests.support.clusters import GIB, cluster, guest
from tests.support.compact_json import compact

HOURS, GUESTS, NODES = 96, 6, 2


def course() -> Course:
    """Guests of 1.5 to 0.5 cores with a daily cycle, all on pve1."""
    hour = np.arange(HOURS)[:, None]
    cycle = 1.0 + 0.5 * np.sin(2.0 * np.pi * hour / 24.0)
    cores = np.round(np.linspace(1.5, 0.5, GUESTS) * cycle, 4)
    return Course(
        snapshot=cluster(["pve1", "pve2"], [guest(100 + g, "pve1", 1.0, 5) for g in range(GUESTS)]),
        start=int(datetime(2026, 2, 1, tzinfo=UTC).timestamp()),
        own_cores=np.full((HOURS, NODES), 0.4), own_mem=np.full((HOURS, NODES), 3.0 * GIB),
        iowait_pct=np.ones((HOURS, NODES)), cores=cores, mem=np.full(cores.shape, 5.0 * GIB),
        was_on=np.zeros(cores.shape, dtype=np.intp),
    )  # fmt: skip


def example() -> dict[str, Any]:
    """The example as its document."""
    return backtest(course(), {"balanced": Settings()}).to_dict()


def block() -> str:
    """The example without its settings, its lists cut after one entry."""
    document: dict[str, Any] = json.loads(json.dumps(example()))
    for side in document["sides"]:
        del side["settings"]
        side["days"], side["made"] = side["days"][:1], side["made"][:1]
    document["sides"] = document["sides"][2:]
    return f"```json\n{compact(document, width=100)}\n```"


def example_sweep() -> dict[str, Any]:
    """Four trials on the example."""
    past = course()
    found = tried(past, trials(Settings(), 6, seed=1))
    if found is None:
        raise AssertionError("nobody stopped it")
    return judged(past, Settings(), 1, found).to_dict()


def sweep_block() -> str:
    """The example without its base, its lists cut after one entry."""
    document: dict[str, Any] = json.loads(json.dumps(example_sweep()))
    del document["base"]
    document["trials"] = document["trials"][-1:]
    document["trials"][0]["weeks"] = document["trials"][0]["weeks"][:1]
    document["held_out"] = document["held_out"][:1]
    return f"```json\n{compact(document, width=100)}\n```"


BLOCKS = {"example-sweep": sweep_block, "example-backtest": block}
