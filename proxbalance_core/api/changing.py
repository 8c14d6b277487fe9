"""Handlers: a new assessment, and settings."""

from __future__ import annotations

from typing import Any

from proxbalance_core.api.answers import ChangedValue, Collected, Generated, Listed, Preset, SettingsChanged, cut
from proxbalance_core.api.endpoint import Call
from proxbalance_core.api.problems import Problem
from proxbalance_core.domain import presets
from proxbalance_core.domain.presets import PRESETS
from proxbalance_core.domain.settings import Settings
from proxbalance_core.present.knobs import PRESET_WORDS, behaviours
from proxbalance_core.services import tuning


def generate(call: Call) -> Generated:
    """Collect when the figures are old, run the engine, and say what came out."""
    made = call.bench.regenerate(call.cid)
    call.desk.look_again()
    return Generated(
        generation=made.id, generated_at=made.at, engine_seconds=made.engine_seconds,
        summary=call.desk.assessment(made).summary,
    )  # fmt: skip


def collect(call: Call) -> Collected:
    """Read the cluster once, now."""
    read = call.bench.collect(call.cid)
    return Collected(
        at=read.at, complete=read.complete, notes=read.notes, nodes=len(read.nodes), guests=len(read.guests)
    )  # fmt: skip


def settings(call: Call) -> dict[str, Any]:
    """The settings in force, as a ``proxbalance.settings/1`` document."""
    return call.bench.settings(call.cid).to_dict()


def replace(call: Call) -> SettingsChanged:
    """Put a whole document of settings in force."""
    return _put(call, Settings.from_dict(call.body.model_dump()))


def merge(call: Call) -> SettingsChanged:
    """Change some settings; the others stay."""
    return _put(call, tuning.merged(call.bench.settings(call.cid), call.body.model_dump()))


def reset(call: Call) -> SettingsChanged:
    """Every setting back to its default."""
    return _put(call, Settings())


def all_presets(call: Call) -> Listed[Preset]:
    """The presets: what they do, and their values."""
    used = call.bench.settings(call.cid).profile
    found = [
        Preset(name=name, in_use=name == used, words=(*PRESET_WORDS[name], *behaviours(name)), values=values)
        for name, values in PRESETS.items()
    ]
    return cut(found, call.query)


def use_preset(call: Call) -> SettingsChanged:
    """Put a preset's values in force; all else stays."""
    name = call.path["name"]
    if name not in PRESETS:
        raise Problem(404, f"There is no preset '{name}' ({', '.join(PRESETS)}).", field="path.name")
    return _put(call, presets.with_preset(call.bench.settings(call.cid), name))


def _put(call: Call, wanted: Settings) -> SettingsChanged:
    changed = tuning.difference(call.bench.settings(call.cid), wanted)
    if changed:
        call.bench.save_settings(call.cid, wanted, call.who)
    told = {key: ChangedValue(before=before, after=after) for key, (before, after) in changed.items()}
    return SettingsChanged(settings=wanted.to_dict(), changed=told)
