"""The guided connect flow: address, certificate, credentials, privileges; then saved, or told what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from proxbalance_core.domain.connections import Connection, SourceKind
from proxbalance_core.domain.observed import SourceDescription
from proxbalance_core.errors import AuthenticationFailed, ConfigError, PermissionMissing, SourceError, SourceUnavailable
from proxbalance_core.services.opening import SECRET, open_source

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.sources.proxmox import Address, ProxmoxOptions

Step = Literal["address", "certificate", "credentials", "privileges", "duplicate", "cluster"]
_AT_ONCE = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionWish:
    """What the user filled in. The secret is apart from the options and is never stored with them.

    ``replaces`` is the id of the connection that is tested or changed: it is no duplicate of itself.

    ``options`` of Proxmox: ``host``, ``token_id`` or ``user``, ``fingerprint``, ``ca_file``, ``verify``, ``timeout_s``;
    several hosts stand with commas between. ``fingerprint`` is one for all hosts, one for each in their order, or
    ``host=fingerprint`` of each that is pinned (as ``ConnectionCheck.pins`` has it).
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

    ``grants`` are commands to run on a node, one for each of the ``missing_privileges``. ``certificates`` are hosts
    that answered and the fingerprint that each showed; ``pins`` is the option ``fingerprint`` that trusts just these.
    """

    steps: tuple[CheckStep, ...]
    cluster: str | None = None
    fingerprint: str | None = None
    version: str | None = None
    missing_privileges: tuple[str, ...] = ()
    grants: tuple[str, ...] = ()
    node_fingerprints: tuple[str, ...] = ()
    certificates: tuple[tuple[str, str], ...] = ()
    pins: str = ""

    @property
    def ok(self) -> bool:
        """Whether the connection can be saved: a missing privilege is told, and does not stop it."""
        return all(step.ok or step.step == "privileges" for step in self.steps)


def check(wish: ConnectionWish, bench: Workbench) -> ConnectionCheck:
    """Try a connection without saving it."""
    steps: list[CheckStep] = []
    shown: dict[str, str] = {}
    found: SourceDescription | None = None
    try:
        if wish.source == "proxmox":
            _hosts(wish, steps, shown)
        found = _described(wish, bench)
        steps += _told(found, wish, bench)
    except (SourceError, ConfigError) as error:
        steps.append(_failed(error, shown))
    return ConnectionCheck(
        steps=tuple(steps),
        cluster=found.cluster if found else None,
        fingerprint=(found.fingerprint if found else None) or next(iter(shown.values()), None),
        version=found.version if found else None,
        missing_privileges=found.missing_privileges if found else (),
        grants=found.grants if found else (),
        node_fingerprints=found.node_fingerprints if found else (),
        certificates=tuple(shown.items()),
        pins=_pins(shown),
    )


def _pins(shown: Mapping[str, str]) -> str:
    """How to trust what the hosts showed; a single host's stays though its address may change."""
    from proxbalance_core.sources.proxmox import pins

    return next(iter(shown.values())) if len(shown) == 1 else pins(shown.items())


def _hosts(wish: ConnectionWish, steps: list[CheckStep], shown: dict[str, str]) -> None:
    """Ask every host for its certificate (into ``shown``), and then as if it were the only one that answers."""
    from proxbalance_core.sources.proxmox import ProxmoxOptions, certificate_fingerprint

    options = ProxmoxOptions.read(dict(wish.options))

    def ask(address: Address) -> str | SourceUnavailable:
        try:
            return certificate_fingerprint(address.host, address.port)
        except SourceUnavailable as error:
            return error

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        told = dict(zip(options.addresses, pool.map(ask, options.addresses), strict=True))
    shown |= {str(address): answer for address, answer in told.items() if isinstance(answer, str)}
    silent = {address: answer for address, answer in told.items() if isinstance(answer, SourceUnavailable)}
    if not shown:
        raise next(iter(silent.values()))
    answering = [address for address in told if address not in silent]
    others = "".join(f" {address} does not." for address in silent)
    steps.append(CheckStep(step="address", ok=True, detail=f"{_listed(answering)}.{others}"))
    for address in answering if len(told) > 1 else ():
        steps += _each(options, wish.secret, address)


def _each(options: ProxmoxOptions, secret: str, address: Address) -> Iterator[CheckStep]:
    """What one of several hosts says for itself: a wrong certificate counts, that it can't answer now is told."""
    from proxbalance_core.sources.proxmox import try_host

    try:
        try_host(options, secret, address)
    except SourceUnavailable as error:
        if getattr(error, "certificate", False):
            raise
        yield CheckStep(step="address", ok=True, detail=error.message)


def _listed(addresses: Sequence[Address]) -> str:
    return f"{', '.join(map(str, addresses))} {'answers' if len(addresses) == 1 else 'answer'}"


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

    old = bench.store.connections.get(wish.replaces) if wish.replaces else None
    was = old.option("cluster") if old else ""
    if was and found.cluster != was:
        yield CheckStep(
            step="cluster", ok=False, detail=f"This is cluster '{found.cluster or '-'}', not '{was}'.",
            what_to_do="Add it as a connection of its own: figures of two clusters must not be mixed.",
        )  # fmt: skip


def _failed(error: SourceError | ConfigError, shown: Mapping[str, str]) -> CheckStep:
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
    if len(shown) > 1:
        advice["certificate"] = f"Compare each fingerprint with the one on its node, then pin them: {_pins(shown)}"
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
    showed = (fingerprint for _, fingerprint in found.certificates)
    shown = dict.fromkeys(filter(None, (found.fingerprint, *showed, *found.node_fingerprints)))
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
