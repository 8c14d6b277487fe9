"""What differs between two assessments, each change with its cause in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from proxbalance_core.errors import SnapshotNotFound

if TYPE_CHECKING:
    from proxbalance_core.store import Store

Document = Mapping[str, Any]
_METRICS = {"cpu": "CPU", "mem": "memory", "iowait": "iowait"}
# Points of percent: a node's levels always differ a little.
WORTH_TELLING_PCT = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedRow:
    """One guest whose recommendation came, went, changed or stayed; ``str()`` of it is a sentence."""

    vmid: int
    name: str
    source: str
    target: str | None
    before_target: str | None
    score_improvement: float | None
    before_improvement: float | None
    cause: str

    def __str__(self) -> str:
        return f"{self.name} ({self.vmid}): {self.cause}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeChange:
    """A node's level that crossed its threshold, or moved by 5 points of percent; ``str()`` of it is a sentence."""

    node: str
    metric: str
    before_pct: float
    after_pct: float
    threshold_pct: float
    crossed: Literal["over", "under"] | None

    def __str__(self) -> str:
        verb = "rose" if self.after_pct > self.before_pct else "fell"
        was, now = _apart(self.before_pct, self.after_pct)
        told = f"{self.node} {_METRICS[self.metric]} {verb} from {was} % to {now} %"
        if self.crossed is None:
            return told
        how = "crossing" if self.crossed == "over" else "back under"
        return f"{told}, {how} the threshold of {self.threshold_pct:g} %"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingChange:
    """A setting that had another value; ``str()`` of it is a sentence."""

    key: str
    before: Any
    after: Any

    def __str__(self) -> str:
        return f"{self.key} was changed from {self.before} to {self.after}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """The difference between an assessment and an earlier one."""

    previous_at: datetime | None
    new: tuple[ChangedRow, ...] = ()
    removed: tuple[ChangedRow, ...] = ()
    changed_targets: tuple[ChangedRow, ...] = ()
    unchanged: tuple[ChangedRow, ...] = ()
    nodes: tuple[NodeChange, ...] = ()
    settings: tuple[SettingChange, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """A plain document."""
        from proxbalance_core.domain.documents import plain

        return dict(plain(self))


def between(store: Store, before: int, after: int) -> Changes:
    """What generation ``after`` recommends otherwise than generation ``before``, whole or in brief.

    Raises
    ------
    SnapshotNotFound
        When one of them is gone, or they are of different clusters.
    """
    old, new = store.generations.get(before), store.generations.get(after)
    if old.cid != new.cid:
        raise SnapshotNotFound(f"Generations {before} and {after} are of different clusters.", id=before)
    return compare(old.assessment, new.assessment, old.at)


def compare(before: Document, after: Document, previous_at: datetime | None = None) -> Changes:
    """What ``after`` recommends that ``before`` did not, and the other way round."""
    old, new = _moves(before), _moves(after)
    both = sorted(old.keys() & new.keys())
    nodes = tuple(_node_changes(before, after))
    return Changes(
        previous_at=previous_at,
        new=tuple(_new(new[v], before, nodes) for v in sorted(new.keys() - old.keys())),
        removed=tuple(_gone(old[v], after, nodes) for v in sorted(old.keys() - new.keys())),
        changed_targets=tuple(
            _row(old[v], new[v], f"now to {new[v]['target']} instead of {old[v]['target']}")
            for v in both
            if old[v]["target"] != new[v]["target"]
        ),
        unchanged=tuple(
            _row(old[v], new[v], f"still to {new[v]['target']}") for v in both if old[v]["target"] == new[v]["target"]
        ),
        nodes=nodes,
        settings=tuple(_setting_changes(before, after)),
    )


def _new(move: Document, before: Document, nodes: tuple[NodeChange, ...]) -> ChangedRow:
    return _row(None, move, _with_crossing(_why_new(int(move["vmid"]), before, move), move, nodes, "over"))


def _gone(move: Document, after: Document, nodes: tuple[NodeChange, ...]) -> ChangedRow:
    return _row(move, None, _with_crossing(_why_gone(move, after), move, nodes, "under"))


def _with_crossing(cause: str, move: Document, nodes: tuple[NodeChange, ...], way: str) -> str:
    """The cause, and the thresholds that the guest's node crossed meanwhile."""
    told = [str(change) for change in nodes if change.node == move["source"] and change.crossed == way]
    return "; ".join((cause, *told))


def _node_changes(before: Document, after: Document) -> Iterator[NodeChange]:
    """Levels that crossed the threshold in force now, or moved far; what was not measured on both sides is left out."""
    known = {node["name"]: node for node in before.get("nodes", ())}
    limits = after.get("settings", {})
    for node in after.get("nodes", ()):
        for metric in _METRICS:
            was, now = known.get(node["name"], {}).get(f"{metric}_pct"), node.get(f"{metric}_pct")
            limit = limits.get(f"{metric}_threshold")
            if was is None or now is None or limit is None:
                continue
            crossed = _crossed(was, now, limit)
            if crossed or abs(now - was) >= WORTH_TELLING_PCT:
                yield NodeChange(
                    node=node["name"], metric=metric, before_pct=was, after_pct=now, threshold_pct=limit,
                    crossed=crossed,
                )  # fmt: skip


def _crossed(was: float, now: float, limit: float) -> Literal["over", "under"] | None:
    if (was < limit) == (now < limit):
        return None
    return "over" if now >= limit else "under"


def _apart(was: float, now: float) -> tuple[str, str]:
    """Whole numbers, or as many decimals as it takes to tell them apart."""
    for digits in range(3):
        if f"{was:.{digits}f}" != f"{now:.{digits}f}":
            return f"{was:.{digits}f}", f"{now:.{digits}f}"
    return f"{was:g}", f"{now:g}"


def _setting_changes(before: Document, after: Document) -> Iterator[SettingChange]:
    old, new = before.get("settings", {}), after.get("settings", {})
    for key in sorted(old.keys() & new.keys()):
        if old[key] != new[key]:
            yield SettingChange(key=key, before=old[key], after=new[key])


def _moves(document: Document) -> dict[int, Document]:
    return {int(move["vmid"]): move for move in document.get("recommendations", ())}


def _skips(document: Document) -> dict[int, Document]:
    return {int(skip["vmid"]): skip for skip in document.get("skipped", ())}


def _why_new(vmid: int, before: Document, move: Document) -> str:
    reason = move.get("reason", {}).get("primary_label") or move.get("kind", "balance")
    earlier = _skips(before).get(vmid)
    if earlier:
        return f"to {move['target']}, {_lowered(reason)}; before: {_lowered(earlier['detail'])}"
    return f"to {move['target']}, {_lowered(reason)}"


def _why_gone(move: Document, after: Document) -> str:
    skip = _skips(after).get(int(move["vmid"]))
    if skip is None and not after.get("skipped") and after.get("summary", {}).get("skip_reasons"):
        return "why is no longer kept"
    if skip is None:
        return "it is no longer in the cluster"
    if skip["node"] == move["target"]:
        return f"it was moved to {move['target']}"
    if skip["node"] != move["source"]:
        return f"it is on {skip['node']} now"
    return _lowered(skip["detail"])


def _lowered(sentence: str) -> str:
    text = sentence.rstrip(".")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _row(before: Document | None, after: Document | None, cause: str) -> ChangedRow:
    known = after or before or {}
    return ChangedRow(
        vmid=int(known["vmid"]),
        name=str(known.get("name") or ""),
        source=str(known["source"]),
        target=after["target"] if after else None,
        before_target=before["target"] if before else None,
        score_improvement=after["score_improvement"] if after else None,
        before_improvement=before["score_improvement"] if before else None,
        cause=cause,
    )
