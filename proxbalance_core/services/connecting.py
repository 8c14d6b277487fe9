"""The guided connect flow: address, certificate, credentials, privileges; then saved, or told what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proxbalance_core.domain.connections import Connection, SourceKind
from proxbalance_core.domain.observed import SourceDescription
from proxbalance_core.errors import AuthenticationFailed, ConfigError, PermissionMissing, SourceError
from proxbalance_core.services.opening import SECRET, open_source

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

Step = Literal["address", "certificate", "credentials", "privileges", "duplicate"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionWish:
    """What the user filled in. The secret is apart from the options and is never stored with them.

    ``replaces`` is the id of the connection that is tested or changed: it is no duplicate of itself.

    ``options`` of Proxmox: ``host``, ``token_id`` or ``user``, ``fingerprint``, ``ca_file``, ``verify``, ``timeout_s``.
    """

    title: str
    source: SourceKind = "proxmox"
    options: tuple[tuple[str, str], ...] = ()
    secret: str = ""
    replaces: str = ""

    def __repr__(self) -> str:
        return f"ConnectionWish(title={self.title!r}, source={self.source!r})"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckStep:
    """One step of the test; ``what_to_do`` is set where it failed or falls short."""

    step: Step
    ok: bool
    detail: str
    what_to_do: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCheck:
    """All steps that were tried, and what is known of the cluster then.

    ``grants`` are commands to run on a node, one for each of the ``missing_privileges``.
    """

    steps: tuple[CheckStep, ...]
    cluster: str | None = None
    fingerprint: str | None = None
    version: str | None = None
    missing_privileges: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    node_fingerprints: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the connection can be saved: a missing privilege is told, and does not stop it."""
        return all(step.ok or step.step == "privileges" for step in self.steps)


def check(wish: ConnectionWish, bench: Workbench) -> ConnectionCheck:
    """Try a connection without saving it."""
    steps: list[CheckStep] = []
    known: list[SourceDescription] = []
    shown = ""
    try:
        shown = _certificate(wish, steps)
        if all(step.ok for step in steps):
            known = [_described(wish, bench)]
            steps += list(_told(known[0], wish, bench))
    except (SourceError, ConfigError) as error:
        steps.append(_failed(error))
    found = known[0] if known else None
    return ConnectionCheck(
        steps=tuple(steps),
        cluster=found.cluster if found else None,
        fingerprint=(found.fingerprint if found else None) or shown or None,
        version=found.version if found else None,
        missing_privileges=found.missing_privileges if found else (),
        grants=found.grants if found else (),
        node_fingerprints=found.node_fingerprints if found else (),
    )


def _certificate(wish: ConnectionWish, steps: list[CheckStep]) -> str:
    """Ask the hosts in turn for a certificate; its fingerprint (empty for a source without one)."""
    if wish.source != "proxmox":
        return ""
    from proxbalance_core.sources.proxmox import ProxmoxOptions, certificate_fingerprint

    silent: list[SourceError] = []
    hosts = ProxmoxOptions.read(dict(wish.options)).addresses
    for address in hosts:
        try:
            shown = certificate_fingerprint(address.host, address.port)
        except SourceError as error:
            silent.append(error)
            continue
        others = "".join(f" {other} does not." for other in hosts[: len(silent)])
        steps.append(CheckStep(step="address", ok=True, detail=f"{address} answers.{others}"))
        return shown
    raise silent[0]


def _described(wish: ConnectionWish, bench: Workbench) -> SourceDescription:
    trial = Connection(id="trial", title=wish.title, source=wish.source, created_at=bench.clock(), options=wish.options)
    source = open_source(trial, {SECRET: wish.secret}, bench.paths, bench.clock)
    try:
        return source.describe()
    finally:
        source.close()


def _told(found: SourceDescription, wish: ConnectionWish, bench: Workbench) -> Iterator[CheckStep]:
    trusted = dict(wish.options).get("verify", "on").lower() not in ("0", "off", "no", "false")
    detail = "The certificate is trusted." if trusted else "The certificate is not checked, as you chose."
    yield CheckStep(step="certificate", ok=True, detail=detail)
    version = f"Proxmox VE {found.version}" if found.version else found.kind
    yield CheckStep(step="credentials", ok=True, detail=f"Signed in: {version}, cluster '{found.cluster or '-'}'.")
    missing = found.missing_privileges
    detail = "All privileges are there."
    if missing:
        detail = f"Missing: {', '.join(missing)}. What they show can't be seen, the rest is still collected."
    run = "; ".join(dict.fromkeys(found.grants))
    yield CheckStep(
        step="privileges", ok=not missing, detail=detail, what_to_do=f"Run on a node: {run}" if run else None
    )
    same = duplicate_of(found, bench, besides=wish.replaces)
    if same is not None:
        yield CheckStep(
            step="duplicate", ok=False, detail=f"This cluster is connected already, as '{same.title}'.",
            what_to_do="Change that connection instead of adding a second one.",
        )  # fmt: skip


def _failed(error: SourceError | ConfigError) -> CheckStep:
    step: Step = "address"
    if isinstance(error, AuthenticationFailed):
        step = "credentials"
    elif isinstance(error, PermissionMissing):
        step = "privileges"
    elif getattr(error, "certificate", False) or _option(error) in ("ca_file", "fingerprint"):
        step = "certificate"
    elif _option(error) in ("user", "token_id", "secret"):
        step = "credentials"
    advice = {
        "address": "Check the address and the port (8006), and that this machine may reach it.",
        "certificate": "Compare the fingerprint with the one on the node, then pin it or name the CA's file.",
        "credentials": "Check token id and secret; a token's id looks like user@pve!name.",
        "privileges": "Grant the role PVEAuditor on / to the user and to the token.",
    }
    return CheckStep(step=step, ok=False, detail=error.message, what_to_do=advice[step])


def _option(error: SourceError | ConfigError) -> str:
    return str(error.facts.get("option") or error.facts.get("hint") or "")


def duplicate_of(found: SourceDescription, bench: Workbench, besides: str = "") -> Connection | None:
    """The connection to the same cluster: same name, and a certificate in common."""
    own = {found.fingerprint or "", *found.node_fingerprints}
    for connection in bench.connections():
        same = connection.option("cluster") == (found.cluster or "") and connection.source == found.kind
        if same and connection.id != besides and own & set(connection.option("known_fingerprint").split(",")):
            return connection
    return None


def add(wish: ConnectionWish, bench: Workbench, tested: ConnectionCheck | None = None) -> Connection:
    """Test and save; what was ``tested`` a moment ago is not asked again."""
    made = _connection(wish, _passed(wish, bench, tested), bench)
    if wish.secret:
        bench.secrets.put(made.id, {SECRET: wish.secret})
    bench.store.connections.put(made)
    return made


def _passed(wish: ConnectionWish, bench: Workbench, tested: ConnectionCheck | None) -> ConnectionCheck:
    found = tested or check(wish, bench)
    failed = next((step for step in found.steps if not step.ok and step.step != "privileges"), None)
    if failed is not None:
        raise ConfigError(f"{failed.detail} {failed.what_to_do or ''}".strip(), step=failed.step)
    return found


def _connection(wish: ConnectionWish, found: ConnectionCheck, bench: Workbench) -> Connection:
    shown = dict.fromkeys(filter(None, (found.fingerprint, *found.node_fingerprints)))
    identity = (("cluster", found.cluster or ""), ("known_fingerprint", ",".join(shown)))
    options = tuple(pair for pair in wish.options if pair[0] not in ("cluster", "known_fingerprint", SECRET))
    old = bench.store.connections.get(wish.replaces) if wish.replaces else None
    title = wish.title or (old.title if old else "") or found.cluster or "Cluster"
    taken = {connection.id for connection in bench.connections()}
    return Connection(
        id=old.id if old else free_id(title, lambda cid: cid in taken),
        title=title, source=wish.source, created_at=old.created_at if old else bench.clock(),
        options=(*options, *identity),
    )  # fmt: skip


def free_id(title: str, taken: Callable[[str], bool]) -> str:
    """A short id from a title that no connection has yet; fit for file names and URLs."""
    stem = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "cluster"
    return next(name for n in range(1, 10_000) if not taken(name := stem if n == 1 else f"{stem}-{n}"))
