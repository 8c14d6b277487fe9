"""A node's maintenance in rows: what may be chosen for whom, in words."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from proxbalance_core import Drain, drain
from proxbalance_core.present import drain as present
from proxbalance_core.present import exports
from tests.app.sample import HOSTILE
from tests.support.clusters import cluster, guest


def told(choices: dict[int, str] | None = None, *more: Any) -> Drain:
    guests = [guest(1, "pve1", 3, 20), guest(2, "pve1", 2, 10, type="ct"), guest(3, "pve2", 3, 20), *more]
    return drain(cluster(["pve1", "pve2", "pve3"], guests), None, "pve1", choices)


def row(found: Drain, vmid: int, choices: dict[int, str] | None = None) -> present.Row:
    return next(row for row in present.rows(found, choices or {}) if row.vmid == vmid)


def test_every_possible_node_may_be_chosen_and_what_is_chosen_stays_among_them() -> None:
    assert row(told(), 1).options == {
        "": "As planned: pve3", "pve3": "pve3", "pve2": "pve2", "shut down": "Shut it down"
    }  # fmt: skip
    assert row(told({1: "pve2"}), 1, {1: "pve2"}).options[""] == "As planned"
    assert "shut down" in row(told({1: "shut down"}), 1, {1: "shut down"}).options


def test_each_fate_has_its_words() -> None:
    held = guest(8, "pve1", 1, 4, pci_passthrough=True)
    off, template = guest(6, "pve1", 1, 4, status="stopped"), guest(7, "pve1", 1, 4, status="stopped", template=True)
    found = told(None, off, template, held)
    assert present.rows(found, {})[0].vmid == 8, "who is blocked comes first"
    assert row(found, 8).about == "pve1 · can't leave" and row(found, 8).options == {
        "": "Stays there", "shut down": "Shut it down"
    }  # fmt: skip
    assert row(found, 7).about == "pve1 · stays there, stopped" and row(found, 7).options == {}
    assert row(found, 6).options["shut down"] == "Leave it there, stopped"
    assert row(found, 2).about == "pve1 → pve2 · wave 2 · about 10 s, down for 10 s"


def test_the_nodes_that_change_most_come_first() -> None:
    frame = present.nodes(told({1: "pve2", 2: "pve2"})).rows
    assert list(frame["node"]) == ["pve2", "pve3"] and list(frame["guests_then"]) == [3, 0]


def test_a_hostile_name_stays_in_the_scripts_comments() -> None:
    bad = [guest(10 + i, "pve1", 0.1, 1, name=f"{name}\nreboot", lock="backup") for i, name in enumerate(HOSTILE)]
    script = exports.drain_script(told({1: "shut down"}, *bad), UTC)
    code = [line for line in script.splitlines() if line and not line.startswith("#")]
    assert code == ["set -eu", "ssh root@pve1 'pct migrate 2 pve3 --restart 1'", "ssh root@pve1 'qm shutdown 1'"]
