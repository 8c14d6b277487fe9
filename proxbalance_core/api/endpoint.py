"""One row of the route table, and one call of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel

from proxbalance_core.api.desk import Desk
from proxbalance_core.api.queries import OfCluster
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.plans import Assessment
from proxbalance_core.domain.tokens import ApiToken, Scope
from proxbalance_core.services.assessing import Generation
from proxbalance_core.services.workbench import Workbench

# What a call does: read what is kept, think with the engine, or ask the cluster, which may not answer for a while.
Lane = Literal["read", "think", "ask"]


@dataclass(slots=True, kw_only=True)
class Call:
    """What was asked, read and checked; what it is asked of comes from the ``desk``."""

    desk: Desk
    path: Mapping[str, Any]
    query: Any
    body: Any = None
    token: ApiToken | None = None

    @property
    def bench(self) -> Workbench:
        return self.desk.bench

    @property
    def connection(self) -> Connection:
        """The cluster that the query names, else the only one."""
        return self.desk.connection(self.query.cluster)

    @property
    def cid(self) -> str:
        return self.connection.id

    @property
    def generation(self) -> Generation:
        """The newest generation of the cluster."""
        return self.desk.generation(self.cid)

    @property
    def told(self) -> Assessment:
        """What the newest generation says."""
        return self.desk.assessment(self.generation)

    @property
    def who(self) -> str:
        """How a change is signed."""
        return f"API token '{self.token.title}'" if self.token else "API"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a handler gives where it isn't a JSON document: a file, or text."""

    text: str | bytes
    media: str
    filename: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """The same of a file that may be long: its pieces are made while it is sent."""

    pieces: Iterator[str]
    media: str
    filename: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One thing that the API does.

    ``handler`` runs in a worker thread of its ``lane``; ``answer`` is the type of what it gives. ``kept`` answers
    depend on the newest generation, path and query alone. ``scope`` None needs no token.
    """

    method: str
    path: str
    handler: Callable[[Call], Any]
    answer: Any
    summary: str
    scope: Scope | None = "read"
    query: type[BaseModel] = OfCluster
    body: type[BaseModel] | None = None
    kept: bool = False
    lane: Lane = "read"
    media: tuple[str, ...] = ("application/json",)
    refusals: tuple[int, ...] = ()
