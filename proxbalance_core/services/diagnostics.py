"""Whether everything behind the advice is well, and what to do where it isn't."""

from __future__ import annotations

import io
import json
import platform
import zipfile
from dataclasses import dataclass
from datetime import timedelta
from importlib import metadata
from typing import TYPE_CHECKING, Any, Literal

from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.connections import Connection
from proxbalance_core.domain.documents import iso, plain
from proxbalance_core.domain.findings import Finding
from proxbalance_core.domain.observed import SourceDescription
from proxbalance_core.domain.records import StoredGeneration
from proxbalance_core.domain.units import known
from proxbalance_core.errors import ConfigError, SourceError
from proxbalance_core.services.outlet_checks import ai_text, outbox

if TYPE_CHECKING:
    import pandas as pd

    from proxbalance_core.services.workbench import Workbench

LIBRARIES = ("numpy", "pandas", "scipy", "sqlalchemy", "proxmoxer", "streamlit", "pydantic")
HOUR_S = 3600
GAP_AFTER_S = 3 * HOUR_S
LITTLE_DAYS = 3.0
COARSE_SHARE = 0.25
OLDEST_PVE = 7
BACKUP_EVERY = timedelta(days=1)
NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What was found of one connection."""

    cid: str
    versions: dict[str, str]
    findings: tuple[Finding, ...]
    generations: int
    skip_reasons: dict[str, int]
    database_bytes: int

    @property
    def ok(self) -> bool:
        return all(finding.level != "error" for finding in self.findings)


def versions() -> dict[str, str]:
    """Of ProxBalance, Python and the libraries that matter."""
    from proxbalance_core import __version__

    found = {"proxbalance": __version__, "python": platform.python_version(), "system": platform.system()}
    for name in LIBRARIES:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found


def diagnose(bench: Workbench, connection: Connection) -> Diagnostics:
    """Look at source, collection, history and the newest generation."""
    cid = connection.id
    newest = bench.store.generations.latest(cid)
    findings = [_collecting(bench, cid), *_source(bench, connection), *_history(bench, connection)]
    findings += [*_measured(newest), _backup(bench), outbox(bench), ai_text(bench)]
    summary = newest.assessment.get("summary", {}) if newest else {}
    if newest is None:
        command = f"python -m proxbalance_core collect --connection {cid} --once --generate"
        findings.append(
            Finding(check="assessment", level="warning", detail="There is no assessment yet.", what_to_do=command)
        )
    return Diagnostics(
        cid=cid, versions=versions(), findings=tuple(findings), generations=len(bench.generations(cid, limit=1000)),
        skip_reasons=dict(summary.get("skip_reasons", {})),
        database_bytes=bench.store.size_bytes(),
    )  # fmt: skip


def _backup(bench: Workbench) -> Finding:
    """How old the newest copy of the database is."""
    if bench.store.path is None:
        return Finding(check="backup", level="ok", detail="The database is on a server, which is to back it up.")
    last = bench.store.last_backup_at()
    if last is None:
        first = min((connection.created_at for connection in bench.connections()), default=bench.clock())
        if bench.clock() - first < 2 * BACKUP_EVERY:
            return Finding(check="backup", level="ok", detail="The first backup is made after a day.")
        return Finding(
            check="backup", level="warning", detail="There is no backup of the database.",
            what_to_do="Keep the app or 'collect' running: it makes one a day.",
        )  # fmt: skip
    age = bench.clock() - last
    detail = f"The newest backup of the database is {age / timedelta(hours=1):.0f} hours old."
    if age < 3 * BACKUP_EVERY:
        return Finding(check="backup", level="ok", detail=detail)
    return Finding(
        check="backup", level="warning", detail=detail,
        what_to_do="Keep the app or 'collect' running, and look in its log for why none was made.",
    )  # fmt: skip


def _collecting(bench: Workbench, cid: str) -> Finding:
    status = bench.status(cid)
    if status.source in ("file", "trace"):
        return Finding(check="collection", level="ok", detail="It is an imported file; nothing is collected.")
    if status.last_success is None:
        detail = status.last_error or "Nothing has been collected yet."
        return Finding(check="collection", level="error", detail=detail, what_to_do="Start the app, or run collect.")
    age = f"The last collection was {round(status.age_s or 0)} s ago; the collector is {status.collector}."
    if status.stale:
        return Finding(
            check="collection", level="error", detail=f"{age} {status.last_error or ''}".strip(),
            what_to_do="Start the app or 'collect', and mend what the last error names.",
        )  # fmt: skip
    level: Literal["ok", "warning"] = "warning" if status.last_error else "ok"
    return Finding(check="collection", level=level, detail=f"{age} {status.last_error or ''}".strip())


def _source(bench: Workbench, connection: Connection) -> list[Finding]:
    if connection.source in ("file", "trace"):
        return []
    try:
        told = bench.source(connection).describe()
    except (SourceError, ConfigError) as error:
        advice = f"python -m proxbalance_core connections test --connection {connection.id}"
        return [Finding(check="source", level="error", detail=error.message, what_to_do=advice)]
    found = [Finding(check="source", level="ok", detail=f"{told.title}, cluster '{told.cluster or '-'}'.")]
    if connection.source == "proxmox":
        found += [*_version(told.version), *_privileges(told)]
        beside = told.notes[len(told.missing_privileges) :]
        found += [Finding(check="connection", level="warning", detail=note) for note in beside]
    return found


def _version(version: str | None) -> list[Finding]:
    major = (version or "").split(".")[0]
    if major.isdigit() and int(major) >= OLDEST_PVE:
        return []
    detail = f"Proxmox VE {version or 'of an unknown version'} is older than ProxBalance knows."
    return [Finding(check="versions", level="warning", detail=detail, what_to_do=f"Upgrade to {OLDEST_PVE} or newer.")]


def _privileges(told: SourceDescription) -> list[Finding]:
    if not told.missing_privileges:
        return [Finding(check="privileges", level="ok", detail="All privileges for collecting are there.")]
    return [
        Finding(check="privileges", level="warning", detail=f"{name} is missing.", what_to_do=f"Run on a node: {grant}")
        for name, grant in zip(told.missing_privileges, told.grants, strict=True)
    ]


def _history(bench: Workbench, connection: Connection) -> list[Finding]:
    """How far back the samples reach, and whether there are holes in them."""
    if connection.source == "file":
        return []
    span = bench.store.samples.span(connection.id)
    if span is None:
        return [Finding(check="history", level="error", detail="There are no samples.", what_to_do="Run collect.")]
    days = (span[1] - span[0]).total_seconds() / 86_400
    if days < LITTLE_DAYS:
        wait = f"7-day terms begin after {LITTLE_DAYS:g} days."
        found = [Finding(check="history", level="warning", detail=f"{days:.1f} days of history.", what_to_do=wait)]
    else:
        found = [Finding(check="history", level="ok", detail=f"{days:.1f} days of history.")]
    frame = bench.store.samples.hourly(
        connection.id, "node", span[1] - timedelta(days=7), span[1] + timedelta(seconds=1), ("cpu_pct",)
    )
    return [*found, *_coarse(frame), *_gaps(frame)]


def _coarse(frame: pd.DataFrame) -> list[Finding]:
    share = float((frame["step_s"] > HOUR_S).mean()) if len(frame) else 0.0
    if share <= COARSE_SHARE:
        return []
    hours = frame["step_s"].max() / HOUR_S
    detail = (
        f"{share:.0%} of the last 7 days are means of up to {hours:.0f} hours: they hide peaks and lower confidence."
    )
    wait = "Nothing: as Proxmox VE 8 keeps its history. It becomes finer while the collector runs."
    return [Finding(check="history", level="warning", detail=detail, what_to_do=wait)]


def _gaps(frame: pd.DataFrame) -> list[Finding]:
    holes = []
    for name, rows in frame.groupby("node", observed=True):
        pauses = rows["ts"].sort_values().diff().max()
        if pauses > GAP_AFTER_S + HOUR_S:
            holes.append(f"{name} ({pauses / HOUR_S:.0f} h)")
    if not holes:
        return []
    detail = f"Gaps in the last 7 days: {', '.join(holes)}."
    return [Finding(check="gaps", level="warning", detail=detail, what_to_do="Keep the collector running.")]


def _measured(newest: StoredGeneration | None) -> list[Finding]:
    """What the newest snapshot has no figures for."""
    if newest is None or newest.snapshot is None:
        return []
    snapshot = ClusterSnapshot.from_dict(newest.snapshot)
    nodes = [node for node in snapshot.nodes if node.online]
    guests = [guest for guest in snapshot.guests if guest.running]
    lacking = (
        ("CPU or memory now", [n.name for n in nodes if not (known(n.cpu.current_pct) and known(n.mem.current_pct))]),
        ("the last 7 days", [n.name for n in nodes if not (known(n.cpu.avg_7d_pct) and known(n.mem.avg_7d_pct))]),
        ("iowait", [n.name for n in nodes if not known(n.iowait.current_pct)]),
        (
            "CPU or memory now",
            [g.label for g in guests if not (known(g.cpu_used_cores.current) and known(g.mem_used_bytes.current))],
        ),
    )
    return [
        Finding(
            check="measured",
            level="warning",
            detail=f"Not measured: {what} of {_some(names)}.",
            what_to_do="Terms that need it are left out and confidence is lower; keep the collector running.",
        )
        for what, names in lacking
        if names
    ]


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def bundle(bench: Workbench, connection: Connection) -> bytes:
    """A zip with versions, status, settings and the newest run; guests, nodes, tags and storages are renamed."""
    newest = bench.store.generations.latest(connection.id)
    redact = _Redaction()
    snapshot = newest.snapshot if newest and newest.snapshot else {}
    redact.learn(snapshot)
    status = plain(bench.status(connection.id))
    documents: dict[str, Any] = {
        "versions.json": versions(),
        "diagnostics.json": plain(diagnose(bench, connection)),
        "status.json": status,
        "settings.json": bench.settings(connection.id).to_dict(),
        "snapshot.json": snapshot,
        "assessment.json": newest.assessment if newest else {},
        "generations.json": [plain(glance) for glance in bench.generations(connection.id, limit=200)],
    }
    redact.name(connection.title, "connection")
    redact.name(connection.id, "connection")
    for host in (part for key in ("host", "user", "token_id") for part in connection.option(key).split(",")):
        redact.name(host.strip(), "address")
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, document in documents.items():
            archive.writestr(name, json.dumps(redact.clean(document), indent=1, ensure_ascii=False))
        archive.writestr("made_at.txt", iso(bench.clock()))
    return out.getvalue()


class _Redaction:
    """The same stand-in for the same name, so that a bug can still be followed."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}

    def name(self, real: str, kind: str) -> None:
        if real and real not in self._names:
            self._names[real] = f"{kind}-{len(self._names) + 1}"

    def learn(self, snapshot: dict[str, Any]) -> None:
        self.name(str(snapshot.get("cluster", "")), "cluster")
        for node in snapshot.get("nodes", ()):
            self.name(node["name"], "node")
            for storage in node.get("storages", ()):
                self.name(storage["name"], "storage")
        for guest in snapshot.get("guests", ()):
            self.name(guest.get("name", ""), "guest")
            self.name(guest.get("pool") or "", "pool")
            for tag in guest.get("tags", ()):
                prefix = next((p for p in ("exclude_", "affinity_", "pin_") if tag.startswith(p)), "")
                if tag not in ("ignore", "io_exempt"):
                    self.name(tag, f"{prefix}tag")
        for rule in snapshot.get("rules", ()):
            self.name(rule["name"], "rule")

    def clean(self, document: Any) -> Any:
        """Replace names in all texts, the longest first."""
        order = sorted(self._names, key=len, reverse=True)
        return self._cleaned(document, order)

    def _cleaned(self, value: Any, order: list[str]) -> Any:
        if isinstance(value, dict):
            return {self._text(key, order): self._cleaned(item, order) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._cleaned(item, order) for item in value]
        return self._text(value, order) if isinstance(value, str) else value

    def _text(self, text: str, order: list[str]) -> str:
        if text in self._names:
            return self._names[text]
        for real in order:
            # A name of two letters would also be found inside of words.
            if len(real) > 2 and real in text:
                text = text.replace(real, self._names[real])
        return text
