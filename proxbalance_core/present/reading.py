"""From the ``proxbalance.assessment/1`` document back to the values it was made of."""

from __future__ import annotations

import dataclasses
import math
import types
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from proxbalance_core.domain.plans import ASSESSMENT_FORMAT, Assessment
from proxbalance_core.errors import MalformedResponse

Value = TypeVar("Value")


def read_assessment(document: Mapping[str, Any]) -> Assessment:
    """The assessment that ``document`` holds.

    Keys that this version doesn't know are left out (``generated_at`` is added around the engine); null where a
    number is due is NaN, "not measured".

    Raises
    ------
    MalformedResponse
        When the document is of another format or lacks a key.
    """
    found = document.get("format")
    if found != ASSESSMENT_FORMAT:
        raise MalformedResponse(f"This assessment is of format {found!r}; this version reads '{ASSESSMENT_FORMAT}'.")
    return build(Assessment, document)


def build(kind: type[Value], document: Mapping[str, Any]) -> Value:
    """A dataclass ``kind`` from a mapping with the same names."""
    hints = _hints(cast(Any, kind))
    values: dict[str, Any] = {}
    for field in dataclasses.fields(kind):  # type: ignore[arg-type]
        if field.name in document:
            values[field.name] = _convert(hints[field.name], document[field.name])
    try:
        return kind(**values)
    except TypeError:
        missing = sorted(_required(kind) - values.keys())
        raise MalformedResponse(f"{kind.__name__} lacks {', '.join(missing)}.") from None


def _required(kind: type[Any]) -> set[str]:
    lacking = dataclasses.MISSING
    return {f.name for f in dataclasses.fields(kind) if f.default is lacking and f.default_factory is lacking}


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _convert(hint: Any, value: Any) -> Any:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        return _optional(hint, value)
    if origin is tuple:
        return tuple(_convert(get_args(hint)[0], item) for item in value or ())
    if origin is dict:
        return {key: _convert(get_args(hint)[1], item) for key, item in (value or {}).items()}
    if origin is Literal or hint is Any:
        return value
    if dataclasses.is_dataclass(hint):
        return value if value is None else build(hint, value)  # type: ignore[arg-type]
    if hint is float:
        return math.nan if value is None else float(value)
    return datetime.fromisoformat(value) if hint is datetime and isinstance(value, str) else value


def _optional(hint: Any, value: Any) -> Any:
    kinds = [kind for kind in get_args(hint) if kind is not type(None)]
    if value is None or len(kinds) != 1:
        return value
    return _convert(kinds[0], value)
