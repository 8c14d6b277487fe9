"""Times and documents as the tables hold them."""

from __future__ import annotations

import json
import zlib
from datetime import UTC, datetime
from typing import Any


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
