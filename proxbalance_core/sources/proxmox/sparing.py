"""What changes seldom is asked for seldom: guest configs spread over 15 minutes, at once after a change."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from proxbalance_core.sources.proxmox.answers import Resource
from proxbalance_core.sources.proxmox.configs import GuestConfig

REFRESH_S = 900.0
_GOLDEN = 0.6180339887498949
Signature = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A config as it was read, and when it is to be read again [s, monotonic]."""

    config: GuestConfig
    signature: Signature
    due_s: float


def signature(row: Resource) -> Signature:
    """What in the resources tells that a guest's config changed."""
    return (row.node, row.status, row.name, row.maxcpu, row.maxmem, row.maxdisk, row.tags, row.lock, row.template)


class ConfigShelf:
    """The configs read so far."""

    def __init__(self) -> None:
        self._kept: dict[int, Kept] = {}

    def due(self, rows: tuple[Resource, ...], now_s: float, anew: Collection[int] = ()) -> list[Resource]:
        """The guests to ask about now: new, changed and wanted ``anew`` first, then those whose time has come.

        At most a quarter of an hour's worth of unchanged guests is asked in one go after a long pause.
        """
        new = [row for row in rows if row.vmid in anew or self._changed(row)]
        seen = {row.vmid for row in new}
        old = [row for row in rows if row.vmid not in seen and self._kept[row.vmid or 0].due_s <= now_s]
        return new + sorted(old, key=lambda row: self._kept[row.vmid or 0].due_s)

    def _changed(self, row: Resource) -> bool:
        kept = self._kept.get(row.vmid or 0)
        # NaN equals nothing: compared as text
        return kept is None or repr(kept.signature) != repr(signature(row))

    def put(self, row: Resource, config: GuestConfig, now_s: float) -> None:
        """Keep a config; the first time its next turn falls anywhere in the quarter of an hour."""
        vmid = row.vmid or 0
        share = 1.0 if vmid in self._kept else (vmid * _GOLDEN) % 1.0
        self._kept[vmid] = Kept(config=config, signature=signature(row), due_s=now_s + REFRESH_S * share)

    def config(self, vmid: int) -> GuestConfig | None:
        """The config of a guest as last read."""
        kept = self._kept.get(vmid)
        return kept.config if kept else None

    def keep_only(self, vmids: frozenset[int]) -> None:
        """Forget guests that are gone."""
        for vmid in set(self._kept) - vmids:
            del self._kept[vmid]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Count:
    ts: float
    node: str | None
    uptime: float
    values: dict[str, float]


class RateMeter:
    """Counters of the resources as rates between two rounds; a reset, a move or a first sight gives none."""

    KEYS = ("netin", "netout", "diskread", "diskwrite")

    def __init__(self) -> None:
        self._last: dict[int, _Count] = {}

    def rates(self, row: Resource, ts: float) -> dict[str, float]:
        """Bytes per second since the round before, without the keys that can't be told."""
        if row.status != "running":
            self._last.pop(row.vmid or 0, None)
            return {}
        count = _Count(ts=ts, node=row.node, uptime=row.uptime, values={key: getattr(row, key) for key in self.KEYS})
        before = self._last.get(row.vmid or 0)
        if before is not None and ts <= before.ts:
            return {}
        self._last[row.vmid or 0] = count
        if before is None or before.node != count.node or count.uptime < before.uptime:
            return {}
        span = ts - before.ts
        return {
            key: (value - before.values[key]) / span
            for key, value in count.values.items()
            if value >= before.values[key]
        }
