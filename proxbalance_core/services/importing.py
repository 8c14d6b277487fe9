"""Files that become offline connections: snapshots and traces."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.connections import Connection, SourceKind
from proxbalance_core.errors import DataError, SnapshotInvalid
from proxbalance_core.services import assessing
from proxbalance_core.services.connecting import free_id

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

PREVIEW_ROWS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class TracePreview:
    """What a table holds: ``mapping`` is field to column as guessed, ``units`` says in which unit a field is read.

    ``fault`` is what still keeps it from being imported, in one sentence; None when it can be.
    """

    name: str
    columns: tuple[str, ...]
    mapping: dict[str, str]
    units: dict[str, str]
    row_count: int
    rows: tuple[tuple[str, ...], ...]
    wide: bool
    fault: str | None


def snapshot_in(name: str, content: bytes) -> ClusterSnapshot:
    """The snapshot in a file.

    Raises
    ------
    SnapshotInvalid
        With the key at fault.
    """
    try:
        document: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise SnapshotInvalid(f"{name} is not JSON: {error}.", path="") from None
    return ClusterSnapshot.from_dict(document)


def import_snapshot(bench: Workbench, name: str, content: bytes) -> str:
    """Keep a snapshot as an offline connection, assessed."""
    snapshot = snapshot_in(name, content)
    made = _connection(bench, f"{snapshot.cluster} ({_stem(name)})", "file")
    bench.store.connections.put(made)
    assessing.generate(bench.store, made, snapshot, bench.clock())
    return made.id


def preview_trace(name: str, content: bytes) -> TracePreview:
    """Columns, guessed mapping and the first rows of a table."""
    from proxbalance_core.sources.trace import FIELDS, guess, read_table, read_trace
    from proxbalance_core.sources.trace.columns import is_wide

    table = read_table(name, content)
    head = table.head(PREVIEW_ROWS)
    fault = None
    try:
        read_trace("preview", table.head(1000))
    except DataError as error:
        fault = error.message
    return TracePreview(
        name=name, columns=tuple(table.columns), mapping=guess(table.columns), row_count=len(table),
        units={key: field.unit for key, field in FIELDS.items()},
        rows=tuple(tuple("" if cell != cell else str(cell) for cell in row) for row in head.itertuples(index=False)),
        wide=is_wide(table.columns), fault=fault,
    )  # fmt: skip


def import_trace(bench: Workbench, name: str, content: bytes, mapping: Mapping[str, str] | None = None) -> str:
    """Keep a table as an offline connection, assessed at its end."""
    from proxbalance_core.sources.trace import read_table, read_trace

    trace = read_trace(_stem(name), read_table(name, content), mapping)
    made = _connection(bench, _stem(name), "trace", notes=" ".join(trace.notes))
    bench.store.connections.put(made)
    bench.store.samples.add(made.id, trace.samples)
    bench.store.inventories.put(made.id, trace.inventory)
    bench.store.samples.rollup(made.id, trace.inventory.at)
    bench.regenerate(made.id)
    return made.id


def _connection(bench: Workbench, title: str, source: SourceKind, notes: str = "") -> Connection:
    taken = {connection.id for connection in bench.connections()}
    options = (("notes", notes),) if notes else ()
    cid = free_id(title, lambda name: name in taken)
    return Connection(id=cid, title=title, source=source, created_at=bench.clock(), options=options)


def _stem(name: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]+", " ", PurePath(name).stem).strip() or "import"
