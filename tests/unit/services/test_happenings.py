"""Events: each tells a change once, with the figures it speaks of."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proxbalance_core import Settings
from proxbalance_core.domain.connections import Connection, stale_after_s
from proxbalance_core.domain.observed import Inventory, Samples
from proxbalance_core.errors import SourceUnavailable
from proxbalance_core.services.happenings import happened
from proxbalance_core.services.rounds import collect_round
from proxbalance_core.services.workbench import Workbench
from proxbalance_core.store import Store, open_store

T0 = datetime(2026, 2, 1, tzinfo=UTC)
Document = dict[str, Any]


def move(vmid: int, target: str = "pve2") -> Document:
    return {"vmid": vmid, "name": f"vm{vmid}", "source": "pve1", "target": target, "score_improvement": 30.0}


def skip(vmid: int, detail: str) -> Document:
    return {"vmid": vmid, "name": f"vm{vmid}", "node": "pve1", "reason": "no_relief", "detail": detail}


def assessment(*moves: Document, cpu: float | None = 40.0, urgency: str = "low", **more: Any) -> Document:
    node = {"name": "pve1", "cpu_pct": cpu, "mem_pct": 30.0, "iowait_pct": None, "guest_count": 4}
    return {
        "settings": Settings().to_dict(), "summary": {"urgency": urgency, "advice": "As it is."}, "nodes": [node],
        "recommendations": list(moves), "skipped": [], "advisories": [],
    } | more  # fmt: skip


def told(before: Document | None, after: Document) -> dict[str, Document]:
    events = happened(before, after, T0)
    found = {event.event: event.payload for event in events}
    assert len(found) == len(events) and {event.at for event in events} == {T0}
    json.dumps(found)
    generated = found.pop("recommendations.generated")
    assert generated == {"count": len(after["recommendations"]), "summary": "As it is.", **_urgency(after)}
    return found


def _urgency(document: Document) -> Document:
    return {"urgency": document["summary"]["urgency"]}


def test_nothing_new_is_one_event() -> None:
    warned = {"type": "saturation", "severity": "warning", "node": None, "message": "Full.", "metrics": {"cpu_pct": 75}}
    state = assessment(move(100), cpu=90.0, urgency="high", advisories=[warned])
    assert told(state, state) == {}
    assert told(None, assessment(move(100))) == {}


def test_other_recommendations_are_told_with_their_causes() -> None:
    before = assessment(move(100), move(101), move(102))
    after = assessment(move(100), move(101, "pve3"), move(103), skipped=[skip(102, "Relieves nobody.")])
    found = told(before, after)["recommendations.changed"]
    assert {kind: [row["vmid"] for row in found[kind]] for kind in ("new", "removed", "changed_targets")} == {
        "new": [103], "removed": [102], "changed_targets": [101],
    }  # fmt: skip
    assert found["removed"][0]["cause"] == "relieves nobody" and found["unchanged_count"] == 1


def test_the_last_recommendation_gone_is_cleared_and_not_changed() -> None:
    found = told(assessment(move(100), move(101)), assessment(skipped=[skip(100, "Relieves nobody.")]))
    assert found == {
        "recommendations.cleared": {
            "previous_count": 2, "how": "nothing left to recommend",
            "causes": ["vm100 (100): relieves nobody", "vm101 (101): it is no longer in the cluster"],
        }
    }  # fmt: skip
    assert told(assessment(), assessment()) == {}


def test_urgent_is_told_when_it_begins_with_the_nodes_figures() -> None:
    calm, urgent = assessment(move(100)), assessment(move(100), urgency="high")
    (told_of,) = told(calm, urgent)["recommendations.urgent"]["recommendations"]
    assert told_of["source_node"] == {"cpu_pct": 40.0, "mem_pct": 30.0, "guest_count": 4}
    assert told_of["target_node"] == {} and told_of["vmid"] == 100
    assert "recommendations.urgent" in told(None, urgent)
    assert told(urgent, urgent) == {} and told(urgent, calm) == {}


@pytest.mark.parametrize(
    ("before", "after", "crossed"),
    [(58.0, 67.0, True), (59.9, 60.0, True), (60.0, 67.0, False), (67.0, 58.0, False), (None, 67.0, True)],
)
def test_a_node_is_overloaded_when_it_crosses(before: float | None, after: float, crossed: bool) -> None:
    found = told(assessment(cpu=before), assessment(cpu=after))
    expected = {"node": "pve1", "crossed": ["cpu"], "metrics": {"cpu": {"value_pct": after, "threshold_pct": 60.0}}}
    assert found == ({"node.overloaded": expected} if crossed else {})


def test_not_measured_is_not_overloaded() -> None:
    assert told(assessment(cpu=40.0), assessment(cpu=None)) == {}


def test_a_capacity_warning_is_told_once_and_again_when_it_grows_worse() -> None:
    def warned(severity: str) -> Document:
        advisory = {"type": "saturation", "severity": severity, "node": None, "message": "Full.", "metrics": {}}
        return assessment(advisories=[advisory])

    assert told(None, warned("info")) == {}
    assert told(warned("info"), warned("warning"))["capacity.warning"]["message"] == "Full."
    assert told(warned("warning"), warned("critical"))["capacity.warning"]["severity"] == "critical"


class Flaky:
    """A source that can be switched off."""

    def __init__(self) -> None:
        self.down = False

    def snapshot_inventory(self, anew: Collection[int] = ()) -> Inventory:
        if self.down:
            raise SourceUnavailable("pve1 doesn't answer.")
        return Inventory(cluster="lab", at=T0, nodes=(), guests=())

    def samples(self, since: datetime | None) -> Samples:
        return Samples()

    def storage_history(self) -> tuple[()]:
        return ()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(tmp_path / "events.db") as opened:
        yield opened


def test_stale_and_back_are_told_once_each(store: Store) -> None:
    connection = Connection(id="lab", title="Lab", source="proxmox", created_at=T0)
    store.connections.put(connection)
    source = Flaky()
    limit = timedelta(seconds=stale_after_s(store.settings.get("lab").interval_s))

    def collect(at: datetime, *, down: bool) -> list[str]:
        source.down = down
        seen = len(store.events.list("lab"))
        if down:
            with pytest.raises(SourceUnavailable):
                collect_round(store, connection, source, lambda: at)  # type: ignore[arg-type]
        else:
            collect_round(store, connection, source, lambda: at)  # type: ignore[arg-type]
        return [event.event for event in store.events.list("lab")[seen:]]

    assert collect(T0, down=False) == []
    assert collect(T0 + limit, down=True) == [], "old, but not older than it may be"
    assert collect(T0 + limit * 1.1, down=True) == ["data.stale"]
    assert collect(T0 + limit * 1.2, down=True) == []
    assert collect(T0 + limit * 1.3, down=False) == ["data.back"]
    assert collect(T0 + limit * 1.4, down=False) == []
    stale, back = store.events.list("lab")
    assert stale.payload == {"last_success": "2026-02-01T00:00:00Z", "error": "pve1 doesn't answer."}
    assert back.payload == {"after_failures": 3}
    assert store.events.newest("lab", "data.stale") == stale and store.events.newest("lab", "settings.changed") is None


def test_a_generation_writes_its_events_and_saving_nothing_new_none(tmp_path: Path) -> None:
    from tests.support.clusters import random_cluster

    with Workbench.open(tmp_path / "d") as bench:
        cid = bench.import_snapshot("lab.json", json.dumps(random_cluster(3).to_dict()).encode())
        seen = len(bench.store.events.list(cid))
        bench.regenerate(cid)
        assert [event.event for event in bench.store.events.list(cid)[seen:]] == ["recommendations.generated"]
        bench.save_settings(cid, bench.settings(cid), "tester")
        assert len(bench.store.events.list(cid)) == seen + 1
