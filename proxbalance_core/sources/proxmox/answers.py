"""Proxmox's answers as they come, read with patience: unknown keys ignored, missing ones NaN or None.

Fractions are still fractions here and counters counters; ``decode`` turns them into our units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError

from proxbalance_core.domain.units import NAN
from proxbalance_core.errors import MalformedResponse


def to_number(given: object) -> float:
    """A number from 8, ``'8'``, ``True`` or ``'current=2048'``; NaN for what isn't one."""
    if isinstance(given, str):
        text = given.strip()
        if "=" in text:
            text = dict(part.partition("=")[::2] for part in text.split(",")).get("current", "")
        given = text
    try:
        number = float(given)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return NAN
    return number if math.isfinite(number) else NAN


def to_flag(given: object) -> bool:
    """A boolean from 0/1, ``'0'``/``'1'``, ``'yes'`` or a real one."""
    if isinstance(given, str):
        return given.strip().lower() in ("1", "yes", "on", "true")
    return bool(given) and given == given


def to_text(given: object) -> str | None:
    """Text, None for nothing or for the empty word."""
    return None if given is None or given == "" else str(given)


def to_vmid(given: object) -> int | None:
    number = to_number(given)
    return int(number) if number == number and number >= 0 else None


def to_table(given: object) -> Any:
    """A table; Proxmox says it at times as ``a=1,b=2``, and empty as a list."""
    if isinstance(given, str):
        return {key.strip(): value for key, _, value in (part.partition("=") for part in given.split(","))}
    return given if isinstance(given, dict) else {}


Number = Annotated[float, BeforeValidator(to_number)]
Flag = Annotated[bool, BeforeValidator(to_flag)]
Text = Annotated[str | None, BeforeValidator(to_text)]
Vmid = Annotated[int | None, BeforeValidator(to_vmid)]
Table = Annotated[dict[str, Any], BeforeValidator(to_table)]


class Answer(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Version(Answer):
    version: Text = None
    release: Text = None

    @property
    def major(self) -> int:
        """8 of ``8.4.1``; 0 when it isn't told."""
        head = (self.version or self.release or "").split(".")[0].split("-")[0]
        return int(head) if head.isdigit() else 0


class NodeTime(Answer):
    """``/nodes/{node}/time``: the zone that a node's clock is set to."""

    timezone: Text = None


class Resource(Answer):
    """One row of ``/cluster/resources``: a node, a guest or a storage."""

    type: str = ""
    id: Text = None
    node: Text = None
    vmid: Vmid = None
    name: Text = None
    status: str = "unknown"
    template: Flag = False
    tags: Text = None
    pool: Text = None
    lock: Text = None
    hastate: Text = None
    cpu: Number = NAN
    maxcpu: Number = NAN
    mem: Number = NAN
    maxmem: Number = NAN
    disk: Number = NAN
    maxdisk: Number = NAN
    uptime: Number = NAN
    netin: Number = NAN
    netout: Number = NAN
    diskread: Number = NAN
    diskwrite: Number = NAN
    storage: Text = None
    plugintype: Text = None
    content: Text = None
    shared: Flag = False


class NodeStatus(Answer):
    """``/nodes/{node}/status``."""

    cpu: Number = NAN
    wait: Number = NAN
    uptime: Number = NAN
    loadavg: tuple[Number, ...] = ()
    memory: Table = {}
    cpuinfo: Table = {}
    pveversion: Text = None


class RrdRow(Answer):
    """One row of ``rrddata`` of a node or a guest; rates are per second already, pressure is percent."""

    time: Number = NAN
    cpu: Number = NAN
    maxcpu: Number = NAN
    iowait: Number = NAN
    loadavg: Number = NAN
    memused: Number = NAN
    memtotal: Number = NAN
    mem: Number = NAN
    maxmem: Number = NAN
    netin: Number = NAN
    netout: Number = NAN
    diskread: Number = NAN
    diskwrite: Number = NAN
    pressurecpusome: Number = NAN
    pressurememoryfull: Number = NAN
    pressureiofull: Number = NAN


class StatusRow(Answer):
    """One row of ``/cluster/status``."""

    type: str = ""
    name: Text = None
    online: Flag = False
    quorate: Flag = False


class NodeRow(Answer):
    """One row of ``/nodes``."""

    node: Text = None
    ssl_fingerprint: Text = None


class HaRule(Answer):
    """One HA rule (Proxmox VE 9)."""

    rule: str
    type: str = ""
    resources: Text = None
    nodes: Text = None
    affinity: Text = None
    strict: Flag = False
    disable: Flag = False


class HaGroup(Answer):
    """One HA group (Proxmox VE 8)."""

    group: str
    nodes: Text = None
    restricted: Flag = False


class HaResource(Answer):
    """One guest under HA."""

    sid: str
    state: Text = None
    group: Text = None


class Snapshot(Answer):
    name: str = ""


class ManagerStatus(Answer):
    """``/cluster/ha/status/manager_status``."""

    manager_status: Table = {}
    lrm_status: Table = {}


class ClusterOptions(Answer):
    """``/cluster/options``; ``crs`` is an object, in old answers ``ha=static``."""

    crs: Table = {}


A = TypeVar("A", bound=Answer)


def one(model: type[A], answer: object, path: str) -> A:
    """An answer that is one object.

    Raises
    ------
    MalformedResponse
        When it isn't.
    """
    try:
        return model.model_validate(answer)
    except ValidationError as error:
        raise MalformedResponse(_sentence(path, error), path=path) from error


def rows(model: type[A], answer: object, path: str) -> tuple[A, ...]:
    """An answer that is a list of objects.

    Raises
    ------
    MalformedResponse
        When it isn't.
    """
    if not isinstance(answer, list):
        raise MalformedResponse(f"Proxmox answered /{path} with something that isn't a list.", path=path)
    return tuple(one(model, row, path) for row in answer)


def table(answer: object, path: str) -> Mapping[str, Any]:
    """An answer that is an object with keys of its own, as a guest's config.

    Raises
    ------
    MalformedResponse
        When it isn't.
    """
    if not isinstance(answer, dict):
        raise MalformedResponse(f"Proxmox answered /{path} with something that isn't an object.", path=path)
    return answer


def _sentence(path: str, error: ValidationError) -> str:
    first = error.errors(include_input=False, include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the answer"
    return f"Proxmox answered /{path} in a form that isn't known: {where}: {first['msg']}."
