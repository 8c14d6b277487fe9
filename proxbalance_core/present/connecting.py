"""What the guided connect flow asks for and what of it is missing; the first rows of a dropped file."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from proxbalance_core.present.details import Table

VERIFY = {
    "system": "By this machine's authorities",
    "fingerprint": "By its fingerprint",
    "ca": "By my own CA",
    "off": "Not at all",
}
STEPS = {
    "address": "Address",
    "certificate": "Certificate",
    "credentials": "Sign-in",
    "privileges": "Privileges",
    "duplicate": "Connected once",
    "cluster": "The same cluster",
}
TOKEN_COMMANDS = """\
pveum user add proxbalance@pve --comment "ProxBalance, read only"
pveum acl modify / --users proxbalance@pve --roles PVEAuditor
pveum user token add proxbalance@pve app --privsep 0
"""
SIGN_IN = {"token": "API token", "password": "User and password"}
PASSWORD_COMMANDS = """\
pveum user add proxbalance@pve --comment "ProxBalance, read only" --password
pveum acl modify / --users proxbalance@pve --roles PVEAuditor
"""
_TOKEN = re.compile(r"[^\s!@]+@[^\s!@]+![^\s!@]+")
_USER = re.compile(r"[^\s!@]+@[^\s!@]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """Who asks: an API token, or a user with a password."""

    kind: str
    name: str
    secret: str

    def __repr__(self) -> str:
        return f"SignIn({self.kind!r}, {self.name!r})"

    @property
    def option(self) -> tuple[str, str]:
        """What the source calls it."""
        return ("user" if self.kind == "password" else "token_id", self.name.strip())

    @property
    def missing(self) -> tuple[tuple[str, bool], ...]:
        """What is asked for, and whether it is there."""
        name = self.name.strip()
        if self.kind == "password":
            return ("a user like name@pam", bool(_USER.fullmatch(name))), ("the password", bool(self.secret))
        return ("a token ID like user@pve!name", bool(_TOKEN.fullmatch(name))), ("its secret", bool(self.secret))


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A connection as typed in; ``options`` are what the source needs, the secret apart."""

    title: str
    options: tuple[tuple[str, str], ...]
    secret: str
    missing: tuple[str, ...]

    @property
    def complete(self) -> bool:
        return not self.missing

    def __repr__(self) -> str:
        # A secret must not reach a log through a traceback.
        return f"Draft({self.title!r})"

    @classmethod
    def of(cls, hosts: str, title: str, check: tuple[str, str], who: SignIn) -> Draft:
        """Read the fields; ``check`` is the way to check the certificate and its proof."""
        known = [host.strip() for host in re.split(r"[,\s]+", hosts) if host.strip()]
        verify, proof = check
        missing = [
            name
            for name, good in (
                ("an address", bool(known)),
                ("the proof of the certificate", verify in ("system", "off") or bool(proof.strip())),
                *who.missing,
            )
            if not good
        ]
        options = {"host": ",".join(known), "verify": "off" if verify == "off" else "on"}
        options.update([who.option])
        if verify in ("fingerprint", "ca"):
            options[{"fingerprint": "fingerprint", "ca": "ca_file"}[verify]] = proof.strip()
        return cls(
            title=title.strip() or (known[0] if known else ""),
            options=tuple(options.items()),
            secret=who.secret,
            missing=tuple(missing),
        )


def file_rows(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """The first rows of a file; its own column names are titles only."""
    names = [f"column_{place}" for place in range(len(columns))]
    return Table(rows=pd.DataFrame(list(rows), columns=names), titles=dict(zip(names, columns, strict=True)))
