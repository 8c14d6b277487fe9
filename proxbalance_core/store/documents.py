"""Times and documents as the tables hold them."""

from __future__ import annotations

import json
import re
import zlib
from datetime import UTC, datetime
from typing import Any

# NUL and halves of surrogate pairs: what a broken answer may hold, and no database takes.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def storable(text: str) -> str:
    """Text as it can be stored; what can't is replaced by the sign for that."""
    return _UNSTORABLE.sub("\ufffd", text)


def epoch(moment: datetime) -> int:
    """Epoch seconds of a time, which must know its zone."""
    if moment.tzinfo is None:
        raise ValueError("a time needs its zone")
    return int(moment.timestamp() // 1)


def moment(ts: int) -> datetime:
    """The time of some epoch seconds (UTC)."""
    return datetime.fromtimestamp(ts, tz=UTC)


def moment_or_none(ts: int | None) -> datetime | None:
    return None if ts is None else moment(ts)


def packed(document: Any) -> bytes:
    """JSON, compressed: a snapshot of 2,000 guests shrinks to a tenth."""
    text = json.dumps(document, separators=(",", ":"), allow_nan=False)
    return zlib.compress(text.encode(), 6)


def unpacked(body: bytes) -> Any:
    return json.loads(zlib.decompress(body))


def text(document: Any) -> str:
    return json.dumps(document, separators=(",", ":"), allow_nan=False)
