"""Names and limits of the integration."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from homeassistant.const import Platform

from . import minimum  # everything imports this module first

assert minimum
DOMAIN: Final = "proxbalance"
PLATFORMS: Final = (Platform.BINARY_SENSOR, Platform.BUTTON, Platform.EVENT, Platform.SENSOR)

CONF_CLUSTER: Final = "cluster"
DEFAULT_URL: Final = "http://127.0.0.1:8501"

API_MINIMUM: Final = 1
SCAN_INTERVAL: Final = timedelta(seconds=60)
# Reads are answered at once; questions make the app think, and a new assessment makes it ask the cluster.
READ_TIMEOUT_S: Final = 20
THINK_TIMEOUT_S: Final = 120
PAGE: Final = 500
EVENTS_PAGE: Final = 1000

SCOPE_WRITE: Final = "write"
GIB: Final = 1024**3
# The guest that the sensor "next node" asks a place for.
NEXT_GUEST: Final = {"cpu_cores": 2.0, "mem_bytes": float(4 * GIB)}
STATE_MOST: Final = 255
