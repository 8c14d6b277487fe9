"""A Proxmox cluster as a metric source."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

from proxbalance_core.domain.cluster import Guest, HaState, Node, Rule, Storage
from proxbalance_core.domain.observed import (
    Entity,
    Inventory,
    Preconditions,
    Samples,
    SourceDescription,
    StorageLevel,
    Timeframe,
)
from proxbalance_core.domain.zones import is_timezone
from proxbalance_core.errors import AuthenticationFailed, SourceError, SourceUnavailable
from proxbalance_core.sources.proxmox.answers import (
    ClusterOptions,
    NodeRow,
    NodeStatus,
    NodeTime,
    Resource,
    RrdRow,
    StatusRow,
    Version,
    one,
    rows,
    table,
)
from proxbalance_core.sources.proxmox.client import ProxmoxClient
from proxbalance_core.sources.proxmox.configs import GuestType
from proxbalance_core.sources.proxmox.decode import (
    GUEST_TYPES,
    decode_crs,
    decode_guest,
    decode_guest_history,
    decode_guest_sample,
    decode_node,
    decode_node_history,
    decode_node_sample,
    decode_storages,
)
from proxbalance_core.sources.proxmox.faults import certificate_fingerprint
from proxbalance_core.sources.proxmox.options import ProxmoxOptions
from proxbalance_core.sources.proxmox.preconditions import decode_preconditions, refused
from proxbalance_core.sources.proxmox.reading import ClusterReading, Notes
from proxbalance_core.sources.proxmox.rights import Rights, check_rights
from proxbalance_core.sources.proxmox.rules import ha_resources, ha_rules, ha_states, maintained_nodes
from proxbalance_core.sources.proxmox.sparing import REFRESH_S, ConfigShelf, RateMeter

NO_QUORUM = (
    "The cluster has lost quorum: start the missing nodes or mend their network (pvecm status); figures are still "
    "collected, moves are refused until then."
)


class ProxmoxSource:
    """Reads one cluster. Not to be shared between threads but for ``history``; it uses up to 6 of its own.

    Parameters
    ----------
    options
        Where and as whom; see :meth:`ProxmoxOptions.read`.
    secret
        The API token's secret, or the user's password when no token is named.
    """

    def __init__(self, options: ProxmoxOptions, secret: str) -> None:
        self.options = options
        self._client = ProxmoxClient(options, secret)
        self._reading = ClusterReading(self._client)
        self._shelf = ConfigShelf()
        self._meter = RateMeter()
        self._facts: dict[str, tuple[float, NodeStatus]] = {}
        self._rights: tuple[float, Rights] | None = None
        self._version: Version | None = None
        self._timezone: str | None = None
        self._places: dict[int, tuple[str, str]] = {}

    def describe(self) -> SourceDescription:
        """Check the credentials, and say what they may not do and which command grants it."""
        notes = Notes()
        version = self._read_version()
        rights = self._read_rights(anew=True)
        cluster = notes.attempt(self._reading.cluster, ())
        name = _cluster_name(cluster)
        address = self._client.address
        fingerprint = notes.attempt(lambda: certificate_fingerprint(address.host, address.port), "")
        if self.options.unchecked:
            notes.add("The certificate is not checked: whoever is in between can read the credentials.")
        return SourceDescription(
            kind="proxmox",
            title=f"Proxmox VE {version.version} at {address}",
            version=version.version,
            cluster=name,
            fingerprint=fingerprint or None,
            may_act=rights.may_migrate,
            missing_privileges=rights.missing,
            notes=(*rights.notes, *notes.texts),
            grants=rights.commands,
            node_fingerprints=self._node_fingerprints(),
        )

    def _node_fingerprints(self) -> tuple[str, ...]:
        """Of every node's certificate, so that the same cluster is known again by any of its hosts."""
        own = Notes().attempt(lambda: rows(NodeRow, self._reading.ask("nodes"), "nodes"), ())
        return tuple(sorted({row.ssl_fingerprint.upper() for row in own if row.ssl_fingerprint}))

    def snapshot_inventory(self, anew: Collection[int] = ()) -> Inventory:
        """Nodes, guests, storages and rules now; the configs of the vmids in ``anew`` are asked for again.

        What can't be read is noted and leaves the inventory incomplete; the rest is there.
        """
        notes = Notes()
        at = datetime.now(UTC)
        resources = self._reading.resources()
        cluster = notes.attempt(self._reading.cluster, ())
        resources = _agreed(resources, cluster)
        # Guests that are gone may be guests that may no longer be seen.
        gone = self._places.keys() - {row.vmid for row in resources}
        rights = notes.attempt(lambda: self._read_rights(anew=bool(gone)), Rights())
        nodes = self._nodes(resources, notes)
        guests, rules = self._guests(resources, nodes, anew, notes)
        crs = notes.attempt(lambda: one(ClusterOptions, self._reading.ask("cluster/options"), "cluster/options"), None)
        quorate = next((row.quorate for row in cluster if row.type == "cluster"), None)
        return Inventory(
            cluster=_cluster_name(cluster) or str(self._client.address),
            at=at,
            nodes=nodes,
            guests=guests,
            rules=rules,
            quorate=quorate,
            crs=decode_crs(crs) if crs is not None else None,
            complete=not notes.texts and rights.sees_all,
            notes=(*notes.texts, *rights.notes, *((NO_QUORUM,) if quorate is False else ())),
            unread=notes.unread,
            timezone=self._read_timezone(nodes),
        )

    def _read_timezone(self, nodes: tuple[Node, ...]) -> str | None:
        """The zone of the first node that tells; without one times are shown in UTC, which is no fault to note."""
        alive = next((node.name for node in nodes if node.online), None)
        if self._timezone is None and alive is not None:
            path = f"nodes/{alive}/time"
            told = Notes().attempt(lambda: one(NodeTime, self._reading.ask(path), path), NodeTime())
            self._timezone = told.timezone if told.timezone and is_timezone(told.timezone) else None
        return self._timezone

    def _nodes(self, resources: tuple[Resource, ...], notes: Notes) -> tuple[Node, ...]:
        own = [row for row in resources if row.type == "node" and row.node]
        alive = [row.node or "" for row in own if row.status == "online"]
        facts = self._reading.side_by_side(alive, lambda name: self._node_facts(name, notes))
        maintained = notes.attempt(lambda: maintained_nodes(self._reading.ask), frozenset[str]())
        storages = decode_storages(resources)
        return tuple(
            _silenced(
                decode_node(
                    row, facts.get(row.node or ""), _known_storages(row, storages), (row.node or "") in maintained
                ),
                notes,
            )
            for row in sorted(own, key=lambda row: row.node or "")
        )

    def _node_facts(self, name: str, notes: Notes) -> NodeStatus | None:
        at, kept = self._facts.get(name, (0.0, None))
        now = time.monotonic()
        if kept is not None and now - at < REFRESH_S:
            return kept
        read = notes.attempt(lambda: self._reading.node(name), None, node=name)
        if read is not None:
            self._facts[name] = (now, read)
        return read or kept

    def _guests(
        self, resources: tuple[Resource, ...], nodes: tuple[Node, ...], anew: Collection[int], notes: Notes
    ) -> tuple[tuple[Guest, ...], tuple[Rule, ...]]:
        rows = _guest_rows(resources)
        dead = {node.name for node in nodes if node.status == "offline"}
        self._places = {row.vmid or 0: (row.node or "", row.type) for row in rows}
        self._read_configs(tuple(row for row in rows if row.node not in dead), resources, anew, notes)
        under_ha = notes.attempt(lambda: ha_resources(self._reading.ask), ())
        rules = notes.attempt(lambda: ha_rules(self._reading.ask, under_ha), ())
        states = ha_states(under_ha)
        guests = tuple(
            decode_guest(row, self._shelf.config(row.vmid or 0), row.node not in dead, _ha(row, states)) for row in rows
        )
        return guests, rules

    def _read_configs(
        self, rows: tuple[Resource, ...], resources: tuple[Resource, ...], anew: Collection[int], notes: Notes
    ) -> None:
        shared = frozenset(row.storage or "" for row in resources if row.type == "storage" and row.shared)
        now = time.monotonic()
        wanted = self._shelf.due(rows, now, anew)
        due = {row.vmid or 0: row for row in wanted if row.node not in notes.silent}
        read = self._reading.side_by_side(
            due,
            lambda vmid: notes.attempt(
                lambda: self._reading.config(due[vmid], shared), None, node=due[vmid].node or ""
            ),
        )
        for vmid, config in read.items():
            if config is not None:
                self._shelf.put(due[vmid], config, now)
        notes.unread = tuple(sorted(row.vmid or 0 for row in wanted if read.get(row.vmid or 0) is None))
        self._shelf.keep_only(frozenset(self._places))

    def samples(self, since: datetime | None = None) -> Samples:
        """Current figures of all nodes and running guests, all with the same time.

        Proxmox's own figures are up to 10 s old. Rates need the round before: the first has none.
        """
        notes = Notes()
        now = time.time()
        rows = self._reading.resources()
        version = notes.attempt(self._read_version, Version())
        alive = [row for row in rows if row.type == "node" and row.node and row.status == "online"]
        more = self._reading.side_by_side(
            [row.node or "" for row in alive], lambda name: self._one_call(name, version.major, now, notes)
        )
        lost = {row.node for row in rows if row.type == "node" and row.status != "online"}
        guests = [row for row in _guest_rows(rows) if row.node not in lost and row.status in ("running", "stopped")]
        return Samples(
            nodes=tuple(
                decode_node_sample(row, int(now), *more[row.node or ""])
                for row in alive
                if row.node not in notes.silent
            ),
            guests=tuple(decode_guest_sample(row, int(now), self._meter.rates(row, now)) for row in guests),
            notes=tuple(notes.texts),
        )

    def _one_call(self, name: str, major: int, now: float, notes: Notes) -> tuple[NodeStatus | None, RrdRow | None]:
        """What the resources don't say of a node: 9 has it in its RRD with pressure, older ones in the status."""
        if major >= 9:
            recent = notes.attempt(lambda: self._reading.recent(name, now), None, node=name)
            if recent is not None:
                return None, recent
        return notes.attempt(lambda: self._reading.node(name), None, node=name), None

    def history(self, entity: Entity, timeframe: Timeframe) -> Samples:
        """Rows of Proxmox's own RRD, oldest first: means, with the maximum of the CPU beside them.

        Missing samples are missing rows. PVE 8's week is of 3-hour means: see each row's ``step_s``.
        """
        if entity.kind == "node":
            base = f"nodes/{entity.name}"
            mean, peak = (self._reading.history(base, timeframe, cf) for cf in ("AVERAGE", "MAX"))
            return Samples(nodes=decode_node_history(entity.name, mean, peak))
        vmid = entity.vmid if entity.vmid is not None else int(entity.name)
        if entity.node is None or entity.type is None:
            node, kind = self._place(vmid)
        else:
            node, kind = entity.node, entity.type
        base = self._reading.guest_base(node, kind, vmid)
        mean, peak = (self._reading.history(base, timeframe, cf) for cf in ("AVERAGE", "MAX"))
        return Samples(guests=decode_guest_history(vmid, node, mean, peak))

    def storage_history(self) -> tuple[StorageLevel, ...]:
        """None: how full storages are is measured from the first round on."""
        return ()

    def preconditions(self, vmid: int, target: str) -> Preconditions:
        """Proxmox's answer to ``GET .../migrate``; a lock and an unknown target are refusals, not failures.

        Containers have no such question before Proxmox VE 9.
        """
        node, kind = self._place(vmid)
        path = f"{self._reading.guest_base(node, kind, vmid)}/migrate"
        try:
            answer = table(self._reading.ask(path, target=target), path)
        except SourceUnavailable as error:
            return refused(error, kind)
        return decode_preconditions(answer, target)

    def _place(self, vmid: int) -> tuple[str, GuestType]:
        if vmid not in self._places:
            rows = _guest_rows(self._reading.resources())
            self._places = {row.vmid or 0: (row.node or "", row.type) for row in rows}
        if vmid not in self._places:
            raise SourceError(f"Guest {vmid} is not in the cluster, or the token may not see it.", vmid=vmid)
        node, api_type = self._places[vmid]
        return node, GUEST_TYPES[api_type]

    def _read_version(self) -> Version:
        if self._version is None:
            self._version = one(Version, self._reading.ask("version"), "version")
        return self._version

    def _read_rights(self, anew: bool = False) -> Rights:
        now = time.monotonic()
        if anew or self._rights is None or now - self._rights[0] > REFRESH_S or self._rights[1].missing:
            answer = table(self._reading.ask("access/permissions"), "access/permissions")
            self._rights = (now, check_rights(answer, self.options))
        return self._rights[1]

    def close(self) -> None:
        """Give back threads and connections."""
        self._reading.close()


def _guest_rows(rows: tuple[Resource, ...]) -> tuple[Resource, ...]:
    found = {row.vmid: row for row in rows if row.type in GUEST_TYPES and row.vmid is not None and row.node}
    return tuple(found[vmid] for vmid in sorted(found, key=lambda vmid: vmid or 0))


def _agreed(rows: tuple[Resource, ...], cluster: tuple[StatusRow, ...]) -> tuple[Resource, ...]:
    """The resources, with a node offline as soon as the cluster's membership says so."""
    gone = {row.name for row in cluster if row.type == "node" and not row.online}
    return tuple(
        row.model_copy(update={"status": "offline"}) if row.type == "node" and row.node in gone else row for row in rows
    )


def _cluster_name(rows: tuple[StatusRow, ...]) -> str | None:
    """The cluster's name; a standalone node's own name."""
    return next((row.name for kind in ("cluster", "node") for row in rows if row.type == kind and row.name), None)


def _known_storages(row: Resource, storages: dict[str, tuple[Storage, ...]]) -> tuple[Storage, ...] | None:
    """None without a single storage anywhere: the token may not see them, so storage isn't checked."""
    return storages.get(row.node or "", ()) if storages else None


def _silenced(node: Node, notes: Notes) -> Node:
    """A node that is said to be online and doesn't answer: nothing can be said of it."""
    return replace(node, status="unknown") if node.name in notes.silent and node.online else node


def _ha(row: Resource, states: dict[str, HaState]) -> HaState:
    sid = f"{GUEST_TYPES[row.type]}:{row.vmid}"
    if sid in states:
        return states[sid]
    return HaState(managed=True, state=row.hastate) if row.hastate else HaState()


def open_proxmox(given: dict[str, str], secret: str) -> ProxmoxSource:
    """A source from a connection's options and its secret. Nothing is sent yet.

    Raises
    ------
    SettingMissing, SettingInvalid
        When an option is missing or can't be read.
    AuthenticationFailed
        When there is no secret.
    """
    options = ProxmoxOptions.read(given)
    if not secret:
        raise AuthenticationFailed(f"There is no secret for {options.authid}: enter it again.", hint="secret")
    return ProxmoxSource(options, secret)
