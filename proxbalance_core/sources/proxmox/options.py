"""What a Proxmox connection is told: addresses, who asks, and how the certificate is checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from proxbalance_core.errors import SettingInvalid, SettingMissing

DEFAULT_PORT = 8006
_OFF = {"0", "false", "no", "off"}


@dataclass(frozen=True, slots=True)
class Address:
    """One host of the cluster."""

    host: str
    port: int = DEFAULT_PORT

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read ``pve1``, ``pve1:8006``, ``[fd00::1]:8006`` or ``https://pve1:8006/``."""
        bare = text.strip().removeprefix("https://").removeprefix("http://").split("/")[0]
        host, port = _split_port(bare)
        if not host or not (port == "" or (port.isdigit() and 0 < int(port) < 65_536)):
            raise SettingInvalid(f"{text!r} is not the address of a Proxmox host: give it as name or name:8006.")
        return cls(host, int(port or DEFAULT_PORT))

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def _split_port(bare: str) -> tuple[str, str]:
    if bare.startswith("["):
        host, _, port = bare[1:].partition("]")
        return host, port.removeprefix(":")
    if bare.count(":") > 1:  # an IPv6 address without brackets has no port
        return bare, ""
    host, _, port = bare.partition(":")
    return host, port


@dataclass(frozen=True, slots=True, kw_only=True)
class ProxmoxOptions:
    """How to reach a cluster. Holds no secret.

    ``user`` is ``name@realm``; with ``token_name`` the secret is an API token's, without it the user's
    password. ``fingerprints`` (SHA-256) are those of the addresses, in their order; empty where none is pinned.
    """

    addresses: tuple[Address, ...]
    user: str
    token_name: str = ""
    verify: bool = True
    ca_file: str = ""
    fingerprints: tuple[str, ...] = ()
    timeout_s: float = 30.0
    act: bool = False

    @property
    def authid(self) -> str:
        """Who asks: ``user@realm`` or ``user@realm!token``."""
        return f"{self.user}!{self.token_name}" if self.token_name else self.user

    def fingerprint(self, address: Address) -> str:
        """The pinned fingerprint of one host, empty without one."""
        return self.fingerprints[self.addresses.index(address)] if self.fingerprints else ""

    @property
    def unchecked(self) -> bool:
        """Whether some host's certificate is taken as it comes."""
        return not self.verify and not (self.fingerprints and all(self.fingerprints))

    def only(self, address: Address) -> ProxmoxOptions:
        """The same for one of the hosts alone."""
        return replace(self, addresses=(address,), fingerprints=(self.fingerprint(address),))

    @classmethod
    def read(cls, given: Mapping[str, str]) -> ProxmoxOptions:
        """Options as a connection stores them: ``host`` (commas between several), ``user`` or ``token_id``, ...

        Raises
        ------
        SettingMissing, SettingInvalid
            With the option that is missing or can't be read.
        """
        hosts = [part for part in given.get("host", given.get("hosts", "")).split(",") if part.strip()]
        user, token = _who(given)
        if not hosts:
            raise SettingMissing("A Proxmox connection needs the address of a host.", option="host")
        if "@" not in user:
            raise SettingInvalid(f"The user {user!r} lacks its realm: write it as name@pam or name@pve.", option="user")
        addresses = tuple(Address.parse(host) for host in hosts)
        return cls(
            addresses=addresses,
            user=user,
            token_name=token,
            verify=given.get("verify", "on").strip().lower() not in _OFF,
            ca_file=given.get("ca_file", "").strip(),
            fingerprints=_fingerprints(given.get("fingerprint", ""), addresses),
            timeout_s=_seconds(given.get("timeout_s", "30")),
            act=given.get("act", "off").strip().lower() not in _OFF,
        )


def _who(given: Mapping[str, str]) -> tuple[str, str]:
    token_id = given.get("token_id", "").strip()
    user, _, token = (token_id or given.get("user", "").strip()).partition("!")
    if not user:
        raise SettingMissing("A Proxmox connection needs a user or an API token's id.", option="token_id")
    return user, token or given.get("token_name", "").strip()


def normal_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint as Proxmox shows it: 32 pairs of capital hex digits with colons between."""
    digits = text.replace(":", "").replace(" ", "").upper()
    if len(digits) != 64 or set(digits) - set("0123456789ABCDEF"):
        raise SettingInvalid("A fingerprint is the certificate's SHA-256: 64 hex digits.", option="fingerprint")
    return ":".join(digits[i : i + 2] for i in range(0, 64, 2))


def pins(shown: Iterable[tuple[Address | str, str]]) -> str:
    """The option ``fingerprint`` that pins each host to its own certificate."""
    return ",".join(f"{address}={fingerprint}" for address, fingerprint in shown)


def _fingerprints(text: str, addresses: tuple[Address, ...]) -> tuple[str, ...]:
    """One for all hosts, one for each in their order, or ``host=fingerprint`` for those that are pinned."""
    parts = [part.rpartition("=")[::2] for part in text.split(",") if part.strip()]
    own = {Address.parse(host): normal_fingerprint(proof) for host, proof in parts if host}
    if own and len(own) == len(parts) and own.keys() <= set(addresses):
        return tuple(own.get(address, "") for address in addresses)
    bare = tuple(normal_fingerprint(proof) for _, proof in parts)
    if own or len(bare) not in (0, 1, len(addresses)):
        raise SettingInvalid(
            "Give one fingerprint for all hosts, one for each in their order, or host=fingerprint for those to pin.",
            option="fingerprint",
        )
    return bare * len(addresses) if len(bare) == 1 else bare


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds <= 600:
        raise SettingInvalid("timeout_s is a number of seconds from 1 to 600.", option="timeout_s")
    return seconds
