"""The oldest Home Assistant that this integration runs on."""

from __future__ import annotations

from homeassistant.const import MAJOR_VERSION, MINOR_VERSION

MINIMUM = (2025, 4)


def require(major: int, minor: int) -> None:
    """Refuse an older one before anything that it lacks is imported.

    Raises
    ------
    ImportError
        Home Assistant logs its sentence.
    """
    if (major, minor) < MINIMUM:
        wanted = ".".join(map(str, MINIMUM))
        raise ImportError(f"ProxBalance needs Home Assistant {wanted} or newer; this is {major}.{minor}. Update it.")


require(MAJOR_VERSION, MINOR_VERSION)
