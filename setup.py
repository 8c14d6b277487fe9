"""ProxBalance runs from its checkout: a wheel would lack the pages and the demo's seed, so none is built."""

import sys

BUILDS = {"bdist_wheel", "bdist_egg", "editable_wheel", "install", "develop", "sdist"}

if BUILDS & set(sys.argv):
    raise SystemExit("ProxBalance runs from its checkout and is not installed: `make run` there is all it needs.")

from setuptools import setup  # noqa: E402 - only where something else than a build is asked for

setup()
