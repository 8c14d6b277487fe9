"""Write every scenario's snapshot.json from its story: ``python -m tests.scenarios.regenerate``.

What is expected of a scenario (expect.json, README.md, settings.json) is written by hand and never touched.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.scenarios.stories import STORIES

HERE = Path(__file__).parent


def snapshot_text(name: str) -> str:
    return json.dumps(STORIES[name]().document(), indent=1) + "\n"


if __name__ == "__main__":
    for name in STORIES:
        (HERE / name).mkdir(exist_ok=True)
        (HERE / name / "snapshot.json").write_text(snapshot_text(name))
