"""The check in docs/notifications.md is right."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from proxbalance_core.notify import webhook
from tests.support.receiver import receiving

PAGE = Path(__file__).resolve().parents[3] / "docs" / "notifications.md"


def test_the_check_takes_ours_and_nothing_else() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    made: dict[str, Any] = {}
    exec(code, made)
    is_ours = made["is_ours"]
    with receiving() as receiver:
        webhook.send(receiver.url, "k", "d", str(int(time.time())), {"event": "x"})
        webhook.send(receiver.url, "k", "d", str(int(time.time()) - 1000), {"event": "x"})
        (headers, body), (old, _) = receiver.taken
    assert is_ours("k", headers, body)
    assert not is_ours("other", headers, body)
    assert not is_ours("k", headers, body + b" ")
    assert not is_ours("k", old, body)
