"""A page reads a view and draws it: no SQL, no arithmetic, no other room's doors."""

from __future__ import annotations

import ast
import re
import sys

import pytest

from tests.architecture.source_tree import Source, imported_modules, launcher, pages, parse

PAGE_ROOMS = ("ui", "services", "present", "domain", "errors")
LAUNCHER_ROOMS = ("ui", "api", "services")
# Of the standard library: what computes or reaches out.
NOT_ON_A_PAGE = {
    "math",
    "statistics",
    "random",
    "sqlite3",
    "subprocess",
    "socket",
    "urllib",
    "http",
    "threading",
}
FRAME_VERBS = {
    "agg",
    "aggregate",
    "apply",
    "cumsum",
    "groupby",
    "join_asof",
    "mean",
    "median",
    "merge",
    "pivot",
}
FRAME_VERBS |= {"pivot_table", "quantile", "resample", "rolling", "std", "sum", "var"}
# All capitals or all small: "Select a node from the list" is a sentence.
SQL = re.compile(r"^\s*(SELECT\s.+\sFROM|INSERT\s+INTO|UPDATE\s.+\sSET|DELETE\s+FROM)\s", re.DOTALL)


def foreign_imports(source: Source, rooms: tuple[str, ...]) -> list[str]:
    """Imports that are neither Streamlit, one of the rooms, nor harmless standard library."""

    def allowed(module: str) -> bool:
        top, _, rest = module.partition(".")
        if top == "proxbalance_core":
            return rest.partition(".")[0] in rooms
        return top == "streamlit" or (top in sys.stdlib_module_names and top not in NOT_ON_A_PAGE)

    return [f"{source.name}: {module}" for module in imported_modules(source) if not allowed(module)]


def joins_text(node: ast.BinOp) -> bool:
    """Whether a + puts texts or lists together, as far as the source shows."""
    literal = (ast.JoinedStr, ast.List, ast.Tuple)
    return isinstance(node.op, ast.Add) and any(
        isinstance(side, literal) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def arithmetic(source: Source) -> list[str]:
    """Places that compute: an operator, or a frame's verb."""
    # "a | b" is a union of types, and the only operator that a page has a use for.
    return [
        f"{source.name}:{node.lineno} {ast.unparse(node)}"
        for node in ast.walk(source.tree)
        if (isinstance(node, ast.BinOp) and not isinstance(node.op, ast.BitOr) and not joins_text(node))
        or (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in FRAME_VERBS)
    ]


def is_sql(text: str) -> bool:
    return bool(SQL.search(text) or (text.islower() and SQL.search(text.upper())))


def sql(source: Source) -> list[str]:
    return [
        f"{source.name}:{node.lineno}"
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_sql(node.value)
    ]


def test_pages_import_their_rooms_alone() -> None:
    assert [found for page in pages() for found in foreign_imports(page, PAGE_ROOMS)] == []


def test_pages_do_no_arithmetic() -> None:
    assert [found for page in pages() for found in arithmetic(page)] == []


def test_pages_hold_no_sql() -> None:
    assert [found for page in pages() for found in sql(page)] == []


def test_the_launcher_only_launches() -> None:
    app = launcher()
    assert foreign_imports(app, LAUNCHER_ROOMS) == []
    found = [n for n in app.tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "app"]
    assert [ast.unparse(n.value.func) for n in found if isinstance(n.value, ast.Call)] == ["st.App"], (
        "`streamlit run app.py` looks for `app = st.App(...)` at module level"
    )


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("import streamlit as st\nfrom proxbalance_core.ui import cards", 0),
        ("from proxbalance_core import assess", 1),
        ("from proxbalance_core.store import samples", 1),
        ("import pandas as pd", 1),
        ("import math", 1),
        ("from datetime import datetime", 0),
    ],
)
def test_foreign_imports_are_recognised(code: str, count: int) -> None:
    assert len(foreign_imports(parse("pages/x.py", code), PAGE_ROOMS)) == count


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("view.cpu / view.cores", 1),
        ("frame.groupby('node')", 1),
        ("x: int | None = None", 0),
        ("'a' + name", 0),
        ("total + more", 1),
        ("f'{score:.1f} points'", 0),
    ],
)
def test_arithmetic_is_recognised(code: str, count: int) -> None:
    assert len(arithmetic(parse("pages/x.py", code))) == count


def test_sql_is_recognised() -> None:
    assert sql(parse("pages/x.py", "q = 'select * from samples where ts > 1'")) == ["pages/x.py:1"]
    assert sql(parse("pages/x.py", "q = 'DELETE FROM samples '")) == ["pages/x.py:1"]
    assert sql(parse("pages/x.py", "text = 'Select a node from the list'")) == []
