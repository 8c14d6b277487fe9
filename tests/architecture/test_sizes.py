"""The stops of docs/architecture.md: no module, page, function or argument list grows past them."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.source_tree import Function, Source, core, pages, parse

MODULE_LINES, PAGE_LINES, BODY_LINES, ARGUMENTS = 400, 150, 50, 6


def body_lines(function: Function) -> int:
    """Lines from the first statement to the last, the docstring apart."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def argument_count(function: Function) -> int:
    """Named arguments, without self and cls."""
    named = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return sum(argument.arg not in ("self", "cls") for argument in named)


def is_command(source: Source, function: Function) -> bool:
    """Whether this is a command of the command line: its options are the interface."""
    names = [ast.unparse(decorator) for decorator in function.decorator_list]
    return source.name.startswith("proxbalance_core/cli") and any(
        ".command" in name or ".callback" in name for name in names
    )


def too_long(sources: list[Source], stop: int) -> list[str]:
    return [f"{s.name}: {len(s.lines)} lines" for s in sources if len(s.lines) > stop]


def long_functions(sources: list[Source]) -> list[str]:
    return [
        f"{s.name}:{f.lineno} {f.name}: {body_lines(f)} lines"
        for s in sources
        for f in s.functions()
        if body_lines(f) > BODY_LINES
    ]


def wide_functions(sources: list[Source]) -> list[str]:
    return [
        f"{s.name}:{f.lineno} {f.name}: {argument_count(f)} arguments"
        for s in sources
        for f in s.functions()
        if argument_count(f) > ARGUMENTS and not is_command(s, f)
    ]


def test_no_module_is_longer_than_its_stop() -> None:
    assert too_long(core(), MODULE_LINES) == []


def test_no_page_is_longer_than_its_stop() -> None:
    assert too_long(pages(), PAGE_LINES) == []


def test_no_function_body_is_longer_than_its_stop() -> None:
    assert long_functions(core()) == []


def test_no_function_of_a_page_is_longer_than_its_stop() -> None:
    assert long_functions(pages()) == []


def test_no_function_takes_more_arguments_than_its_stop() -> None:
    assert wide_functions(core()) == []


def test_the_measure_sees_what_it_should() -> None:
    long = parse("x.py", "def f():\n    '''Doc.'''\n" + "    pass\n" * 51)
    fits = parse("x.py", "def f():\n    '''Doc\n\n    more.\n    '''\n" + "    pass\n" * 50)
    assert long_functions([long]) == ["x.py:1 f: 51 lines"]
    assert long_functions([fits]) == []
    assert too_long([long], 52) == ["x.py: 53 lines"]


@pytest.mark.parametrize(
    ("name", "code", "wide"),
    [
        ("a.py", "def f(a, b, c, d, e, f, /, *, g): ...", True),
        ("a.py", "class A:\n    def f(self, a, b, c, d, e, f, **more): ...", False),
        ("a.py", "@app.command()\ndef f(a, b, c, d, e, f, g): ...", True),
        ("proxbalance_core/cli.py", "@app.command()\ndef f(a, b, c, d, e, f, g): ...", False),
        ("proxbalance_core/cli.py", "def f(a, b, c, d, e, f, g): ...", True),
    ],
)
def test_arguments_are_counted_as_described(name: str, code: str, wide: bool) -> None:
    assert bool(wide_functions([parse(name, code)])) is wide
