"""Runs a program, and compares the classes that came with what is known: known is never wrong."""

from __future__ import annotations

import ast
from textwrap import dedent
from typing import Any

from .asking import Asked, spelled

PRELUDE = """
class A:
    pass
class B:
    pass
class C:
    pass
"""


class _Recorder(ast.NodeTransformer):
    """Gives each mark its number."""

    def __init__(self) -> None:
        self.marks: dict[tuple[int, int], int] = {}

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and node.func.id == "print":
            where = (node.lineno, node.col_offset)
            node.args.append(ast.Tuple([ast.Constant(where[0]), ast.Constant(where[1])], ast.Load()))
        return node


def run(text: str) -> dict[tuple[int, int], set[str]]:
    """The classes that each mark saw."""
    seen: dict[tuple[int, int], set[str]] = {}

    def mark(value: Any, where: tuple[int, int]) -> Any:
        seen.setdefault(where, set()).add(type(value).__name__)
        return value

    tree = ast.fix_missing_locations(_Recorder().visit(ast.parse(text)))
    exec(compile(tree, "m.py", "exec"), {"print": mark, "__name__": "m", "__file__": "m.py"})
    return seen


def check_that_known_is_true(program: str) -> None:
    """Every class that came at a mark is told, where it is told at all."""
    text = PRELUDE + dedent(program)
    asked = Asked({"m.py": text})
    seen = run(text.replace("SEEN(", "print("))
    marks = asked.marked("m.py")
    values = asked.values("m.py")
    assert marks
    assert seen
    for node in marks:
        call = node.parent  # type: ignore[attr-defined]
        answer = values.of(node)
        if answer.is_known:
            told = {spelled(thing).removeprefix("a ") for thing in answer.things}
            assert seen.get((call.lineno, call.col_offset), set()) <= told, f"line {call.lineno}: {ast.unparse(call)}"
