"""Figures of the registry that are judged, not copied: imbalance, overload, rules, reserve, trends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from proxbalance_core import assess
from proxbalance_core.domain.cluster import ClusterSnapshot, NodeMetric, Rule
from proxbalance_core.domain.connections import ConnectionStatus
from proxbalance_core.domain.quantities import Facts, readings
from proxbalance_core.domain.settings import Settings
from tests.support.clusters import cluster, guest, node

STATUS = ConnectionStatus(
    cid="c", title="c", source="synthetic", last_success=None, last_attempt=None, last_error=None, error_kind=None,
    stale=False, age_s=1.0, collector="stopped", rounds=1,
)  # fmt: skip


def told(snapshot: ClusterSnapshot) -> dict[str, float | None]:
    """Value by id without its ``cluster/``, as the engine judges the snapshot."""
    facts = Facts(status=STATUS, told=assess(snapshot, Settings()), snapshot=snapshot)
    return {one.id.removeprefix("cluster/"): one.value for one in readings(facts)}


@pytest.mark.parametrize(
    ("cpu", "imbalanced", "overloaded"),
    [((30.0, 34.0), 0.0, 0.0), ((30.0, 38.0), 1.0, 0.0), ((58.0, 59.9), 0.0, 0.0), ((59.0, 60.0), 1.0, 1.0)],
)
def test_imbalanced_is_over_a_threshold_or_apart(
    cpu: tuple[float, float], imbalanced: float, overloaded: float
) -> None:
    values = told(cluster([node("a", cpu[0], 40.0), node("b", cpu[1], 40.0)], []))
    assert values["imbalanced"] == imbalanced
    assert (values["node/a/overloaded"], values["node/b/overloaded"]) == (0.0, overloaded)


def test_a_node_in_maintenance_is_left_out_of_the_balance() -> None:
    idle = node("b", 1.0, 1.0, maintenance=True)
    values = told(cluster([node("a", 40.0, 40.0), idle, node("c", 41.0, 40.0)], []))
    assert values["imbalanced"] == 0.0
    assert [values[f"node/{name}/maintenance"] for name in "abc"] == [0.0, 1.0, 0.0]
    assert told(cluster([node("a", 40.0, 40.0), replace(idle, maintenance=False)], []))["imbalanced"] == 1.0


def test_what_was_not_measured_is_not_told() -> None:
    dark = replace(node("a", 0.0, 0.0), status="offline", cpu=NodeMetric(), mem=NodeMetric())
    values = told(cluster([dark], []))
    assert values["node/a/online"] == 0.0
    assert values["imbalanced"] is None
    assert values["node/a/overloaded"] is None
    assert values["node/a/cpu_trend_pct_per_day"] is None
    snapshot = cluster([node("a", 10.0, 10.0)], [])
    brief = {one.id: one.value for one in readings(Facts(status=STATUS, told=assess(snapshot, Settings())))}
    assert brief["cluster/imbalanced"] is None and brief["cluster/node/a/maintenance"] is None


def test_trends_are_the_nodes_own() -> None:
    rising = NodeMetric(current_pct=40.0, trend_pct_per_day=1.5)
    values = told(cluster([replace(node("a", 40.0, 40.0), cpu=rising)], []))
    assert values["node/a/cpu_trend_pct_per_day"] == 1.5
    assert values["node/a/mem_trend_pct_per_day"] is None


def test_broken_rules_are_those_of_ha_and_of_tags() -> None:
    apart = (guest(1, "a", 1.0, 2.0), guest(2, "a", 1.0, 2.0))
    rule = Rule(name="apart", kind="resource-affinity", guests=(1, 2), affinity="negative")
    assert told(cluster(["a", "b"], list(apart), rules=(rule,)))["broken_rules"] == 1.0
    tagged = [replace(one, tags=("exclude_web",)) for one in apart]
    assert told(cluster(["a", "b"], tagged))["broken_rules"] == 1.0
    assert told(cluster(["a", "b"], [apart[0], replace(apart[1], node="b")], rules=(rule,)))["broken_rules"] == 0.0


def test_nodes_that_the_rest_could_not_replace_are_counted() -> None:
    roomy = [guest(1, "a", 1.0, 10.0), guest(2, "b", 1.0, 10.0)]
    assert told(cluster(["a", "b"], roomy))["n_minus_1_failures"] == 0.0
    full = [guest(vmid, "ab"[vmid % 2], 1.0, 30.0) for vmid in range(4)]
    assert told(cluster(["a", "b"], full))["n_minus_1_failures"] == 2.0
