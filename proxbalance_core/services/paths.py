"""Where the user's data live: a folder, and in it the database unless that is on a server."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from proxbalance_core.errors import ConfigError

ENVIRONMENT = "PROXBALANCE_DATA"
DATABASE_ENVIRONMENT = "PROXBALANCE_DATABASE"
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class DataPaths:
    """The files of one data folder; ``server`` is the URL of a PostgreSQL database instead of the file in it."""

    root: Path
    server: str = field(default="", repr=False)

    @property
    def database(self) -> Path | str:
        return self.server or self.root / "proxbalance.db"

    @property
    def secrets(self) -> Path:
        return self.root / "secrets.toml"

    @property
    def demo_seed(self) -> Path:
        """The user's own seed when there is one, else the one that ships."""
        own = self.root / "demo_seed.json"
        return own if own.exists() else ROOT / "data" / "demo_seed.json"

    def lock(self, cid: str) -> Path:
        return self.root / f"collector-{cid}.lock"

    @property
    def backup_lock(self) -> Path:
        """Whoever holds it makes the day's backup."""
        return self.root / "backup.lock"

    @property
    def courier_lock(self) -> Path:
        """Whoever holds it sends events out."""
        return self.root / "courier.lock"

    @property
    def sweeps(self) -> Path:
        """Sweeps that are under way."""
        return self.root / "sweeps"

    def demo_state(self, cid: str) -> Path:
        return self.root / f"{cid}.state.json"


def data_paths(given: Path | None = None) -> DataPaths:
    """The data folder: as given, as the environment names it, of the checkout, or the user's own.

    Raises
    ------
    ConfigError
        When the folder can't be made or written to, or the database that is named has no URL.
    """
    root = given or _from_environment() or _of_checkout() or _of_user()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(f"The data folder {root} can't be made: {error.strerror}.", path=str(root)) from None
    if not os.access(root, os.W_OK):
        raise ConfigError(f"The data folder {root} can't be written to.", path=str(root))
    return DataPaths(root=root, server=_server())


def _server() -> str:
    url = os.environ.get(DATABASE_ENVIRONMENT, "")
    if url and "://" not in url:
        raise ConfigError(f"{DATABASE_ENVIRONMENT} takes a URL like postgresql://user@host/database.")
    return url


def _from_environment() -> Path | None:
    named = os.environ.get(ENVIRONMENT, "")
    return Path(named).expanduser() if named else None


def _of_checkout() -> Path | None:
    folder = ROOT / "data"
    inside = (ROOT / "pyproject.toml").exists() and folder.is_dir() and os.access(folder, os.W_OK)
    return folder if inside else None


def _of_user() -> Path:
    from platformdirs import user_data_path

    return user_data_path("proxbalance", appauthor=False)
