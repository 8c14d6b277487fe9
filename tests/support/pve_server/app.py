"""The HTTP server: who asks, what goes wrong, and Proxmox's URLs."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from tests.support.pve_server import answers
from tests.support.pve_server.cluster import FakeCluster
from tests.support.pve_server.rrd import rrd_rows

TOKEN_ID, SECRET = "collector@pve!proxbalance", "11111111-2222-3333-4444-555555555555"
USER, PASSWORD = "collector@pve", "collect-it"
ALL = ("Sys.Audit", "VM.Audit", "Datastore.Audit", "VM.Migrate")


@dataclass
class Faults:
    """What goes wrong. Switch on and off while the server runs."""

    html: bool = False
    half_json: bool = False
    broken_off: bool = False
    delay_s: float = 0.0
    status: int = 0
    only: str = ""  # a regular expression: only paths that it finds; empty: all
    unreachable: set[str] = field(default_factory=set)  # nodes that answer 595
    silent_metrics: bool = False  # no figures of use anywhere, as after pvestatd died
    drops: int = 0  # so many requests end with a closed connection

    def concern(self, path: str) -> bool:
        return re.search(self.only, path) is not None


class Refused(Exception):
    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message


class PveServer:
    """The synthetic cluster at Proxmox's URLs. Not a copy of Proxmox: what collecting and moving need."""

    def __init__(self, cluster: FakeCluster, clock: Callable[[], float] = time.time) -> None:
        self.cluster, self.clock, self.faults = cluster, clock, Faults()
        self.privileges: set[str] = set(ALL)
        self.requests: list[str] = []
        self.at_once = self.most_at_once = 0
        self.ticket = "PVE:collector:0"

    def app(self) -> ASGIApp:
        inner = Starlette(routes=[Route("/{path:path}", self._serve, methods=["GET", "POST"])])

        async def outer(scope: Scope, receive: Receive, send: Send) -> None:
            if self.faults.drops and self.faults.concern(scope["path"]):
                self.faults.drops -= 1
                self.requests.append("dropped")
                send.__self__.transport.abort()  # type: ignore[attr-defined]  # uvicorn's own connection
                await asyncio.sleep(0.01)
                return
            await inner(scope, receive, send)

        return outer

    async def _serve(self, request: Request) -> Response:
        path = request.url.path.removeprefix("/api2/json/")
        self.requests.append(path)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await self._answer(request, path)
        except Refused as error:
            return JSONResponse({"data": None, "message": error.message}, error.status)
        finally:
            self.at_once -= 1

    async def _answer(self, request: Request, path: str) -> Response:
        faults = self.faults
        concerned = faults.concern(path)
        if concerned and faults.delay_s:
            await asyncio.sleep(faults.delay_s)
        if concerned and faults.html:
            return HTMLResponse("<html><title>Proxmox Virtual Environment</title></html>")
        if concerned and faults.status:
            raise Refused(faults.status, "made to fail")
        if path == "access/ticket":
            return await self._login(request)
        self._authenticate(request)
        body = json.dumps({"data": self._route(request.method, path, dict(request.query_params))}).encode()
        if concerned and faults.half_json:
            return Response(body[: len(body) // 2], media_type="application/json")
        if concerned and faults.broken_off:
            return _BrokenOff(body, media_type="application/json")
        return Response(body, media_type="application/json")

    async def _login(self, request: Request) -> Response:
        form = parse_qs((await request.body()).decode())
        if form.get("username") != [USER] or form.get("password") != [PASSWORD]:
            raise Refused(401, "authentication failure")
        data = {"ticket": self.ticket, "CSRFPreventionToken": "csrf", "username": USER, "cap": {}}
        return JSONResponse({"data": data})

    def _authenticate(self, request: Request) -> None:
        if request.headers.get("authorization") == f"PVEAPIToken={TOKEN_ID}={SECRET}":
            return
        if request.cookies.get("PVEAuthCookie") == self.ticket:
            return
        raise Refused(401, "No ticket" if "authorization" not in request.headers else "invalid token value!")

    def _need(self, privilege: str, path: str) -> None:
        if privilege not in self.privileges:
            raise Refused(403, f"Permission check failed ({path}, {privilege})")

    def _route(self, method: str, path: str, query: dict[str, str]) -> Any:
        for pattern, handler in ROUTES:
            found = re.fullmatch(pattern, path)
            if found and (method == "POST") == handler.__name__.startswith("_post"):
                return handler(self, query, **found.groupdict())
        raise Refused(501, f"Method '{method} /{path}' not implemented")

    # --- cluster ------------------------------------------------------------------------------------------------

    def _version(self, query: dict[str, str]) -> Any:
        version = answers.VERSIONS[self.cluster.version]
        return {"version": version, "release": version[:3], "repoid": "0123456789abcdef"}

    def _permissions(self, query: dict[str, str]) -> Any:
        return {path: dict.fromkeys(sorted(self.privileges), 1) for path in ("/", "/vms", "/storage", "/nodes")}

    def _resources(self, query: dict[str, str]) -> Any:
        rows = answers.resources(self.cluster, self.clock(), {name: name in self.privileges for name in ALL})
        if not self.faults.silent_metrics:
            return rows
        return [{key: value for key, value in row.items() if key not in ("cpu", "mem", "memhost")} for row in rows]

    def _cluster_status(self, query: dict[str, str]) -> Any:
        self._need("Sys.Audit", "/")
        return answers.cluster_status(self.cluster)

    def _options(self, query: dict[str, str]) -> Any:
        return {"crs": self.cluster.crs, "keyboard": "en-us"}

    def _ha_resources(self, query: dict[str, str]) -> Any:
        self._need("Sys.Audit", "/")
        return answers.ha_resources(self.cluster)

    def _ha_rules(self, query: dict[str, str]) -> Any:
        if self.cluster.version < 9:
            raise Refused(501, "Method 'GET /cluster/ha/rules' not implemented")
        return self.cluster.rules

    def _ha_groups(self, query: dict[str, str]) -> Any:
        if self.cluster.version >= 9:
            raise Refused(500, "cannot index groups: ha groups have been migrated to rules")
        first = next(iter(self.cluster.nodes))
        return [{"group": "licence", "nodes": f"{first}:2", "restricted": 1, "type": "group"}]

    def _manager(self, query: dict[str, str]) -> Any:
        self._need("Sys.Audit", "/")
        return answers.manager_status(self.cluster)

    # --- nodes and guests ---------------------------------------------------------------------------------------

    def _node(self, name: str, *, proxied: bool = True) -> Any:
        node = self.cluster.nodes.get(name)
        if node is None:
            raise Refused(500, f"hostname lookup '{name}' failed")
        if proxied and (not node.online or name in self.faults.unreachable):
            raise Refused(595, "No route to host")
        return node

    def _guest(self, node: str, kind: str, vmid: str, *, proxied: bool = True) -> Any:
        self._node(node, proxied=proxied)
        self._need("VM.Audit", f"/vms/{vmid}")
        guest = self.cluster.guests.get(int(vmid))
        if guest is None or guest.node != node or guest.kind != kind:
            raise Refused(500, f"Configuration file 'nodes/{node}/qemu-server/{vmid}.conf' does not exist")
        return guest

    def _nodes(self, query: dict[str, str]) -> Any:
        rows = answers.resources(self.cluster, self.clock(), dict.fromkeys(ALL, False))
        return [row for row in rows if row["type"] == "node"]

    def _node_status(self, query: dict[str, str], node: str) -> Any:
        self._need("Sys.Audit", f"/nodes/{node}")
        return answers.node_status(self.cluster, self._node(node), self.clock())

    def _node_time(self, query: dict[str, str], node: str) -> Any:
        self._need("Sys.Audit", f"/nodes/{node}")
        self._node(node)
        now = int(self.clock())
        return {"time": now, "localtime": now + 3600, "timezone": self.cluster.timezone}

    def _node_rrd(self, query: dict[str, str], node: str) -> Any:
        # any node answers for all, also for one that is down
        return self._rrd(query, self._node(node, proxied=False))

    def _guest_rrd(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        return self._rrd(query, self._guest(node, kind, vmid, proxied=False))

    def _rrd(self, query: dict[str, str], owner: Any) -> Any:
        return rrd_rows(self.cluster, owner, query["timeframe"], query.get("cf", "AVERAGE"), self.clock())

    def _config(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        return answers.config(self._guest(node, kind, vmid))

    def _snapshots(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        return answers.snapshots(self._guest(node, kind, vmid))

    def _current(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        return answers.guest_row(self.cluster, self._guest(node, kind, vmid), self.clock())

    def _preconditions(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        guest = self._guest(node, kind, vmid)
        if kind == "lxc" and self.cluster.version < 9:
            raise Refused(501, f"Method 'GET /nodes/{node}/lxc/{vmid}/migrate' not implemented")
        self._need("VM.Migrate", f"/vms/{vmid}")
        if guest.lock:
            raise Refused(500, f"VM is locked ({guest.lock})")
        return answers.preconditions(self.cluster, guest)

    def _post_migrate(self, query: dict[str, str], node: str, kind: str, vmid: str) -> Any:
        """Moves the guest at once: its counters begin anew, its history follows it."""
        guest = self._guest(node, kind, vmid)
        self._need("VM.Migrate", f"/vms/{vmid}")
        self._node(query.get("target", ""))
        if guest.status == "running" and not ({"online", "restart"} & query.keys()):
            raise Refused(500, "can't migrate running VM without --online")
        upid = f"UPID:{node}:0000C530:001C9BEC:{int(self.clock()):08X}:qmigrate:{vmid}:{USER}:"
        self.cluster.move(guest, query["target"], self.clock())
        self.cluster.tasks[upid] = {"upid": upid, "status": "stopped", "exitstatus": "OK", "node": node}
        return upid

    def _task(self, query: dict[str, str], node: str, upid: str) -> Any:
        if upid not in self.cluster.tasks:
            raise Refused(500, "no such task")
        return self.cluster.tasks[upid]


class _BrokenOff(Response):
    """Promises more than it sends."""

    def init_headers(self, headers: Any = None) -> None:
        super().init_headers(headers)
        self.raw_headers = [
            (key, str(len(self.body) * 2).encode() if key == b"content-length" else value)
            for key, value in self.raw_headers
        ]


_GUEST = r"nodes/(?P<node>[^/]+)/(?P<kind>qemu|lxc)/(?P<vmid>\d+)"
ROUTES: tuple[tuple[str, Any], ...] = (
    ("version", PveServer._version),
    ("access/permissions", PveServer._permissions),
    ("cluster/resources", PveServer._resources),
    ("cluster/status", PveServer._cluster_status),
    ("cluster/options", PveServer._options),
    ("cluster/ha/resources", PveServer._ha_resources),
    ("cluster/ha/rules", PveServer._ha_rules),
    ("cluster/ha/groups", PveServer._ha_groups),
    ("cluster/ha/status/manager_status", PveServer._manager),
    ("nodes", PveServer._nodes),
    (r"nodes/(?P<node>[^/]+)/status", PveServer._node_status),
    (r"nodes/(?P<node>[^/]+)/time", PveServer._node_time),
    (r"nodes/(?P<node>[^/]+)/rrddata", PveServer._node_rrd),
    (r"nodes/(?P<node>[^/]+)/tasks/(?P<upid>[^/]+)/status", PveServer._task),
    (_GUEST + "/rrddata", PveServer._guest_rrd),
    (_GUEST + "/config", PveServer._config),
    (_GUEST + "/snapshot", PveServer._snapshots),
    (_GUEST + "/status/current", PveServer._current),
    (_GUEST + "/migrate", PveServer._preconditions),
    (_GUEST + "/migrate", PveServer._post_migrate),
)
