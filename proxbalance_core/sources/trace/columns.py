"""Which column of a table is what, and in which unit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from proxbalance_core.domain.units import GIB, MIB
from proxbalance_core.errors import FrameContractError


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A quantity that a column may hold: ``target`` is its field in samples, ``factor`` leads to its unit."""

    unit: str
    target: str
    factor: float = 1.0
    names: tuple[str, ...] = ()


def _number(unit: str, target: str, factor: float = 1.0, *names: str) -> Field:
    return Field(unit=unit, target=target, factor=factor, names=names)


FIELDS: dict[str, Field] = {
    "time": _number("ISO 8601 with zone, or epoch s / ms", "time", 1, "ts", "timestamp", "datetime", "date"),
    "vmid": _number("number", "vmid", 1, "guest", "vm", "guestid", "vmidentifier", "id"),
    "name": _number("text", "name", 1, "guestname", "vmname"),
    "node": _number("text", "node", 1, "host", "hypervisor", "server", "pvenode", "nodename"),
    "type": _number("vm or ct", "type", 1, "kind", "guesttype"),
    "cpu_used_cores": _number("cores", "cpu_used", 1, "coresused", "cpucoresused", "usedcores"),
    "cpu_pct": _number("percent of the given cores", "cpu_share", 0.01, "cpupercent", "cpuusage", "cpuutil"),
    "cpu_fraction": _number("fraction of the given cores", "cpu_share", 1, "cpu"),
    "cpu_cores": _number("cores", "cpu_given", 1, "cores", "vcpus", "vcpu", "maxcpu", "cpus"),
    "mem_used_bytes": _number("bytes", "mem_used", 1, "mem", "memory", "memused", "memoryused"),
    "mem_used_mb": _number("MB (2^20)", "mem_used", MIB, "memmb", "memorymb", "memusedmib"),
    "mem_used_gb": _number("GB (2^30)", "mem_used", GIB, "memgb", "memusedgib"),
    "mem_pct": _number("percent of the given memory", "mem_share", 0.01, "mempercent", "memorypct", "memoryusage"),
    "mem_bytes": _number("bytes", "mem_given", 1, "maxmem", "memtotal", "memorytotal"),
    "mem_mb": _number("MB (2^20)", "mem_given", MIB, "maxmemmb", "memtotalmb", "memorytotalmb"),
    "mem_gb": _number("GB (2^30)", "mem_given", GIB, "maxmemgb", "memtotalgb", "memorytotalgb"),
    "iowait_pct": _number("percent", "iowait_pct", 1, "iowait", "wait"),
    "disk_read_bps": _number("bytes per second", "disk_read_bps", 1, "diskread"),
    "disk_write_bps": _number("bytes per second", "disk_write_bps", 1, "diskwrite"),
    "net_in_bps": _number("bytes per second", "net_in_bps", 1, "netin"),
    "net_out_bps": _number("bytes per second", "net_out_bps", 1, "netout"),
    "node_cpu_cores": _number("cores of the node", "node_cores", 1, "hostcores", "nodecores"),
    "node_mem_bytes": _number("bytes of the node", "node_mem", 1, "hostmem", "nodemem"),
    "node_mem_gb": _number("GB (2^30) of the node", "node_mem", GIB, "hostmemgb", "nodememgb"),
}
TEXTS = ("name", "node", "type")
# web/101.cpu_pct, 101:mem_used_gb, pve1.cpu_pct
WIDE = re.compile(r"^(?:(?P<node>[^/]+)/)?(?P<entity>[^.:/]+)[.:](?P<field>\w+)$")


def _bare(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower().replace("%", "pct"))


def guess(columns: Iterable[str]) -> dict[str, str]:
    """Field to column, as far as the names tell; each column at most once."""
    left = {_bare(column): column for column in reversed(tuple(columns))}
    found: dict[str, str] = {}
    for exact in (True, False):
        for key, field in FIELDS.items():
            names = (_bare(key),) if exact else field.names
            column = next((left.pop(name) for name in names if name in left), None) if key not in found else None
            if column is not None:
                found[key] = column
    return found


def checked(mapping: Mapping[str, str], columns: Iterable[str]) -> dict[str, str]:
    """The mapping, which must name fields and columns that exist and all that a trace needs.

    Raises
    ------
    FrameContractError
        Naming the first field or column at fault.
    """
    there = set(columns)
    for field, column in mapping.items():
        if field not in FIELDS:
            raise FrameContractError(f"There is no field '{field}' to map column '{column}' to.", column=column)
        if column not in there:
            raise FrameContractError(f"There is no column '{column}' for {field} in the table.", column=column)
    for needed in ("time", "node"):
        if needed not in mapping:
            raise FrameContractError(f"No column was found for {needed}; map one to it.", column=needed)
    targets = {FIELDS[field].target for field in mapping}
    for what, either in (("CPU use", {"cpu_used", "cpu_share"}), ("memory use", {"mem_used", "mem_share"})):
        if not targets & either:
            raise FrameContractError(f"No column was found for {what}; map one to it.", column=what)
    return dict(mapping)


def is_wide(columns: Iterable[str]) -> bool:
    """Whether the columns are ``entity.field`` (``node/vmid.field`` for guests) beside a time."""
    names = [column for column in columns if _bare(column) not in {"time", *FIELDS["time"].names}]
    fitting = [match for match in map(WIDE.match, names) if match and _field_of(match["field"])]
    return bool(names) and len(fitting) * 2 > len(names)


def _field_of(name: str) -> str | None:
    return next(iter(guess((name,))), None)


def wide_column(column: str) -> tuple[str, str, str]:
    """Node, entity and field of a wide column.

    Raises
    ------
    FrameContractError
        Naming the column.
    """
    match = WIDE.match(column)
    field = _field_of(match["field"]) if match else None
    if match is None or field is None:
        raise FrameContractError(f"Column '{column}' is not of the form node/vmid.field or node.field.", column=column)
    if match["entity"].isdigit() and match["node"] is None:
        raise FrameContractError(
            f"Column '{column}' names a guest without its node: write pve1/{column}.", column=column
        )
    return match["node"] or match["entity"], match["entity"] if match["node"] else "", field
