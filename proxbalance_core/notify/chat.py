"""Chat, mail and push: whatever Apprise has an address for."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path
from typing import Any

from proxbalance_core.domain.notices import Sent
from proxbalance_core.errors import ConfigError


def checked(url: str) -> str:
    """An address that Apprise understands.

    Raises
    ------
    ConfigError
        It doesn't.
    """
    if not _apprise().add(url.strip()):
        raise ConfigError("Apprise can't read this address; its documentation shows one for each service.")
    return url.strip()


def send(url: str, title: str, text: str, attachment: tuple[str, bytes] | None = None) -> Sent:
    """Send plain text, with a file if there is one."""
    from apprise import NotifyFormat

    sender = _apprise()
    if not sender.add(url):
        return Sent(fault="Apprise can't read its address.", retry=False)
    with tempfile.TemporaryDirectory(prefix="proxbalance-") as folder:
        files = None
        if attachment is not None:
            path = Path(folder) / Path(attachment[0]).name
            path.write_bytes(attachment[1])
            files = [str(path)]
        try:
            fine = sender.notify(body=text, title=title, body_format=NotifyFormat.TEXT, attach=files)
        except (OSError, TypeError, ValueError):
            fine = False
    return Sent() if fine else Sent(fault="The service did not take it.")


def _apprise() -> Any:
    """Apprise with its log off: it tells addresses, and an address holds its secret."""
    import apprise

    logging.getLogger("apprise").setLevel(logging.CRITICAL + 1)
    return apprise.Apprise()
