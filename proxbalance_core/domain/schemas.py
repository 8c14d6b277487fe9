"""JSON Schemas (2020-12) of our formats, made from the values and the settings themselves.

They say what a reader can check by a schema: types, words, ranges, what is required when. What needs
two places of a document at once (a guest on a node that is listed, numbers of scenarios that agree)
is checked on reading, see :mod:`proxbalance_core.domain.refusals`.
"""

from __future__ import annotations

import math
from typing import Any

from proxbalance_core.domain.backtests import BACKTEST_FORMAT, Backtest
from proxbalance_core.domain.cluster import ClusterSnapshot
from proxbalance_core.domain.documents import SNAPSHOT_FORMAT, snapshot_adapter
from proxbalance_core.domain.drains import DRAIN_FORMAT, Drain
from proxbalance_core.domain.failover import N_MINUS_1_FORMAT, NMinusOne
from proxbalance_core.domain.forecasts import FORECASTS_FORMAT, ForecastAccuracy
from proxbalance_core.domain.patterns import PATTERNS_FORMAT, Patterns
from proxbalance_core.domain.plans import ASSESSMENT_FORMAT, Assessment
from proxbalance_core.domain.presets import CUSTOM, PRESETS, SETTINGS_FORMAT
from proxbalance_core.domain.refusals import HOURS_AHEAD, MAX_SCENARIOS
from proxbalance_core.domain.sensitivities import SENSITIVITY_FORMAT, Sensitivity
from proxbalance_core.domain.settings import Settings, Spec, specs
from proxbalance_core.domain.suggestions import SUGGESTIONS_FORMAT, Suggestions
from proxbalance_core.domain.sweeps import SWEEP_FORMAT, Sweep
from proxbalance_core.domain.whatif import PLACE_FORMAT, WHATIF_FORMAT, Placing, WhatIf

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SIZES = ("cpu_cores", "mem_bytes")
_SCENARIOS: Schema = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_SCENARIOS,
    "items": {
        "type": "array",
        "minItems": HOURS_AHEAD,
        "maxItems": HOURS_AHEAD,
        "items": {"type": "number", "minimum": 0},
    },
}


def snapshot_schema() -> Schema:
    """The schema of ``proxbalance.snapshot/1``: every key that may be there, no other."""
    made = tidy(snapshot_adapter().json_schema())
    parts = made["$defs"]
    parts["NodeAhead"]["properties"]["own_cpu_cores"] = _SCENARIOS
    parts["GuestAhead"]["properties"]["cpu_cores"] = _SCENARIOS
    parts["NodeAhead"]["required"], parts["GuestAhead"]["required"] = ["own_cpu_cores"], ["cpu_cores"]
    above_zero = {"type": "number", "exclusiveMinimum": 0}
    parts["Node"] |= _when("status", "online", list(_SIZES), dict.fromkeys(_SIZES, above_zero))
    unknown = {"properties": {"status": {"const": "unknown"}}}
    parts["Guest"] |= {
        "if": unknown,
        "else": {"required": [*_SIZES, "name"], "properties": {"name": {"type": "string"}}},
    }
    parts["Rule"] |= _when("kind", "resource-affinity", ["affinity"], {"affinity": {"type": "string"}})
    made["properties"]["cluster"]["minLength"] = 1
    return _document(made, SNAPSHOT_FORMAT, _first_paragraph(ClusterSnapshot))


def settings_schema() -> Schema:
    """The schema of ``proxbalance.settings/1``: flat; any key may be left out."""
    defaults = Settings().to_dict()
    properties = {"format": {"const": SETTINGS_FORMAT}}
    properties |= {key: _setting(key, spec, defaults[key]) for key, spec in specs().items()}
    return {
        "$schema": DIALECT,
        "title": SETTINGS_FORMAT,
        "description": "Settings of the engine and the collector; what is left out keeps its default.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
    }


def assessment_schema() -> Schema:
    """The schema of ``proxbalance.assessment/1``: every key is always there, null where it does not apply.

    Objects are left open: a later version may add keys within /1.
    """
    made = _answer(Assessment)
    made["properties"] |= {
        "generated_at": {"type": "string", "format": "date-time", "description": "Added by the app and the API."},
        "engine_seconds": {"type": "number", "minimum": 0, "description": "Added by the app and the API."},
    }
    return _document(made, ASSESSMENT_FORMAT, _first_paragraph(Assessment))


def whatif_schema() -> Schema:
    """The schema of ``proxbalance.whatif/1``."""
    return _document(_answer(WhatIf), WHATIF_FORMAT, _first_paragraph(WhatIf))


def place_schema() -> Schema:
    """The schema of ``proxbalance.place/1``."""
    return _document(_answer(Placing), PLACE_FORMAT, _first_paragraph(Placing))


def n_minus_1_schema() -> Schema:
    """The schema of ``proxbalance.n-1/1``."""
    return _document(_answer(NMinusOne), N_MINUS_1_FORMAT, _first_paragraph(NMinusOne))


def backtest_schema() -> Schema:
    """The schema of ``proxbalance.backtest/1``."""
    return _document(_answer(Backtest), BACKTEST_FORMAT, _first_paragraph(Backtest))


def drain_schema() -> Schema:
    """The schema of ``proxbalance.drain/1``."""
    return _document(_answer(Drain), DRAIN_FORMAT, _first_paragraph(Drain))


def sweep_schema() -> Schema:
    """The schema of ``proxbalance.sweep/1``."""
    made = _answer(Sweep)
    made["properties"]["base"] = {"$ref": "#/$defs/Settings"}
    return _document(made, SWEEP_FORMAT, _first_paragraph(Sweep))


def suggestions_schema() -> Schema:
    """The schema of ``proxbalance.suggestions/1``."""
    return _document(_without_settings(Suggestions), SUGGESTIONS_FORMAT, _first_paragraph(Suggestions))


def sensitivity_schema() -> Schema:
    """The schema of ``proxbalance.sensitivity/1``."""
    return _document(_without_settings(Sensitivity), SENSITIVITY_FORMAT, _first_paragraph(Sensitivity))


def patterns_schema() -> Schema:
    """The schema of ``proxbalance.patterns/1``."""
    return _document(_without_settings(Patterns), PATTERNS_FORMAT, _first_paragraph(Patterns))


def forecasts_schema() -> Schema:
    """The schema of ``proxbalance.forecasts/1``."""
    return _document(_without_settings(ForecastAccuracy), FORECASTS_FORMAT, _first_paragraph(ForecastAccuracy))


def _without_settings(kind: type) -> Schema:
    made = _answer(kind)
    del made["$defs"]["Settings"]
    return made


def _answer(kind: type) -> Schema:
    """The schema of something that the engine says: every key is there, and ``settings`` are all settings."""
    from pydantic import TypeAdapter

    made: Schema = tidy(TypeAdapter(kind).json_schema(mode="serialization"))
    for part in (made, *made["$defs"].values()):
        part["required"] = list(part["properties"])
    settings = settings_schema()
    del settings["$schema"], settings["additionalProperties"]
    made["$defs"]["Settings"] = settings | {"required": list(settings["properties"])}
    for part in (made, *made["$defs"].values()):
        if "settings" in part.get("properties", {}):
            part["properties"]["settings"] = _all_settings(part["properties"]["settings"])
    return made


def _all_settings(given: Schema) -> Schema:
    """All settings, or null where the answer may have none."""
    whole = {"$ref": "#/$defs/Settings"}
    return {"anyOf": [whole, {"type": "null"}]} if "anyOf" in given else whole


def _document(made: Schema, name: str, about: str) -> Schema:
    """``made`` with its dialect, title and the ``format`` key, which comes first."""
    parts = made.pop("$defs")
    properties = {"format": {"const": name}, **made.pop("properties")}
    head = {"$schema": DIALECT, "title": name, "description": about, "type": "object", "properties": properties}
    head["required"] = ["format", *made.pop("required")]
    return head | made | head | {"$defs": parts}


def _when(key: str, word: str, required: list[str], properties: Schema) -> Schema:
    condition = {"properties": {key: {"const": word}}, "required": [key]}
    return {"if": condition, "then": {"required": required, "properties": properties}}


def _setting(key: str, spec: Spec, default: Any) -> Schema:
    made: Schema = {"description": spec.about, "default": default}
    if isinstance(default, bool):
        return {"type": "boolean", **made}
    if isinstance(default, list):
        return {"type": "array", "items": {"type": "string"}, **made}
    if isinstance(default, str):
        return {"enum": [*PRESETS, CUSTOM], **made}
    kind = "integer" if isinstance(default, int) else "number"
    return {"type": kind, "minimum": spec.low, "maximum": spec.high, "x-unit": spec.unit, **made}


def tidy(node: Any) -> Any:
    """A schema of pydantic's without derived titles and without defaults that stand for "not measured"."""
    if isinstance(node, list):
        return [tidy(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if not _noise(key, value)}
    if isinstance(kept.get("description"), str):
        kept["description"] = _plain(kept["description"])
    return {key: tidy(value) for key, value in kept.items()}


def _noise(key: str, value: Any) -> bool:
    if key == "title":
        return isinstance(value, str)
    missing = value is None or isinstance(value, dict) or (isinstance(value, float) and not math.isfinite(value))
    return key == "default" and missing


def _first_paragraph(kind: type) -> str:
    return _plain(kind.__doc__ or "")


def _plain(text: str) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join(text.strip().split("\n\n")[0].replace("``", "`").split())
