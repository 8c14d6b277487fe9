"""Values to JSON documents and back. One reader, one writer, for every format."""

from __future__ import annotations

import dataclasses
import json
import math
from datetime import UTC, date, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Any

from proxbalance_core.domain.cluster import ClusterSnapshot, PastMove
from proxbalance_core.errors import SnapshotInvalid, shown

if TYPE_CHECKING:
    from pydantic import TypeAdapter

SNAPSHOT_FORMAT = "proxbalance.snapshot/1"
_RENAMED: dict[Any, dict[str, str]] = {PastMove: {"source_node": "from", "target_node": "to"}}


@cache
def snapshot_adapter() -> TypeAdapter[ClusterSnapshot]:
    """The pydantic reader of snapshots, built on first use (it takes a tenth of a second)."""
    from pydantic import TypeAdapter

    return TypeAdapter(ClusterSnapshot)


def snapshot_from_dict(document: dict[str, Any]) -> ClusterSnapshot:
    """Read a snapshot document; the first fault is refused by its path."""
    if not isinstance(document, dict):
        raise SnapshotInvalid("A snapshot is a JSON object with the key 'format'.", path="")
    found = document.get("format")
    if found != SNAPSHOT_FORMAT:
        raise SnapshotInvalid(f"format: is {shown(found)}, and this version reads '{SNAPSHOT_FORMAT}'", path="format")
    body = {key: value for key, value in document.items() if key != "format"}
    try:
        text = json.dumps(body)
    except (TypeError, ValueError, RecursionError) as error:
        raise SnapshotInvalid(f"The snapshot can't be written as JSON: {error}.", path="") from None
    return _validated(text)


def _validated(text: str) -> ClusterSnapshot:
    from pydantic import ValidationError

    try:
        return snapshot_adapter().validate_json(text)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=True)[0]
        path = ".".join(str(part) for part in fault["loc"])
        raise SnapshotInvalid(f"{path or 'snapshot'}: {fault_sentence(fault)}", path=path) from None


def fault_sentence(fault: Any) -> str:
    """Pydantic's finding in the words of our users."""
    given = repr(fault.get("input"))
    shown = given if len(given) <= 60 else given[:57] + "..."
    if fault["type"] in ("extra_forbidden", "unexpected_keyword_argument"):
        return "this key is not part of the format"
    if fault["type"] in ("missing", "missing_keyword_only_argument", "missing_argument"):
        return "this key is required"
    if fault["type"] == "finite_number":
        return "NaN and infinity are refused; leave the key out for 'not measured'"
    message = str(fault["msg"])
    return f"{message[0].lower()}{message[1:]}, not {shown}"


def snapshot_to_dict(snapshot: ClusterSnapshot) -> dict[str, Any]:
    """Write a snapshot document; NaN and None are left out."""
    return {"format": SNAPSHOT_FORMAT, **plain(snapshot, keep_missing=False)}


_AS_THEY_ARE = frozenset((str, int, bool, type(None)))


def plain(value: Any, *, keep_missing: bool = True) -> Any:
    """``value`` as JSON-ready types.

    Parameters
    ----------
    value : dataclass, mapping, sequence or scalar
    keep_missing : bool
        NaN and None as null (assessments), else their keys are left out (snapshots).
    """
    kind: Any = type(value)
    if kind in _AS_THEY_ARE:
        return value
    keys = _keys(kind)
    if keys is not None:
        return _record(value, keys, keep_missing)
    if isinstance(value, dict):
        return {key: plain(item, keep_missing=keep_missing) for key, item in value.items()}
    if isinstance(value, (tuple, list)):
        return [plain(item, keep_missing=keep_missing) for item in value]
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@cache
def _keys(kind: Any) -> tuple[tuple[str, str], ...] | None:
    """The fields of a dataclass, each with its key in a document; None for any other type."""
    if not dataclasses.is_dataclass(kind):
        return None
    renamed: dict[str, str] = _RENAMED.get(kind, {})
    return tuple((field.name, renamed.get(field.name, field.name)) for field in dataclasses.fields(kind))


def _record(value: Any, keys: tuple[tuple[str, str], ...], keep_missing: bool) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for name, key in keys:
        item = getattr(value, name)
        if keep_missing or not (item is None or (isinstance(item, float) and not math.isfinite(item))):
            out[key] = item if type(item) in _AS_THEY_ARE else plain(item, keep_missing=keep_missing)
    return out


def iso(moment: datetime) -> str:
    """ISO 8601; UTC is written as Z."""
    text = moment.isoformat()
    return text.removesuffix("+00:00") + "Z" if moment.utcoffset() == UTC.utcoffset(None) else text
