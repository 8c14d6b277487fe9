"""How fresh a cluster's figures are, in words: since when, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Literal

from proxbalance_core.domain.connections import ConnectionStatus
from proxbalance_core.present import words

Level = Literal["ok", "warning", "error"]
RETRIES = "It is tried again by itself."
_COLLECTOR = {
    "running here": "The collector runs in this app.",
    "running elsewhere": "Another process collects this cluster; this app only reads.",
    "stopped": "No collector is running. Figures stay as they are until one does.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """One cluster's state in a word; ``banner`` says whether every page has to say it.

    ``cause`` is what the last attempt said, as it came; ``fix`` whether the connection may be at fault.
    """

    level: Level
    word: str
    sentence: str
    cause: str = ""
    todo: str = ""
    banner: bool = False
    fix: bool = False


def freshness(status: ConnectionStatus, now: datetime, zone: tzinfo) -> Freshness:
    """What there is to say of a cluster's figures at ``now``; times are told in ``zone``."""
    if not status.live:
        return Freshness(level="ok", word="From a file", sentence="A file says how things were; nothing is collected.")
    if status.last_success is None:
        return _unread(status)
    at = f"{words.clock(status.last_success, zone)} ({words.ago(status.last_success, now)})"
    if status.failed:
        return _unreached(status, at)
    if status.stale:
        told = f"The newest figures are of {at}; they may no longer fit the cluster."
        return Freshness(level="warning", word="Old data", sentence=told, todo=_start(status), banner=True)
    if status.last_error:
        told = "The cluster was read, but not all of it."
        return Freshness(level="warning", word="Partly read", sentence=told, cause=status.last_error)
    return Freshness(level="ok", word="Up to date", sentence="")


def _unread(status: ConnectionStatus) -> Freshness:
    if status.failed:
        told = "Nothing has been read from this cluster yet."
        return Freshness(
            level="error", word="Not reached", sentence=told, cause=status.last_error or "", todo=_again(status),
            banner=True, fix=True,
        )  # fmt: skip
    told = "Nothing has been read from this cluster yet."
    idle = status.collector == "stopped"
    return Freshness(level="warning", word="Not read yet", sentence=told, todo=_start(status) if idle else "")


def _unreached(status: ConnectionStatus, at: str) -> Freshness:
    told = f"The last attempt failed; the newest figures are of {at}."
    if status.stale:
        told = f"The newest figures are of {at}; they may no longer fit the cluster."
    return Freshness(
        level="error" if status.stale else "warning", word="Not reached", sentence=told, cause=status.last_error or "",
        todo=_again(status), banner=status.stale, fix=True,
    )  # fmt: skip


def _again(status: ConnectionStatus) -> str:
    return _start(status) if status.collector == "stopped" else RETRIES


def _start(status: ConnectionStatus) -> str:
    """What to do when figures don't come although nothing failed."""
    if status.collector == "stopped":
        return f"No collector is running. Start one: python -m proxbalance_core collect --connection {status.cid}"
    if status.collector == "running elsewhere":
        return "Another process collects this cluster and is late: look at its output."
    return "The collector runs in this app and is late: Diagnostics says what it does."


def collector_line(status: ConnectionStatus) -> str:
    """Who collects, in a sentence."""
    return _COLLECTOR[status.collector]
