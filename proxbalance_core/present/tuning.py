"""What other settings would change, in words and tables; and every setting as a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from proxbalance_core.domain.plans import MoveGlance, NodeDelta, Simulation
from proxbalance_core.domain.settings import Settings, Spec, specs
from proxbalance_core.present import knobs, words
from proxbalance_core.present.details import Table
from proxbalance_core.present.sliders import TITLES
from proxbalance_core.present.views import Tile

GROUPS = {
    "thresholds": "Thresholds", "profile": "Profile and sensitivity", "time": "Time", "plan": "Plans",
    "points": "Points", "collection": "Collection and memory",
}  # fmt: skip
_LIGHTS = {"green": "Green", "amber": "Amber", "red": "Red"}
WIDE, FINE = 20.0, 0.05
SAME_TARGET = "Gains more or less"
FIGURES = ("now", "then", "change")


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveRow:
    """One recommendation that differs: who, where to, and its points now and then."""

    guest: str
    way: str
    points: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveGroup:
    """Recommendations that differ in the same way."""

    title: str
    rows: tuple[MoveRow, ...]


def headline(found: Simulation) -> str:
    """What changes, in one sentence."""
    now, then = found.current.recommendations, found.proposed.recommendations
    elsewhere = sum(move.before_target != move.after_target for move in found.changed)
    if not (found.added or found.removed or elsewhere):
        return f"The same recommendations as now ({now})."
    parts = [
        f"{count} {verb if count == 1 else verbs}"
        for count, verb, verbs in (
            (len(found.added), "appears", "appear"),
            (len(found.removed), "vanishes", "vanish"),
            (elsewhere, "goes elsewhere", "go elsewhere"),
        )
        if count
    ]
    become = "becomes" if now == 1 else "become"
    return f"{words.count(now, 'recommendation')} {become} {then}: {', '.join(parts)}."


def tiles(found: Simulation) -> tuple[Tile, ...]:
    """Size of the advice now and then."""
    now, then = found.current, found.proposed
    odd_now = sum(node.before_light not in (None, "green") for node in found.node_deltas)
    odd_then = sum(node.after_light not in (None, "green") for node in found.node_deltas)
    return (
        _tile("Recommendations", str(then.recommendations), str(now.recommendations), "Guests that would be moved."),
        _tile("Migrations", str(then.steps), str(now.steps), "Steps of the plan; a guest may wait on another node."),
        _tile("Sent", f"{then.gigabytes:,.1f} GB", f"{now.gigabytes:,.1f} GB", "Memory and disks over the network."),
        _tile("Nodes not green", str(odd_then), str(odd_now), "Over a threshold now, or forecast to be within 48 h."),
    )


def _tile(title: str, then: str, now: str, about: str) -> Tile:
    return Tile(title=title, value=then, change=f"from {now}", better=None, about=about)


def groups(found: Simulation) -> tuple[MoveGroup, ...]:
    """Recommendations that appear, vanish, go elsewhere, or only gain more or less."""
    elsewhere = [m for m in found.changed if m.before_target != m.after_target]
    same = [m for m in found.changed if m.before_target == m.after_target]
    made = (
        MoveGroup(title="Appears", rows=tuple(_glance(m, appears=True) for m in found.added)),
        MoveGroup(title="Vanishes", rows=tuple(_glance(m, appears=False) for m in found.removed)),
        MoveGroup(
            title="Goes elsewhere",
            rows=tuple(
                MoveRow(
                    guest=words.guest(m.vmid, m.name), way=f"{m.before_target} becomes {m.after_target}",
                    points=_points(m.before_improvement, m.after_improvement),
                )
                for m in elsewhere
            ),
        ),
        MoveGroup(
            title=SAME_TARGET,
            rows=tuple(
                MoveRow(
                    guest=words.guest(m.vmid, m.name), way=f"to {m.after_target}",
                    points=_points(m.before_improvement, m.after_improvement),
                )
                for m in same
            ),
        ),
    )  # fmt: skip
    return tuple(group for group in made if group.rows)


def listed(group: MoveGroup, first: int = 0) -> Table:
    """The rows of a group from ``first`` on, as a table."""
    titles: dict[str, str | None] = {"guest": "Guest", "way": "Way", "points": "Now and then"}
    rows = [(row.guest, row.way, row.points) for row in group.rows[first:]]
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def _glance(move: MoveGlance, *, appears: bool) -> MoveRow:
    here, other = move.score_improvement, move.before_improvement
    before, after = (other, here) if appears else (here, other)
    return MoveRow(
        guest=words.guest(move.vmid, move.name), way=f"{move.source} → {move.target}", points=_points(before, after)
    )


def _points(before: float | None, after: float | None) -> str:
    return f"{words.number(before)} → {words.number(after)} points"


def nodes(found: Simulation) -> Table:
    """Every node's penalty and light now and then, what changes most first."""
    titles: dict[str, str | None] = {
        "node": "Node", "now": "Penalty now", "then": "Then", "change": "Change", "light": "Light",
    }  # fmt: skip
    rows = [(n.node, n.before_score, n.after_score, _change(n), _light(n)) for n in found.node_deltas]
    rows.sort(key=lambda row: (-abs(row[3] or 0.0), row[0]))
    return Table(rows=pd.DataFrame(rows, columns=list(titles)), titles=titles)


def scores_differ(found: Simulation) -> bool:
    """Whether any node's score or light is another one."""
    return any(_change(node) or node.before_light != node.after_light for node in found.node_deltas)


def _change(node: NodeDelta) -> float | None:
    if node.before_score is None or node.after_score is None:
        return None
    return round(node.after_score - node.before_score, 2)


def _light(node: NodeDelta) -> str:
    now, then = (words.label(_LIGHTS, light) for light in (node.before_light, node.after_light))
    return now if now == then else f"{now} → {then}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingRow:
    """One raw setting."""

    key: str
    title: str
    unit: str
    group: str
    value: Any
    default: Any
    low: float | None
    high: float | None
    facts: str

    @property
    def changed(self) -> bool:
        return bool(self.value != self.default)

    @property
    def step(self) -> float:
        """How far a click on an input's arrows goes."""
        if isinstance(self.default, int):
            return 1
        return 1.0 if (self.high or 0.0) - (self.low or 0.0) > WIDE else FINE


def every_setting(settings: Settings) -> tuple[SettingRow, ...]:
    """All settings as rows, in the order of their specifications."""
    default = Settings()
    return tuple(
        _setting(key, spec, getattr(settings, key), getattr(default, key))
        for key, spec in specs().items()
        if key != "profile"
    )


def all_settings(
    settings: Settings, *, text: str = "", group: str | None = None, only_changed: bool = False
) -> tuple[SettingRow, ...]:
    """Every setting that a search, a group and "changed only" leave."""
    wanted = text.casefold().split()
    return tuple(
        row
        for row in every_setting(settings)
        if (group is None or row.group == group)
        and (row.changed or not only_changed)
        and all(part in f"{row.key} {row.title} {row.unit}".casefold() for part in wanted)
    )


def _setting(key: str, spec: Spec, now: Any, default: Any) -> SettingRow:
    unit = {"percent": "%", "s": "seconds"}.get(spec.unit, spec.unit)
    span = f" · {spec.low:g} to {spec.high:g}" if spec.low is not None and spec.high is not None else ""
    return SettingRow(
        key=key, title=spec.about[0].upper() + spec.about[1:], unit=unit, group=spec.group, value=now, default=default,
        low=spec.low, high=spec.high,
        facts=f"{key} · default {value(default)}{f' {unit}' if unit else ''}{span} · {spec.source}",
    )  # fmt: skip


def value(of: Any) -> str:
    """A setting's value as it is read."""
    if isinstance(of, bool):
        return "on" if of else "off"
    if isinstance(of, (tuple, list)):
        return ", ".join(map(str, of)) or "all"
    return f"{of:g}" if isinstance(of, (int, float)) else str(of)


def differences(changes: Mapping[str, tuple[Any, Any]]) -> str:
    """What a change of settings changed, in a line."""
    return "; ".join(f"{name(key)}: {value(old)} → {value(new)}" for key, (old, new) in changes.items()) or "Nothing"


def name(key: str) -> str:
    """A setting by its title, else by its own name."""
    return TITLES.get(key) or knobs.TITLES.get(key, key)


def in_brief(changes: Mapping[str, tuple[Any, Any]], shown: int = 3) -> str:
    """The first few differences of a draft, and how many more there are."""
    first = dict(list(changes.items())[:shown])
    more = len(changes) - len(first)
    return (differences(first) if first else "") + (f"; and {more} more" if more else "")
