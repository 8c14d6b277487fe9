"""Values to JSON and back."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pytest

from proxbalance_core import ClusterSnapshot, assess
from proxbalance_core.domain.cluster import PastMove
from proxbalance_core.domain.documents import iso, plain
from proxbalance_core.errors import SnapshotInvalid
from tests.strategies.clusters import SWITCHES, Maker


@dataclass(frozen=True)
class Pair:
    left: float
    right: tuple[float | None, ...] = ()


def test_not_measured_is_null_or_left_out() -> None:
    assert plain(Pair(math.nan, (1.0, None))) == {"left": None, "right": [1.0, None]}
    assert plain(Pair(math.nan, (1.0,)), keep_missing=False) == {"right": [1.0]}
    assert plain({"a": Pair(2.0)}) == {"a": {"left": 2.0, "right": []}}


def test_zero_stays_zero() -> None:
    assert plain(Pair(0.0), keep_missing=False) == {"left": 0.0, "right": []}


def test_a_move_is_written_from_and_to() -> None:
    move = PastMove(at=datetime(2026, 2, 7, 9, tzinfo=UTC), source_node="a", target_node="b")
    assert plain(move) == {"at": "2026-02-07T09:00:00Z", "from": "a", "to": "b"}


def test_times_keep_their_zone() -> None:
    assert iso(datetime(2026, 2, 8, 10, 30, tzinfo=UTC)) == "2026-02-08T10:30:00Z"
    east = datetime(2026, 2, 8, 11, 30, tzinfo=timezone(timedelta(hours=1)))
    assert iso(east) == "2026-02-08T11:30:00+01:00"


def test_a_snapshot_with_an_offset_is_read_as_the_same_moment() -> None:
    document = {"format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T11:30:00+01:00"}
    snapshot = ClusterSnapshot.from_dict(document)
    assert snapshot.taken_at == datetime(2026, 2, 8, 10, 30, tzinfo=UTC)
    assert snapshot.to_dict()["taken_at"] == "2026-02-08T11:30:00+01:00"


def test_what_json_cannot_hold_is_refused() -> None:
    with pytest.raises(SnapshotInvalid, match="can't be written as JSON"):
        ClusterSnapshot.from_dict({"format": "proxbalance.snapshot/1", "cluster": {1, 2}})


def test_an_unknown_key_and_a_missing_one_are_named_in_our_words() -> None:
    base = {"format": "proxbalance.snapshot/1", "cluster": "lab"}
    with pytest.raises(SnapshotInvalid, match=r"^taken_at: this key is required$"):
        ClusterSnapshot.from_dict(base)
    with pytest.raises(SnapshotInvalid, match=r"^nodes\.0\.cpus: this key is not part of the format$"):
        ClusterSnapshot.from_dict(
            {
                **base,
                "taken_at": "2026-02-08T10:30:00Z",
                "nodes": [{"name": "a", "status": "unknown", "cpus": 4}],
            }
        )


@pytest.mark.parametrize("mode", ["sequential", "independent"])
def test_an_assessment_is_strict_json(mode: str) -> None:
    snapshot = ClusterSnapshot.from_dict(Maker(5, 6, 40, frozenset(SWITCHES)).document())
    document = assess(snapshot, mode=mode).to_dict()  # type: ignore[arg-type]
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert next(iter(document)) == "format"


def test_what_no_array_or_calendar_holds_is_refused() -> None:
    head = {"format": "proxbalance.snapshot/1", "cluster": "lab", "taken_at": "2026-02-08T10:30:00Z"}
    far = {"vmid": 10**30, "type": "vm", "node": "a", "status": "unknown"}
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    for document, path in (
        (head | {"nodes": [{"name": "a", "status": "offline"}], "guests": [far]}, "guests.0.vmid"),
        (head | {"taken_at": "9999-12-31T23:59:59Z"}, "taken_at"),
        (head | {"cluster": deep}, ""),
        (head | {"format": deep}, "format"),
    ):
        with pytest.raises(SnapshotInvalid) as refused:
            ClusterSnapshot.from_dict(document)
        assert refused.value.facts["path"] == path
