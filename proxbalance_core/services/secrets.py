"""Secrets of connections: in the system's keyring if it has one, else in a file only its owner can read."""

from __future__ import annotations

import contextlib
import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path

from proxbalance_core.errors import ConfigError

SERVICE = "proxbalance"


class Secrets:
    """Named secrets of each connection; never in the database, a log or an export.

    Parameters
    ----------
    path
        The file that is used without a keyring.
    use_keyring
        None asks the system; False is for tests and for who prefers the file.
    """

    def __init__(self, path: Path, use_keyring: bool | None = None) -> None:
        self._path = path
        self._keyring = has_keyring() if use_keyring is None else use_keyring

    @property
    def where(self) -> str:
        """Where secrets are kept, in words."""
        return "the system's keyring" if self._keyring else str(self._path)

    def get(self, cid: str) -> dict[str, str]:
        """The secrets of a connection; empty when there are none."""
        if self._keyring:
            import keyring

            kept = keyring.get_password(SERVICE, self._user(cid))
            return dict(json.loads(kept)) if kept else {}
        return self._read().get(cid, {})

    def put(self, cid: str, values: Mapping[str, str]) -> None:
        """Keep the secrets of a connection, in place of those before."""
        if self._keyring:
            import keyring

            keyring.set_password(SERVICE, self._user(cid), json.dumps(dict(values)))
            return
        self._write(self._read() | {cid: dict(values)})

    def remove(self, cid: str) -> None:
        """Forget the secrets of a connection."""
        if self._keyring:
            import keyring
            from keyring.errors import PasswordDeleteError

            with contextlib.suppress(PasswordDeleteError):
                keyring.delete_password(SERVICE, self._user(cid))
            return
        kept = self._read()
        if kept.pop(cid, None) is not None:
            self._write(kept)

    def _user(self, cid: str) -> str:
        # Two data folders of one user may both have a connection of this name.
        return f"{self._path.parent.resolve()}:{cid}"

    def _read(self) -> dict[str, dict[str, str]]:
        if not self._path.exists():
            return {}
        try:
            document = tomllib.loads(self._path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise ConfigError(f"The secrets in {self._path} can't be read: {error}.", path=str(self._path)) from None
        tables = {cid: table for cid, table in document.items() if isinstance(table, dict)}
        return {cid: {key: str(value) for key, value in table.items()} for cid, table in tables.items()}

    def _write(self, kept: Mapping[str, Mapping[str, str]]) -> None:
        lines = ["# Secrets of ProxBalance. Keep this file to yourself."]
        for cid, values in kept.items():
            lines += ["", f"[{_quoted(cid)}]", *(f"{_quoted(key)} = {_quoted(value)}" for key, value in values.items())]
        fresh = self._path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        # Born with mode 600: between writing and a later chmod others could read it.
        handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
        fresh.replace(self._path)


def has_keyring() -> bool:
    """Whether this system has a keyring that keeps what it is given."""
    import keyring
    from keyring.backends.fail import Keyring as Fail
    from keyring.backends.null import Keyring as Null

    backend = keyring.get_keyring()
    return not isinstance(backend, (Fail, Null)) and backend.priority > 0


def _quoted(text: str) -> str:
    """A TOML basic string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
