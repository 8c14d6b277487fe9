"""Each advisory: when it speaks, when it stays silent, and that its figures are its metrics'."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from proxbalance_core.domain.results import Forecast
from tests.unit.recommend.cluster_of import GB, advice, cluster, guest, node, of_type

AT = datetime(2026, 2, 8, 10, 30, tzinfo=UTC)


def figures(value: Any) -> set[float]:
    """Every number in metrics, with those in its texts."""
    if isinstance(value, dict):
        return set().union(*(figures(v) for v in value.values()), set())
    if isinstance(value, list | tuple):
        return set().union(*(figures(v) for v in value), set())
    if isinstance(value, str):
        return {float(n) for n in re.findall(r"\d+\.?\d*", value)}
    return {float(value)}


def rising(metric: str = "mem", current: float = 65.0, rate: float = 4.0) -> Forecast:
    return Forecast(
        entity="node/pve1", metric=metric, current_value=current, threshold=70.0, rate_per_day=rate,
        crossing_at=AT + timedelta(hours=30), crossing_earliest=AT, crossing_latest=AT, confidence="high",
        urgency="medium", summary="",
    )  # fmt: skip


CROWDED = cluster(
    [node("pve1", 92.0, 93.0), node("pve2", 88.0, 94.0), node("pve3", 40.0, 94.0, maintenance=True)],
    [guest(100 + i, "pve1", 24.0) for i in range(4)]
    + [guest(110, "pve2", 24.0, tags=["pin_pve2"]), guest(120, "pve3", 4.0), guest(121, "pve3", 4.0)]
    + [
        guest(
            130 + i, "pve2", 16.0,
            cpu_used_cores={"current": 0.2, "max_7d": 0.5}, mem_used_bytes={"current": 2 * GB, "max_7d": 3 * GB},
        )
        for i in range(2)
    ],
    quorate=False, crs={"ha": "dynamic", "auto_rebalance": True},
    rules=[
        {"name": "apart", "kind": "resource-affinity", "affinity": "negative", "strict": True, "guests": [100, 101]},
        {"name": "as-one", "kind": "resource-affinity", "affinity": "positive", "strict": True, "guests": [102, 110]},
        {"name": "licence", "kind": "node-affinity", "strict": True, "guests": [103], "nodes": ["pve2"]},
    ],
)  # fmt: skip


def test_every_figure_of_a_message_is_a_metric() -> None:
    found = advice(CROWDED, (rising(),), moves=2)
    kinds = {a.type for a in found}
    assert kinds == {
        "lost_quorum", "saturation", "limited_headroom", "bottleneck", "n_minus_1", "days_to_exhaustion",
        "evacuation_blockers", "ha_rule_violated", "two_balancers", "over_provisioned",
    }  # fmt: skip
    for advisory in found:
        known = figures(advisory.metrics)
        said = re.sub(r"pve\d|g\d+ \(|N-1", "(", advisory.message)
        for number in re.findall(r"\d+\.?\d*", said):
            assert any(abs(float(number) - k) <= 0.0501 for k in known), (number, advisory)
        assert advisory.message.endswith(".") and advisory.suggestions


def test_the_severest_come_first() -> None:
    order = [a.severity for a in advice(CROWDED, (rising(),))]
    assert order == sorted(order, key=["critical", "warning", "info"].index)


def test_a_calm_cluster_has_nothing_to_say() -> None:
    calm = cluster([node(f"pve{i}") for i in range(3)], [guest(100 + i, f"pve{i}") for i in range(3)])
    assert advice(calm) == ()
    assert advice(cluster([], [])) == ()


@pytest.mark.parametrize(
    ("cpu", "mem", "severities"),
    [
        (69.0, 79.0, []), (71.0, 79.0, ["warning"]), (86.0, 50.0, ["critical"]),
        (50.0, 81.0, ["warning"]), (50.0, 91.0, ["critical"]),
    ],
)  # fmt: skip
def test_saturation(cpu: float, mem: float, severities: list[str]) -> None:
    found = of_type("saturation", advice(cluster([node(f"pve{i}", cpu, mem) for i in range(3)], [])))
    assert [a.severity for a in found] == severities


def test_saturation_weighs_nodes_by_capacity() -> None:
    large = node("pve1", 80.0)
    small = node("pve2", 20.0, cpu_cores=2)
    (found,) = of_type("saturation", advice(cluster([large, small], [])))
    assert found.metrics["mean_pct"] == pytest.approx((16 * 80 + 2 * 20) / 18, abs=0.01)


@pytest.mark.parametrize(("loads", "speaks"), [((65, 30, 30), False), ((65, 65, 30), True), ((65, 65, 65), True)])
def test_limited_headroom(loads: tuple[float, ...], speaks: bool) -> None:
    found = of_type("limited_headroom", advice(cluster([node(f"pve{i}", c) for i, c in enumerate(loads)], [])))
    assert bool(found) is speaks
    if sum(c > 60 for c in loads) == 2:
        assert found[0].node == "pve2"


def test_bottleneck_only_where_nobody_can_leave() -> None:
    guests = [guest(100, "pve1", tags=["pin_pve1"]), guest(101, "pve1", 70.0)]
    (stuck,) = of_type("bottleneck", advice(cluster([node("pve1", 92.0), node("pve2")], guests)))
    assert stuck.severity == "critical" and stuck.metrics["vmids"] == [100, 101]
    free = cluster([node("pve1", 92.0), node("pve2")], [*guests, guest(102, "pve1", 4.0)])
    assert of_type("bottleneck", advice(free)) == []


@pytest.mark.parametrize(("count", "speaks"), [(1, True), (2, True), (3, False)])
def test_small_cluster(count: int, speaks: bool) -> None:
    found = advice(cluster([node(f"pve{i}") for i in range(count)], []))
    assert bool(of_type("small_cluster", found)) is speaks


def test_days_to_exhaustion_come_from_the_rate() -> None:
    cluster_ = cluster([node(f"pve{i}") for i in range(3)], [])
    (mem,) = of_type("days_to_exhaustion", advice(cluster_, (rising(rate=4.0),)))
    assert mem.severity == "info" and mem.metrics["days"] == 7.5  # to 95 %: the limit of moves
    (cpu,) = of_type("days_to_exhaustion", advice(cluster_, (rising("cpu", 58.0, 10.0),)))
    assert cpu.severity == "warning" and cpu.metrics["days"] == 4.2
    assert of_type("days_to_exhaustion", advice(cluster_, (rising("iowait"),))) == []


def test_over_provisioned_needs_both_and_a_full_week() -> None:
    def idle(vmid: int, cpu: float, gb: float, days: float = 7.0) -> dict[str, Any]:
        return guest(
            vmid, "pve1", 8.0, history_days=days,
            cpu_used_cores={"current": 0.1, "max_7d": cpu}, mem_used_bytes={"current": GB, "max_7d": gb * GB},
        )  # fmt: skip

    guests = [
        idle(100, 1.0, 2.0),
        idle(101, 1.3, 2.0),
        idle(102, 1.0, 3.0),
        idle(103, 1.0, 2.0, days=4.0),
        guest(104, "pve1"),
    ]
    (found,) = of_type("over_provisioned", advice(cluster([node("pve1"), node("pve2"), node("pve3")], guests)))
    assert found.severity == "info" and [row["vmid"] for row in found.metrics["list"]] == [100]
    assert found.metrics["unused_gb"] == 6.0 and found.metrics["unused_cores"] == 3.0


def test_maintenance_names_who_is_left_and_who_is_stuck() -> None:
    nodes = [node("pve1", maintenance=True), node("pve2"), node("pve3")]
    guests = [
        guest(100, "pve1"), guest(101, "pve1", tags=["ignore"]), guest(102, "pve1", 90.0),
        guest(103, "pve1", template=True, status="stopped"), guest(104, "pve1", pci_passthrough=True),
    ]  # fmt: skip
    (found,) = of_type("evacuation_blockers", advice(cluster(nodes, guests)))
    assert found.node == "pve1" and found.metrics["vmids"] == [100, 101, 102, 104]
    assert found.metrics["stuck_vmids"] == [101, 102, 104]
    assert "g101 (101)" in found.message
    assert of_type("evacuation_blockers", advice(cluster(nodes, []))) == []


def test_broken_ha_rules_are_shown_and_tags_are_not() -> None:
    found = of_type("ha_rule_violated", advice(CROWDED))
    assert {a.metrics["rule"]: a.metrics["vmids"] for a in found} == {
        "apart": [100, 101],
        "as-one": [102, 110],
        "licence": [103],
    }
    tags = cluster([node("pve1"), node("pve2"), node("pve3")], [guest(v, "pve1", tags=["exclude_a"]) for v in (1, 2)])
    assert of_type("ha_rule_violated", advice(tags)) == []


def test_soft_rules_and_stopped_guests_break_nothing() -> None:
    rule = {"name": "r", "kind": "resource-affinity", "affinity": "negative", "guests": [1, 2]}
    nodes = [node("pve1"), node("pve2"), node("pve3")]
    soft = cluster(nodes, [guest(1, "pve1"), guest(2, "pve1")], rules=[{**rule, "strict": False}])
    off = cluster(nodes, [guest(1, "pve1"), guest(2, "pve1", status="stopped")], rules=[{**rule, "strict": True}])
    assert of_type("ha_rule_violated", advice(soft)) == [] == of_type("ha_rule_violated", advice(off))


@pytest.mark.parametrize(("quorate", "speaks"), [(True, False), (None, False), (False, True)])
def test_lost_quorum(quorate: bool | None, speaks: bool) -> None:
    more = {} if quorate is None else {"quorate": quorate}
    found = of_type("lost_quorum", advice(cluster([node(f"pve{i}") for i in range(3)], [], **more)))
    assert [a.severity for a in found] == ["critical"] * speaks


@pytest.mark.parametrize(
    ("ha", "auto", "speaks"), [("dynamic", True, True), ("dynamic", False, False), ("static", True, False)]
)
def test_two_balancers(ha: str, auto: bool, speaks: bool) -> None:
    snapshot = cluster([node(f"pve{i}") for i in range(3)], [], crs={"ha": ha, "auto_rebalance": auto})
    assert bool(of_type("two_balancers", advice(snapshot))) is speaks


def test_suggestions_name_the_moves_first() -> None:
    full = cluster([node(f"pve{i}", 75.0) for i in range(3)], [])
    (found,) = of_type("saturation", advice(full, moves=2))
    assert found.suggestions[0].startswith("Do the 2 recommended migrations first")
