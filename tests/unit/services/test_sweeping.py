"""Sweeps in several processes and on a Dask cluster: the same answer, stopped and gone on with too."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from proxbalance_core.errors import ConfigError, NotEnoughHistory
from proxbalance_core.services import sweeping
from proxbalance_core.services.sweeping import SweepWish
from proxbalance_core.services.workbench import Workbench
from tests.unit.cli.test_backtest import trace

WISH = SweepWish(count=6, jobs=2)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workbench]:
    folder = tmp_path_factory.mktemp("sweep")
    with Workbench.open(folder / "data") as made:
        made.import_trace("trace.csv", trace(folder, 24 * 4).read_bytes())
        yield made


@pytest.fixture
def cid(bench: Workbench) -> str:
    return bench.connections()[0].id


@pytest.fixture(scope="module")
def whole(bench: Workbench) -> dict[str, object]:
    return sweeping.run(bench, bench.connections()[0].id, WISH).to_dict()


def files(bench: Workbench) -> list[Path]:
    return sorted(bench.paths.sweeps.glob("*.jsonl"))


def test_trials_come_in_order_whoever_ends_first(bench: Workbench, whole: dict[str, object]) -> None:
    assert [trial["number"] for trial in whole["trials"]] == list(range(6))  # type: ignore[index,attr-defined]
    assert files(bench) == []


def test_a_stopped_sweep_goes_on_where_it_was(bench: Workbench, cid: str, whole: dict[str, object]) -> None:
    wish = SweepWish(count=6, jobs=1)
    shares: list[float] = []

    def stop_after_the_first(share: float) -> bool:
        shares.append(share)
        return share == 0.0

    first = sweeping.run(bench, cid, wish, stop_after_the_first)
    done = len(first.trials)
    assert 0 < done < 6 and first.notes[-1] == (
        f"Stopped after {done} trials of 6; the same sweep goes on from there."
    )  # fmt: skip
    (file,) = files(bench)
    file.write_text(file.read_text("utf-8") + '{"number": 5, "na', "utf-8")  # the power failed
    again: list[float] = []
    second = sweeping.run(bench, cid, wish, lambda share: again.append(share))
    assert second.to_dict() == whole and again[0] == pytest.approx(done / 6) and again[-1] == 1.0
    assert files(bench) == []


def test_stopped_before_anything_was_tried(bench: Workbench, cid: str) -> None:
    with pytest.raises(NotEnoughHistory, match="stopped before the settings in force were tried"):
        sweeping.run(bench, cid, WISH, lambda _: False)


def test_the_same_on_a_dask_cluster(bench: Workbench, cid: str, whole: dict[str, object]) -> None:
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        found = sweeping.run(bench, cid, SweepWish(count=6, dask=cluster.scheduler_address))
    assert found.to_dict() == whole


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://x"])
def test_a_dask_that_does_not_answer(bench: Workbench, cid: str, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "DASK_TIMEOUT_S", 1)
    with pytest.raises(ConfigError, match=f"^No Dask scheduler answers at {address}"):
        sweeping.run(bench, cid, SweepWish(count=2, dask=address))
