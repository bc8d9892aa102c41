"""Ranges broken on purpose, for `mutants`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from porter.proof.mutation import Data, Mutant, dropping, mutant, setting


def ranges(data: Data) -> Iterator[Mutant]:
    """A range forgotten, open at one end, or with a bound that is inside; or the other thing is done outside of it.

    A narrower range is no mutant: the generated class, which takes what is outside, gives the same numbers.
    """
    for name, param in data.get("param", {}).items():
        for side, limit in param.get("range", {}).items():
            path, where = ("param", name, "range", side), f"[param.{name}] range.{side}"
            yield mutant(data, f"{where} forgotten", dropping(*path))
            opposite = {"class": "keep", "keep": "class"}[limit["write"]]
            yield mutant(data, f"{where} write = {opposite}", setting(*path, "write", value=opposite))
            for text in _wider(limit["within"]):
                yield mutant(data, f"{where} within = {text}", setting(*path, "within", value=text))


def _wider(text: str) -> Iterator[str]:
    """The range with one end taken away, or with a bound that it leaves out."""
    tree = ast.parse(text, mode="eval").body
    assert isinstance(tree, ast.Compare)
    terms, signs = [tree.left, *tree.comparators], tree.ops
    if len(signs) > 1:
        yield ast.unparse(ast.Compare(terms[1], signs[1:], terms[2:]))
        yield ast.unparse(ast.Compare(terms[0], signs[:-1], terms[1:-1]))
    closed: dict[type[ast.cmpop], ast.cmpop] = {ast.Lt: ast.LtE(), ast.Gt: ast.GtE()}
    for index, sign in enumerate(signs):
        if type(sign) in closed:
            wider = [*signs[:index], closed[type(sign)], *signs[index + 1 :]]
            yield ast.unparse(ast.Compare(terms[0], wider, terms[1:]))
