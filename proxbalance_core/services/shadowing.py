"""A second profile in the shadow of a connection: asked after every assessment, never in force."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from proxbalance_core.domain.settings import Settings
from proxbalance_core.domain.shadows import Shadow, ShadowReport
from proxbalance_core.errors import ProxBalanceError, SettingMissing

if TYPE_CHECKING:
    from proxbalance_core.domain.cluster import ClusterSnapshot
    from proxbalance_core.domain.plans import Assessment
    from proxbalance_core.services.workbench import Workbench
    from proxbalance_core.store import Store

_log = logging.getLogger(__name__)


def start(bench: Workbench, cid: str, name: str, settings: Settings) -> Shadow:
    """Ask ``settings`` too from the next assessment on; what an earlier shadow advised is forgotten."""
    shadow = Shadow(name=name, settings=settings, began=bench.clock())
    bench.store.shadows.put(cid, shadow)
    return shadow


def stop(bench: Workbench, cid: str) -> None:
    """End the shadow, and forget what it advised."""
    bench.store.shadows.put(cid, None)


def current(bench: Workbench, cid: str) -> Shadow | None:
    """The shadow of a connection, None without one."""
    return bench.store.shadows.get(cid)


def follow(store: Store, cid: str, snapshot: ClusterSnapshot, told: Assessment, now: datetime) -> None:
    """Ask the shadow, if there is one, about what was just assessed; its trouble is never the assessment's."""
    from proxbalance_core.whatif.shadow import observed

    try:
        shadow = store.shadows.get(cid)
        if shadow is not None:
            store.shadows.add(cid, observed(now, snapshot, told, shadow.settings))
            store.shadows.prune(cid, now)
    except ProxBalanceError as error:
        _log.warning("The settings in the shadow were not asked: %s", error.message)


def report(bench: Workbench, cid: str, days: int | None = None) -> ShadowReport:
    """Both sides over the last ``days`` (None: since the shadow began).

    Raises
    ------
    SettingMissing
        There is no shadow.
    """
    from proxbalance_core.whatif.shadow import compared

    shadow = current(bench, cid)
    if shadow is None:
        raise SettingMissing("No settings are in the shadow; `shadow start` begins with some.")
    since = None if days is None else bench.clock() - timedelta(days=days)
    return compared(bench.connection(cid).title, shadow.name, bench.store.shadows.rounds(cid, since))
