"""A saved connection is changed: what is new is laid over what was there, tested like a new one, then saved."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxbalance_core.domain.connections import Connection
from proxbalance_core.errors import ConfigError
from proxbalance_core.services.connecting import ConnectionCheck, ConnectionWish
from proxbalance_core.services.opening import SECRET

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench

# Who asks, and how certificates are checked: one of a group takes the place of the others.
_GROUPS = (("token_id", "user", "token_name"), ("fingerprint", "ca_file", "verify"))


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionChange:
    """What is to be different; what is not named stays as it is.

    Parameters
    ----------
    title : str
        Empty: keep it. The connection's id never changes.
    options : tuple of pairs
        Those that change, as in ``ConnectionWish``. ``token_id`` and ``user`` take one another's place, and so do
        ``fingerprint``, ``ca_file`` and ``verify``; an empty value takes its option away.
    secret : str
        Empty: keep the one that is kept.
    """

    title: str = ""
    options: tuple[tuple[str, str], ...] = ()
    secret: str = ""

    def __repr__(self) -> str:
        return f"ConnectionChange(title={self.title!r})"

    @property
    def needs_test(self) -> bool:
        """Whether it changes how the cluster is asked; a new title alone does not."""
        return bool(self.options or self.secret)


def shown_options(connection: Connection) -> dict[str, str]:
    """The options of a connection as a form shows them: a token by its whole id, and only what needs saying."""
    options = dict(connection.options)
    if options.get("token_name") and options.get("user"):
        options["token_id"] = f"{options.pop('user')}!{options.pop('token_name')}"
    if options.get("verify") == "on":
        del options["verify"]
    return options


def difference(old: Connection, title: str, filled: Mapping[str, str], secret: str) -> ConnectionChange:
    """What a form changes of a connection; ``filled`` are its options, and those that are missing are to go."""
    before = shown_options(old)
    after = {key: value for key, value in filled.items() if (key, value) != ("verify", "on")}
    differs = {"host": after["host"]} if after.get("host", "") not in ("", before.get("host")) else {}
    for group in _GROUPS:
        was, now = ({key: found[key] for key in group if key in found} for found in (before, after))
        if was != now:
            differs |= now or dict.fromkeys(was, "")
    return ConnectionChange(title="" if title == old.title else title, options=tuple(differs.items()), secret=secret)


def changed(bench: Workbench, cid: str, change: ConnectionChange) -> ConnectionWish:
    """The connection as it would be, to be tested with ``bench.test_connection`` before it is saved.

    A form shows ``bench.connection(cid).options`` and leaves the secret empty ("unchanged"); on "test" it asks for this
    wish and tests it, on "save" it calls ``bench.edit_connection(cid, change, tested)``.

    Raises
    ------
    ConfigError
        There is no such connection, or it is none to a Proxmox cluster and more than its title is to change.
    """
    old = bench.connection(cid)
    if change.needs_test and old.source != "proxmox":
        raise ConfigError(f"'{old.title}' is not a Proxmox cluster: only its title can be changed.", cid=old.id)
    secret = change.secret or (bench.secrets.get(old.id).get(SECRET, "") if old.source == "proxmox" else "")
    options = _laid_over(dict(old.options), dict(change.options))
    return ConnectionWish(
        title=change.title or old.title, source=old.source, options=options, secret=secret, replaces=old.id
    )


def _laid_over(old: dict[str, str], new: dict[str, str]) -> tuple[tuple[str, str], ...]:
    replaced = {key for group in _GROUPS for key in group if new.keys() & set(group)}
    kept = {key: value for key, value in old.items() if key not in replaced}
    if "host" in new and "fingerprint" in kept:
        kept["fingerprint"] = _pins_of(kept, new["host"])
    return tuple((key, value) for key, value in (kept | new).items() if value)


def _pins_of(old: dict[str, str], hosts: str) -> str:
    """What stays pinned when other hosts are asked: a fingerprint for all, or those of hosts that are still there."""
    from proxbalance_core.sources.proxmox import ProxmoxOptions, pins

    if "=" not in old["fingerprint"] and "," not in old["fingerprint"]:
        return old["fingerprint"]
    before, after = ProxmoxOptions.read(old), ProxmoxOptions.read(old | {"host": hosts, "fingerprint": ""})
    return pins((a, before.fingerprint(a)) for a in before.addresses if a in after.addresses and before.fingerprint(a))


def edit(bench: Workbench, cid: str, change: ConnectionChange, tested: ConnectionCheck | None = None) -> Connection:
    """Test (unless just ``tested``) and save; see ``Workbench.edit_connection``."""
    wish = changed(bench, cid, change)
    if change.needs_test:
        return bench.add_connection(wish, tested)
    renamed = dataclasses.replace(bench.connection(cid), title=wish.title)
    bench.store.connections.put(renamed)
    return renamed
