"""What is chosen for the whole app: the time zone."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from proxbalance_core.domain.zones import is_timezone
from proxbalance_core.errors import SettingInvalid

if TYPE_CHECKING:
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.store import Store

_TIMEZONE = "timezone"
DEFAULT_ZONE = "UTC"


def chosen_timezone(store: Store) -> str | None:
    """The zone that was chosen, None while each cluster's own is used; one this machine lost is none."""
    chosen = store.preferences.get(_TIMEZONE)
    return chosen if chosen is not None and is_timezone(chosen) else None


def choose_timezone(bench: Workbench, name: str | None) -> None:
    """Show all times in zone ``name``; None: in each cluster's own, UTC where that is not known.

    Raises
    ------
    SettingInvalid
        For a zone that this machine does not know.
    """
    if name is not None and not is_timezone(name):
        raise SettingInvalid(f"There is no time zone '{name}' on this machine.", faults=(_TIMEZONE,))
    bench.store.preferences.put(_TIMEZONE, name)


def zone_of(bench: Workbench, own: str | None) -> ZoneInfo:
    """:func:`timezone_of` as a zone."""
    return ZoneInfo(timezone_of(bench.store, own))


def timezone_of(store: Store, own: str | None) -> str:
    """The zone to show times in, for a cluster whose own is ``own``."""
    return chosen_timezone(store) or own or DEFAULT_ZONE
