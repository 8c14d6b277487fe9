"""The product's own source files, parsed: what the architecture tests look at."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CORE = ROOT / "proxbalance_core"
PAGE_REGISTRY = CORE / "ui" / "registry.py"
DECISION_ROOMS = ("domain", "features", "scoring", "forecast", "recommend", "plan", "engine", "whatif")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, kw_only=True)
class Source:
    """One file: its path from the root, its lines and its tree."""

    name: str
    lines: tuple[str, ...]
    tree: ast.Module

    def functions(self) -> Iterator[Function]:
        return (node for node in ast.walk(self.tree) if isinstance(node, Function))


def parse(name: str, text: str) -> Source:
    return Source(name=name, lines=tuple(text.splitlines()), tree=ast.parse(text, filename=name))


def read(paths: Iterator[Path] | list[Path]) -> list[Source]:
    return [parse(p.relative_to(ROOT).as_posix(), p.read_text("utf-8")) for p in sorted(paths)]


def core() -> list[Source]:
    found = read(CORE.rglob("*.py"))
    assert found, "proxbalance_core has no Python files: these tests would look at nothing"
    return found


def decision_rooms() -> list[Source]:
    rooms = [path for room in DECISION_ROOMS for path in (CORE / room).rglob("*.py")]
    assert rooms, "the decision rooms have no Python files: these tests would look at nothing"
    return read([CORE / "errors.py", *rooms])


def pages() -> list[Source]:
    found = read((ROOT / "pages").glob("*.py"))
    if not found and not PAGE_REGISTRY.exists():
        pytest.skip("there are no pages yet")
    assert found, "there is a page registry, and pages/ has no Python files"
    return found


def launcher() -> Source:
    if not (ROOT / "app.py").exists() and not PAGE_REGISTRY.exists():
        pytest.skip("there is no app.py yet")
    return read([ROOT / "app.py"])[0]


def imported_modules(source: Source) -> Iterator[str]:
    """Yield every module that a file imports; ``from a.b import c`` gives ``a.b.c``."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{'.' * node.level}{node.module or ''}.{alias.name}" for alias in node.names)
