"""Charts as files."""

from __future__ import annotations

from typing import Any

_SCALE = 2.0
_WIDTH_PX = 960


def png(chart: Any) -> bytes:
    """An Altair chart as a PNG on white, twice the size of the screen's, drawn without a browser."""
    import vl_convert

    spec = chart.to_dict()
    spec.setdefault("width", _WIDTH_PX)
    spec.setdefault("background", "white")
    return bytes(vl_convert.vegalite_to_png(spec, scale=_SCALE))
