"""What import contracts can't see: clocks, files, the terminal and chance in the decision rooms.

Time and seed are arguments there. In the whole core nothing catches everything, apart from two
places that log it; and nothing hands HTML to Streamlit.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.source_tree import Source, core, decision_rooms, launcher, pages, parse

BUILTINS = {"open", "print", "input", "breakpoint", "exec", "eval"}
CLOCKS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    *(f"time.{name}{ns}" for name in ("time", "monotonic", "perf_counter", "process_time") for ns in ("", "_ns")),
    "time.localtime",
    "time.gmtime",
    "time.sleep",
}
CHANCE = ("random.", "numpy.random.", "secrets.", "os.urandom", "uuid.uuid1", "uuid.uuid4")
# Fine when called with a seed, and fine always.
SEEDED = {"random.Random", "numpy.random.default_rng", "numpy.random.SeedSequence", "numpy.random.PCG64"}
TYPES = {"numpy.random.Generator", "numpy.random.BitGenerator"}
FILE_METHODS = {"open", "read_text", "read_bytes", "write_text", "write_bytes"}

# Where catching everything is the point, and how often: the collector's loop goes on, a page says sorry.
CATCH_ALL = {"proxbalance_core/services/collector.py": 1, "proxbalance_core/ui/": 1}


def imported_names(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for: ``{"np": "numpy", "datetime": "datetime.datetime"}``."""
    names = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                names[alias.asname or alias.name.partition(".")[0]] = (
                    alias.name if alias.asname else alias.name.partition(".")[0]
                )
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.update({alias.asname or alias.name: f"{node.module}.{alias.name}" for alias in node.names})
    return names


def dotted(node: ast.expr, names: dict[str, str]) -> str | None:
    """The full name of an expression like ``np.random.rand``, if it begins at an import."""
    if isinstance(node, ast.Name):
        return names.get(node.id)
    if isinstance(node, ast.Attribute):
        before = dotted(node.value, names)
        return f"{before}.{node.attr}" if before else None
    return None


def is_chance(name: str, seeded: bool) -> bool:
    if not any(name == bad or (bad.endswith(".") and name.startswith(bad)) for bad in CHANCE):
        return False
    return name not in TYPES and not (seeded and name in SEEDED)


def annotations(tree: ast.Module) -> set[ast.AST]:
    """All nodes that stand in annotations: naming a type is not using it."""
    roots: list[ast.expr | None] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign):
            roots.append(node.annotation)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            roots.append(node.returns)
    return {inner for root in roots if root for inner in ast.walk(root)}


def forbidden(source: Source) -> Iterator[str]:
    """Yield each use of a clock, a file, the terminal or unseeded chance."""
    names, in_annotation = imported_names(source.tree), annotations(source.tree)
    calls = {id(node.func): node for node in ast.walk(source.tree) if isinstance(node, ast.Call)}
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Name | ast.Attribute) or node in in_annotation:
            continue
        where, call = f"{source.name}:{node.lineno}", calls.get(id(node))
        name, seeded = dotted(node, names), bool(call and (call.args or call.keywords))
        if isinstance(node, ast.Name) and call and node.id in BUILTINS and node.id not in names:
            yield f"{where} {node.id}"
        elif isinstance(node, ast.Attribute) and call and node.attr in FILE_METHODS:
            yield f"{where} .{node.attr}"
        elif name and (name in CLOCKS or is_chance(name, seeded)):
            yield f"{where} {name}"


def catches_all(node: ast.AST) -> bool:
    """Whether a node is a bare except, an ``except Exception`` or a ``suppress(Exception)``."""
    if isinstance(node, ast.ExceptHandler):
        kinds: list[ast.expr | None] = list(node.type.elts) if isinstance(node.type, ast.Tuple) else [node.type]
    elif isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] == "suppress":
        kinds = list(node.args)
    else:
        return False
    return any(k is None or ast.unparse(k) in ("Exception", "BaseException") for k in kinds)


def catch_alls(source: Source) -> list[str]:
    return [f"{source.name}:{node.lineno}" for node in ast.walk(source.tree) if catches_all(node)]


def html_given(source: Source) -> list[str]:
    """Calls that let Streamlit render a string as HTML."""
    return [
        f"{source.name}:{keyword.value.lineno}"
        for keyword in ast.walk(source.tree)
        if isinstance(keyword, ast.keyword)
        and keyword.arg in ("unsafe_allow_html", "unsafe_allow_javascript")
        and not (isinstance(keyword.value, ast.Constant) and keyword.value.value is False)
    ]


def test_decision_rooms_use_no_clock_file_terminal_or_chance() -> None:
    assert [found for source in decision_rooms() for found in forbidden(source)] == []


def test_nothing_in_the_core_catches_everything_but_the_two_that_may() -> None:
    found = [place for source in core() for place in catch_alls(source)]
    for home, allowed in CATCH_ALL.items():
        here = [place for place in found if place.startswith(home)]
        assert len(here) <= allowed, f"{home} may catch everything {allowed} time(s): {here}"
    assert [place for place in found if not place.startswith(tuple(CATCH_ALL))] == []


def test_no_module_of_the_core_renders_html() -> None:
    assert [found for source in core() for found in html_given(source)] == []


def test_no_page_renders_html() -> None:
    assert [found for source in [*pages(), launcher()] for found in html_given(source)] == []


@pytest.mark.parametrize(
    "code",
    [
        "open('x')",
        "print(1)",
        "input()",
        "from pathlib import Path\nPath('x').read_text()",
        "from datetime import datetime\ndatetime.now()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "import datetime\nx = datetime.date.today()",
        "import time\ndef f(clock=time.monotonic): ...",
        "from time import perf_counter as tick\ntick()",
        "import random\nrandom.random()",
        "from random import shuffle\nshuffle([1])",
        "import random\nrandom.Random()",
        "import numpy as np\nnp.random.rand(3)",
        "import numpy as np\nnp.random.seed(1)",
        "import numpy as np\nnp.random.default_rng()",
        "from numpy.random import default_rng\ndefault_rng()",
        "import numpy as np\nrng = np.random.default_rng",
        "import uuid\nuuid.uuid4()",
    ],
)
def test_the_detector_finds(code: str) -> None:
    assert len(list(forbidden(parse("x.py", code)))) == 1


@pytest.mark.parametrize(
    "code",
    [
        "import numpy as np\nnp.random.default_rng(7)",
        "import numpy as np\nnp.random.default_rng(seed=7)",
        "import random\nrandom.Random(3).random()",
        "import numpy as np\ndef f(rng: np.random.Generator) -> None: rng.shuffle([1])",
        "from datetime import datetime\ndatetime.fromisoformat('2026-01-01')",
        "from datetime import date\ndef f(x: date) -> date: return x",
        "class A:\n    def print(self): ...\nA().print()",
        "import time\nx: time.struct_time",
    ],
)
def test_the_detector_lets_pass(code: str) -> None:
    assert list(forbidden(parse("x.py", code))) == []


@pytest.mark.parametrize(
    ("code", "count"),
    [
        ("try: ...\nexcept: ...", 1),
        ("try: ...\nexcept Exception as e: ...", 1),
        ("try: ...\nexcept (ValueError, BaseException): ...", 1),
        ("import contextlib\nwith contextlib.suppress(Exception): ...", 1),
        ("try: ...\nexcept ValueError: ...", 0),
        ("from contextlib import suppress\nwith suppress(OSError): ...", 0),
    ],
)
def test_catching_everything_is_recognised(code: str, count: int) -> None:
    assert len(catch_alls(parse("x.py", code))) == count


@pytest.mark.parametrize(("value", "count"), [("True", 1), ("flag", 1), ("False", 0)])
def test_html_is_recognised(value: str, count: int) -> None:
    assert len(html_given(parse("x.py", f"st.markdown(name, unsafe_allow_html={value})"))) == count
