"""How a derived class or function is spelled: helpers by their own text, tests for a value, lines that fit."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterator

from porter.rewrite.decide.calls.arguments import literal_text

WIDTH = 116


def plain_source(text: str, function: str) -> str:
    """A transform's own text as a private function without type hints."""
    tree = ast.parse(textwrap.dedent(text)).body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.name = f"_{function}"
    tree.returns = None
    for argument in tree.args.args:
        argument.annotation = None
    return ast.unparse(ast.fix_missing_locations(tree))


def equals(name: str, value: object) -> str:
    """The test whether a name has a value."""
    if value is None or isinstance(value, bool):
        return f"{name} is {value}"
    return f"{name} == {literal_text(value)}"


def differs(name: str, value: object) -> str:
    """The test whether it has another one."""
    if value is None or isinstance(value, bool):
        return f"{name} is not {value}"
    return f"{name} != {literal_text(value)}"


def wrapped(lines: list[str]) -> Iterator[str]:
    """Break long signatures and calls behind their opening parenthesis."""
    for line in lines:
        if len(line) <= WIDTH or "(" not in line or line.lstrip().startswith(('"""', "raise")):
            yield line
            continue
        indent = line[: len(line) - len(line.lstrip())]
        cut = line.index("__init__(") + len("__init__(") if "__init__(" in line else line.index("(") + 1
        head, (inner, _, tail) = line[:cut], line[cut:].rpartition(")")
        yield head
        yield from textwrap.wrap(inner, WIDTH, initial_indent=f"{indent}    ", subsequent_indent=f"{indent}    ")
        yield f"{indent}){tail}"
