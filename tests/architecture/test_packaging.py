"""No half product: building a wheel is refused in one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("what", ["bdist_wheel", "editable_wheel", "sdist"])
def test_a_build_is_refused(what: str) -> None:
    done = subprocess.run([sys.executable, "setup.py", what], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == ""
    said = "ProxBalance runs from its checkout and is not installed: `make run` there is all it needs."
    assert done.stderr.strip() == said
