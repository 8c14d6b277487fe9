"""Where calls find what they ask about: the workbench, and what was read from it before."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from proxbalance_core.api.problems import RETRY, Problem
from proxbalance_core.api.shelf import Encoded, Shelf
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.errors import ConfigError
from proxbalance_core.present.reading import read_assessment
from proxbalance_core.services.assessing import Generation
from proxbalance_core.services.workbench import Workbench

MOST_GENERATIONS, MOST_ANSWER_BYTES = 8, 64 << 20
BenchOf = Callable[[], Workbench | None]


class Desk:
    """The workbench of this process and what was read from it. Safe to use from several threads."""

    def __init__(self, bench_of: BenchOf) -> None:
        self._bench_of = bench_of
        self._generations, self._told = Shelf(MOST_GENERATIONS), Shelf(MOST_GENERATIONS)
        self._answers = Shelf(MOST_ANSWER_BYTES, lambda answer: answer.size)

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

    def generation(self, cid: str) -> Generation:
        """The newest generation of a cluster, read from the store once.

        Raises
        ------
        Problem
            There is none yet.
        """
        bench = self.bench
        newest = bench.generations(cid, limit=1)
        made = self._generations.get((id(bench), newest[0].id), lambda: bench.latest(cid)) if newest else None
        if not isinstance(made, Generation):
            raise Problem(409, "There is no assessment of this cluster yet; POST /api/v1/generate makes one.")
        return made

    def assessment(self, generation: Generation) -> Assessment:
        """What a generation says, as values."""
        told = self._told.get(
            (id(self.bench), generation.cid, generation.id), lambda: read_assessment(generation.assessment)
        )
        assert isinstance(told, Assessment)
        return told

    def answer(self, generation: Generation, asked: Hashable, make: Callable[[], Encoded]) -> Encoded:
        """An answer that depends on a generation alone, made once."""
        made = self._answers.get((id(self.bench), generation.cid, generation.id, asked), make)
        assert isinstance(made, Encoded)
        return made
