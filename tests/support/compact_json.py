"""JSON for readers: what fits on a line stands on one line."""

from __future__ import annotations

import json
from typing import Any

WIDTH = 118


def compact(value: Any, indent: int = 0, lead: int = 0, width: int = WIDTH) -> str:
    """``value`` as JSON, broken only where a line would pass ``width``; ``lead`` is taken by what stands before it."""
    flat = json.dumps(value, ensure_ascii=False)
    if indent + lead + len(flat) <= width or not isinstance(value, (dict, list)) or not value:
        return flat
    inner = " " * (indent + 2)
    if isinstance(value, list):
        rows = [inner + compact(item, indent + 2, 1, width) for item in value]
        return "[\n" + ",\n".join(rows) + "\n" + " " * indent + "]"
    rows = []
    for key, item in value.items():
        head = json.dumps(key, ensure_ascii=False) + ": "
        rows.append(inner + head + compact(item, indent + 2, len(head) + 1, width))
    return "{\n" + ",\n".join(rows) + "\n" + " " * indent + "}"
