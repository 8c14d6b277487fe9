"""Where calls find what they ask about: the workbench, and what was read from it before."""

from __future__ import annotations

import time
from collections.abc import Callable, Hashable

from proxbalance_core.api.problems import RETRY, Problem
from proxbalance_core.api.shelf import Encoded, Shelf
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.quantities import Reading, node_readings
from proxbalance_core.errors import ConfigError
from proxbalance_core.present.reading import read_assessment
from proxbalance_core.services.assessing import Generation, KeptGeneration
from proxbalance_core.services.workbench import Workbench

MOST_GENERATIONS, MOST_ANSWER_BYTES = 8, 64 << 20
# So long the newest generation counts as the newest without asking the store.
NEWEST_S, MOST_NAMES = 0.25, 64
BenchOf = Callable[[], Workbench | None]


class Desk:
    """The workbench of this process and what was read from it. Safe to use from several threads."""

    def __init__(self, bench_of: BenchOf) -> None:
        self._bench_of = bench_of
        self._generations, self._told = Shelf(MOST_GENERATIONS), Shelf(MOST_GENERATIONS)
        self._figures = Shelf(MOST_GENERATIONS)
        self._answers = Shelf(MOST_ANSWER_BYTES, lambda answer: answer.size)
        self._newest: dict[str | None, tuple[float, tuple[int, str, int]]] = {}

    @property
    def bench(self) -> Workbench:
        """The workbench.

        Raises
        ------
        Problem
            Until the database is open.
        """
        found = self.bench_if_open
        if found is None:
            raise Problem(503, "The database is not open yet; the app's log says why if that lasts.", headers=RETRY)
        return found

    @property
    def bench_if_open(self) -> Workbench | None:
        return self._bench_of()

    def connection(self, named: str | None) -> Connection:
        """The cluster of that id or title; without a name the only one.

        Raises
        ------
        Problem
            There is none, or several.
        """
        if named is not None:
            try:
                return self.bench.connection(named)
            except ConfigError as error:
                raise Problem(404, error.message, field="query.cluster") from None
        known = self.bench.connections()
        if len(known) != 1:
            names = ", ".join(one.id for one in known) or "none is connected"
            raise Problem(409, f"Name the cluster with the query 'cluster': {names}.", field="query.cluster")
        return known[0]

    def newest(self, cid: str) -> KeptGeneration | None:
        """The newest generation of a cluster, whole or in brief, read from the store once; None before the first."""
        bench = self.bench
        glances = bench.generations(cid, limit=1)
        if not glances:
            return None
        found = self._generations.get((id(bench), glances[0].id), lambda: bench.generation(glances[0].id))
        assert isinstance(found, KeptGeneration)
        return found

    def generation(self, cid: str) -> Generation:
        """The newest generation of a cluster, whole.

        Raises
        ------
        Problem
            There is none yet, or it is so old that only the main of it is kept.
        """
        found = self.newest(cid)
        if isinstance(found, Generation):
            return found
        said = "no assessment of this cluster yet" if found is None else "none of this cluster that is kept whole"
        raise Problem(409, f"There is {said}; POST /api/v1/generate makes one.")

    def assessment(self, generation: KeptGeneration) -> Assessment:
        """What a generation says, as values."""
        told = self._told.get(
            (id(self.bench), generation.cid, generation.id), lambda: read_assessment(generation.assessment)
        )
        assert isinstance(told, Assessment)
        return told

    def node_figures(self, generation: KeptGeneration) -> tuple[Reading, ...]:
        """The quantities of every node at a generation."""
        snapshot = generation.snapshot if isinstance(generation, Generation) else None
        found = self._figures.get(
            (id(self.bench), generation.cid, generation.id),
            lambda: tuple(node_readings(self.assessment(generation), snapshot)),
        )
        assert isinstance(found, tuple)
        return found

    def answer(self, named: str | None, generation: Generation, asked: Hashable, make: Callable[[], Encoded]) -> (
        Encoded
    ):  # fmt: skip
        """An answer that depends on the newest generation of the cluster that was ``named`` alone, made once."""
        key = (id(self.bench), generation.cid, generation.id)
        made = self._answers.get((*key, asked), make)
        assert isinstance(made, Encoded)
        if len(self._newest) >= MOST_NAMES:
            self._newest.clear()
        self._newest[named] = (time.monotonic() + NEWEST_S, key)
        return made

    def at_hand(self, named: str | None, asked: Hashable) -> Encoded | None:
        """Such an answer when it is there already, without asking the store: for the event loop itself."""
        until, key = self._newest.get(named, (0.0, (0, "", 0)))
        if time.monotonic() >= until:
            return None
        found = self._answers.peek((*key, asked))
        assert found is None or isinstance(found, Encoded)
        return found

    def look_again(self) -> None:
        """There is a newer generation."""
        self._newest.clear()
