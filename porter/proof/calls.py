"""The text of calls: what each parameter is given, and the same call with something else in its place."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Mapping

from porter.rules.signature import Signature


class Call:
    """A call as text, bound to a signature.

    Raises ValueError when the text is no call, has star arguments or does not fit the signature.
    """

    def __init__(self, text: str, signature: Signature) -> None:
        tree = ast.parse(text.strip(), mode="eval").body
        if not isinstance(tree, ast.Call):
            raise ValueError("it is no call")
        if has_stars(tree):
            raise ValueError("star arguments: what is passed is known only at run time")
        self.tree = tree
        bound = signature.bind(len(tree.args), [keyword.arg for keyword in tree.keywords if keyword.arg])
        self.given = {name: self._argument(where) for name, where in bound.items()}
        self.signature = signature
        self._where = bound

    @property
    def callee(self) -> str:
        """Text of what is called."""
        return ast.unparse(self.tree.func)

    @property
    def args(self) -> str:
        """Text between the parentheses."""
        return arguments_text(self.tree)

    def value(self, name: str) -> object:
        """Value of a parameter, given or default. Raises ValueError when it is not a literal."""
        node = self.given.get(name)
        text = self.signature.default(name) if node is None else ast.unparse(node)
        if text is None:
            raise ValueError(f"{name} is not given")
        return ast.literal_eval(text)

    def with_argument(self, name: str, text: str) -> str:
        """The whole call with another value for a given argument."""
        tree, where = copy.deepcopy(self.tree), self._where[name]
        value = ast.parse(text, mode="eval").body
        if isinstance(where, int):
            tree.args[where] = value
        else:
            next(keyword for keyword in tree.keywords if keyword.arg == where).value = value
        return ast.unparse(tree)

    def away_from_default(self) -> list[str]:
        """Given arguments that have a default, and whose text is not the default's."""
        found = []
        for name, node in self.given.items():
            default = self.signature.default(name)
            if default is not None and not same_value(ast.unparse(node), default):
                found.append(name)
        return found

    def _argument(self, where: int | str) -> ast.expr:
        if isinstance(where, int):
            return self.tree.args[where]
        return next(keyword.value for keyword in self.tree.keywords if keyword.arg == where)


def has_stars(call: ast.Call) -> bool:
    """Whether a call passes `*args` or `**kwargs`."""
    return any(isinstance(a, ast.Starred) for a in call.args) or any(k.arg is None for k in call.keywords)


def arguments_text(call: ast.Call) -> str:
    """Text between the parentheses of a call."""
    parts = [ast.unparse(value) for value in call.args]
    return ", ".join([*parts, *(f"{k.arg}={ast.unparse(k.value)}" for k in call.keywords)])


def same_value(first: str, second: str) -> bool:
    """Whether two expressions are the same literal (`1e-5` and `0.00001`), or the same text."""
    try:
        one, two = ast.literal_eval(first), ast.literal_eval(second)
    except (ValueError, SyntaxError):
        return ast.dump(ast.parse(first, mode="eval")) == ast.dump(ast.parse(second, mode="eval"))
    return type(one) is type(two) and bool(one == two)


def free_names(node: ast.AST) -> set[str]:
    """Every name that an expression reads, its own comprehension variables included."""
    return {inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)}


def expressions(text: str) -> set[str]:
    """Every expression inside a text, each in one spelling; none when it is no expression."""
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except SyntaxError:
        return set()
    return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.expr)}


def without_dots(text: str, names: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """The same expression and names, with one word for a dotted name (`lib.nn`, where lib is a module of the tree)."""
    words = {name: name.replace(".", "_dot_") for name in names}
    if words.keys() == set(words.values()):
        return text, dict(names)
    changed = substitute(ast.parse(text.strip(), mode="eval").body, words)
    return ast.unparse(changed), {words[name]: target for name, target in names.items()}


class _Replace(ast.NodeTransformer):
    def __init__(self, change: Callable[[ast.expr], ast.expr | None]) -> None:
        self.change = change

    def visit(self, node: ast.AST) -> ast.AST:
        new = self.change(node) if isinstance(node, ast.expr) else None
        return self.generic_visit(node) if new is None else new


def substitute(node: ast.expr, values: Mapping[str, str]) -> ast.expr:
    """A copy in which each sub-expression whose text is a key has become the expression that the value spells."""

    def change(inner: ast.expr) -> ast.expr | None:
        text = values.get(ast.unparse(inner))
        return None if text is None else ast.parse(text, mode="eval").body

    changed = _Replace(change).visit(copy.deepcopy(node))
    assert isinstance(changed, ast.expr)
    return changed
