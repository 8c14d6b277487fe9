"""Importing the package chooses one thread for numpy's linear algebra, unless somebody chose already."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

SAYS = "import proxbalance_core, os; print(os.environ['OPENBLAS_NUM_THREADS'])"


@pytest.mark.parametrize(("chosen", "used"), [({}, "1"), ({"OPENBLAS_NUM_THREADS": "4"}, "4")])
def test_one_thread_unless_somebody_chose(chosen: dict[str, str], used: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"} | chosen
    told = subprocess.run([sys.executable, "-c", SAYS], env=env, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == used
