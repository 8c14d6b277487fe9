"""What every database must do for us, SQLite and PostgreSQL alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from alembic import command
from sqlalchemy import text

from proxbalance_core.domain.cluster import ClusterSnapshot, Guest, Node, NodeMetric, PastOutcome
from proxbalance_core.domain.connections import CollectorStatus, Connection
from proxbalance_core.domain.feedback import Advice, Feedback
from proxbalance_core.domain.frames import HOURLY, RAW, checked
from proxbalance_core.domain.observed import GuestSample, Inventory, NodeSample, Samples
from proxbalance_core.domain.outcomes import Check, Outcome, PairLoads
from proxbalance_core.domain.records import Event, MoveRecord
from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.tokens import ApiToken
from proxbalance_core.errors import SnapshotNotFound
from proxbalance_core.store import Store, open_store, schema
from proxbalance_core.store.engine import make_engine, writing

T0 = datetime(2026, 2, 1, tzinfo=UTC)
E0 = int(T0.timestamp())
HOUR, DAY = 3600, 86_400
H = timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> str | Path:
    """Where there is nothing yet."""
    if request.param == "sqlite":
        return tmp_path / "proxbalance.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(database: str | Path) -> Iterator[Store]:
    with open_store(database) as opened:
        for cid in ("lab", "other"):
            opened.connections.put(Connection(id=cid, title=cid.title(), source="synthetic", created_at=T0))
        yield opened


def node(ts: int, cpu: float = 50.0, **more: float) -> NodeSample:
    return NodeSample(ts=ts, node="pve1", cpu_pct=cpu, mem_used_bytes=2**33, mem_bytes=2**36, **more)  # type: ignore[arg-type]


def guest(ts: int, cores: float = 1.5, on: str = "pve1", vmid: int = 100, **more: int) -> GuestSample:
    return GuestSample(ts=ts, vmid=vmid, node=on, cpu_used_cores=cores, mem_used_bytes=2**30, **more)  # type: ignore[arg-type]


def minutes(start: int, count: int, cores: float = 1.5) -> Samples:
    times = range(start, start + count * 60, 60)
    return Samples(nodes=tuple(node(t) for t in times), guests=tuple(guest(t, cores) for t in times))


def snapshot(at: datetime = T0) -> ClusterSnapshot:
    pve1 = Node(
        name="pve1", status="online", cpu_cores=8.0, mem_bytes=2.0**36,
        cpu=NodeMetric(current_pct=50.0), mem=NodeMetric(current_pct=40.0),
    )  # fmt: skip
    web = Guest(vmid=100, name="web", type="vm", node="pve1", status="running", cpu_cores=2.0, mem_bytes=2.0**32)
    return ClusterSnapshot(cluster="lab", taken_at=at, nodes=(pve1,), guests=(web,))


ASSESSMENT = {
    "format": "proxbalance.assessment/1", "cluster": "lab", "taken_at": "2026-02-01T00:00:00Z", "mode": "sequential",
    "summary": {"cluster_health": 87.5, "imbalance": 0.2, "urgency": "low", "skip_reasons": {"stopped": 1}},
    "nodes": [{"name": "pve1", "score": 12.0, "suitability": 88.0, "cpu_pct": 50.0, "guest_count": 1, "terms": []}],
    "recommendations": [
        {"vmid": 100, "source": "pve1", "target": "pve2", "alternatives": [{"target": "pve3"}], "commands": ["qm"]}
    ],
    "skipped": [{"vmid": 101, "reason": "stopped"}], "plan": {"steps": [], "shell": "#!/bin/sh"},
}  # fmt: skip


def test_samples_come_back_as_they_went_in(store: Store) -> None:
    store.samples.add("lab", Samples(nodes=(node(E0, 12.345, iowait_pct=0.5),), guests=(guest(E0, 0.25),)))
    nodes = checked(store.samples.frame("lab", "node", T0, T0 + timedelta(hours=1)), RAW["node"])
    guests = checked(store.samples.frame("lab", "guest", T0, T0 + timedelta(hours=1)), RAW["guest"])
    assert nodes[["ts", "node", "cpu_pct", "mem_used_bytes", "iowait_pct"]].values.tolist() == [
        [E0, "pve1", 12.345, 2.0**33, 0.5]
    ]
    assert np.isnan(nodes["load_avg_1m"]).all()
    assert guests[["vmid", "node", "running", "cpu_used_cores"]].values.tolist() == [[100, "pve1", True, 0.25]]


def test_the_same_rows_again_change_nothing(store: Store) -> None:
    for _ in range(2):
        store.samples.add("lab", minutes(E0, 3))
    assert len(store.samples.frame("lab", "guest", T0, T0 + timedelta(hours=1))) == 3


def test_a_round_is_stored_whole_or_not_at_all(store: Store) -> None:
    broken = dataclasses.replace(guest(E0), ts=None)  # type: ignore[arg-type]
    with pytest.raises(Exception):  # noqa: B017
        store.samples.add("lab", Samples(nodes=(node(E0),), guests=(broken,)))
    assert store.samples.frame("lab", "node", T0, T0 + timedelta(hours=1)).empty


def test_what_no_database_holds_costs_nothing_else(store: Store) -> None:
    """A broken answer: half a surrogate pair and NUL in names, a figure beyond every column."""
    odd = "pve\x00\ud800"
    nodes = (dataclasses.replace(node(E0), node=odd, mem_bytes=1e300), node(E0))
    for _ in range(2):
        store.samples.add("lab", Samples(nodes=nodes, guests=(guest(E0, on=odd),)))
    kept = store.samples.frame("lab", "node", T0, T0 + timedelta(hours=1)).set_index("node")
    assert sorted(kept.index) == ["pve1", "pve\ufffd\ufffd"]
    assert np.isnan(kept["mem_bytes"]["pve\ufffd\ufffd"]) and kept["mem_bytes"]["pve1"] == 2.0**36
    store.status.put("lab", CollectorStatus(last_error=f"It said: {odd}"))
    assert store.status.get("lab").last_error == "It said: pve\ufffd\ufffd"


def test_gaps_stay_gaps(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 60))
    store.samples.add("lab", minutes(E0 + 3 * HOUR, 60))
    store.samples.add("lab", Samples(guests=(GuestSample(ts=E0 + 5 * HOUR, vmid=100, node="pve1", running=False),)))
    store.samples.rollup("lab", T0 + timedelta(hours=6))
    hours = store.samples.hourly("lab", "guest", T0, T0 + timedelta(hours=6))
    assert ((hours["ts"] - E0) // HOUR).tolist() == [0, 3, 5]
    assert np.isnan(hours["cpu_used_cores"].iloc[2])


def test_rollups_are_means_and_peaks(store: Store) -> None:
    times = range(E0, E0 + HOUR, 60)
    store.samples.add("lab", Samples(guests=tuple(guest(t, i / 10) for i, t in enumerate(times))))
    assert store.samples.rollup("lab", T0 + timedelta(days=1)) == 1
    row = store.samples.frame("lab", "guest", T0, T0 + timedelta(days=1), "hour").iloc[0]
    assert (row["n"], row["cpu_max_cores"]) == (60, 5.9)
    assert row["cpu_used_cores"] == pytest.approx(2.95)
    assert row["cpu_p95_cores"] == pytest.approx(5.605)
    day = store.samples.frame("lab", "guest", T0, T0 + timedelta(days=1), "day").iloc[0]
    assert (day["n"], day["cpu_max_cores"]) == (60, 5.9)


def test_rolling_up_again_gives_the_same_rows(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 180))
    now = T0 + timedelta(days=2)
    store.samples.rollup("lab", now)
    before = [store.samples.frame("lab", "guest", T0, now, span) for span in ("hour", "day")]  # type: ignore[arg-type]
    store.samples.add("lab", minutes(E0, 1))  # seen before: everything from there on is rolled up again
    assert store.samples.rollup("lab", now) == 6
    assert store.samples.rollup("lab", now) == 0
    for span, was in zip(("hour", "day"), before, strict=True):
        assert store.samples.frame("lab", "guest", T0, now, span).equals(was)  # type: ignore[arg-type]


def test_the_running_hour_is_among_the_hours(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 90))
    store.samples.rollup("lab", T0 + timedelta(minutes=90))
    hours = checked(store.samples.hourly("lab", "guest", T0, T0 + timedelta(hours=2)), HOURLY["guest"])
    assert hours["n"].tolist() == [60, 30]


def test_coarse_history_is_spread_and_marked(store: Store) -> None:
    store.samples.add("lab", Samples(guests=(guest(E0, 2.0, step_s=3 * HOUR),)))
    hours = store.samples.hourly("lab", "guest", T0, T0 + timedelta(days=1))
    assert hours["cpu_used_cores"].tolist() == [2.0] * 3
    assert hours["step_s"].tolist() == [3 * HOUR] * 3


def test_finer_rows_win_over_coarse_ones_in_either_order(store: Store) -> None:
    coarse = Samples(guests=(guest(E0, 9.0, step_s=3 * HOUR),))
    store.samples.add("lab", coarse)
    store.samples.add("lab", minutes(E0 + HOUR, 60))
    store.samples.rollup("lab", T0 + timedelta(hours=4))
    store.samples.add("lab", coarse)
    hours = store.samples.hourly("lab", "guest", T0, T0 + timedelta(hours=4))
    assert hours["cpu_used_cores"].tolist() == [9.0, 1.5, 9.0]


def test_two_half_hours_make_an_hour(store: Store) -> None:
    halves = Samples(guests=(guest(E0, 1.0, step_s=1800), guest(E0 + 1800, 3.0, step_s=1800)))
    store.samples.add("lab", halves)
    row = store.samples.hourly("lab", "guest", T0, T0 + timedelta(days=1)).iloc[0]
    assert (row["n"], row["cpu_used_cores"], row["cpu_max_cores"]) == (2, 2.0, 3.0)


def test_history_follows_a_guest_that_moves(store: Store) -> None:
    store.samples.add("lab", Samples(guests=(guest(E0, on="pve1"),)))
    store.samples.add("lab", Samples(guests=(guest(E0 + HOUR, on="pve2"),)))
    hours = store.samples.hourly("lab", "guest", T0, T0 + timedelta(hours=2))
    assert hours["vmid"].tolist() == [100, 100]
    assert hours["node"].tolist() == ["pve1", "pve2"]


def test_connections_do_not_see_one_another(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 2))
    store.samples.add("other", minutes(E0, 5, cores=3.0))
    assert len(store.samples.frame("lab", "guest", T0, T0 + timedelta(hours=1))) == 2
    store.samples.rollup("other", T0 + timedelta(hours=1))
    assert store.samples.hourly("lab", "guest", T0, T0 + timedelta(hours=1))["cpu_used_cores"].tolist() == [1.5]


def test_the_last_sample_of_each(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 3))
    store.samples.add("lab", Samples(guests=(guest(E0 + 60, 0.5, vmid=7),)))
    last = store.samples.last("lab")
    assert {s.vmid: (s.ts, s.cpu_used_cores) for s in last.guests} == {100: (E0 + 120, 1.5), 7: (E0 + 60, 0.5)}
    assert [s.ts for s in last.nodes] == [E0 + 120]
    assert store.samples.last("other") == Samples()


def test_retention_keeps_what_the_settings_say(store: Store) -> None:
    settings = Settings(retention_raw_hours=48, retention_hourly_days=8, retention_daily_days=30)
    for day in range(0, 50, 5):
        store.samples.add("lab", minutes(E0 + day * DAY, 60))
    now = T0 + timedelta(days=46)
    store.samples.rollup("lab", now)
    store.samples.prune("lab", settings, now)
    raw = store.samples.frame("lab", "node", T0, now)
    assert raw["ts"].min() == E0 + 45 * DAY
    hours = store.samples.frame("lab", "guest", T0, now, "hour")
    assert ((hours["ts"] - E0) // DAY).tolist() == [40, 45]
    days = store.samples.frame("lab", "guest", T0, now, "day")
    assert ((days["ts"] - E0) // DAY).tolist() == [20, 25, 30, 35, 40, 45]


def test_samples_are_not_dropped_before_they_are_rolled_up(store: Store) -> None:
    store.samples.add("lab", minutes(E0, 60))
    assert store.samples.prune("lab", Settings(), T0 + timedelta(days=30)) == 0


def test_a_generation_opens_whole_and_later_in_brief(store: Store) -> None:
    made = store.generations.add("lab", T0, snapshot(), Settings(cpu_threshold=55.0), ASSESSMENT, 0.25)
    whole = store.generations.latest("lab")
    assert whole is not None and whole.id == made and whole.in_full
    assert whole.assessment == ASSESSMENT
    assert ClusterSnapshot.from_dict(whole.snapshot or {}) == ClusterSnapshot.from_dict(snapshot().to_dict())
    assert Settings.from_dict(whole.settings or {}).cpu_threshold == 55.0
    store.generations.prune("lab", T0 + timedelta(hours=49))
    brief = store.generations.get(made)
    assert not brief.in_full and brief.snapshot is None
    # Scores and recommendations stay; what there is one of for each guest is empty, and its key still there.
    move = ASSESSMENT["recommendations"][0] | {"alternatives": [], "commands": []}
    assert brief.assessment == ASSESSMENT | {
        "recommendations": [move], "skipped": [], "plan": {"steps": [], "shell": ""},
    }  # fmt: skip


def test_generations_are_listed_up_to_a_time(store: Store) -> None:
    made = [store.generations.add("lab", T0 + timedelta(hours=i), snapshot(), Settings(), ASSESSMENT) for i in range(3)]
    listed = store.generations.list("lab", until=T0 + timedelta(hours=1))
    assert [glance.id for glance in listed] == made[1::-1]
    assert store.generations.list("lab", until=T0 - timedelta(seconds=1)) == ()


def test_generations_thin_out_with_age(store: Store) -> None:
    for i in range(12):
        store.generations.add("lab", T0 + timedelta(minutes=10 * i), snapshot(), Settings(), ASSESSMENT)
    for age, left in (
        (timedelta(hours=40), 12),
        (timedelta(days=3), 2),
        (timedelta(days=9), 1),
        (timedelta(days=800), 0),
    ):
        store.generations.prune("lab", T0 + age)
        assert len(store.generations.list("lab")) == left
    with pytest.raises(SnapshotNotFound):
        store.generations.get(10**6)


def test_scores_are_kept_by_node(store: Store) -> None:
    store.generations.add("lab", T0, snapshot(), Settings(), ASSESSMENT)
    (row,) = store.generations.scores("lab", T0, T0 + timedelta(hours=1))
    assert (row.node, row.score, row.suitability, row.guest_count) == ("pve1", 12.0, 88.0, 1)
    (glance,) = store.generations.list("lab")
    assert (glance.cluster_health, glance.recommendation_count, glance.skipped_count) == (87.5, 1, 1)


def test_settings_have_a_history(store: Store) -> None:
    assert store.settings.get("lab") == Settings()
    store.settings.put("lab", Settings(cpu_threshold=50.0), "anna", T0)
    store.settings.put("lab", Settings(cpu_threshold=65.0), "ben", T0 + timedelta(hours=1))
    assert store.settings.get("lab").cpu_threshold == 65.0
    assert store.settings.get("other") == Settings()
    assert [(change.who, change.settings.cpu_threshold) for change in store.settings.history("lab")] == [
        ("ben", 65.0),
        ("anna", 50.0),
    ]


def test_wishes(store: Store) -> None:
    store.wishes.mute("lab", 100, T0 + timedelta(days=1))
    store.wishes.mute("lab", 101, T0)
    store.wishes.mute("lab", 101, None)
    assert store.wishes.mutes("lab") == {100: T0 + timedelta(days=1)}
    store.wishes.maintenance("lab", "pve1", True)
    store.wishes.maintenance("lab", "pve1", True)
    assert store.wishes.maintained("lab") == {"pve1"}
    store.wishes.maintenance("lab", "pve1", False)
    assert store.wishes.maintained("lab") == frozenset()


def test_moves_and_events(store: Store) -> None:
    move = MoveRecord(at=T0, vmid=100, source="pve1", target="pve2")
    store.migrations.add("lab", move)
    store.migrations.add("lab", move, dataclasses.replace(move, at=T0 + timedelta(hours=1), vmid=7))
    assert [(m.vmid, m.at) for m in store.migrations.list("lab")] == [(7, T0 + timedelta(hours=1)), (100, T0)]
    assert [m.vmid for m in store.migrations.list("lab", vmid=100)] == [100]
    store.events.append(
        "lab", *[Event(at=T0 + timedelta(days=d), event="data.stale", payload={"d": d}) for d in (0, 95)]
    )
    first, second = store.events.list("lab")
    assert store.events.list("lab", after_id=first.id) == (second,)
    assert store.events.prune("lab", T0 + timedelta(days=100)) == 1


def test_outcomes_are_kept_as_they_stand(store: Store) -> None:
    store.migrations.add("lab", *(MoveRecord(at=T0 + i * H, vmid=i, source="a", target="b") for i in range(3)))
    ids = {move.vmid: move.id for move in store.migrations.list("lab")}
    looked = Check(after_s=7200, at=T0 + 2 * H, points=34.0, loads=PairLoads(source_cpu_pct=61.5), others=())
    rows = [
        Outcome(
            migration=ids[i], at=T0 + i * H, vmid=i, name="web", type="vm", source="a", target="b",
            reason="combined", predicted_points=40.0, plan=(5, 6), checks=(looked,) if i else (),
        )
        for i in range(3)
    ]  # fmt: skip
    store.outcomes.put("lab", *rows)
    store.outcomes.put("lab", dataclasses.replace(rows[2], fault="Gone."))
    kept = store.outcomes.records("lab")
    assert [row.vmid for row in kept] == [2, 1, 0] and kept[0].fault == "Gone."
    assert kept[1].to_dict() == rows[1].to_dict() and np.isnan(kept[1].before.source_cpu_pct)
    assert [row.vmid for row in store.outcomes.records("lab", open_only=True)] == [1, 0]
    assert [row.vmid for row in store.outcomes.records("lab", T0, until=T0 + 2 * H)] == [1, 0]
    assert store.outcomes.list("lab") == (
        PastOutcome(
            at=T0 + H, vmid=1, source="a", target="b", reason="combined", predicted_points=40.0, realised_points=34.0
        ),
    )
    assert store.outcomes.records("other") == ()


def test_advice_stands_until_it_ends(store: Store) -> None:
    one = Advice(
        recommendation="abc", vmid=1, name="web", source="a", target="b", kind="balance", reason="combined",
        first_at=T0, last_at=T0, score_improvement=20.0,
    )  # fmt: skip
    store.advice.follow("lab", (one, dataclasses.replace(one, recommendation="def", vmid=2)), ())
    ended = dataclasses.replace(one, last_at=T0 + H, ended_at=T0 + 2 * H, how="done")
    store.advice.follow("lab", (), (ended,))
    assert [row.vmid for row in store.advice.standing("lab")] == [2]
    again = dataclasses.replace(one, first_at=T0 + 5 * H, last_at=T0 + 5 * H)
    store.advice.follow("lab", (again,), ())
    assert store.advice.between("lab", T0 + H, T0 + 5 * H) == (ended,), "the one that ended is not touched again"
    assert store.advice.between("lab", T0 + 4 * H, T0 + 6 * H) == (again,)
    assert store.advice.prune("lab", T0 + timedelta(days=731)) == 3
    assert store.advice.standing("lab") == ()


def test_the_newest_500_opinions_are_kept(store: Store) -> None:
    def said(i: int, **more: object) -> Feedback:
        fields = {"at": T0 + i * H, "rating": "helpful"} | more
        return Feedback(
            recommendation=f"{i:012d}", vmid=i, name="<b>", source="a", target="b", kind="balance", reason="combined",
            **fields,  # type: ignore[arg-type]
        )  # fmt: skip

    for i in range(502):
        store.feedback.put("lab", said(i))
    kept = store.feedback.list("lab")
    assert (len(kept), kept[0].vmid, kept[-1].vmid) == (500, 501, 2)
    changed = said(400, at=T0 + 600 * H, rating="not_helpful", note="<script>\x00")
    store.feedback.put("lab", changed)
    newest = store.feedback.list("lab")[0]
    assert (newest.rating, newest.note[:8], len(store.feedback.list("lab"))) == ("not_helpful", "<script>", 500)
    store.feedback.withdraw("lab", changed.recommendation)
    assert store.feedback.list("lab", T0 + 500 * H, T0 + 502 * H)[0].vmid == 501
    assert store.feedback.list("other") == ()


def test_inventory_and_status(store: Store) -> None:
    cluster = snapshot()
    inventory = Inventory(cluster="lab", at=T0, nodes=cluster.nodes, guests=cluster.guests, complete=False)
    store.inventories.put("lab", inventory)
    kept = store.inventories.get("lab")
    assert kept is not None and not kept.complete
    assert kept.nodes[0].cpu.current_pct == 50.0 and np.isnan(kept.nodes[0].cpu.avg_7d_pct)
    assert store.inventories.get("other") is None
    assert store.status.get("lab") == CollectorStatus()
    status = CollectorStatus(last_attempt=T0, last_error="No route.", error_kind="SourceUnavailable", rounds=3)
    store.status.put("lab", status)
    assert store.status.get("lab") == status


def test_a_connection_goes_with_everything_of_it(store: Store) -> None:
    changed = Connection(id="lab", title="New", source="trace", created_at=T0, options=(("a", "b"),))
    store.connections.put(changed)
    assert store.connections.get("lab") == changed and changed.option("a") == "b"
    store.samples.add("lab", minutes(E0, 2))
    store.generations.add("lab", T0, snapshot(), Settings(), ASSESSMENT)
    store.connections.remove("lab")
    assert [c.id for c in store.connections.list()] == ["other"]
    assert store.generations.latest("lab") is None
    assert store.samples.frame("lab", "node", T0, T0 + timedelta(days=1)).empty
    assert store.samples.span("lab") is None


def test_samples_that_lay_row_by_row_are_taken_over(database: str | Path) -> None:
    engine = make_engine(database)
    with writing(engine) as db:
        command.upgrade(schema.config(db), "0002")
        for cid in ("lab", "other"):
            db.execute(text("INSERT INTO connections VALUES (:cid, 'Lab', 'proxmox', '[]', 0)"), {"cid": cid})
        for entity in ("1, 'lab', 'node', 'pve1'", "2, 'lab', 'guest', '100'", "3, 'lab', 'guest', '7'"):
            db.execute(text(f"INSERT INTO entities VALUES ({entity})"))
        db.execute(text("INSERT INTO entities VALUES (4, 'other', 'guest', '7')"))
        into = "INSERT INTO guest_samples (ts, entity, step_s, node, running, cpu_used_mcores, mem_used_kib) VALUES "
        for ts in (E0, E0 + 60):
            for row in ("2, 0, 1, 1, 1500, 1024", "3, 0, NULL, 0, NULL, NULL", "4, 0, NULL, 1, 250, NULL"):
                db.execute(text(f"{into} ({ts}, {row})"))
        db.execute(text(f"INSERT INTO node_samples (ts, entity, step_s, cpu_mpct) VALUES ({E0}, 1, 60, 12345)"))
        kept = "(entity, ts, n, step_s, standing, net_out_bps_max) VALUES"
        db.execute(text(f"INSERT INTO node_hourly {kept} (1, {E0 - HOUR}, 60, 60, 999940, 77)"))
        db.execute(text(f"INSERT INTO guest_daily {kept} (3, {E0 - DAY}, 1440, 60, 0, 78)"))
    engine.dispose()
    with open_store(database) as store:
        guests = store.samples.frame("lab", "guest", T0, T0 + timedelta(hours=1)).astype({"node": "object"})
        assert guests[["ts", "vmid", "running", "cpu_used_cores", "mem_used_bytes"]].fillna(-1).values.tolist() == [
            [ts, *row] for ts in (E0, E0 + 60) for row in ([100, True, 1.5, 2.0**20], [7, False, -1, -1])
        ]
        assert guests["node"].fillna("").tolist() == ["pve1", "", "pve1", ""]
        others = store.samples.frame("other", "guest", T0, T0 + timedelta(hours=1))
        assert others["cpu_used_cores"].tolist() == [0.25, 0.25]
        nodes = store.samples.frame("lab", "node", T0, T0 + timedelta(hours=1))
        assert nodes[["step_s", "cpu_pct"]].values.tolist() == [[60, 12.345]]
        hours = store.samples.frame("lab", "node", T0 - timedelta(days=1), T0, "hour")
        assert hours[["ts", "n", "net_out_max_bps"]].values.tolist() == [[E0 - HOUR, 60, 77.0]]
        days = store.samples.frame("lab", "guest", T0 - timedelta(days=1), T0, "day")
        assert days[["vmid", "n", "net_out_max_bps"]].values.tolist() == [[7, 1440, 78.0]]


def test_rows_of_one_time_may_come_one_after_the_other(store: Store) -> None:
    """As a back-fill asks for one guest after the other."""
    for vmid, cores in ((102, 1.0), (100, 2.0), (101, 3.0), (100, 4.0)):
        store.samples.add("lab", Samples(guests=(guest(E0, cores, vmid=vmid), guest(E0 + 60, cores, vmid=vmid))))
    rows = store.samples.frame("lab", "guest", T0, T0 + timedelta(hours=1))
    assert rows[["vmid", "cpu_used_cores"]].values.tolist() == [[102, 1.0], [100, 4.0], [101, 3.0]] * 2


def test_a_preference_is_of_no_cluster_and_can_be_taken_back(store: Store) -> None:
    store.preferences.put("colour", "blue")
    store.preferences.put("colour", "green")
    store.connections.remove("lab")
    assert store.preferences.get("colour") == "green"
    store.preferences.put("colour", None)
    assert store.preferences.get("colour") is None


def test_tokens_are_kept_with_their_digest_and_stay_when_revoked(store: Store) -> None:
    scraper = ApiToken(id="0a", title="Prometheus", scopes=("scrape",), created_at=T0)
    writer = ApiToken(id="0b", title="Home", scopes=("read", "write"), created_at=T0 + timedelta(hours=1))
    store.tokens.add(writer, "d2")
    store.tokens.add(scraper, "d1")
    assert store.tokens.list() == (scraper, writer)
    assert store.tokens.get("0b") == (writer, "d2")
    assert store.tokens.get("0c") is None
    store.tokens.used("0a", T0 + timedelta(hours=2))
    store.tokens.revoke("0a", T0 + timedelta(hours=3))
    store.tokens.revoke("0a", T0 + timedelta(hours=4))
    told = store.tokens.list()[0]
    assert (told.last_used_at, told.revoked_at) == (T0 + timedelta(hours=2), T0 + timedelta(hours=3))
